from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from itertools import islice

import pytest

from alva_lever.http.errors import Forbidden, Malformed, MissingPermission, NotFound, RequestRejected, TransientError
from alva_lever.http.paginator import Unreadable
from alva_lever.lever.hook import LeverHook
from alva_lever.lever.opportunities import OpportunityFilter
from alva_lever.rules.model import Application
from tests.http.recording import CUT, RecordingServer, Reply, Time, data
from tests.lever.conftest import opportunity

TOKENS = ["%5B101%2C1407778275799%2C%22c832862f%22%5D", "%5B201%2C1391757960000%2C%22b6077bc8%22%5D"]
STALE = Reply(400, json={"code": "BadRequest", "message": "Invalid offset token: abc"})


def ids(lever: LeverHook, **filters: object) -> list[str]:
    return [row.id for row in lever.opportunities(OpportunityFilter(**filters))]  # type: ignore[arg-type]


def rows(*names: str, next: str | None = None) -> Reply:
    return data(*map(opportunity, names), next=next)


class TestWalk:
    def test_every_page_is_followed_over_one_connection(self, lever: LeverHook, server: RecordingServer) -> None:
        server.answer(rows("a", "b", next=TOKENS[0]), rows("c", next=TOKENS[1]), rows("d"))
        assert ids(lever, tag=("x", "y")) == ["a", "b", "c", "d"]
        assert server.connections == 1
        common = [("tag", "x"), ("tag", "y"), ("expand", "applications"), ("limit", "100")]
        assert [request.query for request in server.received] == [
            common,
            [*common, ("offset", TOKENS[0])],
            [*common, ("offset", TOKENS[1])],
        ]

    def test_a_token_is_sent_unchanged_and_percent_encoded(self, lever: LeverHook, server: RecordingServer) -> None:
        server.answer(rows("a", next=TOKENS[0]), rows("b"))
        ids(lever)
        assert server.received[1].raw_query.endswith("offset=" + TOKENS[0].replace("%", "%25"))

    def test_confidentiality_is_never_a_filter(self, lever: LeverHook, server: RecordingServer) -> None:
        server.answer(rows("a"))
        ids(lever)
        assert "confidentiality" not in server.received[0].raw_query

    def test_a_row_that_moved_to_a_later_page_comes_once(self, lever: LeverHook, server: RecordingServer) -> None:
        server.answer(rows("a", "b", next="t1"), rows("b", "c"))
        assert ids(lever) == ["a", "b", "c"]

    def test_a_page_is_requested_only_when_it_is_needed(self, lever: LeverHook, server: RecordingServer) -> None:
        server.answer(rows("a", "b", next="t1"))
        walk = lever.opportunities(OpportunityFilter())
        assert server.received == []
        assert [row.id for row in islice(walk, 2)] == ["a", "b"]
        assert len(server.received) == 1

    def test_an_invalid_offset_token_starts_the_walk_again(self, lever: LeverHook, server: RecordingServer) -> None:
        server.answer(rows("a", next="t1"), STALE, rows("a", "b", next="t2"), rows("c"))
        assert ids(lever) == ["a", "b", "c"]
        assert [dict(request.query).get("offset") for request in server.received] == [None, "t1", None, "t2"]

    def test_the_walk_starts_again_at_most_twice(self, lever: LeverHook, server: RecordingServer) -> None:
        server.answer(rows("a", next="t1"), STALE, rows("a", next="t1"), STALE, rows("a", next="t1"), STALE)
        with pytest.raises(RequestRejected):
            ids(lever)

    def test_any_other_400_is_a_refusal(self, lever: LeverHook, server: RecordingServer) -> None:
        server.answer(rows("a", next="t1"), Reply(400, json={"code": "BadRequest", "message": "limit"}))
        with pytest.raises(RequestRejected):
            ids(lever)

    def test_a_walk_makes_at_most_ten_calls_a_second(
        self, lever: LeverHook, server: RecordingServer, time: Time
    ) -> None:
        pages = [rows(str(number), next=f"t{number}") for number in range(50)]
        server.answer(*pages, rows("last"))
        assert len(ids(lever)) == 51
        assert lever.calls == 51
        assert time.seconds == pytest.approx(5.0)
        assert lever.waited_seconds == pytest.approx(5.0)

    def test_a_listing_that_the_key_may_not_read_names_the_permission(
        self, lever: LeverHook, server: RecordingServer
    ) -> None:
        server.answer(Reply(403, json={"code": "Forbidden", "message": "no"}))
        with pytest.raises(Forbidden, match="opportunities: read"):
            ids(lever)


MALFORMED = {
    "html": Reply(raw=b"<html><body>Sign in</body></html>"),
    "cut short": Reply(raw=b'{"data":[{"id":"a"},', cut=True),
    "short JSON": Reply(raw=b'{"data":[{"id":"a"},'),
    "a list": Reply(json=[opportunity("a")]),
    "no data": Reply(json={"hasNext": False}),
    "data null": Reply(json={"data": None, "hasNext": False}),
    "data an object": Reply(json={"data": opportunity("a"), "hasNext": False}),
    "no hasNext": Reply(json={"data": [opportunity("a")]}),
    "hasNext text": Reply(json={"data": [opportunity("a")], "hasNext": "false"}),
    "hasNext null": Reply(json={"data": [opportunity("a")], "hasNext": None}),
    "no next": Reply(json={"data": [opportunity("a")], "hasNext": True}),
    "next null": Reply(json={"data": [opportunity("a")], "hasNext": True, "next": None}),
    "next empty": Reply(json={"data": [opportunity("a")], "hasNext": True, "next": ""}),
    "next a number": Reply(json={"data": [opportunity("a")], "hasNext": True, "next": 2}),
    "a row without id": data({**opportunity("a"), "id": None}),
    "a row that is text": data("Ada Byron"),
}


class TestMalformedAnswers:
    @pytest.mark.parametrize("bad", MALFORMED.values(), ids=MALFORMED.keys())
    def test_a_malformed_page_is_retried(self, lever: LeverHook, server: RecordingServer, bad: Reply) -> None:
        server.answer(rows("a", next="t1"), bad, rows("b"))
        assert ids(lever) == ["a", "b"]
        assert server.received[1].query == server.received[2].query

    @pytest.mark.parametrize("bad", MALFORMED.values(), ids=MALFORMED.keys())
    def test_a_page_that_stays_malformed_is_an_error_not_the_end(
        self, lever: LeverHook, server: RecordingServer, bad: Reply
    ) -> None:
        server.answer(rows("a", next="t1"))
        server.always(bad)
        walk = lever.opportunities(OpportunityFilter())
        assert next(walk).id == "a"
        with pytest.raises(TransientError) as error:
            next(walk)
        assert len(server.received) == 6
        assert "Ada" not in str(error.value)

    def test_a_repeated_token_is_an_error(self, lever: LeverHook, server: RecordingServer) -> None:
        server.answer(rows("a", next="t1"), rows("b", next="t2"))
        server.always(rows("c", next="t1"))
        with pytest.raises(Malformed, match="`next` repeats a token"):
            ids(lever)
        assert len(server.received) == 7

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("tags", "Alva: Completed"), ("tags", [1]), ("archived", "yes"), ("archived", False),
            ("confidentiality", None), ("confidentiality", True), ("stage", None), ("stage", ""), ("stage", [5]),
            ("origin", 3), ("emails", "ada@example.com"), ("emails", [{"value": "ada@example.com"}]),
            ("stageChanges", "none"), ("stageChanges", [{"toStageId": "x", "updatedAt": "soon"}]),
            ("stageChanges", [{"updatedAt": 5}]), ("isAnonymized", "no"), ("applications", None),
            ("applications", [None]), ("applications", {"id": "1"}), ("applications", [{"id": "1", "posting": []}]),
            ("applications", [{"id": "1", "createdAt": 5}]), ("applications", [{"id": "1", "posting": "p"}]),
            ("applications", [{"id": "1", "posting": "p", "createdAt": None}]),
            ("createdAt", "2026"), ("updatedAt", True), ("lastAdvancedAt", 1.5), ("lastAdvancedAt", 10**400),
            ("name", ["Ada"]),
        ],
    )  # fmt: skip
    def test_an_unreadable_row_does_not_spoil_the_others_and_shows_no_value(
        self, lever: LeverHook, server: RecordingServer, field: str, value: object
    ) -> None:
        server.answer(data(opportunity("a"), opportunity("b", **{field: value}), opportunity("c")))
        found = list(lever.opportunities(OpportunityFilter()))
        assert [row.id for row in found] == ["a", "b", "c"]
        (lost,) = [row for row in found if isinstance(row, Unreadable)]
        assert (lost.id, field in lost.problem) == ("b", True)
        assert "ada" not in lost.problem.lower()
        assert len(server.received) == 1

    @pytest.mark.parametrize("field", ["confidentiality", "stage", "archived", "applications"])
    def test_a_field_that_decides_something_is_required(
        self, lever: LeverHook, server: RecordingServer, field: str
    ) -> None:
        row = opportunity("b")
        del row[field]
        server.answer(rows("a", next="t1"), data(row), data(row))
        found = list(lever.every_opportunity(OpportunityFilter()))
        assert found[1:] == [Unreadable("b", f"`data[].{field}` is missing")]

    def test_an_unreadable_opportunity_read_by_id_is_an_error(self, lever: LeverHook, server: RecordingServer) -> None:
        server.always(Reply(json={"data": opportunity("b", stage=None)}))
        with pytest.raises(Malformed, match=r"`data.stage` is not an id"):
            lever.opportunity("b")

    @pytest.mark.parametrize(
        ("field", "value", "read_as"),
        [
            ("tags", None, ()), ("tags", [None, "vip"], ("vip",)), ("emails", None, ()),
            ("emails", [None, "ada@example.com"], ("ada@example.com",)), ("links", None, ()),
            ("stageChanges", None, ()), ("name", None, ""), ("origin", None, None), ("origin", "moon", "moon"),
            ("isAnonymized", None, False), ("archived", None, None),
            ("stage", 5, "5"), ("stage", "brand-new", "brand-new"), ("updatedAt", 5.0, 5), ("createdAt", None, None),
        ],
    )  # fmt: skip
    def test_an_optional_field_that_is_null_is_none_or_empty(
        self, lever: LeverHook, server: RecordingServer, field: str, value: object, read_as: object
    ) -> None:
        attribute = {
            "stageChanges": "stage_changes", "isAnonymized": "anonymised",
            "stage": "stage_id", "updatedAt": "updated_at_ms", "createdAt": "created_at_ms",
        }.get(field, field)  # fmt: skip
        server.answer(Reply(json={"data": opportunity("a", **{field: value})}))
        assert getattr(lever.opportunity("a"), attribute) == read_as

    @pytest.mark.parametrize(
        "field",
        ["tags", "emails", "links", "stageChanges", "name", "origin", "isAnonymized", "contact", "updatedAt", "urls"],
    )
    def test_an_optional_field_may_be_missing(self, lever: LeverHook, server: RecordingServer, field: str) -> None:
        row = opportunity("a")
        del row[field]
        server.answer(data(row))
        (found,) = lever.opportunities(OpportunityFilter())
        assert not isinstance(found, Unreadable)
        assert (found.id, found.stage_id, found.posting_id) == ("a", "applicant-new", "posting-1")

    def test_numeric_ids_are_read_as_text(self, lever: LeverHook, server: RecordingServer) -> None:
        application = {"id": 8, "posting": 9.0, "createdAt": 5.0}
        server.answer(Reply(json={"data": opportunity(7, applications=[application])}))
        found = lever.opportunity("7")
        assert (found.id, found.application) == ("7", Application("8", "9", 5))

    def test_a_null_row_is_skipped(self, lever: LeverHook, server: RecordingServer) -> None:
        server.answer(data(None, opportunity("a"), None))
        assert ids(lever) == ["a"]


class TestApplicationsAsIds:
    """Ids instead of expanded applications: the key may not read them, and no opportunity would have a posting."""

    @pytest.mark.parametrize("applications", [["app-1"], [5], [None, "app-1"]])
    def test_the_permission_and_the_connection_are_named(
        self, lever: LeverHook, server: RecordingServer, applications: list[object]
    ) -> None:
        server.always(Reply(json={"data": opportunity("a", applications=applications)}))
        with pytest.raises(MissingPermission) as error:
            lever.opportunity("a")
        said = str(error.value)
        assert all(word in said for word in ("`applications: read`", "`lever_default`", "fixed when it is made"))
        assert len(server.received) == 1

    @pytest.mark.parametrize(
        "ask",
        [
            lambda lever: list(lever.opportunities(OpportunityFilter())),
            lambda lever: list(lever.every_opportunity(OpportunityFilter())),
        ],
        ids=["opportunities", "every_opportunity"],
    )
    def test_a_listing_raises_the_missing_permission_rather_than_an_unreadable_row(
        self, lever: LeverHook, server: RecordingServer, ask: Callable[[LeverHook], object]
    ) -> None:
        # The row may have other faults too.
        bad = opportunity("b", applications=["app-1"], stage=None, confidentiality=5)
        server.always(data(opportunity("a"), bad, opportunity("c", tags=5)))
        with pytest.raises(MissingPermission):
            ask(lever)

    def test_an_opportunity_without_applications_needs_no_permission(
        self, lever: LeverHook, server: RecordingServer
    ) -> None:
        server.answer(data(opportunity("a", applications=[])))
        assert ids(lever) == ["a"]


class TestEveryOpportunity:
    def every(self, lever: LeverHook, filters: OpportunityFilter) -> list[str]:
        return [row.id for row in lever.every_opportunity(filters)]

    def test_a_listing_of_one_page_needs_no_catch_up(self, lever: LeverHook, server: RecordingServer) -> None:
        server.answer(rows("a", "b"))
        assert self.every(lever, OpportunityFilter()) == ["a", "b"]

    def test_an_opportunity_skipped_during_the_walk_is_caught_up(
        self, lever: LeverHook, server: RecordingServer, time: Time
    ) -> None:
        started_ms = int(time.now() * 1000)
        server.answer(rows("a", next="t1"), rows("b"), rows("b", "skipped"))
        filters = OpportunityFilter(stage_id=("s",), advanced_at_start_ms=1, advanced_at_end_ms=2)
        assert self.every(lever, filters) == ["a", "b", "skipped"]
        catch_up = server.received[2].query
        assert ("advanced_at_start", str(started_ms - 120_000)) in catch_up
        assert ("stage_id", "s") in catch_up
        assert "advanced_at_end" not in dict(catch_up)
        assert "advanced_at_end" in dict(server.received[1].query)

    def test_the_catch_up_window_starts_before_the_walk(
        self, lever: LeverHook, server: RecordingServer, time: Time
    ) -> None:
        started_ms = int(time.now() * 1000)
        server.answer(rows("a", next="t1"), rows("b"), rows())
        walk = lever.every_opportunity(OpportunityFilter())
        next(walk)
        time.seconds += 3600
        list(walk)
        assert dict(server.received[2].query)["advanced_at_start"] == str(started_ms - 120_000)


class TestOthers:
    def test_an_opportunity_is_read_by_id_with_the_key_as_user_name(
        self, lever: LeverHook, server: RecordingServer
    ) -> None:
        server.answer(Reply(json={"data": opportunity("opp-1")}))
        assert lever.opportunity("opp-1").posting_id == "posting-1"
        assert server.asked == ["GET /v1/opportunities/opp-1"]
        assert server.received[0].query == [("expand", "applications")]
        expected = base64.b64encode(b"lever-key:").decode()
        assert server.received[0].headers["Authorization"] == f"Basic {expected}"

    @pytest.mark.parametrize("name", ["", "..", "deleted", "ada@example.com"])
    def test_an_invalid_id_is_not_found_without_a_request(
        self, lever: LeverHook, server: RecordingServer, name: str
    ) -> None:
        with pytest.raises(NotFound):
            lever.opportunity(name)
        assert server.received == []

    def test_an_answer_about_another_opportunity_is_retried_and_then_an_error(
        self, lever: LeverHook, server: RecordingServer
    ) -> None:
        server.answer(Reply(json={"data": opportunity("opp-2")}), Reply(json={"data": opportunity("opp-1")}))
        assert lever.opportunity("opp-1").id == "opp-1"
        server.always(Reply(json={"data": opportunity("opp-2")}))
        with pytest.raises(Malformed, match="another object"):
            lever.opportunity("opp-1")

    def test_deleted_opportunities_have_their_own_listing(self, lever: LeverHook, server: RecordingServer) -> None:
        server.answer(
            data({"id": "a", "deletedAt": 5, "deletedBy": "user-1"}, None, next="t1"),
            data({"id": "b", "deletedAt": "yesterday", "deletedBy": []}, {"id": 3}),
        )
        deleted = list(lever.deleted_opportunities(deleted_at_start_ms=1, deleted_at_end_ms=9))
        assert [row.id for row in deleted] == ["a", "b", "3"]
        assert server.received[0].path == "/v1/opportunities/deleted"
        assert server.received[0].query[:2] == [("deleted_at_start", "1"), ("deleted_at_end", "9")]


WRITES: list[tuple[Callable[[LeverHook], object], str, dict[str, object]]] = [
    (lambda lever: lever.add_tags("o", ["a", "b"]), "POST /v1/opportunities/o/addTags", {"tags": ["a", "b"]}),
    (lambda lever: lever.remove_tags("o", ("a",)), "POST /v1/opportunities/o/removeTags", {"tags": ["a"]}),
    (lambda lever: lever.add_links("o", ["u"]), "POST /v1/opportunities/o/addLinks", {"links": ["u"]}),
    (lambda lever: lever.remove_links("o", ["u"]), "POST /v1/opportunities/o/removeLinks", {"links": ["u"]}),
    (lambda lever: lever.move_stage("o", "offer"), "PUT /v1/opportunities/o/stage", {"stage": "offer"}),
]


class TestWrites:
    @pytest.mark.parametrize(("write", "request_line", "body"), WRITES, ids=[line for _, line, _ in WRITES])
    @pytest.mark.parametrize("fault", [CUT, Reply(500), Reply(raw=b"<html>")], ids=["cut", "500", "html"])
    def test_a_repeatable_write_is_retried(
        self,
        lever: LeverHook,
        server: RecordingServer,
        write: Callable[[LeverHook], object],
        request_line: str,
        body: dict[str, object],
        fault: Reply,
    ) -> None:
        # A write answers the whole opportunity, with its application as an id.
        server.answer(fault, Reply(json={"data": opportunity("o", applications=["app-1"])}))
        write(lever)
        assert server.asked == [request_line] * 2
        assert [request.body for request in server.received] == [body] * 2
        assert server.received[0].raw_query == ""

    @pytest.mark.parametrize(("write", "request_line", "body"), WRITES, ids=[line for _, line, _ in WRITES])
    def test_only_the_needed_fields_of_a_writes_answer_are_read(
        self,
        lever: LeverHook,
        server: RecordingServer,
        write: Callable[[LeverHook], object],
        request_line: str,
        body: dict[str, object],
    ) -> None:
        needed = {"id": "o", "stage": "offer", "confidentiality": "non-confidential", "archived": {"archivedAt": "x"}}
        odd = {"tags": 5, "emails": "x", "applications": None, "stageChanges": {}, "name": [], "updatedAt": "soon"}
        server.always(Reply(json={"data": {**needed, **odd}}))
        write(lever)
        assert server.asked == [request_line]

    @pytest.mark.parametrize(
        ("answer", "became"),
        [
            ({}, (False, False, False, "applicant-new")),
            ({"confidentiality": "confidential", "isAnonymized": True}, (True, True, False, "applicant-new")),
            ({"archived": {"reason": "r1", "archivedAt": 5}, "stage": {"id": "offer"}}, (False, False, True, "offer")),
        ],
    )
    def test_adding_links_returns_the_opportunitys_present_state(
        self, lever: LeverHook, server: RecordingServer, answer: dict[str, object], became: tuple[object, ...]
    ) -> None:
        server.answer(Reply(json={"data": opportunity("o", applications=["app-1"], **answer)}))
        present = lever.add_links("o", ["u"])
        archived = present.archived is not None
        assert (present.confidential, present.anonymised, archived, present.stage_id) == became

    @pytest.mark.parametrize("field", ["confidentiality", "archived", "stage"])
    def test_the_present_state_must_be_complete(self, lever: LeverHook, server: RecordingServer, field: str) -> None:
        answer = opportunity("o")
        del answer[field]
        server.always(Reply(json={"data": answer}))
        with pytest.raises(Malformed, match=f"`data.{field}` is missing"):
            lever.add_links("o", ["u"])

    @pytest.mark.parametrize("answer", [{}, {"data": None}, {"data": {}}, {"data": {"id": "another"}}])
    def test_a_writes_answer_about_another_opportunity_is_malformed(
        self, lever: LeverHook, server: RecordingServer, answer: dict[str, object]
    ) -> None:
        server.always(Reply(json=answer))
        with pytest.raises(Malformed):
            lever.add_tags("o", ["a"])

    def test_a_write_without_values_is_a_callers_mistake(self, lever: LeverHook, server: RecordingServer) -> None:
        several: list[Sequence[str]] = [[], "tag"]
        for wrong in several:
            with pytest.raises(ValueError, match="at least one value"):
                lever.add_tags("o", wrong)
        assert server.received == []
