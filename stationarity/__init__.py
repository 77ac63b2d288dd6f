"""The stationarity measure itself, bracketed from both sides, each side with its proof.

||grad F(x)||^[lam] = inf { ||E grad F(y)|| + lam E||y - x||_2^2 : E y = x } (arXiv 2405.18199, Definition 3; with the
1-norm of E grad F, Definition 15). Any law with mean x is an upper bound. Dual, by minimax: for every u in the unit
ball of the dual norm and every v, inf_y { <u, grad F(y)> + lam ||y-x||^2 - <v, y-x> } is a lower bound.

Convention. grad F need only exist almost everywhere. Where f' jumps, `grad` returns a fixed selection at the break;
atoms may be put as close to the break as one likes on either side, so both one-sided limits count as available at
it. That leaves the infimum as it is, up to closure, with one exception on purpose: exactly at a break the selection
itself (say 0 at the kink of |x|) is ignored where f' is piecewise affine, for a null set has no say.

bracket.py holds the answer and a checker of it; oracle.py and branch_and_bound.py the certified minima, the only parts
that need trust; convex_envelope.py, direction_problem.py and solver.py search; general.py serves non-separable
objectives; paraboloid.py carries one proof to many points.
"""

from __future__ import annotations

import numpy as np

from foundation.arrays import Array, Float
from objectives.base import Objective, PiecewiseSlope, Separable
from stationarity.bracket import Bracket, CertificateError, Norm, Verified, dual_value, verify
from stationarity.general import measure_general
from stationarity.paraboloid import Paraboloid, measure_winding, paraboloid
from stationarity.separable import measure_scalar, measure_separable

__all__ = [
    "Bracket",
    "CertificateError",
    "Norm",
    "Paraboloid",
    "Verified",
    "dual_value",
    "measure",
    "measure_general",
    "measure_scalar",
    "measure_separable",
    "measure_winding",
    "paraboloid",
    "verify",
]

EXACT = 1e-10


def measure(
    objective: Objective | Separable,
    x: Float[Array, "points dim"] | Float[Array, "dim"],
    lam: float,
    norm: Norm = "l2",
    tolerance: float = 1e-4,
    floor: float = 1.0,
) -> Bracket:
    """Bracket the measure of an objective: a separable one at any number of points, another at one point.

    The gap asked for is tolerance * max(value, floor), floor = eps; where every slope is piecewise affine the tolerance
    is EXACT, if that is less, for there it costs little. A non-separable objective must have 1 to 3
    coordinates; see measure_general for what is certified. Raises ValueError out of range, TypeError for several points
    of an objective that is not separable.
    """
    x = np.asarray(x, float)
    if isinstance(objective, Separable):
        slopes = objective.slopes()
        if tolerance > EXACT and all(isinstance(slope, PiecewiseSlope) for slope in slopes):
            tolerance = EXACT
        return measure_separable(slopes, x, lam, norm, tolerance, floor)
    if x.ndim != 1:
        name = type(objective).__name__
        raise TypeError(f"x has shape {x.shape}: {name} is not separable, which takes one point x, shape (dim,)")
    return measure_general(objective, x, lam, norm, tolerance, floor)
