"""What an error tells a person: what is wrong, and what to do about it."""

from __future__ import annotations


def in_full(said: str, remedy: str) -> str:
    """Returns both as one text, without a full stop at its end. A remedy with a small letter ends the sentence."""
    if not remedy:
        return said
    return f"{said}: {remedy}" if remedy[0].islower() else f"{said}. {remedy}"


class Remediable(Exception):
    """An error whose text says what is wrong (`said`), and then what a person can do about it (`remedy`, empty if the
    error doesn't know).

    The text is its only argument, so that it can be pickled.
    """

    def __init__(self, said: str, *, remedy: str = "") -> None:
        super().__init__(in_full(said, remedy))
        self.said = said
        self.remedy = remedy
