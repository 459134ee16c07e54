"""What both vendors' hooks share: one session, pace, retries, errors, and distrust of what comes back."""

from __future__ import annotations
