"""What holds for the candidates on one posting: which stage invites them, where a completion leads, who is blocked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the account's pipeline. Ids are slugs (`applicant-new`) or UUIDs."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Policy:
    """`pipeline`: the account's stages in order. `blocked_origins`: words of Lever's."""

    trigger_stage: Stage
    progression_stage: Stage | None
    blocked_origins: frozenset[str]
    pipeline: tuple[Stage, ...]

    @property
    def stage_ids(self) -> set[str]:
        """The trigger stage and, where there is one, the progression stage."""
        return {stage.id for stage in (self.trigger_stage, self.progression_stage) if stage}

    def may_progress(self, stage_id: str | None) -> bool:
        """Whether a candidate in this stage stands before the progression stage. False where none is set.

        A stage that the pipeline doesn't have (it was removed) counts as no reason to move anybody.
        """
        order = [stage.id for stage in self.pipeline]
        if self.progression_stage is None or stage_id not in order:
            return False
        return order.index(stage_id) < order.index(self.progression_stage.id)
