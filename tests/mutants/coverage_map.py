"""Which test runs which line: a plugin of pytest that the first step of `python -m tests.mutants` runs under."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import coverage
import pytest

from tests.mutants import PACKAGES

ROOT = Path(__file__).resolve().parent.parent.parent


class Lines:
    """Notes, for every test, the lines that it runs."""

    def __init__(self, folder: Path) -> None:
        name = str(folder / f"lines.{os.environ.get('PYTEST_XDIST_WORKER', 'main')}")
        self.times: dict[str, float] = {}
        self.failing: set[str] = set()
        self.place = Path(name)
        self.measured = coverage.Coverage(name, source=[str(ROOT / each) for each in PACKAGES], config_file=False)
        self.measured.set_option("run:disable_warnings", ["no-data-collected"])  # the process that only hands out tests
        self.measured.start()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
        """The test's name is the context of what it runs."""
        self.measured.switch_context(item.nodeid)
        yield
        self.measured.switch_context("")

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note how long a test takes, with all that it sets up, and whether it fails without any fault."""
        self.times[report.nodeid] = self.times.get(report.nodeid, 0.0) + report.duration
        if report.failed:
            self.failing.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Store what was noted."""
        self.measured.stop()
        self.measured.save()
        noted = {"times": self.times, "failing": sorted(self.failing)}
        self.place.with_suffix(self.place.suffix + ".json").write_text(json.dumps(noted))


@dataclass(frozen=True)
class Map:
    """lines: for every file, by its name in the repository, the tests that run each line; times: seconds of every test;
    failing: the tests that fail without any fault. They can notice none and are not in lines."""

    lines: dict[str, dict[int, list[str]]]
    times: dict[str, float]
    failing: set[str]


def read(folder: Path) -> Map:
    """What was noted in a folder."""
    times: dict[str, float] = {}
    failing: set[str] = set()
    for path in folder.glob("lines.*.json"):
        noted = json.loads(path.read_text())
        times |= noted["times"]
        failing |= set(noted["failing"])
    lines: dict[str, dict[int, set[str]]] = {}
    for path in folder.glob("lines.*"):
        if path.suffix == ".json":
            continue
        data = coverage.CoverageData(str(path))
        data.read()
        for file in data.measured_files():
            mine = lines.setdefault(Path(file).relative_to(ROOT).as_posix(), {})
            for line, tests in data.contexts_by_lineno(file).items():
                mine.setdefault(line, set()).update(test for test in tests if test and test not in failing)
    sound = {file: {line: sorted(tests) for line, tests in mine.items()} for file, mine in lines.items()}
    return Map(sound, times, failing)


def pytest_configure(config: Any) -> None:
    """Begin, where somebody wants to know."""
    folder = os.environ.get("MUTANTS_LINES")
    if folder and not config.pluginmanager.has_plugin("lines"):
        config.pluginmanager.register(Lines(Path(folder)), "lines")
