"""The bump and the helix are the functions of their docstrings: derivatives, constants and bounds written out."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import comb, cos, exp, pi, sin, sqrt

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import optimize, special

from objectives import helix as module
from objectives.bump import Bump
from objectives.helix import Helix, suprema

BUMP = Bump((0.3, -0.2), 0.7, 0.4, (0.5, -0.3), (0.6, -0.8, -0.4))


def phi(p):
    """Phi of BUMP at one point."""
    u = np.asarray(p) - BUMP.centre
    b11, b12, b22 = BUMP.bend
    quadratic = BUMP.level + np.dot(BUMP.tilt, u) + (b11 * u[0] ** 2 + 2 * b12 * u[0] * u[1] + b22 * u[1] ** 2) / 2
    return exp(-(u @ u) / (2 * BUMP.width**2)) * quadratic


def test_a_bump_and_its_derivatives():
    """Values from the formula; the n-th derivative from differences of the one before."""
    p, h = np.random.default_rng(0).normal(size=(20, 2)), 1e-5
    value, one, two = BUMP.slopes(p[:, 0], p[:, 1])
    assert_allclose(value, [phi(each) for each in p])
    first, second = BUMP.first_two(p)
    assert_allclose(first, np.stack([one, two], axis=1))
    third = BUMP.third(p)
    for k, step in enumerate(h * np.eye(2)):
        assert_allclose(first[:, k], [(phi(each + step) - phi(each - step)) / (2 * h) for each in p], atol=1e-8)
        up, down = BUMP.first_two(p + step), BUMP.first_two(p - step)
        assert_allclose(second[..., k], (up[0] - down[0]) / (2 * h), atol=1e-8)
        assert_allclose(third[..., k], (up[1] - down[1]) / (2 * h), atol=1e-7)


@pytest.mark.parametrize("moved", [0.0, 0.3])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_sizes_of_derivatives(moved, sign):
    """The docstring's sum, at the far end of the way for all but the bell; never below a derivative that is met. Of Phi
    and of -Phi, whose level and curvature are negative."""
    p = np.random.default_rng(1).normal(size=(12, 2))
    level, bend = sign * BUMP.level, tuple(sign * each for each in BUMP.bend)
    found = replace(BUMP, level=level, tilt=tuple(sign * each for each in BUMP.tilt), bend=bend).sizes(p, moved)
    norm = np.linalg.norm(np.array([[bend[0], bend[1]], [bend[1], bend[2]]]), 2)
    for k, each in enumerate(p):
        distance = np.linalg.norm(each - BUMP.centre)
        near, far = max(distance - moved, 0.0), distance + moved
        tilt = np.linalg.norm(BUMP.tilt)
        factor = [abs(level) + tilt * far + norm * far**2 / 2, tilt + norm * far, norm]
        for n in range(5):
            terms = [
                comb(n, j) * factor[j] * np.polyval(np.abs(special.hermitenorm(n - j).c), far / 0.7) / 0.7 ** (n - j)
                for j in range(min(n, 2) + 1)
            ]
            assert found[n][k] == pytest.approx(exp(-((near / 0.7) ** 2) / 2) * sum(terms), rel=1e-9)
    turn = np.linspace(0.0, 2 * pi, 33)
    around = p + moved * np.stack([np.cos(turn), np.sin(turn)], axis=1)[:, None]
    for q in around:
        first, second = BUMP.first_two(q)
        assert (np.abs([phi(each) for each in q]) <= found[0] + 1e-12).all()
        assert (np.linalg.norm(first, axis=1) <= found[1] + 1e-12).all()
        assert (np.linalg.norm(second, 2, axis=(1, 2)) <= found[2] + 1e-12).all()


HELIX = Helix(1.3, -1.7, (0.2, 0.4), BUMP.centre, BUMP.width, BUMP.level, BUMP.tilt, BUMP.bend, gap=3.0, ease=0.8)


def tall(x):
    """S of HELIX: slope x_1 + Phi of (x_2, x_3) turned by -pitch x_1."""
    c, s = cos(1.7 * x[0]), sin(1.7 * x[0])  # of -pitch x_1
    return 1.3 * x[0] + phi((c * x[1] - s * x[2], s * x[1] + c * x[2]))


def test_a_helix():
    """Value, gradient and start from the docstring, on the floor, on its edge and above."""
    x = np.random.default_rng(2).uniform(-1.0, 1.0, (40, 3))
    heights = [tall(each) for each in x]
    assert min(heights) < 0 and sum(0 < s < 0.8 for s in heights) > 5 and max(heights) > 1
    floor = [s - 0.4 if s >= 0.8 else s * s / 1.6 if s > 0 else 0.0 for s in heights]
    assert_allclose(HELIX.value(x), floor, rtol=1e-10, atol=1e-14)
    for k, step in enumerate(1e-6 * np.eye(3)):
        sides = (HELIX.value(x + step) - HELIX.value(x - step)) / 2e-6
        assert_allclose(HELIX.grad(x)[:, k], sides, atol=1e-8)
    assert float(HELIX.value(HELIX.start)) == pytest.approx(3.0)
    turned = HELIX.unwound(HELIX.start, 0.0)
    assert_allclose(turned, [0.0, 0.2, 0.4], atol=1e-12)


def test_derivatives_of_a_helix():
    """Gradient, Hessian and third derivative of S at (0, p), from differences of those before; bounds around it."""
    p, h = np.random.default_rng(3).uniform(-1.0, 1.0, (8, 2)), 1e-4
    gradient, hessian = HELIX._derivatives(p)
    third = HELIX._third_derivative(p)

    def grad(x):
        return np.array([(tall(x + d) - tall(x - d)) / 2e-5 for d in 1e-5 * np.eye(3)])

    for k, (first, second) in enumerate(p):
        x = np.array([0.0, first, second])
        assert_allclose(gradient[k], grad(x), atol=1e-8)
        lifted = HELIX.unwound(x, 40.0)  # where there is no floor; turned, so that derivatives there are those at x
        turn = np.eye(3)
        c, s = cos(-1.7 * 40.0), sin(-1.7 * 40.0)
        turn[1:, 1:] = [[c, -s], [s, c]]
        assert_allclose(HELIX.grad(lifted) @ turn, gradient[k], atol=1e-9)
        sides = [
            (HELIX.grad(lifted + turn @ d) - HELIX.grad(lifted - turn @ d)) @ turn / (2 * h) for d in h * np.eye(3)
        ]
        assert_allclose(hessian[k], sides, atol=1e-6)
        for i, j in product(range(3), repeat=2):
            d, f = h * turn[:, i], h * turn[:, j]
            mixed = (
                sum(a * b * HELIX.grad(lifted + a * d + b * f) for a, b in product((-1.0, 1.0), repeat=2))
                @ turn
                / (4 * h * h)
            )
            assert_allclose(third[k, i, j], mixed, atol=2e-5)


def test_constants_of_a_helix():
    """The largest sizes of the gradient, and of its parts, that a search meets are reached but for 1e-4 of them."""
    corners = np.random.default_rng(4).uniform(-2.0, 2.0, (4000, 2))
    gradient, hessian = HELIX._derivatives(corners)
    for claimed, weights in zip(suprema(HELIX), np.array([[1, 1, 1], [1, 0, 0], [0, 1, 1]]), strict=False):
        sizes = np.sqrt(np.square(gradient) @ weights)
        found = optimize.minimize(
            lambda q, w=weights: -np.sqrt(np.square(HELIX._derivatives(q[None])[0]) @ w).item(), corners[sizes.argmax()]
        )
        assert 1.0 - 1e-9 < claimed / -found.fun < 1.0 + 1e-4
    assert np.linalg.norm(hessian, 2, axis=(1, 2)).max() <= suprema(HELIX)[3]
    assert HELIX.constants.smoothness == pytest.approx(suprema(HELIX)[3] + HELIX.constants.lipschitz**2 / 0.8, rel=1e-3)


@pytest.mark.parametrize("radius", [1e-3, 0.05, 2.0])
def test_how_fast_the_hessian_of_a_helix_turns(radius):
    """The docstring's two bounds, written out."""
    p = np.random.default_rng(5).uniform(-1.0, 1.0, (6, 2))
    moved, k = radius * 1.5, 1.7
    for point, found, here in zip(p, HELIX._third(p, radius, moved), HELIX._third_derivative(p), strict=True):
        wind = k * (np.hypot(*point) + moved)
        d = [float(each[0]) for each in HELIX._bump.sizes(point[None], moved)]
        one, two = sqrt(1 + wind**2), k * (wind + sqrt(wind**2 + 4)) / 2
        three, four = k**2 * (wind + 2 / sqrt(3)), k**3 * (wind + 3 * sqrt(3) / 4)
        third = d[3] * one**3 + 3 * d[2] * one * two + d[1] * three
        fourth = d[4] * one**4 + 6 * d[3] * one**2 * two + d[2] * (3 * two**2 + 4 * one * three) + d[1] * four
        assert found == pytest.approx(min(third, np.linalg.norm(here) + radius * fourth), rel=1e-12)


def test_what_is_searched_for_suprema(monkeypatch):
    """S over twelve widths around the centre, whatever the width: |grad S|, |d_1 S|, |grad Phi| to 1e-4, L to a fifth."""
    asked = []
    monkeypatch.setattr(module, "supremum", lambda *given: asked.append(given) or float(len(asked)))
    wide = replace(HELIX, width=5.0)
    assert suprema.__wrapped__(wide) == (2.0, 3.0, 4.0, 1.0)
    assert [(centre, half) for _, centre, half, _ in asked] == [(BUMP.centre, 60.0)] * 4
    assert [tolerance for *_, tolerance in asked] == [0.2, 1e-4, 1e-4, 1e-4]


@pytest.mark.parametrize("h", [2.0, 0.1])
@pytest.mark.parametrize("unit", [1.0, 2.0**300, 2.0**-300])
def test_bounds_of_slopes_and_curvatures_in_boxes(h, unit):
    """With r = h sqrt 2 and the bound of ||D^3 S|| in the box: of |A grad S|, A a projection, Taylor's formula about the
    middle, sqrt(|g|^2 + 2 r |J' g| + r^2 ||J||^2) + ||D^3 S|| r^2/2, g = A grad S, J = A Hess S; of ||Hess S||, one term.
    In any unit of F."""
    p, r = np.random.default_rng(9).uniform(-1.0, 1.0, (9, 2)), h * sqrt(2.0)
    gradient, hessian = HELIX._derivatives(p)
    third = np.array([HELIX._third(each[None], r, r).item() for each in p])
    numbers = {name: unit * getattr(HELIX, name) for name in ("slope", "level", "gap", "ease")}
    scaled = replace(HELIX, **numbers, **{n: tuple(unit * e for e in getattr(HELIX, n)) for n in ("tilt", "bend")})
    for part in np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 1.0]]):
        size, upper = scaled.steepness(part)(p, h)
        for k in range(9):
            g, j = part * gradient[k], np.diag(part) @ hessian[k]
            first = sqrt(g @ g + 2 * r * np.hypot(*(j.T @ g)[1:]) + r**2 * np.square(j).sum())
            assert size[k] == pytest.approx(unit * sqrt(g @ g)) and upper[k] == pytest.approx(
                unit * (first + third[k] * r**2 / 2)
            )
    size, upper = scaled.curvatures(p, h)
    assert_allclose(size, unit * np.linalg.norm(hessian, 2, axis=(1, 2)), rtol=1e-9)
    assert_allclose(upper - size, unit * r * third, rtol=1e-9)


def test_a_bound_in_a_unit_whose_powers_are_no_numbers():
    """On an axis of a round bump, along which alone |grad S|^2 changes: the other entry of that gradient is 0."""
    sizes = []
    for unit in (1.0, 2.0**300):
        bump = Helix(unit, 0.0, (0.0, 0.0), (0.0, 0.0), 0.7, unit, gap=unit, ease=unit)
        sizes.append([each.item() / unit for each in bump.steepness(np.ones(3))(np.array([[0.4, 0.0]]), 0.1)])
    assert sizes[0] == sizes[1] and np.isfinite(sizes).all()


def test_the_search_for_the_lowest_place_of_the_bump(monkeypatch):
    """Of most - Phi; in a box of half-width h it grows by |grad Phi| r + ||Hess Phi|| r^2/2 at most, r = h sqrt 2."""
    wide, asked = replace(HELIX, width=5.0), []
    monkeypatch.setattr(module, "supremum", lambda *given: asked.append(given) or 0.25)
    found = wide._lowest
    ((bounds, centre, half, tolerance),) = asked
    bump = wide._bump
    most = float(bump.sizes(np.array([BUMP.centre]), 60.0)[0][0])
    assert (found, centre, half) == (most - 0.25, BUMP.centre, 60.0) and tolerance == pytest.approx(1e-4 / most)
    p = np.random.default_rng(6).uniform(-3.0, 3.0, (7, 2))
    phi_there, one, two = bump.slopes(p[:, 0], p[:, 1])
    for h in (3.0, 0.1):
        value, upper = bounds(p, h)
        reach = h * sqrt(2.0)
        assert_allclose(value, most - phi_there)
        assert_allclose(upper - value, reach * np.hypot(one, two) + reach**2 / 2 * bump.sizes(p, reach)[2])


@pytest.mark.parametrize("radius", [1e-3, 0.4])
def test_how_far_p_moves_in_a_ball(radius):
    """radius sqrt(1 + pitch^2 (|p| + radius)^2): the bound of the third derivative is that of p moved so far."""
    x = np.array([40.0, 0.0, 0.0]) + np.random.default_rng(7).uniform(-1.0, 1.0, (2, 3, 3))
    found = HELIX.hessian_lipschitz_near(x, radius)
    for i, j in product(range(2), range(3)):
        p = HELIX.unwound(x[i, j], 0.0)[1:]
        moved = radius * sqrt(1 + (1.7 * (np.hypot(*p) + radius)) ** 2)
        assert found[i, j] == pytest.approx(HELIX._third(p[None], radius, np.array([moved])).item(), rel=1e-9)


def test_a_ball_that_touches_the_floor():
    """Has no bound of third derivatives: there floor'' jumps. Without a bump S is x_1, so that numbers are exact."""
    ramp, x = Helix(slope=1.0, ease=0.25), np.array([0.75, 0.0, 0.0])
    assert ramp.room(x) == 0.5 and ramp.hessian_lipschitz_near(x, 0.5) == np.inf
    assert ramp.hessian_lipschitz_near(x, np.nextafter(0.5, 0.0)) == 0.0


def test_the_floor_may_be_as_thick_as_the_start_is_high():
    assert Helix(gap=0.5, ease=1.0).start[0] == pytest.approx(1.0 / 1.2)


def test_the_curvature_of_a_helix_is_overstated_by_a_fifth_at_most():
    p = np.random.default_rng(8).uniform(-2.0, 2.0, (20_000, 2))
    largest = np.linalg.norm(HELIX._derivatives(p)[1], 2, axis=(1, 2)).max()
    assert largest <= suprema(HELIX)[3] <= 1.2 * 1.01 * largest
