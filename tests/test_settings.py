"""Reading, refusing and resolving the options of section 2."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alva_lever.rules.model import Stage
from alva_lever.rules.results import may_progress
from alva_lever.settings import ORIGINS, BadOption, Fault, Options, Settings, read_options, resolve
from tests.rules.build import APPLIED, INTERVIEW, OFFER, PIPELINE, TESTS, policy

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON_VALUES = st.recursive(SCALARS, lambda values: st.lists(values) | st.dictionaries(st.text(), values), max_leaves=8)
OBJECTS_OF_OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "trigger_stage": JSON_VALUES,
        "progression_stage": JSON_VALUES,
        "blocked_origins": JSON_VALUES | st.lists(st.sampled_from(ORIGINS) | JSON_VALUES),
        "dry_run": JSON_VALUES,
        "surprise": JSON_VALUES,
    },
)

# Empty values that are not a list, and how each is shown.
EMPTY: list[tuple[object, str]] = [(False, "`false`"), (0, "`0`"), ("", "``"), ({}, "`{}`")]


def refusal(value: object) -> str:
    with pytest.raises(BadOption) as refused:
        read_options(value)
    return str(refused.value)


def refused_stage(value: object) -> str:
    """Returns the refusal of options that can be read but don't fit the account's stages."""
    with pytest.raises(BadOption) as refused:
        resolve(read_options(value), PIPELINE)
    return str(refused.value)


def unresolved(*stages: Stage, **options: Any) -> str:
    with pytest.raises(BadOption) as refused:
        resolve(Options(**options), stages)
    return str(refused.value)


# Reading.


def test_only_the_trigger_stage_is_required() -> None:
    assert read_options({"trigger_stage": "Tests"}) == Options(trigger_stage="Tests")


def test_every_option_is_read() -> None:
    value = {
        "trigger_stage": "Tests",
        "progression_stage": "offer",
        "blocked_origins": ["agency", "referred"],
        "dry_run": True,
    }
    assert read_options(value) == Options(
        trigger_stage="Tests",
        progression_stage="offer",
        blocked_origins=frozenset({"agency", "referred"}),
        dry_run=True,
    )


@pytest.mark.parametrize("dry_run", [True, False])
def test_dry_run_is_kept_as_given_and_off_by_default(dry_run: bool) -> None:
    options = read_options({"trigger_stage": "Tests", "dry_run": dry_run})
    assert resolve(options, PIPELINE).dry_run is dry_run
    assert resolve(read_options({"trigger_stage": "Tests"}), PIPELINE).dry_run is False


@pytest.mark.parametrize(
    "as_text",
    [
        json.dumps,
        lambda value: json.dumps(value, indent=2).encode(),
        lambda value: json.dumps(json.dumps(value)),
        lambda value: json.dumps(json.dumps(json.dumps(value))),
    ],
    ids=["text", "bytes", "text in a text", "text in a text in a text"],
)
def test_options_may_be_json_text(as_text: Any) -> None:
    assert read_options(as_text({"trigger_stage": "Tests"})) == Options(trigger_stage="Tests")


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_empty_progression_stage_is_none(nothing: str | None) -> None:
    options = read_options({"trigger_stage": "Tests", "progression_stage": nothing})
    assert resolve(options, PIPELINE).policy.progression_stage is None


@pytest.mark.parametrize("value", [{}, {"trigger_stage": None}, {"trigger_stage": 7}, {"trigger_stage": ["Tests"]}])
def test_a_stage_is_not_checked_before_it_is_resolved(value: dict[str, Any]) -> None:
    assert read_options(value) == Options(trigger_stage=value.get("trigger_stage"))
    odd = {"trigger_stage": "Tests", "progression_stage": value.get("trigger_stage")}
    assert read_options(odd) == Options(trigger_stage="Tests", progression_stage=value.get("trigger_stage"))


@pytest.mark.parametrize("nothing", [None, []])
def test_empty_blocked_origins_block_nothing(nothing: list[str] | None) -> None:
    assert read_options({"trigger_stage": "Tests", "blocked_origins": nothing}).blocked_origins == frozenset()


def test_the_origins_are_levers_six() -> None:
    assert " ".join(ORIGINS) == "agency applied internal referred sourced university"


@pytest.mark.parametrize("origin", ORIGINS)
def test_every_origin_can_be_blocked(origin: str) -> None:
    assert read_options({"trigger_stage": "Tests", "blocked_origins": [origin]}).blocked_origins == {origin}


def test_the_options_have_a_schema_for_a_form() -> None:
    schema = Options.model_json_schema()
    assert schema["required"] == ["trigger_stage"]
    fields = schema["properties"]
    assert {name: field["type"] for name, field in fields.items()} == {
        "trigger_stage": "string",
        "progression_stage": ["string", "null"],
        "blocked_origins": "array",
        "dry_run": "boolean",
    }
    assert all(field["title"] and field["description"] for field in fields.values())
    assert fields["blocked_origins"]["items"]["enum"] == list(ORIGINS)


# Refusing. Each sentence names the option, its value, and what is accepted.


@pytest.mark.parametrize(
    ("value", "names"),
    [
        pytest.param("{", ["not JSON", "`trigger_stage`", "`progression_stage`", "`blocked_origins`"], id="no JSON"),
        pytest.param(b"\xff", ["not JSON", "`trigger_stage`"], id="no text"),
        pytest.param("[]", ["not a JSON object", "`trigger_stage`"], id="a list"),
        pytest.param(None, ["not a JSON object", "`trigger_stage`"], id="null"),
        pytest.param('"New applicant"', ["a text, not a JSON object", "`trigger_stage`"], id="a text"),
        pytest.param('"[]"', ["not a JSON object", "`trigger_stage`"], id="a list in a text"),
        *(
            pytest.param(
                {"trigger_stage": "Tests", "dry_run": odd}, ["`dry_run`", shown, "true or false"], id=f"dry_run {shown}"
            )
            for odd, shown in [
                ("true", '`"true"`'),
                ("", '`""`'),
                (1, "`1`"),
                (0, "`0`"),
                (None, "`null`"),
                ([True], "`[true]`"),
            ]
        ),
        pytest.param(
            '{"trigger_stage": "Tests", "dry_run": true, "dry_run": false}',
            ["`dry_run`", "twice"],
            id="twice",
        ),
        pytest.param(
            {"trigger_stage": "Tests", "trigger_stages": "Tests"},
            ["`trigger_stages`", "`trigger_stage`", "`progression_stage`", "`blocked_origins`"],
            id="an unknown option",
        ),
        pytest.param(
            {"trigger_stage": "Tests", "blocked_origins": "agency"},
            ["`blocked_origins`", "`agency`", *(f"`{origin}`" for origin in ORIGINS)],
            id="origins as text",
        ),
        pytest.param(
            {"trigger_stage": "Tests", "blocked_origins": ["agency", "Referred"]},
            ["`blocked_origins`", "`Referred`", *(f"`{origin}`" for origin in ORIGINS)],
            id="an origin that Lever doesn't have",
        ),
        pytest.param(
            {"trigger_stage": "Tests", "blocked_origins": [["agency"]]},
            ["`blocked_origins`", '`["agency"]`', *(f"`{origin}`" for origin in ORIGINS)],
            id="an origin that is no text",
        ),
        *(
            pytest.param(
                {"trigger_stage": "Tests", "blocked_origins": empty},
                ["`blocked_origins`", shown, *(f"`{origin}`" for origin in ORIGINS)],
                id=f"origins are {shown}",
            )
            for empty, shown in EMPTY
        ),
        *(
            pytest.param(
                {"trigger_stage": "Tests", "blocked_origins": ["agency", origin]},
                ["`blocked_origins`", shown, *(f"`{origin}`" for origin in ORIGINS)],
                id=f"an origin is {shown}",
            )
            for origin, shown in [(None, "`null`"), *EMPTY]
        ),
    ],
)
def test_a_bad_option_is_named_with_its_value_and_what_is_accepted(value: object, names: list[str]) -> None:
    sentence = refusal(value)
    assert [name for name in names if name not in sentence] == []


@pytest.mark.parametrize(
    ("value", "names"),
    [
        pytest.param({}, ["`trigger_stage`", "is missing"], id="no trigger stage"),
        pytest.param({"trigger_stage": None}, ["`trigger_stage`", "is missing"], id="null"),
        pytest.param({"trigger_stage": ""}, ["`trigger_stage`", "``", "id or name"], id="empty"),
        pytest.param({"trigger_stage": 7}, ["`trigger_stage`", "`7`", "id or name"], id="a number"),
        pytest.param({"trigger_stage": False}, ["`trigger_stage`", "`false`", "id or name"], id="false"),
        pytest.param({"trigger_stage": ["Tests"]}, ["`trigger_stage`", '`["Tests"]`', "id or name"], id="several"),
        *(
            pytest.param(
                {"trigger_stage": "Tests", "progression_stage": odd},
                ["`progression_stage`", shown, "id or name"],
                id=f"a progression stage is {shown}",
            )
            for odd, shown in [
                (["offer"], '`["offer"]`'),
                ({"id": "offer"}, '`{"id": "offer"}`'),
                (False, "`false`"),
                (0, "`0`"),
                ([], "`[]`"),
                ({}, "`{}`"),
                (" ", "` `"),
            ]
        ),
    ],
)
def test_a_bad_stage_is_named_with_its_value_and_the_accounts_stages(value: object, names: list[str]) -> None:
    sentence = refused_stage(value)
    listed = [f"`{stage.name}` ({stage.id})" for stage in PIPELINE]
    assert [name for name in [*names, *listed] if name not in sentence] == []


def test_every_mistake_is_named_at_once() -> None:
    origins = ["agent", 7, "agency"]
    sentence = refusal({"dryrun": True, "trigger": "Tests", "dry_run": "true", "blocked_origins": origins})
    said = [
        "no option `dryrun`, `trigger`. Options: `trigger_stage`, `progression_stage`, `blocked_origins`, `dry_run`.",
        '`dry_run` is `"true"`.',
        "`blocked_origins` has `agent`, `7`.",
        "`trigger_stage` is missing.",
    ]
    assert [part for part in said if part not in sentence] == []


@pytest.mark.parametrize(
    ("value", "options", "stages"),
    [
        ({"trigger_stage": "Test", "dry_run": "true"}, ["dry_run", "trigger_stage"], True),
        ({"trigger_stage": "Tests", "progression_stage": "Tests", "x": 1}, ["", "progression_stage"], True),
        ({"trigger_stage": "Tests", "blocked_origins": ["agent"]}, ["blocked_origins"], False),
        ({"blocked_origins": ["agent"]}, ["blocked_origins", "trigger_stage"], False),
    ],
)
def test_wrong_stages_are_named_beside_what_else_is_wrong(
    value: dict[str, Any], options: list[str], stages: bool
) -> None:
    with pytest.raises(BadOption) as refused:
        read_options(value)
    assert refused.value.options is not None
    with pytest.raises(BadOption) as resolved:
        resolve(refused.value.options, PIPELINE, refused.value.faults)
    assert [fault.option for fault in resolved.value.faults] == options
    assert (f"`Offer` ({OFFER.id})" in str(resolved.value)) is stages


def test_two_unknown_stages_are_named_with_one_list_of_the_accounts_stages() -> None:
    sentence = refused_stage({"trigger_stage": "Test", "progression_stage": "Hired"})
    assert "`trigger_stage` is `Test`" in sentence
    assert "`progression_stage` is `Hired`" in sentence
    assert sentence.count(f"`Offer` ({OFFER.id})") == 1


@pytest.mark.parametrize(("trigger", "progression"), [("Tests", "Tests"), ("Tests", TESTS.id), (TESTS.id, "Tests")])
def test_the_progression_stage_must_not_be_the_trigger_stage(trigger: str, progression: str) -> None:
    sentence = refused_stage({"trigger_stage": trigger, "progression_stage": progression})
    assert f"`progression_stage` is `{progression}`" in sentence
    assert "the trigger stage" in sentence
    assert f"`Offer` ({OFFER.id})" in sentence


@pytest.mark.parametrize(
    "value",
    [
        {"trigger_stage": "x" * 10_000},
        {"trigger_stage": "Tests", "x" * 10_000: 1},
        {"trigger_stage": "Tests", **{f"option {number}": 1 for number in range(10_000)}},
        {"trigger_stage": "Tests", "blocked_origins": ["agent"] * 10_000},
        {"trigger_stage": "Tests", "dry_run": ["true"] * 10_000},
    ],
    ids=["a stage", "a long name", "many names", "origins", "dry_run"],
)
def test_an_error_sentence_is_short_for_any_options(value: dict[str, Any]) -> None:
    assert len(refused_stage(value)) < 2_000


def test_each_fault_is_there_with_its_option_for_a_form() -> None:
    value = {"trigger_stage": "Tests", "blocked_origins": ["friend"], "dry_run": "true", "surprise": 1}
    with pytest.raises(BadOption) as refused:
        read_options(value)
    assert [fault.option for fault in refused.value.faults] == ["", "blocked_origins", "dry_run"]
    assert ". ".join(fault.text for fault in refused.value.faults) == str(refused.value)


def test_the_fault_of_a_stage_is_its_options_and_has_no_list_of_stages() -> None:
    with pytest.raises(BadOption) as refused:
        resolve(read_options({"trigger_stage": "Tsets", "progression_stage": "Hired"}), PIPELINE)
    assert refused.value.faults == (
        Fault("trigger_stage", "Option `trigger_stage` is `Tsets`, which is not the id or name of a stage"),
        Fault("progression_stage", "Option `progression_stage` is `Hired`, which is not the id or name of a stage"),
    )


def test_a_text_that_is_no_json_is_one_fault_of_no_option() -> None:
    with pytest.raises(BadOption) as refused:
        read_options("{")
    (fault,) = refused.value.faults
    assert (fault.option, fault.text) == ("", str(refused.value))


def test_an_error_sentence_can_be_written_to_a_log() -> None:
    assert "\\ud800" in refused_stage({"trigger_stage": "\ud800"}).encode().decode()


@pytest.mark.parametrize("depth", [100, 1_000, 5_000, 100_000])
@pytest.mark.parametrize("inside", ['{{"trigger_stage": {}}}', '{{"blocked_origins": {}}}', "{}"])
def test_deeply_nested_json_is_refused(inside: str, depth: int) -> None:
    text = inside.format("[" * depth + "]" * depth)
    with pytest.raises(BadOption):
        resolve(read_options(text), PIPELINE)


@given(OBJECTS_OF_OPTIONS | JSON_VALUES)
def test_any_json_value_is_read_or_refused(value: object) -> None:
    with contextlib.suppress(BadOption):
        options = read_options(value)
        assert isinstance(value, dict)
        assert options.trigger_stage is value.get("trigger_stage")
        assert resolve(options, PIPELINE).policy.trigger_stage in PIPELINE


@given(st.text() | st.binary() | JSON_VALUES.map(json.dumps))
def test_any_text_is_read_or_refused(text: str | bytes) -> None:
    with contextlib.suppress(BadOption):
        read_options(text)


# Looking stages up.


@pytest.mark.parametrize("wanted", ["applicant-new", "New applicant"], ids=["slug", "name"])
def test_a_built_in_stage_is_found(wanted: str) -> None:
    assert resolve(Options(trigger_stage=wanted), PIPELINE).policy.trigger_stage == APPLIED


@pytest.mark.parametrize("wanted", [TESTS.id, "Tests"], ids=["uuid", "name"])
def test_a_custom_stage_is_found(wanted: str) -> None:
    assert resolve(Options(trigger_stage=wanted), PIPELINE).policy.trigger_stage == TESTS


def test_every_option_is_kept_in_the_settings() -> None:
    resolved = resolve(
        Options(trigger_stage="Tests", progression_stage="Interview", blocked_origins=frozenset({"agency"})), PIPELINE
    )
    assert resolved == Settings(policy(progression_stage=INTERVIEW, blocked_origins=frozenset({"agency"})))


def test_no_progression_stage_stays_none() -> None:
    assert resolve(Options(trigger_stage="Tests"), PIPELINE).policy.progression_stage is None


@pytest.mark.parametrize("wanted", ["tests", "Tests ", "Applicant-New", "applicant"])
def test_a_stage_name_must_match_exactly(wanted: str) -> None:
    sentence = unresolved(*PIPELINE, trigger_stage=wanted)
    assert "`trigger_stage`" in sentence
    assert f"`{wanted}`" in sentence
    assert [stage for stage in PIPELINE if f"`{stage.name}` ({stage.id})" not in sentence] == []


def test_an_unknown_progression_stage_is_named() -> None:
    sentence = unresolved(*PIPELINE, trigger_stage="Tests", progression_stage="Hired")
    assert "`progression_stage` is `Hired`" in sentence
    assert f"`Offer` ({OFFER.id})" in sentence


def test_a_name_of_two_stages_asks_for_an_id() -> None:
    twins = (Stage("one", "Tests"), Stage("two", "Tests"))
    sentence = unresolved(*twins, trigger_stage="Tests")
    assert "several" in sentence
    assert "use an id" in sentence
    assert "`Tests` (one), `Tests` (two)" in sentence
    assert resolve(Options(trigger_stage="two"), twins).policy.trigger_stage == twins[1]


def test_an_empty_name_is_not_that_of_a_stage_without_one() -> None:
    assert "is ``, which is not the id or name" in unresolved(Stage("nameless", ""), *PIPELINE, trigger_stage="")


def test_an_id_takes_precedence_over_an_equal_name() -> None:
    named_like_an_id = Stage("a", "offer")
    assert resolve(Options(trigger_stage="offer"), (named_like_an_id, OFFER)).policy.trigger_stage == OFFER


# The progression stage: an opportunity only moves forward, or out of the trigger stage.


@pytest.mark.parametrize(
    ("stage", "may"),
    [("lead-new", True), (APPLIED.id, True), (TESTS.id, True), (INTERVIEW.id, False), (OFFER.id, False)],
)
def test_only_an_opportunity_before_the_progression_stage_is_moved(stage: str, may: bool) -> None:
    assert may_progress(policy(progression_stage=INTERVIEW), stage) is may


@pytest.mark.parametrize(
    ("stage", "may"),
    [("lead-new", True), (APPLIED.id, False), (TESTS.id, True), (INTERVIEW.id, False), (OFFER.id, False)],
)
def test_an_opportunity_in_the_trigger_stage_is_moved_to_a_progression_stage_before_it(stage: str, may: bool) -> None:
    assert may_progress(policy(progression_stage=APPLIED), stage) is may


@pytest.mark.parametrize("stage", ["removed-stage", None])
def test_an_opportunity_outside_the_pipeline_is_not_moved(stage: str | None) -> None:
    assert may_progress(policy(progression_stage=INTERVIEW), stage) is False


@pytest.mark.parametrize("stage", [stage.id for stage in PIPELINE])
def test_without_a_progression_stage_no_opportunity_is_moved(stage: str) -> None:
    assert may_progress(policy(), stage) is False
