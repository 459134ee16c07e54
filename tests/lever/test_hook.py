from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
import requests
from airflow.sdk._shared.secrets_masker import redact
from requests.adapters import HTTPAdapter

from alva_lever.http.errors import Forbidden, MissingPermission, NotFound, SetupError, TransientError, Unauthorized
from alva_lever.http.paginator import Unreadable
from alva_lever.lever.hook import LeverHook
from alva_lever.lever.objects import ArchiveReason
from alva_lever.provider import get_provider_info
from tests.http.recording import Received, RecordingServer, Reply, Time, data
from tests.lever.conftest import posting

UNAUTHORIZED = Reply(401, json={"code": "UnauthorizedError", "message": "The request requires authentication."})
DAY = {"deleted_at_start_ms": 1, "deleted_at_end_ms": 2}
FORBIDDEN = Reply(403, json={"code": "Forbidden", "message": "no"})


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


class Nowhere(HTTPAdapter):
    """Sends nothing; records the URL, the key and whether certificates would be checked."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str | None, str | None, object]] = []

    def send(self, request: requests.PreparedRequest, *arguments: object, **options: object) -> NoReturn:
        self.sent.append(((request.url or "").partition("?")[0], request.headers["Authorization"], options["verify"]))
        raise requests.ConnectionError


def user(id: str, email: object, **fields: Any) -> dict[str, Any]:
    return {"id": id, "name": "Mo Berg", "email": email, "deactivatedAt": None, **fields}


class TestSetup:
    def test_the_hook_has_the_names_that_airflow_needs(self) -> None:
        names = LeverHook.conn_name_attr, LeverHook.default_conn_name, LeverHook.conn_type, LeverHook.hook_name
        assert names == ("lever_conn_id", "lever_default", "lever", "Lever")
        assert LeverHook(lever_conn_id="mine").http_conn_id == "mine"

    @pytest.mark.parametrize("fields", [{"password": ""}, {"password": None}, {"password": " ", "login": " "}])
    def test_a_missing_key_is_refused_with_the_connection(
        self, connect: Callable[..., None], fields: dict[str, Any]
    ) -> None:
        connect(**fields)
        with pytest.raises(SetupError, match="has no API key: put Lever's API key into its API key") as error:
            LeverHook().stages()
        assert "`lever_default`" in str(error.value)

    @pytest.mark.parametrize("password", [None, "", " "])
    def test_a_key_in_the_login_field_works_with_a_warning_for_each_hook(
        self, connect: Callable[..., None], server: RecordingServer, logged: Callable[[], str], password: str | None
    ) -> None:
        connect(password=password, login="key-of-old")
        server.always(data())
        for times in (1, 2):
            lever = LeverHook()
            lever.stages()
            lever.stages()
            assert logged().count("is in the login field of connection") == times
        assert server.received[0].headers["Authorization"] == basic("key-of-old")
        assert "key-of-old" not in logged()
        assert redact("with key-of-old") == "with ***"

    def test_the_password_takes_precedence_over_the_login(
        self, connect: Callable[..., None], server: RecordingServer, logged: Callable[[], str]
    ) -> None:
        connect(login="somebody")
        server.answer(data())
        LeverHook().stages()
        assert server.received[0].headers["Authorization"] == basic("lever-key")
        assert "login" not in logged()

    def test_the_form_has_one_field_for_the_key(self) -> None:
        (lever,) = (row for row in get_provider_info()["connection-types"] if row["connection-type"] == "lever")
        form = lever["ui-field-behaviour"]
        assert form["relabeling"] == {"host": "API root", "password": "API key"}
        assert "login" in form["hidden-fields"]

    def test_a_missing_connection_says_how_to_make_it(self) -> None:
        with pytest.raises(SetupError) as error:
            LeverHook("lever_nowhere").stages()
        words = "`lever_nowhere`", "https://api.lever.co/v1", "password", "API Credentials"
        assert not [word for word in words if word not in str(error.value)]

    def test_a_refused_key_says_where_to_put_another(self, lever: LeverHook, server: RecordingServer) -> None:
        server.answer(UNAUTHORIZED)
        with pytest.raises(Unauthorized, match="field of connection `lever_default`"):
            lever.stages()

    @pytest.mark.parametrize(
        ("ask", "permission"),
        [
            (lambda lever: lever.stages(), "stages: read"),
            (lambda lever: lever.tags(), "tags: read"),
            (lambda lever: lever.opportunity("o"), "opportunities: read"),
            (lambda lever: lever.add_tags("o", ["t"]), "opportunities: write"),
            (lambda lever: lever.notes("o"), "notes: read"),
            (lambda lever: lever.add_note("o", "text", "ref"), "notes: write"),
            (lambda lever: lever.delete_note("o", "n"), "notes: write"),
            (lambda lever: lever.webhooks(), "webhooks: read"),
            (lambda lever: list(lever.deleted_opportunities(**DAY)), "opportunities: read"),
        ],
    )
    def test_a_missing_permission_is_named(
        self, lever: LeverHook, server: RecordingServer, ask: Callable[[LeverHook], object], permission: str
    ) -> None:
        server.answer(FORBIDDEN)
        with pytest.raises(Forbidden, match=permission):
            ask(lever)


class TestUri:
    """A connection as a URI in an environment variable, which Airflow splits into fields."""

    @pytest.mark.parametrize(
        ("uri", "url"),
        [
            ("https://:the-key@api.lever.co/v1", "https://api.lever.co/v1/stages"),
            ("https://:the-key@api.lever.co/v1/", "https://api.lever.co/v1/stages"),
            ("https://:the-key@proxy.example.com:8443/lever/v1", "https://proxy.example.com:8443/lever/v1/stages"),
            ("https://:the-key@proxy.example.com/lever%2Fv1", "https://proxy.example.com/lever/v1/stages"),
            ("lever://:the-key@api.lever.co/v1", "https://api.lever.co/v1/stages"),
            ("lever://:the-key@api.lever.co%2Fv1", "https://api.lever.co/v1/stages"),
            ("lever://:the-key@https%3A%2F%2Fapi.lever.co%2Fv1", "https://api.lever.co/v1/stages"),
            ("lever://https://:the-key@api.lever.co/v1", "https://api.lever.co/v1/stages"),
            ("http://https://:the-key@api.lever.co/v1", "https://api.lever.co/v1/stages"),
            ("http://:the-key@localhost:8765/lever/v1", "http://localhost:8765/lever/v1/stages"),
            ("http://:the-key@[::1]:8765/lever/v1", "http://[::1]:8765/lever/v1/stages"),
            ("http://:the-key@127.0.0.1:8765", "http://127.0.0.1:8765/stages"),
            ("https://the-key@api.lever.co/v1", "https://api.lever.co/v1/stages"),
        ],
    )
    def test_the_url_has_the_uris_scheme_host_port_and_path(
        self, monkeypatch: pytest.MonkeyPatch, uri: str, url: str
    ) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_LEVER_DEFAULT", uri)
        adapter = Nowhere()
        assert not LeverHook(adapter=adapter).test_connection()[0]
        assert [sent[:2] for sent in adapter.sent] == [(url, basic("the-key"))]

    def test_a_percent_encoded_key_is_decoded(self, monkeypatch: pytest.MonkeyPatch, server: RecordingServer) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_LEVER_DEFAULT", f"http://:k%2F%40%3A%25y@127.0.0.1:{server.port}/lever/v1")
        server.answer(data())
        LeverHook().stages()
        assert server.asked == ["GET /lever/v1/stages"]
        assert server.received[0].headers["Authorization"] == basic("k/@:%y")

    @pytest.mark.parametrize(
        ("query", "verify"),
        [
            ("verify=false&calls_per_second=5&timeout=3", False),
            ("verify=%2Fbundle.pem", "/bundle.pem"),
            ("__extra__=%7B%22verify%22%3A+false%7D", False),
            ("calls_per_second=5", True),
        ],
    )
    def test_extras_are_read_from_the_query(
        self, monkeypatch: pytest.MonkeyPatch, query: str, verify: object, logged: Callable[[], str]
    ) -> None:
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AIRFLOW_CONN_LEVER_DEFAULT", f"lever://:the-key@api.lever.co/v1?{query}")
        adapter = Nowhere()
        LeverHook(adapter=adapter).test_connection()
        assert [sent[2] for sent in adapter.sent] == [verify]
        assert ("Certificates are not checked" in logged()) == (verify is False)

    @pytest.mark.parametrize(
        ("uri", "said"),
        [
            ("http://:the-key@api.lever.co/v1", "in the clear"),
            ("https://:the-key@api.lever.co/v1?verify=", "`verify` of connection `lever_default`"),
            ("https://:the-key@/v1", "has no host"),
            ("https://:the/key@api.lever.co/v1", "AIRFLOW_CONN_LEVER_DEFAULT"),
        ],
    )
    def test_an_invalid_uri_is_refused(self, monkeypatch: pytest.MonkeyPatch, uri: str, said: str) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_LEVER_DEFAULT", uri)
        adapter = Nowhere()
        works, sentence = LeverHook(adapter=adapter).test_connection()
        assert (works, said in sentence, adapter.sent) == (False, True, [])
        assert "key@" not in sentence


class TestConnection:
    def test_a_working_key_is_reported(self, lever: LeverHook, server: RecordingServer) -> None:
        server.answer(data({"id": "offer", "text": "Offer"}))
        assert lever.test_connection() == (
            True,
            "Lever answered, and accepts the key (stages in the account's pipeline: 1)",
        )

    @pytest.mark.parametrize("reply", [UNAUTHORIZED, FORBIDDEN, Reply(503), Reply(raw=b"<html>")])
    def test_a_failing_connection_is_reported_without_a_retry(
        self, lever: LeverHook, server: RecordingServer, time: Time, reply: Reply
    ) -> None:
        server.answer(reply)
        works, sentence = lever.test_connection()
        assert not works
        assert sentence.startswith("Lever answered")
        assert time.slept == []

    def test_a_missing_connection_is_reported_too(self) -> None:
        works, sentence = LeverHook("lever_nowhere").test_connection()
        assert (works, "`lever_nowhere`" in sentence) == (False, True)


PAGE = Reply(403, raw=b"<html><h1>Access denied</h1></html>")
GATEWAY = Reply(404, json={"message": "no Route matched with those values"})


class TestForeignAnswers:
    @pytest.mark.parametrize("reply", [PAGE, GATEWAY, Reply(401, json={"error": "login"}), Reply(410), Reply(405)])
    @pytest.mark.parametrize(
        "ask",
        [
            lambda lever: lever.opportunity("o"),
            lambda lever: lever.posting("p"),
            lambda lever: lever.notes("o"),
            lambda lever: lever.user("u"),
            lambda lever: lever.add_tags("o", ["t"]),
        ],
    )
    def test_an_error_that_is_not_levers_is_transient(
        self, lever: LeverHook, server: RecordingServer, reply: Reply, ask: Callable[[LeverHook], object]
    ) -> None:
        server.always(reply)
        with pytest.raises(TransientError, match="isn't Lever's API answered"):
            ask(lever)

    def test_the_error_describes_the_answer(self, lever: LeverHook, server: RecordingServer) -> None:
        server.always(GATEWAY)
        with pytest.raises(TransientError, match="JSON without Lever's `code`") as passing:
            lever.posting("p1")
        assert "Route" not in str(passing.value)

    @pytest.mark.parametrize(
        "ask",
        [
            lambda lever: lever.stages(),
            lambda lever: lever.archive_reasons(),
            lambda lever: list(lever.users()),
            lambda lever: list(lever.postings()),
            lambda lever: lever.webhooks(),
            lambda lever: lever.may_list("opportunities"),
        ],
    )
    def test_a_missing_listing_is_a_setup_error(
        self, lever: LeverHook, server: RecordingServer, ask: Callable[[LeverHook], object]
    ) -> None:
        server.answer(Reply(404, json={"code": "ResourceNotFound", "message": "`/stages` does not exist"}))
        with pytest.raises(SetupError, match=f"no API of Lever at {server.root}") as error:
            ask(lever)
        assert "https://api.lever.co/v1" in str(error.value)

    def test_missing_tags_are_not_found(self, lever: LeverHook, server: RecordingServer) -> None:
        server.answer(Reply(404, json={"code": "ResourceNotFound", "message": "no"}))
        with pytest.raises(NotFound):
            lever.tags()


class TestReference:
    def test_stages_keep_the_order_of_the_pipeline_over_all_pages(
        self, lever: LeverHook, server: RecordingServer
    ) -> None:
        server.answer(
            data({"id": "lead-new", "text": "New lead"}, {"id": "offer", "text": "Offer"}, next="t1"),
            Reply(json={"data": [{"id": "uuid", "text": "Background Check"}]}),
        )
        assert [(stage.id, stage.name) for stage in lever.stages()] == [
            ("lead-new", "New lead"),
            ("offer", "Offer"),
            ("uuid", "Background Check"),
        ]

    def test_tags_are_read_as_text_from_all_pages(self, lever: LeverHook, server: RecordingServer) -> None:
        rows = [{"text": "Full-time", "count": 3}, {"text": "Full-Time", "count": 1}]
        server.answer(data(*rows, next="t1"), data({"text": "vip", "count": 1}))
        assert lever.tags() == ["Full-time", "Full-Time", "vip"]

    def test_archive_reasons_are_filtered_by_type_in_the_hook_too(
        self, lever: LeverHook, server: RecordingServer
    ) -> None:
        rows = [
            {"id": "r1", "text": "Hired", "status": "active", "type": "hired"},
            {"id": "r2", "text": "Comp", "status": "inactive", "type": "non-hired"},
        ]
        server.answer(data(*rows), data(*rows))
        assert lever.archive_reasons(type="hired") == [ArchiveReason("r1", "Hired", True, True)]
        assert [reason.id for reason in lever.archive_reasons()] == ["r1", "r2"]
        assert ("type", "hired") in server.received[0].query

    def test_an_unreadable_row_of_a_short_list_is_skipped_and_logged(
        self, lever: LeverHook, server: RecordingServer, logged: Callable[[], str]
    ) -> None:
        server.answer(
            data(
                {"id": "offer", "text": "Offer"},
                None,
                {"id": "s2"},
                {"id": "s3", "text": None},
                {"id": "s4", "text": 5},
            ),
            data(
                {"id": "r1", "text": "Hired"}, {"id": "r2", "type": "hired"}, {"id": "r3", "type": "hired", "status": 5}
            ),
            data(user("u1", ["Mo Berg"]), user("u2", "kim@example.com", name=None)),
            data({"text": "vip"}, {"text": None}, {"text": 5}, None, {}),
            Reply(json={"data": [], "hasNext": None}),
        )
        stages = [(stage.id, stage.name) for stage in lever.stages()]
        assert stages == [("offer", "Offer"), ("s2", ""), ("s3", ""), ("s4", "")]
        reasons = [(reason.id, reason.name, reason.active) for reason in lever.archive_reasons(type="hired")]
        assert reasons == [("r2", "", True), ("r3", "", True)]
        assert [(found.id, found.name) for found in lever.users()] == [("u2", "")]
        assert lever.tags() == ["vip"]
        assert lever.stages() == []
        assert all(f"{row} cannot be read" in logged() for row in ("reason r1", "user u1"))
        assert "Mo Berg" not in logged()

    def test_users_are_matched_in_the_hook_so_that_no_address_is_in_a_url(
        self, lever: LeverHook, server: RecordingServer
    ) -> None:
        server.answer(
            data(user("u1", "Mo@Example.com"), user("u2", None), user("u3", "x@example.com", deactivatedAt=4))
        )
        assert [found.id for found in lever.users(email="mo@example.com")] == ["u1"]
        assert "example" not in server.received[0].raw_query

    def test_a_users_repr_shows_neither_name_nor_address(self, lever: LeverHook, server: RecordingServer) -> None:
        server.answer(Reply(json={"data": user("u1", "mo@example.com", deactivatedAt=4)}))
        found = lever.user("u1")
        assert (found.email, found.active) == ("mo@example.com", False)
        assert not [word for word in ("Mo", "mo@") if word in repr(found)]


class TestPostings:
    def test_a_posting_has_its_hiring_managers_address(self, lever: LeverHook, server: RecordingServer) -> None:
        server.answer(Reply(json={"data": posting("p1", user("u1", "mo@example.com"))}))
        assert lever.posting("p1").hiring_manager_email == "mo@example.com"
        assert server.received[0].query == [("expand", "hiringManager")]

    def test_a_hiring_manager_given_as_an_id_is_read_once(self, lever: LeverHook, server: RecordingServer) -> None:
        server.answer(
            data(posting("p1", "u1"), posting("p2", "u1"), posting("p3", None)),
            Reply(json={"data": user("u1", "mo@example.com")}),
        )
        addresses = [getattr(read, "hiring_manager_email", "?") for read in lever.postings()]
        assert addresses == ["mo@example.com", "mo@example.com", None]
        assert server.asked == ["GET /v1/postings", "GET /v1/users/u1"]

    def test_a_deleted_hiring_manager_is_none(self, lever: LeverHook, server: RecordingServer) -> None:
        server.answer(
            Reply(json={"data": posting("p1", "u1")}),
            Reply(404, json={"code": "ResourceNotFound", "message": "gone"}),
        )
        assert lever.posting("p1").hiring_manager_email is None

    @pytest.mark.parametrize("ask", [lambda lever: lever.posting("p1"), lambda lever: list(lever.postings())])
    def test_a_key_that_may_not_read_the_hiring_manager_lacks_a_permission(
        self, lever: LeverHook, server: RecordingServer, ask: Callable[[LeverHook], object]
    ) -> None:
        def answer(request: Received) -> Reply:
            if "/users/" in request.path:
                return FORBIDDEN
            return Reply(json={"data": posting("p1", "u1")}) if request.path.endswith("/p1") else data(posting("p1", 5))

        server.always(answer)
        with pytest.raises(MissingPermission) as error:
            ask(lever)
        said = str(error.value)
        assert all(word in said for word in ("`users: read`", "`lever_default`", "fixed when it is made"))

    @pytest.mark.parametrize(
        "fault",
        [
            Reply(400, json={"code": "BadRequest", "message": "Mo Berg"}),
            Reply(503),
            Reply(json={"data": user("u9", None)}),
        ],
        ids=["400", "503", "another user"],
    )
    def test_the_postings_of_an_unreadable_hiring_manager_are_unreadable(
        self, lever: LeverHook, server: RecordingServer, fault: Reply
    ) -> None:
        listing = data(posting("p1", "u1"), posting("p2", "u2"), posting("p3", "u1"), posting("p4", None))

        def answer(request: Received) -> Reply:
            if request.path.endswith("/u1"):
                return fault
            return Reply(json={"data": user("u2", "mo@example.com")}) if request.path.endswith("/u2") else listing

        server.always(answer)
        found = [getattr(read, "hiring_manager_email", "?") for read in lever.postings()]
        assert found == ["?", "mo@example.com", "?", None]
        asked = len(server.received)
        (lost, *_) = [read for read in lever.postings() if isinstance(read, Unreadable)]
        assert (lost.id, "hiringManager" in lost.problem, "Mo Berg" in lost.problem) == ("p1", True, False)
        # The failed user is not read again for each posting, nor the user who was already read.
        assert server.asked[asked:].count("GET /v1/users/u1") <= 5
        assert "GET /v1/users/u2" not in server.asked[asked:]

    def test_a_refused_key_ends_the_listing(self, lever: LeverHook, server: RecordingServer) -> None:
        server.answer(data(posting("p1", "u1")), UNAUTHORIZED)
        with pytest.raises(Unauthorized):
            list(lever.postings())

    def test_an_unreadable_posting_does_not_spoil_the_others(self, lever: LeverHook, server: RecordingServer) -> None:
        bad = posting("p2", None, confidentiality=None)
        server.answer(data(posting("p1", None), bad, None, posting("p3", None, text=None)))
        found = list(lever.postings())
        assert [read.id for read in found] == ["p1", "p2", "p3"]
        assert found[1] == Unreadable("p2", "`data[].confidentiality` is not text")

    def test_postings_are_filtered_by_tag_and_state(self, lever: LeverHook, server: RecordingServer) -> None:
        server.answer(data(posting("p1", None), next="t1"), data(posting("p2", None)))
        assert [read.id for read in lever.postings(tag="Alva: Screening", state="published")] == ["p1", "p2"]
        assert server.received[0].query[:3] == [
            ("expand", "hiringManager"),
            ("tag", "Alva: Screening"),
            ("state", "published"),
        ]

    def test_a_deleted_posting_is_not_found(self, lever: LeverHook, server: RecordingServer) -> None:
        server.answer(Reply(404, json={"code": "ResourceNotFound", "message": "gone"}))
        with pytest.raises(NotFound):
            lever.posting("p1")
