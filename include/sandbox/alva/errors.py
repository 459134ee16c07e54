"""What Alva's half answers when it refuses.

    AlvaError(status, code, message, details)
    ├── 400 bad_request            a query or a body that can't be read
    ├── 401 unauthorized           no key, an unknown one, a revoked one
    ├── 403 forbidden              a key that may not
    ├── 404 not_found              no such thing, no such path
    ├── 405 method_not_allowed
    ├── 409 already_exists         details names the one that is there
    └── 422 anything else          a field that is wrong, a position that is expired

Only statuses and the body's outline are documented to be relied on; the codes are this stand-in's, but for
`job_position_expired`. An answer may quote what was sent, as real services do, so `details` stays out of `str` and
`repr`.
"""

from __future__ import annotations

from collections.abc import Mapping


class AlvaError(Exception):
    """A refusal: HTTP status, code, a sentence without personal data, and details, which may hold some."""

    def __init__(self, status: int, code: str, message: str, details: Mapping[str, object] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details: dict[str, object] = dict(details or {})

    def body(self) -> dict[str, object]:
        """The answer's JSON: `{"error": {"code", "message", "details"}}`."""
        return {"error": {"code": self.code, "message": self.message, "details": self.details}}


def bad_request(message: str, **details: object) -> AlvaError:
    """400: a query or a body that can't be read."""
    return AlvaError(400, "bad_request", message, details)


def not_found(kind: str) -> AlvaError:
    """404: there is no such thing (any more)."""
    return AlvaError(404, "not_found", f"There is no such {kind}.")


def conflict(message: str, **details: object) -> AlvaError:
    """409: it is there already."""
    return AlvaError(409, "already_exists", message, details)


def wrong_field(field: str, message: str, value: object = None, code: str = "invalid_field") -> AlvaError:
    """422: one field of the body is missing or wrong. `details` quotes what was sent."""
    return AlvaError(422, code, message, {"field": field, "value": value})
