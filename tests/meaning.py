"""What the tests of meaning stand on: small problems written down by hand, literal runs, rows that are expected.

Nothing here comes from simulation/ or theory/; a problem's constants are numbers that were worked out on paper.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from scipy.signal import lfilter

from experiments.words.harness import advance
from experiments.words.problem import Context, Effort, Problem
from objectives import NOISES, OBJECTIVES, build
from tests import reference

SEED, CASE = 5, "meaning"
TINY = 1e-9  # relative, of a sample: rounding


def context(**numbers):
    effort = {"runs": 2, "windows": 6, "guess_limit": 100.0, "draws": 200} | numbers
    return Context(SEED, CASE, Effort(**effort))


def stream(run, purpose, branch=""):
    return reference.stream(SEED, f"{CASE}/{branch}" if branch else CASE, run, purpose)


def signs(rng, count, dim):
    """Independent signs: +1 where a uniform number is at least 1/2."""
    return np.where(rng.random((count, dim)) >= 0.5, 1.0, -1.0)


def normals(rng, count, dim):
    return rng.standard_normal((count, dim))


def none(rng, count, dim):
    return np.zeros((count, dim))


@dataclass(frozen=True)
class Toy:
    """A problem in the words of a test: F and F' of one coordinate each, and its constants, as numbers."""

    name: str
    arguments: dict
    start: list
    value: Callable  # of a point, a list
    grad: Callable  # of a point, a list
    gap: float
    slopes: tuple  # G_i
    sigmas: tuple = ()  # sigma_i
    noise: str = "none"
    raw: Callable = none
    norm: float = field(default=np.nan)  # G

    @property
    def dim(self):
        return len(self.start)

    @property
    def sigma(self):
        return float(np.sqrt(sum(s * s for s in self.sigmas)))

    @property
    def problem(self):
        arguments = {"coordinate_sigma": list(self.sigmas)} if self.sigmas else {}
        noise = build(NOISES, self.noise, arguments)
        return Problem(self.name, build(OBJECTIVES, self.name, self.arguments), noise)

    def __hash__(self):
        return id(self)


def sign(x):
    return float(x > 0) - float(x < 0)


def huber(x, slope, width):
    inside = min(abs(x), width)
    return slope * (inside * inside / (2 * width) + abs(x) - inside)


KINK = Toy(
    "capped_abs",
    {"slope": 2.0, "begin": 0.9, "cap": 50.0},
    [0.9],
    lambda x: 2.0 * min(abs(x[0]), 50.0),
    lambda x: [2.0 * sign(x[0]) if abs(x[0]) < 50.0 else 0.0],
    gap=1.8,
    slopes=(2.0,),
    sigmas=(1.0,),
    noise="two_point",
    raw=signs,
    norm=2.0,
)
BOWL = Toy(
    "huber",
    {"dim": 2, "slope": [1.6, 1.2], "width": 0.2, "begin": 1.1},
    [1.1, 1.1],
    lambda x: huber(x[0], 1.6, 0.2) + huber(x[1], 1.2, 0.2),
    lambda x: [1.6 * max(-1.0, min(1.0, x[0] / 0.2)), 1.2 * max(-1.0, min(1.0, x[1] / 0.2))],
    gap=2.8,
    slopes=(1.6, 1.2),
    sigmas=(0.3, 0.4),
    noise="two_point",
    raw=signs,
    norm=2.0,
)
WELL = Toy(
    "cosine_well",
    {"slope": 3.0, "frequency": 0.5, "begin": 3.0},
    [3.0],
    lambda x: 6.0 * (1.0 - math.cos(0.5 * x[0])),
    lambda x: [3.0 * math.sin(0.5 * x[0])],
    gap=6.0 * (1.0 - math.cos(1.5)),
    slopes=(3.0,),
    sigmas=(1.0,),
    noise="gaussian",
    raw=normals,
    norm=3.0,
)
RAMP = Toy(
    "ramp",
    {"slope": 3.0, "length": 0.5},
    [0.0],
    lambda x: 3.0 * max(0.5 - x[0], 0.0),
    lambda x: [-3.0 if x[0] < 0.5 else 0.0],
    gap=1.5,
    slopes=(3.0,),
    norm=3.0,
)
LONG = Toy(
    "ramp",
    {"slope": 3.0, "length": 1e4},
    [0.0],
    lambda x: 3.0 * max(1e4 - x[0], 0.0),
    lambda x: [-3.0 if x[0] < 1e4 else 0.0],
    gap=3e4,
    slopes=(3.0,),
    norm=3.0,
)


@dataclass(frozen=True)
class Way:
    """One literal run: x_t, grad F(x_t), g_t, z_t, each of shape (T, dim), and F(x_t), t = 1..T."""

    xs: np.ndarray
    true: np.ndarray
    seen: np.ndarray
    plays: np.ndarray
    values: np.ndarray
    begin: float

    def certificate(self, beta, norm="l2"):
        """(||E grad F(y_t)||, E||y_t - xbar_t||^2, xbar_t) for every t."""
        weights, away = decayed(np.ones(len(self.xs)), beta), self.xs - self.xs[0]
        first, second = (decayed(part, beta) / weights[:, None] for part in (away, np.square(away)))
        spread = (second - np.square(first)).sum(axis=1)
        return size(decayed(self.true, beta), norm) / weights, spread, self.xs[0] + first

    def regrets(self, beta, radius, norm="l2"):
        """(Regret_t(u_t), <S^g_t - S^F_t, u_t>, ||S^F_t||) for every t, u_t the comparator of Lemma 7, or 17."""
        true, seen = decayed(self.true, beta), decayed(self.seen, beta)
        played = decayed((self.seen * self.plays).sum(axis=1), beta)
        if norm == "l2":
            long = np.linalg.norm(true, axis=1, keepdims=True)
            u = -radius * np.divide(true, long, out=np.zeros_like(true), where=long > 0)
        else:
            u = -radius * np.sign(true)
        return played - (seen * u).sum(axis=1), ((seen - true) * u).sum(axis=1), size(true, norm)


def decayed(rows, beta):
    """sum_{s<=t} beta^{t-s} rows[s] for every t: a linear filter of SciPy's."""
    return lfilter([1.0], [1.0, -beta], rows, axis=0)


def size(rows, norm):
    return np.abs(rows).sum(axis=1) if norm == "l1" else np.sqrt(np.square(rows).sum(axis=1))


@lru_cache(maxsize=256)
def run(toy, number, steps, radius, beta, coordinatewise=False, level=1.0, law="exponential"):
    """The literal run of this number: Algorithm 1 on its own streams."""
    scalings = stream(number, "scaling").standard_exponential(steps).tolist()
    sigma = level * np.array(toy.sigmas or [0.0] * toy.dim)
    noises = (sigma * toy.raw(stream(number, "noise"), steps, toy.dim)).tolist()
    found = reference.walk(toy.start, toy.grad, scalings, noises, radius, beta, coordinatewise)
    values = np.array([toy.value(x) for x in found[0]])
    return Way(*(np.array(part) for part in found), values, toy.value(toy.start))


@dataclass(frozen=True)
class Row:
    """A row that is expected: all that a Check has but its note."""

    kind: str
    form: str
    quantity: str
    setting: str
    bound: float
    samples: np.ndarray
    margin: float = 0.0
    start: float | None = None
    lower: np.ndarray | None = None
    near: float = TINY  # of the samples, relative and absolute
    exact: float = TINY  # of the bound, relative


def compare(checks, rows):
    """Row by row, number by number."""
    assert [(c.kind, c.form, c.quantity, c.setting) for c in checks] == [
        (r.kind, r.form, r.quantity, r.setting) for r in rows
    ]
    for check, row in zip(checks, rows, strict=True):
        said = f"{row.form}, {row.quantity}, {row.setting}"
        np.testing.assert_allclose(check.bound, row.bound, rtol=row.exact, err_msg=f"bound: {said}")
        np.testing.assert_allclose(check.margin, row.margin, rtol=row.exact, err_msg=f"margin: {said}")
        np.testing.assert_allclose(check.samples, row.samples, rtol=row.near, atol=row.near, err_msg=f"samples: {said}")
        assert (check.start is None) == (row.start is None), said
        if row.start is not None:
            np.testing.assert_allclose(check.start, row.start, rtol=1e-9, err_msg=f"start: {said}")
        assert (check.lower_samples is None) == (row.lower is None), said
        if row.lower is not None:
            np.testing.assert_allclose(
                check.lower_samples, row.lower, rtol=row.near, atol=row.near, err_msg=f"lower: {said}"
            )


def answered(claim, problem, answer, **numbers):
    """(checks, asks) of a claim whose simulations are made up: answer(ask) gives the signals."""
    where, asks = context(**numbers), []

    def simulate(together, streams, engine):
        asks.extend(together)
        return [answer(ask) for ask in together]

    (evidence,) = advance([claim.measure(problem, where)], where.streams, simulate=simulate)
    return evidence.checks, asks
