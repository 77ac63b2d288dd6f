"""Attempts to break what theory/discounts.py states of any two discounts, and the programme that finds the worst case."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import integrate

from experiments.beyond_discounts import Replay, duel, fading
from foundation.arrays import Array
from simulation.streams import Streams
from simulation.worst_case import Programmes, WorstCase
from theory import discounts as ours
from theory.sharpened import theorem09_bound


def regrets(grads: Array, beta1: Array, beta2: Array) -> tuple[Array, Array, Array]:
    """Literally, D = 1, one coordinate, gradients (runs, T): Regret_T at the best u, r_T^2 and V_T."""
    runs, steps = grads.shape
    total, own, energy, loss = np.zeros((4, runs))
    for t in range(steps):
        play = [-s / max(abs(s), q**0.5) if q > 0 else 0.0 for s, q in zip(total, own, strict=True)]
        loss = beta1 * loss + grads[:, t] * play
        total, own = beta1 * total + grads[:, t], beta2 * own + grads[:, t] ** 2
        energy = beta1**2 * energy + grads[:, t] ** 2
    return loss + np.abs(total), own, energy


def random_game(seed: int, runs: int = 800, steps: int = 30) -> tuple[Array, Array, Array]:
    """Gradients of very different sizes, signs against the learner half of the time; beta1, and k with beta2 = beta1^k."""
    rng = np.random.default_rng(seed)
    beta1, k = rng.uniform(0.5, 0.99, runs), 10 ** rng.uniform(-2, 0.9, runs)
    spread = rng.choice([0.0, 0.3, 3.0], (runs, 1))
    signs = np.where(rng.random((runs, 1)) < 0.5, (-1.0) ** np.arange(steps), rng.choice([-1.0, 1.0], (runs, steps)))
    fade = rng.choice([0.0, 1.0], (runs, 1)) * np.log(beta1)[:, None] * np.arange(steps)
    return signs * np.exp(spread * rng.standard_normal((runs, steps)) + fade), beta1, k


@pytest.mark.parametrize("seed", range(4))
def test_no_sequence_breaks_the_bounds(seed: int) -> None:
    """Every bound of the file, on random sequences, where its condition holds."""
    grads, beta1, k = random_game(seed)
    beta2, steps = beta1**k, grads.shape[1]
    regret, own, energy = regrets(grads, beta1, beta2)
    slow, size = k <= 2, np.abs(grads).max(axis=1)
    assert np.all(regret[slow] <= ours.own_scale_bound(1.0, own[slow]) * (1 + 1e-12))
    assert np.all(regret <= ours.bounded_bound(1.0, size, beta1, beta2))
    assert np.all(regret[slow] <= ours.slow_bounded_bound(1.0, size, beta1)[slow])
    ratio = regret / np.sqrt(energy)
    assert np.all(ratio[slow] <= ours.slow_bound(steps))
    assert np.all(ratio[~slow] <= ours.fast_bound(beta1[~slow], beta2[~slow], steps))


def test_one_step_of_the_proofs() -> None:
    """The potential with r' = sqrt(c r^2 + v^2): c >= 1 keeps the lemma's step, c < 1 takes at most 2 (1 - sqrt c) r."""
    rng = np.random.default_rng(3)
    theta, v = 10 ** rng.uniform(-4, 3, (2, 400_000))
    v *= rng.choice([-1.0, 1.0], v.shape)
    c = 10 ** rng.uniform(-3, 3, v.shape)

    def potential(total: Array, root: Array) -> Array:
        x = np.abs(total) / root
        return root * np.where(x <= 1, 1.5 - x**2 / 2, 2 - x)

    after = potential(theta + v, np.sqrt(c + v**2)) + 2 * np.maximum(1 - np.sqrt(c), 0.0)
    excess = potential(theta, np.ones_like(v)) - np.minimum(theta, 1) * v - after
    assert np.max(excess / (1 + theta + np.abs(v) + np.sqrt(c))) <= 1e-13

    def smooth(total: Array, root: Array) -> Array:
        return np.where(np.abs(total) <= root, total**2 / (2 * root), np.abs(total) - root / 2)

    size = np.abs(v)
    phi = np.where(size <= 2, v**2 / 2, 2 * size - 2)
    pays = -v * np.minimum(theta, 1)
    one = np.ones_like(v)
    assert np.max((pays - smooth(theta, one) + smooth(theta + v, one) - phi) / (1 + theta + size)) <= 1e-13
    assert np.all(phi <= 2 * (np.sqrt(1 + v**2) - 1) * (1 + 1e-9))


def test_only_the_quotient_of_the_discounts_counts() -> None:
    """The same v_t = beta1^{-t} g_t and the same c = beta2/beta1^2 give the same ratio."""
    rng = np.random.default_rng(4)
    v, c, t = rng.standard_normal((50, 40)), 10 ** rng.uniform(-0.3, 0.05, 50), np.arange(40)
    ratios = []
    for beta1 in (0.9, 0.7):
        regret, _, energy = regrets(v * beta1**t, np.full(50, beta1), c * beta1**2)
        ratios.append(regret / np.sqrt(energy))
    assert_allclose(*ratios, rtol=1e-9)


@pytest.mark.parametrize(("beta1", "k"), [(0.9, 1.0), (0.9, 0.0095), (0.99, 1.5), (0.9, 4.0), (0.99, 2.5)])
def test_growth_is_what_its_sequence_has(beta1: float, k: float) -> None:
    """The sequences of the statements, played literally; and what the ratio grows to, beyond any constant."""
    steps, beta2 = 400, beta1**k
    t = np.arange(1, steps + 1)
    v = np.ones(steps) if k < 2 else np.append(1.0, 2.0 * (-1.0) ** t[:-1])
    regret, _, energy = regrets((v * beta1**t)[None], np.array([beta1]), np.array([beta2]))
    found = (regret / np.sqrt(energy))[0]
    if k < 2:
        assert_allclose(found, ours.slow_growth(beta1, beta2, steps), rtol=1e-9)
        assert ours.slow_growth(beta1, beta2, 10**6) > 0.9e3
    else:
        assert ours.fast_growth(beta1, beta2, steps) <= found <= ours.fast_bound(beta1, beta2, steps)
        assert ours.fast_growth(beta1, beta2, 10**8) > 0.3 * ours.fast_bound(beta1, beta2, 10**8) > 200


def test_conditions_are_checked() -> None:
    for refused in (ours.slow_growth, ours.fast_bound):
        with pytest.raises(ValueError, match="beta2"):
            refused(0.9, 0.5 if refused is ours.slow_growth else 0.9, 10)
    with pytest.raises(ValueError, match=r"beta2 = 0.25: must be > beta1\^2 = 0.25"):
        ours.slow_growth(0.5, 0.25, 10)
    for k in range(1, 1000):  # decimals, of which the second need not be the square of the first
        assert_allclose(ours.fast_bound(k / 1e3, k * k / 1e6, 10), 2.0, atol=1e-6)


def test_sharp_where_it_says_so() -> None:
    """(1, -R): the learner's own scale, for every beta2 >= beta1^2; the yardstick of Theorem 9 at beta2 = beta1^2."""
    for k in (0.1, 1.0, 2.0):
        regret, own, energy = regrets(np.array([[1.0, -1e5]]), np.array([0.9]), np.array([0.9**k]))
        assert regret[0] > 0.9999 * ours.own_scale_bound(1.0, own[0])
    assert regret[0] > 0.9999 * theorem09_bound(1.0, energy[0])


def test_the_limit_is_proved_and_attained() -> None:
    """The inequalities of its proof for k >= 2, on a grid; signs in turn, then one sign, come close at beta1 = 0.9995."""
    for k in (2.0, 2.3, 4.0, 30.0):
        top = k**-0.5
        rho = np.linspace(1e-3, 1.0, 1000) * top
        worth = (k + 1) / 2 * top * (rho / top) ** (2 / k) - 1.5 * rho
        slope = (k + 1) / k * (rho / top) ** (2 / k - 1) - 1.5
        for u in np.linspace(0.0, 1.0, 5):
            change = (u - k * rho**2) / (2 * rho)
            pays = (k / 2 - 1) * rho + np.maximum(0.0, -(rho + change) / 2)
            assert np.all(worth + slope * change >= pays - 1e-9)
        assert_allclose(np.max(worth + 1.5 * rho) * 2**0.5, ours.bounded_limit(k))
    beta1 = 0.9995
    for k, windows in ((0.5, 2.4), (1.0, 1.93), (2.0, 6.0), (4.0, 6.0)):
        turns = (-1.0) ** np.arange(round(windows / (1 - beta1)))
        root = ((1 - beta1 ** (k * len(turns))) / (1 - beta1**k)) ** 0.5
        grads = np.append(turns, np.full(round(root), turns[-1]))[None]
        regret = regrets(grads, np.array([beta1]), np.array([beta1**k]))[0][0]
        reached = regret * (1 - beta1**2) ** 0.5 / ours.bounded_limit(k)
        assert 0.985 < reached < 1.001
    assert_allclose(ours.bounded_limit(2.0 - 1e-6), ours.bounded_limit(2.0), rtol=2e-4)


def test_the_programme_is_that_of_all_sequences() -> None:
    """J_2 and J_3 from the first play, S = r = 0, against every sequence of its gradients."""
    worst = WorstCase(0.6, 0.5, 160)
    for steps in (2, 3):
        every = np.array(list(product(np.linspace(-1, 1, worst.choices), repeat=steps)))
        regret = regrets(every, np.full(len(every), 0.6), np.full(len(every), 0.5))[0]
        assert_allclose(worst.values[steps][0, 0], regret.max(), rtol=0.01)


def test_the_programme_advises_what_it_promises() -> None:
    """Its sequence comes within 3 percent of its value, not above 1 percent; without the clip it promises more."""
    for k in (1.0, 2.0, 4.0):
        worst = WorstCase(0.9, 0.9**k, 60)
        grads = worst.sequence(33)
        assert np.abs(grads).max() <= 1
        regret = regrets(grads[None], np.array([0.9]), np.array([0.9**k]))[0][0]
        assert 0.97 * worst.regret <= regret <= 1.01 * worst.regret
        assert WorstCase(0.9, 0.9**k, 60, clipped=False).regret > 1.05 * worst.regret


def test_what_programmes_give() -> None:
    """Values in units of D G/sqrt(1 - beta1^2), and the sequences that they advise, filled up with nan."""
    found = Programmes(20, True, (9, 17), 140)([(0.6, 0.5), (0.5, 0.25)])
    assert found["sequences"].shape == (2, 2, 140)
    for (beta1, beta2), value, sequences in zip(
        ((0.6, 0.5), (0.5, 0.25)), found["value"], found["sequences"], strict=True
    ):
        worst = WorstCase(beta1, beta2, 20)
        assert value == pytest.approx(worst.regret * (1.0 - beta1**2) ** 0.5)
        for count, sequence in zip((9, 17), sequences, strict=True):
            expected = worst.sequence(count)
            assert sequence[: len(expected)].tolist() == expected.tolist() and np.isnan(sequence[len(expected) :]).all()


def test_the_adversaries_play_what_they_hold() -> None:
    """Replay and Fading against the literal game: learners in turn, zeros before the shorter sequence."""
    rng = np.random.default_rng(6)
    learners, sequences = [(0.9, 0.8), (0.8, 0.9)], [rng.standard_normal(n) for n in (3, 7, 5, 7)]
    replay = Replay.of(sequences)
    signals = duel(learners, replay, replay.steps).simulate(Streams(0, "replay"))
    for run, one in enumerate(sequences):
        beta1, beta2 = np.array(learners[run // 2])[:, None]
        assert_allclose(signals["regret.last"][run], regrets(one[None], beta1, beta2)[0][0], rtol=1e-12)
    learners = [(0.9, 0.9**4), (0.9, 0.9)]
    steps, found = 60, fading(learners, 60)
    signals = duel(learners, found, steps).simulate(Streams(0, "fading"))
    for run in range(len(found.head)):
        v = np.zeros(steps)
        for t in range(0, int(min(found.stop[run], steps)), int(found.period[run])):
            v[t] = found.body[run] * found.turn[run] ** (t // int(found.period[run]))
        v[0] = found.head[run]
        beta1, beta2 = np.array(learners[run // (len(found.head) // 2)])[:, None]
        regret, _, energy = regrets((v * 0.9 ** np.arange(steps))[None], beta1, beta2)
        assert_allclose(signals["best_ratio.last"][run], (regret / np.sqrt(energy))[0], rtol=1e-8)


@pytest.mark.parametrize("k", [0.0095, 1.0, 2.0, 4.0])
def test_the_programme_hardly_changes_on_a_finer_grid(k: float) -> None:
    """Half as many points again: the value changes by less than the 1 percent that rows allow."""
    coarse, fine = (WorstCase(0.9, 0.9**k, cells).regret for cells in (80, 120))
    assert_allclose(coarse, fine, rtol=0.005)


@pytest.mark.parametrize("k", [0.05, 0.5, 1.0, 1.5, 1.9])
def test_the_limit_of_bounded_gradients_by_quadrature(k: float) -> None:
    """sqrt 2 times the largest (3/2) rho(w) - (1-k/2) int_0^w e^{s-w} rho(s) ds, or what full gradients reach."""

    def rho(s: float) -> float:
        return float(np.sqrt(-np.expm1(-k * s) / k))

    def height(w: float) -> float:
        return 1.5 * rho(w) - (1 - k / 2) * integrate.quad(lambda s: np.exp(s - w) * rho(s), 0.0, w)[0]

    best = max(height(w) for w in np.linspace(0.05, 8.0, 160))
    assert_allclose(ours.bounded_limit(k), max((k + 1) / np.sqrt(2 * k), np.sqrt(2) * best), rtol=2e-4)
