"""Reading an answer's JSON with types: what isn't as documented is named, never quoted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeGuard, TypeVar

T = TypeVar("T")
Json = object

# What is larger is no date and no score (1e999 is infinite), and a float doesn't tell it from its neighbours.
_LARGEST = 2**53


class Untrusted(Exception):
    """An answer isn't what it should be. The text names fields only; the hook makes it a `Malformed` with the request
    in it."""


class Fields:
    """One JSON object. Each method reads one field of one type, or raises `Untrusted`.

    A field that must be there is read by the plain name (`text`); the twins take null, and absence, as what they are
    named after: `_or_none`, `_or_empty`, `_or_false`. Null items of a list are passed over, but by `values`.
    """

    def __init__(self, value: Json, name: str = "") -> None:
        if not isinstance(value, dict):
            raise Untrusted(f"{f'`{name}`' if name else 'the body'} is not an object")
        self._value: dict[str, Json] = value
        self._name = name

    def __contains__(self, key: str) -> bool:
        return key in self._value

    def is_null(self, key: str) -> bool:
        """Whether the key is there, and null."""
        return key in self._value and self._value[key] is None

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
        """An id, which is text from here on, and may come as a number."""
        value = self._value.get(key)
        if value == "":
            raise Untrusted(f"`{self._at(key)}` is empty")
        read = as_id(value)
        if read is None:
            raise self._not(key, "an id")
        return read

    def id_or_none(self, key: str) -> str | None:
        """An id, or the id of the object that stands in its place when it was expanded. An empty one is none."""
        value = self._value.get(key)
        if isinstance(value, dict):
            return Fields(value, self._at(key)).id()
        return None if value is None or value == "" else self.id(key)

    def id_of(self, key: str) -> str:
        """The same where there must be one."""
        value = self.id_or_none(key)
        if value is None:
            raise self._not(key, "an id")
        return value

    def whole_or_none(self, key: str) -> int | None:
        """A whole number, which may come as a float (`7.0`)."""
        value = self._value.get(key)
        if value is None:
            return None
        if not _is_number(value) or not abs(value) <= _LARGEST or int(value) != value:
            raise self._not(key, "a whole number")
        return int(value)

    def whole(self, key: str) -> int:
        value = self.whole_or_none(key)
        if value is None:
            raise self._not(key, "a whole number")
        return value

    def number_or_none(self, key: str) -> float | None:
        value = self._value.get(key)
        if value is None:
            return None
        if not _is_number(value) or not abs(value) <= _LARGEST:
            raise self._not(key, "a number")
        return value

    def flag(self, key: str) -> bool:
        value = self._value.get(key)
        if not isinstance(value, bool):
            raise self._not(key, "true or false")
        return value

    def flag_or_false(self, key: str) -> bool:
        return self._value.get(key) is not None and self.flag(key)

    def texts_or_empty(self, key: str) -> tuple[str, ...]:
        return self.texts_or_none(key) or ()

    def texts_or_none(self, key: str) -> tuple[str, ...] | None:
        if self._value.get(key) is None:
            return None
        values = [value for value in self.values(key) if value is not None]
        if not all(isinstance(value, str) for value in values):
            raise self._not(key, "a list of texts")
        return tuple(str(value) for value in values)

    def values(self, key: str) -> list[Json]:
        """A list as it came, with its nulls."""
        value = self._value.get(key)
        if not isinstance(value, list):
            raise self._not(key, "a list")
        return value

    def object(self, key: str) -> Fields:
        return Fields(self.required(key), self._at(key))

    def object_or_none(self, key: str) -> Fields | None:
        value = self._value.get(key)
        return None if value is None else Fields(value, self._at(key))

    def rows(self, key: str, parse: Callable[[Fields], T]) -> tuple[T, ...]:
        """A list of objects, each parsed."""
        name = f"{self._at(key)}[]"
        return tuple(parse(Fields(value, name)) for value in self.values(key) if value is not None)

    def rows_or_empty(self, key: str, parse: Callable[[Fields], T]) -> tuple[T, ...]:
        return () if self._value.get(key) is None else self.rows(key, parse)

    def moment_ms_or_none(self, key: str) -> int | None:
        """An ISO 8601 date-time as epoch milliseconds; one without a zone is UTC."""
        value = self.text_or_none(key)
        if value is None:
            return None
        try:
            moment = datetime.fromisoformat(value)
            return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
        except (ValueError, OverflowError):
            raise self._not(key, "an ISO 8601 date-time") from None

    def _at(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key

    def _not(self, key: str, expected: str) -> Untrusted:
        return Untrusted(f"`{self._at(key)}` is {'missing' if key not in self._value else f'not {expected}'}")


def as_id(value: Json) -> str | None:
    """The id that this is: text, or a whole number; None for anything else."""
    if isinstance(value, str):
        return value or None
    if not _is_number(value):
        return None
    if isinstance(value, int):
        return str(value)
    return str(int(value)) if abs(value) <= _LARGEST and value.is_integer() else None


def if_readable(read: Callable[[str], T | None], key: str) -> T | None:
    """What `read` makes of a field that decides nothing: None where that can't be read."""
    try:
        return read(key)
    except Untrusted:
        return None


def _is_number(value: Json) -> TypeGuard[int | float]:
    # True is an int to Python, not to JSON.
    return isinstance(value, int | float) and not isinstance(value, bool)


def same_id(asked: str, row: Fields, key: str = "id") -> Fields:
    """The row, if it is the one that was asked for. :raises Untrusted: it is another one."""
    if row.id(key) != asked:
        raise Untrusted(f"`{key}` is that of another object")
    return row
