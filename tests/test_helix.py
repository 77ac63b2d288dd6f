"""The helix: its symmetry and its local constants; bounds of the measure that one proof gives at many points."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy import optimize
from scipy.spatial.transform import Rotation

from experiments import theorem11_counterexample
from experiments.words.harness import measure as measured
from experiments.words.problem import Context, Effort, Problem
from foundation.numerics import dot
from objectives import OBJECTIVES, build
from objectives.helix import ALONG, Helix
from objectives.noise import Exact
from objectives.smooth import CosineWell
from objectives.supremum import supremum
from stationarity import measure_general, measure_separable, measure_winding, paraboloid
from stationarity.branch_and_bound import Local
from theory.adam_ema import theorem11_parameters

ROWS = yaml.safe_load((Path(__file__).parent.parent / "conf" / "problems.yaml").read_text())
HELICES = [name for name, row in ROWS.items() if row.get("objective") == "helix"]


@pytest.fixture(params=HELICES, name="helix")
def _helix(request):
    return build(OBJECTIVES, "helix", ROWS[request.param]["arguments"])


def above(helix, count, spread=1.0, height=40.0):
    """Points far above the floor."""
    return [height, 0.0, 0.0] + spread * np.random.default_rng(0).uniform(-1.0, 1.0, (count, 3))


def test_symmetry(helix):
    """A shift with its turn changes F by slope times the shift, and turns the gradient."""
    x, shift = above(helix, 200), 7.3
    y = helix.unwound(x + shift * ALONG, 40.0)  # back to one height: only the turn is left
    turn = Rotation.from_rotvec([-helix.pitch * shift, 0.0, 0.0]).as_matrix()
    z = helix.unwound(x, 40.0 + shift)
    assert helix.value(z) - helix.value(helix.unwound(x, 40.0)) == pytest.approx(helix.slope * shift, abs=1e-9)
    np.testing.assert_allclose(helix.grad(z) @ turn.T, helix.grad(helix.unwound(x, 40.0)), atol=1e-12)
    assert np.ptp(y[:, 0]) == 0 and np.linalg.norm(y[:, 1:], axis=1) == pytest.approx(np.linalg.norm(x[:, 1:], axis=1))


def test_lipschitz_attained(helix):
    """G is the largest gradient of a fine grid, up to 2e-4 of it."""
    axis = np.linspace(-2.0, 2.0, 801)
    p = np.stack(np.meshgrid([40.0], axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    grads = helix.grad(p)
    largest = np.sqrt(dot(grads, grads)).max()
    assert largest <= helix.constants.lipschitz <= largest * (1.0 + 2e-4)


@pytest.mark.parametrize("radius", [1e-6, 0.05, 0.3])
def test_hessian_lipschitz_near(helix, radius):
    """Third differences in the ball never exceed it, and come within a factor 10 somewhere."""
    rng, x, step = np.random.default_rng(1), above(helix, 400), 1e-3
    bound, worst = helix.hessian_lipschitz_near(x, radius), 0.0
    for _ in range(20):
        e, d = rng.standard_normal((2, *x.shape))
        e /= np.linalg.norm(e, axis=1, keepdims=True)
        y = x + d * radius * rng.uniform(0.0, 0.9, (len(x), 1)) / np.linalg.norm(d, axis=1, keepdims=True)
        third = sum(k * np.vecdot(helix.grad(y + i * step * e), e) for i, k in ((-1, 1), (0, -2), (1, 1))) / step**2
        worst = max(worst, float((np.abs(third) / bound).max()))
        assert worst <= 1.0
    assert radius > 0.1 or worst > 0.1
    assert np.isinf(helix.hessian_lipschitz_near(np.array([1.0, 0.0, 0.0]), 2.0))


def test_room(helix):
    """Above x_1 - room nothing is at the floor; not much below, something is."""
    rng = np.random.default_rng(2)
    x = np.concatenate([rng.uniform(-4.0, 4.0, (20_000, 1)), rng.uniform(-1.5, 1.5, (20_000, 2))], axis=1)
    at_floor = helix.value(x) < helix.ease / 2.0
    edge = -float(helix.room(np.zeros(3)))  # the x_1 above which there is no floor
    highest = x[at_floor, 0].max()
    assert edge - 0.2 < highest <= edge


def test_refusals():
    """Tuples of a wrong length, and a floor thicker than the start is high."""
    for change, text in (({"bend": (1.0,)}, "helix.bend"), ({"ease": 30.0}, "helix.ease")):
        with pytest.raises(ValueError, match=text):
            replace(Helix(), **change)


def test_supremum():
    """Certified, tight, and an error where the bounds do not close."""

    def bounds(p, half):
        value = 2.0 + np.sin(p[:, 0]) * np.cos(p[:, 1])
        return value, value + 2.0 * half

    found = supremum(bounds, (0.3, 0.2), 2.0, 1e-3)
    assert 3.0 <= found <= 3.0 * 1.001
    with pytest.raises(ArithmeticError):
        supremum(lambda p, half: (np.ones(len(p)), np.full(len(p), 3.0)), (0.0, 0.0), 1.0, 0.1)


def test_paraboloid_everywhere():
    """One dual pair bounds the measure at every point: never above the exact one, and equal to it where it was found."""
    well = CosineWell(dim=2, slope=(2.0, 1.0), frequency=(1.0, 2.0))
    x = np.array([0.9, 0.4])
    found = paraboloid(well, x, 0.6, 1e-3, 10**6)
    points = x + np.random.default_rng(3).normal(size=(60, 2)) * 0.7
    exact = measure_separable(well.slopes(), np.concatenate([x[None], points]), 0.6, "l2", 1e-5, 1.0)
    below = found.below(np.concatenate([x[None], points]))
    assert (below <= exact.upper).all()
    assert below[0] >= exact.lower[0] - 5e-3 and (below[1:] > 0.5 * exact.lower[1:]).mean() > 0.3


MILD = Helix(1.2, -1.5, (0.0, 0.3), (0.1, 0.3), 0.8, 0.05, (0.25, 0.1), (-0.2, -0.1, 0.1), gap=30.0)


def test_one_proof_for_all():
    """Bounds carried along the helix: below what column generation finds at each point, not by much, 0 at the floor."""
    heights = np.array([23.0, 20.0, 13.3, 10.0, 0.5])
    orbit = np.tile([0.0, *MILD.orbit], (5, 1))
    x = np.stack([MILD.unwound(point, height) for point, height in zip(orbit, heights, strict=True)])
    lower, upper = measure_winding(MILD, x, 1.0, 0.01)
    assert np.ptp(lower[:4]) < 1e-9 and lower[4] == 0.0
    found = measure_general(MILD, x[0], 1.0, tolerance=0.05, budget=20_000)
    assert 0.95 * found.upper <= lower[0] <= found.upper <= upper[0] + 1e-9
    assert upper[0] == pytest.approx(np.linalg.norm(MILD.grad(x[0])))
    frozen = x.copy()
    frozen[:, 0] = -5.0
    assert not np.array(measure_winding(MILD, frozen, 1.0, 0.01)).any()


@pytest.mark.parametrize("u", [np.array([-0.467, 0.145, -0.103]), np.zeros(3)])
@pytest.mark.parametrize("gap, budget", [(0.3, 3000), (0.3, 10**6), (0.02, 10**6)])
def test_a_search_is_a_bound(u, gap, budget):
    """However coarse it is: never above the least value that a local minimiser finds, near the floor and far from it."""
    rng = np.random.default_rng(4)
    for x in np.array([[0.9, 0.2, 0.5], [20.0, 0.1, 0.3]]):
        local, v = Local(MILD, x, 1.0, budget), np.array([-1.33, -1.0, 1.32])

        def height(e, local=local, v=v):
            return float(u @ local.slope(e)[1] + e @ (e - v))

        least = min(optimize.minimize(height, start).fun for start in rng.normal(size=(20, 3)))
        assert local.search(u, v, gap)[0] <= least


def test_no_bump_is_a_ramp():
    """Without a bump Phi is 0, and so is its infimum."""
    assert Helix().room(np.zeros(3)) == pytest.approx(-0.25 / 1.2) and Helix().constants.lipschitz >= 1.2


def test_counterexample_in_small(monkeypatch):
    """At a small C the rows have the theorem's own bound and T, and the runs' brackets are in order."""
    monkeypatch.setattr(theorem11_counterexample, "GAP", 0.02)
    problem, lipschitz = Problem("mild", MILD, Exact()), MILD.constants.lipschitz
    context = Context(0, "test", Effort(runs=8, windows=10, guess_limit=4.0, draws=100))
    evidence = measured(theorem11_counterexample.Counterexample(guess_ratios=(2.0,), runs=2), problem, context)
    stated, ours = evidence.checks
    assert stated.bound == pytest.approx(1.5) and ours.bound == pytest.approx(17 / 16 + 0.237 / 2.0)
    assert (stated.lower_samples > 0.8).all() and (stated.lower_samples <= stated.samples).all()
    assert f"T={int(theorem11_parameters(1.0, 1.0, 2.0 * lipschitz, 30.0).steps)}" in stated.note
    drawn, average = {curve.label: curve for curve in evidence.curves}, stated.lower_samples.mean()
    level = drawn[f"its average, start and floor included, {average:.4f}"]
    assert level.y == pytest.approx(average, rel=1e-12), "of the row, not of the curve"
    assert drawn["infimum, on the way"].y.mean() > average
