"""Reads ``airflow_settings.yaml``, in which the Astro CLI keeps a local Airflow's connections, pools and variables.

Entries without a name, which the Astro CLI's template has, are skipped, as the CLI does. ``conn_uri`` is refused: use
the separate fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from include.demo.ports import LOOPBACK
from include.demo.processes import DemoError

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Connection:
    conn_id: str
    conn_type: str
    host: str | None = None
    login: str | None = None
    password: str | None = None
    schema: str | None = None
    port: int | None = None
    extra: str | None = None  # JSON


@dataclass(frozen=True, slots=True)
class Pool:
    name: str
    slots: int
    description: str = ""


@dataclass(frozen=True, slots=True)
class Variable:
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Settings:
    connections: tuple[Connection, ...] = ()
    pools: tuple[Pool, ...] = ()
    variables: tuple[Variable, ...] = ()

    def at_port(self, written: int, actual: int) -> Settings:
        """Returns settings whose connections go to port ``actual`` of this machine instead of ``written``."""
        old, new = f"{LOOPBACK}:{written}", f"{LOOPBACK}:{actual}"

        def moved(connection: Connection) -> Connection:
            if connection.host is None or urlsplit(connection.host).netloc != old:
                return connection
            return replace(connection, host=connection.host.replace(old, new, 1))

        return replace(self, connections=tuple(moved(connection) for connection in self.connections))


def load_settings(path: Path) -> Settings:
    """Reads the file. Raises `DemoError`, naming the entry, if it can't be read."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DemoError(f"There is no {path}. It is part of the clone: git checkout -- {path.name}") from None
    except yaml.YAMLError as error:
        raise DemoError(f"{path} is not YAML: {error}") from error
    airflow = content.get("airflow") if isinstance(content, dict) else None
    if not isinstance(airflow, dict):
        raise DemoError(f"{path} has no 'airflow' at the top level, which the Astro CLI's format requires")
    return Settings(
        tuple(_connection(row, path) for row in _rows(airflow, "connections", "conn_id", path)),
        tuple(_pool(row, path) for row in _rows(airflow, "pools", "pool_name", path)),
        tuple(_variable(row, path) for row in _rows(airflow, "variables", "variable_name", path)),
    )


def _rows(airflow: Row, kind: str, name: str, path: Path) -> Iterator[Row]:
    """Yields the entries that have a name."""
    rows = airflow.get(kind) or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise DemoError(f"{path}: '{kind}' is a list of entries, each beginning with '- {name}: ...'")
    return (row for row in rows if row.get(name))


def _connection(row: Row, path: Path) -> Connection:
    place = f"{path}, connection {row['conn_id']}"
    if row.get("conn_uri"):
        raise DemoError(f"{place}: conn_uri is not read here; give conn_type, conn_host, conn_login, ... instead")
    if not row.get("conn_type"):
        raise DemoError(f"{place}: conn_type is missing")
    extra = row.get("conn_extra")
    return Connection(
        str(row["conn_id"]),
        str(row["conn_type"]),
        _text(row, "conn_host"),
        _text(row, "conn_login"),
        _text(row, "conn_password"),
        _text(row, "conn_schema"),
        _whole(row["conn_port"], f"{place}: conn_port") if row.get("conn_port") else None,
        (extra if isinstance(extra, str) else json.dumps(extra)) if extra else None,
    )


def _pool(row: Row, path: Path) -> Pool:
    slots = _whole(row.get("pool_slot"), f"{path}, pool {row['pool_name']}: pool_slot")
    return Pool(str(row["pool_name"]), slots, _text(row, "pool_description") or "")


def _variable(row: Row, path: Path) -> Variable:
    value = row.get("variable_value")
    if value is None or isinstance(value, dict | list):
        raise DemoError(
            f"{path}, variable {row['variable_name']}: variable_value must be text; put JSON in quotes, as the Astro "
            "CLI requires"
        )
    return Variable(str(row["variable_name"]), str(value))


def _text(row: Row, name: str) -> str | None:
    value = row.get(name)
    return None if value in (None, "") else str(value)


def _whole(value: object, place: str) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise DemoError(f"{place} is a whole number, not {value!r}") from None
