"""Cells that nothing has measured, for tests and their processes: what is imported here is imported in each of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from experiments.sweep.cells import Cell
from experiments.sweep.store import save
from experiments.words.evidence import Check, ClaimInfo, Control, Curve, Evidence, Panel

RNG = np.random.default_rng(0)
INFO = ClaimInfo("lemma99", "Lemma 99", "A made-up lemma", ("x < y & z",), "nowhere")


def around(mean, spread=0.01, runs=64):
    samples = mean + spread * RNG.standard_normal(runs)
    return samples - samples.mean() + mean


def check(mean, bound=1.0, kind="expected", **more):
    return Check(kind, "stated", "thing", "a=1", bound, np.asarray(mean) if np.ndim(mean) else around(mean), **more)


def cell(checks, controls=(), case="case", **more):
    panel = Panel("p", "t", "y")
    curves = (
        Curve("p", "line", "measured", np.arange(1, 9), np.arange(1.0, 9), np.arange(0.5, 8), np.arange(2.0, 10)),
        Curve("p", "bound", "bound", np.array([1, 8]), np.array([9.0, 9.0])),
    )
    twins = tuple(Control(f"broken {i}", "is broken", Evidence((c,), curves[:1])) for i, c in enumerate(controls))
    return Cell(f"{case}-0", case, INFO, "problem", "made up", Evidence(tuple(checks), curves, (panel,)), twins, **more)


MADE = cell(
    [check(0.5, lower_samples=around(0.4)), check(0.7, note="hm")],
    [check(2.0)],
    output="said",
    traceback="at",
    left_out=("C=9: too large",),
)


def save_again(folder, number, times):
    for _ in range(times):
        save(replace(MADE, error=f"number {number}"), Path(folder))
