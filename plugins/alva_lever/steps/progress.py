"""What of a task's work is done, kept over its attempts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from alva_lever.rules.tally import Tally


@dataclass(slots=True)
class Progress:
    """What of a batch is done, kept over its attempts. Ids, words and counts only.

    `faults`: a word for what could not be done in the attempt before. It comes last in the next one.
    """

    done: set[str] = field(default_factory=set)
    faults: dict[str, str] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)

    def as_json(self) -> dict[str, Any]:
        return {"done": sorted(self.done), "faults": dict(self.faults), "tally": self.tally.as_json()}

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Progress:
        return cls(set(value["done"]), dict(value.get("faults", {})), Tally.of(value["tally"]))
