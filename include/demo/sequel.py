"""The story's second half: Lever's webhooks are on, and what happens in Lever happens in Alva seconds later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from include.demo.outcome import Report, reason_in
from include.demo.plot import Move, applies, is_archived, moves_to
from include.demo.story import TRIGGER_STAGE


@dataclass(frozen=True, slots=True)
class Scene:
    """One candidate. Who is not known from the first half makes an opportunity with the first move.

    ``expected``: the word in the reports of the runs that the deliveries started. ``sent``: how many invitations Alva
    has sent in the end. ``stage``: the candidate's stage in Alva then, None for who isn't there.
    """

    name: str
    did: str
    moves: tuple[Move, ...]
    expected: str
    sent: int
    stage: str | None


def is_hired() -> Move:
    return Move("hire", {})


def is_deleted() -> Move:
    return Move("delete", {})


def is_said_to_be(event: str) -> Move:
    """A delivery that claims what is not so."""
    return Move("pretend", {"event": event})


SCENES = (
    Scene("Elin Torp", "moved to Assessment", (applies("Backend engineer", days_ago=9), moves_to(TRIGGER_STAGE)),
          "trigger_stage", sent=1, stage="in_process"),
    Scene("Hugo Wall", "applied to a posting with Alva: Screening", (applies("Support agent"),),
          "screening", sent=1, stage="in_process"),
    Scene("Berit Sjo", "applied, and nobody asked for tests", (applies("Backend engineer"),),
          "not_requested", sent=0, stage=None),
    Scene("Karin Ask", "moved to Assessment, and archived at once",
          (applies("Backend engineer", days_ago=9), moves_to(TRIGGER_STAGE), is_archived("Withdrew")),
          "archived", sent=0, stage=None),
    Scene("Ada Holm", "hired", (is_hired(),), "hired", sent=1, stage="hired"),
    Scene("Selma Berg", "deleted", (is_deleted(),), "deleted", sent=1, stage=None),
    Scene("Tove Lind", "said to be deleted, and is not", (is_said_to_be("candidateDeleted"),),
          "unconfirmed", sent=1, stage="in_process"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of a candidate of the second half."""

    scene: Scene
    opportunity: str
    reason: str | None
    sent: int
    stage: str | None

    @property
    def surprises(self) -> list[str]:
        """Sentences; none where all is as expected."""
        wanted: Mapping[str, tuple[object, object]] = {
            "the events' reports": (self.scene.expected, self.reason),
            "invitation e-mails from Alva": (self.scene.sent, self.sent),
            "stage in Alva": (self.scene.stage, self.stage),
        }
        return [
            f"{self.scene.name}: {what}: expected {expected}, found {found}"
            for what, (expected, found) in wanted.items()
            if expected != found
        ]

    @property
    def world(self) -> str:
        """What Alva shows now."""
        if self.stage is None:
            return "not in Alva"
        return f"in Alva: {self.stage}, {'an e-mail' if self.sent == 1 else f'{self.sent} e-mails'} sent"


def ending(scene: Scene, opportunity: str, reports: Sequence[Report], in_alva: Mapping[str, Any]) -> Ending:
    """``in_alva``: what the sandbox finds of the opportunity there."""
    candidate = in_alva["candidate"]
    return Ending(
        scene,
        opportunity,
        reason_in(reports, opportunity),
        int(in_alva["invitations_sent"]),
        None if candidate is None else str(candidate["stage"]),
    )
