"""Which curves of a control a panel shows (analysis/figures/choice.py): those that tell something."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.figures.choice import shown
from experiments.words.evidence import Control, Curve, Evidence, Panel

X = np.array([1.0, 2.0, 4.0, 8.0])
Y = np.array([3.0, -5.0, 2.0, 4.0])
LINES = Panel("p", "t", "y", yscale="linear")
DOTS = Panel("p", "t", "y", kind="dots", names=("a", "b", "c", "d"))


def curve(y, x=X, role="measured", label="line"):
    return Curve("p", label, role, np.array(x, float), np.array(y, float))


def told(own, *control, panel=LINES):
    """The index of the control's curve that is shown, None if none is."""
    found = shown(panel, Evidence((), tuple(own)), [Control("twin", "is broken", Evidence((), control))], 4)
    assert list(found.curves[: len(own)]) == list(own)
    assert all((one.role, one.label) == ("control", "twin") for one in found.curves[len(own) :])
    return next((k for one in found.curves[len(own) :] for k, each in enumerate(control) if one.y is each.y), None)


@pytest.mark.parametrize("size", [1.0, 1e3, -1e-3])
def test_a_thousandth_of_its_size_apart(size):
    """On average; the size is the largest number of the claim's curve, whatever its sign."""
    for apart, index in ((0.9e-3, None), (1.2e-3, 0), (0.0, None)):
        assert told([curve(size * Y)], curve(size * (Y + 5.0 * apart * np.sign(Y)))) == index
        assert told([curve(-abs(size * Y))], curve(-abs(size * Y) - 5.0 * apart * abs(size))) == index
    moved = Y + np.array([0.0, 3.0e-3, 0.0, 0.0]) * 5.0
    assert told([curve(size * Y)], curve(size * moved)) is None, "once three thousandths: less than one on average"


def test_nothing_but_zeros():
    """Is what it is."""
    assert told([curve(0.0 * X)], curve(0.0 * X)) is None and told([curve(0.0 * X)], curve(1e-9 * X)) == 0


def test_bounds_are_bounds():
    """A bound that runs where the claim's measured curve does tells something, and so does the reverse."""
    measured, bound = curve(Y), curve(Y, role="bound")
    assert told([measured], bound) == 0 and told([bound], measured) == 0
    assert told([bound], bound) is None and told([measured, bound], bound, measured) is None
    assert told([curve(Y, role="context")], measured) is None, "drawn there already"
    assert told([measured], curve(2.0 * Y, role="context")) is None, "claims nothing"
    assert told([bound], curve(2.0 * Y, role="bound"), curve(3.0 * Y)) == 1, "what is measured comes first"
    assert told([measured], curve(2.0 * Y, role="control"), curve(3.0 * Y)) == 0


def test_gaps():
    """Curves that have them elsewhere differ; where both have them, nothing is compared."""
    gap, later = np.where(X == 2.0, np.nan, Y), np.where(X == 4.0, np.nan, Y)
    assert told([curve(gap)], curve(gap)) is None and told([curve(gap)], curve(later)) == 0
    assert told([curve(gap)], curve(gap + 1.0)) == 0


def test_other_times():
    """The same line looked at elsewhere is the same, if more than half of it can be compared and it is a line."""
    dense = np.linspace(1.0, 8.0, 29)
    straight = curve(2.0 * X + 1.0)
    assert told([straight], curve(2.0 * dense + 1.0, dense)) is None
    assert told([straight], curve(2.0 * dense + 1.1, dense)) == 0
    assert told([straight], curve([3.0, 17.0], [1.0, 8.0])) == 0, "two points are no line"
    assert told([curve([3.0, 17.0], [1.0, 8.0])], curve([3.0, 9.0, 17.0], [1.0, 4.0, 8.0])) == 0
    assert told([curve([3.0, 9.0, 17.0], [1.0, 4.0, 8.0])], curve([5.0, 7.0, 9.0], [2.0, 3.0, 4.0])) is None
    down = curve(2.0 * X[::-1] + 1.0, X[::-1])
    assert told([down], curve(2.0 * dense + 1.0, dense)) == 0, "a sweep downwards is another one"
    twice = curve([3.0, 5.0, 5.0, 17.0], [1.0, 2.0, 2.0, 8.0])
    assert told([twice], curve(2.0 * dense + 1.0, dense)) == 0
    for far, index in (([1.0, 2.0, 8.0, 20.0, 30.0], None), ([1.0, 2.0, 9.0, 20.0, 30.0], 0)):  # 3, then 2 of 5
        assert told([straight], curve(2.0 * np.array(far) + 1.0, far)) == index
    edge = np.array([0.0, 1.0, 8.0, 8.0 + 1e-9])
    assert told([straight], curve(2.0 * edge + 1.0, edge)) == 0, "half of it is not more than half"
    assert told([straight], curve(2.0 * edge[:3] + 1.0, edge[:3])) is None, "ends are within"


def test_rows_of_dots():
    """A control's only row is shown whatever it is; of several the first that differs. Bounds are no rows."""
    assert told([curve(Y)], curve(Y), panel=DOTS) == 0
    assert told([curve(Y)], curve(Y), curve(Y + 1.0), panel=DOTS) == 1
    assert told([curve(Y)], curve(Y), curve(Y), panel=DOTS) is None
    assert told([curve(Y)], curve(Y + 1.0, role="bound"), panel=DOTS) is None
    assert told([curve(Y)], curve(Y, role="context"), curve(Y), panel=DOTS) == 1


def test_how_many_are_left_out():
    """Of those that have anything there: lines as many as there is room, near misses first, dots all, terms none."""
    own, other = Evidence((), (curve(Y),)), Curve("q", "line", "measured", X, X)
    twins = [Control(f"twin {k}", "is broken", Evidence((), (curve(Y + k + 1.0),)), near=k == 4) for k in range(6)]
    twins.append(Control("elsewhere", "is broken", Evidence((), (other,))))
    found = shown(LINES, own, twins, 3)
    assert [one.label for one in found.curves] == ["line", "twin 4", "twin 0", "twin 1"] and found.left_out == 3
    found = shown(DOTS, own, twins, 3)
    assert len(found.curves) == 7 and found.left_out == 0
    terms = Panel("p", "t", "y", yscale="linear", kind="terms", names=("a",))
    assert list(shown(terms, own, twins, 3).curves) == list(own.curves) and shown(terms, own, twins, 3).left_out == 0
