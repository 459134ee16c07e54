"""Whole runs of every kind in which one row of an answer has a field that is null, missing or of another type.

All other rows are done. This one is done, or it ends as a fault, or the report counts it under the field's own word.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from alva_lever.batch.batch import Unfinished
from alva_lever.http.errors import ApiError
from alva_lever.rules.events import Event, Kind
from alva_lever.settings import Options
from include.sandbox.alva.wire import AlvaError
from tests.http.shapes import MISSING, Path, _changed, _paths
from tests.sync.office import FURTHER, MINUTE_MS, TRIGGER, Office

Json = dict[str, Any]
_OTHERS: list[Any] = [True, 5, "x", [], [None], {}, "", ["x"], {"id": None}, 1.5]
# Words that the report may use only if the vendor's answer says so.
SAID = {"gone", "confidential", "no_posting", "refused_by_alva", "not_in_alva"}
# The fields of an opportunity and of a posting that are read. The test spoils all others at once.
OPPORTUNITY = frozenset({
    "id", "contact", "name", "emails", "links", "stage", "stageChanges", "confidentiality", "isAnonymized", "archived",
    "tags", "origin", "applications", "createdAt", "updatedAt", "lastAdvancedAt",
})  # fmt: skip
AFTER = frozenset({"id", "links", "stage", "confidentiality", "isAnonymized", "archived", "tags", "applications"})
POSTING = frozenset({"id", "text", "confidentiality", "tags", "categories", "hiringManager"})


@dataclass
class Ran:
    """The outcome of a run. `early`: it ended before all others were done."""

    words: dict[str, str] = field(default_factory=dict)
    faults: set[str] = field(default_factory=set)
    red: bool = False
    early: bool = False

    def add(self, ids: dict[str, list[str]]) -> None:
        self.words |= {one: word for word, some in ids.items() for one in some}


Run = Callable[[Office, list[str]], Ran]
Make = Callable[[Office], str]


def doing(office: Office, ran: Ran, do: Callable[[], object]) -> Ran:
    """Runs one batch and records its outcome, also if it fails."""
    try:
        do()
    except Unfinished:
        ran.red = True
    except ApiError:
        ran.red = ran.early = True
    ran.add(office.progress.report.ids)
    ran.faults |= set(office.progress.faults)
    return ran


def poll(office: Office, people: list[str]) -> Ran:
    ran, window = Ran(), office.window()
    try:
        found = office.find(window)
    except ApiError:
        return Ran(red=True, early=True)
    ran.add(found.report.ids)
    for batch in found.batches:
        office.begin()
        doing(office, ran, partial(office.do, batch, window=window))
    return ran


def results(office: Office, people: list[str]) -> Ran:
    return doing(office, Ran(), lambda: office.push(since_ms=office.clock.now_ms() - 60 * MINUTE_MS))


def deliveries(*kinds: Kind) -> Run:
    def run(office: Office, people: list[str]) -> Ran:
        office.begin()
        events = [Event(kind, one) for one in people for kind in kinds]
        return doing(office, Ran(), partial(office.deliver, *events))

    return run


def results_by_alva(office: Office, people: list[str]) -> Ran:
    office.begin()
    ids = [str(office.in_alva(one)["id"]) for one in people]

    events = [Event(Kind.RESULTS, candidate_id=one) for one in ids]
    ran = doing(office, Ran(), partial(office.deliver, *events))
    ran.faults |= {one for one, candidate in zip(people, ids, strict=True) if candidate in ran.faults}
    return ran


def night(office: Office, people: list[str]) -> Ran:
    ran = doing(office, Ran(), office.sync)
    positions = office.sandbox.world.alva.positions
    # A job position whose posting can't be read is reported by its own id.
    for one in people:
        if positions.named(one).id in ran.faults:
            ran.faults.add(one)
    return ran


# The candidates and postings.


def applicant(office: Office) -> str:
    own = office.recruiter.add_posting("Cook", team="Kitchen", hiring_manager_email="mo@hiring.example.com")
    return office.apply(posting=own)


def asks_again(office: Office) -> str:
    """A candidate without an address, with a failure note, who entered the trigger stage again."""
    ada = office.apply(emails=[])
    office.run(ada)
    office.reenter(ada)
    return ada


def cut_off(office: Office) -> str:
    """An invited candidate without the tag."""
    ada = applicant(office)
    office.run(ada)
    office.recruiter.untag(ada, "Alva: Invitation Sent")
    return ada


def completed(office: Office) -> str:
    ada = office.apply()
    office.run(ada)
    office.candidates.finish(ada, 82)
    return ada


def updated(office: Office) -> str:
    """A candidate whose results changed after the note about them."""
    ada = completed(office)
    office.push(ada)
    office.candidates.refit(ada, 20)
    return ada


def hired(office: Office) -> str:
    ada = office.apply()
    office.run(ada)
    office.recruiter.hire(ada)
    return ada


def deleted(office: Office) -> str:
    ada = office.apply(emails=[f"{uuid4()}@candidates.example.com"])
    office.run(ada)
    office.recruiter.delete(ada)
    return ada


def renamed(office: Office) -> str:
    """A posting whose job position has another name and owner."""
    with suppress(AlvaError):
        office.candidates.add_user("mo@hiring.example.com")
    own = office.recruiter.add_posting("Cook", team="Kitchen", hiring_manager_email="mo@hiring.example.com")
    office.candidates.add_position("Chef", external_id=own)
    return own


def state(office: Office, one: str) -> object:
    """Returns what the runs wrote about a candidate or a posting."""
    world = office.sandbox.world
    if one in [posting.id for posting in world.lever.postings.values()]:
        facts = world.alva.positions.named(one).facts
        return facts.name, facts.team, facts.owner_email
    candidate: Any = office.candidates.find(one)["candidate"]
    there = candidate and candidate["stage"]
    if world.lever.opportunities.get(one) is None:
        return there
    kept = office.sandbox.look(one)
    refs = [ref.split("/")[:2] if ref.startswith("failure") else ref.split(" ")[1:2] for ref in office.refs(one)]
    return office.status(one), refs, len(kept["links"]), kept["stage"], there, office.sent(one)


@dataclass(frozen=True)
class Place:
    """An answer with one row to spoil.

    `of`: whether a row is the one to spoil. `read`: the fields that are read, if the row has others too.
    `may_end`: the fields that may end the whole run. `needed`: the fields without which the row can't be done.
    `others`: how many values of other types each field gets.
    """

    name: str
    run: Run
    make: Make
    service: str
    method: str
    path: str
    of: Callable[[Office, str, Json], bool]
    read: frozenset[str] = frozenset()
    may_end: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()
    others: int = 1
    progression_stage: str | None = None

    def rows(self, answer: Json) -> list[Json]:
        data = answer.get("data", answer)
        return data if isinstance(data, list) else [data]


def by_id(office: Office, one: str, row: Json) -> bool:
    return row.get("id") == one


def of_its_posting(office: Office, one: str, row: Json) -> bool:
    application = office.sandbox.world.lever.opportunity(one).application
    return application is not None and row.get("id") == application.posting.id


def of_its_notes(office: Office, one: str, row: Json) -> bool:
    return row.get("id") in office.sandbox.world.lever.opportunity(one).notes


def of_its_position(office: Office, one: str, row: Json) -> bool:
    application = office.sandbox.world.lever.opportunity(one).application
    return application is not None and row.get("external_id") == application.posting.id


def of_the_posting(office: Office, one: str, row: Json) -> bool:
    return one in (row.get("external_id"), row.get("id"))


def of_its_candidate(office: Office, one: str, row: Json) -> bool:
    return row.get("external_id") == one


def of_its_results(office: Office, one: str, row: Json) -> bool:
    return bool(row.get("candidate_id") == office.in_alva(one)["id"])


_ID = frozenset({"id"})
_IDS = frozenset({"id", "applications"})
_NEEDED = frozenset({"id", "confidentiality", "stage", "applications"})
MOVED, HIRED, DELETED = (deliveries(kind) for kind in (Kind.MOVED, Kind.HIRED, Kind.DELETED))
PLACES = [
    Place("listing", poll, applicant, "lever", "GET", "/opportunities", by_id, OPPORTUNITY, _IDS),
    Place("by id", MOVED, applicant, "lever", "GET", "/opportunities/*", by_id, OPPORTUNITY, _IDS, _NEEDED),
    Place("posting", poll, applicant, "lever", "GET", "/postings/*", of_its_posting, POSTING,
          needed=frozenset({"id", "text", "confidentiality"})),
    Place("notes", poll, asks_again, "lever", "GET", "*/notes", of_its_notes),
    Place("who is there", poll, cut_off, "alva", "GET", "/candidates", of_its_candidate),
    Place("position", poll, cut_off, "alva", "GET", "/job_positions", of_its_position),
    Place("added", poll, applicant, "alva", "POST", "*/candidates", of_its_candidate),
    Place("tagged", poll, applicant, "lever", "POST", "*/addTags", by_id, _ID),
    Place("noted", poll, asks_again, "lever", "POST", "*/notes", of_its_notes, _ID),
    Place("changed", results, completed, "alva", "GET", "/candidates", of_its_candidate, may_end=_ID),
    Place("results", results, completed, "alva", "GET", "*/results", of_its_results),
    Place("linked", results, completed, "lever", "POST", "*/addLinks", by_id, AFTER, others=0,
          progression_stage=FURTHER),
    Place("note of results", results, updated, "lever", "GET", "*/notes", of_its_notes),
    Place("mirrored", results, completed, "lever", "GET", "/opportunities/*", by_id, AFTER, _IDS, _NEEDED, others=0),
    Place("candidate by id", results_by_alva, completed, "alva", "GET", "/candidates/*", of_its_candidate, needed=_ID),
    Place("hired", HIRED, hired, "lever", "GET", "/opportunities/*", by_id, AFTER, _IDS, _NEEDED, others=0),
    Place("hired, who is there", HIRED, hired, "alva", "GET", "/candidates", of_its_candidate),
    Place("deleted", DELETED, deleted, "lever", "GET", "/opportunities/deleted", by_id, may_end=_ID),
    Place("positions", night, renamed, "alva", "GET", "/job_positions", of_the_posting, may_end=_ID),
    Place("postings", night, renamed, "lever", "GET", "/postings", of_the_posting, POSTING, _ID),
    Place("posting by id", night, renamed, "lever", "GET", "/postings/*", of_the_posting, POSTING,
          needed=frozenset({"id", "confidentiality"})),
]  # fmt: skip


def spoiled(row: Json, place: Place) -> Iterator[tuple[Path, Any]]:
    """Yields a place in the row and another value for it; the path `()` stands for all fields that aren't read."""
    for number, path in enumerate(_paths(row)):
        if place.read and path[0] not in place.read:
            continue
        few = [_OTHERS[(number + other) % len(_OTHERS)] for other in range(place.others)]
        yield from ((path, value) for value in (MISSING, None, *few))
    if place.read:
        yield from (((), value) for value in (MISSING, None, *_OTHERS))


def says(place: Place, path: Path, value: Any) -> set[str]:
    """Returns the words that this value of the field itself means."""
    where = ".".join(str(part) for part in path)
    if place.service == "alva":
        # Without the id, the candidate isn't found, or counts as another candidate on the job.
        return {"not_in_alva", "refused_by_alva"} if where == "external_id" else set()
    if where == "isAnonymized":
        return {"gone"} if value is True else set()
    if where == "confidentiality":
        return {"confidential"} if isinstance(value, str) else set()
    if path[:1] == ("applications",):
        # No application, or one without a posting.
        return {"no_posting"} if where in ("applications", "applications.0", "applications.0.posting") else set()
    return set()


def decides(place: Place, path: Path) -> bool:
    """Returns whether another value of the field may be read as another case, such as another stage, tag or address."""
    first = path[0] if path else ""
    if place.run is night:
        return first in {"text", "categories", "hiringManager", "name", "team", "owner_email", "external_id", "id"}
    return first in {
        "stage", "archived", "tags", "emails", "stageChanges", "id", "lastAdvancedAt", "user", "fields", "deletedAt",
        "external_id", "assessments", "invitation", "role_fit",
    }  # fmt: skip


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_spoiled_row_is_done_or_a_fault_and_the_others_are_done(office: Office, place: Place) -> None:
    office.options = Options(trigger_stage=TRIGGER, progression_stage=place.progression_stage)
    rows: list[Json] = []
    path: Path = ()
    value: Any = None
    spoil = False
    ada = ""

    def edit(answer: Json) -> None:
        for row in place.rows(answer):
            if not place.of(office, ada, row):
                continue
            rows.append(copy.deepcopy(row))
            if spoil and path:
                changed = _changed(row, path, value)
                row.clear()
                row.update(changed)
            elif spoil:
                for name in set(row) - place.read:
                    row.pop(name) if value is MISSING else row.update({name: value})

    def once() -> tuple[str, list[str], Ran]:
        nonlocal ada
        office.later(120)
        # The others come before and after the spoiled one.
        others = [place.make(office)]
        ada = place.make(office)
        others.append(place.make(office))
        office.later(1)
        fault = office.faults.add(place.service, place.method, place.path, kind="edit", action=edit, times=None)
        ran = place.run(office, [others[0], ada, others[1]])
        assert fault.hits, f"{place.path} was never asked for"
        office.faults.clear()
        return ada, others, ran

    ada, others, ran = once()
    done = state(office, ada)
    assert not ran.red
    assert [state(office, one) for one in others] == [done, done]
    assert rows, f"no answer of {place.path} was about this one"
    row, spoil = rows[0], True
    seen = set()
    for path, value in list(spoiled(row, place)):
        said = f"{place.name}: {'.'.join(map(str, path)) or 'all else'} {value!r}"
        ada, others, ran = once()
        if ran.early or set(others) <= ran.faults:
            assert not place.may_end.isdisjoint(path[:1]), f"{said} ends the run"
            seen.add("ended")
            continue
        assert [state(office, one) for one in others] == [done, done], f"{said} keeps others from being done"
        assert set(ran.faults) <= {ada, *_candidates(office, ada)}, said
        word = ran.words.get(ada)
        assert word not in SAID or word in says(place, path, value), f"{said} is taken for {word}"
        if ran.red:
            assert ran.faults, said
            seen.add("left")
        else:
            missing = value in (None, MISSING) and len(path) == 1
            assert not missing or place.needed.isdisjoint(path), f"{said} is not needed"
            whole = state(office, ada) == done
            assert whole or decides(place, path) or word in says(place, path, value), f"{said} is lost as {word}"
            seen.add("done")
    # At least one spoiled value was tried and done.
    assert "done" in seen


def _candidates(office: Office, one: str) -> list[str]:
    world = office.sandbox.world
    if one in [posting.id for posting in world.lever.postings.values()]:
        return [position.id for position in world.alva.positions.all() if position.facts.external_id == one]
    candidate: Any = office.candidates.find(one)["candidate"]
    return [candidate["id"]] if candidate else []
