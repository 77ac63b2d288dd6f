"""Words and numbers of the report (analysis/report/page.py)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from jinja2 import UndefinedError

from analysis.report.page import (
    COLUMNS,
    _choices,
    _demand,
    _labels,
    _number,
    _provenance,
    _remarks,
    _share,
    _short,
    _templates,
)
from experiments.words.evidence import Check
from tests.made_up import INFO, MADE, cell, check


def test_numbers():
    """Four digits; none where there is none."""
    assert [_number(x) for x in (0.123456, 12345.6, np.inf, 0.0, np.nan)] == ["0.1235", "1.235e+04", "inf", "0", ""]


def test_shares():
    """What is less than a hundredth of a percent is not said to be nothing."""
    found = [_share(x) for x in (1.0, 0.25678, 1e-4, np.nextafter(1e-4, 0.0), 0.0)]
    assert found == ["100.00%", "25.68%", "0.01%", "less than 0.01%", "less than 0.01%"]


def test_decimals_of_notes():
    """Five digits at most, of numbers with more than four behind the point; names that look like numbers stay."""
    assert _short("T=1234.567891, eps=0.0012345678e-5.") == "T=1234.6, eps=1.2346e-08."
    assert _short("0.1234 v1.234567 1.2.345678 12345678") == "0.1234 v1.234567 1.2.345678 12345678"
    assert _short("0.123456, 0.12345") == "0.12346, 0.12345"


@pytest.mark.parametrize(
    "kind, margin, expected",
    [
        ("expected", 0.0, "≤\u00a00.5"),
        ("pathwise", 0.0, "≤\u00a00.5"),
        ("identity", 0.02, "=\u00a00.5 ±\u00a00.02"),
        ("rate", 0.1, "=\u00a00.5 ±\u00a00.1"),
        ("attained", 0.1, "0.5, attained (0.485 to 0.6)"),
    ],
)
def test_what_is_asked_of_a_row(kind, margin, expected):
    assert _demand(Check(kind, "ours", "q", "s", 0.5, np.ones(1), margin)) == expected


def test_labels_of_cards():
    """The n-th column has the n-th name, from 1 on."""
    assert _labels().startswith('.rows td:nth-child(1)::before{content:"row"}')
    assert _labels().endswith(f'.rows td:nth-child({len(COLUMNS)})::before{{content:"note"}}')


def test_what_is_not_simply_supported():
    """By verdict, the worst first, with places; verdicts that do not occur are not there."""
    table = pd.DataFrame({"verdict": ["supported", "vacuous", "refuted", "supported", "vacuous"]})
    found = _remarks(table)
    assert [(name, [place for place, _ in rows]) for name, rows in found.items()] == [
        ("refuted", [2]),
        ("vacuous", [1, 4]),
    ]
    assert found["refuted"][0][1] == {"verdict": "refuted"}


def test_what_rows_are_filtered_by():
    """Claims that have rows, by label and title; values in alphabetical order, each once."""
    cells = [replace(cell([check(0.5)]), claim=replace(INFO, name=name, label=name.upper())) for name in "ba"]
    table = pd.DataFrame(
        {"claim": ["a", "a"], "problem": ["q", "p"], "form": ["ours", "ours"], "verdict": ["supported", "refuted"]}
    )
    assert _choices(table, cells) == {
        "claim": {"a": "A. A made-up lemma"},
        "problem": {"p": "p", "q": "q"},
        "form": {"ours": "ours"},
        "verdict": {"refuted": "refuted", "supported": "supported"},
    }


def test_what_measured():
    """As the first cell has it, without what it does not know; how many others say otherwise."""
    one, other = (replace(MADE, provenance={"numpy": version, "revision": ""}) for version in ("2.4", "2.5"))
    assert _provenance([]) == _provenance([replace(MADE, provenance={"revision": ""})]) == ""
    assert _provenance([one, one]) == "Measured with numpy 2.4."
    assert _provenance([one, other, one, other]) == "Measured with numpy 2.4; 2 cells with others."


def test_templates_leave_no_blanks():
    """Of lines that only say what is on the page nothing is left; what is not there is an error; texts are escaped."""
    made = _templates().from_string("  {% if shown %}\nx {{ text }}\n  {% endif %}\n")
    assert made.render(shown=True, text="<b>") == "x &lt;b&gt;\n" and made.render(shown=False) == ""
    with pytest.raises(UndefinedError):
        made.render(shown=True)
