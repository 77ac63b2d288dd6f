"""A real browser for tests of the report: Chromium of the system, driven by Playwright; where there is none, a skip.

NEED_BROWSER=1 (.ci/run) makes of that skip a failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (  # it may be root that tests, and the network is nothing that it needs
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


def missing() -> str:
    """What a test in a browser lacks here, "" if nothing."""
    if not any(map(shutil.which, NAMES)):
        return f"no browser: none of {', '.join(NAMES)} is installed"
    needed = ("playwright", "axe_playwright_python")
    return "" if all(map(find_spec, needed)) else "no Playwright: say make setup EXTRAS=browser"


@contextmanager
def browser() -> Iterator[Any]:
    """The browser, started. Skips if there is none, or fails if there must be one."""
    if missing():
        (pytest.fail if os.environ.get("NEED_BROWSER") else pytest.skip)(missing())
    from playwright.sync_api import sync_playwright

    path = next(found for name in NAMES if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield started
        started.close()
