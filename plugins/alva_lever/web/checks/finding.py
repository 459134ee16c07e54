"""What a check finds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from alva_lever.http.errors import ApiError
from alva_lever.settings import BadOption
from alva_lever.web.airflow_internals import NotWritten

log = logging.getLogger(__name__)


class State(StrEnum):
    """How it stands. OPEN: nothing is wrong; it is optional and not done, or reading can't show it."""

    DONE = "done"
    MISSING = "missing"
    WRONG = "wrong"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Finding:
    """`said`: one sentence on how it is. `remedy`: one on what to do, empty if there is nothing to do. Both without the
    full stop. `link`: Airflow's page where that is done, below its root, such as `pools`."""

    subject: str
    state: State
    said: str
    remedy: str = ""
    link: str = ""

    @property
    def place(self) -> str:
        """The name of Airflow's page that `link` leads to: a DAG's id, or as Airflow's navigation calls it."""
        name = self.link.rpartition("/")[2]
        return name if "/" in self.link else {"dags": "Dags"}.get(name, name.capitalize())

    @property
    def is_fault(self) -> bool:
        return self.state in (State.MISSING, State.WRONG)


class Problem(Protocol):
    """What is wrong, and what to do about it."""

    @property
    def said(self) -> str: ...
    @property
    def remedy(self) -> str: ...


Check = Callable[[], Iterable[Finding]]


def guarded(subject: str, check: Check) -> Iterator[Finding]:
    """Yields what a check finds. A check that fails is a finding too, so that the others are made."""
    try:
        yield from check()
    except (NotWritten, ApiError, BadOption) as error:
        yield wrong(subject, error)
    except Exception as error:
        # The text of an unknown error may hold anything.
        log.error("The check of %s failed: %s", subject, type(error).__name__)
        yield Finding(
            subject,
            State.WRONG,
            f"This could not be checked ({type(error).__name__})",
            "Look into the log of Airflow's API server, and check again",
        )


def wrong(subject: str, fault: Problem, *, link: str = "", state: State = State.WRONG) -> Finding:
    """Returns the finding for an error, or for the fault of an option."""
    remedy = fault.remedy or "Correct that, and check again"
    return Finding(subject, state, fault.said, f"{remedy[0].upper()}{remedy[1:]}", link)
