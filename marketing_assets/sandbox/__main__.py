"""``python -m marketing_assets.sandbox [--port 8700] [--as-of DATE] [--seed N]``."""

import argparse
import sys
from datetime import date

from marketing_assets.sandbox.server import CONTROL_PORT, DEFAULT_SEED, PortInUse, serve


def main() -> int:
    parser = argparse.ArgumentParser(prog="marketing_assets.sandbox", description=serve.__doc__)
    parser.add_argument("--port", type=int, default=CONTROL_PORT)
    parser.add_argument("--as-of", type=date.fromisoformat, default=None)
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    wanted = parser.parse_args()
    try:
        serve(wanted.port, wanted.as_of, wanted.seed)
    except PortInUse as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
