"""docs/sharper.md: every inequality and identity of its proofs decided, its mutants refuted."""

from __future__ import annotations

import pytest
import sympy as sp

from tests.proofs import decide
from tests.proofs.decide import INEQUALITIES, Inequality
from tests.proofs.identities import IDENTITIES, Identity
from tests.proofs.inequalities import REGRET

EACH = [pytest.param(item, id=f"{item.label}-{i}") for i, item in enumerate(INEQUALITIES)]
EQUAL = [pytest.param(item, id=item.label) for item in IDENTITIES]


@pytest.mark.parametrize("item", EACH)
def test_inequality_holds(item: Inequality) -> None:
    """No real numbers violate it: the solver says so, exactly."""
    assert item.counterexample(item.constant) is None


@pytest.mark.parametrize("item", EACH)
def test_mutant_is_refuted(item: Inequality) -> None:
    """With a constant 1 % better, or less, the solver finds a point, and another arithmetic agrees that it fails there."""
    point = item.counterexample(item.mutant)
    assert point is not None and item.fails_at(item.mutant, point)
    assert not item.fails_at(item.constant, point), "the true constant fails nowhere"


@pytest.mark.parametrize("item", EQUAL)
def test_identity_holds(item: Identity) -> None:
    """Both sides are the same rational function."""
    assert all(sp.cancel(difference) == 0 for difference in item.differences(sp.Integer(1)))


@pytest.mark.parametrize("item", EQUAL)
def test_identity_with_another_constant_fails(item: Identity) -> None:
    """One side 1 % larger: the sides differ at a rational point."""
    for difference in item.differences(sp.Rational(101, 100)):
        point = {symbol: sp.Rational(i, 11) for i, symbol in enumerate(sorted(difference.free_symbols, key=str), 2)}
        assert abs(sp.N(difference.subs(point))) > 1e-5


def test_an_undecided_inequality_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver out of time is an error, not a proof; and ball arithmetic is certain or says no."""
    item = Inequality("(I0)", REGRET, "1", "0.5", lambda on, c, x: ([x > 0], on.sqrt(x) ** 2, c * x))
    assert item.counterexample("1") is None
    point = item.counterexample("0.5")
    assert point is not None and item.fails_at("0.5", point)
    assert not item.fails_at("1", point)
    monkeypatch.setattr(decide, "TIMEOUT", 1)
    hard = Inequality(
        "(I0)", REGRET, "4", "3", lambda on, c, x, y, z: ([x > 0, y > 0, z > 0], c * x * y * z, x**4 + y**4 + z**4 + 1)
    )
    with pytest.raises(TimeoutError, match="I0"):
        hard.counterexample("4")
