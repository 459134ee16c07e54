"""A run's report: counts every opportunity once, names ids only, and says what the run cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Protocol

# The most ids that a report names for each reason.
IDS_SHOWN = 100
NEAR_MISSES_SHOWN = 300
# A tag may have any number of blanks around it.
_TAG_CHARACTERS = 100


@dataclass(slots=True)
class RunReport:
    """Counts and ids by reason, near misses, and the cost. The reports of a run's tasks add up.

    `calls`: by vendor (`lever`, `alva`). `waited_seconds`: spent waiting for the vendors' limits. `invited`: the number
    of invitations sent (in a dry run, that would be sent).
    """

    counts: dict[str, int] = field(default_factory=dict)
    ids: dict[str, list[str]] = field(default_factory=dict)
    near_misses: list[dict[str, str]] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=lambda: {"lever": 0, "alva": 0})
    waited_seconds: float = 0.0
    invited: int = 0

    def count(self, reason: str, opportunity_id: str) -> None:
        reason = str(reason)
        self.counts[reason] = self.counts.get(reason, 0) + 1
        named = self.ids.setdefault(reason, [])
        if len(named) < IDS_SHOWN:
            named.append(opportunity_id)

    def take_back(self, opportunity_id: str) -> str:
        """Uncounts an opportunity that is to be counted again. Returns its reason, empty if the report doesn't name the
        id."""
        reason = next((reason for reason, named in self.ids.items() if opportunity_id in named), "")
        if reason:
            self.ids[reason].remove(opportunity_id)
            self.counts[reason] -= 1
            if not self.counts[reason]:
                del self.counts[reason], self.ids[reason]
        return reason

    def near_miss(self, carrier_id: str, tags: Iterable[str]) -> None:
        """Adds tags that are nearly control tags, each once. `carrier_id`: the opportunity or posting that has them."""
        for tag in tags:
            miss = {"id": carrier_id, "tag": tag[:_TAG_CHARACTERS]}
            if miss not in self.near_misses and len(self.near_misses) < NEAR_MISSES_SHOWN:
                self.near_misses.append(miss)

    def add(self, other: RunReport) -> None:
        for reason, count in other.counts.items():
            self.counts[reason] = self.counts.get(reason, 0) + count
        for reason, named in other.ids.items():
            shown = self.ids.setdefault(reason, [])
            shown += named[: IDS_SHOWN - len(shown)]
        for miss in other.near_misses:
            self.near_miss(miss["id"], [miss["tag"]])
        for vendor, calls in other.calls.items():
            self.calls[vendor] = self.calls.get(vendor, 0) + calls
        self.waited_seconds += other.waited_seconds
        self.invited += other.invited

    def as_json(self) -> dict[str, Any]:
        return {
            "counts": self.counts,
            "ids": self.ids,
            "near_misses": self.near_misses,
            "calls": self.calls,
            "waited_seconds": round(self.waited_seconds, 1),
            "invited": self.invited,
        }

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> RunReport:
        """Reads `as_json`; ignores other keys of a report."""
        return cls(
            dict(value["counts"]),
            {reason: list(named) for reason, named in value["ids"].items()},
            list(value["near_misses"]),
            dict(value["calls"]),
            float(value["waited_seconds"]),
            int(value.get("invited", 0)),
        )

    def as_xcom(
        self,
        *,
        dry_run: bool,
        window: tuple[int, int] | None = None,
        leftovers: Sequence[Mapping[str, Any]] = (),
    ) -> dict[str, Any]:
        """Returns a run's report: `{"dry_run", "window", "invited", "looked_at", "counts", "ids", "near_misses",
        "leftovers", "calls", "waited_seconds"}`. The argument `window` is in epoch milliseconds, the report's in ISO
        8601; None for a run on named ids."""
        return {
            "dry_run": dry_run,
            "window": None if window is None else [_iso(moment_ms) for moment_ms in window],
            "invited": self.invited,
            "looked_at": sum(self.counts.values()),
            "counts": self.counts,
            "ids": self.ids,
            "near_misses": self.near_misses,
            "leftovers": list(leftovers),
            "calls": self.calls,
            "waited_seconds": round(self.waited_seconds, 1),
        }


def _iso(moment_ms: int) -> str:
    return datetime.fromtimestamp(moment_ms / 1000, UTC).isoformat(timespec="seconds")


class Metered(Protocol):
    """A hook that counts its calls to a vendor and the seconds it waited for the vendor's limit."""

    vendor: ClassVar[str]

    @property
    def calls(self) -> int: ...
    @property
    def waited_seconds(self) -> float: ...


class Meter:
    """Adds to a report what the calls since the last reading cost."""

    def __init__(self, *metered: Metered) -> None:
        self._metered = metered
        self._calls: dict[str, int] = {}
        self._waited_seconds = 0.0

    def read(self, report: RunReport) -> None:
        """Adds the cost since the last reading; the first time, the whole cost."""
        for hook in self._metered:
            vendor = hook.vendor.lower()
            report.calls[vendor] += hook.calls - self._calls.get(vendor, 0)
            self._calls[vendor] = hook.calls
        waited_seconds = sum(hook.waited_seconds for hook in self._metered)
        report.waited_seconds += waited_seconds - self._waited_seconds
        self._waited_seconds = waited_seconds
