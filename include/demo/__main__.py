"""``python -m include.demo``: the sandbox, Airflow and a small hiring story. Ctrl-C stops everything."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import suppress
from pathlib import Path

from include.demo.airflow import PORT as AIRFLOW_PORT
from include.demo.airflow import Installation, command_line
from include.demo.control import PORT as SANDBOX_PORT
from include.demo.control import Control
from include.demo.distributed import Distributed, check_installed
from include.demo.events import DAG_ID as EVENTS
from include.demo.events import Events
from include.demo.home import RECORD, home_of_its_own
from include.demo.interruptions import Interrupted, Interruptions
from include.demo.play import DAG_ID, RUNS, Play
from include.demo.ports import LOOPBACK, free_port
from include.demo.printing import Progress, first_steps, invitation, places, say, second_table, table, third_table
from include.demo.processes import DemoError, Fleet
from include.demo.rest import AirflowApi
from include.demo.results import Results
from include.demo.services import remove_data
from include.demo.settings import load_settings
from include.demo.start import PROJECT, Start
from include.demo.story import TRIGGER_STAGE
from include.demo.supervisor import Supervisor

_WATCH_SECONDS = 1.0
# The candidates of a demo in which nothing is set up.
SEED, SEEDED = 7, 40


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 if everything went as expected, 1 if not or if something failed, 128 and more if interrupted before the
    end."""
    options = _options().parse_args(arguments)
    try:
        if options.distributed:
            check_installed()
        with Interruptions() as interruptions, home_of_its_own(options.home.resolve()) as home:
            record = home / RECORD
            fleet = Supervisor(record, held=interruptions.held, say=say) if options.distributed else Fleet(record)
            try:
                return _demo(options, home, fleet, interruptions)
            finally:
                interruptions.end()
                with suppress(OSError):  # the terminal may be gone; stop everything all the same
                    say("Stopping everything ...")
                fleet.stop()
                if options.distributed:
                    remove_data(home)
    except DemoError as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
        return 1
    except Interrupted as interrupted:
        return interrupted.status


def _demo(options: argparse.Namespace, home: Path, fleet: Fleet, interruptions: Interruptions) -> int:
    progress = Progress()
    settings = load_settings(PROJECT / "airflow_settings.yaml")
    sandbox_port = free_port(SANDBOX_PORT)
    port, dags, plugins = free_port(AIRFLOW_PORT, sandbox_port), options.dags.resolve(), PROJECT / "plugins"
    distributed = Distributed.at(home, port) if options.distributed else None
    airflow = distributed.installation(dags, plugins) if distributed else Installation(home, dags, plugins, port)
    control, api = Control(f"http://{LOOPBACK}:{sandbox_port}"), AirflowApi(airflow.url, fleet.check)
    start = Start(fleet, home, progress, interruptions)
    start.sandbox(sandbox_port, control)
    if distributed:
        distributed.start(start)
    if options.empty:
        return _empty(fleet, start, airflow, control, sandbox_port)
    start.airflow(airflow, api)
    progress.step("Airflow: loading airflow_settings.yaml")
    api.load(settings.at_port(SANDBOX_PORT, sandbox_port))
    play = Play(api, control, start, progress, home / "logs")
    play.open(start.parsed(api, airflow.dags))
    outcomes = play.perform()
    endings = Events(airflow, api, control, start, progress).perform(play.ids)
    lasts = Results(airflow.url, api, control, start, progress).perform(play.ids)
    progress.step("Done")
    say(f"\nThe hourly DAG\n\n{table(outcomes)}\n")
    say(f"Then, by webhooks\n\n{second_table(endings)}\n")
    say(f"And the results\n\n{third_table(lasts)}\n")
    surprises = play.troubles() + [surprise for outcome in outcomes for surprise in outcome.surprises]
    surprises += [surprise for ending in endings for surprise in ending.surprises]
    surprises += [surprise for last in lasts for surprise in last.surprises]
    for surprise in surprises:
        say(f"!! {surprise}")
    say(f"{len(surprises)} things differ from the story." if surprises else "Everything went as in the story.")
    if not options.once:
        _stay(fleet, airflow, sandbox_port)
    return 1 if surprises else 0


def _empty(fleet: Fleet, start: Start, airflow: Installation, control: Control, sandbox_port: int) -> int:
    """Starts an Airflow with nothing set up beside a Lever with candidates, for a person to set up on the page."""
    control.seed(SEED, SEEDED)
    start.airflow(airflow, AirflowApi(airflow.url))
    start.parsed(AirflowApi(airflow.url), airflow.dags)
    sandbox_url = f"http://{LOOPBACK}:{sandbox_port}"
    say(f"\n{places(airflow.url, sandbox_url, (), command_line(airflow.home, 'dags', 'list'))}")
    say(f"\n{first_steps(airflow.url, sandbox_url)}")
    _until_interrupted(fleet)
    return 0


def _stay(fleet: Fleet, airflow: Installation, sandbox_port: int) -> None:
    """Shows where to look, and waits for an interruption, which is the demo's normal end."""
    sandbox_url = f"http://{LOOPBACK}:{sandbox_port}"
    pages = [f"dags/{DAG_ID}", *(f"dags/{DAG_ID}/runs/{run_id}" for run_id in RUNS)]
    say(f"\n{places(airflow.url, sandbox_url, pages, command_line(airflow.home, 'dags', 'list'))}")
    say(f"\n{invitation(airflow.url, sandbox_url, EVENTS, TRIGGER_STAGE)}")
    _until_interrupted(fleet)


def _until_interrupted(fleet: Fleet) -> None:
    say("\nEverything keeps running until Ctrl-C.")
    try:
        while True:
            fleet.check()
            time.sleep(_WATCH_SECONDS)
    except Interrupted:
        say()


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m include.demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="play, print the results, and end")
    parser.add_argument(
        "--distributed",
        action="store_true",
        help="on PostgreSQL and Redis, with CeleryExecutor, two workers, and two API servers behind nginx",
    )
    parser.add_argument("--empty", action="store_true", help="nothing is set up and nothing is played: do it yourself")
    parser.add_argument("--dags", type=Path, default=PROJECT / "dags", metavar="FOLDER", help="other DAGs than dags/")
    parser.add_argument(
        "--home",
        type=Path,
        default=PROJECT / ".airflow" / "demo",
        metavar="FOLDER",
        help="where Airflow keeps its database and logs; emptied at the start (.airflow/demo)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
