"""The story's second half: Lever's webhooks are on, and Alva follows a change in Lever within seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from include.demo.outcome import Report, reason_in
from include.demo.plot import Move, applies, is_archived, moves_to
from include.demo.story import TRIGGER_STAGE


@dataclass(frozen=True, slots=True)
class Scene:
    """A candidate's scene. If the candidate isn't in the first half, the first move creates the opportunity.

    ``expected``: the reason in the reports of the runs that the deliveries started. In the end: ``sent`` invitations by
    Alva, and the candidate's ``stage`` in Alva, None if the candidate isn't there.
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
    """Sends a delivery that is untrue."""
    return Move("pretend", {"event": event})


SCENES = (
    Scene("Elin Torp", "moved to Assessment", (applies("Backend engineer", days_ago=9), moves_to(TRIGGER_STAGE)),
          "trigger_stage", sent=1, stage="in_process"),
    Scene("Hugo Wall", "applied to a posting with Alva: Screening", (applies("Support agent"),),
          "screening", sent=1, stage="in_process"),
    Scene("Berit Sjo", "applied; no tests requested", (applies("Backend engineer"),),
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
    """The outcome for a candidate of the second half."""

    scene: Scene
    opportunity: str
    reason: str | None
    sent: int
    stage: str | None

    @property
    def surprises(self) -> list[str]:
        """Returns a sentence for each difference from the story."""
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
        """Describes what Alva shows now."""
        if self.stage is None:
            return "not in Alva"
        return f"in Alva: {self.stage}, {'an e-mail' if self.sent == 1 else f'{self.sent} e-mails'} sent"


def ending(scene: Scene, opportunity: str, reports: Sequence[Report], in_alva: Mapping[str, Any]) -> Ending:
    """``in_alva``: the opportunity's candidate in the sandbox's Alva."""
    candidate = in_alva["candidate"]
    return Ending(
        scene,
        opportunity,
        reason_in(reports, opportunity),
        int(in_alva["invitations_sent"]),
        None if candidate is None else str(candidate["stage"]),
    )
