"""The hard chain of Arjevani et al. is the function of its docstring (objectives/chain.py), and hides what it should."""

from __future__ import annotations

from math import e, exp, pi, sqrt

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import optimize

from objectives import NOISES
from objectives.chain import HardChain, _steepest, link


def test_a_link_of_the_chain():
    """Psi and its derivative from the formula, down to what a float can hold."""
    a = [-1.0, 0.0, 0.5, 0.515, 0.525, 0.55, 0.7, 1.0, 40.0]
    psi, slope = link(np.array(a))
    expected = [exp(1 - 1 / (2 * x - 1) ** 2) if x > 0.52 else 0.0 for x in a]
    assert_allclose(psi, expected, rtol=1e-12)
    assert_allclose(
        slope, [4 * y / (2 * x - 1) ** 3 if y else 0.0 for x, y in zip(a, expected, strict=True)], rtol=1e-12
    )


@pytest.mark.parametrize("share", [1.0, e])
def test_the_steepest_place_of_a_link(share):
    """The maximum, by another method, is exceeded by less than what the docstring adds."""
    x = optimize.minimize_scalar(
        lambda a: -share * exp((1 - a * a) / 2) - sqrt(2 * pi * e) * float(link(np.array(a))[1]),
        bounds=(0.6, 1.2),
        method="bounded",
        options={"xatol": 1e-9},
    )
    assert -1e-13 < _steepest(share) + x.fun <= 1e-8 + 1e-13


@pytest.mark.parametrize("dim", [1, 2, 3, 4])
def test_every_link_of_the_chain_attains_its_constant(dim):
    """G_i: both neighbours far away, x_i where the slope is largest; Delta and L as cited, scaled."""
    chain = HardChain(dim=dim, height=0.6, width=2.0)
    top = sqrt(2 * pi * e)
    assert chain.constants.gap == pytest.approx(0.6 * top * (0.5 + e * (dim - 1)))
    assert chain.constants.smoothness == pytest.approx(152 * 0.6 / 4)
    assert chain.constants.lipschitz == pytest.approx(np.linalg.norm(chain.constants.coordinate_lipschitz))
    a = np.linspace(0.0, 1.2, 20_001)
    for i, constant in enumerate(chain.constants.coordinate_lipschitz):
        x = np.zeros((len(a), dim))
        x[:, max(i - 1, 0)] = x[:, min(i + 1, dim - 1)] = 2e5
        x[:, i] = 2.0 * a
        found = np.abs(chain.grad(x)[:, i]).max()
        assert found <= constant <= found * (1 + 1e-6)


def test_progress():
    """The last coordinate beyond the threshold, in units of the width."""
    chain = HardChain(dim=3, width=2.0)
    x = np.array([[0.0, 0.0, 0.0], [0.6, 0.0, 0.4], [0.6, -0.6, 0.5], [0.0, 0.0, -0.51]])
    assert chain.progress(x, 0.25).tolist() == [0.0, 1.0, 2.0, 3.0]


def test_what_the_chain_hides():
    """Coordinates after the last that is larger than a quarter of the width are multiplied by b/p, the others shown."""
    chain, noise = HardChain(dim=3, width=2.0), NOISES["chain"](probability=0.2)
    x = np.array([[0.0, 0.0, 0.0], [0.51, 0.0, 0.0], [9.0, -0.51, 0.49], [0.0, 0.0, 0.6]])
    found = noise.stochastic(chain, x, np.ones((4, 3)), np.full((4, 1), 5.0))
    assert found.tolist() == [[5.0, 5.0, 5.0], [1.0, 5.0, 5.0], [1.0, 1.0, 5.0], [1.0, 1.0, 1.0]]
    assert noise.width(3) == 1 and NOISES["sparse"]().width(3) == 3 and NOISES["minibatch"]().width(3) == 1
