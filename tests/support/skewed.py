"""Runs a command of ours on a machine whose clock is wrong: `python -m tests.support.skewed 3600 run sms_intake`."""

import sys
from datetime import datetime, timedelta

from services.cli import main
from shared import clock

right = clock.now


def wrong(seconds: float) -> None:
    def now() -> datetime:
        return right() + timedelta(seconds=seconds)

    vars(clock)["now"] = now


if __name__ == "__main__":
    wrong(float(sys.argv.pop(1)))
    main()
