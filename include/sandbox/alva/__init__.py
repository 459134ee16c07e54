"""Alva's half of the stand-in: a model of an Alva organisation, with an API.

Alva's own API reference is not public, so the paths and fields are this project's choice. Positions, candidates, tests
and results behave as in Alva's help centre.
"""

from __future__ import annotations

from include.sandbox.alva.models import Invitee, Policy, RoleFit
from include.sandbox.alva.organisation import AlvaOrganisation
from include.sandbox.alva.routes import router
from include.sandbox.alva.wire import AlvaError

__all__ = ["AlvaError", "AlvaOrganisation", "Invitee", "Policy", "RoleFit", "router"]
