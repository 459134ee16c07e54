"""``python -m alva_lever.web.register https://airflow.example.com``: registers Lever's webhooks.

To be run where Airflow's database is reached, on the API server's machine for one.
"""

from __future__ import annotations

import argparse
import sys

from airflow.sdk.exceptions import AirflowException

from alva_lever.lever.hook import LeverHook
from alva_lever.web.app import LEVER_TOKENS
from alva_lever.web.internals import NotWritten, as_server, base_url
from alva_lever.web.registration import CannotRegister, Outcome, Registration, webhook_url

_STILL_TO_DO = """
Still to do, by a Super Admin in Lever (Settings, Integrations and API, Webhooks): switch these four events on. Until
then Lever sends nothing. "Verify connection" there sends a test, which is answered 200."""
_RENEWED = """
Deliveries that the old tokens signed may still be on their way. In two weeks, run this with --forget-old."""


def main(arguments: list[str] | None = None) -> int:
    """0: registered. 1: not, and a sentence on stderr says why."""
    options = _options().parse_args(arguments)
    as_server()
    try:
        registration = Registration(LeverHook(), webhook_url(options.url or base_url()), dry_run=options.dry_run)
        if options.forget_old:
            print(f"{registration.forget_old()} signing tokens of webhooks that are gone{_not_done(options)}")
            return 0
        registered = registration.register(renew=options.renew)
    except (CannotRegister, NotWritten, AirflowException) as error:
        print(error, file=sys.stderr)
        return 1
    for one in registered:
        print(f"{one.event}: {one.outcome}{_not_done(options)}")
    outcomes = {one.outcome for one in registered}
    if Outcome.FOREIGN in outcomes:
        print(f"\nSigning tokens from Lever's settings go into the password of connection `{LEVER_TOKENS}`, separated")
        print("by spaces.")
    print(_STILL_TO_DO)
    if Outcome.RENEWED in outcomes:
        print(_RENEWED)
    return 0


def _not_done(options: argparse.Namespace) -> str:
    return " (or would be: --dry-run)" if options.dry_run else ""


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m alva_lever.web.register", description=__doc__)
    parser.add_argument("url", nargs="?", help="where Lever reaches Airflow (else: Airflow's [api] base_url)")
    parser.add_argument("--renew", action="store_true", help="new signing tokens, without a gap")
    parser.add_argument("--forget-old", action="store_true", help="take away the tokens of webhooks that are gone")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
