"""Measures speed and memory: ``make bench``."""

from __future__ import annotations
