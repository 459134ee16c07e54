"""Access by a granted token: where it comes from, and when it is renewed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from airflow.sdk import Variable

from alva_lever.http.errors import MissingPermission, SetupError, TransientError, Unauthorized
from alva_lever.lever.granted_token import RENEW_SECONDS, read_grant
from alva_lever.lever.hook import LeverHook
from alva_lever.lever.oauth import App, Grant, GrantRefused, SignIn
from alva_lever.lever.permissions import SCOPES
from include.sandbox import Sandbox
from include.sandbox.lever.oauth import CLIENT_ID, CLIENT_SECRET, SignInDoor
from tests.granting import answered, query_of

VARIABLE = "alva_lever_oauth_token"
CALLBACK = "http://127.0.0.1:8080/alva-lever/granted"
HOUR = 3600


class Store(dict[str, str]):
    """Airflow's Variables, in memory."""

    def install(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(Variable, "get", lambda key, default=None: self.get(key, default))
        patch.setattr(Variable, "set", self.put)

    def put(self, key: str, value: str, description: str | None = None) -> None:
        self[key] = value


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    store = Store()
    store.install(monkeypatch)
    return store


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    sandbox = Sandbox(lever_calls_per_second=None)
    sandbox.clock.freeze(1_790_000_000_000)
    lever = {"conn_type": "lever", "host": sandbox.lever_root, "extra": {"calls_per_second": 100_000}}
    app = {
        "conn_type": "generic", "host": f"http://127.0.0.1{SignInDoor.root}", "login": CLIENT_ID,
        "password": CLIENT_SECRET,
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_LEVER_DEFAULT", json.dumps(lever))
    monkeypatch.setenv("AIRFLOW_CONN_LEVER_OAUTH", json.dumps(app))
    return sandbox


def hook(sandbox: Sandbox, *, renews: bool = True, **options: Any) -> LeverHook:
    return LeverHook(
        renews=renews, adapter=sandbox.adapter(), now=lambda: sandbox.clock.now_ms() / 1000,
        sleep=lambda seconds: None, **options,
    )  # fmt: skip


def sign_in(sandbox: Sandbox) -> SignIn:
    return hook(sandbox).sign_in()


def granted(sandbox: Sandbox, store: Store) -> Grant:
    """Grants access as a person does, and stores it as the page does."""
    opened = sign_in(sandbox)
    url = opened.app.authorize_url(redirect_uri=CALLBACK, state="s")
    session = requests.Session()
    session.mount("http://", sandbox.adapter())
    code = query_of(answered(session, url))["code"]
    grant = opened.grant(code, redirect_uri=CALLBACK)
    store[VARIABLE] = grant.model_dump_json()
    sandbox.journal.clear()
    return grant


@pytest.fixture
def grant(sandbox: Sandbox, store: Store) -> Grant:
    return granted(sandbox, store)


def renewals(sandbox: Sandbox) -> list[int | None]:
    """Returns the status of each attempt to renew."""
    return [arrived.status for arrived in sandbox.journal.of("sign_in", path="/oauth/token")]


def pass_time(sandbox: Sandbox, seconds: float) -> None:
    sandbox.clock.advance(int(seconds * 1000))


class TestWhichAccess:
    def test_a_key_in_the_connection_is_used_whatever_was_granted(
        self, sandbox: Sandbox, grant: Grant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = sandbox.add_lever_key("key-1", {"stages": "read"})
        connection = {"conn_type": "lever", "host": sandbox.lever_root, "password": key}
        monkeypatch.setenv("AIRFLOW_CONN_LEVER_DEFAULT", json.dumps(connection))
        lever = hook(sandbox)
        assert lever.stages()
        sandbox.remove_lever_key(key)
        with pytest.raises(Unauthorized, match="API key was not accepted"):
            lever.stages()
        assert renewals(sandbox) == []

    def test_without_a_key_it_is_the_granted_token(self, sandbox: Sandbox, grant: Grant) -> None:
        assert hook(sandbox).stages()
        assert hook(sandbox, renews=False).stages()
        assert renewals(sandbox) == []

    def test_a_missing_scope_is_named_and_no_key_is_asked_for(self, sandbox: Sandbox, grant: Grant) -> None:
        posting_id = sandbox.recruiter.add_posting("Engineer")
        opportunity_id = sandbox.recruiter.apply(posting_id, "Ada Byron", ["ada@people.example.com"])

        def as_ids(answer: Any) -> None:
            answer["data"]["applications"] = [one["id"] for one in answer["data"]["applications"]]

        sandbox.faults.add("lever", "GET", f"/opportunities/{opportunity_id}", kind="edit", action=as_ids)
        with pytest.raises(MissingPermission, match=r"`applications:read:admin`\. Add it .*Grant access") as error:
            hook(sandbox).opportunity(opportunity_id)
        assert "key" not in str(error.value)

    def test_with_neither_both_are_named(self, sandbox: Sandbox, store: Store) -> None:
        with pytest.raises(SetupError, match=r"has no API key: .* or grant access on the page"):
            hook(sandbox).stages()

    def test_the_scopes_are_what_lever_takes_and_the_readme_lists(self) -> None:
        assert len(SCOPES) <= 20
        assert "offline_access" in SCOPES
        assert "confidential:access:admin" not in SCOPES
        readme = (Path(__file__).parent.parent.parent / "README.md").read_text("utf-8")
        assert set(re.findall(r"`([a-z_]+:(?:read|write):admin|offline_access)`", readme)) == set(SCOPES)

    @pytest.mark.parametrize(
        ("text", "hint"),
        [("not json", "it is not JSON"), ("[]", "not an object"), ('{"access_token": 1}', "access_token")],
    )
    def test_a_variable_with_something_else_is_refused_without_its_text(
        self, sandbox: Sandbox, store: Store, text: str, hint: str
    ) -> None:
        store[VARIABLE] = text
        with pytest.raises(SetupError, match=hint) as error:
            hook(sandbox).stages()
        assert text not in str(error.value)

    def test_a_token_for_another_api_is_not_sent(self, sandbox: Sandbox, grant: Grant, store: Store) -> None:
        store[VARIABLE] = grant.model_copy(update={"audience": "https://api.lever.co/v1/"}).model_dump_json()
        with pytest.raises(SetupError, match=r"granted to https://api.lever.co/v1/, and the connection leads to"):
            hook(sandbox).stages()
        assert sandbox.journal.of() == []

    def test_what_is_not_granted_is_refused_with_the_scope(self, sandbox: Sandbox, grant: Grant) -> None:
        sandbox.add_lever_key(grant.access_token, {"stages": "read"}, bearer=True)
        with pytest.raises(Exception, match="scope needed: tags:read:admin"):
            hook(sandbox).tags()


class TestWhere:
    @pytest.mark.parametrize(
        ("api", "root", "audience"),
        [
            ("https://api.lever.co/v1", "https://auth.lever.co", "https://api.lever.co/v1/"),
            ("https://api.eu.lever.co/v1", "https://auth.lever.co", "https://api.lever.co/v1/"),
            ("https://api.sandbox.lever.co/v1", "https://sandbox-lever.auth0.com", "https://api.sandbox.lever.co/v1/"),
        ],
    )
    def test_the_sign_in_follows_from_the_api(
        self, monkeypatch: pytest.MonkeyPatch, api: str, root: str, audience: str
    ) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_LEVER_DEFAULT", json.dumps({"conn_type": "lever", "host": api}))
        app = {"conn_type": "generic", "login": "client", "password": "secret"}
        monkeypatch.setenv("AIRFLOW_CONN_LEVER_OAUTH", json.dumps(app))
        found = LeverHook().sign_in().app
        assert (found.root, found.audience) == (root, audience)
        url = found.authorize_url(redirect_uri=CALLBACK, state="a b")
        assert url.partition("?")[0] == f"{root}/authorize"
        assert query_of(url) == {
            "client_id": "client", "redirect_uri": CALLBACK, "response_type": "code", "state": "a b",
            "audience": audience, "scope": " ".join(SCOPES),
        }  # fmt: skip
        assert "secret" not in f"{url}{found!r}"

    @pytest.mark.parametrize(
        ("fields", "hint"),
        [
            ({"login": None}, "has no client id .* login field"),
            ({"password": None}, "has no client secret .* password field"),
            ({"host": "http://auth.example.com"}, "in the clear"),
            ({"host": None}, "has no host"),  # the API isn't one of Lever's
        ],
    )
    def test_an_app_that_cannot_be_used_is_refused(
        self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], hint: str
    ) -> None:
        app = {"conn_type": "generic", "host": "https://a.test", "login": "client", "password": "s3cret", **fields}
        monkeypatch.setenv("AIRFLOW_CONN_LEVER_OAUTH", json.dumps(app))
        with pytest.raises(SetupError, match=hint) as error:
            sign_in(sandbox)
        assert "s3cret" not in str(error.value)

    def test_a_missing_app_says_how_to_make_it(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AIRFLOW_CONN_LEVER_OAUTH")
        with pytest.raises(SetupError, match=r"no connection `lever_oauth`.* client id .* login"):
            sign_in(sandbox)


class TestRenewing:
    def test_a_token_is_used_until_twenty_minutes_are_left(self, sandbox: Sandbox, grant: Grant) -> None:
        pass_time(sandbox, HOUR - RENEW_SECONDS)
        hook(sandbox).stages()
        assert renewals(sandbox) == []
        pass_time(sandbox, 1)
        hook(sandbox).stages()
        hook(sandbox).stages()
        assert renewals(sandbox) == [200]

    def test_a_token_that_lasts_ten_minutes_is_used_for_five(self, sandbox: Sandbox, store: Store) -> None:
        with sandbox.world.lock:
            sandbox.world.lever.sign_in.lifetime_seconds = 600
        granted(sandbox, store)
        lever = hook(sandbox)
        for expected in ([], [200], [200, 200]):
            for _ in range(2):
                lever.stages()
                hook(sandbox).stages()
            assert renewals(sandbox) == expected
            pass_time(sandbox, 300)
            lever.stages()
            assert renewals(sandbox) == expected
            pass_time(sandbox, 1)

    def test_what_is_renewed_is_stored_with_the_time_of_the_grant(self, sandbox: Sandbox, grant: Grant) -> None:
        pass_time(sandbox, HOUR)
        hook(sandbox).stages()
        stored = read_grant(VARIABLE)
        assert stored is not None
        assert stored.granted_at == grant.granted_at
        assert stored.expires_at == grant.expires_at + HOUR
        assert not {stored.access_token, stored.refresh_token} & {grant.access_token, grant.refresh_token}

    def test_a_hook_that_was_open_when_time_ran_short_renews(self, sandbox: Sandbox, grant: Grant) -> None:
        lever = hook(sandbox)
        for _ in range(3):
            lever.stages()
            pass_time(sandbox, HOUR)
        assert renewals(sandbox) == [200, 200]

    def test_fifty_hooks_and_fifty_threads_in_the_second_it_ends_renew_once(
        self, sandbox: Sandbox, grant: Grant
    ) -> None:
        pass_time(sandbox, HOUR)
        lever = hook(sandbox, threads=50)
        with ThreadPoolExecutor(50) as pool:
            assert all(pool.map(lambda _: lever.stages(), range(50)))
        for _ in range(50):
            assert hook(sandbox).stages()
        assert renewals(sandbox) == [200]

    def test_one_who_may_not_renew_reads_what_a_task_has_stored(self, sandbox: Sandbox, grant: Grant) -> None:
        page = hook(sandbox, renews=False)
        page.stages()
        pass_time(sandbox, HOUR)
        sentence = r"ran out at 20.* UTC\. The next task that calls Lever renews it.* Grant access again"
        with pytest.raises(SetupError, match=sentence):
            page.stages()
        assert renewals(sandbox) == []
        hook(sandbox).stages()
        assert page.stages()

    def test_a_refusal_is_final_and_stored(self, sandbox: Sandbox, grant: Grant) -> None:
        """As after a task that was killed between Lever's answer and the storing of its tokens."""
        sign_in(sandbox).renew(grant)
        sandbox.journal.clear()
        pass_time(sandbox, HOUR)
        for renews in (True, True, False):
            with pytest.raises(GrantRefused, match=r"no longer accepts .* Grant access again on the page"):
                hook(sandbox, renews=renews).stages()
        assert renewals(sandbox) == [403]
        stored = read_grant(VARIABLE)
        assert stored is not None
        assert stored.refused

    def test_after_a_refusal_a_new_grant_is_all_that_is_needed(
        self, sandbox: Sandbox, grant: Grant, store: Store
    ) -> None:
        store[VARIABLE] = grant.model_copy(update={"refused": True}).model_dump_json()
        granted(sandbox, store)
        assert hook(sandbox).stages()

    def test_a_refusal_counts_for_nothing_if_another_was_stored_meanwhile(
        self, sandbox: Sandbox, grant: Grant, store: Store
    ) -> None:
        newer = sign_in(sandbox).renew(grant)
        pass_time(sandbox, HOUR / 2 + RENEW_SECONDS)

        def stored() -> None:
            store[VARIABLE] = newer.model_copy(update={"expires_at": newer.expires_at + HOUR}).model_dump_json()

        sandbox.faults.add("sign_in", "POST", kind="call", action=stored)
        assert hook(sandbox).stages()

    def test_access_that_a_person_grants_meanwhile_stays(self, sandbox: Sandbox, grant: Grant, store: Store) -> None:
        pass_time(sandbox, HOUR)
        later = grant.model_copy(update={"refresh_token": "another", "access_token": "a-later-one"})
        later = later.model_copy(update={"expires_at": grant.expires_at + HOUR})
        sandbox.add_lever_key(later.access_token, bearer=True)

        def granted_again() -> None:
            store[VARIABLE] = later.model_dump_json()

        sandbox.faults.add("sign_in", "POST", kind="call", action=granted_again)
        assert hook(sandbox).stages()
        assert read_grant(VARIABLE) == later

    def test_access_that_a_person_takes_away_meanwhile_is_gone(
        self, sandbox: Sandbox, grant: Grant, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("alva_lever.lever.granted_token.check_variable_is_missing", lambda name: None)
        pass_time(sandbox, HOUR)
        sandbox.faults.add("sign_in", "POST", kind="call", action=store.clear)
        with pytest.raises(SetupError, match="There is no access to Lever in the Variable"):
            hook(sandbox).stages()
        assert store == {}

    @pytest.mark.parametrize("fault", [None, "not json", RuntimeError("down")])
    def test_a_variable_that_cannot_be_read_after_the_answer_costs_no_token(
        self, sandbox: Sandbox, grant: Grant, store: Store, monkeypatch: pytest.MonkeyPatch, fault: object
    ) -> None:
        """`None`: Airflow says that there is none, and then that it could not look."""

        def unclear(name: str) -> None:
            raise TransientError("Airflow could not look")

        monkeypatch.setattr("alva_lever.lever.granted_token.check_variable_is_missing", unclear)

        def fails_once(key: str, default: str | None = None) -> str | None:
            store.install(monkeypatch)
            if isinstance(fault, Exception):
                raise fault
            assert fault is None or isinstance(fault, str)
            return fault

        pass_time(sandbox, HOUR)
        sandbox.faults.add(
            "sign_in", "POST", kind="call", action=lambda: monkeypatch.setattr(Variable, "get", fails_once)
        )
        assert hook(sandbox).stages()
        stored = read_grant(VARIABLE)
        assert stored is not None
        assert stored.refresh_token != grant.refresh_token
        pass_time(sandbox, HOUR)
        assert hook(sandbox).stages()
        assert renewals(sandbox) == [200, 200]

    def test_of_two_who_renew_at_once_the_second_takes_nothing_from_the_first(
        self, sandbox: Sandbox, grant: Grant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two tasks in a pool with two slots, or one that Airflow has given up: the second is refused, and says so
        before the first has stored its tokens."""
        pass_time(sandbox, HOUR)
        renew = SignIn.renew

        def overtaken(opened: SignIn, grant: Grant) -> Grant:
            monkeypatch.setattr(SignIn, "renew", renew)
            fresh = opened.renew(grant)
            with pytest.raises(GrantRefused):
                hook(sandbox).stages()
            stored = read_grant(VARIABLE)
            assert stored is not None
            assert stored.refused
            return fresh

        monkeypatch.setattr(SignIn, "renew", overtaken)
        assert hook(sandbox).stages()
        assert hook(sandbox).stages()
        assert renewals(sandbox) == [200, 403]

    def test_a_wrong_secret_is_a_matter_of_the_connection_and_ends_no_grant(
        self, sandbox: Sandbox, grant: Grant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = {
            "conn_type": "x",
            "host": f"http://127.0.0.1{SignInDoor.root}",
            "login": CLIENT_ID,
            "password": "wrong-one",
        }
        right = json.dumps({**app, "password": CLIENT_SECRET})
        monkeypatch.setenv("AIRFLOW_CONN_LEVER_OAUTH", json.dumps(app))
        pass_time(sandbox, HOUR)
        with pytest.raises(SetupError, match=r"\(invalid_client\)\. Look at .* `lever_oauth`") as error:
            hook(sandbox).stages()
        assert "wrong-one" not in str(error.value)
        monkeypatch.setenv("AIRFLOW_CONN_LEVER_OAUTH", right)
        assert hook(sandbox).stages()

    def test_a_grant_to_another_client_is_not_renewed(self, sandbox: Sandbox, grant: Grant, store: Store) -> None:
        store[VARIABLE] = grant.model_copy(update={"client_id": "another"}).model_dump_json()
        pass_time(sandbox, HOUR)
        with pytest.raises(SetupError, match="granted to another client id"):
            hook(sandbox).stages()
        assert renewals(sandbox) == []

    def test_the_refresh_token_goes_to_no_other_sign_in(
        self, sandbox: Sandbox, grant: Grant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = {
            "conn_type": "generic", "host": "https://evil.example", "login": CLIENT_ID, "password": "a-new-one",
        }  # fmt: skip
        monkeypatch.setenv("AIRFLOW_CONN_LEVER_OAUTH", json.dumps(app))
        pass_time(sandbox, HOUR)
        sandbox.journal.clear()
        with pytest.raises(SetupError, match=r"granted by another sign-in than that of .* Grant access again"):
            hook(sandbox).stages()
        assert sandbox.journal.of() == []
        assert read_grant(VARIABLE) == grant

    def test_a_sign_in_that_is_down_holds_nothing_up_while_the_token_lasts(
        self, sandbox: Sandbox, grant: Grant
    ) -> None:
        sandbox.faults.add("sign_in", "POST", times=2)
        pass_time(sandbox, HOUR - RENEW_SECONDS / 2)
        lever = hook(sandbox)
        for _ in range(3):
            assert lever.stages()
        assert renewals(sandbox) == [503]
        pass_time(sandbox, 61)
        assert lever.stages()
        assert renewals(sandbox) == [503, 503]
        pass_time(sandbox, 61)
        assert lever.stages()
        assert renewals(sandbox) == [503, 503, 200]

    def test_when_the_token_has_run_out_too_the_task_is_tried_again(self, sandbox: Sandbox, grant: Grant) -> None:
        sandbox.faults.add("sign_in", "POST")
        pass_time(sandbox, HOUR)
        with pytest.raises(TransientError, match="503 to POST /oauth/token"):
            hook(sandbox).stages()
        assert hook(sandbox).stages()


class TestA401:
    def test_renews_once_and_sends_the_request_again(self, sandbox: Sandbox, grant: Grant) -> None:
        lever = hook(sandbox, threads=12)
        lever.stages()
        with sandbox.world.lock:
            sandbox.world.lever.sign_in.end(grant.access_token)
        with ThreadPoolExecutor(12) as pool:
            assert all(pool.map(lambda _: lever.stages(), range(12)))
        assert renewals(sandbox) == [200]

    def test_takes_what_another_task_has_stored(self, sandbox: Sandbox, grant: Grant) -> None:
        page = hook(sandbox, renews=False)
        page.stages()
        with sandbox.world.lock:
            sandbox.world.lever.sign_in.end(grant.access_token)
        hook(sandbox).stages()
        assert page.stages()
        assert renewals(sandbox) == [200]

    def test_of_a_new_token_is_final(self, sandbox: Sandbox, grant: Grant) -> None:
        refusal = {"code": "UnauthorizedError", "message": "no"}
        sandbox.faults.add("lever", status=401, body=refusal, times=None)
        with pytest.raises(Unauthorized, match=r"the access token was not accepted\. Grant access again"):
            hook(sandbox).stages()
        assert renewals(sandbox) == [200]
        assert len(sandbox.journal.of("lever")) == 2

    def test_one_who_may_not_renew_takes_it_as_it_is(self, sandbox: Sandbox, grant: Grant) -> None:
        with sandbox.world.lock:
            sandbox.world.lever.sign_in.end(grant.access_token)
        with pytest.raises(Unauthorized, match="the access token was not accepted"):
            hook(sandbox, renews=False).stages()
        assert renewals(sandbox) == []

    def test_of_a_proxy_renews_nothing(self, sandbox: Sandbox, grant: Grant) -> None:
        sandbox.faults.add("lever", status=401, body="Log in to the proxy", times=None)
        with pytest.raises(TransientError, match="isn't Lever's API"):
            hook(sandbox).stages()
        assert renewals(sandbox) == []


class TestStoring:
    @pytest.fixture
    def failing(self, monkeypatch: pytest.MonkeyPatch, store: Store) -> list[int]:
        """Lets as many attempts to store fail as the first number says."""
        left = [0]

        def put(key: str, value: str, description: str | None = None) -> None:
            left[0] -= 1
            if left[0] >= 0:
                raise RuntimeError(value)
            store[key] = value

        monkeypatch.setattr(Variable, "set", put)
        return left

    def test_is_tried_again(self, sandbox: Sandbox, grant: Grant, failing: list[int]) -> None:
        failing[0] = 3
        pass_time(sandbox, HOUR)
        assert hook(sandbox).stages()
        assert hook(sandbox).stages()
        assert renewals(sandbox) == [200]

    def test_that_fails_says_what_is_at_stake_and_no_token(
        self, sandbox: Sandbox, grant: Grant, failing: list[int]
    ) -> None:
        failing[0] = 100
        pass_time(sandbox, HOUR)
        with pytest.raises(TransientError, match=r"could not store it \(RuntimeError\).* the access is lost") as error:
            hook(sandbox).get_conn()
        assert error.value.__context__ is None
        failing[0] = 0
        with pytest.raises(GrantRefused, match="Grant access again"):
            hook(sandbox).stages()

    def test_where_nobody_reads_it_is_said(
        self, sandbox: Sandbox, grant: Grant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Variable, "set", lambda key, value, description=None: None)
        pass_time(sandbox, HOUR)
        with pytest.raises(SetupError, match="environment or a secrets backend"):
            hook(sandbox).stages()


def test_no_token_and_no_secret_is_in_a_log_or_a_repr(
    sandbox: Sandbox, grant: Grant, logged: Callable[[], str]
) -> None:
    pass_time(sandbox, HOUR)
    lever = hook(sandbox)
    lever.stages()
    sandbox.faults.add("sign_in", "POST")
    pass_time(sandbox, HOUR - RENEW_SECONDS / 2)
    lever.stages()
    stored = read_grant(VARIABLE)
    assert stored is not None
    assert "is renewed" in logged()
    text = f"{logged()} {grant!r} {stored!r} {sign_in(sandbox).app!r}"
    tokens = (grant.access_token, grant.refresh_token, stored.access_token, stored.refresh_token, CLIENT_SECRET)
    assert not [token for token in tokens if token in text]


def test_an_answer_without_a_refresh_token_keeps_the_old_one(sandbox: Sandbox, grant: Grant) -> None:
    sandbox.faults.add("sign_in", "POST", kind="edit", action=lambda answer: answer.pop("refresh_token"))
    assert sign_in(sandbox).renew(grant).refresh_token == grant.refresh_token


def test_an_app_shows_no_secret() -> None:
    assert "s3cret" not in repr(App("client", "s3cret", "https://a.test", "b", "lever_oauth"))
