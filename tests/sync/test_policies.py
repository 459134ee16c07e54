"""The posting decides which policy applies: two postings, each with its own trigger and progression stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from alva_lever.rules.model import Policy, Stage
from alva_lever.settings import Options, Settings
from tests.sync.office import ELSEWHERE, FURTHER, HOUR_MS, NOW_MS, TRIGGER, Office

OWN_TRIGGER, OWN_PROGRESSION = "Assessment", "Reference check"


@dataclass(frozen=True, slots=True)
class PerPosting(Settings):
    """Settings with an own policy for some postings, by their ids."""

    own: Mapping[str, Policy] = field(default_factory=dict)

    @property
    def policies(self) -> tuple[Policy, ...]:
        return (self.policy, *self.own.values())

    def policy_for(self, posting_id: str | None) -> Policy:
        return self.own.get(posting_id or "", self.policy)


@pytest.fixture
def cook(office: Office) -> str:
    """A posting with its own policy. `office.posting` has the general one."""
    cook = office.recruiter.add_posting("Cook")
    office.options = Options(trigger_stage=TRIGGER, progression_stage=FURTHER)

    def adapted(settings: Settings) -> Settings:
        by_name: dict[str, Stage] = {stage.name: stage for stage in settings.policy.pipeline}
        own = replace(
            settings.policy,
            trigger_stage=by_name[OWN_TRIGGER],
            progression_stage=by_name[OWN_PROGRESSION],
            blocked_origins=frozenset({"agency"}),
        )
        return PerPosting(settings.policy, own={cook: own})

    office.adapted = adapted
    return cook


def test_each_posting_has_its_own_trigger_stage(office: Office, cook: str) -> None:
    theirs, ours = office.apply(posting=cook, stage=OWN_TRIGGER), office.apply(stage=TRIGGER)
    others = office.apply(posting=cook, stage=TRIGGER), office.apply(stage=OWN_TRIGGER)
    assert office.run(theirs, ours, *others) == {"trigger_stage": 2, "not_requested": 2}
    assert [office.sent(one) for one in (theirs, ours, *others)] == [1, 1, 0, 0]


def test_each_posting_has_its_own_blocked_origins(office: Office, cook: str) -> None:
    theirs, ours = office.apply(posting=cook, stage=OWN_TRIGGER, origin="agency"), office.apply(origin="agency")
    assert office.run(theirs, ours) == {"blocked_origin": 1, "trigger_stage": 1}


def test_a_poll_finds_entries_into_both_trigger_stages(office: Office, cook: str) -> None:
    long_ago_ms = NOW_MS - 48 * HOUR_MS
    theirs, ours = (office.apply(posting=one, stage=ELSEWHERE, at_ms=long_ago_ms) for one in (cook, office.posting))
    office.recruiter.move(theirs, OWN_TRIGGER)
    office.recruiter.move(ours, TRIGGER)
    office.later()
    assert office.poll(office.window()) == {"trigger_stage": 2}
    assert [office.sent(one) for one in (theirs, ours)] == [1, 1]


@pytest.mark.parametrize(("stage", "word"), [(OWN_TRIGGER, "missing_email"), (TRIGGER, "awaiting_retry")])
def test_only_an_entry_into_the_postings_own_trigger_stage_asks_again(
    office: Office, cook: str, stage: str, word: str
) -> None:
    ada = office.apply(posting=cook, stage=OWN_TRIGGER, emails=[])
    assert office.run(ada) == {"missing_email": 1}
    office.later()
    office.recruiter.move(ada, ELSEWHERE)
    office.later()
    office.recruiter.move(ada, stage)
    assert office.run(ada) == {word: 1}


def test_the_note_names_the_trigger_stage_of_the_posting(office: Office, cook: str) -> None:
    theirs, ours = office.apply(posting=cook, stage=OWN_TRIGGER, emails=[]), office.apply(emails=[])
    office.run(theirs, ours)
    assert [f"back to {stage}" in office.notes(one)[0] for one, stage in ((theirs, OWN_TRIGGER), (ours, TRIGGER))] == [
        True,
        True,
    ]


def test_a_completion_moves_the_candidate_to_the_progression_stage_of_the_posting(office: Office, cook: str) -> None:
    theirs, ours = office.apply(posting=cook, stage=OWN_TRIGGER), office.apply()
    office.run(theirs, ours)
    for one in (theirs, ours):
        office.candidates.finish(one, 82)
    assert office.push(theirs, ours) == {"completed": 2}
    assert [office.stage(one) for one in (theirs, ours)] == [OWN_PROGRESSION, FURTHER]
