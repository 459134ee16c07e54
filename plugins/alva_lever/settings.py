"""The options that a company sets: reads them from JSON, checks them, and looks up their stages in the account."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from alva_lever.rules.model import Policy, Stage
from alva_lever.rules.remedies import Remediable, in_full

Origin = Literal["agency", "applied", "internal", "referred", "sourced", "university"]
ORIGINS: tuple[str, ...] = get_args(Origin)
# The most letters of a value, and the most values of an option, that an error shows.
_SHOWN_LETTERS = 80
_SHOWN_VALUES = 20

# Any JSON value is accepted until the stage is looked up in the account: that error then names the account's stages.
_AnyStage = Annotated[object, WithJsonSchema({"type": "string"})]
_AnyStageOrNone = Annotated[object, WithJsonSchema({"type": ["string", "null"]})]
_Origins = Annotated[frozenset[Origin], BeforeValidator(lambda value: () if value is None else value)]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with an option, and what to do. `option`: empty for the options as a whole."""

    option: str
    said: str
    remedy: str = ""

    @property
    def text(self) -> str:
        return in_full(self.said, self.remedy)


class BadOption(Remediable, ValueError):
    """Options that can't be used. The text names each option, its value, and what is accepted.

    `faults`: the same by option, for a form. `options`: what could be read of them, so that their stages can be looked
    up all the same; None if nothing could.
    """

    def __init__(
        self, said: str, faults: Sequence[Fault] = (), *, options: Options | None = None, remedy: str = ""
    ) -> None:
        super().__init__(said, remedy=remedy)
        self.faults = tuple(faults) or (Fault("", said, remedy),)
        self.options = options


class NoOptions(BadOption):
    """Nobody has set any options."""


class Options(BaseModel):
    """The options as a company writes them. A form can be drawn from the JSON schema."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={"required": ["trigger_stage"]},
    )

    trigger_stage: _AnyStage = Field(
        default=None,
        title="Trigger stage",
        description="The stage from which invitations are sent: its id or exact name.",
    )
    progression_stage: _AnyStageOrNone = Field(
        default=None,
        title="Progression stage",
        description="The stage that candidates move to after their tests: its id or exact name. Empty: no move.",
    )
    blocked_origins: _Origins = Field(
        default=frozenset(),
        strict=False,
        title="Blocked origins",
        description="A stage or a posting does not invite candidates of these origins.",
    )
    dry_run: bool = Field(
        default=False,
        title="Dry run",
        description="All DAGs read, decide and report, but write nothing, until this option is removed.",
    )


NAMES = tuple(Options.model_fields)


@dataclass(frozen=True, slots=True)
class Settings:
    """The account's resolved options. `policy`: applies to every posting. `dry_run`: nothing is written."""

    policy: Policy
    dry_run: bool = False

    @property
    def policies(self) -> tuple[Policy, ...]:
        """All policies that apply to some posting."""
        return (self.policy,)

    def policy_for(self, posting_id: str | None) -> Policy:
        """Returns the policy for candidates on this posting; None: for candidates without a posting."""
        return self.policy


def read_options(value: object) -> Options:
    """Reads options from a JSON object or its text. Checks all but the stages, which need the account (`resolve`).

    :raises BadOption: the value is not a JSON object, an option is unknown or given twice, or a value is not accepted.
    """
    value = _decoded(value) if isinstance(value, str | bytes) else value
    if not isinstance(value, Mapping):
        raise BadOption("The options are not a JSON object", remedy=_OBJECT)
    try:
        return Options.model_validate(dict(value))
    except ValidationError as invalid:
        faults = _faults(invalid, value)
    if "trigger_stage" not in value:
        expected = "Expected: the id or exact name of a stage"
        faults.append(Fault("trigger_stage", "Option `trigger_stage` is missing", expected))
    read = Options(
        trigger_stage=value.get("trigger_stage"), progression_stage=value.get("progression_stage"), dry_run=True
    )
    raise BadOption(_joined(faults), faults, options=read)


def resolve(options: Options, stages: Sequence[Stage], found: Sequence[Fault] = ()) -> Settings:
    """Looks up the options' stages. `stages`: the account's pipeline, in order. `found`: what else is wrong with the
    options, which is then said with the rest.

    :raises BadOption: the trigger stage is missing, a stage is unknown, several stages have its name, or both options
        name the same stage.
    """
    faults = list(found)
    trigger = progression = None
    if not any(fault.option == "trigger_stage" for fault in found):
        trigger = _find("trigger_stage", options.trigger_stage, stages, faults)
    if options.progression_stage not in (None, ""):
        progression = _find("progression_stage", options.progression_stage, stages, faults)
    if progression is not None and progression == trigger:
        shown = _shown(options.progression_stage)
        same = f"Option `progression_stage` is {shown}, which is the trigger stage"
        faults.append(Fault("progression_stage", same, "use another stage, or none"))
    if trigger is None or faults:
        accepted = ", ".join(f"`{stage.name}` ({stage.id})" for stage in stages)
        named = f". The account's stages: {accepted}" if len(faults) > len(found) else ""
        raise BadOption(f"{_joined(faults)}{named}", faults)
    return Settings(Policy(trigger, progression, frozenset(options.blocked_origins), tuple(stages)), options.dry_run)


def _faults(invalid: ValidationError, value: Mapping[str, Any]) -> list[Fault]:
    """Returns a sentence for each wrong option."""
    places = [(str(error["loc"][0]), error["loc"][-1]) for error in invalid.errors(include_url=False)]
    wrong = {option for option, _ in places}
    faults: list[Fault] = []
    if unknown := [_shown(str(name)) for name in value if name not in NAMES]:
        there_is_none = f"There is no option {', '.join(unknown[:_SHOWN_VALUES])}"
        faults.append(Fault("", there_is_none, f"Options: {_listed(NAMES)}"))
    if "blocked_origins" in wrong:
        origins = value["blocked_origins"]
        if isinstance(origins, list):
            bad = [_shown(origins[place[1]]) for place in places if place[0] == "blocked_origins"]  # type: ignore[index]
            problem, expected = f"has {', '.join(bad[:_SHOWN_VALUES])}", f"Accepted: {_listed(ORIGINS)}"
        else:
            problem, expected = f"is {_shown(origins)}", f"Expected: a list of {_listed(ORIGINS)}"
        faults.append(Fault("blocked_origins", f"Option `blocked_origins` {problem}", expected))
    if "dry_run" in wrong:
        # As JSON, so that the text `"true"` looks different from the value `true`.
        shown = _capped(_as_json(value["dry_run"]))
        faults.append(Fault("dry_run", f"Option `dry_run` is {shown}", "Expected: true or false, without quotes"))
    return faults


def _decoded(text: str | bytes) -> object:
    """Decodes the JSON. If that gives a text, decodes it again: a Variable may have been encoded as JSON twice."""
    value: object = text
    while isinstance(value, str | bytes):
        try:
            value = json.loads(value, object_pairs_hook=_once)
        except BadOption:
            raise
        except (ValueError, RecursionError):
            problem = "not JSON" if value is text else "a text, not a JSON object"
            raise BadOption(f"The options are {problem}", remedy=_OBJECT) from None
    return value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Returns the object, unless a name is there twice: the last value would win, and `dry_run` could be lost."""
    twice = [_shown(name) for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if twice:
        named = ", ".join(twice[:_SHOWN_VALUES])
        raise BadOption(f"In the options, {named} is given twice", remedy="Give each option once")
    return dict(pairs)


def _find(option: str, wanted: object, stages: Sequence[Stage], faults: list[Fault]) -> Stage | None:
    """Returns the stage; if there is no such stage, returns None and adds a sentence to `faults`."""
    by_id = [stage for stage in stages if stage.id == wanted]
    found = by_id or [stage for stage in stages if stage.name and stage.name == wanted]
    if len(found) == 1:
        return found[0]
    problem, remedy = "is missing", ""
    if wanted is None:
        pass
    elif found:
        problem, remedy = f"is {_shown(wanted)}, which is the name of several stages", "use an id"
    else:
        problem = f"is {_shown(wanted)}, which is not the id or name of a stage"
    faults.append(Fault(option, f"Option `{option}` {problem}", remedy))
    return None


def _joined(faults: Sequence[Fault]) -> str:
    return ". ".join(fault.text for fault in faults)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


_OBJECT = f"Expected: an object with {_listed(NAMES)}"


def _shown(value: object) -> str:
    return _capped(value if isinstance(value, str) else _as_json(value))


def _as_json(value: object) -> str:
    try:
        return json.dumps(value, default=str)
    except (ValueError, RecursionError):
        return "..."


def _capped(text: str) -> str:
    text = text if len(text) <= _SHOWN_LETTERS else f"{text[:_SHOWN_LETTERS]}..."
    return f"`{text.encode(errors='backslashreplace').decode()}`"
