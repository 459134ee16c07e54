"""Some calls, one of each kind, get a lasting 4xx: the fifty others are done in that run, and these in the next.

The spoiled ones come first, last, in a row or among the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from include.sandbox import Sandbox
from include.sandbox.alva.models import Invitee
from include.sandbox.lever import changes
from include.sandbox.lever.models import Comment
from tests.dags.people import (
    INVITE,
    NOW,
    RESULTS,
    THIS_HOUR,
    announced,
    applied,
    candidate_id,
    covered,
    lately_ms,
    ms,
    notes,
    sent,
    tags,
    told,
    waiting,
)  # fmt: skip
from tests.dags.runner import HOUR, Runner

QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)
PEOPLE = 50
# Each status with the place of the spoiled ones.
STATUSES = pytest.mark.parametrize(
    ("status", "place"), [(400, "first"), (403, "in a row"), (404, "last"), (409, "among the others"), (422, "last")]
)
LEFT = "leftover"
FAULTS = {400: "refused", 403: "forbidden", 404: "not_found", 409: "conflict", 422: "refused"}
SENT, DONE = ["Invitation Sent"], ["High role fit", "Completed"]
# Alva's final answer about a candidate or a posting: a retry would get the same one.
_ITS_WORD = {400: "refused_by_alva", 422: "refused_by_alva"}


@dataclass
class Scene:
    """The candidates and postings, and the calls that are spoiled."""

    sandbox: Sandbox
    posting: str
    status: int
    spoiled: dict[str, str] = field(default_factory=dict)
    # The word in the report for each spoiled one.
    words: dict[str, str] = field(default_factory=dict)
    # The id of its leftover, if that isn't the opportunity's or the posting's.
    known_as: dict[str, str] = field(default_factory=dict)

    def person(self, *, posting: str | None = None, **options: Any) -> str:
        return applied(self.sandbox, posting or self.posting, **options)

    def posting_of_its_own(self) -> str:
        return self.sandbox.recruiter.add_posting("Cook", team="Kitchen")

    def in_alva(self, **options: Any) -> str:
        """Adds a candidate who is invited in Alva."""
        one = self.person(**options)
        self._invite(one)
        return one

    def _invite(self, one: str) -> None:
        sandbox = self.sandbox
        row = sandbox.world.lever.opportunity(one)
        assert row.application is not None
        posting = row.application.posting
        positions = sandbox.world.alva.positions
        known = [position for position in positions.all() if position.facts.external_id == posting.id]
        position_id = known[0].id if known else sandbox.candidates.add_position(posting.text, external_id=posting.id)
        ada = Invitee(email=row.contact.emails[0], first_name="Ada", last_name="Byron", external_id=one)
        sandbox.world.alva.roster.invite(position_id, ada)

    def spoil(self, one: str, service: str, method: str, path: str, word: dict[int, str], **query: str) -> str:
        """Spoils a call. `word`: the word in the report by status, if it isn't a leftover."""
        self.sandbox.faults.add(service, method, path, status=self.status, query=query, times=None)
        self.spoiled[one] = f"{method} {path}"
        self.words[one] = word.get(self.status, LEFT)
        return one

    @property
    def left(self) -> dict[str, tuple[str, int]]:
        return {
            self.known_as.get(one, one): (FAULTS[self.status], 1) for one, word in self.words.items() if word == LEFT
        }

    def counts(self, others: int, word: str) -> dict[str, int]:
        return dict(Counter([*self.words.values(), *[word] * others]))


def placed(place: str, make_bad: list[Callable[[], str]], make_good: Callable[[], str], count: int) -> list[str]:
    """Makes the good and the spoiled ones in the order of `place`. Returns the good ones."""
    good: list[str] = []
    before = {"first": 0, "in a row": count // 2, "last": count, "among the others": 0}[place]
    step = count // (len(make_bad) + 1) if place == "among the others" else 0
    for make in make_bad:
        good += [make_good() for _ in range(before if make is make_bad[0] else 0)]
        good += [make_good() for _ in range(step)]
        make()
    return [*good, *(make_good() for _ in range(count - len(good)))]


def clean(sandbox: Sandbox, ids: Iterable[str]) -> list[str]:
    """Returns the ids without a note and without the tag of a failure."""
    return [one for one in ids if not notes(sandbox, one) and "Invitation Failed" not in tags(sandbox, one)]


class TestPoll:
    @pytest.fixture
    def scene(self, sandbox: Sandbox, posting: str, status: int) -> Scene:
        return Scene(sandbox, posting, status)

    def spoiled(self, scene: Scene) -> list[Callable[[], str]]:
        add, spoil, sandbox = scene.person, scene.spoil, scene.sandbox

        def of_opportunity(method: str, what: str, word: dict[int, str], **options: Any) -> Callable[[], str]:
            def make() -> str:
                one = add(**options)
                return spoil(one, "lever", method, f"/opportunities/{one}{what}", word)

            return make

        def posting() -> str:
            own = scene.posting_of_its_own()
            return spoil(add(posting=own), "lever", "GET", f"/postings/{own}", {403: "confidential", 404: "no_posting"})

        def looked_for() -> str:
            one = add()
            return spoil(one, "alva", "GET", "/candidates", {}, external_id=one)

        def added() -> str:
            own = scene.posting_of_its_own()
            position = sandbox.candidates.add_position("Cook", external_id=own)
            word = {**_ITS_WORD, 404: "refused_by_alva", 409: "refused_by_alva"}
            return spoil(add(posting=own), "alva", "POST", f"/job_positions/{position}/candidates", word)

        def position_looked_for() -> str:
            own = scene.posting_of_its_own()
            return spoil(add(posting=own), "alva", "GET", "/job_positions", {}, external_id=own)

        def position_changed() -> str:
            own = scene.posting_of_its_own()
            position = sandbox.candidates.add_position("Chef", external_id=own)
            word = dict.fromkeys((400, 404, 409, 422), "trigger_stage")
            return spoil(add(posting=own), "alva", "PATCH", f"/job_positions/{position}", word)

        def position_made() -> str:
            return spoil(
                add(posting=scene.posting_of_its_own()), "alva", "POST", "/job_positions",
                {**_ITS_WORD, 404: "refused_by_alva"},
            )  # fmt: skip

        def reminded() -> str:
            one = scene.in_alva(tags=["Alva: Invitation Bounced"])
            sandbox.candidates.bounce(one)
            return spoil(one, "alva", "POST", f"/candidates/{candidate_id(sandbox, one)}/invitation", _ITS_WORD)

        def hired() -> str:
            one = scene.in_alva(stage="Offer")
            sandbox.recruiter.hire(one, at_ms=lately_ms())
            return spoil(one, "alva", "PATCH", f"/candidates/{candidate_id(sandbox, one)}", {})

        def deleted() -> str:
            one = scene.in_alva()
            sandbox.recruiter.delete(one, at_ms=lately_ms())
            return spoil(one, "alva", "DELETE", f"/candidates/{candidate_id(sandbox, one)}", {})

        failed = {"tags": ["Alva: Invitation Failed"]}
        return [
            of_opportunity("GET", "", {403: "confidential", 404: "gone"}),
            of_opportunity("GET", "/notes", {}, **failed),
            of_opportunity("POST", "/notes", {}, emails=[]),
            of_opportunity("POST", "/addTags", {}),
            of_opportunity("POST", "/removeTags", {}, **failed),
            posting, looked_for, added, position_looked_for, position_changed, position_made, reminded, hired, deleted,
        ]  # fmt: skip

    @STATUSES
    def test_the_hourly_run_does_all_others(
        self, hourly: Runner, sandbox: Sandbox, scene: Scene, status: int, place: str
    ) -> None:
        # This position exists, so that only the spoiled posting needs a new one.
        sandbox.candidates.add_position("Data Engineer", external_id=scene.posting, team="Platform")
        good = placed(place, self.spoiled(scene), scene.person, PEOPLE)
        run = hourly.scheduled(THIS_HOUR, THIS_HOUR + HOUR)
        assert [(sent(sandbox, one), tags(sandbox, one)) for one in good] == [(1, SENT)] * PEOPLE
        assert clean(sandbox, good) == good
        assert (run.state, run.counts) == ("failed", scene.counts(PEOPLE, "trigger_stage"))
        assert told(run) == scene.left
        assert run.report is not None
        assert {one: word for word in set(run.counts) for one in run.report["ids"][word] if one in scene.words} == (
            scene.words
        )
        assert covered() == THIS_HOUR + HOUR
        left = [one for one, word in scene.words.items() if word == LEFT]
        # No note says that Alva refused them.
        assert [one for one in left if "refused" in "".join(self.refs(sandbox, one))] == []
        sandbox.faults.clear()
        run = hourly.scheduled(THIS_HOUR + HOUR)
        assert (run.state, told(run), waiting()) == ("success", {}, {})
        assert run.report is not None
        assert sorted(one for ids in run.report["ids"].values() for one in ids) == sorted(left)
        assert [one for one in [*left, *good] if sent(sandbox, one) > 2] == []

    def refs(self, sandbox: Sandbox, one: str) -> list[str]:
        if sandbox.world.lever.opportunities.get(one) is None:
            return []
        return [text.rpartition("\n")[2] for text in notes(sandbox, one)]

    @STATUSES
    def test_an_events_run_does_all_others(
        self, events: Runner, sandbox: Sandbox, scene: Scene, status: int, place: str
    ) -> None:
        sandbox.candidates.add_position("Data Engineer", external_id=scene.posting, team="Platform")
        good = placed(place, self.spoiled(scene), scene.person, PEOPLE)
        resulted = scene.in_alva(tags=["Alva: Invitation Sent"], stage="Offer")
        candidate = sandbox.candidates.finish(resulted, 82)
        scene.spoil(resulted, "alva", "GET", f"/candidates/{candidate}", {404: "not_in_alva"})
        scene.known_as[resulted] = candidate
        lever = sandbox.world.lever
        of = {
            one: "deleted" if lever.opportunities.get(one) is None
            else "hired" if sandbox.look(one)["archived"] else "stage_changed"
            for one in [*scene.words, *good] if one != resulted
        }  # fmt: skip
        deliveries = [delivery for one, kind in of.items() for delivery in announced(kind, one)]
        run = events.manual(deliveries=[*deliveries, {"kind": "results", "candidate": candidate}])
        assert [(sent(sandbox, one), tags(sandbox, one)) for one in good] == [(1, SENT)] * PEOPLE
        assert clean(sandbox, good) == good
        assert (run.state, run.counts) == ("failed", scene.counts(PEOPLE, "trigger_stage"))
        assert told(run) == scene.left
        sandbox.faults.clear()
        for dag_id, end in ((INVITE, HOUR), (RESULTS, QUARTER)):
            # A window before all of it, so that the run has only the leftovers.
            run = Runner(dag_id).scheduled(THIS_HOUR - 30 * DAY - end, THIS_HOUR - 30 * DAY)
            assert (run.state, waiting(dag_id)) == ("success", {})
        assert status == 404 or tags(sandbox, resulted) == DONE


class TestResults:
    @pytest.fixture
    def scene(self, sandbox: Sandbox, posting: str, status: int, monkeypatch: pytest.MonkeyPatch) -> Scene:
        options = '{"trigger_stage": "New applicant", "progression_stage": "Offer"}'
        monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", options)
        return Scene(sandbox, posting, status)

    def completed(self, scene: Scene) -> str:
        one = scene.in_alva(tags=["Alva: Invitation Sent"])
        scene.sandbox.candidates.finish(one, 82)
        return one

    def spoiled(self, scene: Scene) -> Iterator[Callable[[], str]]:
        sandbox, spoil = scene.sandbox, scene.spoil

        def of_opportunity(method: str, what: str, word: dict[int, str]) -> Callable[[], str]:
            def make() -> str:
                one = self.completed(scene)
                return spoil(one, "lever", method, f"/opportunities/{one}{what}", word)

            return make

        def note_changed() -> str:
            one = self.completed(scene)
            text = f"Old\nRef: alva-lever/result/{candidate_id(sandbox, one)} completed 00000000"
            row = sandbox.world.lever.opportunity(one)
            note = changes.add_note(
                sandbox.world.lever, row, Comment(value=text, created_at=ms(NOW) - 1000, stage=row.stage.id)
            )
            return spoil(one, "lever", "PUT", f"/opportunities/{one}/notes/{note.id}", {})

        def results() -> str:
            one = self.completed(scene)
            return spoil(one, "alva", "GET", f"/candidates/{candidate_id(sandbox, one)}/results", {})

        yield of_opportunity("GET", "", {403: "confidential", 404: "gone"})
        for method, what in (
            ("GET", "/notes"), ("POST", "/notes"), ("POST", "/addLinks"), ("PUT", "/stage"), ("POST", "/removeTags"),
            ("POST", "/addTags"),
        ):  # fmt: skip
            yield of_opportunity(method, what, {})
        yield note_changed
        yield results

    def check(self, results: Runner, scene: Scene, good: list[str], window: dict[str, Any]) -> None:
        sandbox = scene.sandbox
        run = results.manual(opportunity_ids=[*scene.words, *good]) if not window else results.scheduled(**window)
        assert [(tags(sandbox, one), len(notes(sandbox, one))) for one in good] == [(DONE, 1)] * PEOPLE
        assert (run.state, run.counts) == ("failed", scene.counts(PEOPLE, "completed"))
        assert told(run) == scene.left
        sandbox.faults.clear()
        run = results.scheduled(THIS_HOUR - 30 * DAY, THIS_HOUR - 30 * DAY + QUARTER)
        assert (run.state, waiting(RESULTS)) == ("success", {})
        left = [one for one, word in scene.words.items() if word == LEFT]
        assert [(tags(sandbox, one), len(notes(sandbox, one))) for one in left] == [(DONE, 1)] * len(left)
        assert {sandbox.look(one)["stage"] for one in [*left, *good]} == {"Offer"}

    @STATUSES
    def test_a_results_run_over_a_window_does_all_others(
        self, results: Runner, sandbox: Sandbox, scene: Scene, status: int, place: str
    ) -> None:
        def unreadable() -> str:
            """Its row has no readable external id, and the read by its own id is refused."""
            one = self.completed(scene)
            candidate = candidate_id(sandbox, one)

            def spoil(answer: dict[str, Any]) -> None:
                for row in answer["data"]:
                    if row["id"] == candidate:
                        row["external_id"] = ["?"]

            sandbox.faults.add("alva", "GET", "/candidates", kind="edit", action=spoil, times=None)
            scene.known_as[one] = candidate
            return scene.spoil(one, "alva", "GET", f"/candidates/{candidate}", {404: "not_in_alva"})

        good = placed(place, [*self.spoiled(scene), unreadable], lambda: self.completed(scene), PEOPLE)
        self.check(results, scene, good, {"start": THIS_HOUR, "end": THIS_HOUR + QUARTER})

    @STATUSES
    def test_a_results_run_that_names_them_does_all_others(
        self, results: Runner, sandbox: Sandbox, scene: Scene, status: int, place: str
    ) -> None:
        def looked_for() -> str:
            one = self.completed(scene)
            return scene.spoil(one, "alva", "GET", "/candidates", {}, external_id=one)

        good = placed(place, [*self.spoiled(scene), looked_for], lambda: self.completed(scene), PEOPLE)
        self.check(results, scene, good, {})


class TestNight:
    @STATUSES
    def test_the_nightly_run_does_all_others(
        self, nightly: Runner, sandbox: Sandbox, posting: str, status: int, place: str
    ) -> None:
        scene = Scene(sandbox, posting, status)

        def good() -> str:
            own = scene.posting_of_its_own()
            sandbox.candidates.add_position("Chef", external_id=own)
            return own

        def read() -> str:
            own = good()

            # The name in the listing is unreadable, so the run reads the posting by id.
            def spoil(answer: dict[str, Any]) -> None:
                for row in answer["data"]:
                    if row["id"] == own:
                        row["text"] = 5

            sandbox.faults.add("lever", "GET", "/postings", kind="edit", action=spoil, times=None)
            return scene.spoil(own, "lever", "GET", f"/postings/{own}", {403: "confidential", 404: "gone"})

        def looked_for() -> str:
            own = good()
            return scene.spoil(own, "alva", "GET", "/job_positions", {}, external_id=own)

        def changed() -> str:
            own = good()
            position = sandbox.world.alva.positions.named(own).id
            return scene.spoil(own, "alva", "PATCH", f"/job_positions/{position}", {})

        def by_its_id() -> str:
            """Its row has no readable external id, and the read by its own id is refused."""
            own = good()
            position = sandbox.world.alva.positions.named(own).id

            def spoil(answer: dict[str, Any]) -> None:
                for row in answer["data"]:
                    if row["id"] == position:
                        row["external_id"] = ["?"]

            sandbox.faults.add("alva", "GET", "/job_positions", kind="edit", action=spoil, times=None)
            scene.known_as[own] = position
            return scene.spoil(own, "alva", "GET", f"/job_positions/{position}", {404: "gone"})

        made = placed(place, [read, looked_for, changed, by_its_id], good, PEOPLE)
        run = nightly.scheduled(THIS_HOUR - DAY, THIS_HOUR)
        facts = sandbox.world.alva.positions.named
        assert {facts(one).facts.name for one in made} == {"Cook"}
        assert (run.state, run.counts) == ("failed", scene.counts(PEOPLE, "updated"))
        assert told(run) == scene.left
        sandbox.faults.clear()
        run = nightly.scheduled(THIS_HOUR, THIS_HOUR + DAY)
        assert (run.state, told(run)) == ("success", {})
        assert {facts(one).facts.name for one in [*made, *scene.words]} == {"Cook"}
