"""Both services and the control plane as one application."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

from include.sandbox.alva.routes import build_router as build_alva
from include.sandbox.gate import ALVA_ROOT, LEVER_ROOT
from include.sandbox.lever.routes import build_router as build_lever
from include.sandbox.world import World


def build_app(world: World, control: APIRouter) -> FastAPI:
    app = FastAPI(title="Sandbox of Lever and Alva", openapi_url=None, redirect_slashes=False)
    app.include_router(build_lever(lambda: world.lever, world.lock), prefix=LEVER_ROOT)
    app.include_router(build_alva(world.alva), prefix=ALVA_ROOT)
    app.include_router(control, prefix="/control")
    return app
