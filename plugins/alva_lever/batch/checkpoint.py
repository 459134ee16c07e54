"""What of a task's work is done, kept over its attempts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from alva_lever.batch.run_report import Tally


@dataclass(slots=True)
class Checkpoint:
    """What of a batch is done, kept over its attempts. Ids, words and counts only.

    `faults`: a word for what could not be done in the attempt before. It comes last in the next one. `invited`: to whom
    an invitation went out, done or not.
    """

    done: set[str] = field(default_factory=set)
    faults: dict[str, str] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    invited: set[str] = field(default_factory=set)

    def invite(self, opportunity_id: str) -> None:
        """An invitation went out, or would have gone. It counts once, however often it is met."""
        self.invited.add(opportunity_id)
        self.tally.invited = len(self.invited)

    def take_back(self, one: str) -> str:
        """Is done no more, since more is asked of it than was done. Gives what it was counted under."""
        self.done.discard(one)
        return self.tally.take_back(one)

    def as_json(self) -> dict[str, Any]:
        return {
            "done": sorted(self.done),
            "faults": dict(self.faults),
            "tally": self.tally.as_json(),
            "invited": sorted(self.invited),
        }

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Checkpoint:
        return cls(
            set(value["done"]),
            dict(value.get("faults", {})),
            Tally.of(value["tally"]),
            set(value.get("invited", ())),
        )
