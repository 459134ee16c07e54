"""Looks for a candidate's data in what Airflow keeps: its log files and every text in its metadata database, in which
the confs of all runs are."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ID = "[0-9a-f]{8}-[0-9a-f-]{27}"
_FIT = "Alva: (Very )?([hH]igh|Medium|[lL]ow) role fit"
# The marks that `crowd` puts into names, addresses and notes, in any case, and the phone numbers, in any grouping.
PERSONAL = {
    "a name, an address or a note": re.compile(r"qzx\W?\d{5}", re.IGNORECASE),
    "a phone number": re.compile(r"49\W?777\W?0(\W?\d){8}"),
    "a role fit beside a value": re.compile(
        r"role[ _-]?fit[\"'`]?\s*(?:[:=]|is\b|of\b|was\b)?\s*[\"']?\d", re.IGNORECASE
    ),
    "a role fit's tag beside an id": re.compile(rf"{_ID}[^\n]{{0,80}}{_FIT}|{_FIT}[^\n]{{0,80}}{_ID}"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """One place, with its surroundings: the data of made-up candidates may be shown."""

    what: str
    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.what} in {self.where}: {self.text!r}"


def search(home: Path, database: Path) -> tuple[list[Found], Counter[str]]:
    """Returns what was found, and how much was searched."""
    searched: Counter[str] = Counter()
    found = []
    for what, where, text in [*_logs(home), *_cells(database)]:
        searched[what] += 1
        searched["characters"] += len(text)
        found += list(_in(text, where))
    return found, searched


def _in(text: str, where: str) -> Iterator[Found]:
    for what, pattern in PERSONAL.items():
        for hit in pattern.finditer(text):
            yield Found(what, where, text[max(0, hit.start() - 60) : hit.end() + 60])


def _logs(home: Path) -> Iterator[tuple[str, str, str]]:
    """Yields every log file: of the components and of the tasks."""
    for path in sorted(home.rglob("*.log")):
        yield "log files", str(path.relative_to(home)), path.read_text("utf-8", "replace")


def _cells(database: Path) -> Iterator[tuple[str, str, str]]:
    """Yields every text and every blob of every table, unreadable bytes included."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=60)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    try:
        tables = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            cursor = connection.execute(f'select * from "{table}"')
            names = [column[0] for column in cursor.description]
            for row in cursor:
                for name, value in zip(names, row, strict=True):
                    if isinstance(value, bytes):
                        value = value.decode("utf-8", "replace")
                    if isinstance(value, str) and value:
                        yield "texts in the database", f"{table}.{name}", value
    finally:
        connection.close()
