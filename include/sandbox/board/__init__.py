"""The sandbox's own page: Lever's pipeline as a board, and Alva's side, for a person to play a recruiter."""

from __future__ import annotations

from include.sandbox.board.routes import add_board

__all__ = ["add_board"]
