"""Alva's hook: one method an endpoint, keyword arguments in, frozen objects out."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from requests.adapters import BaseAdapter
from requests.auth import AuthBase

from alva_lever.alva import wire
from alva_lever.http.errors import ApiError, NotFound
from alva_lever.http.exchange import VendorError
from alva_lever.http.hook import VendorHook
from alva_lever.http.paginator import Page, Paginator, Unreadable, readable, whole
from alva_lever.http.session import BearerAuth, path, usable_key
from alva_lever.http.wire import id_of, the_one
from alva_lever.rules.model import AlvaCandidate, ChangedCandidate, JobPosition, Results, later

if TYPE_CHECKING:
    from airflow.sdk import Connection

T = TypeVar("T")

# The most that Alva gives in one page.
PAGE_LIMIT = 100
# What of a job position can be changed.
_CHANGEABLE = {"name", "owner_email", "team"}


class AlvaHook(VendorHook):
    """Alva's API, with an API key.

    Alva's reference isn't public: paths, fields and paging are the contract that the README describes. They stand in
    this file and in `wire`, and nowhere else. Ids are opaque; an `external_id` is an opportunity's id on a candidate
    and a posting's on a job position. An e-mail address is never put into a URL.

    :param alva_conn_id: the connection: API root as host, API key as password.

    The other parameters are those of `VendorHook`; any method may raise what `transport.errors` draws.
    """

    conn_name_attr = "alva_conn_id"
    default_conn_name = "alva_default"
    conn_type = "alva"
    hook_name = "Alva"

    vendor: ClassVar[str] = "Alva"
    example_root: ClassVar[str] = "the root that Alva gives you, beginning with https://"
    # Asked for owners of job positions alone, which do without.
    optional_listings: ClassVar[frozenset[str]] = frozenset({"/users"})
    of_one_record: ClassVar[frozenset[str]] = frozenset({"external_id"})

    def __init__(
        self,
        alva_conn_id: str = default_conn_name,
        *,
        threads: int = 1,
        calls_per_second: float | None = None,
        adapter: BaseAdapter | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        **http_options: Any,
    ) -> None:
        super().__init__(
            alva_conn_id,
            threads=threads,
            calls_per_second=calls_per_second,
            adapter=adapter,
            clock=clock,
            now=now,
            sleep=sleep,
            **http_options,
        )

    def test_connection(self) -> tuple[bool, str]:
        """Whether the key is accepted, and a sentence for a person. One request, not repeated. GET /job_positions"""
        try:
            self.ask("GET", "/job_positions", wire.page(wire.position), params=[("limit", "1")], attempts=1)
        except ApiError as error:
            return False, str(error)
        return True, "Alva answered, and accepts the key"

    def check_key(self) -> None:
        """Nothing, if the key is accepted. GET /job_positions. :raises Unauthorized: it isn't."""
        self.ask("GET", "/job_positions", wire.page(wire.position), params=[("limit", "1")])

    # Candidates.

    def candidates(
        self, *, external_id: str | None = None, job_position_id: str | None = None
    ) -> Iterator[AlvaCandidate]:
        """Each once, page by page. GET /candidates

        Filters are applied to the rows as well: an API that doesn't know a filter would answer with everybody.

        :raises Malformed: a row can't be read that may be one of those.
        """
        params = _given(external_id=external_id, job_position_id=job_position_id)
        parse = wire.candidate if external_id is None else wire.of(external_id, wire.candidate)
        walk: Paginator[AlvaCandidate] = self._walk(parse, "candidates", params=params, key=lambda found: found.id)
        for found in whole(walk, self._asked("GET", "/candidates")):
            if external_id in (None, found.external_id) and job_position_id in (None, found.job_position_id):
                yield found

    def changed_candidates(self, since_ms: int) -> Iterator[ChangedCandidate]:
        """Those of an opportunity that changed since then, also where the row can't be read. GET /candidates

        An API that doesn't know the filter answers with everybody, so it is applied here as well.
        """
        walk: Paginator[ChangedCandidate] = self._walk(
            wire.changed_candidate,
            "candidates",
            params=[("updated_since", wire.moment(since_ms))],
            key=lambda row: row.candidate_id or f"of/{row.external_id}",
        )
        for row in whole(walk, self._asked("GET", "/candidates")):
            changed_ms = None if row.candidate is None else row.candidate.updated_at_ms
            if changed_ms is None or changed_ms >= since_ms:
                yield row

    def candidate(self, candidate_id: str) -> AlvaCandidate:
        """GET /candidates/{id}. :raises NotFound: there is none, or none any more."""
        where = path(self.vendor, "candidates", candidate_id)
        return self.ask("GET", where, the_one(candidate_id, wire.candidate))

    def find_candidate(self, external_id: str) -> AlvaCandidate | None:
        """The candidate of an opportunity, None if it was never added or is removed; of several (somebody was added by
        hand, say) the one that changed last. GET /candidates"""
        found: AlvaCandidate | None = None
        for candidate in self.candidates(external_id=external_id):
            found = later(found, candidate)
        return found

    def add_candidate(
        self, *, job_position_id: str, email: str, first_name: str, last_name: str, external_id: str
    ) -> AlvaCandidate:
        """Add somebody to a job position; Alva sends the invitation. POST /job_positions/{id}/candidates

        After a fault that leaves it open whether that happened, the candidate is looked for by `external_id` on that
        position, and added again only if it isn't there.

        :raises Conflict: this address is on that position already; `candidate_id` says as whom.
        :raises RequestRejected: a lasting refusal, an expired position (422) for one; `detail` is Alva's word for it.
        """
        body = {
            "email": email,
            "first_name": first_name,
            "last_name": last_name,
            "external_id": external_id,
            "send_invitation": True,
        }

        def read_back() -> AlvaCandidate | None:
            return next(self.candidates(external_id=external_id, job_position_id=job_position_id), None)

        where = path(self.vendor, "job_positions", job_position_id, "candidates")
        return self.write_once("POST", where, wire.candidate, json=body, read_back=read_back)

    def set_stage(self, candidate_id: str, stage: str) -> None:
        """`in_process`, `shortlisted`, `hired`, `rejected` or `withdrawn`. PATCH /candidates/{id}"""
        self.ask("PATCH", path(self.vendor, "candidates", candidate_id), wire.anything, json={"stage": stage})

    def has(self, candidate: AlvaCandidate) -> bool:
        """Whether it is still there, after an answer that it is not. GET /candidates"""
        return any(one.id == candidate.id for one in self.candidates(external_id=candidate.external_id))

    def remove_candidate(self, candidate: AlvaCandidate) -> None:
        """One that is gone already is no error. DELETE /candidates/{id}

        :raises NotFound: Alva says that it is not there, and lists it.
        """
        try:
            self.ask("DELETE", path(self.vendor, "candidates", candidate.id), wire.anything)
        except NotFound:
            if self.has(candidate):
                raise

    def resend_invitation(self, candidate_id: str) -> AlvaCandidate:
        """Send the same invitation once more; the candidate as it is then. POST /candidates/{id}/invitation

        Meant for an invitation that bounced. After a fault that leaves it open whether it was sent, it is sent again
        only while Alva still calls it bounced.
        """

        def read_back() -> bool | None:
            return None if _bounced(self.candidate(candidate_id)) else True

        where = path(self.vendor, "candidates", candidate_id, "invitation")
        self.write_once("POST", where, _sent, json={}, read_back=read_back)
        return self.candidate(candidate_id)

    def results(self, candidate_id: str) -> Results:
        """The present summary. GET /candidates/{id}/results"""
        where = path(self.vendor, "candidates", candidate_id, "results")
        return self.ask("GET", where, wire.results_of(candidate_id))

    # Job positions and users.

    def positions(self) -> Iterator[JobPosition | Unreadable]:
        """Each once, page by page, also those that can't be read. GET /job_positions"""
        return iter(self._walk(wire.position, "job_positions", key=lambda position: position.id))

    def position(self, position_id: str) -> JobPosition:
        """GET /job_positions/{id}. :raises NotFound: there is none, or none any more."""
        where = path(self.vendor, "job_positions", position_id)
        return self.ask("GET", where, the_one(position_id, wire.position))

    def positions_of(self, posting_id: str) -> list[JobPosition]:
        """Every job position of a posting of Lever's. GET /job_positions

        :raises Malformed: a row can't be read that may be one of these.
        """
        walk: Paginator[JobPosition] = self._walk(
            wire.of(posting_id, wire.position),
            "job_positions",
            params=_given(external_id=posting_id),
            key=lambda position: position.id,
        )
        rows = whole(walk, self._asked("GET", "/job_positions"))
        # An API that doesn't know the filter answers with all of them.
        return [row for row in rows if row.external_id == posting_id]

    def find_position(self, posting_id: str) -> JobPosition | None:
        """The first of them, None if the posting has none."""
        return next(iter(self.positions_of(posting_id)), None)

    def create_position(
        self, *, name: str, external_id: str, owner_email: str | None = None, team: str | None = None
    ) -> JobPosition:
        """POST /job_positions. After a fault that leaves it open whether it was made, it is looked for by
        `external_id`."""
        body = {"name": name, "external_id": external_id, "owner_email": owner_email, "team": team}
        sent = {key: value for key, value in body.items() if value is not None}

        def read(body: object) -> JobPosition:
            return JobPosition(id_of(body), external_id, name, owner_email, team)

        def read_back() -> JobPosition | None:
            return self.find_position(external_id)

        return self.write_once("POST", "/job_positions", read, json=sent, read_back=read_back)

    def update_position(self, position_id: str, changes: Mapping[str, str | None]) -> None:
        """Change `name`, `owner_email` or `team`; None takes the value away. PATCH /job_positions/{id}"""
        if not changes or set(changes) - _CHANGEABLE:
            raise ValueError(f"changes are one or more of {', '.join(sorted(_CHANGEABLE))}")
        self.ask("PATCH", path(self.vendor, "job_positions", position_id), wire.anything, json=dict(changes))

    def user_emails(self) -> Iterator[str]:
        """The address of every user in Alva that has one. GET /users"""
        walk = self._walk(wire.user_address, "users", key=lambda row: row[0])
        for _, email in readable(walk, "Alva's user"):
            if email is not None:
                yield email

    # What `VendorHook` asks.

    def _auth(self, connection: Connection) -> AuthBase:
        missing = (
            f"Connection `{self.http_conn_id}` has no API key: put Alva's API key into its API key (password) field"
        )
        if connection.login:
            missing += " (it may stand in the login field)"
        return BearerAuth(
            usable_key(connection.password, missing=missing, vendor=self.vendor, conn_id=self.http_conn_id)
        )

    def _how_to_connect(self) -> str:
        return (
            "Make one in Airflow under Admin, Connections, of type Alva, with the root of Alva's API as its API "
            "root and Alva's API key (Settings, Integrations, Add integration, New API key) as its API key (password)"
        )

    def _error(self, body: object) -> VendorError:
        return wire.error(body)

    def _advice(self, status: int, method: str, path: str) -> str:
        field = f"the API key (password) field of connection `{self.http_conn_id}`"
        advice = {
            401: f"the API key was not accepted. Put a valid one into {field}",
            403: "the API key may not do this. Have somebody with admin access in Alva make one that may, "
            f"and put it into {field}",
            404: "there is no such object",
            409: "it is there already",
        }
        return advice.get(status, "it refused the request")

    def _walk(
        self,
        parse: Callable[[object], T | None],
        *segments: str,
        key: Callable[[T], str],
        params: Sequence[tuple[str, str]] = (),
    ) -> Paginator[T]:
        where = path(self.vendor, *segments)

        def fetch(token: str | None, asked: Collection[str]) -> Page[T]:
            query = [*params, ("limit", str(PAGE_LIMIT))]
            if token is not None:
                query.append(("cursor", token))
            try:
                return self.ask("GET", where, wire.page(parse, asked=asked), params=query)
            except NotFound:
                if not self.of_one_record.isdisjoint(dict(params)):
                    # It is about that record, unless there is no API at all, which this tells.
                    self.check_key()
                raise

        return Paginator(fetch, key=key)


def _given(**values: str | None) -> list[tuple[str, str]]:
    return [(name, value) for name, value in values.items() if value is not None]


def _bounced(candidate: AlvaCandidate) -> bool:
    return candidate.invitation is not None and candidate.invitation.status == "bounced"


def _sent(body: object) -> bool:
    """Alva's answer to a second invitation isn't known to hold the candidate, so it isn't read as one."""
    return True
