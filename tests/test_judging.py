"""Verdicts at their edges, and what is noted beside them (analysis/judge.py, analysis/resolution.py)."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.intervals import ENOUGH
from analysis.judge import ALPHA, ROUNDING, _p_values, judge, row_level
from analysis.resolution import ON_ALL, resolution
from analysis.tables import margins, tables
from experiments.words.evidence import Check
from tests.made_up import around, cell, check


def row(samples, kind="expected", bound=1.0, **more):
    return Check(kind, "ours", "quantity", "setting", bound, np.array(samples, float), **more)


@pytest.mark.parametrize("kind", ["expected", "pathwise", "identity"])
def test_one_sample_that_is_no_number(kind):
    """Makes a row fail, be it that it became so after the row was made."""
    more = {"margin": 0.1} if kind == "identity" else {}
    for bad in (np.nan, np.inf):
        made = row([0.1, 0.2, 0.3], kind, lower_samples=np.zeros(3), **more)
        made.samples[1] = bad
        (ruling,) = judge([made])
        assert ruling.verdict == "failed" and ruling.note == "samples are missing or not finite"


def test_a_path_at_its_bound():
    """With what rounding allows it is supported, a float above it not."""
    limit = 1.0 + ROUNDING
    assert judge([row([0.3, limit], "pathwise")])[0].verdict == "supported"
    assert judge([row([0.3, np.nextafter(limit, 2.0)], "pathwise")])[0].verdict == "refuted"


def test_two_samples_count_as_runs():
    assert row_level([row([0.1, 0.2])] * 4 + [row([0.1])]) == ALPHA / 4


def test_nothing_speaks_against_the_middle():
    """An identity whose mean is right: no p-value above 1."""
    samples = 1.0 + 0.3 * np.repeat([-1.0, 1.0], 32)
    holds, fails = _p_values(row(samples, "identity", margin=0.01))
    assert fails == 1.0 and 0.4 < holds <= 1.0


@pytest.mark.parametrize("runs, noted", [(2, True), (ENOUGH - 1, True), (ENOUGH, False), (1, False)])
def test_few_runs_are_noted(runs, noted):
    """Where nothing is known of their range."""
    samples = np.linspace(0.4, 0.6, runs)
    (ruling,) = judge([row(samples)])
    assert ruling.note == (f"{runs} runs: limits of smooth laws" if noted else "")
    assert judge([row(samples, support=(0.0, 1.0))])[0].note == ""


@pytest.mark.parametrize("turn", [1.0, -1.0])
def test_skewed_samples_are_noted(turn):
    """In whichever direction, where nothing is decided."""
    samples = turn * np.append(np.zeros(63), 50.0)
    (ruling,) = judge([row(samples, bound=turn * 1.0)])
    assert ruling.verdict == "undecided" and ruling.note == "samples too skewed for a limit"
    (ruling,) = judge([row(around(1.0, 0.3), bound=1.0)])
    assert ruling.verdict == "undecided" and ruling.note == ""


def test_looseness_begins_at_a_tenth():
    """And bounds of 0 bound nothing whose share could be lowered."""
    for mean, note in ((0.09, ON_ALL), (0.12, "")):
        made = [cell([check(around(mean, 0.001))])]
        assert resolution(tables(made)[0], margins(made))["note"].tolist() == [note]
    made = [cell([check(np.array([-0.5, -0.5]), 0.0, "pathwise"), check(0.5)])]
    assert resolution(tables(made)[0], margins(made))["largest_ratio"].notna().all()
    made = [cell([check(around(mean, 0.001)) for mean in (0.05, 0.5, 0.02)])]
    (found,) = resolution(tables(made)[0], margins(made)).to_dict("records")
    assert found["largest_ratio"] == pytest.approx(0.5, abs=0.01) and not found["note"]
    for mean, known in ((0.0, False), (1e-3, True)):
        made = [cell([check(np.full(8, mean), kind="pathwise")])]
        (found,) = resolution(tables(made)[0], margins(made))["resolution"]
        assert found == pytest.approx(1.0 - mean) if known else np.isnan(found)


@pytest.mark.parametrize(
    "start, verdict", [(0.9, "vacuous"), (1.0, "vacuous"), (1.1, "supported"), (None, "supported")]
)
def test_a_bound_that_the_start_satisfies(start, verdict):
    """Shows nothing, be it satisfied exactly; the note says so."""
    found = tables([cell([check(0.5, start=start)], [check(2.0)])])[0]
    assert found["verdict"].tolist() == [verdict]
    assert found["note"][0] == ("the start satisfies the bound already" if verdict == "vacuous" else "")
