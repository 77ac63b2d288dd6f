"""What every claim asserts: its rows on a small problem, bound by bound and sample by sample.

Bounds are formulas of the paper (or of docs/sharper.md) written down here once more; samples come from literal runs of
Algorithm 1 on the same random numbers (tests/reference.py), or from simulations that are made up.
"""

from __future__ import annotations

from math import ceil, hypot, sqrt

import numpy as np
import pytest

from experiments import theorem11_counterexample
from experiments import theorem11_stationarity as at11
from experiments.beyond_output import WeightedOutput, WeightedOutput18
from experiments.corollary13_gradient import Corollary13Gradient
from experiments.equation1_regret import Equation1, Equation2
from experiments.lemma07_conversion import Lemma07, Lemma17
from experiments.lemma10_spread import Lemma10
from experiments.section1_1_output import Section11
from experiments.section7_ablation import Section7
from experiments.theorem11_counterexample import Counterexample
from experiments.theorem11_stationarity import Theorem11
from experiments.theorem18_stationarity import Theorem18
from experiments.words.harness import measure
from tests.meaning import BOWL, KINK, LONG, RAMP, WELL, Row, compare, context, run, stream

RUNS = 2


def made_up_infimum(objective, points, lam, norm, eps):
    """Ends that tell points, lam, norm and eps apart, and are far apart themselves."""
    low = 0.1 + lam * np.abs(points).sum(axis=-1) * (2.0 if norm == "l1" else 1.0) / eps
    return low, 3.0 * low


@pytest.fixture(autouse=True)
def _infimum(monkeypatch):
    """The infimum itself has its own witness (tests/test_meaning_witness.py); here is asked what becomes of it."""
    for module in (at11, theorem11_counterexample):
        monkeypatch.setattr(module, "stationarity_over_eps", made_up_infimum)


def scale_of(toy, level, l1):
    """G + sigma, or ||G + sigma||_1."""
    return sum(toy.slopes) + level * sum(toy.sigmas) if l1 else toy.norm + level * toy.sigma


def parameters(toy, eps, lam, guess, l1, start_up=12.0):
    """beta, D and T of Theorems 11 and 18; their start-up branch is 12 C/eps."""
    rate, weight = (eps / (10.0 * guess)) ** 2, lam * (toy.dim if l1 else 1)
    windows = max(4.0 * toy.gap * sqrt(weight) * eps**-1.5, start_up * guess / eps)
    return 1.0 - rate, rate * sqrt(eps) / (4.0 * sqrt(weight)), ceil(windows / rate)


def sampled(steps):
    """A uniform time in each quarter of 1..T, a row a run."""
    shares = stream(0, "sampled times").random((len(steps), 4))
    return np.array([[1 + int((k + shares[r, k]) / 4 * t) for k in range(4)] for r, t in enumerate(steps)])


def settings_of(toy, eps, lam, ratios, levels, l1=False):
    """(C, level, beta, D, T) of every setting, levels outside, ratios inside."""
    found = []
    for level in levels:
        for ratio in ratios:
            guess = ratio * scale_of(toy, level, l1)
            found.append((guess, level, *parameters(toy, eps, lam, guess, l1)))
    return found


THEOREM = {  # by whose the bound is, in units of eps; r = (G + sigma)/C
    "stated": lambda r: 1.0 + r,
    "proved": lambda r: 1.75 + r,
    "ours": lambda r: 17.0 / 16.0 + 0.237 * r,
}


def certificates(toy, eps, lam, ratios, levels, l1=False, forms=tuple(THEOREM), infimum=True):
    """The rows of Theorems 11 and 18."""
    norm, rows = "l1" if l1 else "l2", []
    settings = settings_of(toy, eps, lam, ratios, levels, l1)
    times = sampled([t for *_, t in settings for _ in range(RUNS)])
    start = made_up_infimum(None, np.array(toy.start), lam, norm, eps)[0]
    for i, (guess, level, beta, radius, steps) in enumerate(settings):
        means, lows, highs = [], [], []
        for r in range(RUNS):
            way = run(toy, i * RUNS + r, steps, radius, beta, l1, level)
            long, spread, centres = way.certificate(beta, norm)
            means.append((long + lam * spread).mean() / eps)
            low, high = made_up_infimum(None, centres[times[i * RUNS + r] - 1], lam, norm, eps)
            lows.append(low.mean()), highs.append(high.mean())
        where = f"C={guess:.4g} sigma/G={level * toy.sigma / toy.norm:.3g}"
        for form in forms:
            bound = THEOREM[form](scale_of(toy, level, l1) / guess)
            rows.append(Row("expected", form, "certificate", where, bound, means, start=start))
            if infimum:
                rows.append(Row("expected", form, "infimum", where, bound, highs, start=start, lower=lows))
    return rows


def weighted(toy, eps, lam, ratio, level, l1, attained):
    """The rows of the weighted output: weights 1 - beta^t, and (1 - beta^T)/(1 - beta) at T."""
    norm, guess = "l1" if l1 else "l2", ratio * scale_of(toy, level, l1)
    rate, weight = (eps / (10.0 * guess)) ** 2, lam * (toy.dim if l1 else 1)
    beta, radius = 1.0 - rate, rate * sqrt(eps) / (4.0 * sqrt(weight))
    steps = ceil(max(4.0 * toy.gap * sqrt(weight) * eps**-1.5, 1.0) / rate)
    law = 1.0 - beta ** np.arange(1.0, steps + 1.0)
    law[-1] /= 1.0 - beta
    shares, heap = stream(0, "sampled times").random((RUNS, 4)), np.cumsum(law) / law.sum()
    slopes, sigmas = (toy.slopes, toy.sigmas) if l1 else ((toy.norm,), (toy.sigma,))
    sigmas = [level * s for s in sigmas] or [0.0] * len(slopes)
    kept = (beta / steps + 1.0 - beta) / sqrt(1.0 - beta**2)
    loud = 2.0 * sum(hypot(g, s) for g, s in zip(slopes, sigmas, strict=True)) + sum(sigmas)
    descent, spread = toy.gap / (radius * steps), 2.0 * beta / (1.0 + beta) * weight * (radius / (1.0 - beta)) ** 2
    bound, right = (descent + loud * kept + spread) / eps, (descent + sum(sigmas) * kept) / eps
    means, lows, highs, rests, sides = [], [], [], [], []
    for r in range(RUNS):
        way = run(toy, r, steps, radius, beta, l1, level)
        long, wide, centres = way.certificate(beta, norm)
        regret, noise, _ = way.regrets(beta, radius, norm)
        bracket = [beta * each[-1] + (1.0 - beta) * each.sum() for each in (regret, noise)]
        means.append((law * (long + lam * wide)).sum() / law.sum() / eps)
        times = [int(np.argmax(heap > (k + shares[r, k]) / 4.0)) for k in range(4)]
        low, high = made_up_infimum(None, centres[times], lam, norm, eps)
        lows.append(low.mean()), highs.append(high.mean())
        rests.append(((law * long).sum() / law.sum() - bracket[0] / (radius * steps)) / eps)
        sides.append(rests[-1] - (bracket[1] - (way.values[-1] - way.begin)) / (radius * steps * eps))
    where = f"C={guess:.4g} sigma/G={level * toy.sigma / toy.norm:.3g}"
    start = made_up_infimum(None, np.array(toy.start), lam, norm, eps)[0]
    kind = "attained" if attained and level == 0.0 else "expected"
    return [
        Row("expected", "ours", "certificate", where, bound, means, start=start),
        Row("expected", "ours", "infimum", where, bound, highs, start=start, lower=lows),
        Row(kind, "ours", "gradient - regret", where, right, rests, 0.02 if kind == "attained" else 0.0),
        Row("identity", "ours", "conversion, difference of its sides", where, 0.0, sides, 0.02),
    ]


def gradients_at_averages(toy, eps, hessian):
    """Corollary 13: lam = L^2/eps with eps/4 on top, or lam = H/2; slope 3 sin(x/2) has L = 1.5, H = 0.75."""
    lam = 0.375 if hessian else 2.25 / eps
    (guess, _, beta, radius, steps), *_ = settings_of(toy, eps, lam, (0.6,), (0.0,))
    times, found = sampled([steps] * RUNS), []
    for r in range(RUNS):
        _, _, centres = run(toy, r, steps, radius, beta, level=0.0).certificate(beta)
        found.append(np.abs(3.0 * np.sin(centres[times[r] - 1, 0] / 2.0)).mean() / eps)
    bound = 17.0 / 16.0 + 0.237 * toy.norm / guess + (0.0 if hessian else 0.25)
    where = f"C={guess:.4g} sigma/G=0, {'lam = H/2' if hessian else 'lam = L^2/eps'}"
    start = 3.0 * np.sin(1.5) / eps
    return [Row("expected", "ours", "||grad F(xbar)||/eps", where, bound, found, start=start)]


def counterexample(toy, ratio, count, count_runs):
    """Without noise, the infimum alone, at one time in each of `count` strata."""
    guess = ratio * toy.norm
    beta, radius, steps = parameters(toy, 1.0, 1.0, guess, False)
    shares, lows, highs = stream(0, "sampled times").random((count_runs, count)), [], []
    for r in range(count_runs):
        _, _, centres = run(toy, r, steps, radius, beta, level=0.0).certificate(beta)
        times = [int((k + shares[r, k]) / count * steps) for k in range(count)]
        low, high = made_up_infimum(None, centres[times], 1.0, "l2", 1.0)
        lows.append(low.mean()), highs.append(high.mean())
    where = f"C={guess:.4g} C/G={ratio:.4g}"
    bounds = {"stated": 1.0 + 1.0 / ratio, "ours": 17.0 / 16.0 + 0.237 / ratio}
    return [Row("expected", form, "infimum", where, bound, highs, lower=lows) for form, bound in bounds.items()]


def free(toy, betas, windows, reach, l1):
    """(beta, D, T): D/(1-beta) = reach Delta/G, over sqrt d for clipped Adam; T = windows/(1-beta)."""
    size = toy.gap / toy.norm / (sqrt(toy.dim) if l1 else 1.0)
    return [(beta, (1.0 - beta) * reach * size, ceil(windows / (1.0 - beta) - 1e-9)) for beta in betas]


def log_times(longest):
    return sorted({round(t) for t in np.geomspace(1, longest, 160)})


def regrets(toy, betas, windows, l1):
    """Equations (1) and (2) in units of D: at T, on average over t, at the t chosen on every other run."""
    rows, runs = [], 8
    times = log_times(max(t for *_, t in free(toy, betas, windows, 0.5, l1)))
    for i, (beta, radius, steps) in enumerate(free(toy, betas, windows, 0.5, l1)):
        ways = [run(toy, i * runs + r, steps, radius, beta, l1) for r in range(runs)]
        found = np.array([way.regrets(beta, radius, "l1" if l1 else "l2")[0] for way in ways]) / radius
        seen = found[:, [t - 1 for t in times if t <= steps]]
        worst = int(np.argmax(seen[0::2].mean(axis=0)))
        slopes, sigmas = (toy.slopes, toy.sigmas) if l1 else ((toy.norm,), (toy.sigma,))
        bounds = {
            "stated": 4.0 * (sum(slopes) + sum(sigmas)) / sqrt(1.0 - beta),
            "ours": 2.0 * sum(hypot(g, s) for g, s in zip(slopes, sigmas, strict=True)) / sqrt(1.0 - beta**2),
        }
        quantities = {
            "regret at T": found[:, -1],
            "regret, mean over t": found.mean(axis=1),
            "regret, worst t": seen[1::2, worst],
        }
        for form, bound in bounds.items():
            rows += [Row("expected", form, name, f"beta={beta:g}", bound, each) for name, each in quantities.items()]
    return rows


def conversion(toy, betas, windows, l1):
    """Lemmas 7 and 17 and their ledgers, in units of D T G."""
    norm, rows = "l1" if l1 else "l2", []
    lipschitz, sigma = (sum(toy.slopes), sum(toy.sigmas)) if l1 else (toy.norm, toy.sigma)
    for i, (beta, radius, steps) in enumerate(free(toy, betas, windows, 0.5, l1)):
        way, rate = radius * steps, 1.0 - beta
        found = {name: [] for name in ("rest", "descent", "comparator", "noise", "last")}
        for r in range(RUNS):
            one = run(toy, i * RUNS + r, steps, radius, beta, l1)
            long, _, _ = one.certificate(beta, norm)
            regret, noise, pull = one.regrets(beta, radius, norm)
            found["rest"].append(long.mean() - (beta * regret[-1] + rate * regret.sum()) / way)
            found["descent"].append((one.begin - one.values[-1]) / (way * lipschitz))
            found["comparator"].append((radius * long.sum() - rate * radius * pull.sum()) / (way * lipschitz))
            found["noise"].append(rate * noise.sum() / (way * lipschitz))
            found["last"].append(beta * (noise[-1] - radius * pull[-1]) / (way * lipschitz))
        start_up = (2.0 * lipschitz + (2.0 if l1 else 1.0) * sigma) / (rate * steps)
        bounds = {
            "stated": toy.gap / way + start_up + sigma * sqrt(rate),
            "ours": toy.gap / way
            + lipschitz * beta / (rate * steps)
            + sigma * (beta / steps + rate) / sqrt(1.0 - beta**2),
        }
        ledger = {
            "comparator": radius * lipschitz / rate,
            "noise": sigma * radius * steps * sqrt(rate),
            "last": radius * (lipschitz + sigma) / rate,
        }
        where = f"beta={beta:g}"
        rows += [Row("expected", f, "gradient - regret", where, bound, found["rest"]) for f, bound in bounds.items()]
        rows.append(Row("pathwise", "proved", "ledger: descent", where, toy.gap / (way * lipschitz), found["descent"]))
        rows += [
            Row("expected", "proved", f"ledger: {term}", where, bound / (way * lipschitz), found[term])
            for term, bound in ledger.items()
            if bound > 0.0
        ]
    return rows


def spreads(toy, betas, windows, l1, straight=False):
    """Lemma 10 in units of D^2/(1-beta)^2; on a straight line the exact value at finite T, within a hundredth."""
    rows, dim = [], toy.dim if l1 else 1
    for i, (beta, radius, steps) in enumerate(free(toy, betas, windows, 0.5, l1)):
        unit = (radius / (1.0 - beta)) ** 2
        ways = [run(toy, i * RUNS + r, steps, radius, beta, l1) for r in range(RUNS)]
        samples = [way.certificate(beta)[1].mean() / unit for way in ways]
        rows.append(Row("expected", "stated", "spread", f"beta={beta:g}", 12.0 * dim, samples))
        if straight:
            exact = straight_line(beta, steps) * dim * (1.0 - beta) ** 2
            rows.append(
                Row("attained", "ours", "spread, finite T", f"beta={beta:g}", exact, samples, margin=0.01 * exact)
            )
        else:
            bound = 2.0 * beta / (1.0 + beta) * dim
            rows.append(Row("expected", "ours", "spread", f"beta={beta:g}", bound, samples))
    return rows


def straight_line(beta, steps):
    """D = 1: half of E N^2 + E N on average over t, N the distance of two independent ages, from its definition."""
    found = []
    for t in range(1, steps + 1):
        law = beta ** np.arange(t) / (beta ** np.arange(t)).sum()
        apart = np.abs(np.subtract.outer(np.arange(t), np.arange(t)))
        found.append(law @ (apart**2 + apart) @ law / 2.0)
    return float(np.mean(found))


CASES = {
    "theorem11": lambda: (
        Theorem11(eps=1.5, lam=20.0, guess_ratios=(0.8, 0.9), noise_levels=(0.0, 0.3)),
        KINK.problem,
        certificates(KINK, 1.5, 20.0, (0.8, 0.9), (0.0, 0.3)),
    ),
    "theorem18": lambda: (
        Theorem18(eps=1.5, lam=2.0, guess_ratios=(0.6,), noise_levels=(0.2,)),
        BOWL.problem,
        certificates(BOWL, 1.5, 2.0, (0.6,), (0.2,), l1=True),
    ),
    "section7_ablation": lambda: (
        Section7(eps=1.5, lam=2.0, guess_ratios=(0.8,), noise_levels=(0.3,)),
        BOWL.problem,
        certificates(BOWL, 1.5, 2.0, (0.8,), (0.3,), forms=("ours",)),
    ),
    "section11_output": lambda: (
        Section11(eps=1.5, guess_ratios=(0.8,), noise_levels=(0.1,)),
        KINK.problem,
        certificates(KINK, 1.5, 1.0, (0.8,), (0.1,), forms=("ours",)),
    ),
    "corollary13_gradient": lambda: (
        Corollary13Gradient(eps=1.6, guess_ratios=(0.6,), noise_levels=(0.0,)),
        WELL.problem,
        gradients_at_averages(WELL, 1.6, False),
    ),
    "corollary13_gradient, H": lambda: (
        Corollary13Gradient(eps=1.6, guess_ratios=(0.6,), noise_levels=(0.0,), assumption="hessian"),
        WELL.problem,
        gradients_at_averages(WELL, 1.6, True),
    ),
    "theorem11_counterexample": lambda: (
        Counterexample(guess_ratios=(0.55,), runs=2, times=20),
        KINK.problem,
        counterexample(KINK, 0.55, 20, 2),
    ),
    "weighted_output": lambda: (
        WeightedOutput(eps=1.5, lam=2.0, guess_ratios=(0.8,), noise_levels=(0.0,), attained=True),
        BOWL.problem,
        weighted(BOWL, 1.5, 2.0, 0.8, 0.0, False, True),
    ),
    "weighted_output, noise": lambda: (
        WeightedOutput(eps=1.5, lam=2.0, guess_ratios=(0.8,), noise_levels=(0.3,), attained=True),
        KINK.problem,
        weighted(KINK, 1.5, 2.0, 0.8, 0.3, False, True),
    ),
    "weighted_output_l1": lambda: (
        WeightedOutput18(eps=1.5, lam=2.0, guess_ratios=(0.6,), noise_levels=(0.2,)),
        BOWL.problem,
        weighted(BOWL, 1.5, 2.0, 0.6, 0.2, True, False),
    ),
    "equation1": lambda: (Equation1(betas=(0.8, 0.95), runs=8), BOWL.problem, regrets(BOWL, (0.8, 0.95), 6, False)),
    "equation2": lambda: (Equation2(betas=(0.9,), runs=8), BOWL.problem, regrets(BOWL, (0.9,), 6, True)),
    "lemma07": lambda: (Lemma07(betas=(0.8, 0.95)), BOWL.problem, conversion(BOWL, (0.8, 0.95), 6, False)),
    "lemma07, no noise": lambda: (Lemma07(betas=(0.9,)), RAMP.problem, conversion(RAMP, (0.9,), 6, False)),
    "lemma17": lambda: (Lemma17(betas=(0.8, 0.95)), BOWL.problem, conversion(BOWL, (0.8, 0.95), 6, True)),
    "lemma10": lambda: (Lemma10(betas=(0.8, 0.95)), BOWL.problem, spreads(BOWL, (0.8, 0.95), 6, False)),
    "lemma10, adam": lambda: (
        Lemma10(betas=(0.9,), coordinatewise=True),
        BOWL.problem,
        spreads(BOWL, (0.9,), 6, True),
    ),
    "lemma10, straight": lambda: (
        Lemma10(betas=(0.9,), straight=True),
        LONG.problem,
        spreads(LONG, (0.9,), 6, False, True),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rows(name):
    claim, problem, rows = CASES[name]()
    compare(measure(claim, problem, context()).checks, rows)
