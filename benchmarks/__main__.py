"""Measures speed and memory: all parts, or the named ones.

All parts take tens of minutes, since they keep Lever's limit; `webhooks`, `waiting` and `backlog` start an Airflow.
"""

from __future__ import annotations

import argparse
import importlib
import sys

from benchmarks import table

PARTS = {
    "listing": "finding thousands of candidates: requests, connections and memory",
    "peers": "listing opportunities beside tap-lever, dlt and Airflow's HttpOperator, also with a malformed page",
    "parsing": "parsing our DAG files, compared with an empty one",
    "inviting": "inviting hundreds of candidates: calls for each, and the used share of Lever's limit",
    "results": "pushing hundreds of results: calls for each, and the used share of Lever's limit",
    "webhooks": "receiving deliveries: how many a second, and how soon an invitation is sent",
    "waiting": "how long an event waits while thousands of candidates are being invited",
    "backlog": "how long events wait while hundreds of results are being written, and the states of Airflow's tasks",
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog="\n".join(["parts:", *(f"  {name:<10}{what}" for name, what in PARTS.items())]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("part", nargs="*", help="one or more of the parts below (all of them)")
    parser.add_argument("--write", action="store_true", help="write the figures into the table of benchmarks/README.md")
    options = parser.parse_args(arguments)
    chosen = options.part
    unknown = [name for name in chosen if name not in PARTS]
    if unknown:
        parser.error(f"there is no part {', '.join(unknown)}; there are: {', '.join(PARTS)}")
    for name in chosen or PARTS:
        print(PARTS[name][0].upper() + PARTS[name][1:], flush=True)
        rows = importlib.import_module(f"benchmarks.{name}").run()
        if options.write:
            # After each part, so that a long run that is stopped has not been in vain.
            table.write({name: rows}, list(PARTS))
    return 0


if __name__ == "__main__":
    sys.exit(main())
