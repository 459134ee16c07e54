"""Alva: its hook and wire names."""

from __future__ import annotations
