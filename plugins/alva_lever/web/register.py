"""``python -m alva_lever.web.register https://airflow.example.com``: registers Lever's webhooks.

To be run where Airflow's database is reached, on the API server's machine for one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable

from airflow.sdk.exceptions import AirflowException

from alva_lever.account import DEFAULT
from alva_lever.http.errors import Forbidden
from alva_lever.lever.hook import LeverHook
from alva_lever.web.internals import NotWritten, as_server, base_url
from alva_lever.web.registration import CannotRegister, Outcome, Registered, Registration, forget_old, webhook_url

_CONN_ID = DEFAULT.lever_webhook_conn_id
_STILL_TO_DO = """
Still to do, by a Super Admin in Lever (Settings, Integrations and API, Webhooks): switch these four events on. Until
then Lever sends nothing. "Verify connection" there sends a test, which is answered 200."""
_REHEARSED = "Nothing is written. Without --dry-run it would be so, if Lever lets what is to be deleted be deleted:"
_RENEWED = """
Deliveries that the old tokens signed may still be on their way. In two weeks, run this with --forget-old."""


def main(arguments: list[str] | None = None) -> int:
    """0: registered. 1: not, and a sentence on stderr says why."""
    options = _options().parse_args(arguments)
    as_server()
    try:
        if options.forget_old:
            count = forget_old(LeverHook(), dry_run=options.dry_run)
            done = "would be" if options.dry_run else "are"
            print(f"{count} signing tokens of webhooks that are gone {done} taken away")
            return 0
        registration = Registration(LeverHook(), webhook_url(options.url or base_url()), dry_run=options.dry_run)
        outcomes = _tell(registration.register(renew=options.renew), dry_run=options.dry_run)
    except (CannotRegister, NotWritten, AirflowException) as error:
        print(f"{error}{_advice(error)}", file=sys.stderr)
        return 1
    if Outcome.FOREIGN in outcomes:
        print(f"\nSigning tokens from Lever's settings go into the password of connection `{_CONN_ID}`, separated by")
        print("spaces.")
    print(_STILL_TO_DO)
    if options.renew and not options.dry_run:
        print(_RENEWED)
    return 0


def _tell(registered: Iterable[Registered], *, dry_run: bool) -> set[Outcome]:
    """Prints each as it is done: what is done stays done if a later one fails."""
    outcomes: set[Outcome] = set()
    for one in registered:
        if dry_run and not outcomes:
            print(_REHEARSED)
        print(f"{one.event}: {one.outcome}", flush=True)
        outcomes.add(one.outcome)
    return outcomes


def _advice(error: Exception) -> str:
    if isinstance(error, Forbidden):
        return ". This command needs both: webhooks: read and write"
    if isinstance(error, NotWritten):
        return ". Run this where Airflow's database and its key (fernet_key) are those of the API server"
    return ""


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m alva_lever.web.register", description=__doc__)
    parser.add_argument("url", nargs="?", help="where Lever reaches Airflow (else: Airflow's [api] base_url)")
    parser.add_argument("--renew", action="store_true", help="new signing tokens, without a gap")
    parser.add_argument("--forget-old", action="store_true", help="take away the tokens of webhooks that are gone")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
