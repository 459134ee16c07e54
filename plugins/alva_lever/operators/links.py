"""The link from a task in Airflow's UI to its run on the integration's page."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlencode

from airflow.sdk import BaseOperator, BaseOperatorLink

from alva_lever.account import DEFAULT, URL_PREFIX, account_of
from alva_lever.operators.do import (
    HandleEventsOperator,
    InviteCandidatesOperator,
    PushResultsOperator,
    SyncPostingsOperator,
)
from alva_lever.operators.find import FindCandidatesOperator, FindPostingsOperator, FindResultsOperator
from alva_lever.operators.report import ReportOperator

if TYPE_CHECKING:
    from airflow.sdk.types import TaskInstanceKey


class RunLink(BaseOperatorLink):
    """Leads to the run's report in words, with its ids. The API server asks for it, so that no task stores a link."""

    name = "What happened"
    operators: ClassVar[list[type[BaseOperator]]] = [
        FindCandidatesOperator,
        FindResultsOperator,
        FindPostingsOperator,
        InviteCandidatesOperator,
        PushResultsOperator,
        SyncPostingsOperator,
        HandleEventsOperator,
        ReportOperator,
    ]

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Returns the link, without a slash at its beginning: Airflow's UI adds the path that it is served under."""
        query = urlencode({"dag_id": ti_key.dag_id, "run_id": ti_key.run_id})
        page = URL_PREFIX + (account_of(ti_key.dag_id) or DEFAULT).page_path
        return f"{page.removeprefix('/')}/run?{query}"
