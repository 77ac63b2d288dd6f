"""The stationarity measure of objectives that are not separable, in two or three dimensions.

Primal by column generation: a linear programme over the weights of finitely many atoms (HiGHS through
scipy.optimize.linprog: exact duals, no further dependency), to which the atoms of lowest reduced cost are added.
The L1 norm is polyhedral, so its 2^d sign vectors are all the directions there are; the L2 norm is the maximum over
directions, generated where the current mean gradient points. Its duals are the (u, v) of the lower bound
inf_y h(y), h(y) = <u, grad F(y)> + lam ||y-x||^2 - <v, y-x>. That infimum is certified by branch and bound where
grad F has a Lipschitz constant; else it is the smallest value found by sampling, and labelled so.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

Array = NDArray[np.float64]
SAMPLES = 4096  # points at which the oracle looks for atoms, each round
BOXES = 400_000  # at most so many boxes are opened by the branch and bound


@dataclass(frozen=True)
class GeneralBracket:
    """lower <= measure <= upper at one point; atoms (k, dim) with weights (k,) and the dual (u, v) prove it.

    certified: whether `lower` is a proof; if not, it is what sampling found.
    """

    lower: float
    upper: float
    atoms: Array
    weights: Array
    direction: Array
    tilt: Array
    certified: bool


def measure_general(
    objective: Any, x: Array, lam: float, norm: Literal["l1", "l2"] = "l2", tolerance: float = 1e-3, rounds: int = 40
) -> GeneralBracket:
    """Bracket the measure at x, shape (dim,), dim <= 3. Raises ValueError out of range."""
    x = np.asarray(x, float)
    if x.shape != objective.start.shape or not 1 <= len(x) <= 3:
        raise ValueError(
            f"x has shape {x.shape}: must be that of the start, {objective.start.shape}, in 1 to 3 dimensions"
        )
    if not 0 < lam < np.inf:
        raise ValueError(f"lam = {lam}: must be finite and > 0")
    height = objective.constants.lipschitz if norm == "l2" else float(objective.constants.coordinate_lipschitz.sum())
    reach = (2.0 + np.sqrt(2.0)) * np.sqrt(height / lam)
    signs = np.array(list(product((-1.0, 1.0), repeat=len(x))))
    directions = signs if norm == "l1" else np.vstack([signs / np.sqrt(len(x)), np.eye(len(x)), -np.eye(len(x))])
    atoms = np.vstack([np.zeros(len(x)), 0.01 * reach * signs, reach * signs])
    cloud = stats.qmc.Sobol(len(x), rng=0).random(SAMPLES)
    best = (-np.inf, np.zeros(len(x)), np.zeros(len(x)))
    for _ in range(rounds):
        weights, directions, u, v, value = _master(objective, x, lam, atoms, directions)
        fresh, least = _oracle(objective, x, lam, u, v, reach, cloud)
        best = max(best, (least, u, v), key=lambda dual: dual[0])
        if best[0] > value - 0.1 * tolerance:
            break
        atoms = np.vstack([atoms, fresh])
    weights, directions, *_ = _master(objective, x, lam, atoms, directions)
    keep = weights > 0
    mean = weights[keep] @ objective.grad(x + atoms[keep])
    size = np.abs(mean).sum() if norm == "l1" else np.sqrt(mean @ mean)
    upper = float(size + lam * weights[keep] @ np.square(atoms[keep]).sum(axis=1))
    smoothness = objective.constants.smoothness
    certified = bool(np.isfinite(smoothness))
    found, u, v = best
    lower = _certify(objective, x, lam, u, v, reach, smoothness, found, tolerance) if certified else found
    return GeneralBracket(max(0.0, lower), upper, x + atoms[keep], weights[keep], u, v, certified)


def _master(
    objective: Any, x: Array, lam: float, atoms: Array, directions: Array
) -> tuple[Array, Array, Array, Array, float]:
    """min t + lam sum w |d|^2 with t >= <u_k, sum w g>: (weights, directions, u, v, value), by HiGHS.

    Directions grow until t is the norm of the mean gradient.
    """
    grads = objective.grad(x + atoms)
    cost = np.append(lam * np.square(atoms).sum(axis=1), 1.0)
    equal = np.vstack([np.append(np.ones(len(atoms)), 0.0), np.hstack([atoms.T, np.zeros((len(x), 1))])])
    right = np.append(1.0, np.zeros(len(x)))
    for _ in range(30):
        used = directions
        above = np.hstack([directions @ grads.T, -np.ones((len(directions), 1))])
        found: Any = optimize.linprog(cost, above, np.zeros(len(directions)), equal, right)  # all unknowns >= 0
        mean = found.x[:-1] @ grads
        norm = float(np.sqrt(mean @ mean))
        polyhedral = len(directions) == 2 ** len(x) and np.abs(directions).min() == 1.0
        if polyhedral or norm <= found.x[-1] + 1e-9 * (1.0 + norm):
            break
        directions = np.vstack([directions, mean / norm])
    u = -found.ineqlin.marginals @ used
    return found.x[:-1], directions, u, found.eqlin.marginals[1:], float(found.fun)


def _tilted(objective: Any, x: Array, lam: float, u: Array, v: Array, d: Array) -> Array:
    return objective.grad(x + d) @ u + lam * np.square(d).sum(axis=1) - d @ v


def _oracle(
    objective: Any, x: Array, lam: float, u: Array, v: Array, reach: float, cloud: Array
) -> tuple[Array, float]:
    """Atoms of low h: the best of a cloud over the ball's box, refined by shrinking clouds; and the lowest value."""
    centres, width = np.zeros((1, len(x))), 2.0 * reach
    for _ in range(9):
        d = (centres[:, None] + width * (cloud[None, :: len(centres)] - 0.5)).reshape(-1, len(x))
        d = np.vstack([centres, np.clip(d, -reach, reach)])
        values = _tilted(objective, x, lam, u, v, d)
        centres, width = d[np.argsort(values, kind="stable")[:8]], width / 3.0
    return centres, float(values.min())


def _certify(
    objective: Any,
    x: Array,
    lam: float,
    u: Array,
    v: Array,
    reach: float,
    smoothness: float,
    found: float,
    tolerance: float,
) -> float:
    """A proven lower bound of inf h: boxes with <u, g(centre)> - ||u|| L radius + the parabola's exact minimum."""
    slope, dim = float(np.sqrt(u @ u)) * smoothness, len(x)
    centres, half, proven, opened = np.zeros((1, dim)), reach, np.inf, 0
    corners = np.array(list(product((-0.5, 0.5), repeat=dim)))
    while len(centres) and opened < BOXES:
        nearest = np.clip(v / (2.0 * lam), centres - half, centres + half)
        parabola = lam * np.square(nearest).sum(axis=1) - nearest @ v
        bound = objective.grad(x + centres) @ u - slope * half * np.sqrt(dim) + parabola
        done = bound >= found - tolerance
        proven = min(proven, float(bound[done].min())) if done.any() else proven
        left, opened = centres[~done], opened + len(centres)
        if opened >= BOXES and len(left):
            proven = min(proven, float(bound[~done].min()))
        centres, half = (left[:, None] + half * corners).reshape(-1, dim), half / 2.0
    return proven - 1e-12 * (1.0 + abs(proven))
