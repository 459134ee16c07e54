"""Checks of the set-up: what is done, missing or wrong, and what to do about it. `python -m alva_lever.web.checks`."""

from __future__ import annotations

from alva_lever.web.checks.finding import Finding, State
from alva_lever.web.checks.local import local
from alva_lever.web.checks.services import live

__all__ = ["Finding", "State", "live", "local"]
