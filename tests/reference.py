"""Algorithm 1 of arXiv 2405.18199 written literally: one run, plain sums, O(T^2); the oracle of the fast engine.

And what is measured along it, the same way; the random numbers, from their recipe; the infimum by a linear programme.
"""

from __future__ import annotations

import math
from zlib import crc32

import numpy as np


def clip(z, radius):
    """clip_D(x) = x min(D/||x||, 1)."""
    norm = np.linalg.norm(z)
    return z if norm == 0 else z * min(radius / norm, 1.0)


def ftrl(gradients, radius, beta1, beta2):
    """The next play of beta-FTRL on the L2 ball after the gradients g_1, ..., g_t (a list of vectors)."""
    t = len(gradients)
    first = sum((beta1 ** (t - s) * g for s, g in enumerate(gradients, 1)), np.zeros_like(gradients[0] if t else 0.0))
    second = sum(beta2 ** (t - s) * (g @ g) for s, g in enumerate(gradients, 1))
    return -clip(radius * first / np.sqrt(second), radius) if second > 0 else np.zeros_like(first)


def clipped_adam(gradients, radius, beta1, beta2):
    """The same on every coordinate alone."""
    columns = zip(*gradients, strict=True)
    return np.concatenate([ftrl([np.array([g]) for g in column], radius, beta1, beta2) for column in columns])


def run(objective, noises, scalings, learner, radius, beta, steps):
    """Algorithm 1: returns iterates, true gradients, stochastic gradients, plays, each of shape (T, dim)."""
    x = objective.start.astype(float)
    xs, true, seen, plays = [], [], [], []
    for t in range(steps):
        z = learner(seen, radius, beta, beta**2) if seen else np.zeros_like(x)
        x = x + scalings[t] * z
        grad = objective.grad(x[None])[0]
        xs.append(x), plays.append(z), true.append(grad), seen.append(grad + noises[t])
    return tuple(np.array(a) for a in (xs, true, seen, plays))


def average(values, beta, t):
    """Discounted average of the first t rows: weights beta^{t-s}(1-beta)/(1-beta^t)."""
    weights = beta ** np.arange(t - 1, -1, -1.0)
    return (weights[:, None] * values[:t]).sum(axis=0) / weights.sum()


def spread(xs, beta, t):
    """E||y_t - xbar_t||^2."""
    weights = beta ** np.arange(t - 1, -1, -1.0)
    return (weights * np.square(xs[:t] - average(xs, beta, t)).sum(axis=1)).sum() / weights.sum()


def regret(seen, plays, comparator, beta, t):
    """Definition 6."""
    return sum(beta ** (t - s) * seen[s - 1] @ (plays[s - 1] - comparator) for s in range(1, t + 1))


def stream(seed, label, run, purpose):
    """The random numbers of one run for one purpose, from the recipe itself: nothing of simulation/ is used."""
    key = (crc32(label.encode()), crc32(purpose.encode()), run)
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=key)))


def walk(start, grad, scalings, noises, radius, beta, coordinatewise, root=math.sqrt):
    """Algorithm 1 in Python's own numbers, floats or Fractions: lists of x_t, grad F(x_t), g_t and z_t, t = 1..T.

    A point is a list with a number a coordinate. The sums of beta-FTRL, or clipped Adam, are carried along; root: of a
    number.
    """
    dim = len(start)
    x, zero = list(start), [0 * each for each in start]
    first, second = list(zero), list(zero)  # of beta-FTRL the second sum is one for all coordinates, the first entry
    xs, true, seen, plays = [], [], [], []
    for a, noise in zip(scalings, noises, strict=True):
        if coordinatewise:
            z = [
                0 * m if v == 0 else max(-radius, min(radius, -radius * m / root(v)))
                for m, v in zip(first, second, strict=True)
            ]
        elif second[0] == 0:
            z = list(zero)
        else:
            down = root(second[0])
            ratio = [radius * m / down for m in first]
            long = root(sum(each * each for each in ratio))
            z = [-each * (min(1, radius / long) if long > 0 else 1) for each in ratio]
        x = [x[i] + a * z[i] for i in range(dim)]
        exact = grad(x)
        g = [exact[i] + noise[i] for i in range(dim)]
        first = [beta * first[i] + g[i] for i in range(dim)]
        if coordinatewise:
            second = [beta * beta * second[i] + g[i] * g[i] for i in range(dim)]
        else:
            second = [beta * beta * second[0] + sum(each * each for each in g), *zero[1:]]
        xs.append(x), true.append(exact), seen.append(g), plays.append(z)
    return xs, true, seen, plays


def decayed(rows, beta):
    """sum_{s<=t} beta^{t-s} rows[s] for every t, each sum anew: O(T^2)."""
    rows = np.asarray(rows, float)
    powers = beta ** np.arange(len(rows), dtype=float) if beta else np.eye(1, len(rows))[0]
    return np.array([np.tensordot(powers[t::-1], rows[: t + 1], 1) for t in range(len(rows))])


def spreads(xs, beta):
    """(xbar_t, E||y_t - xbar_t||^2) for every t, each anew: O(T^2)."""
    xs = np.asarray(xs, float)
    powers = beta ** np.arange(len(xs), dtype=float) if beta else np.eye(1, len(xs))[0]
    centres, found = [], []
    for t in range(len(xs)):
        law = powers[t::-1] / powers[: t + 1].sum()
        centre = law @ xs[: t + 1]
        centres.append(centre), found.append(law @ np.square(xs[: t + 1] - centre).sum(axis=1))
    return np.array(centres), np.array(found)


def pairwise_spread(xs, beta):
    """The same at the end, from pairs: E||y - xbar||^2 = E||y - y'||^2/2 for two independent points of the window."""
    xs = np.asarray(xs, float)
    law = beta ** np.arange(len(xs) - 1, -1, -1.0)
    apart = np.square(xs[:, None] - xs[None]).sum(axis=2)
    return float(law @ apart @ law) / 2.0 / law.sum() ** 2


def infimum(derivative, x, lam, grid):
    """||F'(x)||^[lam] in one dimension by a linear programme: laws on the grid, of mean x; an upper bound of it.

    Variables: the law's weights, and a number that is at least |E F'(y)|.
    """
    from scipy.optimize import linprog

    slopes, count = np.asarray(derivative(grid), float), len(grid)
    rows = np.vstack([np.append(slopes, -1.0), np.append(-slopes, -1.0)])
    equal = np.vstack([np.append(np.ones(count), 0.0), np.append(grid - x, 0.0)])
    cost = np.append(lam * np.square(grid - x), 1.0)
    found = linprog(cost, rows, np.zeros(2), equal, [1.0, 0.0], bounds=(0, None), method="highs")
    assert found.success, found.message
    return float(found.fun)
