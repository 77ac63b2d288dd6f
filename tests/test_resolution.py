"""What a claim would have noticed, on made-up cells: the number is where the judge's verdict turns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from analysis.judge import judge
from analysis.report.page import write
from analysis.resolution import NONE_KNOWN, ON_ALL, RESOLUTION, SHARE, SHIFT, resolution
from analysis.tables import margins, tables
from analysis.tightness import tightness
from experiments.sweep.claims import CLAIMS
from experiments.words.evidence import Evidence
from tests.made_up import around, cell, check


def lines(*checks):
    """The lines of one cell with these checks."""
    made = [cell(checks)]
    return resolution(tables(made)[0], margins(made)).to_dict("records")


def test_by_hand():
    """The share, or the shift, from the limits; those of a mean as analysis/intervals.py says, at half a percent."""
    samples = 0.9 + 0.01 * np.repeat([-1.0, 1.0], 32)
    x = stats.norm.isf(0.005 / 3.18)
    t = x * (63 / (64 - x**2)) ** 0.5
    lower = 0.9 - (t + (1.0 + 2.0 * t**2) * 2.0 / (6 * 8)) * 0.01 * (64 / 63) ** 0.5 / 8
    assert lines(check(samples))[0]["resolution"] == pytest.approx(1 - lower, rel=1e-12)
    assert lines(check(samples, 2.0))[0]["resolution"] == pytest.approx(1 - lower / 2, rel=1e-12)
    attained = check(samples, 0.91, "attained", margin=0.02)
    assert lines(attained)[0]["resolution"] == pytest.approx(1 - (lower - 0.02) / 0.91, rel=1e-12)
    worst = check(np.array([0.5, 0.8]), kind="pathwise")
    assert lines(worst)[0]["resolution"] == pytest.approx(0.2)
    assert lines(replace(worst, lower_samples=np.array([0.4, 0.7])))[0]["resolution"] == pytest.approx(0.3)
    attained = replace(worst, samples=np.array([1.0, 0.5]))  # a rounding error is no refutation
    assert lines(attained)[0]["resolution"] == pytest.approx(1e-9, rel=1e-6)
    for value in (3.52, 3.48):  # of a value, the nearer end of the margin
        assert lines(check(np.full(64, value), 3.5, "rate", margin=0.1))[0]["resolution"] == pytest.approx(0.08)


@pytest.mark.parametrize("kind", ["pathwise", "expected", "attained"])
@pytest.mark.parametrize("lower", [False, True])
def test_a_bound_is_refuted_from_there_on(kind, lower):
    """Lowered by a thousandth more it is refuted, by a thousandth less it is not."""
    samples = around(0.9, 0.001)
    margin = 0.02 if kind == "attained" else 0.0
    made = check(samples, kind=kind, margin=margin, lower_samples=0.9 * samples if lower else None)
    (line,) = lines(made)
    assert line["of"] == SHARE and 0.0 < line["resolution"] < 0.3
    for change, refuted in ((0.001, True), (-0.001, False)):
        share = 1.0 - line["resolution"] - change
        again = replace(made, kind="expected" if kind == "attained" else kind, bound=share + margin, margin=0.0)
        assert (judge([again])[0].verdict == "refuted") == refuted


@pytest.mark.parametrize(("kind", "value"), [("identity", 0.0), ("rate", 3.5)])
@pytest.mark.parametrize("off", [-0.01, 0.0, 0.01])
def test_a_value_is_refuted_from_there_on(kind, value, off):
    """Off by a thousandth more in the direction that is noticed first; less is not refuted in any."""
    made = check(around(value + off, 0.002), value, kind, margin=0.1)
    (line,) = lines(made)
    assert line["of"] == SHIFT and line["resolution"] == pytest.approx(0.1 - abs(off), abs=0.005)

    def verdicts(error):
        return {judge([replace(made, bound=value + side * error)])[0].verdict for side in (-1, 1)}

    assert "refuted" in verdicts(line["resolution"] + 0.001)
    assert "refuted" not in verdicts(line["resolution"] - 0.001)


def test_the_sharpest_row_of_a_form_speaks():
    """The smallest of all quantities and settings, form by form; what failed, or bounds nothing, is left out."""
    rows = [replace(check(-0.5), quantity="nothing"), check(0.5), replace(check(0.9), quantity="another")]
    rows += [replace(check(-0.5), form="ours"), replace(check(0.7), form="ours")]
    rows += [check(-1.0, -0.5), check(np.array([0.99, 0.99]), kind="rate", bound=1.0, margin=0.1)]
    stated, ours, rate = lines(*rows)
    assert (stated["form"], ours["form"], rate["of"]) == ("stated", "ours", SHIFT)
    assert stated["quantity"] == "another" and 0.09 < stated["resolution"] < 0.12 < ours["resolution"]


def test_what_notices_nothing_says_so():
    """A bound that is met with a mean below 0, one that is loose, and one that is refuted."""
    (below,), (loose,), (refuted,) = (lines(check(around(mean, 0.001))) for mean in (-0.5, 0.05, 1.5))
    assert np.isnan(below["resolution"]) and below["note"] == ON_ALL
    assert loose["note"] == ON_ALL and loose["resolution"] == pytest.approx(0.95, abs=0.01)
    assert refuted["resolution"] == 0.0 and not refuted["note"]
    assert resolution(tables([])[0], margins([])).columns.tolist() == list(RESOLUTION)


def test_what_is_loose_on_any_problem_says_why():
    """Of claims that exist; another form of the same claim does not."""
    assert {name for name, _ in NONE_KNOWN} <= set(CLAIMS)
    (name, form), why = next(iter(NONE_KNOWN.items()))
    made = cell([check(around(0.05, 0.001)), replace(check(around(0.04, 0.001)), form="ours")])
    made = replace(made, claim=replace(made.claim, name=name))
    notes = resolution(tables([made])[0], margins([made])).set_index("form")["note"]
    assert form == "stated" and notes["stated"] == f"{ON_ALL}, {why}" and notes["ours"] == ON_ALL


def test_the_report_has_a_line_for_each_form(tmp_path):
    """Escaped, in the claim's section; none for a claim without rows."""
    made = [cell([replace(check(0.5), quantity="<x>"), check(3.5, 3.5, "rate", margin=0.1)])]
    for cells, lines in ((made, 2), ([replace(made[0], evidence=Evidence(()))], 0)):
        tight = tightness(tables(cells)[0], cells), resolution(tables(cells)[0], margins(cells))
        write(*tables(cells), tight, cells, tmp_path, "test", [])
        section = (tmp_path / "report.html").read_text().split("<article ")[1].split("</article>")[0]
        assert section.count("<li><b>") == lines
        said = ("<b>stated</b>: a bound lower by ", "(&lt;x&gt; on problem, a=1)", "<b>stated</b>: a value off by ")
        assert all((text in section) == bool(lines) for text in said)
