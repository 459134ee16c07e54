"""Why?: explains one candidate: what both services show, which row of the table holds, and what a run would do."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse

from alva_lever.account import Account
from alva_lever.batch.leftovers import RUN_PREFIX, Leftover
from alva_lever.connect import lever_site, shared
from alva_lever.http.errors import ApiError
from alva_lever.rules import tags
from alva_lever.rules.ids import id_in, is_uuid
from alva_lever.rules.invitation import Reason
from alva_lever.rules.notes import Failure
from alva_lever.rules.report_words import MEANINGS
from alva_lever.settings import BadOption
from alva_lever.sync.explanation import Explanation
from alva_lever.web import airflow_records
from alva_lever.web.airflow_internals import NotWritten, new_run_id, start_run
from alva_lever.web.airflow_records import RunRecord
from alva_lever.web.happened import is_of_opportunity, take_ids
from alva_lever.web.pages import a_turn, page
from alva_lever.web.visitors import Acts, Looks, OfHtmx, Text, Visitor

router = APIRouter()
_NOT_AN_ID = (
    "This is neither the address of a candidate's page in Lever nor an id. Open the candidate in Lever, and paste the "
    "address of that page: https://hire.lever.co/candidates/..."
)
# Made when a button is shown, so that pressing it twice starts one run.
_PRESS = re.compile(r"[0-9A-Za-z:._-]{8,60}")


class Action(StrEnum):
    """What a button starts: a run of the hourly DAG that names the candidate, or does the leftover; or a run of the
    results DAG."""

    INVITE = "invite"
    LEFTOVER = "leftover"
    MIRROR = "mirror"

    def dag_id(self, account: Account) -> str:
        return account.results_dag_id if self is Action.MIRROR else account.invite_dag_id

    @property
    def run_prefix(self) -> str:
        return RUN_PREFIX if self is Action.LEFTOVER else "why__"


@dataclass(frozen=True, slots=True)
class Answer:
    """An explanation with what only Airflow knows. `leftovers`: by DAG, what an earlier run could not do. `press`: the
    end of the run id that a button makes."""

    account: Account
    explanation: Explanation
    leftovers: Mapping[str, Leftover]
    press: str

    @property
    def shown_tags(self) -> list[str]:
        """The tags that matter to the integration. Others are people's, and a role fit is no matter of this page."""
        present = self.explanation.opportunity.tags if self.explanation.opportunity else ()
        return [tag for tag in present if tag in (*tags.STATUS, *tags.ON_OPPORTUNITIES)]

    @property
    def alva_page(self) -> str | None:
        """The candidate's page in Alva, if its address is one that a browser may open."""
        candidate = self.explanation.candidate
        url = None if candidate is None else candidate.url
        return url if url is not None and url.startswith(("https://", "http://")) else None

    @property
    def buttons(self) -> list[tuple[Action, str]]:
        """What may be started, and what each button says. While rehearsing, each run only says what it would do."""
        live = not self.explanation.dry_run
        found = []
        if self.account.invite_dag_id in self.leftovers:
            found.append((Action.LEFTOVER, "Try the leftover again now" if live else "Rehearse the leftover now"))
        if named := self._if_named():
            found.append((Action.INVITE, named if live else "Rehearse it now"))
        if self.explanation.candidate is not None:
            found.append((Action.MIRROR, "Mirror the results now" if live else "Rehearse mirroring the results"))
        return found

    def _if_named(self) -> str | None:
        """What a run that names the candidate does; None if it does nothing, or no more than trying the leftover."""
        named, unnamed = self.explanation.named, self.explanation.unnamed
        if self.account.invite_dag_id in self.leftovers and named.word == unnamed.word:
            return None
        if named.sends:
            return "Invite now"
        if named.word in set(Failure):
            return "Try now, and tell the failure in Lever"
        return "Complete it in Lever now" if Reason(named.word).invites else None


@router.get("/why", dependencies=[Depends(a_turn)])
def ask(visitor: Looks, opportunity_id: str = "") -> Response:
    """The form, with the answer if an id is given."""
    if not opportunity_id:
        return _page(visitor)
    return _answer(visitor, id_in(opportunity_id))


@router.post("/why", dependencies=[Depends(a_turn)])
def answer(visitor: Looks, part: OfHtmx, candidate: Text = "") -> Response:
    """The answer. What a person pastes may be a name, so that it is not in an address, and is not repeated."""
    return _answer(visitor, id_in(candidate), part=part)


@router.post("/why-run")
def start(
    visitor: Acts, opportunity_id: Text = "", action: Text = "", press: Text = "", dry_run: Text = ""
) -> Response:
    """Starts a run for the candidate, and leads to it. It writes only if the button said so, even if the options have
    changed since."""
    if not is_uuid(opportunity_id) or action not in set(Action) or not _PRESS.fullmatch(press):
        return _page(visitor, problem=_NOT_AN_ID, status=400)
    dag_id, run_id = Action(action).dag_id(visitor.account), f"{Action(action).run_prefix}{press}"
    conf = {"opportunity_ids": [opportunity_id], "dry_run": dry_run != "false"}
    try:
        start_run(dag_id, run_id, conf, user_name=visitor.user_name)
    except NotWritten as fault:
        return _page(visitor, problem=f"{fault}. Try again", status=503)
    query = urlencode({"dag_id": dag_id, "run_id": run_id, "opportunity_id": opportunity_id})
    return RedirectResponse(f"why-run?{query}", 303)


@router.get("/why-run")
def follow(visitor: Looks, part: OfHtmx, dag_id: str = "", run_id: str = "", opportunity_id: str = "") -> Response:
    """What has become of a run, and the word of its report for the candidate."""
    known = dag_id in {one.dag_id(visitor.account) for one in Action} and is_uuid(opportunity_id)
    record = airflow_records.run_record(dag_id, run_id) if known else None
    if record is None:
        return _page(visitor, problem="Airflow has no such run. It may have been deleted", status=404)
    word = _word(record, opportunity_id)
    query = urlencode({"dag_id": dag_id, "run_id": run_id, "opportunity_id": opportunity_id})
    return page(
        "why_run_state.html" if part else "why_run.html",
        visitor,
        here="why",
        run=record,
        again=None if record.is_over else f"why-run?{query}",
        opportunity_id=opportunity_id,
        word=word,
        meaning=None if word is None else MEANINGS.get(word, word),
        is_paused=airflow_records.paused([dag_id]).get(dag_id),
    )


def _answer(visitor: Visitor, opportunity_id: str, *, part: bool = False) -> Response:
    if not is_uuid(opportunity_id):
        return _page(visitor, problem=_NOT_AN_ID, status=400, part=part)
    try:
        told = _explained(visitor.account, opportunity_id)
    except (ApiError, BadOption) as fault:
        return _page(visitor, problem=str(fault), status=503, part=part)
    return _page(visitor, told=told, part=part)


def _explained(account: Account, opportunity_id: str) -> Answer:
    integration = shared(account).integration()
    leftovers = {
        dag_id: leftover
        for dag_id in take_ids(account)
        for leftover in airflow_records.state_of(dag_id).leftovers()
        if leftover.id == opportunity_id and is_of_opportunity(account, dag_id, leftover)
    }
    explanation = integration.explain(
        opportunity_id,
        window=airflow_records.next_window(account.invite_dag_id),
        leftover=leftovers.get(account.invite_dag_id),
    )
    return Answer(account, explanation, leftovers, press=new_run_id(""))


def _word(record: RunRecord, opportunity_id: str) -> str | None:
    ids: Mapping[str, list[str]] = (record.report or {}).get("ids", {})
    return next((word for word, named in ids.items() if opportunity_id in named), None)


def _page(
    visitor: Visitor, *, told: Answer | None = None, problem: str | None = None, status: int = 200, part: bool = False
) -> Response:
    """`part`: only the answer, for htmx."""
    account = visitor.account
    return page(
        "why_answer.html" if part else "why.html",
        visitor,
        status=200 if part else status,
        here="why",
        told=told,
        explanation=None if told is None else told.explanation,
        problem=problem,
        lever_site=None if told is None else lever_site(account),
        paused=airflow_records.paused([account.invite_dag_id, account.results_dag_id]) if told else {},
        account=account,
        now_ms=round(time.time() * 1000),
    )
