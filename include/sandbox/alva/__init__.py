"""Alva's half of the stand-in: a model of an Alva organisation, and an API in front of it.

Alva's own API reference is not public, so the paths and fields are this project's choice; how positions, candidates,
tests and results behave follows Alva's help centre.
"""

from __future__ import annotations

from include.sandbox.alva.errors import AlvaError
from include.sandbox.alva.keys import DEFAULT_KEY
from include.sandbox.alva.organisation import AlvaOrganisation
from include.sandbox.alva.policy import Policy
from include.sandbox.alva.routes import build_router

__all__ = ["DEFAULT_KEY", "AlvaError", "AlvaOrganisation", "Policy", "build_router"]
