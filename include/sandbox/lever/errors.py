"""Lever's refusals: a status and a flat ``{"code", "message"}``.

Two codes are known for certain: ``UnauthorizedError`` (401) and ``ResourceNotFound`` (404), with the texts below. The
codes of 400, 403, 429 and 5xx are invented in the same style; don't rely on them.
"""

from __future__ import annotations

CODES = {
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


def error_body(status: int, message: str) -> dict[str, str]:
    return {"code": CODES.get(status, "InternalServerError"), "message": message}


class LeverError(Exception):
    """Raised by the account; the routes turn it into an answer."""

    status = 500

    def body(self) -> dict[str, str]:
        return error_body(self.status, str(self))


class BadRequest(LeverError):
    status = 400


class Unauthorized(LeverError):
    status = 401

    def __init__(self) -> None:
        super().__init__("The request requires authentication.")


class Forbidden(LeverError):
    status = 403


class NotFound(LeverError):
    status = 404


class TooManyRequests(LeverError):
    status = 429

    def __init__(self) -> None:
        super().__init__("Too many requests")
