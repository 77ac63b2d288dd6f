"""What CI asks of a smoke run: a near miss of every claim is rejected, and nothing is vacuous but what must be."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from analysis.tables import CONTROLS, tables
from experiments.sweep.claims import CLAIMS
from tests.made_up import cell, check
from tests.test_analysis import twin

PATH = Path(__file__).resolve().parent.parent / ".ci" / "promises.py"


@pytest.fixture(scope="module")
def promises():
    """The script as a module."""
    spec = spec_from_file_location("promises", PATH)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def made(name, near=2.0, far=3.0, quantity="thing"):
    """A cell of the claim whose near miss and other control have these means, against the bound 1."""
    twins = (replace(twin("close", mean=near), near=True), twin("far", mean=far))
    twins = tuple(
        replace(one, evidence=replace(one.evidence, checks=(replace(one.evidence.checks[0], quantity=quantity),)))
        for one in twins
    )
    found = cell([replace(check(0.5), quantity=quantity)], case=name)
    return replace(found, claim=replace(found.claim, name=name), controls=twins)


def told(promises, *cells):
    """What is broken in a smoke run of these cells, beside those that are always there."""
    always = [made(name, near=0.6) for name in sorted(promises.TAKES_PAPER)]
    always += [made(name, 0.6, 0.6, quantity) for name, quantity in sorted(promises.VACUOUS)]
    always += [made(name) for name in sorted({name for name, _ in promises.VACUOUS})]
    return promises.near_misses(*tables([*always, *cells]))


def test_a_near_miss_that_is_not_rejected_breaks_a_promise(promises):
    """Whatever a far control says; elsewhere in the claim it may be silent."""
    assert told(promises, made("lemma99")) == []
    assert told(promises, made("lemma99", near=0.6)) == ["no near miss of lemma99 was rejected"]
    assert told(promises, made("lemma99", near=0.6), made("lemma99")) == []


def test_what_is_vacuous_breaks_a_promise(promises):
    """One row that no control breaks; and one that was said to be."""
    silent = made("lemma99", 0.6, 0.6, "another")
    assert told(promises, made("lemma99"), silent) == ["vacuous in smoke: another of lemma99"]
    name, quantity = sorted(promises.VACUOUS)[0]
    assert told(promises, made(name, quantity=quantity)) == [f"not vacuous, after all: {quantity} of {name}"]


def test_an_exception_that_is_none_breaks_a_promise(promises):
    """Claims of which smoke is said to reject no near miss; all that is excepted exists."""
    name = sorted(promises.TAKES_PAPER)[0]
    assert told(promises, made(name)) == [f"a near miss of {name} was rejected, after all"]
    assert promises.TAKES_PAPER | {name for name, _ in promises.VACUOUS} <= set(CLAIMS)


def test_the_check_fails(promises, tmp_path, monkeypatch, capsys):
    """Exit code 1 and the line, from the tables as they are written."""
    for other in ("columns", "table", "page", "figures", "refusals"):
        monkeypatch.setattr(promises, other, lambda *_: [])
    monkeypatch.setattr(promises, "TAKES_PAPER", set())
    monkeypatch.setattr(promises, "VACUOUS", set())
    for near, code in ((2.0, 0), (0.6, 1)):
        verdicts, twins = tables([made("lemma99", near)])
        verdicts.to_csv(tmp_path / "verdicts.csv", index=False)
        twins[list(CONTROLS)].to_csv(tmp_path / "controls.csv", index=False)
        assert promises.main(tmp_path) == code
    assert capsys.readouterr().err == "broken promise: no near miss of lemma99 was rejected\n"
