"""A query string as Lever reads it: repeated parameters are a list, with or without ``[]`` behind the name."""

from __future__ import annotations

from collections.abc import Iterable

from include.sandbox.lever.errors import BadRequest

MAX_LIMIT = 100


class Query:
    """Values by name. What can't be read raises `BadRequest`; a parameter that Lever does not know is ignored."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name.removesuffix("[]"), []).append(value)

    def many(self, name: str) -> list[str]:
        return self._values.get(name, [])

    def one(self, name: str) -> str | None:
        values = self._values.get(name)
        return values[-1] if values else None

    def integer(self, name: str) -> int | None:
        value = self.one(name)
        if value is None:
            return None
        try:
            return int(value)
        except ValueError:
            raise BadRequest(f"Invalid value for {name}: an integer is expected.") from None

    def boolean(self, name: str) -> bool | None:
        value = self.one(name)
        if value is None:
            return None
        if value not in ("true", "false"):
            raise BadRequest(f"Invalid value for {name}: true or false is expected.")
        return value == "true"

    def choice(self, name: str, choices: tuple[str, ...]) -> str | None:
        value = self.one(name)
        if value is not None and value not in choices:
            raise BadRequest(f"Invalid value for {name}: one of {', '.join(choices)} is expected.")
        return value

    def limit(self) -> int:
        """How many rows a page has, 1 to 100."""
        limit = self.integer("limit")
        if limit is None:
            return MAX_LIMIT
        if not 1 <= limit <= MAX_LIMIT:
            raise BadRequest(f"Invalid value for limit: 1 to {MAX_LIMIT} is expected.")
        return limit

    def span(self, name: str) -> tuple[int, int] | None:
        """``<name>_start`` and ``<name>_end`` in milliseconds, both inclusive; None where neither is given."""
        start, end = self.integer(f"{name}_start"), self.integer(f"{name}_end")
        if start is None and end is None:
            return None
        return (0 if start is None else start, 2**63 if end is None else end)

    def names(self) -> set[str]:
        return set(self._values)
