"""Measures how long Airflow's DAG processor takes for each of our files, compared with an empty DAG file."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.office import apart
from benchmarks.table import Rows, say

DAGS = Path(__file__).parent.parent / "dags"
TIMES = 15
_EMPTY_DAG = """from airflow.sdk import DAG

with DAG(dag_id="empty", schedule=None):
    pass
"""


def parse(files: list[Path], times: int) -> dict[str, list[float]]:
    """Parses the files in turn, as the DAG processor does: Airflow modules that they import are imported first, then
    a fork of this process reads the file and serializes its DAGs. Returns the seconds in the fork, by file."""
    import structlog
    from airflow.dag_processing.processor import _pre_import_airflow_modules

    log = structlog.get_logger()
    for file in files:
        _pre_import_airflow_modules(str(file), log)
    took: dict[str, list[float]] = {file.name: [] for file in files}
    for _ in range(times):
        for file in files:
            took[file.name].append(_in_a_fork(file))
    return took


def _in_a_fork(file: Path) -> float:
    import structlog
    from airflow.dag_processing.processor import DagFileParseRequest, _parse_file

    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        # Airflow's log of the parse.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        asked = DagFileParseRequest(file=str(file), bundle_path=file.parent, bundle_name="dags-folder")
        started = time.monotonic()
        parsed = _parse_file(asked, structlog.get_logger())
        seconds = time.monotonic() - started
        is_right = parsed is not None and len(parsed.serialized_dags) == 1 and not parsed.import_errors
        os.write(writing, str(seconds if is_right else -1.0).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    if not said or float(said) < 0:
        raise RuntimeError(f"Airflow can't parse {file.name}")
    return float(said)


def run(times: int = TIMES) -> Rows:
    rows: Rows = []
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.py"
        empty.write_text(_EMPTY_DAG)
        # No connection is needed: a parse calls nothing.
        took = apart(parse, "http://127.0.0.1:9", [empty, *sorted(DAGS.glob("*.py"))], times)
    medians = {name: statistics.median(seconds) for name, seconds in took.items()}
    base = medians.pop(empty.name)
    for name, seconds in medians.items():
        figure = f"x {seconds / base:.1f} of an empty DAG file; {seconds * 1000:.0f} ms, and {base * 1000:.0f} ms"
        say(rows, f"`{name}`", f"{figure} (median of {times})")
    return rows
