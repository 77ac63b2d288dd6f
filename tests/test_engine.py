"""The fast engine against the literal reference, and the promise that runs do not see each other."""

from __future__ import annotations

import numpy as np
import pytest

from objectives import NOISES, OBJECTIVES
from optimizers.ftrl import paper_learner
from simulation import engine
from simulation.certificate import Certificate
from simulation.engine import Setup, simulate
from simulation.probes import Clip, Descent, Regret
from simulation.recording import recipe
from simulation.streams import NoiseBuffer, Streams
from simulation.sums import total_weight
from tests import reference

STREAMS = Streams(3, "test")


def setup(runs=3, steps=60, coordinatewise=True, dim=3, noise="gaussian", beta=0.9, radius=0.1):
    objective = OBJECTIVES["triangle_wave"](dim=dim, slope=2.0, period=1.7, begin=0.4)
    beta, radius = np.broadcast_to(beta, runs).astype(float), np.broadcast_to(radius, runs).astype(float)
    made = NOISES[noise](**({"sigma": 1.5} if noise in ("gaussian", "two_point") else {}))
    learner = paper_learner(radius, beta, coordinatewise)
    return Setup(objective, made, learner, np.broadcast_to(steps, runs).copy()), beta, radius


def probes(beta, radius, norm, samples=None):
    return [
        recipe(Certificate, beta=beta, lam=np.ones(len(beta)), norm=norm, samples=samples),
        recipe(Regret, beta=beta, radius=radius, norm=norm),
        recipe(Descent, beta=beta),
        recipe(Clip, radius=radius, norm=norm),
    ]


@pytest.mark.parametrize("coordinatewise", [True, False])
@pytest.mark.parametrize("beta", [0.0, 0.5, 0.97])
def test_agrees_with_literal_reference(coordinatewise, beta):
    """Iterates, certificate, spread, regret, descent of every run at every checkpoint, to rounding."""
    steps, norm = 60, "l1" if coordinatewise else "l2"
    made, betas, radius = setup(steps=steps, coordinatewise=coordinatewise, beta=beta)
    samples = np.tile(np.array([1, 7, steps]), (3, 1))
    found = simulate(made, probes(betas, radius, norm, samples), STREAMS, np.arange(1, steps + 1))
    for run in range(3):
        noises = STREAMS.generator(run, "noise").standard_normal((steps, 3)) * 1.5 / np.sqrt(3)
        scalings = STREAMS.generator(run, "scaling").standard_exponential(steps)
        learner = reference.clipped_adam if coordinatewise else reference.ftrl
        xs, true, seen, plays = reference.run(made.objective, noises, scalings, learner, 0.1, beta, steps)
        for slot, t in enumerate((1, 7, steps)):
            mean = reference.average(true, beta, t)
            size = np.abs(mean).sum() if coordinatewise else np.linalg.norm(mean)
            pull = mean * total_weight(beta, t)
            u = -0.1 * (np.sign(pull) if coordinatewise else pull / (np.linalg.norm(pull) or 1.0))
            close = {
                "norm": size,
                "spread": reference.spread(xs, beta, t),
                "regret": reference.regret(seen, plays, u, beta, t),
                "value": made.objective.value(xs[t - 1]) - made.objective.value(made.objective.start),
            }
            for name, value in close.items():
                np.testing.assert_allclose(found[f"{name}.curve"][run, t - 1], value, rtol=1e-9, atol=1e-11)
            np.testing.assert_allclose(found["xbar"][run, slot], reference.average(xs, beta, t), rtol=1e-12, atol=1e-13)
        curve = found["norm.curve"][run]
        np.testing.assert_allclose(found["norm.mean"][run], curve.mean(), rtol=1e-12)
        assert found["norm.last"][run] == curve[-1]
        assert found["norm.max"][run] == curve.max()


@pytest.mark.parametrize("noise", ["none", "gaussian", "two_point", "sparse"])
@pytest.mark.parametrize("dim", [1, 3])
@pytest.mark.parametrize("beta", [[0.9, 0.99, 0.9, 0.5], [0.5, 0.6, 0.5, 0.6]])
def test_a_run_does_not_see_its_batch(noise, dim, beta, monkeypatch):
    """Bit for bit: alone or together, other tiles and blocks, unequal T, per-run parameters."""
    beta, steps = np.array(beta), np.array([150, 400, 90, 400])
    radius = np.array([0.1, 0.01, 0.2, 0.1])

    def everything(index):
        made, b, r = setup(len(index), steps[index], dim=dim, noise=noise, beta=beta[index], radius=radius[index])
        return simulate(made, probes(b, r, "l1"), STREAMS, np.arange(1, 401, 13))

    together = everything(np.arange(4))
    monkeypatch.setattr(engine, "TILE", 2 * dim)
    monkeypatch.setattr(engine, "BLOCK", 17)
    apart = everything(np.arange(4))
    first = everything(np.arange(1))
    for name, values in together.items():
        np.testing.assert_array_equal(values, apart[name], err_msg=name)
        np.testing.assert_array_equal(
            values[:1, : first[name].shape[-1]] if values.ndim > 1 else values[:1], first[name]
        )


def test_streams_do_not_depend_on_blocks():
    """The same rows, whatever the size of a block."""

    def rows(values, steps):
        made = NoiseBuffer(STREAMS, "a", range(2), NOISES["two_point"]().fill, 3, None, values)
        got = []
        while len(got) < 100:
            got += [row.copy() for row in made.rows(min(made.ready(), steps))]
        return np.array(got[:100])

    np.testing.assert_array_equal(rows(24, 5), rows(3000, 1000))


def test_accounting_identity():
    """(A) + (B) = F(x_T) - F(x_0), pathwise (proof of Lemma 7)."""
    made, beta, radius = setup(steps=300)
    found = simulate(made, probes(beta, radius, "l2"), STREAMS)
    a = (1 - beta) * 300 * found["discounted.mean"]
    b = beta * found["discounted.last"]
    np.testing.assert_allclose(a + b, found["value.last"], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("steps", [1, 2])
def test_shortest_runs(steps):
    """T = 1: nothing was seen, so nothing moves."""
    made, beta, radius = setup(steps=steps, dim=1)
    found = simulate(made, probes(beta, radius, "l2"), STREAMS)
    assert (found["spread.last"] >= 0).all()
    if steps == 1:
        assert (found["value.last"] == 0).all() and (found["spread.last"] == 0).all()


def test_total_weight_near_one():
    """(1 - beta^t)/(1 - beta) for beta next to 1, at 0 and at 1."""
    assert total_weight(1.0, 7.0) == 7.0
    assert total_weight(0.0, 7.0) == 1.0
    np.testing.assert_allclose(total_weight(1.0 - 1e-15, 1000.0), 1000.0, rtol=1e-11)
    np.testing.assert_allclose(total_weight(0.5, 3.0), 1.75, rtol=1e-15)


def test_bad_objective_stops():
    """A gradient that is not finite is an error, not a number."""

    class Bad(OBJECTIVES["ramp"]):  # type: ignore[misc]
        def grad(self, x, out=None):
            out[:] = np.nan
            return out

    made, beta, radius = setup(dim=1)
    bad = Setup(Bad(), made.noise, made.learner, made.steps)
    with pytest.raises(FloatingPointError, match="not finite"), np.errstate(invalid="ignore"):
        simulate(bad, probes(beta, radius, "l2"), STREAMS)


def test_bad_steps():
    """T >= 1."""
    made, beta, radius = setup(steps=0)
    with pytest.raises(ValueError, match="steps"):
        simulate(made, probes(beta, radius, "l2"), STREAMS)
