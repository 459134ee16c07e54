"""Lever: its hook, objects and wire names."""

from __future__ import annotations
