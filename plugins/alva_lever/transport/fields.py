"""Reading an answer's JSON with types: what isn't as documented is named, never quoted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

T = TypeVar("T")
Json = object


class Untrusted(Exception):
    """An answer isn't what it should be. The text names fields only; the hook makes it a `Malformed` with the request
    in it."""


class Fields:
    """One JSON object. Each method reads one field of one type, or raises `Untrusted`.

    A field that must be there is read by the plain name (`text`); the `_or_none` twin takes null, and absence, as None.
    """

    def __init__(self, value: Json, name: str = "") -> None:
        if not isinstance(value, dict):
            raise Untrusted(f"{f'`{name}`' if name else 'the body'} is not an object")
        self._value: dict[str, Json] = value
        self._name = name

    def __contains__(self, key: str) -> bool:
        return key in self._value

    def required(self, key: str) -> Json:
        """Any value, null included, as long as the key is there: where an absent key would read as a harmless null."""
        if key not in self._value:
            raise Untrusted(f"`{self._at(key)}` is missing")
        return self._value[key]

    def text(self, key: str) -> str:
        value = self.text_or_none(key)
        if value is None:
            raise self._not(key, "text")
        return value

    def text_or_none(self, key: str) -> str | None:
        value = self._value.get(key)
        if value is not None and not isinstance(value, str):
            raise self._not(key, "text")
        return value

    def id(self, key: str = "id") -> str:
        value = self.text(key)
        if not value:
            raise Untrusted(f"`{self._at(key)}` is empty")
        return value

    def id_or_none(self, key: str) -> str | None:
        """An id, or the id of the object that stands in its place when it was expanded."""
        value = self._value.get(key)
        if isinstance(value, dict):
            return Fields(value, self._at(key)).id()
        return self.text_or_none(key) or None

    def whole_or_none(self, key: str) -> int | None:
        value = self._value.get(key)
        # True is an int to Python, not to JSON.
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise self._not(key, "a whole number")
        return value

    def whole(self, key: str) -> int:
        value = self.whole_or_none(key)
        if value is None:
            raise self._not(key, "a whole number")
        return value

    def number_or_none(self, key: str) -> float | None:
        value = self._value.get(key)
        if value is not None and (not isinstance(value, int | float) or isinstance(value, bool)):
            raise self._not(key, "a number")
        return value

    def flag(self, key: str) -> bool:
        value = self._value.get(key)
        if not isinstance(value, bool):
            raise self._not(key, "true or false")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        values = self._list(key)
        if not all(isinstance(value, str) for value in values):
            raise self._not(key, "a list of texts")
        return tuple(str(value) for value in values)

    def texts_or_none(self, key: str) -> tuple[str, ...] | None:
        return None if self._value.get(key) is None else self.texts(key)

    def object(self, key: str) -> Fields:
        return Fields(self.required(key), self._at(key))

    def object_or_none(self, key: str) -> Fields | None:
        value = self._value.get(key)
        return None if value is None else Fields(value, self._at(key))

    def rows(self, key: str, parse: Callable[[Fields], T]) -> tuple[T, ...]:
        """A list of objects, each parsed."""
        return tuple(parse(Fields(value, f"{self._at(key)}[]")) for value in self._list(key))

    def has_rows(self, key: str) -> bool:
        """Whether there is a list to read: an absent one, and null, are none."""
        return self._value.get(key) is not None

    def moment_ms_or_none(self, key: str) -> int | None:
        """An ISO 8601 date-time as epoch milliseconds; one without a zone is UTC."""
        value = self.text_or_none(key)
        if value is None:
            return None
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise self._not(key, "an ISO 8601 date-time") from None
        return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)

    def _list(self, key: str) -> list[Json]:
        value = self._value.get(key)
        if not isinstance(value, list):
            raise self._not(key, "a list")
        return value

    def _at(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key

    def _not(self, key: str, expected: str) -> Untrusted:
        return Untrusted(f"`{self._at(key)}` is {'missing' if key not in self._value else f'not {expected}'}")


def same_id(asked: str, row: Fields, key: str = "id") -> Fields:
    """The row, if it is the one that was asked for. :raises Untrusted: it is another one."""
    if row.id(key) != asked:
        raise Untrusted(f"`{key}` is that of another object")
    return row
