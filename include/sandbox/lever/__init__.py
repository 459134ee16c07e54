"""Lever's Data API v1 as far as it is known: models, listing, shapes on the wire, errors, keys and routes."""

from __future__ import annotations
