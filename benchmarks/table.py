"""The table of figures in README.md beside this file, which a run writes."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

# What was measured, and its figures: the ratio first.
Rows = list[tuple[str, str]]

README = Path(__file__).parent / "README.md"
_BEGIN, _END = "<!-- written by make bench -->\n", "<!-- end of what make bench writes -->\n"
_UNMEASURED = ("all", "not measured yet")
_HEAD = "| part | measured | figures |\n|---|---|---|\n"


def machine() -> str:
    """Says where the figures come from, without a name or a date."""
    return (
        f"Measured with {os.cpu_count()} cores, {platform.system()} on {platform.machine()}, Python "
        f"{platform.python_version()}, Airflow {version('apache-airflow')}."
    )


def read(text: str) -> tuple[str, dict[str, Rows]]:
    """Returns the machine and the rows of each part."""
    body = text.partition(_BEGIN)[2].partition(_END)[0].strip()
    parts: dict[str, Rows] = {}
    for line in body.splitlines()[4:]:
        part, name, figure = line.removeprefix("| ").removesuffix(" |").split(" | ")
        if (name, figure) != _UNMEASURED:
            parts.setdefault(part, []).append((name, figure))
    return body.partition("\n")[0], parts


def written(text: str, measured: dict[str, Rows], order: list[str], where: str) -> str:
    """Returns the text with these parts' rows in its table, which names every part. Another machine's rows leave it."""
    before, parts = read(text)
    rows = (parts if before == where else {}) | measured
    lines = [
        f"| {part} | {_cell(name)} | {_cell(figure)} |\n"
        for part in order
        for name, figure in rows.get(part) or [_UNMEASURED]
    ]
    head, _, rest = text.partition(_BEGIN)
    return f"{head}{_BEGIN}{where}\n\n{_HEAD}{''.join(lines)}{_END}{rest.partition(_END)[2]}"


def write(measured: dict[str, Rows], order: list[str]) -> None:
    README.write_text(written(README.read_text("utf-8"), measured, order, machine()), "utf-8")


def say(rows: Rows, name: str, figure: str) -> None:
    """Prints a row, and adds it to the rows of its part."""
    print(f"  {name}: {figure}", flush=True)
    rows.append((name, figure))


def _cell(text: str) -> str:
    """A bar would end the cell."""
    return text.replace("|", "/")
