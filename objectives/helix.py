"""A descent that winds down a helix: where Theorem 11 as stated fails for C much larger than G + sigma."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np

from foundation.arrays import Array, Float
from foundation.catalogue import Entry
from foundation.numerics import cos, shifted, sin, units
from foundation.settings import setting
from objectives.base import Constants
from objectives.bump import Bump
from objectives.catalogue import objective
from objectives.supremum import Bounds, supremum

ALONG, SECOND, THIRD = np.eye(3)
FAR = 12.0  # widths from the bump's centre, beyond which it is below 1e-25 of itself
TOLERANCE = 1e-4  # of G: what its supremum may be overstated by, relatively
ROUGHLY = 0.2  # the same, of L


@cache
def suprema(helix: Helix) -> tuple[float, float, float, float]:
    """sup of |grad S|, |d_1 S|, |grad Phi| and ||Hess S||, once for all helices that differ in their floor only."""
    parts = np.ones(3), ALONG, 1.0 - ALONG
    curvature = supremum(helix.curvatures, helix.centre, FAR * helix.width, ROUGHLY)
    whole, along, across = (
        supremum(helix.steepness(part), helix.centre, FAR * helix.width, TOLERANCE) for part in parts
    )
    return whole, along, across, curvature


@objective(
    "helix",
    exam={
        "slope": 1.2, "pitch": 2.0, "orbit": (0.0, 0.4), "centre": (0.2, 0.4), "width": 0.5,
        "level": 0.1, "tilt": (0.5, 0.2), "bend": (-0.7, -0.5, 0.2), "gap": 1.5, "ease": 1.5,
    },
    units=("slope", "level", "tilt", "bend", "gap", "ease"),
    unattained="L adds the floor's bend to the helix's, which lie in different places",
)  # fmt: skip
@dataclass(frozen=True)
class Helix(Entry):
    """F(x) = floor(slope x_1 + Phi(p)), p = (x_2, x_3) turned by -pitch x_1: a ramp with a bump that winds around it.

    Phi(p) = exp(-|u|^2/(2 width^2)) (level + <tilt, u> + <u, bend u>/2), u = p - centre, bend = (b11, b12, b22);
    floor(s) = s - ease/2 for s >= ease, s^2/(2 ease) for 0 <= s <= ease, 0 below. Start: where p = orbit and F = gap.

    S = slope x_1 + Phi changes by slope s only when x_1 moves by s and (x_2, x_3) turns by pitch s: all derivatives of
    S at x are those at (0, p), turned. Algorithm 1 of arXiv 2405.18199 settles on an orbit p = const, a helix in space,
    if Phi attracts it there.

    Delta = gap: F >= 0, and F = 0 where slope x_1 is below -sup |Phi|. With J a quarter turn, grad S at (0, p) is
    (slope - pitch <grad Phi, J p>, grad Phi); |grad F| = floor'(S) |grad S| <= |grad S|, an equality above the floor.
    So G, G_1 and G_2 = G_3 = sup |grad Phi| (the turn takes it through all directions) are suprema over p, by branch
    and bound, overstated by at most 1e-4 of themselves. L = sup ||Hess S|| + G^2/ease, the first within 20 %.
    H = inf, for floor'' jumps; `hessian_lipschitz_near` gives H away from the floor.
    """

    slope: float = setting(1.2, "(0, inf)")
    pitch: float = setting(2.0, "[-100, 100]")
    orbit: tuple[float, ...] = setting((0.0, 0.3), "[-100, 100]", repeats=True)
    centre: tuple[float, ...] = setting((0.0, 0.0), "[-100, 100]", repeats=True)
    width: float = setting(0.5, "[0.01, 100]")
    level: float = setting(0.0, "(-inf, inf)")
    tilt: tuple[float, ...] = setting((0.0, 0.0), "(-inf, inf)", repeats=True)
    bend: tuple[float, ...] = setting((0.0, 0.0, 0.0), "(-inf, inf)", repeats=True)
    gap: float = setting(10.0, "(0, inf)")
    ease: float = setting(0.25, "(0, inf)")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, count in (("orbit", 2), ("centre", 2), ("tilt", 2), ("bend", 3)):
            if len(getattr(self, name)) != count:
                raise self.refusal(name, f"have {count} entries")
        if self.ease > 2.0 * self.gap:
            raise self.refusal("ease", f"be <= 2 gap, gap = {self.gap}")

    @cached_property
    def start(self) -> Float[Array, "3"]:
        """x_0 on the orbit, at the height where F = gap: x_1 from S, then (x_2, x_3) = orbit turned by pitch x_1."""
        first, second = self.orbit
        height = (
            self.gap + self.ease / 2.0 - float(self._bump.slopes(np.asarray(first), np.asarray(second))[0])
        ) / self.slope
        turn = self.pitch * height
        c, s = np.cos(turn), np.sin(turn)
        return np.array([height, c * first - s * second, s * first + c * second])

    @cached_property
    def constants(self) -> Constants:
        """Delta, G, G_i and L, as derived above."""
        whole, along, across, curvature = suprema(replace(self, gap=1.0, ease=1.0))
        return Constants(self.gap, whole, np.array([along, across, across]), curvature + whole**2 / self.ease)

    def value(self, x: Float[Array, "*batch 3"]) -> Float[Array, "*batch"]:
        """F(x), shape (*batch,)."""
        (first, second), _ = self._turned(x)
        height = self.slope * x[..., 0] + self._bump.slopes(first, second)[0]
        inside = np.clip(height, 0.0, self.ease)
        return inside * (inside / (2.0 * self.ease)) + np.where(height > self.ease, height - self.ease, 0.0)

    def grad(self, x: Float[Array, "*batch 3"]) -> Float[Array, "*batch 3"]:
        """floor'(S) grad S, turned back."""
        (first, second), (c, s) = self._turned(x)
        bump, one, two = self._bump.slopes(first, second)
        share = np.clip((self.slope * x[..., 0] + bump) * (1.0 / self.ease), 0.0, 1.0)
        along = share * (self.slope + self.pitch * (one * second - two * first))
        one, two = share * (c * one - s * two), share * (s * one + c * two)
        return along[..., None] * ALONG + one[..., None] * SECOND + two[..., None] * THIRD

    def unwound(self, x: Float[Array, "*batch 3"], height: float) -> Float[Array, "*batch 3"]:
        """The point with x_1 = height into which the symmetry of S takes x: p is the same."""
        turn = self.pitch * (height - x[..., 0])
        c, s = cos(turn), sin(turn)
        second, third = shifted(x, -1)[..., 0], shifted(x, -2)[..., 0]
        return np.stack([np.full_like(turn, height), c * second - s * third, s * second + c * third], axis=-1)

    def room(self, x: Float[Array, "*batch 3"]) -> Float[Array, "*batch"]:
        """A number r such that S(y) > ease, above the floor, wherever y_1 > x_1 - r."""
        return x[..., 0] - (self.ease - self._lowest) / self.slope

    def hessian_lipschitz_near(self, x: Float[Array, "*batch 3"], radius: float) -> Float[Array, "*batch"]:
        """A Lipschitz constant of the Hessian on the ball of that radius about x; inf if it may meet the floor."""
        (first, second), _ = self._turned(x)
        # |p| = |(x_2, x_3)|, so |dp| <= |d(x_2, x_3)| + |pitch p| |dx_1|
        moved = radius * np.sqrt(1.0 + np.square(self.pitch * (np.hypot(first, second) + radius)))
        p = np.stack([first, second], axis=-1)
        bound = self._third(p.reshape(-1, 2), radius, np.ravel(moved)).reshape(p.shape[:-1])
        return np.where(self.room(x) > radius, bound, np.inf)

    def _turned(self, x: Float[Array, "*batch 3"]) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        """p, and cosine and sine of the turn, each of shape (*batch,)."""
        turn = self.pitch * x[..., 0]
        c, s = cos(turn), sin(turn)
        second, third = shifted(x, -1)[..., 0], shifted(x, -2)[..., 0]
        return (c * second + s * third, c * third - s * second), (c, s)

    @cached_property
    def _bump(self) -> Bump:
        return Bump(self.centre, self.width, self.level, self.tilt, self.bend)

    @property
    def _turn(self) -> Float[Array, "2 2"]:
        """R' at x_1 = 0, of the turn R by -pitch x_1; R'' is -pitch^2 there, R''' is -pitch^2 R'."""
        return self.pitch * np.array([[0.0, 1.0], [-1.0, 0.0]])

    def _derivatives(self, p: Float[Array, "boxes 2"]) -> tuple[Float[Array, "boxes 3"], Float[Array, "boxes 3 3"]]:
        """Gradient and Hessian of S = slope x_1 + Phi(R (x_2, x_3)) at (0, p)."""
        one, two = self._bump.first_two(p)
        c = p @ self._turn.T  # dp/dx_1
        two_c = np.vecdot(two, c[:, None, :])
        gradient = np.concatenate([(self.slope + np.vecdot(one, c))[:, None], one], axis=-1)
        hessian = np.empty((len(p), 3, 3))
        hessian[:, 1:, 1:] = two
        hessian[:, 0, 1:] = hessian[:, 1:, 0] = two_c + one @ self._turn
        hessian[:, 0, 0] = np.vecdot(two_c, c) - self.pitch**2 * np.vecdot(one, p)
        return gradient, hessian

    def _third_derivative(self, p: Float[Array, "boxes 2"]) -> Float[Array, "boxes 3 3 3"]:
        """The third derivative of S at (0, p)."""
        (one, two), three = self._bump.first_two(p), self._bump.third(p)
        turn, square = self._turn, self.pitch**2
        c = p @ turn.T
        two_c, three_c = np.vecdot(two, c[:, None, :]), np.vecdot(three, c[:, None, None, :])
        two_turn = two @ turn
        third = np.empty((len(p), 3, 3, 3))
        third[:, 1:, 1:, 1:] = three
        once = three_c + two_turn + two_turn.mT
        third[:, 0, 1:, 1:] = third[:, 1:, 0, 1:] = third[:, 1:, 1:, 0] = once
        twice = np.vecdot(three_c, c[:, None, :]) + 2.0 * two_c @ turn - square * (np.vecdot(two, p[:, None, :]) + one)
        third[:, 0, 0, 1:] = third[:, 0, 1:, 0] = third[:, 1:, 0, 0] = twice
        cubic = np.vecdot(np.vecdot(three_c, c[:, None, :]), c)
        third[:, 0, 0, 0] = cubic - square * (3.0 * np.vecdot(two_c, p) + np.vecdot(one, c))
        return third

    def _third(
        self, p: Float[Array, "boxes 2"], radius: float, moved: float | Float[Array, "boxes"]
    ) -> Float[Array, "boxes"]:
        """A bound of ||D^3 S|| within `radius` of (0, p), where p moves by at most `moved`.

        The lesser of two: the norm at p plus `radius` times a bound of ||D^4 S||, and a bound of ||D^3 S|| itself. In a
        direction (a, b), a^2 + |b|^2 = 1, p(t) = e^{-i k a t} (p + b t), whose derivatives are, with wind = k |p|, at
        most p1 = sqrt(1 + wind^2), p2 = k (wind + sqrt(wind^2 + 4))/2, p3 = k^2 (wind + 2/sqrt 3) and
        p4 = k^3 (wind + 3 sqrt(3)/4); and those of Phi(p(t)), with dn = ||D^n Phi||, at most
        d3 p1^3 + 3 d2 p1 p2 + d1 p3 and d4 p1^4 + 6 d3 p1^2 p2 + d2 (3 p2^2 + 4 p1 p3) + d1 p4.
        """
        k, wind = abs(self.pitch), abs(self.pitch) * (np.sqrt(np.vecdot(p, p)) + moved)
        _, d1, d2, d3, d4 = self._bump.sizes(p, moved)
        p1, p2 = np.sqrt(1.0 + wind**2), k * (wind + np.sqrt(wind**2 + 4.0)) / 2.0
        p3, p4 = k**2 * (wind + 2.0 / np.sqrt(3.0)), k**3 * (wind + 0.75 * np.sqrt(3.0))
        third = d3 * p1**3 + 3.0 * d2 * p1 * p2 + d1 * p3
        fourth = d4 * p1**4 + 6.0 * d3 * p1**2 * p2 + d2 * (3.0 * p2**2 + 4.0 * p1 * p3) + d1 * p4
        near = np.flatnonzero(radius * fourth < third)
        here = self._third_derivative(p[near]).reshape(len(near), 27)
        third[near] = np.minimum(third[near], np.sqrt(np.vecdot(here, here)) + radius * fourth[near])
        return third

    @cached_property
    def _lowest(self) -> float:
        """A lower bound of inf Phi <= 0, by branch and bound: of `most` - Phi, `most` the largest ||Phi|| can be."""
        whole = FAR * self.width
        most = float(self._bump.sizes(np.asarray(self.centre)[None], whole)[0][0])
        if most == 0.0:
            return 0.0

        def bounds(p: Float[Array, "boxes 2"], half: float) -> tuple[Float[Array, "boxes"], Float[Array, "boxes"]]:
            reach = half * np.sqrt(2.0)
            bump, *slopes = self._bump.slopes(p[:, 0], p[:, 1])
            steep = reach * np.hypot(*slopes) + reach**2 / 2.0 * self._bump.sizes(p, reach)[2]
            return most - bump, most - bump + steep

        return most - supremum(bounds, self.centre, whole, TOLERANCE / most)

    def steepness(self, part: Float[Array, "3"]) -> Bounds:
        """|part grad S| at p, and bounds of it in boxes; part is 0 or 1 for each coordinate."""

        def bounds(p: Float[Array, "boxes 2"], half: float) -> tuple[Float[Array, "boxes"], Float[Array, "boxes"]]:
            reach = half * np.sqrt(2.0)
            gradient, hessian = self._derivatives(p)
            g, rows = gradient * part, hessian * part[:, None]
            size = np.vecdot(g, g)
            change = np.vecdot(rows.mT, g[:, None, :])[:, 1:]  # of |g|^2/2 with p
            down, up = units(np.abs(change).max(axis=1))
            scaled = change * down[:, None]  # its square is a fourth power
            steep = np.sqrt(np.vecdot(scaled, scaled)) * up
            most = size + 2.0 * reach * steep + reach**2 * np.square(rows).sum(axis=(1, 2))
            return np.sqrt(size), np.sqrt(most) + 0.5 * self._third(p, reach, reach) * reach**2

        return bounds

    def curvatures(
        self, p: Float[Array, "boxes 2"], half: float
    ) -> tuple[Float[Array, "boxes"], Float[Array, "boxes"]]:
        """||Hess S|| at p, and a bound of it in the box."""
        reach = half * np.sqrt(2.0)
        size = np.abs(np.linalg.eigvalsh(self._derivatives(p)[1])).max(axis=-1)
        return size, size + reach * self._third(p, reach, reach)
