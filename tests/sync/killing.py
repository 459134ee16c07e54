"""A process that kills itself during a request, like a worker that runs out of memory."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, Literal

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

When = Literal["before", "after"]
_PATIENCE_SECONDS = 30.0


class Killer(HTTPAdapter):
    """Kills its process before the `at`th request leaves, or right after its answer arrives."""

    def __init__(self, at: int, when: When) -> None:
        super().__init__(pool_maxsize=32)
        self._at, self._when = at, when
        self._sent = 0
        self._lock = threading.Lock()

    def send(self, request: PreparedRequest, *arguments: Any, **named: Any) -> Response:
        with self._lock:
            self._sent += 1
            mine = self._sent == self._at
        if mine and self._when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        response = super().send(request, *arguments, **named)
        if mine:
            assert response.content is not None
            os.kill(os.getpid(), signal.SIGKILL)
        return response


def survives(work: Callable[[], object]) -> bool:
    """Returns whether a child process finishes `work`; False if it was killed.

    :raises AssertionError: `work` raises an error or doesn't end.
    """
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    ends = time.monotonic() + _PATIENCE_SECONDS
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            assert code in (0, -signal.SIGKILL), f"the child ended with {code}"
            return code == 0
        if time.monotonic() > ends:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise AssertionError("the child didn't end")
        time.sleep(0.002)
