"""Algorithm 1 on a function: what is run, and what is known of it afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, cast, get_args

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.judge import judge
from experiments.words.evidence import CERTIFICATE, Check, Form
from experiments.words.numbers import log_grid
from experiments.words.problem import Problem, Scales
from foundation.arrays import Array, Float, Int, IntArray
from foundation.ranges import count, discount, positive
from objectives.base import Objective, Separable
from objectives.noise import Exact, Noise
from optimizers.ftrl import paper_learner
from simulation.certificate import Certificate, Norm
from simulation.engine import Engine, Setup, simulate
from simulation.recording import recipe
from simulation.streams import Streams
from stationarity import measure
from theory import adam_ema, sharpened

Learner = Literal["beta-FTRL", "clipped Adam"]
TIMES = 40  # at which something is kept
LOOKED_AT = 4  # runs in which the measure is bracketed if nothing else is said


@dataclass(frozen=True)
class Bracketed:
    """Two-sided bounds of ||grad F(xbar_t)||^[lam], shape (runs, times).

    certified: whether the lower ones are proved; if not (no L is known), they are what a search found.
    """

    times: Int[IntArray, "times"]
    lower: Float[Array, "runs times"]
    upper: Float[Array, "runs times"]
    certified: bool


@dataclass(frozen=True)
class Run:
    """Independent runs of Algorithm 1 of arXiv 2405.18199, all with the same parameters.

    learner: beta-FTRL, in the L2 norm (Theorem 11), or clipped Adam, coordinate by coordinate, in the L1 norm
    (Theorem 18). beta: discount; radius: D; steps: T. eps, guess: the theorem's eps and C, None where beta, radius and
    steps were given. times: ascending, at which trajectories and the certificate are kept. signals: what
    `simulation.certificate.Certificate` gives, by name, a row a run.
    """

    problem: Problem
    learner: Learner
    beta: float
    radius: float
    steps: int
    lam: float
    eps: float | None
    guess: float | None
    times: Int[IntArray, "times"]
    streams: Streams
    engine: Engine
    signals: dict[str, Array]

    @property
    def norm(self) -> Norm:
        """The norm of the gradient in the measure."""
        return _norm(self.learner)

    @property
    def xbar(self) -> Float[Array, "runs times dim"]:
        """The EMA of the iterates, Algorithm 1's output at each time."""
        return self.signals["xbar"]

    @cached_property
    def x(self) -> Float[Array, "runs times dim"]:
        """The iterates: the same runs once more, for the first time nobody looked at them."""
        return simulated(replace(self, signals={}), len(self.xbar), 0.0)["xbar"]

    @property
    def certificate(self) -> Float[Array, "runs times"]:
        """||E grad F(y_t)|| + lam E||y_t - xbar_t||^2, an upper bound of the measure at xbar_t."""
        return self.signals["certificate.curve"]

    @property
    def bounds(self) -> dict[Form, float]:
        """Theorem 11's or 18's bounds of the average over t, by whose they are; none for parameters of one's own."""
        if self.eps is None or self.guess is None:
            return {}
        inputs = self.eps, self.guess, scale_of(self.problem.scales, self.norm)
        found: dict[Form, float] = {
            "stated": float(adam_ema.theorem11_bound(*inputs)),
            "proved": float(adam_ema.theorem11_bound_proved(*inputs)),
        }
        if self.guess >= self.eps:  # below, ours says nothing
            found["ours"] = float(sharpened.theorem11_bound(*inputs))
        return found

    def frame(self) -> pd.DataFrame:
        """A row a time: mean, 5 and 95 percent of the certificate over runs, mean ||grad F(xbar)||, and the bounds."""
        order = 1 if self.norm == "l1" else 2
        gradient = np.linalg.norm(self.problem.objective.grad(self.xbar), ord=order, axis=-1)
        low, high = np.quantile(self.certificate, [0.05, 0.95], axis=0)
        columns: dict[str, Any] = {"certificate": self.certificate.mean(axis=0), "low": low, "high": high}
        return pd.DataFrame({"t": self.times, **columns, "gradient": gradient.mean(axis=0)} | self.bounds).set_index(
            "t"
        )

    def measure(self, runs: int = LOOKED_AT, tolerance: float = 0.01) -> Bracketed:
        """Lower and upper bounds of the measure at xbar_t, at every time, for the first runs.

        tolerance: of the gap, relative to max(value, eps). An objective that is not separable takes a search at each
        point, of a second or so, in 1 to 3 coordinates. Raises ValueError for more coordinates.
        """
        objective, floor, points = self.problem.objective, self.eps or 1.0, self.xbar[:runs]
        flat = points.reshape(-1, points.shape[-1])
        if isinstance(objective, Separable):
            found = [measure(objective, flat, self.lam, self.norm, tolerance, floor)]
        else:
            found = [measure(objective, x, self.lam, self.norm, tolerance, floor) for x in flat]
        lower, upper = (np.hstack([getattr(one, end) for one in found]) for end in ("lower", "upper"))
        shape = points.shape[:2]
        return Bracketed(self.times, lower.reshape(shape), upper.reshape(shape), all(one.certified for one in found))

    def judge(self) -> pd.DataFrame:
        """A row for each bound of the theorem: the certificate, averaged over t, with its limits and the verdict.

        A verdict of the table is wrong with the probability that analysis/judge.py says, at most. A bound is `vacuous`
        that the measure at the start may meet, where a search can tell (separable objectives, or up to 3 coordinates).
        Raises ValueError for parameters of one's own, which no theorem bounds.
        """
        if not self.bounds:
            raise ValueError("beta, radius, steps = given: must be left out, and eps be said, for a theorem's bounds")
        samples, start = self.signals["certificate.mean"], self._start()
        checks = [Check("expected", form, CERTIFICATE, "at T", bound, samples) for form, bound in self.bounds.items()]
        rows = [
            {
                "form": each.check.form,
                **{name: getattr(each, name) for name in ("measured", "lower", "upper")},
                "bound": each.check.bound,
                "verdict": "vacuous" if start <= each.check.bound else each.verdict,
            }
            for each in judge(checks)
        ]
        return pd.DataFrame(rows).set_index("form")

    def _start(self) -> float:
        """A certified lower bound of the measure at the start; inf where no search can tell."""
        objective, separable = self.problem.objective, isinstance(self.problem.objective, Separable)
        if not separable and len(objective.start) > 3:
            return np.inf
        point = objective.start[None] if separable else objective.start
        found = measure(objective, point, self.lam, self.norm, 0.01, self.eps or 1.0)
        return float(np.ravel(found.lower)[0]) if found.certified else np.inf

    def plot(self, axes: Axes | None = None) -> Axes:
        """The certificate over t with its band, its average over t, which the theorem speaks of, and the bounds."""
        if axes is None:
            from matplotlib import pyplot

            _, axes = pyplot.subplots(layout="constrained")
        frame, power = self.frame(), "_1" if self.norm == "l1" else ""
        certificate = rf"$\|E\,\nabla F(y_t)\|{power} + \lambda E\|y_t - \bar x_t\|^2$"
        axes.fill_between(frame.index, frame["low"], frame["high"], alpha=0.25, linewidth=0)
        (line,) = axes.plot(frame.index, frame["certificate"], label=certificate)
        average = float(self.signals["certificate.mean"].mean())
        axes.axhline(average, color=line.get_color(), linestyle=":", label="its average over $t$")
        for (form, bound), style in zip(self.bounds.items(), ("--", "-.", "-"), strict=False):
            axes.axhline(bound, color="black", linestyle=style, linewidth=0.8, label=f"bound of the average, {form}")
        axes.set(xscale="log", yscale="log", xlabel="$t$")
        axes.legend()
        return axes


def _norm(learner: Learner) -> Norm:
    return "l1" if learner == "clipped Adam" else "l2"


def scale_of(scales: Scales, norm: Norm) -> float:
    """G + sigma in a theorem's norm: of Theorem 11 (l2), or ||G + sigma||_1, of Theorem 18."""
    return scales.l1_scale if norm == "l1" else scales.total


def simulated(what: Run, runs: int, window: float) -> dict[str, Array]:
    """The signals of the certificate, whose average has the discount `window`."""
    radius, beta = np.full(runs, what.radius), np.full(runs, what.beta)
    learner = paper_learner(radius, beta, what.learner == "clipped Adam")
    steps, times = np.full(runs, what.steps), np.tile(what.times, (runs, 1))
    probe = recipe(Certificate, beta=np.full(runs, window), lam=np.full(runs, what.lam), norm=what.norm, samples=times)
    setup = Setup(what.problem.objective, what.problem.noise, learner, steps)
    return simulate(setup, [probe], what.streams, what.times, what.engine)


def run(
    objective: Objective,
    noise: Noise | None = None,
    *,
    learner: str = "beta-FTRL",
    lam: float = 1.0,
    eps: float | None = None,
    guess: float | None = None,
    beta: float | None = None,
    radius: float | None = None,
    steps: int | None = None,
    runs: int = 64,
    times: int = TIMES,
    seed: int = 0,
    engine: Engine = "auto",
) -> Run:
    """Run Algorithm 1: at Theorem 11's parameters (18's for clipped Adam) if eps is said, else at one's own.

    learner: "beta-FTRL" or "clipped Adam". noise: None for none. lam: of the measure. guess: C; None for G + sigma
    in the theorem's norm. beta, radius, steps: one's own discount, D, T, all three, for eps and guess. times: how
    many are kept, evenly spread in log t. The same seed gives the same bytes. engine: as in simulation/engine.py.

    Raises ValueError, one line, for parameters out of range, or for some that contradict each other; errors of the
    simulation as `simulation.engine.simulate` raises them.
    """
    if learner not in get_args(Learner):
        raise ValueError(f"learner = {learner!r}: must be one of {', '.join(get_args(Learner))}")
    positive(lam=lam)
    for name, value, least in (("runs", runs, 2), ("times", times, 1), ("seed", seed, 0)):
        if not isinstance(value, int) or value < least:
            raise ValueError(f"{name} = {value}: must be an integer >= {least}")
    chosen_learner = cast(Learner, learner)
    problem, norm = Problem("function", objective, Exact() if noise is None else noise), _norm(chosen_learner)
    if eps is not None and beta is None and radius is None and steps is None:
        scales = problem.scales
        guess = scale_of(scales, norm) if guess is None else guess
        dim = scales.dim if norm == "l1" else 1
        chosen = adam_ema.theorem18_parameters(eps, lam, guess, scales.gap, dim)
    elif beta is not None and radius is not None and steps is not None and eps is None and guess is None:
        discount(beta)
        positive(radius=radius)
        count(steps=steps)
        chosen = adam_ema.Parameters(np.float64(beta), np.float64(radius), np.int64(steps))
    else:
        said = {"eps": eps, "guess": guess, "beta": beta, "radius": radius, "steps": steps}
        what = ", ".join(f"{name} = {value}" for name, value in said.items())
        raise ValueError(f"{what}: must be eps, with guess or without, or all of beta, radius and steps")
    numbers = float(chosen.beta), float(chosen.radius), int(chosen.steps)
    kept, streams = log_grid(numbers[2], times), Streams(seed, "library")
    begun = Run(problem, chosen_learner, *numbers, lam, eps, guess, kept, streams, engine, {})
    return replace(begun, signals=simulated(begun, runs, begun.beta))
