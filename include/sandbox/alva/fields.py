"""Fields of a request's body, unpacked.

Each function returns a value of the right type, or raises 422 with the field's name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from include.sandbox.alva.errors import wrong_field

Body = Mapping[str, object]

_ADDRESS = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s.\x00-\x1f\x7f]+(\.[^@\s.\x00-\x1f\x7f]+)+")


def text(body: Body, field: str) -> str | None:
    """A string, or None where it is null or missing."""
    value = body.get(field)
    if value is None or isinstance(value, str):
        return value
    raise wrong_field(field, f"{field} must be a string or null.", value)


def needed_text(body: Body, field: str) -> str:
    """A string that is there and not blank."""
    value = text(body, field)
    if value is None or not value.strip():
        raise wrong_field(field, f"{field} is needed.", value)
    return value


def flag(body: Body, field: str, default: bool) -> bool:
    """A boolean, or the default where it is missing."""
    value = body.get(field, default)
    if not isinstance(value, bool):
        raise wrong_field(field, f"{field} must be true or false.", value)
    return value


def texts(body: Body, field: str) -> list[str] | None:
    """A list of strings, or None where it is null or missing."""
    value = body.get(field)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise wrong_field(field, f"{field} must be a list of strings.", value)
    return list(value)


def choice(body: Body, field: str, choices: Collection[str]) -> str:
    """A string that is one of a few."""
    value = text(body, field)
    if value is None or value not in choices:
        raise wrong_field(field, f"{field} must be one of {', '.join(sorted(choices))}.", value)
    return value


def choices(body: Body, field: str, allowed: Collection[str]) -> list[str] | None:
    """A list of strings, each of them one of a few, without repeats; None where it is null or missing."""
    values = texts(body, field)
    if values is None:
        return None
    if not set(values) <= set(allowed):
        raise wrong_field(field, f"{field} may hold only {', '.join(sorted(allowed))}.", values)
    return list(dict.fromkeys(values))


def address(body: Body, field: str = "email") -> str:
    """An e-mail address as it was sent. Only its outline is looked at: one `@`, no white space, a domain with a dot."""
    value = text(body, field)
    if value is None or not value:
        raise wrong_field(field, f"{field} is needed.", value, code="email_missing")
    if len(value) > 254 or not _ADDRESS.fullmatch(value):
        raise wrong_field(field, f"{field} is not an e-mail address.", value, code="email_invalid")
    return value


def folded(email: str) -> str:
    """The form in which two spellings of one e-mail address are equal."""
    return email.strip().casefold()
