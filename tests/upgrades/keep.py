"""Keeps a database as this version leaves it: `python -m tests.upgrades.keep`, once for each release of the package.

Run it under the oldest Airflow that is supported (`make test-oldest` has made `.venv-oldest`), so that the tests also
show that the newest one can go on with it.
"""

from __future__ import annotations

import getpass
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        database = Path(home) / "airflow.db"
        settings = {
            "AIRFLOW_HOME": home,
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "PYTHONPATH": os.pathsep.join([str(ROOT / "plugins"), str(ROOT)]),
        }
        command = [sys.executable, "-m", "tests.upgrades.child", "keep", str(database)]
        subprocess.run(command, cwd=ROOT, env=os.environ | settings, check=True)
        with sqlite3.connect(database) as connection:
            dump = "\n".join(connection.iterdump()) + "\n"
        # Where it was made is nobody's concern.
        for ours, anyones in ((home, "/opt/airflow"), (str(ROOT), "/opt/airflow")):
            dump = dump.replace(ours, anyones)
        for ours, anyones in ((socket.gethostname(), "worker"), (getpass.getuser(), "airflow")):
            dump = dump.replace(f"'{ours}'", f"'{anyones}'")
    name = f"kept-alva-lever-{version('alva-lever')}-airflow-{version('apache-airflow')}.sql"
    (Path(__file__).parent / name).write_text(dump, "utf-8")


if __name__ == "__main__":
    main()
