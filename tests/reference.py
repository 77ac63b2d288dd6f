"""Algorithm 1 of arXiv 2405.18199 written literally: one run, plain sums, O(T^2); the oracle of the fast engine."""

from __future__ import annotations

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
