"""API keys: permissions for each resource, access to confidential data, and a bucket of calls for each key; and how
Lever refuses a call.

Two codes are known for certain: ``UnauthorizedError`` (401) and ``ResourceNotFound`` (404), with the texts here. The
codes of 400, 403, 429 and 5xx are invented in the same style; don't rely on them.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fastapi import Response

from include.sandbox.answer import Json, Refusal

_NAMES = "applications archive_reasons contact notes opportunities postings sources stages tags users webhooks"
RESOURCES = frozenset(_NAMES.split())
READ, WRITE = "read", "write"
HEADERS = {"server": "lever-data-api", "x-lever-region": "global", "x-stream-path": "dapi"}  # of all Lever's answers
_CODES = {
    400: "BadRequestError",
    401: "UnauthorizedError",
    403: "ForbiddenError",
    404: "ResourceNotFound",
    408: "RequestTimeoutError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "TooManyRequestsError",
    500: "InternalServerError",
    502: "BadGatewayError",
    503: "ServiceUnavailableError",
    504: "GatewayTimeoutError",
}


class LeverError(Refusal):
    """A refusal: a status and a flat ``{"code", "message"}``."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    def body(self) -> dict[str, object]:
        return {"code": _CODES.get(self.status, "InternalServerError"), "message": str(self)}

    def answer(self) -> Response:
        return Json(self.body(), self.status, HEADERS)


@dataclass(frozen=True, slots=True)
class Limit:
    """``calls_per_second`` steadily, up to ``burst`` at once; None: no limit. The ``timer`` counts real seconds, not
    the world's clock: a caller that is too fast really is."""

    calls_per_second: float | None = 10
    burst: int = 20
    timer: Callable[[], float] = time.monotonic


class Bucket:
    """The calls that a key has left. Not locked: the world handles one request at a time."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._tokens = float(limit.burst)
        self._filled_at = limit.timer()

    def take(self) -> bool:
        """Takes one call, if there is one left. Returns whether there was."""
        if self._limit.calls_per_second is None:
            return True
        now = self._limit.timer()
        self._tokens = min(self._limit.burst, self._tokens + (now - self._filled_at) * self._limit.calls_per_second)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


@dataclass(slots=True)
class Key:
    """An API key. ``permissions``: resource to ``read`` or ``write`` (which includes reading), fixed as in Lever."""

    token: str = field(repr=False)
    permissions: Mapping[str, str]
    bucket: Bucket = field(repr=False)
    confidential: bool = False
    bearer: bool = False  # True: an OAuth access token, sent as Bearer. False: an API key, the user name of Basic

    def require(self, resource: str, access: str) -> None:
        held = self.permissions.get(resource)
        if held is None or (access == WRITE and held != WRITE):
            raise LeverError(403, f"This API key has no permission to {access} {resource}.")

    def require_confidential(self) -> None:
        if not self.confidential:
            raise LeverError(403, "This API key has no access to confidential data.")


class Keys:
    """The account's keys. Each has its own bucket, with the same ``limit``."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._keys: dict[tuple[bool, str], Key] = {}

    def add(
        self,
        token: str,
        permissions: Mapping[str, str] | None = None,
        *,
        confidential: bool = False,
        bearer: bool = False,
    ) -> Key:
        """Adds a key. ``permissions`` None: it may read and write everything that is not confidential."""
        granted = dict.fromkeys(RESOURCES, WRITE) if permissions is None else dict(permissions)
        unknown = [
            f"{name}: {access}"
            for name, access in granted.items()
            if name not in RESOURCES or access not in (READ, WRITE)
        ]
        if unknown:
            raise ValueError(
                f"No such permission: {', '.join(unknown)}. Resources: {', '.join(sorted(RESOURCES))}; read or write"
            )
        key = Key(token, granted, Bucket(self._limit), confidential, bearer)
        self._keys[(bearer, token)] = key
        return key

    def remove(self, token: str) -> None:
        for bearer in (False, True):
            self._keys.pop((bearer, token), None)

    def admit(self, authorization: str | None) -> Key:
        """Returns the key of an ``Authorization`` header, and takes one call from its bucket."""
        key = self._keys.get(_credentials(authorization))
        if key is None:
            raise LeverError(401, "The request requires authentication.")
        if not key.bucket.take():
            raise LeverError(429, "Too many requests")
        return key


def _credentials(authorization: str | None) -> tuple[bool, str]:
    scheme, _, value = (authorization or "").partition(" ")
    if scheme.lower() == "bearer":
        return True, value.strip()
    if scheme.lower() == "basic":
        try:
            user, _, _password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False, ""
        return False, user
    return False, ""
