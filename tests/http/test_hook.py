from __future__ import annotations

import base64
import errno
import logging
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
import requests
from airflow.providers.http.hooks.http import HttpHook
from airflow.sdk import Connection
from requests.adapters import HTTPAdapter

from alva_lever.http.errors import ApiError, Forbidden, Malformed, NotFound, RequestRejected, SetupError, TransientError
from alva_lever.http.retry import ATTEMPTS
from tests.http.conftest import ShopHook
from tests.http.recording import CUT, RecordingServer, Reply, Time

OK = Reply(json={"ok": True})
SECRETS = ("Ada Byron", "ada@example.com", "the-key", "s3cret-extra")
PERSON = {"message": "Ada Byron <ada@example.com> is known", "code": "Ada Byron"}


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


class TestFaultsOf:
    def test_each_unusable_field_has_its_sentence_and_no_call_is_made(self, shop: ShopHook) -> None:
        extra = '{"timeout": "soon"}'
        connection = Connection(conn_id="shop_default", conn_type="shop", host="http://example.com", extra=extra)
        assert {field: str(error).partition(":")[0] for field, error in shop.faults_of(connection).items()} == {
            "host": "Connection `shop_default` leads to http",
            "extra": "Extra `timeout` of connection `shop_default` must be a number above 0",
        }

    def test_a_usable_connection_has_none(self, shop: ShopHook) -> None:
        connection = Connection(conn_id="shop_default", conn_type="shop", host="example.com/v1", password="the-key")
        assert shop.faults_of(connection) == {}


class TestSession:
    def test_one_connection_serves_a_whole_task(self, shop: ShopHook, server: RecordingServer) -> None:
        server.always(OK)
        for _ in range(25):
            shop.call("GET", "/things")
        assert (len(server.received), server.connections) == (25, 1)

    def test_refusals_and_faults_leave_the_connection_usable(self, shop: ShopHook, server: RecordingServer) -> None:
        server.answer(Reply(500), OK, Reply(404, json=PERSON), OK)
        shop.call("GET", "/things")
        with pytest.raises(NotFound):
            shop.call("GET", "/things/1")
        shop.call("GET", "/things")
        assert server.connections == 1

    def test_there_are_at_most_as_many_connections_as_threads(
        self, connect: Callable[..., None], server: RecordingServer, time: Time
    ) -> None:
        server.always(OK)
        shop = ShopHook(threads=2, **time.arguments)
        threads = [threading.Thread(target=lambda: [shop.call("GET", "/x") for _ in range(5)]) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert shop.calls == len(server.received) == 30
        assert server.connections <= 2

    def test_get_conn_returns_the_same_session_each_time(self, shop: ShopHook) -> None:
        assert shop.get_conn() is shop.get_conn()

    def test_a_query_is_percent_encoded_once_when_sent(self, shop: ShopHook, server: RecordingServer) -> None:
        token = "%5B101%2C1407778275799%2C%22c832%22%5D"
        server.answer(OK)
        shop.call("GET", "/things", params=[("offset", token), ("tag", "a"), ("tag", "b & c")])
        assert server.received[0].raw_query.startswith("offset=%255B101%252C1407778275799")
        assert server.received[0].query == [("offset", token), ("tag", "a"), ("tag", "b & c")]


class TestKey:
    def test_netrc_never_replaces_the_key(
        self, shop: ShopHook, server: RecordingServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        netrc = tmp_path / "netrc"
        netrc.write_text("default login intruder password other\n")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))
        server.answer(Reply(307, headers={"Location": "/v1/moved"}), OK)
        shop.call("GET", "/things")
        assert [request.headers["Authorization"] for request in server.received] == [basic("the-key")] * 2

    def test_extra_fields_are_never_sent_as_headers(
        self, connect: Callable[..., None], server: RecordingServer, time: Time
    ) -> None:
        connect(
            extra={"client_secret": "s3cret-extra", "X-Other": "s3cret-extra", "headers": {"X-More": "s3cret-extra"}}
        )
        server.answer(OK)
        ShopHook(**time.arguments).call("POST", "/things", json={"a": 1})
        received = server.received[0]
        assert "s3cret-extra" not in f"{received.headers} {received.path} {received.raw_query} {received.body}"
        assert set(received.headers) == {
            "Host", "User-Agent", "Accept-Encoding", "Accept", "Connection", "Content-Length", "Content-Type",
            "Authorization",
        }  # fmt: skip

    def test_the_environments_proxy_is_not_used_for_this_machine(
        self, shop: ShopHook, server: RecordingServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        monkeypatch.delenv("no_proxy", raising=False)
        server.answer(OK)
        assert shop.call("GET", "/things") == {"ok": True}


class TestRedirects:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirected_read_is_followed_on_the_same_server(
        self, shop: ShopHook, server: RecordingServer, status: int
    ) -> None:
        server.answer(Reply(status, headers={"Location": "/v2/things?tag=new"}), OK)
        assert shop.call("GET", "/things", params=[("tag", "old")]) == {"ok": True}
        assert server.received[1].path == "/v2/things"
        assert server.received[1].query == [("tag", "new")]
        assert server.received[1].headers["Authorization"] == basic("the-key")
        assert shop.calls == 2

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_a_redirect_to_another_host_is_not_followed(
        self, shop: ShopHook, server: RecordingServer, status: int, method: str
    ) -> None:
        other = RecordingServer()
        other.always(OK)
        server.always(Reply(status, headers={"Location": f"{other.root}/things"}))
        with pytest.raises(TransientError) as error:
            shop.call(method, "/things", json={"name": "Ada Byron"})
        other.close()
        assert other.received == []
        assert f"127.0.0.1:{server.port}" in str(error.value)
        assert f"127.0.0.1:{other.port}" in str(error.value)
        assert shop.calls == ATTEMPTS

    def test_a_login_form_on_the_way_is_a_passing_fault(self, shop: ShopHook, server: RecordingServer) -> None:
        server.answer(Reply(302, headers={"Location": "http://login.example.com/"}), OK)
        assert shop.call("GET", "/things") == {"ok": True}

    def test_another_scheme_is_another_server(self, shop: ShopHook, server: RecordingServer) -> None:
        server.always(Reply(301, headers={"Location": f"https://127.0.0.1:{server.port}/v1/things"}))
        with pytest.raises(TransientError, match="to https:"):
            shop.call("GET", "/things")
        assert len(server.received) == ATTEMPTS

    @pytest.mark.parametrize(("status", "again"), [(307, True), (308, True), (301, False), (302, False), (303, False)])
    def test_a_redirected_write_keeps_its_method_and_body_or_is_not_sent(
        self, shop: ShopHook, server: RecordingServer, status: int, again: bool
    ) -> None:
        there = Reply(status, headers={"Location": "/v1/there"})
        if again:
            server.answer(there, OK)
            shop.call("POST", "/things", json={"a": 1})
            assert (server.received[1].method, server.received[1].body) == ("POST", {"a": 1})
        else:
            server.always(there)
            with pytest.raises(TransientError, match="another request"):
                shop.call("POST", "/things", json={"a": 1})

    def test_the_session_itself_follows_no_redirect(self, shop: ShopHook, server: RecordingServer) -> None:
        server.answer(Reply(302, headers={"Location": "/v1/there"}))
        assert shop.get_conn().get(f"{server.root}/things").status_code == 302

    def test_a_redirect_loop_ends(self, shop: ShopHook, server: RecordingServer) -> None:
        server.always(Reply(302, headers={"Location": "/v1/things"}))
        with pytest.raises(TransientError, match="circle"):
            shop.call("GET", "/things")

    @pytest.mark.parametrize("headers", [{}, {"Location": "http://[half/x"}, {"Location": "http://127.0.0.1:port/"}])
    def test_a_redirect_to_nowhere_is_malformed(
        self, shop: ShopHook, server: RecordingServer, headers: dict[str, str]
    ) -> None:
        server.always(Reply(302, headers=headers))
        with pytest.raises(Malformed, match="Location"):
            shop.call("GET", "/things")


class TestMalformedAnswers:
    @pytest.mark.parametrize(
        "reply",
        [
            Reply(raw=b""),
            Reply(raw=b"<!doctype html><title>Sign in</title>"),
            Reply(raw=b'{"data": [{"id": "1"}, {"id": '),
            Reply(raw=b'{"data": [{"id": "1"}, {"id": ', cut=True),
            Reply(raw=b'{"role_fit": NaN}'),
            Reply(raw=b'{"role_fit": Infinity}'),
            Reply(raw=b"\xff\xfe\xff"),
            Reply(raw=b"[" * 100_000),
        ],
        ids=["empty", "html", "short JSON", "short body", "NaN", "Infinity", "not UTF-8", "depth"],
    )
    def test_a_200_without_complete_json_is_retried_and_then_an_error(
        self, shop: ShopHook, server: RecordingServer, reply: Reply
    ) -> None:
        server.answer(reply, OK)
        assert shop.call("GET", "/things") == {"ok": True}
        server.always(reply)
        with pytest.raises(TransientError):
            shop.call("GET", "/things")
        assert len(server.received) == 7

    def test_a_204_needs_no_body(self, shop: ShopHook, server: RecordingServer) -> None:
        server.answer(Reply(204))
        assert shop.call("DELETE", "/things/1") is None


class TestRoot:
    """A root without an API or without a reachable host."""

    def names_the_root(self, error: ApiError, server: RecordingServer) -> None:
        said = str(error)
        none = f"there is no API of Shop at {server.root}"
        assert all(word in said for word in (none, "`shop_default`", "https://api.shop.test/v1"))
        assert "Ada" not in said

    def test_a_listing_that_the_vendor_does_not_find_is_a_setup_error_without_a_retry(
        self, shop: ShopHook, server: RecordingServer, time: Time
    ) -> None:
        server.answer(Reply(404, json=PERSON))
        with pytest.raises(SetupError) as error:
            shop.call("GET", "/things", params=[("tag", "Ada Byron")])
        self.names_the_root(error.value, server)
        assert time.slept == []

    @pytest.mark.parametrize(("raw", "came"), [(b"<html>", "a page of HTML"), (b"", "no body"), (b"[]", "not an obj")])
    def test_a_404_for_a_listing_that_is_not_the_vendors_is_a_passing_fault_of_an_api_that_has_answered(
        self, shop: ShopHook, server: RecordingServer, raw: bytes, came: str
    ) -> None:
        server.answer(Reply(404, raw=raw), OK)
        assert shop.call("GET", "/things") == {"ok": True}
        server.always(Reply(404, raw=raw))
        with pytest.raises(TransientError, match=came) as passing:
            shop.call("GET", "/things", params=[("tag", "Ada Byron")])
        assert "`shop_default`" in str(passing.value)
        assert "Ada" not in str(passing.value)
        assert (passing.value.status, shop.calls) == (404, 7)

    @pytest.mark.parametrize("raw", [b"<html>", b"", b"[]"])
    def test_a_root_that_answers_nothing_else_through_all_attempts_is_a_setup_error(
        self, shop: ShopHook, server: RecordingServer, raw: bytes
    ) -> None:
        server.always(Reply(404, raw=raw))
        with pytest.raises(SetupError) as error:
            shop.call("GET", "/things", params=[("tag", "Ada Byron")])
        self.names_the_root(error.value, server)
        assert shop.calls == 5

    @pytest.mark.parametrize(("method", "path"), [("GET", "/things/1"), ("POST", "/things"), ("GET", "/offers")])
    def test_a_404_for_what_may_be_missing_is_not_found(
        self, shop: ShopHook, server: RecordingServer, method: str, path: str
    ) -> None:
        server.answer(Reply(404, json=PERSON))
        with pytest.raises(NotFound):
            shop.call(method, path, repeatable=False)

    def test_check_response_treats_a_missing_listing_as_a_setup_error_too(
        self, shop: ShopHook, server: RecordingServer
    ) -> None:
        server.answer(Reply(404, json=PERSON), Reply(404, json=PERSON))
        with pytest.raises(SetupError, match="no API of Shop"):
            shop.check_response(shop.get_conn().get(f"{server.root}/things"))
        with pytest.raises(NotFound):
            shop.check_response(shop.get_conn().get(f"{server.root}/things/1"))

    def failure(self, shop: ShopHook, **options: Any) -> TransientError:
        with pytest.raises(TransientError) as passing:
            shop.ask("GET", "/things", lambda body: body, params=[("q", "Ada Byron")], attempts=1, **options)
        assert "Ada" not in str(passing.value)
        assert not passing.value.may_have_happened
        return passing.value

    def test_a_refused_connection_names_host_and_cause(self, connect: Callable[..., None], unused_port: int) -> None:
        connect(host=f"http://127.0.0.1:{unused_port}/v1")
        said = str(self.failure(ShopHook()))
        assert "it refuses connections" in said
        assert f"127.0.0.1:{unused_port}, from connection `shop_default`" in said

    def test_an_unknown_host_name_is_named(self, connect: Callable[..., None]) -> None:
        connect(host="https://api.shop.invalid/v1", extra={"trust_env": False})
        assert "the name of its host is not known. The host is api.shop.invalid" in str(self.failure(ShopHook()))

    @pytest.mark.parametrize("fault", [OSError(errno.EHOSTUNREACH, "x"), OSError(errno.ENETUNREACH, "x")])
    def test_an_unreachable_host_is_named_with_its_cause(
        self, connect: Callable[..., None], monkeypatch: pytest.MonkeyPatch, fault: OSError
    ) -> None:
        def connected(*arguments: object, **options: object) -> NoReturn:
            raise fault

        monkeypatch.setattr("urllib3.util.connection.create_connection", connected)
        assert f"no route to it ({os.strerror(fault.errno or 0)})" in str(self.failure(ShopHook("shop_default")))

    def test_a_connect_timeout_is_named(self, connect: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
        def connected(*arguments: object, **options: object) -> NoReturn:
            raise TimeoutError

        monkeypatch.setattr("urllib3.util.connection.create_connection", connected)
        assert "it did not take the connection in time" in str(self.failure(ShopHook("shop_default")))

    def test_a_missing_proxy_is_named(self, connect: Callable[..., None], unused_port: int) -> None:
        connect(host="https://api.shop.test/v1", extra={"proxies": {"https": f"http://127.0.0.1:{unused_port}"}})
        assert "the proxy refuses connections. The host is api.shop.test" in str(self.failure(ShopHook()))

    def test_a_refusing_proxy_is_named(self, connect: Callable[..., None], server: RecordingServer) -> None:
        connect(host="https://api.shop.test/v1", extra={"proxies": {"https": f"http://127.0.0.1:{server.port}"}})
        assert "the proxy refuses to let us through" in str(self.failure(ShopHook()))

    def test_https_to_an_http_port_is_named(self, connect: Callable[..., None], server: RecordingServer) -> None:
        connect(host=f"https://127.0.0.1:{server.port}/v1", extra={"trust_env": False})
        with pytest.raises(TransientError, match=f"is the port of 127.0.0.1:{server.port} one for https"):
            ShopHook().ask("GET", "/things", lambda body: body, attempts=1)


class TestPrivacy:
    @pytest.mark.parametrize(
        "reply",
        [
            Reply(400, json=PERSON),
            Reply(403, json=PERSON),
            Reply(500, json=PERSON),
            Reply(raw=b'["Ada Byron"'),
            Reply(302, headers={"Location": "https://elsewhere.test/?email=ada@example.com"}),
            CUT,
        ],
    )
    def test_logs_and_errors_contain_neither_a_body_nor_the_key(
        self, shop: ShopHook, server: RecordingServer, logged: Callable[[], str], reply: Reply
    ) -> None:
        server.always(reply)
        with pytest.raises(ApiError) as error:
            shop.call("POST", "/things", json={"name": "Ada Byron", "email": "ada@example.com"})
        said = [
            str(error.value),
            repr(error.value),
            repr(error.value.__cause__),
            repr(error.value.__context__),
            logged(),
        ]
        assert "/things" in said[0]
        assert not [secret for secret in SECRETS for text in said if secret in text]

    @pytest.mark.parametrize("location", ["https://Ada Byron/", "ada://example.com/Byron", "//ada%40example.com/x"])
    def test_an_invalid_redirect_host_is_not_shown(
        self, shop: ShopHook, server: RecordingServer, location: str
    ) -> None:
        server.always(Reply(302, headers={"Location": location}))
        with pytest.raises(TransientError, match="to another host, where nothing was sent") as error:
            shop.call("GET", "/things")
        assert "ada" not in str(error.value).lower()

    def test_urls_are_not_logged_at_debug(
        self, shop: ShopHook, server: RecordingServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        server.answer(OK)
        with caplog.at_level(logging.DEBUG, "urllib3"):
            shop.call("GET", "/things", params=[("offset", "Ada Byron")])
        assert "Ada" not in caplog.text

    @pytest.mark.parametrize("code", ["Ada Byron", "ada@example.com", 5, "", "x" * 65])
    def test_a_code_that_is_not_one_word_is_dropped(
        self, shop: ShopHook, server: RecordingServer, code: object
    ) -> None:
        server.answer(Reply(422, json={"code": code}), Reply(422, json={"code": "job_position_expired"}))
        for kept in (None, "job_position_expired"):
            with pytest.raises(RequestRejected) as refused:
                shop.call("GET", "/things")
            assert refused.value.code == kept

    def test_an_error_does_not_contain_the_query(self, connect: Callable[..., None], time: Time) -> None:
        connect(host="http://127.0.0.1:9")
        with pytest.raises(TransientError) as error:
            ShopHook(**time.arguments).call("GET", "/things", params=[("q", "Ada Byron")])
        assert error.value.__cause__ is error.value.__context__ is None
        assert "Ada" not in str(error.value)

    def test_a_retry_is_logged_with_vendor_method_path_status_and_attempt(
        self, shop: ShopHook, server: RecordingServer, logged: Callable[[], str]
    ) -> None:
        server.answer(Reply(503), OK)
        shop.call("GET", "/things", params=[("q", "Ada Byron")])
        assert "Shop GET /things: 503, attempt 1; again in" in logged()

    def test_the_vendors_message_is_kept_for_a_note(self, shop: ShopHook, server: RecordingServer) -> None:
        server.answer(Reply(422, json=PERSON))
        with pytest.raises(RequestRejected) as refused:
            shop.call("GET", "/things")
        assert refused.value.detail == PERSON["message"]


class TestSetup:
    def test_a_missing_connection_is_named_with_how_to_set_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(SetupError) as error:
            ShopHook("shop_nowhere").call("GET", "/things")
        assert "`shop_nowhere`" in str(error.value)
        assert "AIRFLOW_CONN_SHOP_NOWHERE" in str(error.value)

    @pytest.mark.parametrize("value", ["{no JSON", "https://:ke/y@api.shop.test/v1"])
    def test_an_environment_variable_that_is_not_a_connection_is_named(
        self, monkeypatch: pytest.MonkeyPatch, value: str
    ) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_SHOP_DEFAULT", value)
        with pytest.raises(SetupError, match="AIRFLOW_CONN_SHOP_DEFAULT is set, and is neither JSON nor a URI"):
            ShopHook().call("GET", "/things")

    @pytest.mark.parametrize("verify", [False, "false"])
    def test_each_hook_warns_once_that_certificates_are_not_checked(
        self, connect: Callable[..., None], server: RecordingServer, logged: Callable[[], str], verify: object
    ) -> None:
        connect(extra={"verify": verify})
        server.always(OK)
        for times in (1, 2):
            shop = ShopHook()
            shop.call("GET", "/things")
            shop.call("GET", "/things")
            assert logged().count("Certificates are not checked: extra `verify` of connection") == times

    def test_an_empty_verify_is_refused(self, connect: Callable[..., None], server: RecordingServer) -> None:
        connect(extra={"verify": ""})
        with pytest.raises(SetupError, match="`verify` of connection `shop_default`"):
            ShopHook().call("GET", "/things")
        assert server.received == []

    def test_the_connection_is_read_only_once_at_the_first_call(
        self, connect: Callable[..., None], server: RecordingServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shop = ShopHook("shop_default")
        server.always(OK)
        shop.call("GET", "/things")
        monkeypatch.delenv("AIRFLOW_CONN_SHOP_DEFAULT")
        assert shop.call("GET", "/things") == {"ok": True}

    def test_the_connections_rate_is_kept(
        self, connect: Callable[..., None], server: RecordingServer, time: Time
    ) -> None:
        connect(extra={"calls_per_second": 2})
        server.always(OK)
        shop = ShopHook(**time.arguments)
        for _ in range(5):
            shop.call("GET", "/things")
        assert time.seconds == pytest.approx(2.0)
        assert shop.waited_seconds == pytest.approx(2.0)

    def test_an_argument_overrides_the_connections_rate(
        self, connect: Callable[..., None], server: RecordingServer, time: Time
    ) -> None:
        connect(extra={"calls_per_second": 2})
        server.always(OK)
        shop = ShopHook(calls_per_second=1, **time.arguments)
        for _ in range(5):
            shop.call("GET", "/things")
        assert time.seconds == pytest.approx(4.0)

    @pytest.mark.parametrize("verify", ["/nowhere/bundle.pem", False])
    def test_the_connections_verify_overrides_the_environments_bundle(
        self, connect: Callable[..., None], monkeypatch: pytest.MonkeyPatch, verify: str | bool
    ) -> None:
        seen: list[object] = []

        class Adapter(HTTPAdapter):
            def send(self, request: object, *args: object, **options: object) -> NoReturn:
                seen.append(options["verify"])
                raise requests.ConnectionError

        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/elsewhere/bundle.pem")
        connect(host="https://127.0.0.1:9", extra={"verify": verify})
        with pytest.raises(TransientError):
            ShopHook(adapter=Adapter()).ask("GET", "/things", lambda body: body, attempts=1)
        assert seen == [verify]

    def test_a_missing_certificate_bundle_is_a_setup_error(self, connect: Callable[..., None]) -> None:
        connect(host="https://127.0.0.1:9", extra={"verify": "/nowhere/bundle.pem"})
        with pytest.raises(SetupError, match="verify"):
            ShopHook().call("GET", "/things")

    def test_a_hook_without_calls_counts_none(self) -> None:
        shop = ShopHook("shop_nowhere")
        assert (shop.calls, shop.waited_seconds) == (0, 0)


class TestHttpHook:
    """The methods inherited from HttpHook follow the same rules or are closed."""

    def test_the_hook_is_an_http_hook_and_takes_its_arguments(self) -> None:
        shop = ShopHook(method="POST", tcp_keep_alive=False)
        assert isinstance(shop, HttpHook)
        assert (shop.method, shop.http_conn_id) == ("POST", "shop_default")
        assert getattr(shop, shop.conn_name_attr) == "shop_default"
        with pytest.raises(TypeError):
            ShopHook(thread=3)

    def test_run_retries_and_raises_typed_errors(self, shop: ShopHook, server: RecordingServer) -> None:
        server.answer(Reply(500), OK, Reply(403, json=PERSON))
        assert shop.run("things", data={"tag": "a"}) == {"ok": True}
        assert server.received[1].query == [("tag", "a")]
        with pytest.raises(Forbidden):
            shop.run("/things")
        assert (shop.calls, server.connections) == (3, 1)

    def test_run_does_not_retry_a_post(self, connect: Callable[..., None], server: RecordingServer, time: Time) -> None:
        server.answer(Reply(500))
        with pytest.raises(TransientError):
            ShopHook(method="POST", **time.arguments).run("things", json={"a": 1})
        assert server.received[0].body == {"a": 1}

    def test_inherited_calls_cannot_bypass_the_rate_limit(self, shop: ShopHook) -> None:
        with pytest.raises(TypeError):
            shop.run("things", headers={"X-Key": "1"})
        with pytest.raises(TypeError):
            shop.get_conn(headers={"X-Key": "1"})
        with pytest.raises(TypeError):
            shop.run_and_check(shop.get_conn(), None, {})

    def test_check_response_does_not_quote_the_body(
        self, shop: ShopHook, server: RecordingServer, logged: Callable[[], str]
    ) -> None:
        server.answer(Reply(403, json=PERSON))
        response = shop.get_conn().get(f"{server.root}/things")
        with pytest.raises(Forbidden) as error:
            shop.check_response(response)
        assert "Ada" not in str(error.value) + logged()
