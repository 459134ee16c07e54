"""A Lever account with its Alva, and the names of everything that Airflow has for it. There is one account so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# The path of the webhooks on Airflow's API server.
URL_PREFIX = "/alva-lever"


@dataclass(frozen=True, slots=True)
class Account:
    """The names of an account's connections, pool, Variable, DAGs and webhook paths. Paths begin after `URL_PREFIX`."""

    account_id: str
    lever_conn_id: str
    lever_oauth_conn_id: str
    lever_oauth_variable: str
    alva_conn_id: str
    lever_webhook_conn_id: str
    alva_webhook_conn_id: str
    lever_webhook_path: str
    alva_webhook_path: str
    settings_variable: str
    pool: str
    invite_dag_id: str
    results_dag_id: str
    postings_dag_id: str
    events_dag_id: str

    @property
    def dag_ids(self) -> tuple[str, ...]:
        """The ids of the account's DAGs."""
        return (self.invite_dag_id, self.results_dag_id, self.events_dag_id, self.postings_dag_id)

    @property
    def pooled_tasks(self) -> Mapping[str, tuple[str, ...]]:
        """By DAG, the ids of all tasks that use the pool: every task that may call Lever."""
        return {
            self.events_dag_id: ("handle",),
            self.results_dag_id: ("find", "push"),
            self.invite_dag_id: ("find", "invite"),
            self.postings_dag_id: ("find", "sync"),
        }


DEFAULT = Account(
    account_id="default",
    lever_conn_id="lever_default",
    lever_oauth_conn_id="lever_oauth",
    lever_oauth_variable="alva_lever_oauth_token",
    alva_conn_id="alva_default",
    lever_webhook_conn_id="lever_webhook",
    alva_webhook_conn_id="alva_webhook",
    lever_webhook_path="/webhooks/lever",
    alva_webhook_path="/webhooks/alva",
    settings_variable="alva_lever_settings",
    pool="lever_api",
    invite_dag_id="alva_lever_invite_candidates",
    results_dag_id="alva_lever_push_results",
    postings_dag_id="alva_lever_sync_postings",
    events_dag_id="alva_lever_handle_events",
)
ACCOUNTS: Mapping[str, Account] = {DEFAULT.account_id: DEFAULT}
