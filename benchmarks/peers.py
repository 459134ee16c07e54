"""Lists the same opportunities with ours and with its peers, each in a process of its own, then with a malformed page.

The peers are installed in `.bench` by `make bench`, and call nothing but the sandbox.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from benchmarks.listers import LISTERS
from benchmarks.office import Traffic, forget, office
from benchmarks.table import Rows, say

FOLDER = Path(__file__).parent
PEERS_PYTHON = FOLDER.parent / ".bench" / "bin" / "python"
# Those that are installed in `.bench`, with the module that shows it.
INSTALLED = {"tap-lever": "tap_lever", "dlt rest_api": "dlt.sources.rest_api"}
SIZES, SPOILED_SIZE, PAGE = (5_000, 100_000), 1_000, 100
# The request whose answer is spoiled, counted from 0.
SPOILED = 3
# Lever's bucket is full again after this.
REFILL_SECONDS = 2.5
SPOILS = {
    "html": "a page of HTML with status 200",
    "truncated": "JSON that stops half way",
    "no_data": "a page without `data`",
    "no_next": "`hasNext` without `next`",
    "row": "a row that can't be read",
}
# A time of creation that is none.
UNREADABLE = "soon"
_LIMIT = 10


@dataclass(frozen=True, slots=True)
class Listed:
    """What a lister delivered, and what it took. `named`: rows reported as unreadable, by their ids. `taken_as_good`:
    unreadable rows among those delivered."""

    ids: set[str]
    rows: int
    named: int
    taken_as_good: int
    error: str | None
    seconds: float
    start_mib: float
    peak_mib: float
    requests: int
    connections: int
    refused: int
    share: float

    def delivered(self, of: int) -> str:
        words = [f"{len(self.ids):,} of {of:,}"]
        if self.rows > len(self.ids):
            words.append(f"{self.rows - len(self.ids):,} of them twice")
        if self.named:
            words.append(f"{self.named} unreadable named by its id")
        if self.taken_as_good:
            words.append(f"{self.taken_as_good} unreadable among them as if it were good")
        words.append(f"ended by {self.error}" if self.error else "and no error")
        return ", ".join(words)


def missing(python: Path = PEERS_PYTHON) -> list[str]:
    """Returns the peers that can't be run."""
    return [
        name
        for name, module in INSTALLED.items()
        if not python.exists() or subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode
    ]


def listed(name: str, url: str, key: str, *, days: float = 0.9) -> Listed:
    """Runs a lister on that sandbox. `days`: how old the oldest opportunity is at most; for tap-lever, which asks day
    by day."""
    since = datetime.now(UTC) - timedelta(days=days)
    requests.delete(f"{url}/control/requests", timeout=60).raise_for_status()
    with tempfile.TemporaryDirectory() as folder:
        job, rows, log = (Path(folder) / part for part in ("job", "rows", "log"))
        job.write_text(json.dumps({"url": url, "key": key, "since": since.strftime("%Y-%m-%dT%H:%M:%S")}))
        python = PEERS_PYTHON if name in INSTALLED else Path(sys.executable)
        with rows.open("w") as out, log.open("w") as errors:
            done = subprocess.run(
                [python, "-P", FOLDER / "listers.py", name, job],
                stdout=out,
                stderr=errors,
                env=_environment(Path(folder), url, key, ours=name not in INSTALLED),
                cwd=folder if name in INSTALLED else FOLDER.parent,
            )
        found = json.loads(job.read_text()).get("found")
        if done.returncode or found is None:
            raise RuntimeError(f"{name} can't be run: {log.read_text()[-2000:]}")
        with rows.open() as lines:
            # Airflow's log goes to standard output too.
            said = (json.loads(line) for line in lines if line.startswith("{"))
            return _read(said, found, Traffic(url, "lever"))


def _environment(home: Path, url: str, key: str, *, ours: bool) -> dict[str, str]:
    """The peers get no path into this project, and report to nobody."""
    root = f"{url}/lever/v1"
    environment = {name: value for name, value in os.environ.items() if ours or name != "PYTHONPATH"}
    return environment | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW_CONN_LEVER_DEFAULT": json.dumps({"conn_type": "lever", "host": root, "password": key}),
        "AIRFLOW_CONN_LEVER_HTTP": json.dumps({"conn_type": "http", "host": root, "login": key}),
        "DLT_DATA_DIR": str(home / "dlt"),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
    }


def _read(lines: Any, found: dict[str, Any], traffic: Traffic) -> Listed:
    ids: set[str] = set()
    rows = named = taken_as_good = 0
    for line in lines:
        row = line.get("record") if "type" in line else line
        if row is None:
            continue
        if row.get("unreadable"):
            named += 1
            continue
        rows += 1
        ids.add(row["id"])
        taken_as_good += row["createdAt"] == UNREADABLE
    return Listed(
        ids=ids,
        rows=rows,
        named=named,
        taken_as_good=taken_as_good,
        error=found["error"],
        seconds=found["seconds"],
        start_mib=found["start_kib"] / 1024,
        peak_mib=found["peak_kib"] / 1024,
        requests=len(traffic.requests),
        connections=traffic.connections,
        refused=traffic.refused,
        share=traffic.accepted_share(_LIMIT),
    )


def spoil(url: str, key: str, kind: str) -> None:
    """Spoils the fourth page of opportunities."""
    fault: dict[str, Any] = {"service": "lever", "path": "/opportunities", "kind": kind}
    if kind == "row":
        # It lasts, as such a row does: who asks for the page again gets the same.
        page: dict[str, Any] = {}
        token = None
        for _ in range(SPOILED + 1):
            token = page.get("next")
            params = {"expand": "applications", "offset": token}
            page = requests.get(f"{url}/lever/v1/opportunities", params, auth=(key, ""), timeout=60).json()
        page["data"][PAGE // 2]["createdAt"] = UNREADABLE
        fault |= {"kind": "status", "status": 200, "body": page, "query": {"offset": token}, "times": None}
    else:
        fault["skip"] = SPOILED
    requests.post(f"{url}/control/faults", json=fault, timeout=60).raise_for_status()


def _compared(names: list[str], size: int, rows: Rows) -> None:
    with office(size) as (url, _):
        key = _key(url)
        first: Listed | None = None
        for name in names:
            forget(url)
            time.sleep(REFILL_SECONDS)
            done = listed(name, url, key, days=0.9 + size / 86_400)
            first = first or done
            # Seconds of a listing that ended early compare with nothing.
            comparable = done is not first and len(done.ids) == size
            ratios = (
                f"x {done.seconds / first.seconds:.2f} the seconds, x {done.requests / first.requests:.2f} the "
                f"requests and x {done.peak_mib / first.peak_mib:.2f} the memory of ours; "
            )
            say(
                rows,
                f"{size:,} opportunities by {_titled(name)}",
                f"{ratios * comparable}{done.delivered(size)}; {done.requests:,} requests on {done.connections:,} "
                f"connection{'s' * (done.connections > 1)}, {done.seconds:.1f} s, {done.refused} x 429, "
                f"{done.share:.0%} of Lever's limit, {done.peak_mib:.0f} MiB at most "
                f"({done.peak_mib - done.start_mib:.0f} of them for the listing)",
            )


def _spoiled(names: list[str], rows: Rows) -> None:
    with office(SPOILED_SIZE) as (url, _):
        key = _key(url)
        for kind, words in SPOILS.items():
            results = []
            for name in names:
                spoil(url, key, kind)
                time.sleep(REFILL_SECONDS)
                results.append(f"{_titled(name)} {listed(name, url, key).delivered(SPOILED_SIZE)}")
                requests.delete(f"{url}/control/faults", timeout=60).raise_for_status()
            say(rows, f"{words}", "; ".join(results))


def _key(url: str) -> str:
    return str(requests.get(f"{url}/control", timeout=60).json()["lever_key"])


def _titled(name: str) -> str:
    """Adds a peer's version."""
    pins = dict(
        line.split("==") for line in (FOLDER / "requirements-peers.txt").read_text("utf-8").splitlines() if "==" in line
    )
    package, _, rest = name.partition(" ")
    return f"{package} {pins[package]} {rest}".strip() if package in pins else name


def run(sizes: tuple[int, ...] = SIZES) -> Rows:
    rows: Rows = []
    absent = missing()
    names = [name for name in LISTERS if name not in absent]
    for name in absent:
        say(rows, _titled(name), "not compared: it isn't installed in .bench (make .bench/installed)")
    for size in sizes:
        _compared(names, size, rows)
    _spoiled([name for name in names if name != "HttpOperator"], rows)
    return rows
