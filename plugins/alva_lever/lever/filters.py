"""What `GET /opportunities` can be asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class OpportunityFilter:
    """Lever's documentation, Opportunities, list filters. Values of one field are alternatives; fields all have to
    hold.

    Times are epoch milliseconds, both ends included. `archived`: True only those, False only the others, None both.
    `advanced_at` is the entry into the present stage. There is no filter for confidentiality here: without one Lever
    leaves the confidential out.
    """

    stage_id: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    posting_id: tuple[str, ...] = ()
    archive_reason_id: tuple[str, ...] = ()
    archived: bool | None = None
    created_at_start_ms: int | None = None
    created_at_end_ms: int | None = None
    updated_at_start_ms: int | None = None
    updated_at_end_ms: int | None = None
    advanced_at_start_ms: int | None = None
    advanced_at_end_ms: int | None = None
    archived_at_start_ms: int | None = None
    archived_at_end_ms: int | None = None

    def params(self) -> list[tuple[str, str]]:
        """The query, in wire names. A field of several values is repeated."""
        return list(self._pairs())

    def moved_since(self, moment_ms: int) -> OpportunityFilter:
        """The same question about those who changed places in the listing since then, by coming into a stage.

        Without the upper bounds of `advanced_at` and `updated_at`, which such an entry is past. Not by `updated_at`:
        that is late.
        """
        start = max(moment_ms, self.advanced_at_start_ms or 0)
        return replace(self, advanced_at_start_ms=start, advanced_at_end_ms=None, updated_at_end_ms=None)

    def _pairs(self) -> Iterator[tuple[str, str]]:
        for name in ("stage_id", "tag", "posting_id", "archive_reason_id"):
            for value in getattr(self, name):
                yield name, value
        if self.archived is not None:
            yield "archived", "true" if self.archived else "false"
        for what in ("created", "updated", "advanced", "archived"):
            for end in ("start", "end"):
                moment = getattr(self, f"{what}_at_{end}_ms")
                if moment is not None:
                    yield f"{what}_at_{end}", str(moment)
