"""The demo with a real Airflow; takes about a minute."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from include.demo.finale import RESULTS
from include.demo.plot import ROWS
from include.demo.ports import is_free
from include.demo.sequel import SCENES
from include.demo.start import PROJECT
from include.demo.story import PEOPLE

TIMEOUT_SECONDS = 900
ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@contextmanager
def demo(home: Path, *options: str, output: int = subprocess.PIPE) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "include.demo", "--home", str(home), *options]
    misleading = {"AIRFLOW__CORE__EXECUTOR": "NoSuchExecutor", "AIRFLOW_HOME": str(home / "elsewhere")}
    with subprocess.Popen(
        command, cwd=PROJECT, env=os.environ | misleading, stdout=output, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def processes_of(home: Path) -> list[psutil.Process]:
    """Returns the processes that run in ``home`` or have a log open there. Zombies do neither."""
    found = []
    for process in psutil.process_iter():
        try:
            places = [process.cwd(), *(file.path for file in process.open_files())]
        except psutil.Error:
            continue
        if any(Path(place).is_relative_to(home) for place in places):
            found.append(process)
    return found


def test_the_demo_plays_the_story_and_leaves_no_process(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with demo(home, "--once") as process:
        output, _ = process.communicate(timeout=TIMEOUT_SECONDS)
    assert process.returncode == 0, output
    assert "Everything went as in the story." in output
    lines = output.splitlines()
    (unpausing,) = [line for line in lines if "unpausing" in line]
    assert [file.stem for file in (PROJECT / "dags").glob("*.py") if file.stem not in unpausing] == []
    for person in PEOPLE:
        assert [line for line in lines if re.match(rf"ok  {person.name} +{ID} +{re.escape(person.did)}", line)]
    for scene in SCENES:
        assert re.search(rf"^ok  {scene.name} +{ID} +{re.escape(scene.did)}", output, re.MULTILINE)
    for result in RESULTS:
        assert re.search(rf"^ok  {result.name} +{ID} +{re.escape(result.did)}", output, re.MULTILINE)
        assert f"{result.name}: note, and link" in output
    assert all(re.search(rf"\b{reason}\b", output) for reason in ROWS)
    assert "!!" not in output
    assert processes_of(home) == []
    ports = [int(port) for port in re.findall(r"on port (\d+)", output)]
    assert len(ports) == 2
    assert all(is_free(port) for port in ports)


def test_an_interrupted_demo_leaves_no_process(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with demo(home, output=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not (home / "api-server.log").exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert len(processes_of(home)) > 1
        process.send_signal(signal.SIGTERM)
        process.wait(TIMEOUT_SECONDS)
    assert process.returncode == 128 + signal.SIGTERM
    assert processes_of(home) == []
    assert not (home / "processes.json").exists()


def test_a_dag_file_that_cannot_be_imported_is_named_with_its_error(tmp_path: Path) -> None:
    dags = tmp_path / "dags"
    dags.mkdir()
    (dags / "broken.py").write_text("from airflow.sdk import DAG\nimport no_such_module\n")
    with demo(tmp_path / "home", "--once", "--dags", str(dags)) as process:
        output, _ = process.communicate(timeout=TIMEOUT_SECONDS)
    assert process.returncode == 1
    assert "Airflow can't import broken.py" in output
    assert "No module named 'no_such_module'" in output
    assert processes_of(tmp_path / "home") == []
