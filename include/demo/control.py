"""A client for the parts of the sandbox's control plane that the demo uses."""

from __future__ import annotations

from typing import Any

import requests

from include.demo.processes import DemoError

PORT = 8765
_TIMEOUT_SECONDS = 10


class Control:
    """The sandbox at ``url``. Raises `DemoError` with the sandbox's sentence for a move that it refuses."""

    def __init__(self, url: str) -> None:
        self._root = f"{url}/control"
        self._session = requests.Session()
        self._session.trust_env = False

    def answers(self) -> bool:
        try:
            return self._session.get(self._root, timeout=_TIMEOUT_SECONDS).ok
        except requests.RequestException:
            return False

    def seed(self, seed: int, opportunities: int) -> None:
        """Replaces the world by one that is generated from this number."""
        self._call("POST", "seed", json={"seed": seed, "opportunities": opportunities})

    def now_ms(self) -> int:
        """Returns the time in the sandbox's world."""
        return int(self._call("GET", "clock")["now_ms"])

    def move(self, who: str, name: str, /, **arguments: Any) -> Any:
        """Makes a move and returns its result, mostly an id. ``who``: ``recruiter`` or ``candidates``."""
        return self._call("POST", f"{who}/{name}", json=arguments)["result"]

    def deliveries(self) -> dict[str, int]:
        """Counts Lever's deliveries that are ``waiting``, ``delivered`` and ``failed``."""
        summary: dict[str, int] = self._call("GET", "deliveries", params={"summary": 1})["summary"]
        return summary

    def look(self, opportunity: str) -> dict[str, Any]:
        """Returns a candidate in both services, as `Simulation.look`."""
        return self._call("GET", "world", params={"opportunity": opportunity})

    def _call(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        try:
            answer = self._session.request(method, f"{self._root}/{path}", timeout=_TIMEOUT_SECONDS, **arguments)
        except requests.RequestException as error:
            raise DemoError(f"The sandbox did not answer {method} /control/{path}: {error}") from error
        if not answer.ok:
            raise DemoError(f"The sandbox refused {method} /control/{path}: {answer.text}")
        body: dict[str, Any] = answer.json()
        return body
