"""The base of both vendors' JSON models: strict, with types for values that a vendor may write in several ways.

A field without a default must be there. A field that a vendor may leave out has a default, and most such types read
null as the default. An error names the place of a wrong value and never quotes it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, LiteralString, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    PlainValidator,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

T = TypeVar("T")
Model = TypeVar("Model", bound="WireModel")

# A larger number is no date and no score (1e999 is infinite), and a float can't hold it exactly.
_LARGEST = 2**53


class Untrusted(Exception):
    """An answer isn't as documented. The text names fields only; the hook turns it into a `Malformed` that names the
    request.

    `place`: of the wrong field, empty for the whole body; None if `problem` names it.
    """

    def __init__(self, problem: str, place: str | None = None) -> None:
        super().__init__(problem if place is None else f"{f'`{place}`' if place else 'the body'} {problem}")
        self.problem = problem
        self.place = place

    def within(self, outer: str) -> Untrusted:
        """Returns the same fault with `outer` in front of its place."""
        if self.place is None:
            return self
        return Untrusted(self.problem, f"{outer}.{self.place}" if self.place else outer)


class WireModel(BaseModel):
    """A JSON object, of which only these fields are read. Types are strict."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", hide_input_in_errors=True)


def parsed(model: type[Model], value: object) -> Model:
    """Reads the value by this model. :raises Untrusted: names the first wrong field."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        fault = _first_of(error)
    # Raised outside the handler, so that the cause, which holds the value, isn't kept as `__context__`.
    raise fault


def part(place: str, parse: Callable[[object], T], value: object) -> T:
    """Parses a part of an answer. :raises Untrusted: with the place in the whole answer."""
    try:
        return parse(value)
    except Untrusted as untrusted:
        raise untrusted.within(place) from None


# Our words for pydantic's error types. The types below use ours already.
_PROBLEMS = {
    "missing": "is missing",
    "string_type": "is not text",
    "bool_type": "is not true or false",
    "int_type": "is not a whole number",
    "list_type": "is not a list",
    "dict_type": "is not an object",
    "model_type": "is not an object",
}
_OURS = "wire"


def not_as_documented(problem: LiteralString) -> PydanticCustomError:
    """Returns the error for a validator to raise. `problem`: such as "is not an id"; never the value."""
    return PydanticCustomError(_OURS, problem)


def _first_of(error: ValidationError) -> Untrusted:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"])
    problem = first["msg"] if first["type"] == _OURS else _PROBLEMS.get(first["type"], "is not as documented")
    return Untrusted(problem, place.removeprefix("."))


def id_text(value: object) -> str | None:
    """Returns an id as text from text or a whole number, None for anything else."""
    if isinstance(value, str):
        return value or None
    if type(value) is float:
        return str(int(value)) if abs(value) <= _LARGEST and value.is_integer() else None
    return str(value) if type(value) is int else None


def _is_number(value: Any) -> bool:
    """Whether this is a number that a float holds exactly. True is an int in Python, not in JSON."""
    return type(value) in (int, float) and -_LARGEST <= value <= _LARGEST


def _whole(value: Any) -> int:
    if _is_number(value) and (whole := int(value)) == value:
        return whole
    raise not_as_documented("is not a whole number")


def _number(value: Any) -> float:
    if not _is_number(value):
        raise not_as_documented("is not a number")
    number: float = value
    return number


def _percentage(value: float) -> float:
    if not 0 <= value <= 100:
        raise not_as_documented("is not between 0 and 100")
    return value


def _moment_ms(value: Any) -> int:
    try:
        moment = datetime.fromisoformat(value)
        return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    except (TypeError, ValueError, OverflowError):
        raise not_as_documented("is not an ISO 8601 date-time") from None


def _id(value: Any) -> str:
    text = id_text(value)
    if text is None:
        raise not_as_documented("is empty" if value == "" else "is not an id")
    return text


def _reference(value: Any) -> str:
    return WithId.model_validate(value).id if isinstance(value, dict) else _id(None if value == "" else value)


def reference_or_none(value: Any) -> str | None:
    """Reads a `ReferenceOrNone` inside a validator that reads more."""
    return None if value is None or value == "" else _reference(value)


def _or_none(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError:
        return None


class _WithoutNulls:
    """Makes `tuple[T, ...]` of a list, without its nulls, or of null. Places in errors count the nulls."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        item = core_schema.nullable_schema(handler.generate_schema(get_args(source)[0]))
        items = core_schema.nullable_schema(core_schema.list_schema(item))
        return core_schema.no_info_after_validator_function(self._present, items)

    @staticmethod
    def _present(items: list[T | None] | None) -> tuple[T, ...]:
        return tuple(item for item in items if item is not None) if items else ()


# An object's own id. It may come as a number, and is text from here on.
Id = Annotated[str, PlainValidator(_id)]
# Another object's id, or the object itself if the request expanded it.
Reference = Annotated[str, PlainValidator(_reference)]
# The same, optional; an empty id counts as none.
ReferenceOrNone = Annotated[str | None, PlainValidator(reference_or_none)]
# A whole number, which may come as a float (`7.0`).
Whole = Annotated[int, PlainValidator(_whole)]
# A moment in epoch milliseconds, from such a number or an ISO 8601 date-time (UTC if it has no zone).
Millis = Whole
IsoMillis = Annotated[int, PlainValidator(_moment_ms)]
Number = Annotated[float, PlainValidator(_number)]
Percentage = Annotated[float, PlainValidator(_number), AfterValidator(_percentage)]
# True or false; null is false.
Flag = Annotated[bool, BeforeValidator(lambda value: False if value is None else value)]
# A list without its nulls; null is an empty list.
ListOf = Annotated[tuple[T, ...], _WithoutNulls()]
# For fields that decide nothing: None if the value can't be read.
IfReadable = Annotated[T | None, WrapValidator(_or_none)]


class WithId(WireModel):
    """Any object; only its id is read."""

    id: Id


def id_of(row: object) -> str:
    """Returns the id of any object. :raises Untrusted: it has none."""
    return parsed(WithId, row).id


def the_one(asked: str, parse: Callable[[object], T]) -> Callable[[object], T]:
    """Returns a parser that accepts only the object with this id."""

    def read(row: object) -> T:
        if id_of(row) != asked:
            raise Untrusted("is that of another object", "id")
        return parse(row)

    return read
