"""People in the sandbox, and what has become of them: for tests of the page in requests and in a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from include.sandbox import Sandbox
from tests.dags.people import THIS_HOUR, lately_ms
from tests.dags.runner import Runner

TRIGGER, ELSEWHERE = "New applicant", "Recruiter screen"
NAME, ADDRESS = "Ada Byron", "ada@candidates.example.com"


class Story:
    """Candidates in the sandbox, and runs of the hourly DAG."""

    def __init__(self, sandbox: Sandbox, posting: str, hourly: Runner) -> None:
        self.sandbox, self.recruiter, self.posting, self.hourly = sandbox, sandbox.recruiter, posting, hourly

    def apply(self, **fields: Any) -> str:
        given = {"emails": [ADDRESS], **fields}
        return self.recruiter.apply(given.pop("posting", self.posting), NAME, **given)

    def run(self, opportunity: str) -> dict[str, int]:
        return self.hourly.manual(opportunity_ids=[opportunity]).counts

    def invited(self) -> str:
        ada = self.apply()
        assert self.run(ada) == {"trigger_stage": 1}
        return ada

    def failed(self) -> str:
        ada = self.apply(emails=[])
        assert self.run(ada) == {"missing_email": 1}
        return ada

    def bounced(self, results: Runner) -> str:
        ada = self.invited()
        self.sandbox.candidates.bounce(ada)
        assert results.manual(opportunity_ids=[ada]).counts == {"bounced": 1}
        return ada

    def expired(self) -> str:
        """A candidate on a posting whose job position has expired."""
        self.invited()
        self.sandbox.candidates.expire_position(self.posting)
        bo = self.recruiter.apply(self.posting, "Bo Ek", ["bo@candidates.example.com"])
        assert self.run(bo) == {"refused_by_alva": 1}
        return bo


def gone(story: Story) -> str:
    return story.recruiter.delete(story.apply())


def confidential(story: Story) -> str:
    return story.apply(posting=story.recruiter.add_posting("Secret", confidential=True))


def skipped(story: Story) -> str:
    return story.apply(posting=story.recruiter.add_posting("Old", tags=["Alva: Skip Assessment"]))


def screened(story: Story) -> str:
    return story.apply(posting=story.recruiter.add_posting("New", tags=["Alva: Screening"]), stage=ELSEWHERE)


ROWS: dict[int, tuple[Callable[[Story], str], str]] = {
    1: (gone, "Lever has no opportunity with this id."),
    2: (confidential, "Lever refuses to show it to the API key."),
    3: (lambda story: story.recruiter.archive(story.apply()), "It was archived on 20"),
    4: (Story.invited, "It has `Alva: Invitation Sent`. Nobody is invited twice."),
    5: (Story.failed, "It has `Alva: Invitation Failed`, and nothing has asked again since."),
    6: (lambda story: story.apply(stage=ELSEWHERE, tags=["Alva: Send Tests"]), "It has `Alva: Send Tests`."),
    7: (skipped, "Its posting has `Alva: Skip Assessment`."),
    8: (lambda story: story.apply(origin="agency"), "Its origin, `agency`, is blocked."),
    9: (Story.apply, f"It is in the trigger stage, {TRIGGER}, since 20"),
    10: (screened, "Its posting has `Alva: Screening`, and its application of 20"),
    12: (lambda story: story.apply(stage=ELSEWHERE), "No row above holds: nothing asks for an invitation."),
}


def in_each_state(hourly: Runner, results: Runner, sandbox: Sandbox, posting: str) -> dict[str, str]:
    """Returns a candidate for each state: sent, bounced, completed, failed."""
    people = {
        state: sandbox.recruiter.apply(posting, name, emails=[f"{state}@candidates.example.com"], at_ms=lately_ms())
        for state, name in (("sent", "Ada Byron"), ("bounced", "Bob Noyce"), ("completed", "Cy Young"))
    }
    people["failed"] = sandbox.recruiter.apply(posting, "Di Ritchie", emails=[], at_ms=lately_ms())
    hourly.scheduled(THIS_HOUR)
    sandbox.candidates.bounce(people["bounced"])
    sandbox.candidates.finish(people["completed"])
    results.scheduled(THIS_HOUR)
    return people
