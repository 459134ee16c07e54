"""What the board shows: plain rows, read from the world under its lock. People here are made up, so names are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from include.sandbox.alva.models import BOUNCED, COMPLETED, STARTED, Candidate
from include.sandbox.lever.account import LeverAccount
from include.sandbox.lever.models import ORIGINS, Opportunity, Posting
from include.sandbox.simulation import Simulation

SHOWN = 20  # of each column; a person finds the others by name
ARCHIVED = "archived"
# What people may set by hand for the integration; its documentation has them.
CANDIDATE_TAGS = ("Alva: Send Tests",)
POSTING_TAGS = ("Alva: Screening", "Alva: Skip Assessment")


@dataclass(frozen=True, slots=True, repr=False)
class Choice:
    """Something to choose: a stage, a posting, a reason."""

    id: str
    text: str


@dataclass(frozen=True, slots=True, repr=False)
class Card:
    """An opportunity as its card shows it. ``before`` and ``after``: the neighbouring stages, None at the ends."""

    id: str
    name: str
    posting: str | None
    confidential: bool
    archived: str | None
    tags: tuple[str, ...]
    notes: int
    links: tuple[str, ...]
    before: Choice | None
    after: Choice | None


@dataclass(frozen=True, slots=True, repr=False)
class Column:
    """A stage, or the archive. ``count``: of all its cards; ``cards``: the first of them."""

    id: str
    text: str
    pipeline: str
    count: int
    cards: tuple[Card, ...]

    @property
    def more(self) -> int:
        return self.count - len(self.cards)


@dataclass(frozen=True, slots=True, repr=False)
class Note:
    author: str
    text: str


@dataclass(frozen=True, slots=True, repr=False)
class AlvaCard:
    """A candidate in Alva. ``opportunity`` None: added by hand in Alva, which no move of the sandbox can name."""

    id: str
    opportunity: str | None
    name: str
    position: str
    state: str  # one word, which the stylesheet knows as well
    tests: tuple[tuple[str, str], ...]
    role_fit: float | None
    stage: str
    url: str

    @property
    def can_bounce(self) -> bool:
        return self.state in ("invited", "started")


@dataclass(frozen=True, slots=True, repr=False)
class Alva:
    count: int
    cards: tuple[AlvaCard, ...]

    @property
    def more(self) -> int:
        return self.count - len(self.cards)


@dataclass(frozen=True, slots=True, repr=False)
class Details:
    """One opportunity in both services."""

    card: Card
    stage: Choice
    origin: str
    emails: tuple[str, ...]
    notes: tuple[Note, ...]
    alva: AlvaCard | None


@dataclass(frozen=True, slots=True)
class Webhooks:
    registered: int
    switched_on: bool
    waiting: int
    delivered: int
    failed: int


@dataclass(frozen=True, slots=True, repr=False)
class Choices:
    """What the forms offer."""

    stages: tuple[Choice, ...]
    postings: tuple[Choice, ...]
    reasons: tuple[Choice, ...]
    origins: tuple[str, ...] = ORIGINS
    candidate_tags: tuple[str, ...] = CANDIDATE_TAGS
    posting_tags: tuple[str, ...] = POSTING_TAGS


@dataclass(frozen=True, slots=True, repr=False)
class Scene:
    """All that the page shows at one moment. ``candidate`` None: it is gone, or none is asked for."""

    columns: tuple[Column, ...]
    alva: Alva
    webhooks: Webhooks
    choices: Choices
    candidate: Details | None = None


@dataclass(slots=True)
class _Pile:
    """The first cards of a column, and how many there are."""

    count: int = 0
    first: list[Opportunity] = field(default_factory=list)

    def add(self, row: Opportunity) -> None:
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(row)


def look(simulation: Simulation, search: str = "", opportunity_id: str | None = None) -> Scene:
    """Reads the world. ``search``: a part of a name; ``opportunity_id``: the candidate whose details are open."""
    with simulation.world.lock:
        lever = simulation.world.lever
        sent = simulation.deliveries.summary()
        opened = None if opportunity_id is None else lever.opportunities.get(opportunity_id)
        return Scene(
            columns=_columns(lever, search.strip().casefold()),
            alva=_alva(simulation, search.strip().casefold()),
            webhooks=Webhooks(
                registered=len(lever.webhooks),
                switched_on=bool(lever.switched_on),
                waiting=sent["waiting"],
                delivered=sent["delivered"],
                failed=sent["failed"],
            ),
            choices=_choices(lever),
            candidate=None if opened is None else _details(simulation, opened),
        )


def _columns(lever: LeverAccount, search: str) -> tuple[Column, ...]:
    """Returns the stages in order, then the archive. Each has the latest arrivals first, as Lever lists them."""
    piles = {stage_id: _Pile() for stage_id in [*lever.stages, ARCHIVED]}
    for row in lever.opportunities:
        if not search or search in row.contact.name.casefold():
            piles[ARCHIVED if row.archived else row.stage.id].add(row)
    named = [(stage.id, stage.text, stage.pipeline) for stage in lever.stages.values()]
    return tuple(
        Column(column_id, text, pipeline, piles[column_id].count, _cards(lever, piles[column_id].first))
        for column_id, text, pipeline in [*named, (ARCHIVED, "Archived", ARCHIVED)]
    )


def _cards(lever: LeverAccount, rows: Iterable[Opportunity]) -> tuple[Card, ...]:
    return tuple(_card(lever, row) for row in rows)


def _card(lever: LeverAccount, row: Opportunity) -> Card:
    derived = row.posting.derived_tags() if row.posting else []  # they only repeat the posting
    stages = [Choice(stage.id, stage.text) for stage in lever.stages.values()]
    place = lever.stage_index(row.stage)
    return Card(
        id=row.id,
        name=_name(row.contact.name, row.contact.anonymised),
        posting=row.posting.text if row.posting else None,
        confidential=row.confidential,
        archived=lever.archive_reason(row.archived.reason).text if row.archived else None,
        tags=tuple(sorted((tag for tag in row.tags if tag not in derived), key=_alvas_first)),
        notes=len(row.notes),
        links=tuple(row.contact.links),
        before=stages[place - 1] if place > 0 else None,
        after=stages[place + 1] if place + 1 < len(stages) else None,
    )


def _name(name: str, anonymised: bool) -> str:
    return "(anonymised)" if anonymised else name or "(no name)"


def _alvas_first(tag: str) -> bool:
    return not tag.casefold().startswith("alva")


def _details(simulation: Simulation, row: Opportunity) -> Details:
    lever, alva = simulation.world.lever, simulation.world.alva
    candidate = alva.roster.newest(row.id)
    return Details(
        card=_card(lever, row),
        stage=Choice(row.stage.id, row.stage.text),
        origin=row.origin,
        emails=tuple(row.contact.emails),
        notes=tuple(
            Note(
                lever.users[note.user].name if note.user in lever.users else "The integration",
                "\n\n".join(comment.value for comment in note.comments),
            )
            for note in reversed(row.notes.values())
        ),
        alva=None if candidate is None else _alva_card(simulation, candidate),
    )


def _alva(simulation: Simulation, search: str) -> Alva:
    """Returns the candidates in Alva, the latest first; of several for one opportunity the one that a move would
    change."""
    roster = simulation.world.alva.roster
    found: dict[str, Candidate] = {}
    for candidate in roster.all():
        if not search or search in _alva_name(candidate).casefold():
            found[candidate.external_id or candidate.id] = roster.get(candidate.id)
    latest = islice(reversed(found.values()), SHOWN)
    return Alva(len(found), tuple(_alva_card(simulation, candidate) for candidate in latest))


def _alva_card(simulation: Simulation, candidate: Candidate) -> AlvaCard:
    return AlvaCard(
        id=candidate.id,
        opportunity=candidate.external_id,
        name=_name(_alva_name(candidate), candidate.anonymised),
        position=simulation.world.alva.positions.get(candidate.position_id).facts.name,
        state=_state(candidate),
        tests=tuple((test.type, test.status) for test in candidate.assessments),
        role_fit=None if candidate.role_fit is None else candidate.role_fit.score,
        stage=candidate.stage,
        url=candidate.url,
    )


def _alva_name(candidate: Candidate) -> str:
    return " ".join(part for part in (candidate.first_name, candidate.last_name) if part)


def _state(candidate: Candidate) -> str:
    if candidate.anonymised:
        return "anonymised"
    if candidate.completed:
        return "completed"
    if candidate.invitation is not None and candidate.invitation.status == BOUNCED:
        return "bounced"
    begun = any(test.status in (STARTED, COMPLETED) for test in candidate.assessments)
    return "started" if begun else "invited"


def _choices(lever: LeverAccount) -> Choices:
    return Choices(
        stages=tuple(Choice(stage.id, stage.text) for stage in lever.stages.values()),
        postings=tuple(Choice(posting.id, _posting(posting)) for posting in lever.postings.values()),
        reasons=tuple(
            Choice(reason.id, reason.text)
            for reason in lever.archive_reasons.values()
            if reason.type != "hired" and reason.status == "active"
        ),
    )


def _posting(posting: Posting) -> str:
    """Names a posting, with the tags on it that mean something to the integration."""
    said: Sequence[str] = [tag for tag in posting.tags if tag in POSTING_TAGS]
    said = [*said, "confidential"] if posting.confidential else said
    return f"{posting.text} ({', '.join(said)})" if said else posting.text
