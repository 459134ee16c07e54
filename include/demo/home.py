"""The folder of a demo: Airflow's database, settings and logs.

Each demo starts with an empty folder.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from include.demo.processes import DemoError, stop_left_over

LOCK = "demo.lock"
RECORD = "processes.json"


@contextmanager
def home_of_its_own(folder: Path) -> Iterator[Path]:
    """Creates or empties ``folder``, and keeps other demos out of it during the block.

    Raises `DemoError` if another demo uses it, or if it holds files that no demo made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder / LOCK
    if not lock.exists() and any(folder.iterdir()):
        raise DemoError(f"{folder} is not empty, and no demo made it. Name another folder: --home FOLDER")
    with lock.open("a") as holding:  # the system releases the lock when this process ends, however it ends
        try:
            fcntl.flock(holding, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise DemoError(
                f"Another demo runs in {folder} (process {lock.read_text() or '?'}). Stop it with Ctrl-C in its "
                "terminal, or give this one a folder: python -m include.demo --home FOLDER"
            ) from error
        holding.truncate(0)
        holding.write(str(os.getpid()))
        holding.flush()
        stop_left_over(folder / RECORD)
        for entry in folder.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry != lock:
                entry.unlink()
        yield folder
