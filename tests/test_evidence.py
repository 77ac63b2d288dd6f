"""What a claim hands over is refused at once, in one line, where it cannot be judged or drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from experiments.sweep.running import run
from experiments.words.evidence import Check, Curve, Panel
from tests.test_experiments import job

CHECK = Check("pathwise", "stated", "thing", "a=1", 1.0, np.ones(3))
CURVE = Curve("p", "line", "measured", np.arange(3), np.ones(3))
PANEL = Panel("p", "t", "y")
NAN, INF = np.array([1.0, np.nan, 1.0]), np.array([1.0, np.inf, 1.0])

WRONG = [
    (CHECK, {"kind": "maximum"}, "check.kind = 'maximum': must be one of pathwise, "),
    (CHECK, {"form": "guessed"}, "check.form = 'guessed': must be one of stated, "),
    (CHECK, {"quantity": ""}, "check.quantity = '': must be a text that is not empty"),
    (CHECK, {"setting": " "}, "check.setting = ' ': must be a text"),
    (CHECK, {"setting": 3}, "check.setting = 3: must be a text"),
    (CHECK, {"bound": np.inf}, "thing, a=1: bound = inf: must be finite"),
    (CHECK, {"bound": np.float32("nan")}, "bound = .*nan.*: must be finite"),
    (CHECK, {"bound": "1"}, "bound = '1': must be a real number"),
    (CHECK, {"bound": True}, "bound = True: must be a real number"),
    (CHECK, {"bound": None}, "bound = None: must be a real number"),
    (CHECK, {"bound": np.ones(2)}, "bound = .*: must be a real number"),
    (CHECK, {"bound": 1j}, "bound = 1j: must be a real number"),
    (CHECK, {"start": np.nan}, "start = nan: must be finite"),
    (CHECK, {"margin": -1.0}, "margin = -1.0: must be >= 0"),
    (CHECK, {"margin": np.inf}, "margin = inf: must be finite"),
    (CHECK, {"samples": np.ones((3, 1))}, r"samples of shape \(3, 1\): must be of shape \(points,\), not empty"),
    (CHECK, {"samples": np.empty(0)}, r"samples of shape \(0,\)"),
    (CHECK, {"samples": 1.0}, r"samples of shape \(\)"),
    (CHECK, {"samples": NAN}, "samples: must be finite, is nan at 1"),
    (CHECK, {"samples": INF}, "samples: must be finite, is infinite at 1"),
    (CHECK, {"samples": np.array(["a"])}, "samples: must hold real numbers"),
    (CHECK, {"samples": np.ones(3) * 1j}, "samples: must hold real numbers, not complex128"),
    (CHECK, {"lower_samples": np.ones(2)}, r"lower_samples of shape \(2,\): must be of shape \(3,\)"),
    (CHECK, {"lower_samples": NAN}, "lower_samples: must be finite"),
    (CHECK, {"lower_samples": np.full(3, np.nan)}, "lower_samples: must be finite"),
    (CHECK, {"lower_samples": np.array([0.5, 1.1, 0.5])}, "lower_samples: must not exceed samples, do so by 0.1"),
    (CURVE, {"role": "decoration"}, "line: role = 'decoration': must be one of measured, "),
    (CURVE, {"form": "guessed"}, "line: form = 'guessed': must be one of stated, "),
    (CURVE, {"label": ""}, "curve.label = '': must be a text"),
    (CURVE, {"panel": ""}, "curve.panel = '': must be a text"),
    (CURVE, {"x": np.arange(2)}, r"line: y of shape \(3,\): must be of shape \(2,\)"),
    (CURVE, {"x": NAN}, "line: x: must be finite, is nan at 1"),
    (CURVE, {"y": INF}, "line: y: must be finite, is infinite at 1"),
    (CURVE, {"y": np.full(3, np.nan)}, "line: y: must be finite somewhere"),
    (CURVE, {"y": NAN, "role": "bound"}, "line: y: must be finite"),
    (CURVE, {"x": np.empty(0), "y": np.empty(0)}, r"line: x of shape \(0,\)"),
    (CURVE, {"low": np.ones(3)}, "line: low and high: must be given together"),
    (CURVE, {"low": np.ones(3), "high": np.ones(2)}, r"line: high of shape \(2,\)"),
    (CURVE, {"low": NAN, "high": np.ones(3)}, "line: low: must be finite where y is"),
    (CURVE, {"low": np.ones(3), "high": INF}, "line: high: must be finite, is infinite at 1"),
    (PANEL, {"name": ""}, "panel.name = '': must be a text"),
    (PANEL, {"ylabel": None}, "panel.ylabel = None: must be a text"),
    (PANEL, {"xscale": "symlog"}, "panel.xscale = 'symlog': must be one of log, linear"),
]


@pytest.mark.parametrize(("made", "change", "text"), WRONG)
def test_what_is_wrong_is_refused(made, change, text):
    """ValueError or TypeError, one line, when it is made."""
    with pytest.raises((ValueError, TypeError), match=text) as caught:
        replace(made, **change)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", [np.int64, np.int8, np.float32, np.float64, int, float])
def test_any_number_will_do(kind):
    """NumPy's and Python's; it becomes a float, and samples become float64."""
    made = replace(CHECK, bound=kind(2), margin=kind(1), start=kind(3), samples=np.array([1, 2, 2], kind))
    assert all(type(value) is float for value in (made.bound, made.margin, made.start))
    assert made.samples.dtype == np.float64 and made.samples.tolist() == [1.0, 2.0, 2.0]


def test_gaps_and_rounding_are_allowed():
    """A measured line may have gaps, its band likewise; a certified lower end may exceed the upper by rounding."""
    made = replace(CURVE, y=NAN, low=NAN - 0.5, high=NAN + 0.5)
    assert np.isnan(made.y).tolist() == [False, True, False]
    assert replace(CHECK, lower_samples=np.full(3, 1.0 + 1e-12)).lower_samples is not None
    assert replace(CHECK, samples=np.array([True, False])).samples.tolist() == [1.0, 0.0]


@pytest.mark.parametrize("change", [{"kind": "maximum"}, {"samples": NAN}, {"bound": np.inf}])
def test_the_case_fails_that_made_it(change):
    """Its cell has the reason, and nothing that an analysis could stumble over."""
    good = job("lemma10_kink", "preset.runs=8", "preset.windows=1")

    class Wrong(type(good.claim)):
        def measure(self, problem, context):
            return replace(CHECK, **change)

    cell = run(replace(good, claim=Wrong(betas=(0.9,))), "wrong-0")
    assert cell.evidence is None and "must be" in cell.error
