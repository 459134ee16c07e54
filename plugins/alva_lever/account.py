"""Lever accounts, each with its Alva, and the names of everything that Airflow has for them.

Airflow's configuration names the accounts, `[alva_lever] accounts = default, berlin`, and not a Variable: it is read
whenever a DAG file is. Without the option there is one account, `default`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from airflow.sdk.configuration import conf

# The path of the page and the webhooks on Airflow's API server.
URL_PREFIX = "/alva-lever"
_DEFAULT_ID = "default"
_SECTION, _OPTION = "alva_lever", "accounts"
_ACCOUNT_ID = re.compile(r"[a-z][a-z0-9_]{0,30}")
# Addresses of the default account's page, and the first words of names that `default` has: `lever_oauth`.
_RESERVED = re.compile(
    r"access|backfill|candidates|grant|granted|run|standing|static|webhooks|why|(oauth|webhook)(_[a-z0-9_]*)?"
)


@dataclass(frozen=True, slots=True)
class Account:
    """The names of an account's connections, pool, Variable, DAGs and webhook paths. Paths begin after `URL_PREFIX`:
    that of the page is empty for `default`, else `/` and the account's id."""

    account_id: str
    page_path: str
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

    @staticmethod
    def named(account_id: str) -> Account:
        """Returns an account. The names of `default` don't carry its id."""
        is_default = account_id == _DEFAULT_ID
        end, path = ("", "") if is_default else (f"_{account_id}", f"/{account_id}")
        return Account(
            account_id=account_id,
            page_path=path,
            lever_conn_id=f"lever_{account_id}",
            lever_oauth_conn_id=f"lever_oauth{end}",
            lever_oauth_variable=f"alva_lever_oauth_token{end}",
            alva_conn_id=f"alva_{account_id}",
            lever_webhook_conn_id=f"lever_webhook{end}",
            alva_webhook_conn_id=f"alva_webhook{end}",
            lever_webhook_path=f"{path}/webhooks/lever",
            alva_webhook_path=f"{path}/webhooks/alva",
            settings_variable=f"alva_lever_settings{end}",
            pool=f"lever_api{end}",
            invite_dag_id=f"alva_lever_invite_candidates{end}",
            results_dag_id=f"alva_lever_push_results{end}",
            postings_dag_id=f"alva_lever_sync_postings{end}",
            events_dag_id=f"alva_lever_handle_events{end}",
        )


def read_accounts(text: str) -> Mapping[str, Account]:
    """Returns the accounts that the option names, by id, in its order.

    :raises ValueError: a name can't be used, or is there twice. Airflow shows this as an import error of the DAGs.
    """
    account_ids = text.replace(",", " ").split()
    where = f"`[{_SECTION}] {_OPTION}` in Airflow's configuration"
    if not account_ids:
        raise ValueError(f"{where} names no account. Remove it, or name at least one, such as `{_DEFAULT_ID}`")
    for account_id in account_ids:
        if not _ACCOUNT_ID.fullmatch(account_id) or _RESERVED.fullmatch(account_id):
            raise ValueError(
                f"{where} names `{account_id}`. It takes names of lower-case letters, digits and `_`, which begin with "
                "a letter and have at most 31 characters, separated by commas: `default, berlin`. Some are taken: "
                "`run` and other words in the addresses of the page, and `oauth` and `webhook`, alone or before a `_`"
            )
    if len(set(account_ids)) < len(account_ids):
        raise ValueError(f"{where} names an account twice")
    return {account_id: Account.named(account_id) for account_id in account_ids}


DEFAULT = Account.named(_DEFAULT_ID)
ACCOUNTS: Mapping[str, Account] = read_accounts(conf.get(_SECTION, _OPTION, fallback=_DEFAULT_ID))


def account_named(account_id: str) -> Account:
    """:raises ValueError: the configuration doesn't name this account. Airflow's processes may differ in theirs."""
    if account_id not in ACCOUNTS:
        raise ValueError(
            f"There is no account `{account_id}`: name it in `[{_SECTION}] {_OPTION}` in Airflow's configuration, on "
            "every machine alike"
        )
    return ACCOUNTS[account_id]


def account_of(dag_id: str) -> Account | None:
    """Returns the account whose DAG this is; None if it is none of ours."""
    return next((account for account in ACCOUNTS.values() if dag_id in account.dag_ids), None)
