"""A report in words."""

from __future__ import annotations

from typing import Any

import pytest

from alva_lever.rules.invitation import Reason
from alva_lever.rules.notes import Failure
from alva_lever.rules.positions import PostingWord
from alva_lever.rules.report_words import MEANINGS, in_a_sentence
from alva_lever.rules.results import ResultsWord


def report(invited: int = 0, *, dry_run: bool = False, **counts: int) -> dict[str, Any]:
    return {"dry_run": dry_run, "invited": invited, "looked_at": sum(counts.values()), "counts": counts}


def test_every_word_has_a_meaning() -> None:
    words = {*Reason, *Failure, *ResultsWord, *PostingWord, "hired", "deleted", "unconfirmed", "leftover", "given_up"}
    assert words == set(MEANINGS)


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (report(), "Invited 0; looked at 0"),
        (
            report(12, trigger_stage=12, already_invited=24, missing_email=1, no_posting=2, bounced=1),
            "Invited 12; looked at 40; 3 failed, 1 bounced",
        ),
        (report(2, dry_run=True, trigger_stage=2), "Rehearsal: would have invited 2; looked at 2"),
        (report(leftover=1, given_up=2), "Invited 0; looked at 3; 1 to be tried again, 2 given up"),
    ],
)
def test_a_report_in_a_sentence(report: dict[str, Any], said: str) -> None:
    assert in_a_sentence(report) == said


def test_a_dag_that_invites_nobody_does_not_speak_of_invitations_unless_it_sent_some() -> None:
    assert in_a_sentence(report(completed=1), invites=False) == "Looked at 1; 1 completed"
    assert in_a_sentence(report(1, trigger_stage=1), invites=False) == "Invited 1; looked at 1"
