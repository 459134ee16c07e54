"""``python -m include.sandbox --port 8765``: the stand-in as a separate process, on the loopback interface only."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

from include.sandbox.alva.door import AlvaDoor
from include.sandbox.deliveries import WAITS_SECONDS
from include.sandbox.lever.door import LeverDoor
from include.sandbox.sandbox import Sandbox
from include.sandbox.transport import listen, server


def main(arguments: list[str] | None = None) -> int:
    """Serves until it is interrupted. Returns 2 for options that make no sense."""
    options = _options().parse_args(arguments)
    rate = options.lever_calls_per_second or None
    sandbox = Sandbox(
        lever_calls_per_second=rate, lever_burst=options.lever_burst, webhook_waits_seconds=options.webhook_waits
    )
    try:
        if options.recorded is not None:
            sandbox.load_recorded(options.recorded)
        elif options.seed is not None:
            sandbox.seed(options.seed, options.opportunities)
        listening = listen(options.port, options.host)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    listening.listen(128)
    host = f"[{options.host}]" if ":" in options.host else options.host
    base_url = f"http://{host}:{listening.getsockname()[1]}"
    lever, alva = base_url + LeverDoor.root, base_url + AlvaDoor.root
    print(f"Sandbox: Lever {lever}  Alva {alva}  control {base_url}/control", flush=True)
    print(f"Its board: {base_url}/", flush=True)
    server(sandbox.app).run(sockets=[listening])
    return 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m include.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="0: any free port")
    parser.add_argument("--host", default="127.0.0.1", help="loopback only")
    parser.add_argument("--seed", type=int, help="begin with a world generated from this number; else it is empty")
    parser.add_argument("--opportunities", type=int, default=200, help="how many the generated world has (200)")
    parser.add_argument("--recorded", type=Path, metavar="FOLDER", help="begin with a folder of recorded listings")
    parser.add_argument("--lever-calls-per-second", type=float, default=10.0, help="Lever's limit (10); 0: none")
    parser.add_argument("--lever-burst", type=int, default=20, help="how many calls at once (20)")
    parser.add_argument(
        "--webhook-waits",
        type=_seconds,
        default=WAITS_SECONDS,
        metavar="SECONDS,...",
        help="seconds before each retry of a delivery (1,2,4,8,16)",
    )
    return parser


def _seconds(text: str) -> tuple[float, ...]:
    """Reads several numbers from 0. ValueError for anything else."""
    waits = tuple(float(part) for part in text.split(",") if part.strip())
    if not all(0 <= wait < math.inf for wait in waits):
        raise ValueError("A wait is a number of seconds from 0")
    return waits


if __name__ == "__main__":
    sys.exit(main())
