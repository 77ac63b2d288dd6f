"""What has no unit does not depend on one: F and its noise times a power of two give the same plays, ratios, verdicts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import hypot
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.judge import judge
from experiments.equation1_regret import Equation1, Equation2
from experiments.lemma10_spread import Lemma10
from experiments.lemma20_scaling import Lemma20
from experiments.words.harness import examine
from experiments.words.problem import Context, Effort, Problem
from foundation.numerics import vector_norm
from objectives import ADVERSARIES, NOISES, OBJECTIVES, build
from objectives.base import Constants, Separable
from optimizers.ftrl import beta_ftrl
from simulation.certificate import Certificate
from simulation.engine import Setup, simulate
from simulation.game import Duel
from simulation.recording import recipe
from simulation.streams import Streams
from stationarity import measure
from tests.test_objectives import made

POWERS = (-400, -366, 2, 366, 400)
CONTEXT = Context(0, "scale", Effort(runs=8, windows=8, guess_limit=3.0, draws=200))
CLAIMS = {each.name: each(betas=(0.9,)) for each in (Equation1, Equation2, Lemma10)} | {"lemma20": Lemma20()}


@dataclass(frozen=True)
class Scaled:
    """An objective times a number, which may have any size."""

    objective: Any
    unit: float

    @property
    def start(self):
        return self.objective.start

    @property
    def constants(self):
        own = self.objective.constants
        each = self.unit * own.coordinate_lipschitz
        return Constants(self.unit * own.gap, self.unit * own.lipschitz, each, self.unit * own.smoothness)

    def value(self, x):
        return self.unit * self.objective.value(x)

    def grad(self, x):
        return self.unit * self.objective.grad(x)


class Normal(NOISES["gaussian"]):
    """Noise whose level may have any size."""

    unit = 1.0

    def scale(self, dim):
        return self.unit * super().scale(dim)


def rulings(claim, slope, sigma):
    """Verdict, measured/bound and name of every row of a claim and of its controls, on a problem in some unit."""
    noise = type("Normal", (Normal,), {"unit": sigma})(coordinate_sigma=(1.0, 0.0))
    problem = Problem("mine", Scaled(OBJECTIVES["huber"](dim=2, slope=(1.0, 0.25)), slope), noise)
    evidence, controls = examine(claim, problem, CONTEXT)
    arms = [("", evidence), *((control.name, control.evidence) for control in controls)]
    return [(name, each.check.quantity, each.verdict, each.ratio) for name, arm in arms for each in judge(arm.checks)]


@pytest.mark.parametrize("name", CLAIMS)
def test_claims(name):
    """slope = sigma from 2^-400 to 2^400: the verdicts are those of 1, and so are the ratios."""
    plain = rulings(CLAIMS[name], 1.0, 1.0)
    for power in (-400, -367, 3, 400):
        for one, two in zip(plain, rulings(CLAIMS[name], 2.0**power, 2.0**power), strict=True):
            assert one[:3] == two[:3] and two[3] == pytest.approx(one[3], rel=1e-12, abs=1e-12), power


@pytest.mark.parametrize(("slope", "sigma"), [(1e-110, 1e-110), (1e110, 1e110), (1e-178, 1e-168)])
def test_sizes_that_were_refuted(slope, sigma):
    """Where variances and sigma were 0, or inf: as at slopes of ordinary size."""
    unit = 2.0 ** -round(np.log2(sigma))
    for name in ("equation1", "lemma20"):
        plain, mine = rulings(CLAIMS[name], slope * unit, sigma * unit), rulings(CLAIMS[name], slope, sigma)
        assert [row[:3] for row in plain] == [row[:3] for row in mine]
        assert "refuted" not in [row[2] for row in mine if not row[0]]


def in_units(name, unit):
    """The objective of the exam, F times `unit`."""
    exam, plain = OBJECTIVES.exam(name), made(name)

    def times(value):
        return tuple(unit * each for each in value) if isinstance(value, tuple) else unit * value

    return build(OBJECTIVES, name, dict(exam.arguments) | {key: times(getattr(plain, key)) for key in exam.units})


@pytest.mark.parametrize("power", [-320, 320])
@pytest.mark.parametrize("name", OBJECTIVES)
def test_constants(name, power):
    """Delta, G, G_i, L and H carry the unit of F, once."""
    plain, unit = asdict(made(name).constants), 2.0**power
    for key, value in asdict(in_units(name, unit).constants).items():
        np.testing.assert_allclose(value / unit, plain[key], rtol=1e-12, err_msg=key)


@pytest.mark.parametrize("name", [name for name in OBJECTIVES if isinstance(made(name), Separable)])
def test_stationarity(name):
    """The measure of F in other units, with lam and the floor in these units."""
    x = np.random.default_rng(0).uniform(-1.0, 1.0, (2, len(made(name).start)))
    plain = measure(made(name), x, 0.7)
    for unit in (2.0**-320, 2.0**320):
        found = measure(in_units(name, unit), x, 0.7 * unit, floor=unit)
        np.testing.assert_allclose(found.lower / unit, plain.lower, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(found.upper / unit, plain.upper, rtol=1e-9, atol=1e-12)


SIZES = st.lists(st.one_of(st.just(0.0), st.floats(1e-3, 1e3)), min_size=1, max_size=40).map(np.array)


@given(SIZES, st.integers(-1000, 990))
def test_norms(sizes, power):
    """||v||_2 where squares under- or overflow."""
    assert vector_norm(np.ldexp(sizes, power)) == pytest.approx(hypot(*np.ldexp(sizes, power)), rel=1e-14)


@given(SIZES, st.sampled_from([-310, 7, 310]))
def test_noise_levels(sizes, power):
    """sigma is the root of the sum of squares; moments carry the unit of the gradient, once."""
    flat, scaled = OBJECTIVES["huber"](dim=len(sizes)), np.ldexp(sizes, power)
    for name in ("gaussian", "two_point"):
        levels = NOISES[name](coordinate_sigma=tuple(scaled.tolist())).levels(flat)
        assert levels.sigma == pytest.approx(hypot(*scaled), rel=1e-14)
    for order in (1.5, 2.0):
        plain, mine = (NOISES["spikes"](size=tuple(each.tolist())).moments(flat, order) for each in (sizes, scaled))
        assert mine.sigma == pytest.approx(np.ldexp(plain.sigma, power), rel=1e-13)


@pytest.mark.parametrize("name", ["minibatch", "sparse", "chain"])
def test_levels_of_an_objective(name):
    """Noise that comes from F has its unit."""
    exam = NOISES.exam(name)
    noise, plain = build(NOISES, name, exam.arguments), build(NOISES, name, exam.arguments).levels(made(exam.on))
    for unit in (2.0**-320, 2.0**320):
        found = noise.levels(in_units(exam.on, unit))
        np.testing.assert_allclose(found.sigma / unit, plain.sigma, rtol=1e-12)
        np.testing.assert_allclose(found.coordinate_sigma / unit, plain.coordinate_sigma, rtol=1e-12)


def ratios(foe, unit, steps, beta, engine="auto"):
    """sup_u Regret_t(u)/(D sqrt(sum beta^{2(t-s)} ||g_s||^2)) of beta-FTRL at every t, against a foe in some unit."""
    given = SimpleNamespace(dim=foe.dim, random=True)
    given.next = lambda time, play, raw: unit * foe.next(time, play, raw)
    return Duel(beta_ftrl(1.0, beta), given, beta, np.ones(len(beta)), steps).simulate(Streams(0, "scale"), engine)


@settings(max_examples=15)
@given(st.sampled_from([*ADVERSARIES]), st.sampled_from([1, 3]), st.sampled_from([-950, -600, *POWERS]))
def test_the_regret_ratio(name, dim, power):
    """Of gradients in any unit, bit for bit."""
    foe, beta = (
        build(ADVERSARIES, name, dict(ADVERSARIES.exam(name).arguments) | {"dim": dim}),
        np.array([0.9, 0.0, 1.0]),
    )
    plain, scaled = (ratios(foe, unit, 40, beta)["best_ratio.curve"] for unit in (1.0, 2.0**power))
    np.testing.assert_array_equal(plain, scaled)


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_a_long_silence(engine):
    """(1, -2), then zeros until all sums are below the smallest number: the ratio stays what it was."""
    foe, beta = build(ADVERSARIES, "pair", {"ratio": 2.0}), np.array([0.3, 0.5])
    for unit in (1e-200, 1.0, 1e150):
        found = ratios(foe, unit, 1500, beta, engine)["best_ratio.curve"]
        assert (found[:, 2:] > 0.1).all()
        np.testing.assert_allclose(found[:, 2:], found[:, 2][:, None] * np.ones(1498), rtol=1e-9)


@pytest.mark.parametrize("power", [-600, -400, 400, 600])
def test_the_certificate(power):
    """norm and certificate carry the unit of F, with lam in that unit."""

    def run(unit):
        noise = type("Normal", (Normal,), {"unit": unit})(sigma=1.0)
        made = Setup(Scaled(OBJECTIVES["huber"](dim=3), unit), noise, beta_ftrl(0.1, 0.9), np.full(2, 50))
        return simulate(made, [recipe(Certificate, beta=np.full(2, 0.9), lam=np.full(2, unit))], Streams(0, "scale"))

    for key, values in run(1.0).items():
        unit = 1.0 if key.startswith("spread") else 2.0**power
        np.testing.assert_array_equal(run(2.0**power)[key], values * unit, err_msg=key)
