"""What the operators share: an account, the state that they keep from run to run, and faults that are not retried."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from airflow.sdk import Asset, BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException, AirflowTaskTimeout
from airflow.sdk.execution_time.context import AssetStateStoreAccessor

from alva_lever.account import DEFAULT, account_named
from alva_lever.dag_state import WritableDagState, asset_name


def covered_asset(dag_id: str) -> Asset:
    """Returns the asset under which Airflow's asset state store keeps a DAG's state from run to run."""
    return Asset(name=asset_name(dag_id), uri=f"alva-lever://covered/{dag_id}")


class StatefulOperator(BaseOperator):
    """Keeps state from run to run under its DAG's name. Airflow keeps state only for a task's inlets, so the operator
    adds the assets to them.

    :param state_of: the DAGs whose state the operator uses; None: its own.
    """

    def __init__(self, *, state_of: list[str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.state_of = state_of or [self.dag_id]
        present = {asset.name for asset in self.inlets if isinstance(asset, Asset)}
        assets = [covered_asset(dag_id) for dag_id in self.state_of]
        self.inlets = [*self.inlets, *(asset for asset in assets if asset.name not in present)]


class LeverAlvaOperator(StatefulOperator):
    """Uses the connections to Lever and Alva. Subclasses implement `work`. A fault that a person must correct fails the
    task without a retry.

    :param account_id: the account whose connections and options the operator uses.
    """

    def __init__(self, *, account_id: str = DEFAULT.account_id, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.account = account_named(account_id)

    def execute(self, context: Context) -> Any:
        """Returns the result of `work`. A task that fails leaves the XCom `failures`: how many, by kind."""

        def work() -> Any:
            try:
                return self.work(context)
            except BaseException as error:
                # If Airflow can't take it, the report counts the failure as unknown.
                with suppress(Exception):
                    context["ti"].xcom_push("failures", failures_of(error))
                raise

        return failing_at_once(work)

    @abstractmethod
    def work(self, context: Context) -> Any:
        """Does the operator's work."""


def failing_at_once(execute: Callable[[], Any]) -> Any:
    """Turns a lasting fault (a wrong key, a missing permission, a bad option) into one that Airflow doesn't retry.

    :raises AirflowFailException: a lasting fault, with the same sentence.
    """
    try:
        return execute()
    except Exception as error:
        if not is_lasting(error):
            raise
        sentence = str(error)
    # Raised outside the handler, so that the log has one sentence and not a chain of errors.
    raise AirflowFailException(sentence)


def is_lasting(error: BaseException) -> bool:
    """Whether another attempt would meet the same fault."""
    from alva_lever.batch.batch import Unfinished
    from alva_lever.http.errors import Forbidden, SetupError, Unauthorized
    from alva_lever.settings import BadOption

    if isinstance(error, Unfinished):
        return error.lasting
    return isinstance(error, BadOption | SetupError | Unauthorized | Forbidden | AirflowFailException)


def failures_of(error: BaseException) -> dict[str, int]:
    """Returns how many failures an error stands for, by kind: one for each record that failed, or one for the task."""
    from alva_lever.batch.batch import Unfinished
    from alva_lever.batch.worker_pool import word_of
    from alva_lever.settings import BadOption

    if isinstance(error, Unfinished):
        return dict(error.kinds)
    if isinstance(error, BadOption):
        return {"bad_option": 1}
    if isinstance(error, AirflowFailException):
        return {"bad_request": 1}  # a form that can't be followed, or an option changed while the run was under way
    if isinstance(error, AirflowTaskTimeout):
        return {"timeout": 1}
    return {word_of(error): 1}


def state_of(dag_id: str) -> WritableDagState:
    """Returns the state of a DAG, in a task that has the DAG's asset in its inlets."""
    # By name and not by the task's inlets: a mapped task has no inlets before it runs.
    return WritableDagState(AssetStateStoreAccessor(name=asset_name(dag_id)))
