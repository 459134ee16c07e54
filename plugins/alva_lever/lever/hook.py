"""Lever's hook: one method for each endpoint."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

from requests.adapters import BaseAdapter

from alva_lever.http.errors import ApiError, Forbidden, NotFound, SetupError, Unauthorized
from alva_lever.http.paginator import Page, Paginator, Unreadable, readable
from alva_lever.http.retry import ATTEMPTS
from alva_lever.http.session import path
from alva_lever.http.wire import the_one
from alva_lever.lever import wire
from alva_lever.lever.base import LeverBase
from alva_lever.lever.objects import ArchiveReason, User, Webhook
from alva_lever.lever.opportunities import Notes, Opportunities
from alva_lever.lever.permissions import USERS
from alva_lever.rules.model import Posting, Stage

_EXPANDED = ("expand", "hiringManager")
Listed = Literal["opportunities", "postings", "stages", "archive_reasons", "users", "tags", "webhooks"]


class Webhooks(LeverBase):
    """Lever's documentation, Webhooks."""

    def webhooks(self) -> list[Webhook]:
        """Returns all webhooks, without their tokens. GET /webhooks"""
        walk = self._walk(wire.webhook, "webhooks", key=lambda webhook: webhook.id, keyset=False)
        return list(readable(walk, "Lever's webhook"))

    def create_webhook(self, *, event: str, url: str, origins: Sequence[str] | None = None) -> Webhook:
        """Creates a webhook and returns it with its signature token. POST /webhooks

        Lever creates a second one for the same event and URL without an error, so look into `webhooks` first. Only this
        answer holds the token: if the answer is lost but the webhook exists, it is deleted and created again.
        """
        body: dict[str, object] = {"event": event, "url": url}
        if origins is not None:
            body["configuration"] = {"conditions": {"origins": list(origins)}}
        before = {webhook.id for webhook in self.webhooks()}

        def read_back() -> tuple[str, str | None] | None:
            for webhook in self.webhooks():
                if (webhook.event, webhook.url) == (event, url) and webhook.id not in before:
                    self.delete_webhook(webhook.id)
            return None

        made, token = self.write_once(
            "POST", "/webhooks", wire.one(wire.created_webhook), json=body, read_back=read_back
        )
        return Webhook(made, event, url, None if origins is None else tuple(origins), token)

    def update_webhooks(self, webhooks: Sequence[Webhook]) -> None:
        """Sets URL and origins of each webhook, by its id. PUT /webhooks"""
        rows = [
            {"id": webhook.id, "url": webhook.url}
            | ({"configuration": {"conditions": {"origins": list(webhook.origins)}}} if webhook.origins else {})
            for webhook in webhooks
        ]
        self.ask("PUT", "/webhooks", wire.nothing, json={"data": rows})

    def delete_webhook(self, webhook_id: str) -> None:
        """Deletes a webhook; one that is already gone is no error. DELETE /webhooks/:webhook"""
        try:
            self.ask("DELETE", path(self.vendor, "webhooks", webhook_id), wire.nothing)
        except NotFound:
            self.log.debug("%s had no such webhook", self.vendor)


class LeverHook(Opportunities, Notes, Webhooks):
    """Lever's Data API v1, with an API key or a granted token.

    Opportunities, notes and webhooks are in the base classes; here are the account's stages, users, postings and the
    like.

    :param lever_conn_id: the connection: API root as host, API key as password. A key in it is used; without one, what
        a person has granted.
    :param oauth_conn_id: the connection that holds the OAuth app: client id as login, client secret as password.
    :param oauth_variable: the Airflow Variable that holds the granted tokens.
    :param renews: whether the hook renews a granted token. For a task that holds the slot of Lever's pool.

    The other parameters are those of `VendorHook`; any method may raise the errors of `http.errors`.

    .. seealso:: https://hire.lever.co/developer/documentation
    """

    conn_name_attr = "lever_conn_id"
    default_conn_name = "lever_default"
    conn_type = "lever"
    hook_name = "Lever"
    # Lever's documentation, Rate Limits: 10 a second for each key, bursts to 20.
    vendor_calls_per_second = 10.0

    def __init__(
        self,
        lever_conn_id: str = default_conn_name,
        *,
        oauth_conn_id: str = "lever_oauth",
        oauth_variable: str = "alva_lever_oauth_token",
        renews: bool = False,
        threads: int = 1,
        calls_per_second: float | None = None,
        adapter: BaseAdapter | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        **http_options: Any,
    ) -> None:
        super().__init__(
            lever_conn_id,
            threads=threads,
            calls_per_second=calls_per_second,
            adapter=adapter,
            clock=clock,
            now=now,
            sleep=sleep,
            **http_options,
        )
        self.oauth_conn_id, self.oauth_variable, self.renews = oauth_conn_id, oauth_variable, renews
        self._hiring_managers: dict[str, str | None] = {}

    def check(self) -> str:
        """GET /stages"""
        stages = self.ask("GET", "/stages", wire.page(wire.stage, keyset=False), attempts=1).rows
        accepts = "the key" if self._tokens is None else "the access that was granted"
        return f"Lever answered, and accepts {accepts} (stages in the account's pipeline: {len(stages)})"

    def may_list(self, resource: Listed, *, attempts: int = ATTEMPTS) -> None:
        """Checks that the key may read these at all, by one row. If it may, a refused object is confidential.

        :raises Forbidden: the key lacks the permission.
        """
        read: Callable[[object], Page[None]] = wire.page(wire.nothing, keyset=resource in ("opportunities", "postings"))
        self.ask("GET", path(self.vendor, resource), read, params=[("limit", "1")], attempts=attempts)

    def stages(self) -> list[Stage]:
        """Returns the account's stages in the order of its pipeline. GET /stages"""
        walk = self._walk(wire.stage, "stages", key=lambda stage: stage.id, keyset=False)
        return list(readable(walk, "Lever's stage"))

    def archive_reasons(self, type: Literal["hired", "non-hired"] | None = None) -> list[ArchiveReason]:
        """Returns the archive reasons. GET /archive_reasons"""
        params = [] if type is None else [("type", type)]
        walk = self._walk(wire.archive_reason, "archive_reasons", params=params, key=lambda r: r.id, keyset=False)
        reasons = readable(walk, "Lever's archive reason")
        return [reason for reason in reasons if type is None or reason.hired == (type == "hired")]

    def tags(self) -> list[str]:
        """Returns every tag in use, in its own spelling. GET /tags"""
        walk: Paginator[str] = self._walk(wire.tag, "tags", key=lambda tag: tag, keyset=False)
        return list(readable(walk, "Lever's tag"))

    def user(self, user_id: str) -> User:
        """Reads a user. GET /users/:user"""
        return self._read(the_one(user_id, wire.user), "users", user_id)

    def users(self, email: str | None = None) -> Iterator[User]:
        """Yields the active users, or the one with this address (any case). GET /users

        The address is compared here: Lever's filter would put it into a URL, and so into the logs of proxies.
        """
        walk = self._walk(wire.user, "users", key=lambda user: user.id, keyset=False)
        for user in readable(walk, "Lever's user"):
            if email is None or (user.email or "").casefold() == email.casefold():
                yield user

    def posting(self, posting_id: str) -> Posting:
        """Reads a posting with its hiring manager's address. GET /postings/:posting

        :raises NotFound: it is gone.
        :raises Forbidden: it is confidential, or the key may not read postings.
        :raises MissingPermission: Lever gives only the hiring manager's id, and the key may not read users.
        """
        where = path(self.vendor, "postings", posting_id)
        read = wire.one(the_one(posting_id, wire.posting))
        return self._with_hiring_manager(*self.ask("GET", where, read, params=[_EXPANDED]))

    def postings(
        self,
        *,
        tag: str | Sequence[str] | None = None,
        state: str | None = None,
        distribution_channel: str | None = None,
    ) -> Iterator[Posting | Unreadable]:
        """Yields the postings with one of these tags (case-sensitive) and in this state, without confidential ones. GET
        /postings

        `distribution_channel`: `public` or `internal`; without it, Lever leaves out published postings that only the
        company's own people see.

        :raises MissingPermission: as for `posting`.
        """
        tags = [tag] if isinstance(tag, str) else tag or []
        params = [_EXPANDED, *(("tag", name) for name in tags)]
        params += [("state", state)] if state else []
        params += [("distributionChannel", distribution_channel)] if distribution_channel else []
        faults: dict[str | None, ApiError] = {}
        for read in self._walk(wire.posting, "postings", params=params, key=lambda read: read[0].id):
            yield read if isinstance(read, Unreadable) else self._listed(*read, faults)

    def postings_tagged(self, tag: str) -> Iterator[Posting | Unreadable]:
        """Yields each posting with this tag once, also those that only the company's own people see. GET /postings,
        twice"""
        found: set[str] = set()
        for channel in (None, "internal"):
            for posting in self.postings(tag=tag, distribution_channel=channel):
                if posting.id not in found:
                    found.add(posting.id)
                    yield posting

    def _listed(
        self, posting: Posting, manager_id: str | None, faults: dict[str | None, ApiError]
    ) -> Posting | Unreadable:
        """Adds the hiring manager. A user who can't be read makes only their own postings unreadable, unless no user
        can be read. `faults`: by user id, so that a user who can't be read is asked for once."""
        if manager_id not in faults:
            try:
                return self._with_hiring_manager(posting, manager_id)
            except (SetupError, Unauthorized):
                raise
            except ApiError as error:
                faults[manager_id] = error
        return Unreadable(
            posting.id, f"`hiringManager` is an id alone, and that user can't be read: {faults[manager_id]}"
        )

    def _with_hiring_manager(self, posting: Posting, manager_id: str | None) -> Posting:
        """Reads the hiring manager's address, once for each manager, if the answer has only the id."""
        if manager_id is None:
            return posting
        if manager_id not in self._hiring_managers:
            self._hiring_managers[manager_id] = self._email(manager_id)
        return replace(posting, hiring_manager_email=self._hiring_managers[manager_id])

    def _email(self, user_id: str) -> str | None:
        try:
            return self.user(user_id).email
        except NotFound:
            return None
        except Forbidden:
            pass
        raise self._lacks(USERS, f"gives hiring managers as ids alone, and refuses to show user {user_id}")
