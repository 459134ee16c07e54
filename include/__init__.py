"""What ships beside the package and is no part of it: the local stand-in for both services."""

from __future__ import annotations
