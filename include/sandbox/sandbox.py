"""The stand-in as one object: a simulation and the ways to reach it."""

from __future__ import annotations

from contextlib import AbstractContextManager

from fastapi import Depends, FastAPI
from starlette.types import Receive, Scope, Send

from include.sandbox import control
from include.sandbox.alva.door import AlvaDoor
from include.sandbox.alva.routes import router as alva
from include.sandbox.board.routes import add_board, from_no_other_site
from include.sandbox.lever.door import LeverDoor
from include.sandbox.lever.oauth import SignInDoor
from include.sandbox.lever.oauth import router as sign_in
from include.sandbox.lever.routes import router as lever
from include.sandbox.simulation import Simulation
from include.sandbox.transport import SandboxAdapter, running

IN_PROCESS = "http://127.0.0.1"

# Shared by all sandboxes of a process: it takes the sandbox from the request's state.
_application = FastAPI(title="Sandbox of Lever and Alva", openapi_url=None, redirect_slashes=False)
_application.include_router(lever, prefix=LeverDoor.root)
_application.include_router(sign_in, prefix=SignInDoor.root)
_application.include_router(alva, prefix=AlvaDoor.root)
_application.include_router(control.router, prefix="/control", dependencies=[Depends(from_no_other_site)])
add_board(_application)


class Sandbox(Simulation):
    """`app` (ASGI), `adapter` (requests, no socket), `serve` (HTTP on a free port)."""

    lever_root = IN_PROCESS + LeverDoor.root
    alva_root = IN_PROCESS + AlvaDoor.root

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The whole ASGI application: both services, Lever's sign-in, ``/control``, and the board at ``/``."""
        scope["state"] = {"sandbox": self}
        await _application(scope, receive, send)

    def adapter(self) -> SandboxAdapter:
        """Returns an adapter for ``session.mount("http://", ...)`` that answers without a socket."""
        return SandboxAdapter(self.app)

    def serve(self, port: int = 0) -> AbstractContextManager[str]:
        """Runs a real server on the loopback interface during the block; yields its base URL. Port 0: any free port."""
        return running(self.app, port)
