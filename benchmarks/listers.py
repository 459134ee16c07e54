"""Lists a sandbox's opportunities with one lister: ours, or one of our peers. A script with a process of its own.

``python -P listers.py NAME JOB`` reads the job file (``url``, ``key``, ``since``: an ISO time before the oldest
opportunity), writes one JSON line for each row to standard output, and adds an object to the job file when the listing
has ended: ``seconds``, ``start_kib`` and ``peak_kib`` of memory, and ``error``, the kind of what ended it early.

Peers run in an environment without this project and without Airflow, so each function imports what it needs.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Job = dict[str, Any]


class Meter:
    """Measures what happens after the imports."""

    def __init__(self) -> None:
        self.found: Job = {"error": None}

    @contextmanager
    def listing(self) -> Iterator[None]:
        self.found["start_kib"], started = _peak_kib(), time.monotonic()
        try:
            yield
        except Exception as error:
            self.found["error"] = type(error).__name__
        finally:
            self.found["seconds"] = time.monotonic() - started
            self.found["peak_kib"] = _peak_kib()


def _peak_kib() -> int:
    """Linux counts a parent's memory into `ru_maxrss` of a new process, but not into VmHWM."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _say(row: Job) -> None:
    print(json.dumps(row))


def ours(job: Job, meter: Meter) -> None:
    """The hook's listing, as the DAGs use it."""
    from alva_lever.http.paginator import Unreadable
    from alva_lever.lever.hook import LeverHook
    from alva_lever.lever.opportunities import OpportunityFilter

    with meter.listing():
        for row in LeverHook().every_opportunity(OpportunityFilter()):
            if isinstance(row, Unreadable):
                _say({"id": row.id, "unreadable": True})
            else:
                _say({"id": row.id, "createdAt": row.created_at_ms})


def http_operator(job: Job, meter: Meter, retry_args: Job | None = None) -> None:
    """Airflow's own operator, with the pagination function that Lever's pages need."""
    from airflow.providers.http.operators.http import HttpOperator

    def following(response: Any) -> Job | None:
        token = response.json().get("next")
        return {"data": {"offset": token}} if token else None

    def rows(responses: list[Any]) -> list[Job]:
        return [row for response in responses for row in response.json()["data"]]

    operator = HttpOperator(
        task_id="list",
        http_conn_id="lever_http",
        method="GET",
        endpoint="opportunities",
        data={"limit": 100},
        pagination_function=following,
        response_filter=rows,
        retry_args=retry_args,
    )
    with meter.listing():
        for row in operator.execute({}):
            _say({"id": row["id"], "createdAt": row["createdAt"]})


def http_operator_retrying(job: Job, meter: Meter) -> None:
    """The same with the retries of the operator's documentation."""
    import tenacity

    http_operator(
        job,
        meter,
        {
            "wait": tenacity.wait_exponential(),
            "stop": tenacity.stop_after_attempt(10),
            "retry": tenacity.retry_if_exception_type(Exception),
        },
    )


def rest_api(job: Job, meter: Meter) -> None:
    """dlt's source for REST APIs; its rows are taken as they come, and loaded nowhere."""
    from dlt.sources.rest_api import rest_api_source

    source = rest_api_source(
        {
            "client": {
                "base_url": f"{job['url']}/lever/v1/",
                "auth": {"type": "http_basic", "username": job["key"], "password": ""},
                "paginator": {"type": "cursor", "cursor_path": "next", "cursor_param": "offset"},
            },
            "resources": [
                {
                    "name": "opportunities",
                    "endpoint": {"path": "opportunities", "params": {"limit": 100}, "data_selector": "data"},
                }
            ],
        }
    )
    with meter.listing():
        for row in source.resources["opportunities"]:
            _say({"id": row["id"], "createdAt": row["createdAt"]})


def tap_lever(job: Job, meter: Meter) -> None:
    """Singer's tap, all of it, from its command on. Its only change: Lever's address, which is fixed in its code."""
    import tap_lever as tap
    from tap_lever.streams.base import BaseStream
    from tap_lever.streams.opportunities import OpportunityStream

    BaseStream.get_url = lambda stream: f"{job['url']}/lever/v1{stream.path}"
    config = {"token": job["key"], "start_date": job["since"]}
    catalog = OpportunityStream(config, {}, None, None).generate_catalog()
    for entry in catalog:
        entry["metadata"] = [{**part, "metadata": {**part["metadata"], "selected": True}} for part in entry["metadata"]]
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("config", config), ("catalog", {"streams": catalog})):
            (Path(folder) / name).write_text(json.dumps(content))
        sys.argv = ["tap-lever", "--config", f"{folder}/config", "--catalog", f"{folder}/catalog"]
        with meter.listing():
            tap.main()


LISTERS: dict[str, Callable[[Job, Meter], None]] = {
    "ours": ours,
    "tap-lever": tap_lever,
    "dlt rest_api": rest_api,
    "HttpOperator with retry_args": http_operator_retrying,
    "HttpOperator": http_operator,
}


if __name__ == "__main__":
    _, _name, _path = sys.argv
    _job = json.loads(Path(_path).read_text())
    _meter = Meter()
    LISTERS[_name](_job, _meter)
    Path(_path).write_text(json.dumps(_job | {"found": _meter.found}))
