"""A headless Chromium for tests: the one that `make browser` finds or brings."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, sync_playwright

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW: Final = (
    "The browser tests need Chromium: on Debian or Ubuntu run `apt-get install chromium` as root, "
    "or set CHROMIUM to the program that you have."
)


def chromium(environment: Mapping[str, str] = os.environ) -> str | None:
    """The program: what `CHROMIUM` names, or the first of its usual names on the path or where packages put it."""
    if named := environment.get("CHROMIUM"):
        return shutil.which(named)
    places = (None, "/usr/bin:/usr/local/bin:/snap/bin")
    return next(
        (found for path in places for name in _NAMES if (found := shutil.which(name, path=path))), None
    )


@contextmanager
def browser() -> Iterator[Browser]:
    """Raises when there is none: nothing is skipped silently."""
    program = chromium()
    if program is None:
        raise RuntimeError(HOW)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        try:
            yield started
        finally:
            started.close()


if __name__ == "__main__":  # for the Makefile: 0 when there is one, else how to get it
    if chromium() is None:
        sys.exit(HOW)
