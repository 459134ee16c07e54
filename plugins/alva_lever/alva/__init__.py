"""Alva: its hook and its wire names."""

from __future__ import annotations
