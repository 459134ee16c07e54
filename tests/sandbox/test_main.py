from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from include.sandbox.__main__ import main

PROJECT = Path(__file__).parents[2]


def test_the_command_prints_its_roots_and_answers_there() -> None:
    command = [sys.executable, "-m", "include.sandbox", "--port", "0", "--seed", "3", "--opportunities", "5"]
    command += ["--webhook-waits", "0.1,0.2"]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lever, alva, control = re.findall(r"http://127\.0\.0\.1:\d+/\S+", process.stdout.readline())
            rows = requests.get(f"{lever}/opportunities", auth=("sandbox-lever-key", ""), timeout=10).json()["data"]
            positions = requests.get(
                f"{alva}/job_positions", headers={"Authorization": "Bearer sandbox-alva-key"}, timeout=10
            )
            assert 1 <= len(rows) <= 5
            assert positions.json()["data"] == []
            assert requests.get(f"{control}/world", timeout=10).json()["opportunities"] == 5
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)


@pytest.mark.parametrize("host", ["0.0.0.0", "example.test", "192.168.1.1"])
def test_the_sandbox_listens_only_on_loopback(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", "0", "--host", host]) == 2
    assert host in capsys.readouterr().err


def test_a_folder_without_a_recording_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", "0", "--recorded", str(tmp_path)]) == 2
    assert "no recorded answer" in capsys.readouterr().err


@pytest.mark.parametrize("waits", ["soon", "1,-2", "inf", "nan"])
def test_invalid_waits_are_refused(waits: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        main(["--port", "0", "--webhook-waits", waits])
    assert error.value.code == 2
    assert "--webhook-waits" in capsys.readouterr().err
