"""Serves an application of the API server on a free port of this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from include.sandbox.transport import listen


@contextmanager
def on_loopback(application: FastAPI) -> Iterator[str]:
    """Returns the address while the block runs."""
    server = uvicorn.Server(uvicorn.Config(application, log_level="warning", lifespan="off"))
    listening = listen(0)
    listening.listen(128)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()
