"""The learners: against the reference, at the extremes, and their invariances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.alarm import ALARM
from optimizers.ftrl import DiscountedFTRL, beta_ftrl, clipped_adam
from optimizers.scaling import Constant, Exponential, Gamma, Uniform
from tests import reference

EXTREME = st.one_of(
    st.just(0.0),
    st.builds(lambda sign, e: sign * 10.0**e, st.sampled_from([-1.0, 1.0]), st.floats(-300, 300)),
)


def plays(learner, gradients):
    state = learner.init(gradients[0].shape)
    out = []
    for grad in gradients:
        out.append(learner.play(state, np.empty(grad.shape)).copy())
        learner.update(state, grad)
    return np.array([*out, learner.play(state, np.empty(gradients[0].shape)).copy()])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.lists(st.floats(-10, 10), min_size=2, max_size=2), min_size=1, max_size=12),
    st.floats(0, 1),
    st.floats(1e-3, 1),
)
def test_agrees_with_reference(rows, beta1, beta2):
    """Both learners, any discounts, zeros included."""
    gradients = [np.array(row) for row in rows]
    for coordinatewise, literal in ((False, reference.ftrl), (True, reference.clipped_adam)):
        learner = DiscountedFTRL(0.7, beta1, beta2, coordinatewise)
        fast = plays(learner, [g[None] for g in gradients])[-1, 0]
        sizes = [abs(g) for g in np.ravel(gradients) if g]
        if sizes and min(sizes) > 1e-100:  # the reference squares without care
            np.testing.assert_allclose(fast, literal(gradients, 0.7, beta1, beta2), rtol=1e-9, atol=1e-9)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.lists(EXTREME, min_size=1, max_size=30), st.floats(0.1, 1))
def test_any_scale(values, beta):
    """Gradients from 1e-300 to 1e300 in one sequence: in the ball, and those of exact rational arithmetic."""
    from fractions import Fraction as Q

    got = plays(clipped_adam(1.0, beta), [np.array([[v]]) for v in values])[:, 0, 0]
    assert np.isfinite(got).all() and (np.abs(got) <= 1.0).all()
    first = second = Q(0)
    exact_beta, exact_square = Q(beta), Q(float(np.square(beta)))
    for v, z in zip(values, got[1:], strict=True):
        first, second = exact_beta * first + Q(v), exact_square * second + Q(v) ** 2
        if second:
            square = min(Q(1), first * first / second)
            assert abs(z) == pytest.approx(float(square) ** 0.5, rel=1e-6, abs=1e-7)
            assert z == 0 or abs(z) < 1e-7 or (z < 0) == (first > 0)


def test_coasts_for_ever():
    """After exactly zero gradients S and r decay together: the play stays, past the underflow of r itself."""
    for learner in (clipped_adam(1.0, 0.5), beta_ftrl(1.0, 0.5)):
        gradients = [np.array([[3.0, -1.0]]), np.array([[-1.0, 2.0]])] + [np.zeros((1, 2))] * 3000
        got = plays(learner, gradients)
        np.testing.assert_allclose(got[-1], got[2], rtol=1e-12)
        assert np.abs(got[-1]).max() > 0.1


def test_nothing_seen_nothing_played():
    """z = 0 while all gradients are 0, coordinate by coordinate."""
    got = plays(clipped_adam(1.0, 0.9), [np.zeros((2, 2)), np.array([[0.0, 1.0], [0.0, 0.0]]), np.zeros((2, 2))])
    assert (got[:2] == 0).all() and (got[:, :, 0] == 0).all()
    assert (got[2:, 0, 1] == -1.0).all() and (got[2:, 1, 1] == 0).all()


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.integers(-400, 400), st.integers(-400, 400))
def test_invariant_to_rescaling(seed, a, b):
    """clipped Adam: any power of two in front of a coordinate changes no bit; beta-FTRL: a common one."""
    gradients = list(np.random.default_rng(seed).standard_normal((20, 1, 2)))
    factors = np.ldexp(1.0, [a, b])
    learner = clipped_adam(0.3, 0.95)
    np.testing.assert_array_equal(plays(learner, gradients), plays(learner, [g * factors for g in gradients]))
    whole = beta_ftrl(0.3, 0.95)
    np.testing.assert_array_equal(plays(whole, gradients), plays(whole, [g * factors[0] for g in gradients]))


def test_one_coordinate_is_both():
    """In one dimension the two learners agree."""
    gradients = list(np.random.default_rng(0).standard_normal((50, 3, 1)))
    np.testing.assert_allclose(
        plays(clipped_adam(0.3, 0.9), gradients), plays(beta_ftrl(0.3, 0.9), gradients), rtol=1e-14
    )


def test_alarm_changes_no_bit():
    """A spike that forces one coordinate to be rescaled leaves the others as they were."""
    gradients = np.random.default_rng(1).standard_normal((60, 2, 2))
    calm = plays(clipped_adam(1.0, 0.9), list(gradients))
    gradients[30, 0, 0] = 1e250
    wild = plays(clipped_adam(1.0, 0.9), list(gradients))
    np.testing.assert_array_equal(calm[:, 1], wild[:, 1])
    np.testing.assert_array_equal(calm[:, 0, 1], wild[:, 0, 1])
    assert not ALARM.armed


@pytest.mark.parametrize(
    "bad", [{"radius": 0.0}, {"radius": np.inf}, {"beta1": 1.1}, {"beta2": -0.1}, {"beta1": np.nan}]
)
def test_bad_parameters(bad):
    """One line that names parameter and range."""
    with pytest.raises(ValueError, match=next(iter(bad))):
        DiscountedFTRL(**{"radius": 1.0, "beta1": 0.9, "beta2": 0.8, **bad})


@pytest.mark.parametrize(
    ("law", "second"), [(Exponential(), 2.0), (Constant(), 1.0), (Uniform(), 4 / 3), (Gamma(4.0), 1.25)]
)
def test_scalings(law, second):
    """Mean 1 and the second moment of the law; the stream does not depend on its cuts."""
    whole, parts = np.empty(200_000), np.empty(200_000)
    law.fill(np.random.Generator(np.random.SFC64(5)), whole)
    rng = np.random.Generator(np.random.SFC64(5))
    for cut in (parts[:7], parts[7:1000], parts[1000:]):
        law.fill(rng, cut)
    np.testing.assert_array_equal(whole, parts)
    assert whole.mean() == pytest.approx(1.0, abs=0.01)
    assert np.square(whole).mean() == pytest.approx(second, abs=0.05)
