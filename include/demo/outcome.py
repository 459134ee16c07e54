"""The story's outcome: compares the runs' reports and the sandbox's world with the story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from include.demo.plot import DONE_BEFORE, FAILURES, Person

Report = Mapping[str, Any]
_STATUS_TAGS = frozenset(
    {"Alva: Invitation Sent", "Alva: Invitation Bounced", "Alva: Invitation Failed", "Alva: Completed"}
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A candidate's outcome. ``first``, ``again``, ``named``: the reason in each run, None if the report doesn't have
    the id."""

    person: Person
    opportunity: str
    first: str | None
    again: str | None
    named: str | None
    tags: tuple[str, ...]
    invitations_sent: int
    notes: int
    near_miss: str | None

    @property
    def surprises(self) -> list[str]:
        """Returns a sentence for each difference from the story."""
        person = self.person
        wanted_tags = (person.status_tag,) if person.status_tag else ()
        wanted = {
            "the first run": (person.expected, self.first),
            "the second run": (person.expected_again, self.again),
            "the run that names people": (person.when_named, self.named),
            "status tags in Lever": (wanted_tags, self.tags),
            "invitation e-mails from Alva": (int(person.is_invited), self.invitations_sent),
            "notes in Lever": (int(person.expected in FAILURES), self.notes),
            "near-miss tag in the report": (person.near_miss, self.near_miss),
        }
        return [
            f"{person.name}: {what}: expected {_said(expected)}, found {_said(found)}"
            for what, (expected, found) in wanted.items()
            if expected != found
        ]

    @property
    def reason(self) -> str:
        """Returns the reason in the report."""
        return self.named or self.first or "not looked at"

    @property
    def next_time(self) -> str:
        """Returns the reason in the next run, if it is another."""
        return self.again if self.again is not None and self.again != self.first else ""

    @property
    def world(self) -> str:
        """Describes what both services show now."""
        parts = [*self.tags]
        if self.invitations_sent:
            parts.append("e-mail sent" if self.invitations_sent == 1 else f"{self.invitations_sent} e-mails sent")
        if self.notes:
            parts.append("a note" if self.notes == 1 else f"{self.notes} notes")
        if self.near_miss:
            parts.append("reported as a near miss")
        return ", ".join(parts) or "-"


def outcome(person: Person, opportunity: str, reports: Sequence[Sequence[Report]], world: Mapping[str, Any]) -> Outcome:
    """``reports``: of the first run, the second run and the run that names people.

    Each is a list, since an hourly run may start during the story and do the work before the demo's own run.
    """
    first, again, named = (reason_in(run_reports, opportunity) for run_reports in reports)
    return Outcome(
        person,
        opportunity,
        first,
        again,
        named,
        tuple(tag for tag in world["tags"] if tag in _STATUS_TAGS),
        int(world["alva"]["invitations_sent"]),
        len(world["notes"]),
        _near_miss_in(reports[0], opportunity),
    )


def reason_in(reports: Sequence[Report], opportunity: str) -> str | None:
    """Returns an opportunity's reason in the reports. A reason that acts wins over `not_requested` (of an application,
    say, whose run came before that of the move), and that over one that says it was done before."""
    found = [reason for report in reports for reason, ids in report.get("ids", {}).items() if opportunity in ids]
    return min(found, key=lambda reason: (reason in DONE_BEFORE, reason == "not_requested"), default=None)


def _near_miss_in(reports: Sequence[Report], opportunity: str) -> str | None:
    misses = [miss for report in reports for miss in report.get("near_misses", [])]
    return next((str(miss["tag"]) for miss in misses if miss["id"] == opportunity), None)


def _said(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return str(value)
