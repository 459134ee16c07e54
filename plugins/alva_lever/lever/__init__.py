"""Lever: its hook, its objects, its wire names."""

from __future__ import annotations
