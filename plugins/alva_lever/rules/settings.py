"""The options that a company sets: read from JSON, checked, and resolved against the account's stages."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ORIGINS = ("agency", "applied", "internal", "referred", "sourced", "university")
NAMES = ("trigger_stage", "progression_stage", "blocked_origins", "dry_run")
# An error shows so many letters of a value, and so many values of an option.
_SHOWN_LETTERS = 80
_SHOWN_VALUES = 20


class BadOption(ValueError):
    """Options that can't be used. The text names each, its value, and what would be accepted."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the account's pipeline. Ids are slugs (`applicant-new`) or UUIDs."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for; stages by id or exact name, not looked up yet, and so of any kind."""

    trigger_stage: object
    progression_stage: object = None
    blocked_origins: frozenset[str] = frozenset()
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """Options that hold for this account. `stages` is its pipeline in order. `dry_run`: nothing is written."""

    trigger_stage: Stage
    progression_stage: Stage | None
    blocked_origins: frozenset[str]
    stages: tuple[Stage, ...]
    dry_run: bool = False

    def may_progress(self, stage_id: str | None) -> bool:
        """Whether somebody in this stage stands before the progression stage. False where none is set.

        A stage that the pipeline doesn't have (it was removed) counts as no reason to move anybody.
        """
        order = [stage.id for stage in self.stages]
        if self.progression_stage is None or stage_id not in order:
            return False
        return order.index(stage_id) < order.index(self.progression_stage.id)


def read_options(value: object) -> Options:
    """Options from a JSON object, or its text. All but the stages is checked; these need the account (`resolve`).

    :raises BadOption: it is no JSON object, has options that are unknown or there twice, or values that no option has.
    """
    value = _decoded(value) if isinstance(value, str | bytes) else value
    if not isinstance(value, Mapping):
        raise BadOption(f"The options are not a JSON object. Expected: an object with {_listed(NAMES)}")
    faults: list[str] = []
    unknown = [_shown(str(name)) for name in value if name not in NAMES]
    if unknown:
        faults.append(f"There is no option {', '.join(unknown[:_SHOWN_VALUES])}. Options: {_listed(NAMES)}")
    origins = value.get("blocked_origins")
    origins = [] if origins is None else origins
    if not isinstance(origins, list):
        faults.append(f"Option `blocked_origins` is {_shown(origins)}. Expected: a list of {_listed(ORIGINS)}")
    elif bad := [_shown(origin) for origin in origins if origin not in ORIGINS]:
        faults.append(f"Option `blocked_origins` has {', '.join(bad[:_SHOWN_VALUES])}. Accepted: {_listed(ORIGINS)}")
    dry_run = value.get("dry_run", False)
    if not isinstance(dry_run, bool):
        # As JSON, so that a text can be told from what it says.
        faults.append(f"Option `dry_run` is {_capped(_as_json(dry_run))}. Expected: true or false, without quotes")
    if faults and "trigger_stage" not in value:
        faults.append("Option `trigger_stage` is missing. Expected: the id or exact name of a stage")
    if faults:
        raise BadOption(". ".join(faults))
    return Options(value.get("trigger_stage"), value.get("progression_stage"), frozenset(origins), dry_run)


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
    return Settings(
        trigger_stage=trigger,
        progression_stage=progression,
        blocked_origins=options.blocked_origins,
        stages=tuple(stages),
        dry_run=options.dry_run,
    )


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
