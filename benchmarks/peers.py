"""Who is measured: both engines, a textbook loop, and, where they are installed, JAX and PyTorch.

Each runs clipped Adam on a Huber loss (arXiv 2405.18199, Algorithm 1) with the random numbers of the same streams, and
knows norm and spread of the certificate at every step: it returns their means over time, shape (runs, 2). The engines
keep the last and the largest of each besides, and the certificate itself; the others do no more than they must.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from foundation.arrays import Array, Float
from objectives import NOISES, OBJECTIVES
from objectives.noise import AdditiveNoise
from optimizers.ftrl import clipped_adam
from optimizers.scaling import Exponential
from simulation.certificate import Certificate
from simulation.engine import Engine, Setup, simulate
from simulation.recording import recipe
from simulation.streams import Draws, Streams

BETA, RADIUS = 0.99, 0.01
WIDTH, BEGIN = 0.1, 1.0  # of the Huber loss, whose slope is 1
STREAMS = Streams(0, "benchmark")
BLOCK = 2**18  # random numbers that lie in memory at once: they stay in the second-level cache
State = tuple[Any, ...]


@dataclass(frozen=True)
class Case:
    """What is run: `runs` runs of `steps` steps in `dim` coordinates, with a noise of NOISES, of sigma = 1 if any."""

    noise: str
    runs: int
    dim: int
    steps: int = 0

    @property
    def block(self) -> int:
        """How many steps JAX compiles to one call; `steps` is less, or a multiple of it; both are powers of two."""
        return min(2**15, max(16, BLOCK >> (self.runs * self.dim - 1).bit_length()))

    @property
    def oracle(self) -> AdditiveNoise:
        """The noise itself, of level 1 or 0."""
        return NOISES[self.noise](**({} if self.noise == "none" else {"sigma": 1.0}))


def reference(case: Case) -> Float[Array, "runs 2"]:
    """The reference engine, plain NumPy over all runs."""
    return _simulated(case, "numpy")


def compiled(case: Case) -> Float[Array, "runs 2"]:
    """The compiled engine, machine code for one run after the other."""
    return _simulated(case, "compiled")


def _simulated(case: Case, engine: Engine) -> Float[Array, "runs 2"]:
    huber, each = OBJECTIVES["huber"](dim=case.dim, width=WIDTH, begin=BEGIN), np.ones(case.runs)
    setup = Setup(huber, case.oracle, clipped_adam(RADIUS, BETA), np.full(case.runs, case.steps))
    found = simulate(setup, [recipe(Certificate, beta=BETA * each, lam=each)], STREAMS, engine=engine)
    return np.stack([found["norm.mean"], found["spread.mean"]], axis=1)


def textbook(case: Case) -> Float[Array, "runs 2"]:
    """One run at a time and one step at a time, as one would write it down in NumPy."""
    oracle, means = case.oracle, np.empty((case.runs, 2))
    for run in range(case.runs):
        scalings, noises = STREAMS.generator(run, "scaling"), STREAMS.generator(run, "noise")
        state, raw, scale = _begun(case.dim), np.empty((1, case.dim)), oracle.scale(case.dim)
        for _ in range(case.steps):
            oracle.fill(noises, raw)
            state = _step(state, scalings.standard_exponential(), scale * raw[0], np.clip, np.sqrt, np.vecdot)
        means[run] = np.stack(state[-2:]) / case.steps
    return means


def jax_scan(case: Case) -> Float[Array, "runs 2"]:
    """JAX's `lax.scan` over the steps of a block, compiled for all runs together."""
    jax, scan = _jax_scan()
    state = _begun(case.runs, case.dim)
    for scales, noises in _blocks(case):
        state = jax.block_until_ready(scan(state, scales, noises))  # it may read the block in place
    return np.stack(state[-2:], axis=1) / case.steps


@cache
def _jax_scan() -> tuple[Any, Callable[..., State]]:
    """JAX, and a block of steps as a compiled function; scales: (runs, steps, 1), noises: (runs, steps, dim)."""
    jax, jnp = import_module("jax"), import_module("jax.numpy")
    jax.config.update("jax_enable_x64", True)

    def step(state: State, drawn: tuple[Any, Any]) -> tuple[State, None]:
        return _step(state, *drawn, jnp.clip, jnp.sqrt, lambda a, b: (a * b).sum(-1)), None

    def scan(state: State, scales: Any, noises: Any) -> State:
        return jax.lax.scan(step, state, (jnp.moveaxis(scales, 1, 0), jnp.moveaxis(noises, 1, 0)))[0]

    return jax, jax.jit(scan)


def torch_loop(case: Case) -> Float[Array, "runs 2"]:
    """PyTorch, step by step over all runs, on one thread."""
    torch = import_module("torch")
    torch.set_num_threads(1)
    state = tuple(
        torch.from_numpy(each) if isinstance(each, np.ndarray) else each for each in _begun(case.runs, case.dim)
    )
    with torch.inference_mode():
        for block in _blocks(case):
            scales, noises = map(torch.from_numpy, block)
            for i in range(scales.shape[1]):
                drawn = scales[:, i], noises[:, i]
                state = _step(state, *drawn, torch.clip, torch.sqrt, torch.linalg.vecdot)
    return np.stack(state[-2:], axis=1) / case.steps


def _begun(*shape: int) -> State:
    """What `_step` changes, before the first; shape: (runs, dim), or (dim,) for a single run."""
    z, m, v, pull = (np.zeros(shape) for _ in range(4))
    spread, norms, spreads = (np.zeros(shape[:-1]) for _ in range(3))
    return np.full(shape, BEGIN), z, m, v, np.full(shape, BEGIN), pull, spread, 0.0, norms, spreads


def _step(state: State, scale: Any, noise: Any, clip: Any, sqrt: Any, dot: Any) -> State:
    """A step in anyone's arrays: x moves, the certificate looks (xbar: `mean`, W_t: `weight`), the learner takes g."""
    x, z, m, v, mean, pull, spread, weight, norms, spreads = state
    x = x + scale * z
    grad = clip(x / WIDTH, -1.0, 1.0)
    weight = BETA * weight + 1.0
    pull = BETA * pull + grad
    gap = x - mean
    mean = mean + gap / weight
    spread = (1.0 - 1.0 / weight) * (spread + dot(gap, gap) / weight)
    norms, spreads = norms + sqrt(dot(pull, pull)) / weight, spreads + spread
    g = grad + noise
    m, v = BETA * m + g, BETA**2 * v + g * g
    z = clip(-RADIUS * m / sqrt(v), -RADIUS, RADIUS)
    return x, z, m, v, mean, pull, spread, weight, norms, spreads


def _blocks(case: Case) -> Iterator[tuple[Float[Array, "runs steps 1"], Float[Array, "runs steps dim"]]]:
    """a_t and the noise of every run, a block of steps at a time."""
    oracle, numbers, length = case.oracle, range(case.runs), min(case.block, case.steps)
    scales = Draws(STREAMS, "scaling", numbers, Exponential().fill, 1)
    noises = Draws(STREAMS, "noise", numbers, oracle.fill, case.dim)
    for _ in range(0, case.steps, length):
        for draws in (scales, noises):
            draws.ready(length)
        yield scales.take(length), oracle.scale(case.dim) * noises.take(length)


Peer = Callable[[Case], Float[Array, "runs 2"]]
PEERS: dict[str, Peer] = {
    "reference": reference,
    "compiled": compiled,
    "textbook": textbook,
    "jax": jax_scan,
    "torch": torch_loop,
}
COMPILERS = ("compiled", "jax")  # among them


def installed() -> list[str]:
    """The names of the peers that can be run here."""
    return [name for name in PEERS if name not in ("jax", "torch") or find_spec(name)]
