"""What the person at the terminal reads."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from include.demo.finale import Last
from include.demo.outcome import Outcome
from include.demo.sequel import Ending


class Progress:
    """A line per step, each with the seconds since the start."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._start = clock()

    def step(self, text: str) -> None:
        print(f"{self._clock() - self._start:4.0f} s  {text}", flush=True)


def say(text: str = "") -> None:
    print(text, flush=True)


def table(outcomes: Sequence[Outcome]) -> str:
    """One line a candidate, with ``!!`` where it is not as the story has it."""
    return _lines(
        ("", "candidate", "opportunity", "what happened", "reason", "next time", "now in Lever and Alva"),
        [
            (
                _mark(one.surprises),
                one.person.name,
                one.opportunity,
                one.person.did,
                one.reason,
                one.next_time,
                one.world,
            )
            for one in outcomes
        ],
    )


def second_table(endings: Sequence[Ending]) -> str:
    """The same of the second half."""
    return _lines(
        ("", "candidate", "opportunity", "what Lever told", "reason", "now in Alva"),
        [
            (
                _mark(one.surprises),
                one.scene.name,
                one.opportunity,
                one.scene.did,
                one.reason or "no word of it",
                one.world,
            )
            for one in endings
        ],
    )


def third_table(lasts: Sequence[Last]) -> str:
    """The end, with everybody's note below."""
    rows = _lines(
        ("", "candidate", "opportunity", "what happened in Alva", "reason", "stage in Lever", "tags in Lever"),
        [
            (
                _mark(one.surprises),
                one.result.name,
                one.opportunity,
                one.result.did,
                one.words,
                one.stage,
                ", ".join(sorted(one.tags)),
            )
            for one in lasts
        ],
    )
    notes = [
        "\n".join(
            [
                f"{one.result.name}: note, and link {', '.join(one.links) or '-'}",
                *(f"  | {line}".rstrip() for line in one.note.splitlines()),
            ]
        )
        for one in lasts
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
