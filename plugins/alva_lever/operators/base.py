"""What the operators share: connections, the state that they keep, and faults that need no second attempt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow.sdk import Asset, BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from alva_lever.account import ACCOUNTS, DEFAULT


def covered_asset(dag_id: str) -> Asset:
    """What keeps the state of a DAG from run to run, in Airflow's asset state store."""
    return Asset(name=f"{dag_id}_covered", uri=f"alva-lever://covered/{dag_id}")


class StatefulOperator(BaseOperator):
    """Keeps state from run to run under its DAG's name. Airflow keeps it for assets that a task names as inlets, so the
    operator names them itself.

    :param state_of: the DAGs whose state it uses; None: its own.
    """

    def __init__(self, *, state_of: list[str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.state_of = state_of or [self.dag_id]
        known = {asset.name for asset in self.inlets if isinstance(asset, Asset)}
        assets = [covered_asset(dag_id) for dag_id in self.state_of]
        self.inlets = [*self.inlets, *(asset for asset in assets if asset.name not in known)]


class LeverAlvaOperator(StatefulOperator):
    """Has a connection to each. `work` is what it does; what a person has to put right fails it without a retry.

    :param account_id: whose connections and options it uses.
    """

    def __init__(self, *, account_id: str = DEFAULT.account_id, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.account = ACCOUNTS[account_id]

    def execute(self, context: Context) -> Any:
        """What `work` gives."""
        return failing_at_once(lambda: self.work(context))

    def work(self, context: Context) -> Any:
        """What the operator is for."""
        raise AssertionError(f"{type(self).__name__} does nothing")


def failing_at_once(execute: Callable[[], Any]) -> Any:
    """What another attempt would meet as well isn't tried again: a wrong key, a missing permission, a bad option.

    :raises AirflowFailException: with the same sentence.
    """
    try:
        return execute()
    except Exception as error:
        if not is_lasting(error):
            raise
        sentence = str(error)
    # Out of the handler, so that the log holds one sentence and not a chain of errors.
    raise AirflowFailException(sentence)


def is_lasting(error: BaseException) -> bool:
    """Whether another attempt would meet the same."""
    from alva_lever.batch.batch import Unfinished
    from alva_lever.http.errors import Forbidden, SetupError, Unauthorized
    from alva_lever.settings import BadOption

    if isinstance(error, Unfinished):
        return error.lasting
    return isinstance(error, BadOption | SetupError | Unauthorized | Forbidden | AirflowFailException)
