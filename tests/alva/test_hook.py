from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import pytest
import requests
from requests.adapters import HTTPAdapter

from alva_lever.alva.hook import AlvaHook
from alva_lever.http.errors import (
    Conflict,
    Forbidden,
    Malformed,
    NotFound,
    RequestRejected,
    SetupError,
    TransientError,
    Unauthorized,
)
from alva_lever.http.paginator import Unreadable
from alva_lever.rules.model import AlvaCandidate, JobPosition
from tests.alva.conftest import candidate, listed, position
from tests.http.recording import CUT, RecordingServer, Reply, Time

FAULTS = {
    "cut": CUT,
    "500": Reply(500),
    "408": Reply(408),
    "html": Reply(201, raw=b"<html>"),
    "short": Reply(201, raw=b'{"id": "4'),
    "no id": Reply(201, json={"email": "ada@example.com"}),
    "405 html": Reply(405, raw=b"<html>"),
    "413 empty": Reply(413, raw=b""),
    "425 list": Reply(425, json=["early"]),
}
GONE = Reply(404, json={"error": {"code": "not_found", "message": "no candidate Ada Byron"}})
FORBIDDEN = Reply(403, json={"error": {"code": "forbidden", "message": "no"}})
ADD = "POST /v1/job_positions/771/candidates"

faults = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())


def add(alva: AlvaHook) -> AlvaCandidate:
    return alva.add_candidate(
        job_position_id="771", email="ada@example.com", first_name="Ada", last_name="Byron", external_id="opp-1"
    )


class TestSetup:
    def test_the_hook_has_the_names_that_airflow_needs(self) -> None:
        names = AlvaHook.conn_name_attr, AlvaHook.default_conn_name, AlvaHook.conn_type, AlvaHook.hook_name
        assert names == ("alva_conn_id", "alva_default", "alva", "Alva")
        assert AlvaHook(alva_conn_id="mine").http_conn_id == "mine"

    def test_the_key_is_a_bearer_token_that_netrc_does_not_replace(
        self, alva: AlvaHook, server: RecordingServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
    ) -> None:
        netrc = tmp_path / "netrc"
        netrc.write_text("default login intruder password other\n")
        monkeypatch.setenv("NETRC", str(netrc))
        server.answer(Reply(json=candidate()))
        alva.candidate("48213")
        assert server.received[0].headers["Authorization"] == "Bearer alva-key"

    def test_alva_has_no_rate_limit_unless_the_connection_sets_one(
        self, connect: Callable[..., None], server: RecordingServer, time: Time
    ) -> None:
        server.always(Reply(json=candidate()))
        alva = AlvaHook(**time.arguments)
        for _ in range(30):
            alva.candidate("48213")
        assert (time.seconds, alva.calls, server.connections) == (0, 30, 1)
        connect(extra={"calls_per_second": 5})
        slower = AlvaHook(**time.arguments)
        for _ in range(6):
            slower.candidate("48213")
        assert time.seconds == pytest.approx(1.0)

    @pytest.mark.parametrize(
        ("fields", "hint"), [({"password": ""}, "no API key"), ({"password": None, "login": "s3cret"}, "login field")]
    )
    def test_a_key_that_is_missing_or_in_the_wrong_field_is_refused(
        self, connect: Callable[..., None], fields: dict[str, Any], hint: str
    ) -> None:
        connect(**fields)
        with pytest.raises(SetupError, match=hint) as error:
            AlvaHook().candidate("1")
        assert "`alva_default`" in str(error.value)
        assert "s3cret" not in str(error.value)

    def test_a_missing_connection_says_how_to_make_it(self) -> None:
        works, sentence = AlvaHook("alva_nowhere").test_connection()
        assert not works
        assert all(
            word in sentence for word in ("`alva_nowhere`", "password", "New API key", "AIRFLOW_CONN_ALVA_NOWHERE")
        )

    @pytest.mark.parametrize(("status", "leaf"), [(401, Unauthorized), (403, Forbidden)])
    def test_a_refused_key_says_where_to_put_another(
        self, alva: AlvaHook, server: RecordingServer, status: int, leaf: type[RequestRejected]
    ) -> None:
        server.answer(Reply(status, json={"error": {"code": "x", "message": "no"}}))
        with pytest.raises(leaf, match="field of connection `alva_default`"):
            alva.candidate("1")

    @pytest.mark.parametrize(
        ("uri", "url"),
        [
            ("https://:the-key@alva.example.com/api/v1", "https://alva.example.com/api/v1"),
            ("alva://:the-key@alva.example.com:8443/v1", "https://alva.example.com:8443/v1"),
            ("http://:the-key@127.0.0.1:8765/alva/v1", "http://127.0.0.1:8765/alva/v1"),
        ],
    )
    def test_the_connection_may_be_a_uri(self, monkeypatch: pytest.MonkeyPatch, uri: str, url: str) -> None:
        sent: list[tuple[str, str]] = []

        class Nowhere(HTTPAdapter):
            def send(self, request: requests.PreparedRequest, *arguments: object, **options: object) -> NoReturn:
                sent.append(((request.url or "").partition("?")[0], request.headers["Authorization"]))
                raise requests.ConnectionError

        monkeypatch.setenv("AIRFLOW_CONN_ALVA_DEFAULT", uri)
        assert not AlvaHook(adapter=Nowhere()).test_connection()[0]
        assert sent == [(f"{url}/job_positions", "Bearer the-key")]

    @pytest.mark.parametrize(
        ("ask", "requests"),
        [
            (lambda alva: alva.find_candidate("o"), 2),
            (lambda alva: alva.find_position("p"), 2),
            (lambda alva: list(alva.changed_candidates(0)), 1),
            (AlvaHook.check_key, 1),
        ],
    )
    def test_a_missing_listing_is_a_setup_error(
        self, alva: AlvaHook, server: RecordingServer, ask: Callable[[AlvaHook], object], requests: int
    ) -> None:
        server.answer(*[GONE] * requests)
        with pytest.raises(SetupError, match=f"no API of Alva at {server.root}"):
            ask(alva)

    @pytest.mark.parametrize("ask", [lambda alva: alva.find_candidate("o"), lambda alva: alva.find_position("p")])
    def test_a_404_to_a_search_is_not_found_if_alva_answers_otherwise(
        self, alva: AlvaHook, server: RecordingServer, ask: Callable[[AlvaHook], object]
    ) -> None:
        server.answer(GONE, listed(position()))
        with pytest.raises(NotFound):
            ask(alva)

    def test_missing_users_are_not_found(self, alva: AlvaHook, server: RecordingServer) -> None:
        server.answer(GONE)
        with pytest.raises(NotFound):
            list(alva.user_emails())

    def test_testing_the_connection_makes_one_request(self, alva: AlvaHook, server: RecordingServer) -> None:
        server.answer(listed(position()), Reply(503))
        assert alva.test_connection() == (True, "Alva answered, and accepts the key")
        assert alva.test_connection()[0] is False
        assert server.asked == ["GET /v1/job_positions"] * 2


class TestListings:
    def test_pages_are_followed_by_cursor_and_rows_come_once(self, alva: AlvaHook, server: RecordingServer) -> None:
        server.answer(
            listed(candidate("1"), candidate("2"), cursor="c/1="), listed(candidate("2"), candidate("3"), cursor=None)
        )
        assert [row.candidate_id for row in alva.changed_candidates(1740816005007)] == ["1", "2", "3"]
        common = [("updated_since", "2025-03-01T08:00:05.007Z"), ("limit", "100")]
        assert [request.query for request in server.received] == [common, [*common, ("cursor", "c/1=")]]

    def test_rows_outside_the_filter_are_dropped(self, alva: AlvaHook, server: RecordingServer) -> None:
        unfiltered = [
            candidate("1", external_id="opp-2"),
            candidate("2", external_id=None),
            candidate("3", job_position_id="772"),
            candidate("4"),
        ]
        server.answer(listed(*unfiltered), listed(*unfiltered))
        assert [row.id for row in alva.candidates(external_id="opp-1", job_position_id="771")] == ["4"]
        found = alva.find_candidate("opp-1")
        assert found is not None
        assert found.id == "3"
        assert server.received[0].query[:2] == [("external_id", "opp-1"), ("job_position_id", "771")]

    def test_a_candidate_or_position_that_is_not_found_is_none(self, alva: AlvaHook, server: RecordingServer) -> None:
        server.answer(listed(candidate("1", external_id="opp-10")), listed(position(external_id=None)))
        assert alva.find_candidate("opp-1") is None
        assert alva.find_position("posting-1") is None

    @pytest.mark.parametrize(
        "bad",
        [
            Reply(raw=b"<html>"),
            Reply(raw=b'{"data": [', cut=True),
            Reply(json={"next_cursor": None}),
            Reply(json={"data": None, "next_cursor": None}),
            Reply(json={"data": []}),
            Reply(json={"data": [], "next_cursor": ""}),
            Reply(json={"data": [], "next_cursor": 5}),
            listed({**candidate(), "id": None}),
            listed("Ada Byron"),
        ],
        ids=["html", "cut", "no data", "data null", "no cursor", "empty cursor", "cursor a number", "no id", "text"],
    )
    def test_a_malformed_page_is_retried_and_then_an_error(
        self, alva: AlvaHook, server: RecordingServer, bad: Reply
    ) -> None:
        server.answer(listed(candidate("1"), cursor="c1"), bad, listed(candidate("2")))
        assert [row.id for row in alva.candidates()] == ["1", "2"]
        server.always(bad)
        with pytest.raises(TransientError) as error:
            list(alva.candidates())
        assert len(server.received) == 8
        assert "Ada" not in str(error.value)

    def test_an_unreadable_changed_candidate_does_not_spoil_the_others(
        self, alva: AlvaHook, server: RecordingServer
    ) -> None:
        rows = [
            candidate("1", role_fit=101),
            candidate("2", external_id="opp-2"),
            None,
            {"external_id": "opp-4"},
            candidate("5", external_id=5),
            candidate("6", external_id=["Ada Byron"]),
            {key: value for key, value in candidate("7").items() if key != "external_id"},
            candidate("ada@example.com", external_id="opp-8", assessments=None),
        ]
        server.answer(listed(*rows))
        changed = list(alva.changed_candidates(0))
        assert [(row.candidate_id, row.external_id, row.candidate is None) for row in changed] == [
            ("1", "opp-1", True),
            ("2", "opp-2", False),
            (None, "opp-4", True),
            ("5", "5", False),
            ("6", None, True),
            ("7", None, True),
            (None, "opp-8", True),
        ]
        assert changed[0].problem == "`data[].role_fit` is not between 0 and 100"
        assert changed[5].problem == "`data[].external_id` is missing"
        assert [bool(row.problem) for row in changed] == [row.candidate is None for row in changed]
        assert "Ada" not in repr(changed)

    def test_a_candidate_who_was_added_by_hand_is_skipped(self, alva: AlvaHook, server: RecordingServer) -> None:
        by_hand = [
            candidate("1", external_id=None),
            candidate("2", external_id=None, role_fit="x"),
            {"external_id": None},
        ]
        server.always(listed(*by_hand, candidate("3", external_id=""), candidate("4")))
        assert [row.candidate_id for row in alva.changed_candidates(0)] == ["4"]
        found = alva.find_candidate("opp-1")
        assert (found and found.id) == "4"

    @pytest.mark.parametrize(
        ("moment", "given"),
        [("2025-03-01T00:00:00Z", True), ("2025-02-28T23:59:59Z", False), ("soon", True), (5, True), (None, True)],
    )
    def test_a_change_without_a_readable_time_is_given(
        self, alva: AlvaHook, server: RecordingServer, moment: Any, given: bool
    ) -> None:
        server.answer(listed(candidate("1", updated_at=moment), candidate("2", updated_at=moment, assessments=5)))
        # An unreadable row is given in any case, as a reason to read the candidate.
        assert [row.candidate_id for row in alva.changed_candidates(1740787200000)] == ["1"] * given + ["2"]

    def test_a_row_without_any_id_makes_the_page_malformed(self, alva: AlvaHook, server: RecordingServer) -> None:
        server.always(listed(candidate("1"), {"id": {}, "external_id": [], "email": "ada@example.com"}))
        with pytest.raises(Malformed) as error:
            list(alva.changed_candidates(0))
        assert "ada" not in str(error.value)

    def test_a_search_fails_only_if_its_own_row_is_unreadable(self, alva: AlvaHook, server: RecordingServer) -> None:
        server.always(listed(candidate("1", role_fit=101), candidate("2", external_id="opp-2"), None))
        assert [row.id for row in alva.candidates(external_id="opp-2")] == ["2"]
        with pytest.raises(Malformed, match=r"row 1: `data\[\].role_fit`"):
            alva.find_candidate("opp-1")
        server.always(listed(position("1", name=5), position("2", external_id="posting-2"), None))
        found = alva.find_position("posting-2")
        assert (found and found.id) == "2"
        with pytest.raises(Malformed, match=r"row 1: `data\[\].name"):
            alva.find_position("posting-1")

    def test_an_unreadable_position_does_not_spoil_the_others(self, alva: AlvaHook, server: RecordingServer) -> None:
        without = {key: value for key, value in position("3").items() if key != "external_id"}
        server.answer(listed(position("1"), position("2", team=5), None, without, position(4, name=None)))
        found = list(alva.positions())
        assert [row.id for row in found] == ["1", "2", "3", "4"]
        assert found[1:3] == [
            Unreadable("2", "`data[].team` is not text"),
            Unreadable("3", "`data[].external_id` is missing"),
        ]
        assert found[3] == JobPosition("4", "posting-1", None, "mo@example.com", "Platform")

    @pytest.mark.parametrize("bad", [{"id": "1", "external_id": []}, {"id": "1"}], ids=["another type", "missing"])
    def test_a_row_that_may_be_the_searched_candidate_is_an_error(
        self, alva: AlvaHook, server: RecordingServer, bad: dict[str, Any]
    ) -> None:
        server.always(listed(bad))
        with pytest.raises(Malformed):
            alva.find_candidate("opp-1")

    def test_of_several_candidates_the_last_changed_is_found(self, alva: AlvaHook, server: RecordingServer) -> None:
        moments = ["2025-03-02T09:30:00Z", "2025-03-02T09:30:01Z", "2025-03-02T09:30:00Z", None]
        rows = [candidate(str(number), updated_at=moment) for number, moment in enumerate(moments)]
        for ordered in (rows, rows[::-1]):
            server.answer(listed(*ordered))
            found = alva.find_candidate("opp-1")
            assert found is not None
            assert found.id == "1"

    def test_a_repeated_cursor_is_an_error(self, alva: AlvaHook, server: RecordingServer) -> None:
        server.answer(listed(candidate("1"), cursor="c1"))
        server.always(listed(candidate("2"), cursor="c1"))
        with pytest.raises(Malformed, match="`next_cursor` repeats"):
            list(alva.candidates())

    def test_users_are_read_as_addresses(self, alva: AlvaHook, server: RecordingServer) -> None:
        server.answer(
            listed({"id": "1", "email": "mo@example.com"}, {"id": "2", "email": None}, cursor="c1"),
            listed({"id": 3, "email": "Kim@example.com"}, None, {"id": "4"}, {"id": "5", "email": ["Ada"]}),
        )
        assert list(alva.user_emails()) == ["mo@example.com", "Kim@example.com"]


class TestAdd:
    def test_a_candidate_is_added_with_one_request_and_an_invitation(
        self, alva: AlvaHook, server: RecordingServer
    ) -> None:
        server.answer(Reply(201, json=candidate()))
        assert add(alva).id == "48213"
        assert server.asked == [ADD]
        assert server.received[0].body == {
            "email": "ada@example.com",
            "first_name": "Ada",
            "last_name": "Byron",
            "external_id": "opp-1",
            "send_invitation": True,
        }

    @faults
    def test_a_candidate_who_was_added_despite_the_fault_is_not_added_again(
        self, alva: AlvaHook, server: RecordingServer, fault: Reply
    ) -> None:
        server.answer(fault, listed(candidate()))
        assert add(alva).id == "48213"
        assert server.asked == [ADD, "GET /v1/candidates"]

    @faults
    def test_a_candidate_who_was_not_added_is_added_again(
        self, alva: AlvaHook, server: RecordingServer, fault: Reply
    ) -> None:
        elsewhere = candidate("9", job_position_id="772")
        server.answer(fault, listed(elsewhere), Reply(201, json=candidate()))
        assert add(alva).id == "48213"
        assert server.asked == [ADD, "GET /v1/candidates", ADD]

    def test_a_429_is_retried_without_a_search(self, alva: AlvaHook, server: RecordingServer) -> None:
        server.answer(Reply(429, headers={"Retry-After": "2"}), Reply(201, json=candidate()))
        add(alva)
        assert server.asked == [ADD, ADD]
        assert alva.waited_seconds == pytest.approx(2.0)

    def test_a_conflict_names_the_existing_candidate(self, alva: AlvaHook, server: RecordingServer) -> None:
        body = {"error": {"code": "conflict", "message": "Ada Byron is there", "details": {"candidate_id": "77"}}}
        server.answer(Reply(409, json=body), Reply(409, json={"error": "no details"}))
        with pytest.raises(Conflict) as conflict:
            add(alva)
        assert conflict.value.candidate_id == "77"
        with pytest.raises(Conflict) as nameless:
            add(alva)
        assert nameless.value.candidate_id is None

    @pytest.mark.parametrize(
        ("candidate_id", "id"),
        [(48213, "48213"), ("ada@example.com", None), ("Ada Byron", None), ("x" * 101, None), (True, None), ({}, None)],
    )
    def test_a_conflict_keeps_only_a_valid_candidate_id(
        self, alva: AlvaHook, server: RecordingServer, candidate_id: object, id: str | None
    ) -> None:
        server.answer(Reply(409, json={"error": {"details": {"candidate_id": candidate_id}}}))
        with pytest.raises(Conflict) as conflict:
            add(alva)
        assert conflict.value.candidate_id == id

    def test_a_refusal_keeps_alvas_message_but_does_not_show_it(
        self, alva: AlvaHook, server: RecordingServer, logged: Callable[[], str]
    ) -> None:
        said = "Job position expired; Ada Byron was not added"
        server.answer(Reply(422, json={"error": {"code": "job_position_expired", "message": said}}))
        with pytest.raises(RequestRejected) as refused:
            add(alva)
        assert (refused.value.status, refused.value.code) == (422, "job_position_expired")
        assert refused.value.detail == said
        assert "Ada" not in str(refused.value) + repr(refused.value) + logged()

    def test_no_url_has_an_address_and_no_log_names_a_person(
        self, alva: AlvaHook, server: RecordingServer, logged: Callable[[], str]
    ) -> None:
        server.answer(CUT, listed(), Reply(500), listed(candidate()))
        add(alva)
        assert not [request for request in server.received if "@" in request.path + request.raw_query]
        assert "POST /job_positions/771/candidates" in logged()
        assert not [word for word in ("Ada", "Byron", "ada@", "ada%40", "alva-key") if word in logged()]


class TestInvitation:
    SEND = "POST /v1/candidates/48213/invitation"
    LOOK = "GET /v1/candidates/48213"
    BOUNCED = Reply(json=candidate(invitation={"status": "bounced", "sent_at": None, "email": "ada@example.com"}))
    SENT = Reply(json=candidate(invitation={"status": "sent", "sent_at": "2025-03-02T08:00:00Z", "email": None}))

    @pytest.mark.parametrize("answer", [Reply(204), Reply(202, json={"status": "sent"}), Reply(201, json=candidate())])
    def test_an_invitation_is_sent_once_and_then_the_candidate_is_read(
        self, alva: AlvaHook, server: RecordingServer, answer: Reply
    ) -> None:
        server.answer(answer, self.SENT)
        invitation = alva.resend_invitation("48213").invitation
        assert invitation is not None
        assert invitation.sent_at_ms == 1740902400000
        assert server.asked == [self.SEND, self.LOOK]

    @pytest.mark.parametrize("fault", [CUT, Reply(500), Reply(200, raw=b"<html>")], ids=["cut", "500", "html"])
    def test_an_invitation_is_not_sent_again_if_it_no_longer_counts_as_bounced(
        self, alva: AlvaHook, server: RecordingServer, fault: Reply
    ) -> None:
        server.answer(fault, self.SENT, self.SENT)
        alva.resend_invitation("48213")
        assert server.asked == [self.SEND, self.LOOK, self.LOOK]

    @pytest.mark.parametrize("fault", [CUT, Reply(500), Reply(200, raw=b"<html>")], ids=["cut", "500", "html"])
    def test_an_invitation_is_sent_again_while_it_counts_as_bounced(
        self, alva: AlvaHook, server: RecordingServer, fault: Reply
    ) -> None:
        server.answer(fault, self.BOUNCED, Reply(204), self.SENT)
        alva.resend_invitation("48213")
        assert server.asked == [self.SEND, self.LOOK, self.SEND, self.LOOK]


class TestCandidate:
    def test_setting_a_stage_is_retried(self, alva: AlvaHook, server: RecordingServer) -> None:
        server.answer(CUT, Reply(json={"of": "any kind"}))
        alva.set_stage("48213", "hired")
        assert server.asked == ["PATCH /v1/candidates/48213"] * 2
        assert server.received[1].body == {"stage": "hired"}

    @pytest.mark.parametrize("answers", [[Reply(204)], [GONE], [CUT, GONE]], ids=["there", "gone", "cut, then gone"])
    def test_a_candidate_is_removed_or_gone_already(
        self, alva: AlvaHook, server: RecordingServer, answers: list[Reply]
    ) -> None:
        server.answer(Reply(json=candidate("48213")))
        ada = alva.candidate("48213")
        server.answer(*answers, *([listed()] if GONE in answers else []))
        alva.remove_candidate(ada)
        looks = ["GET /v1/candidates"] if GONE in answers else []
        assert server.asked[1:] == ["DELETE /v1/candidates/48213"] * len(answers) + looks

    def test_a_candidate_who_is_still_listed_is_not_removed(self, alva: AlvaHook, server: RecordingServer) -> None:
        server.answer(Reply(json=candidate("48213")))
        ada = alva.candidate("48213")
        server.answer(GONE, listed(candidate("48213")))
        with pytest.raises(NotFound):
            alva.remove_candidate(ada)

    @pytest.mark.parametrize("reply", [Reply(404, raw=b"<html>not here</html>"), Reply(404), Reply(404, json=["no"])])
    def test_a_404_that_is_not_alvas_removes_no_candidate(
        self, alva: AlvaHook, server: RecordingServer, reply: Reply
    ) -> None:
        server.answer(Reply(json=candidate("48213")))
        ada = alva.candidate("48213")
        server.always(reply)
        with pytest.raises(TransientError, match="isn't Alva's API answered 404"):
            alva.remove_candidate(ada)

    def test_results_are_read(self, alva: AlvaHook, server: RecordingServer) -> None:
        server.answer(Reply(json={"candidate_id": "48213", "role_fit": None, "url": None}))
        assert alva.results("48213").role_fit is None
        assert server.asked == ["GET /v1/candidates/48213/results"]


class TestPositions:
    def create(self, alva: AlvaHook) -> str:
        return alva.create_position(name="Engineer", external_id="posting-1", owner_email=None, team="Platform").id

    def test_a_position_is_created_with_its_given_fields_only(self, alva: AlvaHook, server: RecordingServer) -> None:
        server.answer(Reply(201, json=position()))
        assert self.create(alva) == "771"
        assert server.received[0].body == {"name": "Engineer", "external_id": "posting-1", "team": "Platform"}

    @faults
    def test_a_position_that_was_created_despite_the_fault_is_not_created_again(
        self, alva: AlvaHook, server: RecordingServer, fault: Reply
    ) -> None:
        server.answer(fault, listed(position("770", external_id="posting-10"), position()))
        assert self.create(alva) == "771"
        assert server.asked == ["POST /v1/job_positions", "GET /v1/job_positions"]
        assert ("external_id", "posting-1") in server.received[1].query

    @faults
    def test_a_position_that_was_not_created_is_created_again(
        self, alva: AlvaHook, server: RecordingServer, fault: Reply
    ) -> None:
        server.answer(fault, listed(), Reply(201, json=position()))
        assert self.create(alva) == "771"
        assert server.asked == ["POST /v1/job_positions", "GET /v1/job_positions", "POST /v1/job_positions"]

    def test_only_the_id_of_a_created_position_is_read(self, alva: AlvaHook, server: RecordingServer) -> None:
        server.answer(Reply(201, json={"id": 771, "name": 5}))
        made = alva.create_position(name="Engineer", external_id="posting-1", team="Platform")
        assert made == JobPosition("771", "posting-1", "Engineer", None, "Platform")

    def test_an_update_sends_only_the_changes(self, alva: AlvaHook, server: RecordingServer) -> None:
        server.answer(Reply(500), Reply(json={"of": "any kind"}))
        alva.update_position("771", {"team": None, "name": "Engineer"})
        assert server.asked == ["PATCH /v1/job_positions/771"] * 2
        assert server.received[0].body == {"team": None, "name": "Engineer"}

    @pytest.mark.parametrize("changes", [{}, {"external_id": "x"}, {"status": "archived"}])
    def test_other_fields_of_a_position_cannot_be_changed(
        self, alva: AlvaHook, server: RecordingServer, changes: dict[str, str]
    ) -> None:
        with pytest.raises(ValueError, match="changes are"):
            alva.update_position("771", changes)
        assert server.received == []


@pytest.mark.parametrize(
    ("link", "is_alvas"),
    [
        ("https://app.alvalabs.io/c/1", True),
        ("https://alva.test/c/1", True),
        ("https://alvaro.com/", False),
        ("https://alvalabs.io.example.com/", False),
        ("https://example.com/?next=https://app.alvalabs.io/", False),
        ("javascript:alert(1)//app.alvalabs.io", False),
        ("linkedin.com/in/alva", False),
    ],
)
def test_which_links_lead_to_a_page_of_alvas(link: str, is_alvas: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "AIRFLOW_CONN_ALVA_DEFAULT", '{"conn_type": "alva", "host": "http://127.0.0.1:1/a", "password": "k"}'
    )
    assert AlvaHook().has_page(link) is is_alvas
    assert AlvaHook().has_page("http://127.0.0.1:1/c/1")
