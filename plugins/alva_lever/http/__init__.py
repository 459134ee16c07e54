"""What both vendors' hooks share: one session, pace, retries, errors, and strict checks of every answer."""

from __future__ import annotations
