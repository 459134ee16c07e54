"""What is claimed of speed and memory, measured: all parts, or those that are named.

All take a few minutes, since Lever's limit is kept; `webhooks`, `waiting` and `backlog` start an Airflow.
"""

from __future__ import annotations

import argparse
import importlib
import sys

PARTS = {
    "listing": "finding thousands of candidates: requests, connections and memory",
    "inviting": "inviting hundreds: calls each, and the share of Lever's limit that is used",
    "results": "pushing hundreds of results: calls each, and the share of Lever's limit that is used",
    "webhooks": "taking deliveries: how many a second, and how soon an invitation leaves",
    "waiting": "how long an event waits while thousands are being invited",
    "backlog": "how long events wait while hundreds of results are being written, and what Airflow makes of it",
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog="\n".join(["parts:", *(f"  {name:<10}{what}" for name, what in PARTS.items())]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("part", nargs="*", help="one or more of the parts below (all of them)")
    chosen = parser.parse_args(arguments).part
    unknown = [name for name in chosen if name not in PARTS]
    if unknown:
        parser.error(f"there is no part {', '.join(unknown)}; there are: {', '.join(PARTS)}")
    for name in chosen or PARTS:
        print(PARTS[name][0].upper() + PARTS[name][1:], flush=True)
        importlib.import_module(f"benchmarks.{name}").run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
