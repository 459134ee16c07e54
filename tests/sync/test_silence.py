"""No personal data gets into a log, an error or Airflow's database."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from requests.adapters import HTTPAdapter
from structlog.testing import capture_logs

from alva_lever.http.errors import ApiError
from alva_lever.rules.window import Window
from tests.sync.office import HOUR_MS, NOW_MS, Office

LAST_HOUR = Window(NOW_MS - HOUR_MS, NOW_MS)
MANAGER = "quentin.overseer@hiring.example.com"
# Parts of names, addresses, Alva's answers, notes and results.
PERSONAL = [
    "zebedee", "quux", "candidates.example.com", "hiring.example.com",
    "quentin", "overseer", "no more candidates can be",
    "on this job position already", "must be a string", "ordered by those", "is not an e-mail address",
    "role fit: ", "what to do:", "sten ", "app.alva.test", "%40", "nonsense",
]  # fmt: skip


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], str]]:
    with caplog.at_level(logging.DEBUG), capture_logs() as events:
        yield lambda: "\n".join([*map(str, events), caplog.text])


@pytest.fixture(params=["in process", "over http"])
def place(request: pytest.FixtureRequest, office: Office) -> Iterator[None]:
    if request.param == "in process":
        yield
        return
    with office.sandbox.serve() as url:
        office.connect(url)
        office.adapter = HTTPAdapter(pool_maxsize=32)
        yield


def everything(office: Office) -> None:
    """Prepares every failure, a bounce, a completion, a hire, a deletion, and temporary faults."""
    at: dict[str, Any] = {"at_ms": NOW_MS - HOUR_MS // 2}
    apply = office.apply
    expired = office.recruiter.add_posting("Cook", hiring_manager_email=MANAGER, tags=["alva: screening"])
    first = apply("Zebedee Quux", posting=expired)
    by_hand = office.recruiter.add_posting("Waiter")
    two = [apply("Zebedee Quux"), apply("Zebedee Quux", posting=by_hand)]
    office.run(first, *two)
    office.candidates.expire_position(expired)
    office.candidates.add_by_hand(by_hand, "zebedee.hand@candidates.example.com", "Zebedee", "Quux")
    office.candidates.remember_person("zebedee.known@candidates.example.com", 82)
    office.recruiter.hire(two[0], **at)
    office.recruiter.delete(two[1], **at)
    office.candidates.bounce(first)
    office.recruiter.untag(first, "Alva: Invitation Sent")
    office.recruiter.tag(first, "Alva: Send Tests", "ALVA: send tests")
    others: list[dict[str, Any]] = [
        {"emails": []}, {"emails": ["zebedee nonsense"]}, {"posting": expired}, {}, {}, {},
        {"emails": ["zebedee.known@candidates.example.com"]},
        {"posting": by_hand, "emails": ["zebedee.hand@candidates.example.com"]},
    ]  # fmt: skip
    for fields in others:
        apply("Zebedee Quux", **{**at, **fields})
    office.recruiter.add_lead("Zebedee Quux", ["zebedee@candidates.example.com"], stage="New applicant", **at)
    office.recruiter.change_posting(office.posting, name=" ")
    for service in ("lever", "alva"):
        office.faults.add(service, kind="html", skip=2)
        office.faults.add(service, status=503, skip=9)
        office.faults.add(service, status=429, skip=15, retry_after=1)
    office.faults.add("alva", "POST", "*/candidates", kind="cut_after")


@pytest.mark.usefixtures("place")
def test_a_whole_run_shows_no_personal_data(office: Office, logged: Callable[[], str]) -> None:
    everything(office)
    found = office.find(LAST_HOUR)
    kept = [found.report.as_json(), found.batches]
    for batch in found.batches:
        office.run(*[str(item["id"]) for item in batch], window=LAST_HOUR)
        kept.append(office.progress.as_json())
    counts = office.progress.report.counts
    assert {"missing_email", "invalid_email", "no_posting", "refused_by_alva", "trigger_stage"} <= set(counts)
    assert counts["refused_by_alva"] == 2
    kept.append(office.tell(found.hired, found.deleted).as_json())
    text = logged()
    assert "attempt 1" in text
    assert "stays as it is (name)" in text
    for said in (text.casefold(), json.dumps(kept).casefold()):
        assert [word for word in PERSONAL if word in said] == []


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("service", "path", "fault"),
    [
        ("alva", "*/candidates", {"status": 503}),
        ("alva", "*/candidates", {"status": 401}),
        ("alva", "/candidates", {"kind": "html"}),
        ("lever", "*/addTags", {"status": 403}),
        ("lever", "*/addTags", {"status": 400}),
        ("lever", "/opportunities/*", {"kind": "truncated"}),
    ],
)
def test_an_error_shows_no_personal_data(
    office: Office, logged: Callable[[], str], service: str, path: str, fault: dict[str, Any]
) -> None:
    ada = office.apply("Zebedee Quux", emails=["zebedee@candidates.example.com"])
    office.faults.add(service, path=path, times=None, **fault)
    with pytest.raises(ApiError) as error:
        office.run(ada)
    chain: list[BaseException] = [error.value]
    while (earlier := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(earlier)
    said = "\n".join([*map(str, chain), *map(repr, chain), logged(), json.dumps(office.progress.as_json())]).casefold()
    assert [word for word in PERSONAL if word in said] == []


def test_the_reprs_of_objects_show_no_personal_data(office: Office) -> None:
    ada = office.apply("Zebedee Quux", emails=["zebedee@candidates.example.com"])
    office.run(ada)
    office.candidates.finish(ada)
    lever, alva = office.lever(), office.alva()
    candidate = alva.find_candidate(ada)
    assert candidate is not None
    shown = [lever.opportunity(ada), candidate, alva.results(candidate.id), lever.posting(office.posting)]
    said = "\n".join(map(repr, shown)).casefold()
    assert [word for word in PERSONAL if word in said] == []
