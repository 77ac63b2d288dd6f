"""The constant of Theorem 11 as C grows: between what a search finds in the limit, and 17/16."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Literal

import numpy as np

from experiments.words.claim import Claim, Measurement, Twin
from experiments.words.evidence import Check, Curve, Evidence, Panel
from experiments.words.problem import Context, Problem
from foundation.arrays import Array, Float
from foundation.settings import setting
from objectives.base import Objective
from objectives.dips import Dips
from objectives.helix import Helix
from objectives.wave import Wave
from simulation.limit import flow
from simulation.plan import Signals
from simulation.work import Work
from stationarity import measure_general, measure_separable, measure_winding
from theory import adam_ema, limit

REACH = 0.25  # D/(1-beta) at Theorem 11's parameters, eps = lam = 1
DEEPEST = REACH**2  # a dip that the average of the gradients survives: less than this
SETTLED = {"dips": 1, "wave": 8, "helix": 8}  # periods before the one that is looked at
SECONDS = {"dips": 2.0, "wave": 8.0, "helix": 25.0}  # that one shape takes, about
NEAR = 0.01  # relative, of a helix's numbers
GRID = 600  # times at which the first flow is seen
Family = Literal["dips", "wave", "helix"]
Shape = Dips | Wave | Helix
Ends = tuple[float, float]


@dataclass(frozen=True)
class Found:
    """Of a shape, scaled so that ||m|| averages 1 over a period: certified ends of the average measure at xbar.

    norm: the average before it was scaled. gradient: the average of ||grad F(xbar)||. closing: how far xbar is from
    where it was a period before.
    """

    norm: float
    lower: float
    upper: float
    gradient: float
    closing: float


def draw_dips(rng: np.random.Generator, _: Any = None) -> tuple[Dips, float]:
    """Dips whose slope averages 1, with |f'''| = 2 lam, and their period."""
    depth, top = DEEPEST * rng.uniform(0.85, 0.94), rng.uniform(1.3, 2.0)
    period = 2.0 * np.sqrt((top + depth) / 2.0) * (top + depth) / (top - 1.0)
    return Dips(1, depth, top, 2.0, float(period), SETTLED["dips"] + 3.0), float(period)


def draw_wave(rng: np.random.Generator, _: Any = None) -> tuple[Wave, float]:
    """A wave of slope 1, and its period."""
    rate = rng.uniform(1.4, 1.9)
    return Wave(1.0, rng.uniform(1.3, 1.65) / rate**2, rate, rng.uniform(1.1, 1.8)), float(2.0 * np.pi / rate)


def draw_helix(rng: np.random.Generator, around: Helix) -> tuple[Helix, float]:
    """The given helix with every number of its bump changed by a hundredth or so, and what it winds in one turn."""

    def near(value: Any) -> Any:
        return tuple(map(near, value)) if isinstance(value, tuple) else float(value * (1.0 + NEAR * rng.normal()))

    names = ("slope", "pitch", "centre", "width", "level", "tilt", "bend")
    shape = replace(around, **{name: near(getattr(around, name)) for name in names})
    return shape, 2.0 * np.pi / abs(shape.pitch)


def multiple(shape: Wave | Helix, factor: float) -> Wave | Helix:
    """The shape with F times the factor: the flow is the same."""
    if isinstance(shape, Wave):
        return replace(shape, slope=float(shape.slope * factor), size=float(shape.size * factor))
    tilt, bend = (tuple(float(factor * each) for each in part) for part in (shape.tilt, shape.bend))
    sizes: dict[str, Any] = {name: float(factor * getattr(shape, name)) for name in ("slope", "level", "gap", "ease")}
    return replace(shape, tilt=tilt, bend=bend, **sizes)


def scaled(shape: Shape, norm: float) -> Shape:
    """The shape over norm; dips are scaled already, but for what the solver leaves."""
    return shape if isinstance(shape, Dips) else multiple(shape, 1.0 / norm)


DRAW: dict[Family, Callable[..., tuple[Shape, float]]] = {"dips": draw_dips, "wave": draw_wave, "helix": draw_helix}


def losses(shape: Shape, points: Float[Array, "points dim"], tolerance: float) -> Ends:
    """By how much the certified lower and upper bound of the measure, lam = 1, lie below ||grad F||, averaged."""
    size = np.linalg.norm(shape.grad(points), axis=1).mean()
    if isinstance(shape, Dips):
        found = measure_separable(shape.slopes(), points, 1.0, "l2", tolerance, 1.0)
        return float(size - found.lower.mean()), float(size - found.upper.mean())
    if isinstance(shape, Helix):
        lower, upper = measure_winding(shape, points, 1.0, tolerance)
        return float(size - lower.mean()), float(size - upper.mean())
    each = [measure_general(shape, point, 1.0, "l2", tolerance, 1.0) for point in points]
    low, high = (np.mean([getattr(one, end) for one in each]) for end in ("lower", "upper"))
    return float(size - low), float(size - high)


def examine_shape(shape: Shape, family: Family, period: float, count: int, tolerance: float) -> Found | None:
    """The averages over one period; None if the flow gets stuck before.

    The solver averages ||grad F(xbar)||; what the certified ends lose on it, which is little, is averaged over `count`
    evenly spaced times.
    """
    first = SETTLED[family]
    times = np.linspace(0.0, 1.8 * (first + 1) * period / REACH, GRID)[1:]
    try:
        way = np.abs(flow(shape, REACH, times).x[:, 0] - shape.start[0])
    except ArithmeticError:
        return None
    if way[-1] < (first + 1) * period or (np.diff(way) <= 0).any():
        return None
    begin, end = np.interp(np.array([first, first + 1]) * period, way, times)
    cycle = flow(shape, REACH, np.linspace(begin, end, count + 1))
    integrals = np.stack([cycle.pull_mean, cycle.gradient_mean]) * cycle.times
    norm, gradient = np.diff(integrals[:, [0, -1]], axis=1)[:, 0] / (end - begin)
    shape, scale = scaled(shape, float(norm)), float(norm) if isinstance(shape, Dips) else 1.0
    average = gradient / norm
    low, high = (average - loss / scale for loss in losses(shape, cycle.xbar[:-1], tolerance))
    moved = np.abs(cycle.xbar[-1] - cycle.xbar[0])
    moved[0] -= period
    return Found(float(norm), float(low), float(high), float(average), float(np.abs(moved).max()))


def draw_shapes(family: Family, rng: np.random.Generator, count: int, around: Objective) -> list[tuple[Shape, float]]:
    """Shapes of a family and their periods; helices are drawn around the given one, which is the first."""
    shapes = [DRAW[family](rng, around) for _ in range(count)]
    if isinstance(around, Helix) and family == "helix":
        shapes[0] = around, 2.0 * np.pi / abs(around.pitch)
    return shapes


@dataclass(frozen=True)
class Examination:
    """What the search does with shapes: what is found of each as a row of numbers, nan for one that is not passed."""

    family: Family
    count: int
    tolerance: float

    def __call__(self, shapes: Sequence[tuple[Shape, float]]) -> Signals:
        """By name, shape (shapes,)."""
        found = [examine_shape(shape, self.family, period, self.count, self.tolerance) for shape, period in shapes]
        names = [item.name for item in fields(Found)]
        return {name: np.array([np.nan if one is None else getattr(one, name) for one in found]) for name in names}


@dataclass(frozen=True)
class LargestConstant(Claim):
    r"""Measured: in the limit, without noise, the largest average of $\|\nabla F(\bar{x})\|^{[\lambda]}$ over a period,
    in units of $\varepsilon = \mathrm{avg} \|m\|$, $\lambda = 1$, that a random search finds among shapes: in one
    dimension slopes with dips below zero, in two a slope with ripples across it, in three helices around the problem's
    own, which was found by an optimiser beforehand. An average is that of $\|\nabla F(\bar{x})\|$, less what certified
    lower bounds of the infimum lie below it at evenly spaced times. The best constant $\kappa$ in $(\kappa + O((G +
    \sigma)/C)) \varepsilon$ lies between the largest one and $17/16$.

    The stated bound tends to $\varepsilon$, so a row of form stated is refuted where the search finds more than 1:
    there the theorem fails for all large $C$.

    The shapes in two dimensions have no floor: any below the end of a long path is as good as none.

    The controls say what the search would have noticed: ceilings as if $D$, or the spread, were smaller than they are.
    """

    name: ClassVar[str] = "constant"
    label: ClassVar[str] = "Theorem 11 (constant)"
    title: ClassVar[str] = "The largest constant that a search finds as C grows"
    statements = (adam_ema.theorem11_bound, limit.limit_bound)

    family: Family = setting("dips")
    candidates: int = setting(8, "[1, 1e5]")
    times: int = setting(64, "[8, 1e6]")
    tolerance: float = setting(1e-3, "[1e-6, 1)")
    spread_share: float = 1.0  # of eps/16

    def accepts(self, problem: Any) -> None:
        """Helices need one to be drawn around."""
        super().accepts(problem)
        self.require(self.family != "helix" or isinstance(problem.objective, Helix), problem, "a helix")

    def measure(self, problem: Problem, context: Context) -> Measurement:
        """Two rows: the best of the search against the limit of what is stated, and against our ceiling."""
        seed = int(context.streams.generator(0, "shapes").integers(1 << 62))
        shapes = draw_shapes(self.family, np.random.default_rng(seed), self.candidates, problem.objective)
        examination = Examination(self.family, self.times, self.tolerance)
        found = yield Work(examination, tuple(shapes), SECONDS[self.family])
        passed = np.flatnonzero(np.isfinite(found["lower"]))
        if not len(passed):
            raise ArithmeticError(f"none of {self.candidates} shapes is passed: draw more")
        passed = passed[np.argsort(-found["lower"][passed], kind="stable")]
        best, (first, _) = {name: float(values[passed[0]]) for name, values in found.items()}, shapes[passed[0]]
        where = f"{self.family}, {first.start.size} dimensions"
        note = f"{scaled(first, best['norm'])}; upper end {best['upper']:.4f}, ||grad F(xbar)|| {best['gradient']:.4f}"
        note += f"; closes to {best['closing']:.0e}; {len(passed)} of {self.candidates} passed"
        ours = 1.0 + self.spread_share * (float(limit.limit_bound(1.0)) - 1.0)
        stated = float(adam_ema.theorem11_bound(1.0, 1.0, 0.0)) if self.spread_share == 1.0 else ours
        low = np.array([best["lower"]])
        checks = (
            Check("pathwise", "stated", "largest infimum found / eps", where, stated, low, note=note),
            Check("pathwise", "ours", "largest infimum found / eps", where, ours, low, note=note),
        )
        ranks, lower, upper = np.arange(1.0, len(passed) + 1.0), found["lower"][passed], found["upper"][passed]
        curves = (
            Curve("search", "certified, best first", "measured", ranks, lower, lower, upper),
            Curve("search", f"ours {ours:.4f}", "bound", ranks[[0, -1]], np.full(2, ours), form="ours"),
            Curve("search", f"stated {stated:.4g}", "bound", ranks[[0, -1]], np.full(2, stated), form="stated"),
        )
        return Evidence(
            checks, curves, (Panel("search", "shape", r"average infimum / $\varepsilon$", "linear", "linear"),)
        )

    def controls(self) -> dict[str, Twin]:
        """Lower ceilings."""
        return {
            "half D": self.near("the ceiling 1 + 1/64 of half the D", spread_share=0.25),
            "a twentieth": self.twin("the ceiling 1 + 1/320", spread_share=0.05),
        }
