"""What the models of both vendors' JSON are made of: a strict base, and types for what a vendor may write otherwise.

A field without a default must be there. What may be left out has a default, and most such types read null as the same.
What is not as a model says is named by its place, and never quoted.
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

# What is larger is no date and no score (1e999 is infinite), and a float doesn't tell it from its neighbours.
_LARGEST = 2**53


class Untrusted(Exception):
    """An answer isn't what it should be. The text names fields only; the hook makes it a `Malformed` with the request
    in it.

    `place`: that of the field at fault, empty for the whole body; None where the problem says what it is about.
    """

    def __init__(self, problem: str, place: str | None = None) -> None:
        super().__init__(problem if place is None else f"{f'`{place}`' if place else 'the body'} {problem}")
        self.problem = problem
        self.place = place

    def within(self, outer: str) -> Untrusted:
        """The same fault, seen from an object of which `outer` is the part that was read."""
        if self.place is None:
            return self
        return Untrusted(self.problem, f"{outer}.{self.place}" if self.place else outer)


class WireModel(BaseModel):
    """One JSON object, as far as it is read. Other fields are ignored; types are taken at their word."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", hide_input_in_errors=True)


def parsed(model: type[Model], value: object) -> Model:
    """The value as this model has it. :raises Untrusted: naming the first field that isn't so."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        fault = _first_of(error)
    # Out here, so that the cause, which holds the value, isn't even the context of this one.
    raise fault


def part(place: str, parse: Callable[[object], T], value: object) -> T:
    """What `parse` makes of a part of an answer. :raises Untrusted: with the place in the whole answer."""
    try:
        return parse(value)
    except Untrusted as untrusted:
        raise untrusted.within(place) from None


# pydantic's words for what we say in ours: those of the types below are ours already.
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
    """What a validator raises. `problem`: what is said of the field, such as "is not an id"; never its value."""
    return PydanticCustomError(_OURS, problem)


def _first_of(error: ValidationError) -> Untrusted:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"])
    problem = first["msg"] if first["type"] == _OURS else _PROBLEMS.get(first["type"], "is not as documented")
    return Untrusted(problem, place.removeprefix("."))


def id_text(value: object) -> str | None:
    """The id that this is: text, or a whole number; None for anything else."""
    if isinstance(value, str):
        return value or None
    if type(value) is float:
        return str(int(value)) if abs(value) <= _LARGEST and value.is_integer() else None
    return str(value) if type(value) is int else None


def _is_number(value: Any) -> bool:
    """Whether it is one that can be told from its neighbours. True is an int to Python, not to JSON."""
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
    """As `ReferenceOrNone`, for a validator that reads more than that."""
    return None if value is None or value == "" else _reference(value)


def _or_none(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError:
        return None


class _WithoutNulls:
    """Makes `tuple[T, ...]` of a list whose nulls are passed over, and of null; places in it count the nulls."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        item = core_schema.nullable_schema(handler.generate_schema(get_args(source)[0]))
        items = core_schema.nullable_schema(core_schema.list_schema(item))
        return core_schema.no_info_after_validator_function(self._present, items)

    @staticmethod
    def _present(items: list[T | None] | None) -> tuple[T, ...]:
        return tuple(item for item in items if item is not None) if items else ()


# An object's own id, which is text from here on, and may come as a number.
Id = Annotated[str, PlainValidator(_id)]
# Another object's id, or that object in its place where it was asked for whole.
Reference = Annotated[str, PlainValidator(_reference)]
# The same where there may be none; an empty one is none.
ReferenceOrNone = Annotated[str | None, PlainValidator(reference_or_none)]
# A whole number, which may come as a float (`7.0`).
Whole = Annotated[int, PlainValidator(_whole)]
# A moment as epoch milliseconds, from the same and from an ISO 8601 date-time (one without a zone is UTC).
Millis = Whole
IsoMillis = Annotated[int, PlainValidator(_moment_ms)]
Number = Annotated[float, PlainValidator(_number)]
Percentage = Annotated[float, PlainValidator(_number), AfterValidator(_percentage)]
# True or false; null is false.
Flag = Annotated[bool, BeforeValidator(lambda value: False if value is None else value)]
# A list whose nulls are passed over; null is an empty one.
ListOf = Annotated[tuple[T, ...], _WithoutNulls()]
# What decides nothing: None where it can't be read.
IfReadable = Annotated[T | None, WrapValidator(_or_none)]


class WithId(WireModel):
    """Any object, as far as its id."""

    id: Id


def id_of(row: object) -> str:
    """The id of any object. :raises Untrusted: it has none."""
    return parsed(WithId, row).id


def the_one(asked: str, parse: Callable[[object], T]) -> Callable[[object], T]:
    """Parses the object that was asked for by its id, and no other."""

    def read(row: object) -> T:
        if id_of(row) != asked:
            raise Untrusted("is that of another object", "id")
        return parse(row)

    return read
