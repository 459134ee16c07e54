"""Access to Lever by a granted token: read from its Airflow Variable, and renewed by one task at a time."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable

from airflow.sdk import Variable
from airflow.sdk.log import mask_secret
from requests import PreparedRequest
from requests.auth import AuthBase

from alva_lever.http.errors import SetupError, TransientError
from alva_lever.http.retry import backoff_seconds
from alva_lever.http.secrets_backends import check_variable_is_missing, comes_from_elsewhere
from alva_lever.http.wire import Untrusted, parsed
from alva_lever.lever.oauth import GRANT_AGAIN, NOT_ACCEPTED, VENDOR, Grant, GrantRefused, SignIn
from alva_lever.rules.window import in_words

log = logging.getLogger(__name__)

# A token lasts an hour. It is renewed this early, so that no task runs out of it, and Lever's sign-in may fail for a
# while. One that lasts less than twice as long is renewed after half its life.
RENEW_SECONDS = 20 * 60
# After a passing fault, the present token is used for so long before the next attempt.
_PAUSE_SECONDS = 60
_WRITES = 4
DESCRIPTION = "Access to Lever that a person granted on the page of Alva and Lever. Written by its tasks"


class GrantedToken:
    """The current access token. Thread-safe.

    With `renews`, it gets a new one from Lever in time. Only a task that holds the slot of Lever's pool may do that:
    each renewal makes the stored refresh token useless, so that two at a time would lose the access. Everyone else
    reads what such a task has stored.

    :param variable: the Airflow Variable that holds the grant.
    :param audience: of the API that is talked to.
    :param sign_in: opens Lever's sign-in.
    :param now: seconds since 1970.
    """

    def __init__(
        self,
        variable: str,
        *,
        audience: str,
        sign_in: Callable[[], SignIn],
        renews: bool,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._variable = variable
        self._audience = audience
        self._sign_in = sign_in
        self._renews = renews
        self._now, self._sleep = now, sleep
        # Worker threads may come here: a task's channel to Airflow (`CommsDecoder.send`) has a lock of its own.
        self._lock = threading.Lock()
        self._grant: Grant | None = None
        self._renewed_after_refusal = False
        self._not_before = 0.0

    def current(self) -> str:
        """Returns a token that is valid now.

        :raises SetupError: there is none, and a person has to grant access.
        :raises TransientError: it could not be read or renewed just now.
        """
        with self._lock:
            if self._grant is None or self._is_due(self._grant):
                # Another task may have renewed it, or a person granted access again.
                self._grant = self._read()
                if self._renews and self._is_due(self._grant):
                    self._grant = self._renewed(self._grant)
                elif self._left(self._grant) <= 0:
                    raise _run_out(self._grant)
            return self._grant.access_token

    def replaced(self, refused: str) -> bool:
        """Whether there is another token than the one that Lever has refused. Asks Lever for one, once.

        :raises SetupError, TransientError: as for `current`.
        """
        with self._lock:
            if self._grant is None or self._grant.access_token == refused:
                self._grant = self._read()
            if self._grant.access_token == refused and self._renews and not self._renewed_after_refusal:
                self._renewed_after_refusal = True
                self._grant = self._renewed(self._grant)
            return self._grant.access_token != refused

    def _is_due(self, grant: Grant) -> bool:
        return self._left(grant) < min(RENEW_SECONDS, grant.lifetime_seconds / 2)

    def _left(self, grant: Grant) -> float:
        return grant.expires_at - self._now()

    def _read(self) -> Grant:
        return self._usable(read_grant(self._variable))

    def _usable(self, grant: Grant | None) -> Grant:
        if grant is None:
            raise SetupError(f"There is no access to Lever in the Variable `{self._variable}`", vendor=VENDOR)
        if grant.refused:
            raise GrantRefused(NOT_ACCEPTED, remedy=GRANT_AGAIN, vendor=VENDOR)
        if grant.audience != self._audience:
            raise SetupError(
                f"Access was granted to {grant.audience}, and the connection leads to {self._audience}",
                remedy=GRANT_AGAIN,
                vendor=VENDOR,
            )
        return grant

    def _renewed(self, grant: Grant) -> Grant:
        """Returns the grant with a new token, or as it is if that can wait."""
        usable = self._left(grant) > _PAUSE_SECONDS
        if usable and self._now() < self._not_before:
            return grant
        try:
            fresh = self._sign_in().renew(grant)
        except GrantRefused:
            if (newer := self._read()).refresh_token != grant.refresh_token:
                return newer
            self._write(grant.model_copy(update={"refused": True}))
            raise
        except TransientError as error:
            if not usable:
                raise
            self._not_before = self._now() + _PAUSE_SECONDS
            log.warning("Lever's access token could not be renewed, and is valid until %s: %s", _time(grant), error)
            return grant
        try:
            kept = read_grant(self._variable)
        except Exception as error:
            # The old refresh token may be dead by now, so the new one is stored whatever keeps us from looking.
            log.warning("The Variable `%s` could not be read just now: %s", self._variable, type(error).__name__)
            kept = grant
        # Not if a person has granted access again meanwhile, or taken it away. A refusal counts for nothing: it is that
        # of a task that came second with the same refresh token.
        if kept is None or kept.refresh_token != grant.refresh_token:
            return self._usable(kept)
        self._write(fresh)
        log.info("Lever's access token is renewed, and valid until %s", _time(fresh))
        return fresh

    def _write(self, grant: Grant) -> None:
        """Stores the grant, with patience: without it, the access may be lost.

        :raises TransientError: Airflow could not store it.
        :raises SetupError: it is read from elsewhere than where Airflow stores it.
        """
        text = grant.model_dump_json()
        for attempt in range(1, _WRITES + 1):
            try:
                Variable.set(self._variable, text, description=DESCRIPTION)
                break
            except Exception as error:
                fault = type(error).__name__
            if attempt < _WRITES:
                self._sleep(backoff_seconds(attempt))
        else:
            raise TransientError(
                f"Lever gave a new access token, and Airflow could not store it ({fault})",
                remedy=f"If Lever refuses the next attempt, the access is lost. Then: {GRANT_AGAIN}",
                vendor=VENDOR,
                # The request that asked for the token was not sent.
                may_have_happened=False,
            )
        if read_grant(self._variable) != grant:
            raise SetupError(
                f"{comes_from_elsewhere(f'The Variable `{self._variable}`')}, where Airflow can't renew it",
                remedy=f"Remove it there. {GRANT_AGAIN}",
                vendor=VENDOR,
            )


class TokenAuth(AuthBase):
    """Sends the current token with each request."""

    def __init__(self, tokens: GrantedToken) -> None:
        self.tokens = tokens

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.tokens.current()}"
        return request


def read_grant(variable: str) -> Grant | None:
    """Returns the grant in this Airflow Variable, None if there is none.

    :raises SetupError: the Variable holds something else.
    :raises TransientError: Airflow could not look for it.
    """
    text = Variable.get(variable, default=None)
    if not text:
        check_variable_is_missing(variable)
        return None
    try:
        grant = parsed(Grant, json.loads(text))
    except ValueError:
        problem = "it is not JSON"
    except Untrusted as untrusted:
        problem = str(untrusted)
    else:
        mask_secret(grant.access_token)
        mask_secret(grant.refresh_token)
        return grant
    said = f"The Variable `{variable}` holds no access to Lever: {problem}"
    raise SetupError(said, remedy=GRANT_AGAIN, vendor=VENDOR)


def _run_out(grant: Grant) -> SetupError:
    return SetupError(
        f"Lever's access token ran out at {_time(grant)}",
        remedy="The next task that calls Lever renews it: unpause the DAGs, or trigger one. Or: " + GRANT_AGAIN,
        vendor=VENDOR,
    )


def _time(grant: Grant) -> str:
    return in_words(grant.expires_at * 1000)
