"""The story's end: candidates take their tests in Alva, and Lever shows the results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from include.demo.outcome import Report, reason_in
from include.demo.plot import INVITATION_SENT, Move

_OWNED = "Alva: "
_CONTROL = frozenset({"Alva: Send Tests", "Alva: Screening", "Alva: Skip Assessment"})


@dataclass(frozen=True, slots=True)
class Result:
    """A candidate of the first two parts. ``first``: moves that the poll finds. ``then``: moves that a webhook reports.

    ``expected``: the reason in each report, None if that run has nothing to do. In the end: ``tags`` that the
    integration sets, ``stage`` in Lever, ``said``: a part of the note.
    """

    name: str
    did: str
    first: tuple[Move, ...]
    then: tuple[Move, ...]
    expected: tuple[str | None, str | None]
    tags: frozenset[str]
    stage: str
    said: str


def finishes(role_fit: float) -> Move:
    return Move("finish", {"role_fit": role_fit})


def gets_another_role_fit(role_fit: float) -> Move:
    return Move("refit", {"role_fit": role_fit})


RESULTS = (
    Result("Elin Torp", "finishes the tests", (finishes(82),), (), ("completed", None),
           frozenset({"Alva: Completed", "Alva: High role fit"}), "Recruiter screen", "Role fit: 82 of 100"),
    Result("Malte Frid", "finishes; later, the role fit is another", (finishes(49),), (gets_another_role_fit(50),),
           ("completed", "updated"), frozenset({"Alva: Completed", "Alva: Medium role fit"}), "Manager screen",
           "Role fit: 50 of 100"),
    Result("Tove Lind", "finishes; later, the tests are reset", (finishes(100),), (Move("reset", {}),),
           ("completed", "reset"), frozenset({INVITATION_SENT}), "Recruiter screen", "were reset in Alva"),
    Result("Hugo Wall", "never saw the invitation: it bounced", (Move("bounce", {}),), (), ("bounced", None),
           frozenset({"Alva: Invitation Bounced"}), "New applicant", "the invitation bounced"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Last:
    """What Lever shows for a candidate in the end."""

    result: Result
    opportunity: str
    found: tuple[str | None, str | None]
    tags: tuple[str, ...]
    stage: str
    note: str
    links: tuple[str, ...]

    @property
    def surprises(self) -> list[str]:
        """Returns a sentence for each difference from the story."""
        wanted: Mapping[str, tuple[object, object]] = {
            "the reports": (
                self._due,
                tuple(word for word, due in zip(self.found, self.result.expected, strict=True) if due),
            ),
            "tags in Lever": (sorted(self.result.tags), sorted(self.tags)),
            "stage in Lever": (self.result.stage, self.stage),
            "the note says so": (True, self.result.said in self.note),
        }
        return [
            f"{self.result.name}: {what}: expected {expected}, found {found}"
            for what, (expected, found) in wanted.items()
            if expected != found
        ]

    @property
    def _due(self) -> tuple[str, ...]:
        return tuple(word for word in self.result.expected if word)

    @property
    def words(self) -> str:
        """Returns the reasons in the reports."""
        return ", then ".join(self._due)


def last(result: Result, opportunity: str, reports: Sequence[Sequence[Report]], world: Mapping[str, Any]) -> Last:
    """``reports``: of the poll, and of the webhook's runs. ``world``: the opportunity in the sandbox."""
    first, second = (reason_in(run_reports, opportunity) for run_reports in reports)
    own = [note["text"] for note in world["notes"] if note["author"] is None]
    return Last(
        result,
        opportunity,
        (first, second),
        tuple(tag for tag in world["tags"] if tag.startswith(_OWNED) and tag not in _CONTROL),
        str(world["stage"]),
        own[-1] if own else "",
        tuple(world["links"]),
    )
