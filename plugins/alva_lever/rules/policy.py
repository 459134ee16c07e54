"""The policy for the candidates on one posting: the trigger stage, the progression stage, the blocked origins."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the account's pipeline. Ids are slugs (`applicant-new`) or UUIDs."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Policy:
    """`pipeline`: the account's stages in order. `blocked_origins`: in Lever's words, such as `sourced`."""

    trigger_stage: Stage
    progression_stage: Stage | None
    blocked_origins: frozenset[str]
    pipeline: tuple[Stage, ...]
