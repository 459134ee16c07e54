"""The options that a company sets: read from JSON, checked, and resolved against the account's stages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ORIGINS = ("agency", "applied", "internal", "referred", "sourced", "university")
NAMES = ("trigger_stage", "progression_stage", "blocked_origins", "dry_run")


class BadOption(ValueError):
    """An option that can't be used. The text names it, its value, and what would be accepted."""


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
    """Options that hold for this account. `stages` is its pipeline in order."""

    trigger_stage: Stage
    progression_stage: Stage | None
    blocked_origins: frozenset[str]
    stages: tuple[Stage, ...]

    def may_progress(self, stage_id: str | None) -> bool:
        """Whether somebody in this stage stands before the progression stage. False where none is set.

        A stage that the pipeline doesn't have (it was removed) counts as no reason to move anybody.
        """
        order = [stage.id for stage in self.stages]
        if self.progression_stage is None or stage_id not in order:
            return False
        return order.index(stage_id) < order.index(self.progression_stage.id)


def read_options(value: object) -> Options:
    """Options from a JSON object, or its text.

    :raises BadOption: it is none, an option is unknown, or it blocks what is no origin.
    """
    if isinstance(value, str | bytes):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise BadOption(f"The options are not JSON. Expected: an object with {_listed(NAMES)}") from None
    if not isinstance(value, Mapping):
        raise BadOption(f"The options are not a JSON object. Expected: an object with {_listed(NAMES)}")
    for name in value:
        if name not in NAMES:
            raise BadOption(f"There is no option `{name}`. Options: {_listed(NAMES)}")
    origins = value.get("blocked_origins")
    origins = [] if origins is None else origins
    if not isinstance(origins, list):
        raise BadOption(f"Option `blocked_origins` is {_shown(origins)}. Expected: a list of {_listed(ORIGINS)}")
    for origin in origins:
        if origin not in ORIGINS:
            raise BadOption(f"Option `blocked_origins` has {_shown(origin)}. Accepted: {_listed(ORIGINS)}")
    return Options(
        value.get("trigger_stage"), value.get("progression_stage"), frozenset(origins), value.get("dry_run") is True
    )


def resolve(options: Options, stages: Sequence[Stage]) -> Settings:
    """The same with the stages looked up in the account's pipeline (in its order).

    :raises BadOption: a stage is missing, or there is none of that id or name, or several of that name.
    """
    progression = options.progression_stage
    return Settings(
        trigger_stage=_find("trigger_stage", options.trigger_stage, stages),
        progression_stage=None if progression in (None, "") else _find("progression_stage", progression, stages),
        blocked_origins=options.blocked_origins,
        stages=tuple(stages),
    )


def _find(option: str, wanted: object, stages: Sequence[Stage]) -> Stage:
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
    accepted = ", ".join(f"`{stage.name}` ({stage.id})" for stage in stages)
    raise BadOption(f"Option `{option}` {problem}. The account's stages: {accepted}")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _shown(value: object) -> str:
    return f"`{value}`" if isinstance(value, str) else f"`{json.dumps(value, default=str)}`"
