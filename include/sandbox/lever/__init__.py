"""Lever's Data API v1, as far as it is known: models, listings, wire shapes, errors, keys and routes."""

from __future__ import annotations
