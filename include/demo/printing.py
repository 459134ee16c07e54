"""Prints the progress and the tables."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from include.demo.finale import Last
from include.demo.outcome import Outcome
from include.demo.sequel import Ending


class Progress:
    """Prints a line for each step, with the seconds since the start."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._start = clock()

    def step(self, text: str) -> None:
        print(f"{self._clock() - self._start:4.0f} s  {text}", flush=True)


def say(text: str = "") -> None:
    print(text, flush=True)


def table(outcomes: Sequence[Outcome]) -> str:
    """Returns a line for each candidate of the first half, marked ``!!`` if it differs from the story."""
    return _lines(
        ("", "candidate", "opportunity", "what happened", "reason", "next time", "now in Lever and Alva"),
        [
            (
                _mark(outcome.surprises),
                outcome.person.name,
                outcome.opportunity,
                outcome.person.did,
                outcome.reason,
                outcome.next_time,
                outcome.world,
            )
            for outcome in outcomes
        ],
    )


def second_table(endings: Sequence[Ending]) -> str:
    """Returns the same table for the second half."""
    return _lines(
        ("", "candidate", "opportunity", "what happened in Lever", "reason", "now in Alva"),
        [
            (
                _mark(ending.surprises),
                ending.scene.name,
                ending.opportunity,
                ending.scene.did,
                ending.reason or "nothing",
                ending.world,
            )
            for ending in endings
        ],
    )


def third_table(lasts: Sequence[Last]) -> str:
    """Returns the table of the end, followed by each candidate's note."""
    rows = _lines(
        ("", "candidate", "opportunity", "what happened in Alva", "reason", "stage in Lever", "tags in Lever"),
        [
            (
                _mark(last.surprises),
                last.result.name,
                last.opportunity,
                last.result.did,
                last.words,
                last.stage,
                ", ".join(sorted(last.tags)),
            )
            for last in lasts
        ],
    )
    notes = [
        "\n".join(
            [
                f"{last.result.name}: note, and link {', '.join(last.links) or '-'}",
                *(f"  | {line}".rstrip() for line in last.note.splitlines()),
            ]
        )
        for last in lasts
    ]
    return "\n\n".join([rows, *notes])


def _mark(surprises: Sequence[str]) -> str:
    return "!!" if surprises else "ok"


def _lines(head: tuple[str, ...], body: Sequence[tuple[str, ...]]) -> str:
    rows = [head, *body]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
