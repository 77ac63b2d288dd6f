"""The learners: against the reference, at the extremes, and their invariances."""

from __future__ import annotations

from decimal import Decimal, localcontext
from inspect import isfunction, unwrap
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers import wrong
from optimizers.base import Mover, column
from optimizers.ftrl import FAINT, DiscountedFTRL, beta_ftrl, clipped_adam, paper_learner
from optimizers.random_points import ScheduleFree
from optimizers.scaling import Constant, Exponential, Gamma, HalfNormal, Uniform, Weibull
from tests import reference

EXTREME = st.one_of(
    st.just(0.0),
    st.builds(lambda sign, e: sign * 10.0**e, st.sampled_from([-1.0, 1.0]), st.floats(-300, 300)),
)
DISCOUNT = st.one_of(st.sampled_from([0.0, 0.5, 0.999, 1.0 - 1e-9, 1.0]), st.floats(0.1, 1))


def plays(learner, gradients):
    """z_1, ..., z_{T+1}; nothing may be divided by zero, and no number be invalid."""
    state, out = learner.init(gradients[0].shape), []
    with np.errstate(over="ignore", under="ignore"):
        for grad in gradients:
            out.append(learner.play(state))
            learner.update(state, grad)
        return np.array([*out, learner.play(state)])


def exact(gradients, beta1, beta2, coordinatewise, clipped=True):
    """z_1, ..., z_{T+1} of one run at radius 1, in 40 digits with exponents of any size."""
    out = [np.zeros(gradients[0].shape)]
    with localcontext(prec=40, Emin=-(10**8), Emax=10**8):
        beta1, beta2 = Decimal(float(beta1)), Decimal(float(beta2))
        first = second = [Decimal(0)] * gradients[0].size
        for grad in gradients:
            grad = [+Decimal(float(g)) for g in grad.ravel()]  # rounded once, so that opposites cancel
            first = [beta1 * m + g for m, g in zip(first, grad, strict=True)]
            second = [beta2 * v + each for v, each in zip(second, squares(grad, coordinatewise), strict=True)]
            size = [max(v, m) if clipped else v for v, m in zip(second, squares(first, coordinatewise), strict=True)]
            out.append(np.array([[float(-m / v.sqrt()) if v else 0.0 for m, v in zip(first, size, strict=True)]]))
    return np.array(out)


def squares(vector, coordinatewise):
    """|v_i|^2 of every coordinate, or ||v||^2 for all."""
    each = [v * v for v in vector]
    return each if coordinatewise else [sum(each)] * len(each)


def assert_exact(gradients, beta1, beta2, coordinatewise, clipped=True):
    """The plays are those of exact arithmetic up to rounding and what faint sums weigh; they are in the ball."""
    gradients = [np.reshape(np.asarray(grad, float), (1, -1)) for grad in gradients]
    got = plays(DiscountedFTRL(1.0, beta1, beta2, coordinatewise, clipped), gradients)
    sizes = np.abs(gradients)
    faint = FAINT / sizes.min(where=sizes > 0, initial=np.inf)
    assert np.isfinite(got).all()
    if clipped:
        assert (np.abs(got).max() if coordinatewise else np.linalg.norm(got, axis=-1).max()) <= 1.0 + 1e-15
    error = 2.0**-52 * (50 + len(gradients)) + 2.0 * faint
    np.testing.assert_allclose(got, exact(gradients, beta1, beta2, coordinatewise, clipped), rtol=0, atol=error)


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


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.integers(1, 3).flatmap(
        lambda dim: st.lists(st.lists(EXTREME, min_size=dim, max_size=dim), min_size=1, max_size=30)
    ),
    DISCOUNT,
    DISCOUNT,
    st.booleans(),
)
def test_any_scale(rows, beta, other, coordinatewise):
    """Gradients from 1e-300 to 1e300 in one sequence, matched discounts and others."""
    assert_exact(rows, beta, np.square(beta), coordinatewise)
    assert_exact(rows, beta, other, coordinatewise)
    assert_exact(rows, beta, np.square(beta), coordinatewise, clipped=False)


@pytest.mark.parametrize("coordinatewise", [False, True])
@pytest.mark.parametrize("last", [1e-300, -1e300])
def test_wakes_after_zeros(coordinatewise, last):
    """However long the gradients were zero, and whatever came before: the next ones count as they should."""
    sizes, few = (1e-300, 1.0, 1e300), ((0.1, 300), (0.5, 7), (0.5, 1015))
    for size, (beta, zeros) in [*product(sizes, few), *product((1e-300, 1e300), [(0.5, 3000)])]:
        before = [[3.0 * size, -size], [-size, 2.0 * size]]
        rows = [*before, *[[0.0, 0.0]] * zeros, [last, 0.0], [last / 2, -last], [0.0, 0.0], [-last, last]]
        assert_exact(rows, beta, np.square(beta), coordinatewise)
    ends = ((0.9, 0.1), (0.1, 0.9), (0.0, 0.5), (0.5, 0.0), (0.5, 1.0), (1.0, 0.5), (0.0, 0.0))
    close = ((0.45, 0.25), (0.5, 0.248))  # so that the ratio of the sums still moves where they are faint
    for size, (beta1, beta2) in product((1e-300, 1.0), ends + close):
        rows = [[size, -size], [-size / 3, size], *[[0.0, 0.0]] * 300, [last, 0.0], [last / 2, -last]]
        assert_exact(rows, beta1, beta2, coordinatewise)


@pytest.mark.parametrize("power", range(15, 40))
def test_one_sum_leaves_the_other_behind(power):
    """A gradient that is larger than all before: when they stop to count is below rounding."""
    for coordinatewise in (False, True):
        assert_exact([[1.0, 1.3], [-1.4 * 2.0**power, 2.0**power], [0.5, -0.5]], 0.9, 0.81, coordinatewise)


@pytest.mark.parametrize("beta", [0.999, 1.0 - 1e-6, 1.0 - 1e-9, 1.0])
@pytest.mark.parametrize("coordinatewise", [False, True])
def test_slow_discounts(coordinatewise, beta):
    """Rounding does not add up over long windows; sums of huge gradients stay finite."""
    noise = np.random.default_rng(2).standard_normal((3000, 2))
    assert_exact(noise, beta, np.square(beta), coordinatewise)
    assert_exact(np.ones((1000, 3)), beta, np.square(beta), coordinatewise)
    assert_exact(np.full((1000, 3), -1e300), beta, np.square(beta), coordinatewise)


def test_coasts_for_ever():
    """After exactly zero gradients S and r decay together: the play stays, past the underflow of r itself."""
    for learner in (clipped_adam(1.0, 0.5), beta_ftrl(1.0, 0.5)):
        gradients = [np.array([[3.0, -1.0]]), np.array([[-1.0, 2.0]])] + [np.zeros((1, 2))] * 3000
        got = plays(learner, gradients)
        np.testing.assert_allclose(got[-1], got[2], rtol=1e-12)
        assert np.abs(got[-1]).max() > 0.1


def test_faint_sums_keep_their_digits():
    """However fast they decayed: two that are 1e-8 of the gradient are above FAINT no more, and stay as they are."""
    rows = [np.array([[1e-300, 1.7e-300]])] + [np.zeros((1, 2))] * 3
    got = plays(beta_ftrl(1.0, 0.6 * 2.0**-24), rows)
    assert np.linalg.norm(got[-1][0]) == pytest.approx(1.0, rel=1e-14)
    for size in 10.0 ** np.linspace(-307.0, -300.0, 50):  # what the last step above FAINT may lose
        got = plays(beta_ftrl(1.0, 1e-3), [size * np.array([[1.0, 1.7]]), *rows[1:]])
        assert np.linalg.norm(got[-1][0]) == pytest.approx(1.0, rel=1e-13)


def test_nothing_seen_nothing_played():
    """z = 0 while all gradients are 0, coordinate by coordinate."""
    got = plays(clipped_adam(1.0, 0.9), [np.zeros((2, 2)), np.array([[0.0, 1.0], [0.0, 0.0]]), np.zeros((2, 2))])
    assert (got[:2] == 0).all() and (got[:, :, 0] == 0).all()
    assert (got[2:, 0, 1] == -1.0).all() and (got[2:, 1, 1] == 0).all()


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.integers(-900, 900), st.integers(-900, 900))
def test_invariant_to_rescaling(seed, a, b):
    """clipped Adam: any power of two in front of a coordinate changes no bit; beta-FTRL: a common one."""
    gradients = list(np.random.default_rng(seed).standard_normal((20, 1, 2)))
    factors = np.ldexp(1.0, [a, b])
    learner = clipped_adam(0.3, 0.95)
    np.testing.assert_array_equal(plays(learner, gradients), plays(learner, [g * factors for g in gradients]))
    whole = beta_ftrl(0.3, 0.95)
    np.testing.assert_array_equal(plays(whole, gradients), plays(whole, [g * factors[0] for g in gradients]))


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.integers(-500, 500), DISCOUNT, DISCOUNT)
def test_wild_sequences_are_invariant_too(seed, power, beta1, beta2):
    """The same where sizes jump by up to 2^800, so that each of the two sums leaves the other far behind."""
    rng = np.random.default_rng(seed)
    gradients = list(np.ldexp(rng.uniform(1, 2, (40, 2, 3)), rng.integers(-400, 400, (40, 2, 3))))
    for learner in (DiscountedFTRL(0.3, beta1, beta2), DiscountedFTRL(0.3, beta1, beta2, True)):
        scaled = plays(learner, [np.ldexp(g, power) for g in gradients])
        np.testing.assert_array_equal(plays(learner, gradients), scaled)


def test_one_coordinate_is_both():
    """In one dimension the two learners agree, bit for bit."""
    gradients = list(np.random.default_rng(0).standard_normal((50, 3, 1)))
    np.testing.assert_array_equal(plays(clipped_adam(0.3, 0.9), gradients), plays(beta_ftrl(0.3, 0.9), gradients))


def test_a_spike_changes_no_neighbour():
    """What happens in one run, and for clipped Adam in one coordinate, changes no bit of the others."""
    gradients = np.random.default_rng(1).standard_normal((60, 2, 2))
    spiked = gradients.copy()
    spiked[30, 0, 0] = 1e250
    for learner in (clipped_adam(1.0, 0.9), beta_ftrl(1.0, 0.9)):
        calm, wild = plays(learner, list(gradients)), plays(learner, list(spiked))
        np.testing.assert_array_equal(calm[:, 1], wild[:, 1])
        if learner.coordinatewise:
            np.testing.assert_array_equal(calm[:, 0, 1], wild[:, 0, 1])


@pytest.mark.parametrize(
    "bad", [{"radius": 0.0}, {"radius": np.inf}, {"beta1": 1.1}, {"beta2": -0.1}, {"beta1": np.nan}]
)
def test_bad_parameters(bad):
    """One line that names parameter and range."""
    with pytest.raises(ValueError, match=next(iter(bad))):
        DiscountedFTRL(**{"radius": 1.0, "beta1": 0.9, "beta2": 0.8, **bad})


@pytest.mark.parametrize(
    ("law", "second"),
    [
        (Exponential(), 2.0),
        (Constant(), 1.0),
        (Uniform(), 4 / 3),
        (Gamma(4.0), 1.25),
        (Weibull(2.0), 4 / np.pi),
        (HalfNormal(), np.pi / 2),
    ],
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


@pytest.mark.parametrize("make", [Exponential, Uniform, HalfNormal, Constant, lambda mean=1.0: Gamma(2.5, mean)])
def test_another_mean_is_a_factor(make):
    """A law of another mean draws so many times what it draws at mean 1, and says so."""
    draws = {mean: np.empty(50) for mean in (1.0, 1.5, 3.0)}
    for mean, out in draws.items():
        make(mean=mean).fill(np.random.Generator(np.random.SFC64(5)), out)
        assert make(mean=mean).mean == mean
    for mean, out in draws.items():
        np.testing.assert_allclose(out, mean * draws[1.0], rtol=1e-14)
    assert make().mean == 1.0


@pytest.mark.parametrize("mean", [0.0, -1.0, np.inf, np.nan])
def test_a_law_has_a_mean(mean):
    with pytest.raises(ValueError, match=r"mean = .*: must be finite and > 0"):
        Exponential(mean)


WRONG = {  # beta1 and beta2 of the learners that are wrong in these only, at beta = 0.9
    "no_momentum": (0.0, 0.81),
    "equal_discounts": (0.9, 0.9),
    "slow_denominator": (0.9, 0.999),
    "long_momentum": (0.99, 0.81),
    "twice_as_long": (0.95, 0.81),
    "cubed_discount": (0.9, 0.729),
}
OTHERS = {"wrong_sign", "dithered", "no_clip", "fixed_denominator", "wider_ball"}


@pytest.mark.parametrize("coordinatewise", [False, True])
def test_wrong_learners_are_wrong_as_they_say(coordinatewise):
    """Against sums that are written out, the one ingredient changed: what a control stands for."""
    gradients = list(np.random.default_rng(9).standard_normal((12, 2)) + 0.5)
    rows = [g[None] for g in gradients]
    written = {name for name, found in vars(wrong).items() if isfunction(found) and found.__module__ == wrong.__name__}
    assert written == {*WRONG, *OTHERS}
    literal = reference.clipped_adam if coordinatewise else reference.ftrl
    right = [np.zeros(2), *(literal(gradients[:t], 0.7, 0.9, 0.81) for t in range(1, 13))]
    for name, (beta1, beta2) in WRONG.items():
        found = plays(getattr(wrong, name)(0.7, 0.9, coordinatewise), rows)[1:, 0]
        expected = [literal(gradients[:t], 0.7, beta1, beta2) for t in range(1, 13)]
        np.testing.assert_allclose(found, expected, rtol=1e-12, err_msg=name)
        assert np.abs(found - right[1:]).max() > 0.02, name
    wider = plays(wrong.wider_ball(0.56, 0.9, coordinatewise), rows)[:, 0]
    np.testing.assert_allclose(wider, right, rtol=1e-12)
    np.testing.assert_allclose(plays(wrong.wrong_sign(0.7, 0.9, coordinatewise), rows)[:, 0], -np.array(right))
    adrift = wrong.dithered(paper_learner(0.7, 0.9, coordinatewise))
    np.testing.assert_allclose(plays(adrift, rows)[:, 0] - right, 1e-6, rtol=1e-8)
    assert isinstance(wrong.dithered(ScheduleFree(0.3, 0.9)), Mover) and not isinstance(adrift, Mover)
    sums = [sum(0.9 ** (t - 1 - s) * gradients[s] for s in range(t)) for t in range(1, 13)]
    sizes = [sum(0.81 ** (t - 1 - s) * np.square(gradients[s]) for s in range(t)) for t in range(1, 13)]
    whole = np.sqrt(sizes if coordinatewise else np.sum(sizes, axis=1, keepdims=True))
    free = plays(wrong.no_clip(0.7, 0.9, coordinatewise), rows)[1:, 0]
    np.testing.assert_allclose(free, -0.7 * np.array(sums) / whole, rtol=1e-12)
    assert np.abs(free).max() > 0.75
    fixed = plays(wrong.fixed_denominator(0.7, 0.9, coordinatewise), [0.2 * row for row in rows])[1:, 0]
    expected = [-reference.clip(0.7 * 0.2 * total, 0.7) for total in sums]
    np.testing.assert_allclose(fixed, expected, rtol=1e-12)
    lengths = np.linalg.norm(fixed, axis=1)
    assert lengths.min() < 0.5 and lengths.max() == pytest.approx(0.7)


def test_a_hyper_parameter_is_a_number_or_one_a_run():
    assert column(0.5).tolist() == [[0.5]] and column(np.array([1.0, 2.0])).tolist() == [[1.0], [2.0]]
    with pytest.raises(ValueError, match=r"one number, or one a run; it has shape \(2, 1\)"):
        unwrap(column)(np.ones((2, 1)))  # tests would refuse the shape before
