"""Whoever is compared with the engine computes the same: else a ratio of times says nothing."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import peers
from benchmarks.peers import PEERS, Case, installed, reference


@pytest.mark.parametrize("noise", ["none", "two_point", "gaussian"])
@pytest.mark.parametrize("name", [name for name in PEERS if name != "reference"])
def test_peers_compute_the_same(name, noise, monkeypatch):
    """The means of norm and spread of every run are the reference engine's, to rounding; another run's are not."""
    if name not in installed():
        pytest.skip(f"{name} is not installed")
    monkeypatch.setattr(peers, "BLOCK", 2**12)  # so that there are several
    case = Case(noise, runs=2, dim=20, steps=192)
    assert case.steps == 3 * case.block
    found, wanted = PEERS[name](case), reference(case)
    np.testing.assert_allclose(found, wanted, rtol=1e-10)
    assert not np.isclose(found, wanted[::-1], rtol=1e-4).any()
