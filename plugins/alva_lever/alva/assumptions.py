"""Looks whether Alva's API is as `docs/alva.md` assumes it: reads one of each object, and writes nothing.

The models say which fields are read, and no field is named a second time here. Problems name the place of a field and
never its value.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from alva_lever.alva import models
from alva_lever.alva.hook import AlvaHook
from alva_lever.http.errors import ApiError, NotFound
from alva_lever.http.session import path
from alva_lever.http.wire import Untrusted, WireModel, id_of, parsed

_DAY_MS = 24 * 60 * 60 * 1000
_ATTEMPTS = 2
MODELS, HOOK = "plugins/alva_lever/alva/models.py", "plugins/alva_lever/alva/hook.py"


@dataclass(frozen=True, slots=True)
class Assumption:
    """`holds`: None if that could not be seen, and `problem` says why. `where`: the place to change if it doesn't."""

    text: str
    holds: bool | None
    problem: str
    where: str


@dataclass
class _Listing:
    """The first row of a listing. `problem`: why it can't be read."""

    name: str
    rows: list[object] = field(default_factory=list, repr=False)
    cursor: str | None = None
    problem: str = ""


class Look:
    """Looks at one Alva. `hook`: its key is known to be accepted."""

    def __init__(self, hook: AlvaHook, *, now_ms: int) -> None:
        self._hook = hook
        self._now_ms = now_ms

    def assumptions(self) -> Iterator[Assumption]:
        """Yields each assumption, after some ten calls in all."""
        positions, candidates, users = (self._listing(name) for name in ("job_positions", "candidates", "users"))
        yield self._pages((positions, candidates, users))
        yield self._fields("A job position", positions, models.PositionJson)
        yield self._fields("A candidate", candidates, models.CandidateJson)
        yield self._fields("A user", users, models.UserJson)
        candidate_id = _id_of(candidates)
        yield self._one_candidate(candidate_id)
        yield self._results(candidate_id)
        nobody, tomorrow = str(uuid.uuid4()), models.moment(self._now_ms + _DAY_MS)
        yield self._filter("`external_id` filters job positions", positions, ("external_id", nobody))
        yield self._filter("`external_id` filters candidates", candidates, ("external_id", nobody))
        yield self._filter("`updated_since` filters candidates", candidates, ("updated_since", tomorrow))
        yield self._not_found()
        text = "Job positions are written, and candidates invited, hired and removed, by the calls in `docs/alva.md`"
        yield Assumption(text, None, "only writing shows it, and this check writes nothing", HOOK)

    def _listing(self, name: str) -> _Listing:
        try:
            page = parsed(models.PageJson, self._get(path(self._hook.vendor, name), ("limit", "1")))
        except (ApiError, Untrusted) as problem:
            return _Listing(name, problem=f"/{name}: {problem}")
        too_many = f"/{name} gives {len(page.data)} rows where `limit` asks for one" if len(page.data) > 1 else ""
        return _Listing(name, page.data, page.next_cursor, too_many)

    def _pages(self, listings: Sequence[_Listing]) -> Assumption:
        text = "Lists of job positions, candidates and users are pages, with `limit` and a cursor"
        problems = [listing.problem for listing in listings if listing.problem]
        problems += [problem for listing in listings if (problem := self._second_page(listing))]
        return Assumption(text, not problems, "; ".join(problems), f"{MODELS}, PageJson, and {HOOK}, _walk")

    def _second_page(self, listing: _Listing) -> str:
        """Returns what is wrong with the page after the first row, if there is one."""
        if not listing.cursor or not listing.rows:
            return ""
        where = path(self._hook.vendor, listing.name)
        try:
            rows = parsed(models.PageJson, self._get(where, ("limit", "1"), ("cursor", listing.cursor))).data
            again = bool(rows) and id_of(rows[0]) == id_of(listing.rows[0])
        except (ApiError, Untrusted) as problem:
            return f"/{listing.name}, second page: {problem}"
        return f"/{listing.name} ignores the cursor: it gives the first page once more" if again else ""

    def _fields(self, what: str, listing: _Listing, model: type[WireModel]) -> Assumption:
        text, where = f"{what} has the fields that are read", f"{MODELS}, {model.__name__}"
        if not listing.rows:
            return Assumption(text, None, listing.problem or "Alva has none to read", where)
        return _read(text, listing.rows[0], model, where)

    def _one_candidate(self, candidate_id: str | None) -> Assumption:
        text, where = "A candidate can be read by id", f"{HOOK}, candidate"
        if candidate_id is None:
            return Assumption(text, None, "Alva has no candidate to read", where)
        try:
            self._hook.candidate(candidate_id)
        except ApiError as error:
            return Assumption(text, False, str(error), where)
        return Assumption(text, True, "", where)

    def _results(self, candidate_id: str | None) -> Assumption:
        text, where = "Results have the fields that are read", f"{MODELS}, ResultsJson, and {HOOK}, results"
        if candidate_id is None:
            return Assumption(text, None, "Alva has no candidate whose results could be read", where)
        try:
            body = self._get(path(self._hook.vendor, "candidates", candidate_id, "results"))
        except ApiError as error:
            return Assumption(text, False, str(error), where)
        # A test that a candidate does not take has no part.
        return _read(text, body, models.ResultsJson, where, whole=False)

    def _filter(self, text: str, unfiltered: _Listing, wanted: tuple[str, str]) -> Assumption:
        """Looks whether a filter that no row passes gives none."""
        if not unfiltered.rows:
            return Assumption(text, None, unfiltered.problem or "Alva has none to filter", HOOK)
        where = path(self._hook.vendor, unfiltered.name)
        try:
            rows = parsed(models.PageJson, self._get(where, wanted, ("limit", "1"))).data
        except (ApiError, Untrusted) as problem:
            return Assumption(text, False, str(problem), HOOK)
        ignored = f"/{unfiltered.name} ignores it: every row is read and filtered here, which is right, and slow"
        return Assumption(text, not rows, ignored if rows else "", HOOK)

    def _not_found(self) -> Assumption:
        text, where = "An error has a code and a message", f"{MODELS}, ErrorJson"
        try:
            self._get(path(self._hook.vendor, "candidates", str(uuid.uuid4())))
        except NotFound as refused:
            lacks = [name for name, value in (("code", refused.code), ("message", refused.detail)) if not value]
            problem = f"the 404 for a candidate who does not exist has no {' and no '.join(lacks)}" if lacks else ""
            return Assumption(text, not lacks, problem, where)
        except ApiError as error:
            return Assumption(text, False, str(error), where)
        return Assumption(text, False, "a candidate who does not exist was answered with success", where)

    def _get(self, where: str, *params: tuple[str, str]) -> object:
        body: object = self._hook.ask("GET", where, lambda body: body, params=params, attempts=_ATTEMPTS)
        return body


def _id_of(listing: _Listing) -> str | None:
    try:
        return id_of(listing.rows[0]) if listing.rows else None
    except Untrusted:
        return None


def _read(text: str, row: object, model: type[WireModel], where: str, *, whole: bool = True) -> Assumption:
    """Reads a row by its model. `whole`: whether every field should be there, also one that a record may lack."""
    try:
        read = parsed(model, row)
    except Untrusted as untrusted:
        return Assumption(text, False, str(untrusted), where)
    missing, unreadable = _left_out(read, row)
    if unreadable:
        return Assumption(text, False, f"{_listed(unreadable)} there and can't be read", where)
    if missing and whole:
        return Assumption(text, None, f"{_listed(missing)} not there, in this one at least; all others are", where)
    return Assumption(text, True, "", where)


def _left_out(read: WireModel, raw: object, place: str = "") -> tuple[list[str], list[str]]:
    """Returns the places of the fields that are not there, and of those that are there and can't be read."""
    missing: list[str] = []
    unreadable: list[str] = []
    if not isinstance(raw, dict):
        return missing, unreadable
    for name in type(read).model_fields:
        here, value = f"{place}{name}", getattr(read, name)
        if name not in raw:
            missing.append(here)
        elif value is None and raw[name] not in (None, ""):
            unreadable.append(here)
        else:
            parts = value if isinstance(value, list | tuple) else [value]
            whole = raw[name] if isinstance(raw[name], list) else [raw[name]]
            for part, given in zip(parts, whole, strict=False):
                if isinstance(part, WireModel):
                    within = _left_out(part, given, f"{here}.")
                    missing += within[0]
                    unreadable += within[1]
    return list(dict.fromkeys(missing)), list(dict.fromkeys(unreadable))


def _listed(places: list[str]) -> str:
    names = ", ".join(f"`{place}`" for place in places)
    return f"{names} {'is' if len(places) == 1 else 'are'}"
