"""Checks everything that the integration needs, as a command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from alva_lever.account import ACCOUNTS, Account
from alva_lever.web.airflow_internals import as_server
from alva_lever.web.checks import Finding, live, local


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 if nothing is missing or wrong, else 1."""
    parser = argparse.ArgumentParser(prog="python -m alva_lever.web.checks", description=__doc__)
    parser.add_argument("--local", action="store_true", help="ask Airflow alone, and neither Lever nor Alva")
    parser.add_argument(
        "--account", default=next(iter(ACCOUNTS)), choices=ACCOUNTS, help="the Lever account (else: %(default)s)"
    )
    options = parser.parse_args(arguments)
    as_server()
    faults = 0
    for finding in _findings(ACCOUNTS[options.account], local_only=options.local):
        faults += finding.is_fault
        print(f"{finding.state:<8}{finding.subject}: {finding.said}.", flush=True)
        if finding.remedy:
            print(f"        {finding.remedy}.", flush=True)
    print(f"\nMissing or wrong: {faults}")
    return 1 if faults else 0


def _findings(account: Account, *, local_only: bool) -> Iterator[Finding]:
    yield from local(account)
    if not local_only:
        yield from live(account)


if __name__ == "__main__":
    sys.exit(main())
