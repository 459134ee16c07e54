"""The options that a company sets: read from JSON, checked, and resolved against its account's stages."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from alva_lever.rules.policy import Policy, Stage

Origin = Literal["agency", "applied", "internal", "referred", "sourced", "university"]
ORIGINS: tuple[str, ...] = get_args(Origin)
# An error shows so many letters of a value, and so many values of an option.
_SHOWN_LETTERS = 80
_SHOWN_VALUES = 20

# Of any kind until it is looked up in the account: the sentence that refuses it names the stages that there are.
_AnyStage = Annotated[object, WithJsonSchema({"type": "string"})]
_AnyStageOrNone = Annotated[object, WithJsonSchema({"type": ["string", "null"]})]
_Origins = Annotated[frozenset[Origin], BeforeValidator(lambda value: () if value is None else value)]


class BadOption(ValueError):
    """Options that can't be used. The text names each, its value, and what would be accepted."""


class Options(BaseModel):
    """What a company asks for. Its JSON schema is what a form can be drawn from."""

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
        description="Where candidates go when their tests are completed: its id or exact name. Empty: nowhere.",
    )
    blocked_origins: _Origins = Field(
        default=frozenset(),
        strict=False,
        title="Blocked origins",
        description="Candidates of these origins are not invited by a stage or a posting.",
    )
    dry_run: bool = Field(
        default=False,
        title="Dry run",
        description="All DAGs read, decide and report, and write nothing, until it is taken away.",
    )


NAMES = tuple(Options.model_fields)


@dataclass(frozen=True, slots=True)
class Settings:
    """Options that hold for this account. `policy`: the one that holds for every posting. `dry_run`: nothing is
    written."""

    policy: Policy
    dry_run: bool = False

    @property
    def policies(self) -> tuple[Policy, ...]:
        """All that hold for any posting."""
        return (self.policy,)

    def policy_for(self, posting_id: str | None) -> Policy:
        """What holds for candidates on this posting, None: on none."""
        return self.policy


def read_options(value: object) -> Options:
    """Options from a JSON object, or its text. All but the stages is checked; these need the account (`resolve`).

    :raises BadOption: it is no JSON object, has options that are unknown or there twice, or values that no option has.
    """
    value = _decoded(value) if isinstance(value, str | bytes) else value
    if not isinstance(value, Mapping):
        raise BadOption(f"The options are not a JSON object. Expected: an object with {_listed(NAMES)}")
    try:
        return Options.model_validate(dict(value))
    except ValidationError as invalid:
        faults = _faults(invalid, value)
    if "trigger_stage" not in value:
        faults.append("Option `trigger_stage` is missing. Expected: the id or exact name of a stage")
    raise BadOption(". ".join(faults))


def resolve(options: Options, stages: Sequence[Stage]) -> Settings:
    """The same with the stages looked up in the account's pipeline (in its order).

    :raises BadOption: a stage is missing, or there is none of that id or name, or several of that name, or both are
        the same.
    """
    faults: list[str] = []
    trigger = _find("trigger_stage", options.trigger_stage, stages, faults)
    progression = None
    if options.progression_stage not in (None, ""):
        progression = _find("progression_stage", options.progression_stage, stages, faults)
    if progression is not None and progression == trigger:
        shown = _shown(options.progression_stage)
        faults.append(f"Option `progression_stage` is {shown}, which is the trigger stage: name another one, or none")
    if trigger is None or faults:
        accepted = ", ".join(f"`{stage.name}` ({stage.id})" for stage in stages)
        raise BadOption(f"{'. '.join(faults)}. The account's stages: {accepted}")
    return Settings(Policy(trigger, progression, frozenset(options.blocked_origins), tuple(stages)), options.dry_run)


def _faults(invalid: ValidationError, value: Mapping[str, Any]) -> list[str]:
    """A sentence for each option that is wrong."""
    places = [(str(error["loc"][0]), error["loc"][-1]) for error in invalid.errors(include_url=False)]
    wrong = {option for option, _ in places}
    faults = []
    if unknown := [_shown(str(name)) for name in value if name not in NAMES]:
        faults.append(f"There is no option {', '.join(unknown[:_SHOWN_VALUES])}. Options: {_listed(NAMES)}")
    if "blocked_origins" in wrong:
        origins = value["blocked_origins"]
        if isinstance(origins, list):
            bad = [_shown(origins[place[1]]) for place in places if place[0] == "blocked_origins"]  # type: ignore[index]
            faults.append(
                f"Option `blocked_origins` has {', '.join(bad[:_SHOWN_VALUES])}. Accepted: {_listed(ORIGINS)}"
            )
        else:
            faults.append(f"Option `blocked_origins` is {_shown(origins)}. Expected: a list of {_listed(ORIGINS)}")
    if "dry_run" in wrong:
        # As JSON, so that a text can be told from what it says.
        shown = _capped(_as_json(value["dry_run"]))
        faults.append(f"Option `dry_run` is {shown}. Expected: true or false, without quotes")
    return faults


def _decoded(text: str | bytes) -> object:
    """What the JSON says. A text in it is read once more: a Variable that was stored as JSON twice has one."""
    value: object = text
    while isinstance(value, str | bytes):
        try:
            value = json.loads(value, object_pairs_hook=_once)
        except BadOption:
            raise
        except (ValueError, RecursionError):
            problem = "not JSON" if value is text else "a text, not a JSON object"
            raise BadOption(f"The options are {problem}. Expected: an object with {_listed(NAMES)}") from None
    return value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object, unless a name is there twice: the last would win, and `dry_run` must not be lost that way."""
    twice = [_shown(name) for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if twice:
        raise BadOption(f"In the options, {', '.join(twice[:_SHOWN_VALUES])} is there twice. Name each option once")
    return dict(pairs)


def _find(option: str, wanted: object, stages: Sequence[Stage], faults: list[str]) -> Stage | None:
    """The stage, or None and one fault more."""
    by_id = [stage for stage in stages if stage.id == wanted]
    found = by_id or [stage for stage in stages if stage.name == wanted]
    if len(found) == 1:
        return found[0]
    if wanted is None:
        problem = "is missing"
    elif found:
        problem = f"is {_shown(wanted)}, which several stages have as name: use an id"
    else:
        problem = f"is {_shown(wanted)}, which no stage has as id or name"
    faults.append(f"Option `{option}` {problem}")
    return None


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


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
