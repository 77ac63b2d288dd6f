"""Our parameters for a target and the paper's: the fewest steps there are, how they compare, and what measures them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import minimize

from experiments.beyond_parameters import STRATA, SharpenedParameters, early_times
from experiments.words.harness import measure
from experiments.words.problem import Context, Effort, Problem
from objectives.kinks import CappedAbs, MaxAffineDifference
from objectives.noise import Exact, Gaussian
from objectives.smooth import Huber
from optimizers.ftrl import beta_ftrl
from simulation.certificate import Certificate
from simulation.engine import Setup, simulate
from simulation.hitting import HittingTime
from simulation.recording import recipe
from simulation.streams import Streams
from theory import adam_ema, sharpened, tuning

SAMPLES = settings(max_examples=25)
SCALE = st.floats(1e-2, 1e2)
SHARE = st.one_of(st.just(0.0), st.just(1.0), st.floats(0.0, 1.0))
CONTEXT = Context(seed=0, case="test", effort=Effort(runs=8, windows=5, guess_limit=4, draws=100))
LEADING = 343 * np.sqrt(7) / 64


def draw(rng: np.random.Generator, dim: int = 1) -> dict[str, Any]:
    """A problem whose scale is 1 to 100 targets, with start-up or descent in front, with noise or without."""
    eps, lam = 10 ** rng.uniform(-2, 2, 2)
    sizes = eps * 10 ** rng.uniform(0, 2) * rng.dirichlet(np.ones(2 * dim))
    sizes[rng.choice([0, dim]) : rng.choice([0, dim, 2 * dim])] *= rng.choice([0.0, 1.0])
    sizes[0] += eps
    gap = eps**1.5 / lam**0.5 * 10 ** rng.uniform(-2, 3)
    return {"eps": eps, "lam": lam, "gap": gap, "coordinate_lipschitz": sizes[:dim], "coordinate_sigma": sizes[dim:]}


def guarantee(problem: dict[str, Any], radius: Any, beta: Any, steps: Any) -> Any:
    """Our bound, over the target."""
    inputs = (problem[name] for name in ("lam", "gap", "coordinate_lipschitz", "coordinate_sigma"))
    return sharpened.guarantee_l1(*inputs, radius, beta, steps) / problem["eps"]


def test_the_least_share_is_found() -> None:
    """Where start-up is all that counts T is as 1/(s (1-s)): s = 1/2, where the search begins; beta says which it was."""
    for eps, steps in ((0.1, 1800), (0.01, 180068)):
        beta, _, found = tuning.sharpened_parameters(eps, 1.0, 1e-9, [0.0], [1.0])
        assert found == steps
        level = (1 - beta) / (1 + beta)
        assert_allclose(3 * np.sqrt(level) / eps, 0.5, rtol=1e-3)


def test_the_radius_is_the_root_of_the_docstring() -> None:
    """2 a f D^3 + 3 a Delta D^2 = e Delta to rounding, at any share, and T there; with descent or start-up in front."""
    rng = np.random.default_rng(11)
    for _ in range(200):
        share, (eps, lam, gap) = rng.uniform(0.5, 0.999), 10.0 ** rng.uniform(-4, 4, 3)
        lipschitz, noise = eps * 10.0 ** rng.uniform(-1, 5, 2)
        reach = 2.0 * lipschitz + noise + eps
        inputs = [np.array([each]) for each in (share, eps, lam, gap, lipschitz, reach)]
        beta, radius, steps = (float(each[0]) for each in tuning._fewest(*inputs))
        assert_allclose((1 - beta) / (1 + beta), (share * eps / reach) ** 2, rtol=1e-15, atol=1e-16)
        level = (1 - beta) / (1 + beta)  # of the rounded beta
        f = (1 - level) * (lipschitz + reach * level**0.5) / (2 * level)
        a, e = lam * (1 + level) ** 2 * (1 - level) / (4 * level**2), eps - reach * level**0.5
        assert_allclose(2 * a * f * radius**3 + 3 * a * gap * radius**2, e * gap, rtol=1e-10)
        assert_allclose(steps, (gap / radius + f) / (e - a * radius**2), rtol=1e-10)


@pytest.mark.parametrize("dim", [1, 3])
def test_no_beta_and_radius_reach_the_target_in_fewer_steps(dim: int) -> None:
    """The bound is the target or less; with one step less it is more, on a grid and at the minimum that SciPy finds."""
    rng = np.random.default_rng(dim)
    for _ in range(12):
        problem = draw(rng, dim)
        beta, radius, steps = tuning.sharpened_parameters(**problem)
        assert guarantee(problem, radius, beta, steps) <= 1 + 1e-12
        if steps == 1:
            continue
        rates, sizes = np.minimum((1 - beta) * np.geomspace(0.2, 5, 81), 1 - 1e-9), radius * np.geomspace(0.2, 5, 81)
        assert guarantee(problem, sizes[:, None], 1 - rates, steps - 1).min() > 1

        def bound(
            logs: Any,
            problem: dict[str, Any] = problem,
            rate: Any = 1 - beta,
            size: Any = radius,
            time: Any = steps - 1,
        ) -> float:
            return float(guarantee(problem, size * np.exp(logs[1]), 1 - min(rate * np.exp(logs[0]), 1 - 1e-9), time))

        least = min(minimize(bound, start, method="Nelder-Mead").fun for start in ([0.0, 0.0], [0.7, -0.7]))
        assert least > 1 - 1e-12


def test_the_search_is_that_over_all_shares() -> None:
    """Brute force: for every share of regret and noise and of spread, the explicit T; the least of 1.4 million."""
    rng = np.random.default_rng(3)
    share, spread = np.linspace(0, 1, 1201)[1:-1, None], np.linspace(0, 1, 1201)[None, 1:-1]
    for _ in range(5):
        problem = draw(rng)
        eps, lam, gap, (lipschitz,), (sigma,) = problem.values()
        reach = 2 * np.hypot(lipschitz, sigma) + sigma
        level = np.square(share * eps / reach)
        fixed = (1 - level) * (lipschitz + share * eps) / (2 * level)
        curve = lam * (1 + level) ** 2 * (1 - level) / (4 * level**2)
        left = (1 - share) * eps
        steps = (gap / np.sqrt(spread * left / curve) + fixed) / ((1 - spread) * left)
        found = tuning.sharpened_parameters(**problem).steps
        assert found - 1 < steps.min() and found <= np.ceil(steps.min())
        assert steps.min() < 1.0001 * found + 1


def test_leading_order() -> None:
    """For small targets: 4/7 to regret and noise, 1/7 to spread, 2/7 to descent, and T as it follows."""
    for lipschitz, sigma in ((3.0, 0.0), (3.0, 1.0), (0.0, 2.0)):
        eps, lam, gap, reach = 1e-3, 2.0, 7.0, 2 * np.hypot(lipschitz, sigma) + sigma
        beta, radius, steps = tuning.sharpened_parameters(eps, lam, gap, [lipschitz], [sigma])
        assert_allclose(1 - beta, 2 * (4 * eps / (7 * reach)) ** 2, rtol=2e-3)
        assert_allclose(lam * sharpened.lemma10_bound(radius, beta), eps / 7, rtol=4e-3)
        assert_allclose(gap / (radius * float(steps)), 2 * eps / 7, rtol=4e-3)
        assert_allclose(float(steps), LEADING * reach**2 * gap * lam**0.5 * eps**-3.5, rtol=6e-3)


def test_arrays_are_the_numbers_and_coordinates_add_up() -> None:
    eps, gap = np.array([[0.3], [1.0]]), np.array([2.0, 7.0, 0.01])
    whole = tuning.sharpened_parameters(eps, 2.0, gap, [1.0, 0.5], [0.2, 0.0])
    for i, j in np.ndindex(2, 3):
        alone = tuning.sharpened_parameters(eps[i, 0], 2.0, gap[j], [1.0, 0.5], [0.2, 0.0])
        assert [part[i, j] for part in whole] == list(alone)
    apart = tuning.sharpened_parameters(1.0, 2.0, 7.0, [1.0, 1.0], 0.0)
    assert_allclose(apart, tuning.sharpened_parameters(1.0, 4.0, 7.0, [2.0], [0.0]), rtol=1e-12)


@given(SCALE, SCALE, SCALE, st.sampled_from([0.25, 4.0, 64.0]))
@SAMPLES
def test_units(lam: float, gap: float, ratio: float, c: float) -> None:
    """F -> c F, and x -> c x (eps/c, lam/c^3, D c): beta and T stay."""
    start = tuning.sharpened_parameters(1.0, lam, gap, [1 + ratio], [ratio])
    theirs, guess = tuning.theorem18_at_target(1.0, lam, gap, 1 + 2 * ratio, 1)
    for f, x in ((c, 1.0), (1.0, c)):
        unit = f / x
        inputs = unit, lam * unit / x**2, gap * f
        ours = tuning.sharpened_parameters(*inputs, [(1 + ratio) * unit], [ratio * unit])
        assert_allclose([ours.beta, ours.radius], [start.beta, start.radius * x], rtol=1e-9)
        assert abs(ours.steps - start.steps) <= 1
        again, scaled = tuning.theorem18_at_target(*inputs, (1 + 2 * ratio) * unit, 1)
        assert_allclose(scaled, guess * unit, rtol=1e-9)
        assert abs(again.steps - theirs.steps) <= 1 + 1e-9 * theirs.steps


@pytest.mark.parametrize("bound", [adam_ema.theorem18_bound, adam_ema.theorem18_bound_proved])
def test_no_other_guess_makes_the_theorem_reach_the_target_sooner(bound: Any) -> None:
    rng = np.random.default_rng(5)
    for _ in range(100):
        eps, lam, gap = 10 ** rng.uniform(-2, 2, 3)
        scale, dim = eps * 10 ** rng.uniform(0, 2), int(rng.integers(1, 9))
        found, guess = tuning.theorem18_at_target(eps, lam, gap, scale, dim, bound)
        own = eps / bound(1.0, guess, scale)
        assert_allclose(bound(own, guess, scale), eps, rtol=1e-12)
        assert_allclose(found, adam_ema.theorem18_parameters(own, lam, guess, gap, dim), rtol=1e-12)
        others = guess * np.geomspace(0.05, 20, 2001)
        accuracy = eps / bound(1.0, others, scale)
        others, accuracy = others[others > accuracy / 9], accuracy[others > accuracy / 9]
        assert found.steps <= adam_ema.theorem18_parameters(accuracy, lam, others, gap, dim).steps.min()


@given(SCALE, SCALE, SCALE, st.floats(0, 2), SHARE, st.integers(1, 5))
@SAMPLES
def test_ours_is_at_most_a_28th(eps: float, lam: float, gap: float, above: float, share: float, dim: int) -> None:
    """Against the theorem's T at its best C, and a 31st at C = ||G+sigma||_1, from eps = ||G+sigma||_1 on."""
    scale = eps * 10**above
    sizes = np.full(dim, (1 - share) * scale / dim), np.full(dim, share * scale / dim)
    scale = float(sum(sizes).sum())  # type: ignore[arg-type, union-attr]
    own = float(tuning.sharpened_parameters(eps, lam, gap, *sizes).steps)
    assert own <= tuning.sharpened_steps(tuning.theorem18_at_target(eps, lam, gap, scale, dim)[0].steps)
    assert own <= adam_ema.theorem18_parameters(eps / 2, lam, scale, gap, dim).steps / 31


def test_the_proof_of_the_28th() -> None:
    """Its inequality between T and the explicit parameters, and its last step, in one variable."""
    rng = np.random.default_rng(7)
    for _ in range(200):
        problem = draw(rng, 2)
        eps, lam, gap, lipschitz, sigma = problem.values()
        reach = 2 * np.hypot(lipschitz, sigma).sum() + sigma.sum()
        scaled = gap * (2 * lam) ** 0.5 / eps**1.5
        explicit = np.sqrt(7) * ((reach / eps) ** 2 + 8 / 49) * scaled + (reach / eps) ** 2 * (
            lipschitz.sum() / eps + 4 / 7
        )
        assert tuning.sharpened_parameters(**problem).steps <= 343 / 64 * explicit + 1
        assert reach <= 2 * lipschitz.sum() + 3 * sigma.sum() + 1e-12 * reach
    ratio, share, scale = np.meshgrid(np.geomspace(1e-3, 1e3, 1201), np.linspace(0, 1, 41), np.geomspace(1, 1e3, 7))
    square, start_up = np.square(2 + share), 1200 * (ratio + 1) ** 3
    descent = LEADING * (square + 8 / 49 / scale**2) / (400 * (ratio + 1) ** 2 * (1 + 1 / ratio) ** 1.5)
    total = descent + (343 / 64 * square * (1 - share + 4 / 7 / scale) + 1 / scale**3) / start_up
    worst = np.unravel_index(total.argmax(), total.shape)
    assert (share[worst], scale[worst]) == (1.0, 1.0)
    assert_allclose([1 / total[worst], ratio[worst]], [28.58, 0.567], rtol=1e-2)
    assert total.max() < 1 / tuning.LEAST_GAIN


def test_the_factors_in_the_docstring() -> None:
    """Of the leading constants: stated and proved, C = G + sigma and the best C, without noise, the least, pure noise."""
    share = np.array([0.0, 0.311, 1.0])
    ours = LEADING * np.square(2 * np.hypot(1 - share, share) + share)
    assert_allclose(ours, [56.7, 47.1, 127.6], rtol=1e-3)

    def theirs(constant: float, ratio: float) -> float:
        return float(400 * ratio**2 * (constant + 1 / ratio) ** 3.5)

    assert_allclose([theirs(1, 1), theirs(1.75, 1)], [4525, 13795], rtol=2e-4)
    assert_allclose([theirs(1, 0.75), theirs(1.75, 0.75 / 1.75)], [4366, 10108], rtol=2e-4)
    assert (theirs(1, 1) / ours).round().tolist() == [80, 96, 35]
    assert (theirs(1, 0.75) / ours)[1:].round().tolist() == [93, 34]
    assert (theirs(1.75, 1) / ours)[1:].round().tolist() == [293, 108]
    assert (theirs(1.75, 0.75 / 1.75) / ours)[1:].round().tolist() == [215, 79]
    plain = (
        2 * LEADING * np.square(2 + share)
    )  # items 2 and 3 of the sharper bounds alone: kappa = 2 (G + sigma) + sigma
    assert np.round([theirs(1, 1) / plain[2], theirs(1.75, 1) / plain[0]]).tolist() == [18, 122]
    own = tuning.sharpened_parameters(1e-3, 1.0, 30.0, (1 - share)[:, None], share[:, None]).steps
    assert_allclose(tuning.theorem18_at_target(1e-3, 1.0, 30.0, 1.0, 1)[0].steps / own, 4366 / ours, rtol=1e-2)
    quick = tuning.sharpened_parameters(1e-3, 1.0, 1e-6, [0.0], [1.0]).steps
    assert tuning.theorem18_at_target(1e-3, 1.0, 1e-6, 1.0, 1)[0].steps / quick > 1e4, "the start-up branch"


def test_what_the_parameters_refuse() -> None:
    for arguments, text in (
        ((3.0, 1.0, 1.0, [1.0], [0.0]), r"eps = 3\.: must be <"),
        ((1.0, 1.0, 0.0, [1.0], [0.0]), "gap = 0.*: must be finite and > 0"),
        ((1.0, 1.0, 1.0, 1.0, 0.0), "one must have shape"),
        ((1e-4, 1.0, 1e6, [1.0], [0.0]), "steps = .*: must be at most 2"),
    ):
        with pytest.raises(ValueError, match=text):
            tuning.sharpened_parameters(*arguments)


def test_early_times_weigh_every_time_alike() -> None:
    """The strata are disjoint and fill 1..T; where T is short some are empty and weigh nothing."""
    steps = np.array([1000, 256, 20])
    times, weights = early_times(steps, CONTEXT)
    assert_allclose(weights.sum(axis=1), 1.0)
    for row, shares, whole in zip(times, weights, steps, strict=True):
        sizes = np.rint(shares * whole).astype(int)
        ends = np.cumsum(sizes)
        assert len(row) == STRATA and ends[-1] == whole and (np.diff(sizes) >= -1).all()
        assert ((ends - sizes < row) & (row <= np.maximum(ends, 1 + ends - sizes))).all() and row.max() <= whole


def test_a_hitting_time_keeps_points_too() -> None:
    """The same xbar_t as the certificate alone."""
    beta, times, streams = np.array([0.9, 0.99]), np.array([[3, 40], [1, 50]]), Streams(0, "points")
    setup = Setup(Huber(dim=2), Gaussian(sigma=0.3), beta_ftrl(0.1 * np.ones(2), beta), np.full(2, 50))
    both = {"beta": beta, "lam": np.ones(2), "samples": times}
    alone = simulate(setup, [recipe(Certificate, **both)], streams)
    found = simulate(setup, [recipe(HittingTime, **both, target=np.ones(2), whole=True)], streams)
    for name in ("xbar", "sampled", "certificate.mean"):
        assert found[name].tobytes() == alone[name].tobytes()


def test_the_claim_holds_and_its_twins_do_not() -> None:
    """At its parameters the certificate is about half the target, for a quarter of T above it; T is a 28th at most."""
    claim = SharpenedParameters(targets=(1.5, 1.2))
    problem = Problem("kink", CappedAbs(slope=3.0, begin=2.6), Exact())
    found = {(c.form, c.quantity, c.setting): c for c in measure(claim, problem, CONTEXT).checks}
    assert {key[0] for key in found} == {"ours", "stated"}
    for (_, quantity, _), check in found.items():
        assert check.samples.mean() < 0.6 * check.bound
        assert quantity == "steps" or (check.start is not None and check.start > 1.5)
    twins = {name: measure(twin.claim, problem, CONTEXT).checks for name, twin in claim.controls().items()}
    assert twins["a quarter of T"][0].samples.mean() > 1.1
    assert twins["last iterate"][0].samples.mean() > 2
    assert twins["half the target"][2].samples > 3 * twins["half the target"][2].bound


def test_what_the_claim_refuses() -> None:
    claim = SharpenedParameters()
    with pytest.raises(ValueError, match=r"needs G \+ sigma >= 1.5, the largest target"):
        claim.accepts(Problem("weak", CappedAbs(slope=1.0, begin=2.6), Exact()))
    with pytest.raises(ValueError, match="needs a separable objective"):
        claim.accepts(Problem("max", MaxAffineDifference(), Exact()))
