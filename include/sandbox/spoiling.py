"""What a fault makes of an answer."""

from __future__ import annotations

from typing import Any

from include.sandbox.alva.wire import AlvaError
from include.sandbox.answer import Answer, dump
from include.sandbox.faults import Fault
from include.sandbox.lever.errors import error_body

_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>One moment</title></head><body><h1>One moment, please</h1></body></html>\n"
)


def instead(service: str, fault: Fault) -> Answer | None:
    """The answer in place of the service's own, where the fault keeps the request from it."""
    status = fault.status or 503
    if fault.kind == "status":
        extra = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        if isinstance(fault.body, str):
            return Answer.of(status, fault.body.encode(), "text/plain; charset=utf-8", extra)
        return Answer.json(status, _error(service, status) if fault.body is None else fault.body, extra)
    if fault.kind == "html":
        return Answer.of(status, _PAGE, "text/html; charset=utf-8")
    if fault.kind == "redirect":
        return Answer.of(302, b"", "text/plain; charset=utf-8", {"Location": fault.location})
    return None


def edited(fault: Fault, answer: Answer) -> Answer:
    """The service's own answer as ``action`` leaves it; an error or an empty answer stays as it is."""
    if fault.action is None or answer.status >= 300 or not answer.body:
        return answer
    content = answer.parsed()
    fault.action(content)
    return answer.with_body(dump(content))


def spoiled(service: str, fault: Fault, answer: Answer, token: str | None) -> Answer:
    """The service's own answer with the fault in it. ``token``: the one that asked for this page."""
    if fault.kind == "truncated":
        return answer.with_body(answer.body[: len(answer.body) // 2])
    if fault.kind not in ("no_data", "no_next", "repeated_token") or answer.status >= 300 or not answer.body:
        return answer
    page: dict[str, Any] = answer.parsed()
    if fault.kind == "no_data":
        page.pop("data", None)
    elif fault.kind == "no_next" and service == "lever":
        page["hasNext"] = True
        page.pop("next", None)
    elif fault.kind == "repeated_token" and service == "lever":
        page.update(hasNext=True, next=token)
    elif fault.kind == "repeated_token":
        page.update(next_cursor=token)
    return answer.with_body(dump(page))


def _error(service: str, status: int) -> dict[str, Any]:
    message = "Ordered by whoever runs this sandbox."
    if service == "lever":
        return dict(error_body(status, message))
    return AlvaError(status, "ordered_fault", message).body()
