"""Prints the progress and the tables."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from include.demo.finale import Last
from include.demo.outcome import Outcome
from include.demo.sequel import Ending


class Progress:
    """Prints a line for each step, with the seconds since the start."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._start = clock()

    def step(self, text: str) -> None:
        print(f"{self._clock() - self._start:4.0f} s  {text}", flush=True)


def say(text: str = "") -> None:
    print(text, flush=True)


def table(outcomes: Sequence[Outcome]) -> str:
    """Returns a line for each candidate of the first half, marked ``!!`` if it differs from the story."""
    return _lines(
        ("", "candidate", "opportunity", "what happened", "reason", "next time", "now in Lever and Alva"),
        [
            (
                _mark(outcome.surprises),
                outcome.person.name,
                outcome.opportunity,
                outcome.person.did,
                outcome.reason,
                outcome.next_time,
                outcome.world,
            )
            for outcome in outcomes
        ],
    )


def second_table(endings: Sequence[Ending]) -> str:
    """Returns the same table for the second half."""
    return _lines(
        ("", "candidate", "opportunity", "what happened in Lever", "reason", "now in Alva"),
        [
            (
                _mark(ending.surprises),
                ending.scene.name,
                ending.opportunity,
                ending.scene.did,
                ending.reason or "nothing",
                ending.world,
            )
            for ending in endings
        ],
    )


def third_table(lasts: Sequence[Last]) -> str:
    """Returns the table of the end, followed by each candidate's note."""
    rows = _lines(
        ("", "candidate", "opportunity", "what happened in Alva", "reason", "stage in Lever", "tags in Lever"),
        [
            (
                _mark(last.surprises),
                last.result.name,
                last.opportunity,
                last.result.did,
                last.words,
                last.stage,
                ", ".join(sorted(last.tags)),
            )
            for last in lasts
        ],
    )
    notes = [
        "\n".join(
            [
                f"{last.result.name}: note, and link {', '.join(last.links) or '-'}",
                *(f"  | {line}".rstrip() for line in last.note.splitlines()),
            ]
        )
        for last in lasts
    ]
    return "\n\n".join([rows, *notes])


def places(airflow_url: str, sandbox_url: str, pages: Iterable[str], command: str) -> str:
    """Returns a line for each place to look at. ``pages``: of Airflow, below its address."""
    lines = [
        ("The board", f"{sandbox_url}/"),
        ("The page", f"{airflow_url}/alva-lever/"),
        ("Airflow", f"{airflow_url}/"),
        *(("", f"{airflow_url}/{page}") for page in pages),
        ("By HTTP", f"{sandbox_url}/control"),
        ("Command line", command),
    ]
    return "\n".join(f"{name:<15} {place}" for name, place in lines)


def invitation(airflow_url: str, sandbox_url: str, events_dag_id: str, trigger_stage: str) -> str:
    """Returns how to go on playing, now that the webhooks of both services are set up."""
    return f"""\
Now it is your turn: play the recruiter in one tab, and watch Airflow in another.

1. Open the board, {sandbox_url}/, and the page, {airflow_url}/alva-lever/ (What happened, Why? and Set-up).
2. Move a candidate to {trigger_stage}: a run starts, and seconds later the card has its tag and Alva its candidate.
   The run is one of {airflow_url}/dags/{events_dag_id}
3. On Alva's side, finish the tests: tags, a note and a link come back, and the card moves on.
4. Then try what goes wrong: no e-mail address, an invitation that bounces, a deletion, a hire. The page says why.
A tag such as "Alva: Send Tests" sends no webhook: the next hourly run finds it, or one that you trigger."""


def first_steps(airflow_url: str, sandbox_url: str) -> str:
    """Returns how to set everything up in the browser. The keys are the sandbox's own."""
    return f"""\
Nothing is set up yet. In the browser alone:

1. Open the page, {airflow_url}/alva-lever/set-up, and go through its list. Lever's API root is
   {sandbox_url}/lever/v1 and its key sandbox-lever-key; Alva's are {sandbox_url}/alva/v1 and sandbox-alva-key.
   Or grant access to Lever by OAuth, without its key: the app is sandbox-client, its secret sandbox-client-secret, and
   its sign-in {sandbox_url}/lever/sign-in.
2. Read the reports of the rehearsal, then go live.
3. Open the board, {sandbox_url}/, and move a candidate to the trigger stage."""


def _mark(surprises: Sequence[str]) -> str:
    return "!!" if surprises else "ok"


def _lines(head: tuple[str, ...], body: Sequence[tuple[str, ...]]) -> str:
    rows = [head, *body]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
