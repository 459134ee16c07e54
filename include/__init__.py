"""Not part of the package: the local stand-in for both services, and the demo."""

from __future__ import annotations
