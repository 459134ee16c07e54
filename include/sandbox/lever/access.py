"""Who may ask what: keys with permissions per resource, a grant for confidential data, and a bucket of calls each."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from include.sandbox.lever.errors import Forbidden, TooManyRequests, Unauthorized

_NAMES = "applications archive_reasons contact notes opportunities postings sources stages tags users webhooks"
RESOURCES = frozenset(_NAMES.split())
READ, WRITE = "read", "write"


@dataclass(frozen=True, slots=True)
class Limit:
    """``calls_per_second`` steadily, up to ``burst`` at once; None: as many as come.

    The ``timer`` counts seconds on the machine's own time, not on the world's clock: a caller that is too fast really
    is.
    """

    calls_per_second: float | None = 10
    burst: int = 20
    timer: Callable[[], float] = time.monotonic


class Bucket:
    """The calls that one key may still make. Not locked: the world answers one request at a time."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._tokens = float(limit.burst)
        self._filled_at = limit.timer()

    def take(self) -> bool:
        """Takes one call, if there is one."""
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
    """``permissions``: resource to ``read`` or ``write`` (which includes reading).

    As in Lever, it is fixed when the key is made.
    """

    token: str = field(repr=False)
    permissions: Mapping[str, str]
    bucket: Bucket = field(repr=False)
    confidential: bool = False
    bearer: bool = False  # an OAuth access token, sent as Bearer; else an API key, sent as the user name of Basic

    def require(self, resource: str, access: str) -> None:
        held = self.permissions.get(resource)
        if held is None or (access == WRITE and held != WRITE):
            raise Forbidden(f"This API key has no permission to {access} {resource}.")

    def require_confidential(self) -> None:
        if not self.confidential:
            raise Forbidden("This API key has no access to confidential data.")


class Keys:
    """The account's keys, each with a bucket of its own under the same ``limit``."""

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
        """``permissions`` None: everything may be read and written, except what is confidential."""
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
        """The key behind an ``Authorization`` header, with one call taken from its bucket."""
        key = self._keys.get(_credentials(authorization))
        if key is None:
            raise Unauthorized
        if not key.bucket.take():
            raise TooManyRequests
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
