"""How much is done at a time, and what is kept of it. Ids and words alone: nothing here knows what an item is."""

from __future__ import annotations
