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

    @property
    def stage_ids(self) -> set[str]:
        """The ids of the trigger stage and of the progression stage, if one is set."""
        return {stage.id for stage in (self.trigger_stage, self.progression_stage) if stage}

    def may_progress(self, stage_id: str | None) -> bool:
        """Whether this stage comes before the progression stage. False if no progression stage is set.

        False for a stage that the pipeline doesn't have any more, so that its candidates are not moved.
        """
        order = [stage.id for stage in self.pipeline]
        if self.progression_stage is None or stage_id not in order:
            return False
        return order.index(stage_id) < order.index(self.progression_stage.id)
