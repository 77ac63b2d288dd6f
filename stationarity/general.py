"""The measure of any objective in one to three dimensions: column generation, with a certified search for columns.

Units: S = ||grad F(x)||_2, length = sqrt(S/lam), e = (y - x)/length, g(e) = grad F(x + length e)/S. Over the atoms e_k
seen so far the dual is a linear programme in (u, v, t): maximise t subject to t <= <u, g_k> + |e_k|^2 - <v, e_k>,
with u in the box (L1) or in a polytope around the unit ball that is cut at every u it returns (L2). The multipliers
of the constraints are the weights of the atoms. HiGHS through scipy.optimize.linprog solves it: a linear programme
gives exact multipliers for both norms, where a smooth solver (SLSQP) would meet the kink of ||.||_2 at 0.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from foundation.arrays import Array, Float
from objectives.base import Objective
from stationarity.bracket import Bracket, Norm, size
from stationarity.branch_and_bound import Local
from stationarity.oracle import ROUNDING
from stationarity.separable import check_range

ROUNDS = 80
STALLED = 4  # incomplete searches in a row that gain less than a twentieth of the gap: stop
NEAR = 2.0 ** np.arange(-12.0, 5.0)  # distances of the first atoms along the axes and diagonals


def measure_general(
    objective: Objective,
    x: Float[Array, "dim"],
    lam: float,
    norm: Norm = "l2",
    tolerance: float = 1e-2,
    floor: float = 1.0,
    budget: int = 400_000,
) -> Bracket:
    """Bracket the measure (arXiv 2405.18199, Definitions 3 and 15) at one point x, with dim 1, 2 or 3.

    The upper bound is always one. The lower is certified if constants.smoothness is finite (certified=True);
    otherwise it is what the search found, labelled certified=False. The gap asked for is tolerance *
    max(value, floor); `budget` gradient evaluations per search may leave it larger. At x the value of
    `objective.grad` counts. Raises ValueError out of range.
    """
    x = np.asarray(x, float)
    check_range(lam, tolerance, floor, norm)
    if x.shape != objective.start.shape or not 1 <= len(x) <= 3:
        raise ValueError(f"x has shape {x.shape}: must be {objective.start.shape}, with 1 to 3 dimensions")
    if not np.isfinite(x).all():
        raise ValueError("x = nan or inf: must be finite")
    if budget < 1:
        raise ValueError(f"budget = {budget}: must be >= 1")
    local = Local(objective, x, lam, budget)
    zero = np.zeros(len(x))
    if local.scale == 0:
        none = np.zeros((1, len(x)))
        return Bracket(np.zeros(()), np.zeros(()), x, none, np.ones(1), none.copy(), zero, zero.copy(), local.certified)
    local.add(zero)
    for direction in product((-1.0, 0.0, 1.0), repeat=len(x)):
        for distance in NEAR if any(direction) else ():
            local.add(distance * np.array(direction))
    return _generate(local, norm, tolerance, floor / local.scale)


def _generate(local: Local, norm: Norm, tolerance: float, floor: float) -> Bracket:
    """Columns until the gap closes or the rounds end."""
    dim = len(local.x)
    cuts = np.zeros((0, dim))
    lower, proof, stalled = 0.0, (np.zeros(dim), np.zeros(dim)), 0
    weights = np.ones(1)  # the first atom is x itself
    upper = _value(local, weights, norm)
    for _ in range(ROUNDS):
        u, v, found = _programme(local, cuts)
        value = _value(local, found, norm)
        if value < upper:
            upper, weights = value, found
        length = float(np.linalg.norm(u))
        if norm == "l2" and length > 1.0:
            cuts = np.concatenate([cuts, (u / length)[None]])
            u = u / length
        wish = tolerance * max(lower, floor)
        if upper - lower <= wish:
            break
        bound, complete = local.search(u, v, 0.25 * max(wish, 0.2 * (upper - lower)))
        stalled = 0 if complete or bound > lower + 0.05 * (upper - lower) else stalled + 1
        if stalled == STALLED and local.certified:
            break
        if bound > lower:
            lower, proof = bound, (u, v)
    return _bracket(local, norm, lower, weights, proof)


def _programme(
    local: Local, cuts: Float[Array, "cuts dim"]
) -> tuple[Float[Array, "dim"], Float[Array, "dim"], Float[Array, "atoms"]]:
    """The linear programme over the atoms: (u, v, weights), the weights repaired to a law with mean 0."""
    from scipy.optimize import linprog  # takes a second, and separable objectives do not need it

    e, g = np.array(local.atoms), np.array(local.slopes)
    dim = e.shape[1]
    rows = np.concatenate([-g, e, np.ones((len(e), 1))], axis=1)
    ball = np.concatenate([cuts, np.zeros((len(cuts), dim + 1))], axis=1)
    bounds = [(-1.0, 1.0)] * dim + [(None, None)] * (dim + 1)
    cost = np.append(np.zeros(2 * dim), -1.0)
    limit = np.concatenate([np.vecdot(e, e), np.ones(len(cuts))])
    # scaling a row of a far atom keeps the programme well conditioned and multiplies its multiplier
    factor = 1.0 / np.concatenate([1.0 + np.vecdot(e, e), np.ones(len(cuts))])
    matrix = np.concatenate([rows, ball]) * factor[:, None]
    answer = linprog(cost, matrix, limit * factor, bounds=bounds, method="highs")
    if answer.x is None:
        raise ArithmeticError(f"the linear programme over the atoms failed: {answer.message}")
    weights = np.maximum(-answer.ineqlin.marginals * factor, 0.0)[: len(e)]
    return answer.x[:dim], answer.x[dim : 2 * dim], weights / weights.sum()


def _value(local: Local, weights: Float[Array, "atoms"], norm: Norm) -> float:
    """The primal value of a law."""
    e, g = np.array(local.atoms[: len(weights)]), np.array(local.slopes[: len(weights)])
    share = weights[:, None]
    return float(size((share * g).sum(axis=0), norm) + (share * e * e).sum())


def _bracket(
    local: Local,
    norm: Norm,
    lower: float,
    weights: Float[Array, "atoms"],
    proof: tuple[Float[Array, "dim"], Float[Array, "dim"]],
) -> Bracket:
    """The law in original units. The programme's tolerance leaves a small mean r: one more atom, at distance about 1
    and of weight about |r|, makes it 0."""
    used = np.flatnonzero(weights > 0)
    e, w = np.array(local.atoms)[used], weights[used]
    for _ in range(3):
        mean = (w[:, None] * e).sum(axis=0)
        rest = float(np.linalg.norm(mean))
        if rest <= 1e-30:
            break
        share = rest / (1.0 + rest)
        extra = local.slope(-mean * (1.0 - share) / share)[0]
        e, w = np.concatenate([e, extra[None]]), np.append(w * (1.0 - share), share)
    e, g = local.slope(e)
    offsets, gradients = e * local.length, g * local.scale
    spread = local.lam * float((w * np.vecdot(offsets, offsets)).sum())
    mean = (w[:, None] * gradients).sum(axis=0)
    total = float(size(mean, norm)) + spread
    total += ROUNDING * (float((w * np.abs(gradients).sum(axis=1)).sum()) + spread)
    u, v = proof
    bound = np.asarray(max(lower * local.scale, 0.0))
    return Bracket(
        bound, np.asarray(total), local.x, offsets, w, gradients, u, v * local.scale / local.length, local.certified
    )
