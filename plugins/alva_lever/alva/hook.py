"""Alva's hook: one method for each endpoint, keyword arguments in, frozen objects out."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from urllib.parse import urlsplit

from requests.adapters import BaseAdapter
from requests.auth import AuthBase

from alva_lever.alva import models
from alva_lever.http.errors import Advice, NotFound
from alva_lever.http.exchange import VendorError
from alva_lever.http.hook import VendorHook
from alva_lever.http.paginator import Page, Paginator, Unreadable, readable, whole
from alva_lever.http.session import BearerAuth, path, usable_key
from alva_lever.http.wire import id_of, the_one
from alva_lever.rules.model import AlvaCandidate, ChangedCandidate, JobPosition, Results, later

if TYPE_CHECKING:
    from airflow.sdk import Connection

T = TypeVar("T")

# The hosts of pages that people open, such as app.alvalabs.io.
_WEB_HOST = re.compile(r"(?:[a-z0-9-]+\.)*(?:alva|alvalabs)\.[a-z]+")
# Alva's largest page.
PAGE_LIMIT = 100
# The fields of a job position that can be changed.
_CHANGEABLE = {"name", "owner_email", "team"}


class AlvaHook(VendorHook):
    """Alva's API, with an API key.

    Alva's reference isn't public: the README describes the assumed paths, fields and paging. They are used only here
    and in `models`. Ids are opaque; `external_id` is an opportunity's id on a candidate and a posting's id on a job
    position. No URL ever holds an e-mail address.

    :param alva_conn_id: the connection: API root as host, API key as password.

    The other parameters are those of `VendorHook`; any method may raise the errors of `http.errors`.
    """

    conn_name_attr = "alva_conn_id"
    default_conn_name = "alva_default"
    conn_type = "alva"
    hook_name = "Alva"

    vendor: ClassVar[str] = "Alva"
    example_root: ClassVar[str] = "the root that Alva gives you, beginning with https://"
    # Read only for owners of job positions, which a run can do without.
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

    def check(self) -> str:
        """GET /job_positions"""
        self.ask("GET", "/job_positions", models.page(models.position), params=[("limit", "1")], attempts=1)
        return "Alva answered, and accepts the key"

    def has_page(self, link: str) -> bool:
        """Whether a link on an opportunity, which anybody can set, leads to a page of Alva's: on the API's own host, or
        on a host of Alva's."""
        self.get_conn()
        there = urlsplit(link)
        if there.scheme not in ("http", "https"):
            return False
        return there.netloc == urlsplit(self.base_url).netloc or _WEB_HOST.fullmatch(there.hostname or "") is not None

    def check_key(self) -> None:
        """Checks the key. GET /job_positions. :raises Unauthorized: Alva doesn't accept it."""
        self.ask("GET", "/job_positions", models.page(models.position), params=[("limit", "1")])

    # Candidates.

    def candidates(
        self, *, external_id: str | None = None, job_position_id: str | None = None
    ) -> Iterator[AlvaCandidate]:
        """Yields each candidate once, page by page. GET /candidates

        The filters are applied to the rows as well: an API that doesn't know a filter would return all candidates.

        :raises Malformed: a row that may match can't be read.
        """
        params = _given(external_id=external_id, job_position_id=job_position_id)
        parse = models.candidate if external_id is None else models.of(external_id, models.candidate)
        walk: Paginator[AlvaCandidate] = self._walk(parse, "candidates", params=params, key=lambda found: found.id)
        for found in whole(walk, self._asked("GET", "/candidates")):
            if external_id in (None, found.external_id) and job_position_id in (None, found.job_position_id):
                yield found

    def changed_candidates(self, since_ms: int) -> Iterator[ChangedCandidate]:
        """Yields the candidates with an opportunity that changed since then, including unreadable rows. GET /candidates

        The filter is applied to the rows as well: an API that doesn't know it would return all candidates.
        """
        walk: Paginator[ChangedCandidate] = self._walk(
            models.changed_candidate,
            "candidates",
            params=[("updated_since", models.moment(since_ms))],
            key=lambda row: row.candidate_id or f"of/{row.external_id}",
        )
        for row in whole(walk, self._asked("GET", "/candidates")):
            changed_ms = None if row.candidate is None else row.candidate.updated_at_ms
            if changed_ms is None or changed_ms >= since_ms:
                yield row

    def candidate(self, candidate_id: str) -> AlvaCandidate:
        """Reads a candidate by id. GET /candidates/{id}. :raises NotFound: it never existed, or is gone."""
        where = path(self.vendor, "candidates", candidate_id)
        return self.ask("GET", where, the_one(candidate_id, models.candidate))

    def find_candidate(self, external_id: str) -> AlvaCandidate | None:
        """Finds the candidate of an opportunity, None if it was never added or is removed; if there are several (one
        added by hand, say), the one that changed last. GET /candidates"""
        found: AlvaCandidate | None = None
        for candidate in self.candidates(external_id=external_id):
            found = later(found, candidate)
        return found

    def add_candidate(
        self, *, job_position_id: str, email: str, first_name: str, last_name: str, external_id: str
    ) -> AlvaCandidate:
        """Adds a candidate to a job position; Alva sends the invitation. POST /job_positions/{id}/candidates

        After a fault that leaves open whether that happened, this looks for the candidate by `external_id` on the
        position, and adds it again only if it isn't there.

        :raises Conflict: a candidate with this address, `candidate_id`, is on the position already.
        :raises RequestRejected: a lasting refusal, such as an expired position (422); `detail` is Alva's message.
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
        return self.write_once("POST", where, models.candidate, json=body, read_back=read_back)

    def set_stage(self, candidate_id: str, stage: str) -> None:
        """Sets `in_process`, `shortlisted`, `hired`, `rejected` or `withdrawn`. PATCH /candidates/{id}"""
        self.ask("PATCH", path(self.vendor, "candidates", candidate_id), models.anything, json={"stage": stage})

    def has(self, candidate: AlvaCandidate) -> bool:
        """Whether the candidate exists, although Alva has answered that it doesn't. GET /candidates"""
        return any(one.id == candidate.id for one in self.candidates(external_id=candidate.external_id))

    def remove_candidate(self, candidate: AlvaCandidate) -> None:
        """Removes a candidate; one that is already gone is no error. DELETE /candidates/{id}

        :raises NotFound: Alva says that it is not there, but lists it.
        """
        try:
            self.ask("DELETE", path(self.vendor, "candidates", candidate.id), models.anything)
        except NotFound:
            if self.has(candidate):
                raise

    def resend_invitation(self, candidate_id: str) -> AlvaCandidate:
        """Sends the same invitation again and returns the candidate afterwards. POST /candidates/{id}/invitation

        For an invitation that bounced. After a fault that leaves open whether it was sent, it is sent again only if
        Alva still calls it bounced.
        """

        def read_back() -> bool | None:
            return None if _bounced(self.candidate(candidate_id)) else True

        where = path(self.vendor, "candidates", candidate_id, "invitation")
        self.write_once("POST", where, _sent, json={}, read_back=read_back)
        return self.candidate(candidate_id)

    def results(self, candidate_id: str) -> Results:
        """Reads the present results. GET /candidates/{id}/results"""
        where = path(self.vendor, "candidates", candidate_id, "results")
        return self.ask("GET", where, models.results_of(candidate_id))

    # Job positions and users.

    def positions(self) -> Iterator[JobPosition | Unreadable]:
        """Yields each position once, page by page, including unreadable ones. GET /job_positions"""
        return iter(self._walk(models.position, "job_positions", key=lambda position: position.id))

    def position(self, position_id: str) -> JobPosition:
        """Reads a position by id. GET /job_positions/{id}. :raises NotFound: it never existed, or is gone."""
        where = path(self.vendor, "job_positions", position_id)
        return self.ask("GET", where, the_one(position_id, models.position))

    def positions_of(self, posting_id: str) -> list[JobPosition]:
        """Returns all job positions of a Lever posting. GET /job_positions

        :raises Malformed: a row that may match can't be read.
        """
        walk: Paginator[JobPosition] = self._walk(
            models.of(posting_id, models.position),
            "job_positions",
            params=_given(external_id=posting_id),
            key=lambda position: position.id,
        )
        rows = whole(walk, self._asked("GET", "/job_positions"))
        # An API that doesn't know the filter returns all positions.
        return [row for row in rows if row.external_id == posting_id]

    def find_position(self, posting_id: str) -> JobPosition | None:
        """Returns the posting's first job position, None if it has none."""
        return next(iter(self.positions_of(posting_id)), None)

    def create_position(
        self, *, name: str, external_id: str, owner_email: str | None = None, team: str | None = None
    ) -> JobPosition:
        """Creates a position. POST /job_positions. After a fault that leaves open whether it was created, this looks
        for it by `external_id`."""
        body = {"name": name, "external_id": external_id, "owner_email": owner_email, "team": team}
        sent = {key: value for key, value in body.items() if value is not None}

        def read(body: object) -> JobPosition:
            return JobPosition(id_of(body), external_id, name, owner_email, team)

        def read_back() -> JobPosition | None:
            return self.find_position(external_id)

        return self.write_once("POST", "/job_positions", read, json=sent, read_back=read_back)

    def update_position(self, position_id: str, changes: Mapping[str, str | None]) -> None:
        """Changes `name`, `owner_email` or `team`; None removes the value. PATCH /job_positions/{id}"""
        if not changes or set(changes) - _CHANGEABLE:
            raise ValueError(f"changes are one or more of {', '.join(sorted(_CHANGEABLE))}")
        self.ask("PATCH", path(self.vendor, "job_positions", position_id), models.anything, json=dict(changes))

    def user_emails(self) -> Iterator[str]:
        """Yields the addresses of Alva's users. GET /users"""
        walk = self._walk(models.user_address, "users", key=lambda row: row[0])
        for _, email in readable(walk, "Alva's user"):
            if email is not None:
                yield email

    # What `VendorHook` needs.

    def _auth(self, connection: Connection) -> AuthBase:
        remedy = "put Alva's API key into its API key (password) field"
        if connection.login:
            remedy += " (it may be in the login field)"
        usable = usable_key(
            connection.password,
            missing=f"Connection `{self.http_conn_id}` has no API key",
            remedy=remedy,
            vendor=self.vendor,
            conn_id=self.http_conn_id,
        )
        return BearerAuth(usable)

    def _how_to_connect(self) -> str:
        return (
            "Make one in Airflow under Admin, Connections, of type Alva, with the root of Alva's API as its API "
            "root and Alva's API key (Settings, Integrations, Add integration, New API key) as its API key (password)"
        )

    def _error(self, body: object) -> VendorError:
        return models.error(body)

    def _advice(self, status: int, method: str, path: str) -> Advice:
        field = f"the API key (password) field of connection `{self.http_conn_id}`"
        advice = {
            401: Advice("the API key was not accepted", f"Put a valid one into {field}"),
            403: Advice(
                "the API key may not do this", f"Ask an admin in Alva to create one that may, and put it into {field}"
            ),
            404: Advice("there is no such object"),
            409: Advice("it is there already"),
        }
        return advice.get(status, Advice("it refused the request"))

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
                return self.ask("GET", where, models.page(parse, asked=asked), params=query)
            except NotFound:
                if not self.of_one_record.isdisjoint(dict(params)):
                    # The 404 is about that record, unless the key or the API root is wrong, which this check finds out.
                    self.check_key()
                raise

        return Paginator(fetch, key=key)


def _given(**values: str | None) -> list[tuple[str, str]]:
    return [(name, value) for name, value in values.items() if value is not None]


def _bounced(candidate: AlvaCandidate) -> bool:
    return candidate.invitation is not None and candidate.invitation.status == "bounced"


def _sent(body: object) -> bool:
    """Ignores Alva's answer to a resent invitation, which may not hold the candidate."""
    return True
