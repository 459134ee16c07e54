"""Ctrl-C ends the services too, and leaves nothing of them."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from include.demo.services import PostgreSQL
from tests.demo.test_demo import TIMEOUT_SECONDS, demo, processes_of


@pytest.mark.usefixtures("installed")
def test_an_interrupted_distributed_demo_leaves_no_process_and_no_data(tmp_path: Path) -> None:
    home = tmp_path / "home"
    data = PostgreSQL(home, 0).folder
    with demo(home, "--distributed", output=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not (home / "worker-2.log").exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert data.is_dir()
        names = {Path(one.exe()).name for one in processes_of(home)}
        assert {"postgres", "redis-server", "nginx"} <= {_plain(name) for name in names}
        process.send_signal(signal.SIGINT)
        process.wait(TIMEOUT_SECONDS)
    assert process.returncode == 128 + signal.SIGINT
    assert processes_of(home) == []
    assert [one for one in psutil.process_iter() if _runs_in(one, data)] == []
    assert not data.exists()


def _plain(name: str) -> str:
    """Debian's redis-server is a link to another program."""
    return "redis-server" if name.startswith("redis") else name


def _runs_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return Path(process.cwd()).is_relative_to(folder)
    except psutil.Error:
        return False
