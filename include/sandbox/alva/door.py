"""Who may call Alva's API, and how it refuses a call."""

from __future__ import annotations

from fastapi import Request
from fastapi.exceptions import RequestValidationError

from include.sandbox.alva.wire import AlvaError
from include.sandbox.door import Door

_SAID = {"missing": "is needed", "string_type": "must be a string or null", "bool_type": "must be true or false"}


class ApiKeys:
    """The organisation's API keys. Alva allows several; the answer to a revoked key is not documented."""

    def __init__(self, *keys: str) -> None:
        self._rights = dict.fromkeys(keys, True)

    def add(self, key: str) -> None:
        """Adds a key, or restores its rights."""
        self._rights[key] = True

    def revoke(self, key: str) -> None:
        """Revokes a key: 401 from now on."""
        self._rights.pop(key, None)

    def forbid(self, key: str) -> None:
        """Takes a key's rights away, but keeps the key: 403 from now on."""
        self._rights[key] = False

    def check(self, authorization: str | None, x_api_key: str | None) -> None:
        """Checks a call's key; if both headers are sent, `Authorization` counts. Raises 401 or 403."""
        key = x_api_key
        if authorization is not None:
            scheme, _, credentials = authorization.partition(" ")
            key = credentials.strip() if scheme.casefold() == "bearer" else None
        if key is None or key not in self._rights:
            raise AlvaError(401, "unauthorized", "A valid API key is needed: Authorization: Bearer <key>.")
        if not self._rights[key]:
            raise AlvaError(403, "forbidden", "This API key may not do that.")


class AlvaDoor(Door):
    """The key goes first, also on unknown paths."""

    service, root, page_token = "alva", "/alva/v1", "cursor"

    def admit(self, request: Request) -> None:
        keys: ApiKeys = request.state.sandbox.world.alva.keys
        keys.check(request.headers.get("authorization"), request.headers.get("x-api-key"))
        if not request._body.strip():
            request._body = b"{}"  # no body counts as an empty object

    def refusal(self, status: int, message: str) -> AlvaError:
        return AlvaError(status, "ordered_fault", message)

    def unreadable(self, error: RequestValidationError) -> AlvaError:
        """Returns 400 for a query or a body that can't be read, 422 for the first missing or wrong field of a body."""
        first = error.errors()[0]
        kind, (place, *path) = first["type"], first["loc"]
        said = _SAID.get(kind) or first["msg"].replace("Input should", "should")
        if place == "query":
            return AlvaError(400, "bad_request", f"{path[0]} {said}.", parameter=path[0])
        if kind == "json_invalid":
            return AlvaError(400, "bad_request", "The body is not JSON.")
        if not path:
            return AlvaError(400, "bad_request", "The body must be a JSON object.")
        name, value = path[0], error.body.get(path[0])
        code = kind if kind == "email_invalid" else "invalid_field"
        if name == "email" and (kind == "missing" or value is None):
            code = "email_missing"
        return AlvaError(422, code, f"{name} {said}.", field=name, value=value)
