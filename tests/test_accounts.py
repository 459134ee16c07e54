"""The accounts that Airflow's configuration names, and the names that each of them has."""

from __future__ import annotations

import ast
import dataclasses
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk._shared.secrets_masker import should_hide_value_for_key

from alva_lever.account import ACCOUNTS, DEFAULT, Account, account_named, account_of, read_accounts

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "plugins" / "alva_lever"
READ_DAGS = """
import json
from airflow.dag_processing.dagbag import DagBag
bag = DagBag("dags")
assert not bag.import_errors, bag.import_errors
print(json.dumps({
    dag.dag_id: {
        "pools": {task.task_id: task.pool for task in dag.tasks},
        "accounts": sorted({
            task.partial_kwargs["account_id"] if task.is_mapped
            else getattr(task, "account_id", None) or task.account.account_id
            for task in dag.tasks if task.task_id != "begin"
        }),
        "tags": sorted(dag.tags), "doc": dag.doc_md + dag.params.get_param("dry_run").description,
    }
    for dag in bag.dags.values()
}))
"""


def read(accounts: str) -> subprocess.CompletedProcess[str]:
    """Reads the DAGs as Airflow with these accounts does: in a process of its own, since they are read once."""
    environment = {**os.environ, "AIRFLOW__ALVA_LEVER__ACCOUNTS": accounts, "PYTHONPATH": str(ROOT / "plugins")}
    return subprocess.run(
        [sys.executable, "-c", READ_DAGS], capture_output=True, text=True, check=False, cwd=ROOT, env=environment
    )


def test_there_is_one_account_without_the_option() -> None:
    assert ACCOUNTS == {"default": DEFAULT}


def test_default_keeps_its_names() -> None:
    assert Account.named("default") == DEFAULT
    assert dataclasses.asdict(DEFAULT) == {
        "account_id": "default",
        "page_path": "",
        "lever_conn_id": "lever_default",
        "lever_oauth_conn_id": "lever_oauth",
        "lever_oauth_variable": "alva_lever_oauth_token",
        "alva_conn_id": "alva_default",
        "lever_webhook_conn_id": "lever_webhook",
        "alva_webhook_conn_id": "alva_webhook",
        "lever_webhook_path": "/webhooks/lever",
        "alva_webhook_path": "/webhooks/alva",
        "settings_variable": "alva_lever_settings",
        "pool": "lever_api",
        "invite_dag_id": "alva_lever_invite_candidates",
        "results_dag_id": "alva_lever_push_results",
        "postings_dag_id": "alva_lever_sync_postings",
        "events_dag_id": "alva_lever_handle_events",
    }


def texts(file: Path) -> set[str]:
    """Returns the texts in a module, without its docstrings; of a template, all of it."""
    if file.suffix == ".html":
        return {file.read_text("utf-8")}
    tree = ast.parse(file.read_text("utf-8"))
    docs = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and node not in docs)
    return {node.value for node in found if isinstance(node.value, str)}


def test_no_other_module_knows_the_names_of_default() -> None:
    """But for the hooks, which people may use without an account."""
    names = {*dataclasses.astuple(DEFAULT)[2:], "/alva-lever/set-up"}
    files = [file for file in PACKAGE.rglob("*") if file.suffix in (".py", ".html") and file.name != "account.py"]
    found = {
        (str(file.relative_to(PACKAGE)), name)
        for file in files
        for text in texts(file)
        for name in names
        if re.search(rf"(?<![a-z_]){re.escape(name)}\b" if name[0].isalpha() else re.escape(name), text)
    }
    assert found == {
        ("alva/hook.py", "alva_default"),
        ("lever/hook.py", "lever_default"),
        ("lever/hook.py", "lever_oauth"),
        ("lever/hook.py", "alva_lever_oauth_token"),
    }


def test_another_account_shares_no_name_with_it() -> None:
    berlin = dataclasses.asdict(Account.named("berlin"))
    assert not set(berlin.values()) & set(dataclasses.asdict(DEFAULT).values())
    assert all("berlin" in name for name in berlin.values())


def test_airflow_masks_what_another_account_is_granted() -> None:
    variable = Account.named("berlin").lever_oauth_variable
    assert should_hide_value_for_key(variable)  # type: ignore[no-untyped-call]  # as Airflow declares it


def test_several_accounts_keep_their_order() -> None:
    assert list(read_accounts(" berlin, default,\n new_york ")) == ["berlin", "default", "new_york"]


@pytest.mark.parametrize(
    "text",
    ["Berlin", "1st", "new-york", "a" * 32, "b/erlin", "ä", "run", "static", "webhooks", "oauth", "oauth_a", "webhook"],
)  # fmt: skip
def test_a_bad_name_is_refused_with_what_is_accepted(text: str) -> None:
    with pytest.raises(ValueError, match="It takes names of lower-case letters"):
        read_accounts(f"default, {text}")


@pytest.mark.parametrize(("text", "said"), [("", "names no account"), (",", "names no account"), ("a, b, a", "twice")])
def test_an_empty_list_and_a_name_twice_are_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_accounts(text)


def test_an_account_that_is_not_named_is_refused_with_the_option() -> None:
    with pytest.raises(ValueError, match=r"no account `berlin`.*\[alva_lever\] accounts"):
        account_named("berlin")


def test_a_dag_tells_its_account() -> None:
    assert account_of("alva_lever_push_results") == DEFAULT
    assert account_of("alva_lever_push_results_berlin") is None


def test_each_account_has_its_dags_with_its_pool_and_names() -> None:
    done = read("default, berlin")
    assert done.returncode == 0, done.stderr
    dags: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    accounts = [DEFAULT, Account.named("berlin")]
    assert set(dags) == {dag_id for account in accounts for dag_id in account.dag_ids}
    for account in accounts:
        for dag_id, task_ids in account.pooled_tasks.items():
            dag = dags[dag_id]
            assert {name for name, pool in dag["pools"].items() if pool == account.pool} == set(task_ids)
            assert dag["accounts"] == [account.account_id]
            assert dag["tags"] == sorted(["alva", "lever", account.account_id])
            assert f"`{account.settings_variable}`" in dag["doc"]
    assert "alva_lever_settings`" not in dags["alva_lever_invite_candidates_berlin"]["doc"]


def test_there_need_be_no_default() -> None:
    done = read("berlin")
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout.splitlines()[-1])) == set(Account.named("berlin").dag_ids)


def test_a_bad_name_is_an_import_error_of_the_dags() -> None:
    done = read("default, Berlin")
    assert done.returncode == 1
    assert "names `Berlin`. It takes names of" in done.stderr


def test_airflow_takes_the_options() -> None:
    import airflow
    import jsonschema  # type: ignore[import-untyped]  # it has no types

    from alva_lever.provider import get_provider_info

    schema = json.loads((Path(airflow.__file__).parent / "provider_info.schema.json").read_text("utf-8"))
    jsonschema.validate(get_provider_info(), schema)
    assert set(get_provider_info()["config"]["alva_lever"]["options"]) == {"accounts", "on_failure_callback"}
