"""API keys: which there are and what they open."""

from __future__ import annotations

from include.sandbox.alva.errors import AlvaError

DEFAULT_KEY = "sandbox-alva-key"


class ApiKeys:
    """The organisation's API keys.

    Alva lets several be made, each with a name; what a revoked one answers is not documented.
    """

    def __init__(self, *keys: str) -> None:
        self._open = set(keys)
        self._forbidden: set[str] = set()

    def add(self, key: str) -> None:
        """Make a key, or give one its rights back."""
        self._open.add(key)
        self._forbidden.discard(key)

    def revoke(self, key: str) -> None:
        """Revoke a key: 401 from now on."""
        self._open.discard(key)
        self._forbidden.discard(key)

    def forbid(self, key: str) -> None:
        """Take a key's rights and leave it known: 403 from now on."""
        self._open.discard(key)
        self._forbidden.add(key)

    def check(self, authorization: str | None, x_api_key: str | None) -> None:
        """Let a call in or raise 401 or 403.

        Takes the two headers; `Authorization` is the one that counts if both are sent.
        """
        key = x_api_key
        if authorization is not None:
            scheme, _, credentials = authorization.partition(" ")
            key = credentials.strip() if scheme.casefold() == "bearer" else None
        if key in self._forbidden:
            raise AlvaError(403, "forbidden", "This API key may not do that.")
        if key not in self._open:
            raise AlvaError(401, "unauthorized", "A valid API key is needed: Authorization: Bearer <key>.")
