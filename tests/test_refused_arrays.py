"""What no range of a single argument says: one entry of an array that is out of it is enough, and edges belong to it."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from optimizers.ftrl import DiscountedFTRL
from theory import adam_ema, complexity, discounts, heavy_tails, sharpened, tuning

PAIR = np.array([[0.5, 0.2], [0.5, 0.2]])  # of G_i, at two settings
HEAVY = partial(heavy_tails.parameters, lam=1.0, l1_lipschitz=1.0, l1_moment=0.5, power=1.5, gap=1.0)
REACH = 2.0 * np.hypot([0.5, 0.2], [0.1, 0.1]).sum() + 0.2


def after(x):
    """The next float."""
    return float(np.nextafter(x, np.inf))


# a function of one argument, its last good value, the first bad one, what is said
EDGES = [
    (lambda guess: adam_ema.theorem11_parameters(1.0, 1.0, guess, 1.0), 0.2, 0.1, "guess = .* must exceed eps/10"),
    (
        lambda sigma: adam_ema.lemma17_bound(1.0, 0.5, sigma, 1.0, 0.9, 10.0),
        0.5,
        after(0.5),
        "l1_sigma = .* must be <= ",
    ),
    (lambda root: discounts.fast_bound(0.5, np.square(root), 10.0), 0.5, 0.51, "beta2 must be <= beta1"),
    (HEAVY, 1.0, after(1.0), "eps = .* must be <= l1_lipschitz"),
    (lambda power: heavy_tails.noise_bound(1.0, power, 0.9), 2.0, after(2.0), "power = .* must lie in"),
    (lambda power: heavy_tails.noise_bound(1.0, power, 0.9), after(1.0), 1.0, "power = .* must lie in"),
    (lambda eps: sharpened.theorem11_bound(eps, 1.0, 0.5), 1.0, after(1.0), "eps = .* must be <= guess"),
    (
        lambda eps: tuning.sharpened_parameters(eps, 1.0, 1.0, PAIR[: np.size(eps)], 0.1).steps,
        0.9 * REACH,
        REACH,
        "eps = .* must be < 2 sum",
    ),
    (lambda radius: DiscountedFTRL(radius, 0.9, 0.81).radius, 1e-300, 0.0, "radius = .* must be finite and > 0"),
    (lambda radius: DiscountedFTRL(radius, 0.9, 0.81).radius, 1e300, np.inf, "radius = .* must be finite and > 0"),
    (lambda beta: DiscountedFTRL(1.0, beta, 0.81).beta1, 1.0, after(1.0), "beta1 = .* must lie in"),
    (lambda beta: DiscountedFTRL(1.0, 0.5, beta).beta2, 0.0, -1e-300, "beta2 = .* must lie in"),
]


@pytest.mark.parametrize("function, good, bad, text", EDGES)
def test_one_of_several_is_enough(function, good, bad, text):
    for right in (good, np.array([good, good])):
        assert np.isfinite(np.array(function(right))).all()
    for wrong in (bad, np.array([good, bad]), np.array([bad, good])):
        with pytest.raises(ValueError, match=text):
            function(wrong)


def test_scales_of_which_one_counts():
    """Along the last axis one must be positive, at every setting."""
    assert complexity.coordinate_gain(np.array([[1.0, 0.0], [2.0, 2.0]])).tolist() == [2.0, 1.0]
    for wrong in (np.zeros(2), np.array([[1.0, 0.0], [0.0, 0.0]])):
        with pytest.raises(ValueError, match="coordinate_scale: must have shape"):
            complexity.coordinate_gain(wrong)
