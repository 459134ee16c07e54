"""Airflow writes warnings into a task's log. None of them is about the project's own code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
_IMPORTING = """
import importlib, json, pathlib, runpy, sys, warnings
import airflow.settings  # takes warnings to its own log
root, warned = pathlib.Path(sys.argv[1]), []
plugins = root / "plugins"
def note(message, category, filename, *_):
    if root in pathlib.Path(filename).parents and ".venv" not in filename:
        warned.append(f"{filename}: {category.__name__}: {message}")
warnings.simplefilter("always")
warnings.showwarning = note
sys.path.insert(0, str(plugins))
for file in sorted(plugins.rglob("*.py")):
    importlib.import_module(".".join(file.relative_to(plugins).with_suffix("").parts).removesuffix(".__init__"))
for file in sorted((root / "dags").glob("*.py")):
    runpy.run_path(str(file))
assert warnings.showwarning is note
print(json.dumps(warned))
"""


def test_importing_the_package_and_the_dags_raises_no_warning_about_our_code() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _IMPORTING, str(ROOT)], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []
