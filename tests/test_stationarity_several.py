"""The stationarity measure in several dimensions: separable objectives in L1 and L2, and general ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import pytest
from numpy.typing import NDArray

import stationarity
from objectives import OBJECTIVES
from objectives.base import Constants, Objective, PiecewiseSlope, Separable
from objectives.smooth import Huber, SineSlope
from stationarity import (
    Bracket,
    CertificateError,
    Norm,
    measure,
    measure_general,
    measure_scalar,
    measure_separable,
    verify,
)
from tests.test_stationarity_trust import SAW

Array = NDArray[np.float64]


class SeparableObjective(Objective, Separable, Protocol):
    """What the package's separable objectives are."""


NORMS: tuple[Norm, ...] = ("l1", "l2")


def make(name: str, **arguments: object) -> SeparableObjective:
    found: SeparableObjective = OBJECTIVES[name](**arguments)
    return found


MIXED = [
    ("ramp", {"slope": (1.0, 2.0, 0.0), "length": 0.5, "corner": 0.2}),
    ("huber", {"slope": (1.0, 2.0, 0.5), "width": (0.5, 0.1, 1.0)}),
    ("triangle_wave", {"slope": (1.0, 3.0, 2.0), "period": 0.8}),
    ("cosine_well", {"slope": (2.0, 1.0, 0.3), "frequency": (1.0, 3.0, 2.0)}),
    ("geman_mcclure", {"height": (1.0, 4.0, 2.0)}),
]


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("name, arguments", MIXED, ids=[m[0] for m in MIXED])
def test_tight_and_proved(name: str, arguments: dict[str, object], norm: Norm) -> None:
    """Every bracket is tight, survives the checker, and lies below the norm of the gradient."""
    objective = make(name, dim=3, **arguments)
    x = np.random.default_rng(0).normal(size=(12, 3))
    found = measure(objective, x, 0.6, norm)
    assert (found.gap <= 1e-4 * np.maximum(found.upper, 1.0) + 1e-12).all() and (found.gap >= 0).all()
    verify(found, objective, x, 0.6, norm)
    gradient = objective.grad(x)
    size = np.abs(gradient).sum(axis=-1) if norm == "l1" else np.linalg.norm(gradient, axis=-1)
    assert (found.lower <= size * (1 + 1e-12)).all()
    with pytest.raises(CertificateError, match="lower"):
        verify(replace(found, lower=found.lower + 1e-3), objective, x, 0.6, norm)


def test_l1_is_the_sum_over_coordinates() -> None:
    objective = make("huber", dim=3, slope=(1.0, 2.0, 0.5))
    x = np.random.default_rng(1).normal(size=(9, 3)) * 0.3
    whole = measure(objective, x, 0.6, "l1", 1e-8)
    parts = [measure_scalar(s, x[:, i], 0.6, 1e-8) for i, s in enumerate(objective.slopes())]
    np.testing.assert_allclose(whole.upper, sum(p.upper for p in parts), rtol=1e-7, atol=1e-7)


def test_norms_order_and_agree_in_one_dimension() -> None:
    """||.||_2 <= ||.||_1 law by law, and the spread is the same, so L2 <= L1; with one coordinate they are equal."""
    objective = make("cosine_well", dim=3, slope=(2.0, 1.0, 0.3))
    x = np.random.default_rng(2).normal(size=(9, 3))
    l1, l2 = (measure(objective, x, 0.6, norm) for norm in NORMS)
    assert (l2.lower <= l1.upper).all()
    single = make("cosine_well", slope=2.0)
    a, b = (measure(single, x[:, :1], 0.6, norm, 1e-7) for norm in NORMS)
    np.testing.assert_allclose(a.upper, b.upper, rtol=2e-7)


def test_l2_of_ramps_far_from_their_floors() -> None:
    """All gradients constant within reach: the point mass is best, ||slopes||_2."""
    objective = make("ramp", dim=4, slope=(3.0, 4.0, 12.0, 0.0), length=100.0)
    found = measure(objective, np.zeros((1, 4)), 1.0)
    assert found.lower[0] <= 13.0 * (1 + 1e-12) and found.upper[0] >= 13.0 and found.gap[0] < 2e-3


def test_l2_of_equal_kinks() -> None:
    """d equal coordinates at distance a from a kink of slope 1, law by law E f' = m(s) at spread s in each: the
    measure is min over s of sqrt(d) m(s) + d s = sqrt(d) (m(s) + sqrt(d) s): sqrt(d) times the scalar measure with
    sqrt(d) lam (equal shares are optimal: both terms are convex and symmetric)."""
    dim, x = 9, np.linspace(0.05, 1.2, 8)
    objective = make("capped_abs", dim=dim)
    whole = measure(objective, np.repeat(x[:, None], dim, axis=1), 0.5, "l2", 1e-8)
    alone = measure_scalar(objective.slopes()[0], x, 0.5 * np.sqrt(dim), 1e-8)
    np.testing.assert_allclose(whole.upper, np.sqrt(dim) * alone.upper, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("norm", NORMS)
def test_permutation_and_batch(norm: Norm) -> None:
    """Coordinates may be permuted with their slopes; points do not see each other (bit for bit)."""
    objective = make("huber", dim=5, slope=(1.0, 2.0, 0.5, 2.0, 0.0))
    x = np.random.default_rng(3).normal(size=(10, 5)) * 0.3
    base = measure(objective, x, 0.6, norm)
    order = [3, 0, 4, 2, 1]
    turned = measure_separable([objective.slopes()[i] for i in order], x[:, order], 0.6, norm)
    assert (turned.lower <= base.upper).all() and (base.lower <= turned.upper).all()
    for part in (slice(0, 1), slice(4, 9)):
        some = measure(objective, x[part], 0.6, norm)
        for name in ("lower", "upper", "offsets", "weights", "direction", "tilt"):
            np.testing.assert_array_equal(getattr(some, name), getattr(base, name)[part])


@pytest.mark.parametrize("norm", NORMS)
def test_random_laws_and_random_duals(norm: Norm) -> None:
    """Two-point laws along random lines lie above `lower`: they need not be products."""
    objective = make("triangle_wave", dim=2, period=0.8)
    rng = np.random.default_rng(4)
    x = rng.normal(size=(20, 2))
    found = measure(objective, x, 0.3, norm)
    line, near = rng.normal(size=(300, 1, 2)), 10.0 ** rng.uniform(-2, 0.5, size=(2, 300, 1, 1))
    a, b = -near[0] * line, near[1] * line
    share = near[1] / (near[0] + near[1])
    mean = share * objective.grad(x + a) + (1 - share) * objective.grad(x + b)
    spread = share[..., 0] * np.vecdot(a, a) + (1 - share[..., 0]) * np.vecdot(b, b)
    size = np.abs(mean).sum(axis=-1) if norm == "l1" else np.linalg.norm(mean, axis=-1)
    assert (found.lower <= (size + 0.3 * spread).min(axis=0) + 1e-12).all()


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("name, dim", [("cosine_well", 2), ("cosine_well", 3), ("huber", 2)])
def test_general_agrees_with_separable(name: str, dim: int, norm: Norm) -> None:
    """Two unrelated algorithms: both brackets contain the measure, so they overlap; both are certified."""
    arguments = {"width": 0.5} if name == "huber" else {"frequency": 1.5}
    objective = make(name, dim=dim, slope=2.0, **arguments)
    for x in np.random.default_rng(5).normal(size=(2, dim)):
        found, exact = measure_general(objective, x, 0.7, norm), measure(objective, x[None], 0.7, norm)
        assert found.certified and found.gap <= 1e-2 * max(float(found.upper), 1.0) + 1e-12
        assert found.lower <= exact.upper[0] and exact.lower[0] <= found.upper
        verify(found, objective, x, 0.7, norm)


@pytest.mark.parametrize("norm", NORMS)
def test_general_on_a_regression(norm: Norm) -> None:
    objective: Objective = OBJECTIVES["robust_regression"](dim=2, components=6)
    x = np.array([0.3, -0.2])
    found = measure(objective, x, 0.5, norm)
    verify(found, objective, x, 0.5, norm)
    assert found.certified and found.atoms.shape == found.offsets.shape
    rng = np.random.default_rng(6)
    line, near = rng.normal(size=(2000, 2)), 10.0 ** rng.uniform(-2, 0.5, size=(2, 2000, 1))
    share = near[1] / near.sum(axis=0)
    mean = share * objective.grad(x - near[0] * line) + (1 - share) * objective.grad(x + near[1] * line)
    size = np.abs(mean).sum(axis=-1) if norm == "l1" else np.linalg.norm(mean, axis=-1)
    assert found.lower <= (size + 0.5 * (near[0] * near[1])[:, 0] * np.vecdot(line, line)).min() + 1e-12


def test_uncertified_is_labelled() -> None:
    """grad F without a Lipschitz constant: the upper bound stands, the lower is only what the search saw."""
    objective = OBJECTIVES["max_affine_difference"]()
    x = np.array([0.4, 0.3])
    found = measure(objective, x, 0.5, tolerance=1e-2)
    assert not found.certified and found.lower >= 0 and found.upper <= np.linalg.norm(objective.grad(x)) * (1 + 1e-12)
    verify(found, objective, x, 0.5)


@dataclass(frozen=True)
class Flat:
    """F = 0."""

    constants = Constants(0.0, 0.0, np.zeros(2), 0.0, 0.0)
    start = np.zeros(2)

    def value(self, x: Array) -> Array:
        return np.zeros(x.shape[:-1])

    def grad(self, x: Array, out: Array | None = None) -> Array:
        return np.zeros_like(x)


def test_zero_gradient_is_stationary() -> None:
    found = measure(Flat(), np.ones(2), 1.0)
    assert found.lower == found.upper == 0.0 and found.certified
    verify(found, Flat(), np.ones(2), 1.0)
    quiet = PiecewiseSlope(np.array([]), np.zeros(1), np.zeros(1), np.zeros(1))
    assert (measure_separable([quiet] * 3, np.ones((2, 3)), 1.0).upper == 0.0).all()


def test_bad_input() -> None:
    objective = make("huber", dim=2)
    for x in (np.zeros(2), np.zeros((1, 3)), np.full((1, 2), np.inf)):
        with pytest.raises((ValueError, TypeError), match=r"\bx\b"):  # TypeError where annotations are checked
            measure(objective, x, 1.0)
    with pytest.raises((ValueError, TypeError), match="norm"):
        measure(objective, np.zeros((1, 2)), 1.0, "max")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="x has shape"):
        measure(OBJECTIVES["robust_regression"](dim=4), np.zeros(4), 1.0)
    with pytest.raises(ValueError, match="budget = 0"):
        measure_general(Flat(), np.zeros(2), 1.0, budget=0)


SINE = SineSlope(2.0, 3.0)


@pytest.mark.parametrize(
    ("slopes", "asked", "used"),
    [((SAW, SAW), 1e-3, 1e-10), ((SAW, SAW), 1e-12, 1e-12), ((SAW, SINE), 1e-3, 1e-3), ((SINE, SINE), 1e-3, 1e-3)],
)
def test_the_tolerance_of_a_measure(
    monkeypatch: pytest.MonkeyPatch, slopes: tuple[object, ...], asked: float, used: float
) -> None:
    """What is asked for; that of exact pieces, if every slope is made of pieces and no less is asked for."""
    passed: list[tuple[Any, ...]] = []

    def spied(*given: Any) -> Bracket:
        passed.append(given)
        return measure_separable(*given)

    monkeypatch.setattr(stationarity, "measure_separable", spied)
    summed = type("Summed", (Huber,), {"slopes": lambda self: slopes})(dim=2)
    measure(summed, np.zeros((1, 2)), 1.0, "l1", asked, 0.5)
    assert passed[0][0] is slopes and passed[0][2:] == (1.0, "l1", used, 0.5)


@pytest.mark.parametrize("begin", [1.0, -1.0])
@pytest.mark.parametrize("name", ["cosine_well", "huber"])
def test_what_is_far_is_found(name: str, begin: float) -> None:
    """Where lam is small the best atoms are far from x: those that a search begins with, on the axes and the diagonals,
    at 2^-12 to 2^4 lengths, suffice to find a law that is worth little."""
    objective = make(name, dim=3, slope=(2.0, 1.0, 0.7))
    x = begin * np.array([0.9, 0.4, 0.7])
    found = measure_general(objective, x, 1e-3, tolerance=1e-2, budget=60_000)
    assert found.upper <= 0.05 and 0.0 <= found.lower <= found.upper
    verify(found, objective, x, 1e-3)
