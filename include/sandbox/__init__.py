"""A stand-in for Lever and Alva on one machine: one world behind two APIs.

In a test, without a socket::

    sandbox = Sandbox()
    session = requests.Session()
    session.mount("http://", sandbox.adapter())
    session.get(f"{sandbox.lever_root}/opportunities", auth=(sandbox.LEVER_KEY, ""))

As a separate process: ``python -m include.sandbox --port 8765``. A person plays on its board, at ``/``.

It imports nothing from the integration, so that it can't share its mistakes.
"""

from __future__ import annotations

from include.sandbox.clock import Clock
from include.sandbox.faults import Fault
from include.sandbox.sandbox import Sandbox

__all__ = ["Clock", "Fault", "Sandbox"]
