"""What the page says of a candidate is what a run then does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from alva_lever.batch.leftovers import Leftover
from alva_lever.http.errors import Unauthorized
from alva_lever.rules.events import Claim
from alva_lever.rules.window import Window
from alva_lever.settings import Options
from alva_lever.sync.explanation import Explanation
from tests.sync.office import ELSEWHERE, HOUR_MS, TRIGGER, Office
from tests.sync.test_failures import CASES, SEND_TESTS

FAILURES = {name: setting for name, (word, setting) in CASES.items() if word != "refused_by_alva"}


def gone(office: Office) -> str:
    ada = office.apply()
    office.recruiter.delete(ada)
    return ada


def confidential(office: Office) -> str:
    return office.apply(posting=office.recruiter.add_posting("Secret", confidential=True))


def restricted(office: Office) -> str:
    return office.recruiter.restrict(office.apply())


def archived(office: Office) -> str:
    return office.recruiter.archive(office.apply())


def invited(office: Office) -> str:
    ada = office.apply()
    office.run(ada)
    return ada


def failed(office: Office) -> str:
    ada = office.apply(emails=[])
    office.run(ada)
    office.later()
    return ada


def asked_again(office: Office) -> str:
    ada = failed(office)
    office.reenter(ada)
    return ada


def failed_with_send_tests(office: Office) -> str:
    ada = office.apply(emails=[], tags=[SEND_TESTS])
    office.run(ada)
    office.later()
    return ada


def cause_removed(office: Office) -> str:
    ada = failed_with_send_tests(office)
    office.recruiter.set_emails(ada, ["ada@candidates.example.com"])
    return ada


def bounced(office: Office) -> str:
    ada = invited(office)
    office.candidates.bounce(ada)
    office.later()
    office.push(ada)
    return ada


def bounced_and_asked_again(office: Office) -> str:
    ada = bounced(office)
    office.reenter(ada)
    return ada


def untagged(office: Office) -> str:
    """Invited, but a person has taken the tag away."""
    return office.recruiter.untag(invited(office), "Alva: Invitation Sent")


def skipped(office: Office) -> str:
    return office.apply(posting=office.recruiter.add_posting("Old", tags=["Alva: Skip Assessment"]))


def screened(office: Office) -> str:
    return office.apply(posting=office.recruiter.add_posting("New", tags=["Alva: Screening"]), stage=ELSEWHERE)


SETTINGS: dict[str, Callable[[Office], str]] = {
    "gone": gone,
    "confidential": confidential,
    "restricted": restricted,
    "archived": archived,
    "invited": invited,
    "failed": failed,
    "asked again": asked_again,
    "failed with Send Tests": failed_with_send_tests,
    "cause removed": cause_removed,
    "bounced": bounced,
    "bounced and asked again": bounced_and_asked_again,
    "untagged": untagged,
    "send tests": lambda office: office.apply(stage=ELSEWHERE, tags=[SEND_TESTS]),
    "skipped": skipped,
    "blocked": lambda office: office.apply(origin="agency"),
    "trigger stage": lambda office: office.apply(),
    "screened": screened,
    "elsewhere": lambda office: office.apply(stage=ELSEWHERE),
    **FAILURES,
}


def explained(office: Office, opportunity: str, window: Window | None = None) -> Explanation:
    return office.integration().explain(opportunity, window=window)


@pytest.fixture(autouse=True)
def _blocked(office: Office) -> None:
    office.options = Options(trigger_stage=TRIGGER, blocked_origins=frozenset({"agency"}))


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("named", [False, True], ids=["unnamed", "named"])
def test_a_run_does_what_was_explained(office: Office, setting: Callable[[Office], str], named: bool) -> None:
    ada = setting(office)
    office.later()
    office.forget()
    window = None if named else office.window()
    found = explained(office, ada, office.window())
    assert office.writes() == 0
    foreseen = found.named if named else found.unnamed
    sent = 0 if office.sandbox.candidates.find(ada)["candidate"] is None else office.sent(ada)
    counts = office.run(ada, named=[ada] if named else [], window=window)
    assert counts == {foreseen.word: 1}
    now_sent = 0 if office.sandbox.candidates.find(ada)["candidate"] is None else office.sent(ada)
    assert now_sent - sent == foreseen.sends


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_a_run_on_results_writes_what_was_explained(office: Office, setting: Callable[[Office], str]) -> None:
    ada = setting(office)
    mirrored = explained(office, ada).mirrored
    assert office.push(ada) == {mirrored: 1}


@pytest.mark.parametrize("setting", [gone, confidential, restricted])
def test_nothing_is_shown_of_one_who_is_gone_or_confidential(office: Office, setting: Callable[[Office], str]) -> None:
    found = explained(office, setting(office))
    assert (found.opportunity, found.posting, found.candidate, found.reported) == (None, None, None, ())
    assert not found.differs


def test_nothing_is_shown_of_an_archived_candidate_on_a_confidential_posting(office: Office) -> None:
    ada = office.recruiter.archive(office.apply())
    office.sandbox.world.lever.postings[office.posting].confidential = True
    found = explained(office, ada)
    assert found.unnamed.word == "archived"
    assert (found.opportunity, found.posting, found.candidate) == (None, None, None)


def test_it_shows_what_both_services_show(office: Office) -> None:
    ada = bounced(office)
    found = explained(office, ada)
    assert found.opportunity is not None
    assert found.posting is not None
    assert found.candidate is not None
    assert (found.opportunity.name, found.posting.name, found.stage) == ("Ada Byron", "Data Engineer", TRIGGER)
    assert found.candidate.bounced
    assert [report.failure for report in found.reported] == [None]
    assert "Byron" not in repr(found)


def test_a_failure_is_foreseen_with_what_to_do(office: Office) -> None:
    sentence = explained(office, office.apply(emails=[])).unnamed.sentence
    assert sentence.startswith("The invitation fails: The candidate has no e-mail address.")
    assert "Add an e-mail address." in sentence


def test_an_invitation_is_foreseen_with_its_posting(office: Office) -> None:
    ada = bounced_and_asked_again(office)
    assert explained(office, ada).unnamed.sentence.startswith("It is invited again to Data Engineer,")
    assert explained(office, office.apply()).named.sentence.startswith("It is invited to Data Engineer,")


def test_one_who_came_before_the_window_is_not_looked_at(office: Office) -> None:
    ada = office.apply()
    office.later(60)
    found = explained(office, ada, office.window(0.1))
    assert found.unnamed.sends
    assert "and does not look at it" in found.found
    assert office.find(office.window(0.1)).waiting == []
    assert "and looks at it: it came into New applicant" in explained(office, ada, office.window(2)).found
    assert office.find(office.window(2)).waiting == [ada]


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("send tests", "it has `Alva: Send Tests`."),
        ("elsewhere", "it was added to Lever in that time."),
        ("trigger stage", "it came into New applicant in that time."),
    ],
)
def test_how_the_next_run_finds_it(office: Office, setting: str, why: str) -> None:
    ada = SETTINGS[setting](office)
    office.later()
    assert explained(office, ada, office.window()).found.endswith(why)


def test_an_older_lead_who_applied_lately_for_a_posting_with_screening_is_found(office: Office) -> None:
    lead = office.recruiter.add_lead("Ada Byron", ["ada@candidates.example.com"])
    posting = office.recruiter.add_posting("New", tags=["Alva: Screening"])
    office.later(180)
    office.recruiter.apply_lead(lead, posting)
    office.later()
    found = explained(office, lead, office.window())
    assert found.unnamed.word == "screening"
    assert "it applied in that time, for a posting with `Alva: Screening`" in found.found
    assert office.find().waiting == [lead]


def test_a_leftover_keeps_what_it_claims(office: Office) -> None:
    """An application that was new in the run that failed is still new for the next attempt."""
    ada = screened(office)
    created_ms = office.clock.now_ms()
    office.later(180)
    assert explained(office, ada, office.window()).unnamed.word == "not_requested"
    claim = Claim(new_within_ms=frozenset({(created_ms - HOUR_MS, created_ms)}))
    leftover = Leftover({"id": ada, **claim.as_json()}, "passing", 3, created_ms, created_ms + HOUR_MS)
    found = office.integration().explain(ada, window=office.window(), leftover=leftover)
    assert (found.unnamed.word, found.leftover) == ("screening", leftover)
    assert found.found.startswith("It is a leftover of an earlier run")


def test_one_who_becomes_confidential_while_it_is_read_is_confidential(office: Office) -> None:
    ada = failed(office)
    path = f"/opportunities/{ada}/notes"
    office.faults.add("lever", "GET", path, kind="call", action=lambda: office.recruiter.restrict(ada))
    assert explained(office, ada).unnamed.word == "confidential"


def test_a_refused_key_is_an_error(office: Office) -> None:
    ada = office.apply()
    integration = office.integration()
    office.faults.add("alva", "GET", "/candidates", status=401, times=None)
    with pytest.raises(Unauthorized):
        integration.explain(ada)
