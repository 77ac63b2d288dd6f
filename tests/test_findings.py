"""The sentences that open the report: printed only where rows carry them, with the rows' numbers, linked to the rows."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pandas as pd
import pytest

from analysis import anchors, findings
from analysis.findings import FINDINGS, PATTERNS, Finding, Rows
from analysis.report.page import write
from analysis.resolution import resolution
from analysis.tables import VERDICTS, margins, tables
from analysis.tightness import tightness
from experiments.sweep.cells import Cell
from experiments.sweep.claims import CLAIMS
from experiments.sweep.tables import cases
from experiments.words.evidence import Control, Evidence
from experiments.words.harness import measure
from tests.test_experiments import job

# smoke cases of the claims that the sentences name, and what makes them shorter
MEASURED = {
    "theorem09_pair": [],
    "theorem09_sharpness": [],
    "lemma10_kink": [],
    "lemma10_short": [],
    "section61_clip_short": [],
    "theorem11_counterexample_short": ["+case.settings.eps=3.0", "+case.settings.runs=2"],
    "discount_map_short": ["case.settings.cells=20"],
    "parameters_short": [],
    "heavy_guarantee_short": [],
    "constant_dips_short": ["+case.settings.times=8"],
}
FAILS, OTHERS = FINDINGS[0], FINDINGS[2]
READ = [pytest.param(finding, name, id=f"{i}-{name}") for i, finding in enumerate(FINDINGS) for name in finding.rows]


def row(claim="a", verdict="supported", **more):
    """A row of the verdict table."""
    said = {
        "claim": claim,
        "label": f"Label <{claim}>",
        "problem": "p",
        "varied": "",
        "form": "ours",
        "quantity": "q",
        "setting": "s",
    }
    return said | {"measured": 0.5, "bound": 1.0, "lower": 0.4, "upper": 0.6, "verdict": verdict, "note": ""} | more


def table(*rows):
    """These rows, with the columns of verdicts.csv."""
    return pd.DataFrame(rows, columns=list(VERDICTS))


def carrying(rows):
    """A row that the patterns choose, with a verdict that carries the sentence."""
    instance = {name: re.sub(r"\(\?!.*?\)|\\|\.\*", "", getattr(rows, name)) or "p" for name in PATTERNS}
    note = "; ".join(f"{before.removeprefix('; ')}{i + 7}" for i, before in enumerate(rows.facts.values()))
    return row(rows.claim or "another", rows.verdict, **instance, note=f"N; {note}" if note else "")


def full(finding):
    """A table that carries the sentence and has a row that no sentence reads."""
    return table(row("nothing"), *(carrying(rows) for rows in finding.rows.values()))


def text(page):
    """What a reader sees."""
    return unescape(re.sub("<.*?>", "", page))


@pytest.fixture(scope="module")
def cells():
    """The smoke cases, measured without their controls, each with one made-up control that is refuted on every row."""
    found = []
    for name, shorter in MEASURED.items():
        made = job(name, *shorter)
        evidence = measure(made.claim, made.problem, made.context)
        broken = Evidence(tuple(replace(check, kind="pathwise", bound=-9.0) for check in evidence.checks))
        twin = Control("broken", "is broken", broken)
        found.append(Cell(name, name, made.claim.info(), made.problem.name, evidence=evidence, controls=(twin,)))
    return found


@pytest.fixture(scope="module")
def judged(cells):
    """Their verdicts, and those of the controls."""
    return tables(cells)


def test_there_are_at_most_eight_sentences():
    """One each."""
    assert len(FINDINGS) <= 8
    for finding in FINDINGS:
        assert finding.sentence.endswith(".") and not re.search(r"[.!?] [A-Z]", finding.sentence)


@pytest.mark.parametrize(("finding", "name"), READ)
def test_claims_and_problems_exist(finding, name):
    """In the registry, and in the cases of the paper preset."""
    rows = finding.rows[name]
    assert {rows.claim, *rows.but} - {""} <= set(CLAIMS)
    known = [case for case in cases().values() if "paper" in case.presets and case.claim == (rows.claim or case.claim)]
    assert any(re.fullmatch(rows.problem, case.problem) for case in known)


@pytest.mark.parametrize(("finding", "name"), READ)
def test_what_is_measured_has_the_rows(judged, finding, name):
    """Form, quantity, setting and facts are those of the claims; a helix is measured in the other presets only."""
    rows = finding.rows[name]
    helix = rows.claim == "theorem11_counterexample"
    found = (replace(rows, problem=".*") if helix else rows).match(judged[0])
    assert len(found) and found[list(rows.facts)].notna().all(axis=None)


@pytest.mark.parametrize("finding", FINDINGS)
def test_a_sentence_needs_all_its_rows(finding):
    """None is printed if some are missing, or found otherwise, or show nothing, or lack a number."""
    whole = full(finding)
    assert finding.html(whole)
    assert not finding.html(whole[:0]) and not finding.html(whole[:1])
    for rows in finding.rows.values():
        mine = rows.match(whole).index
        assert not finding.html(whole.drop(mine))
        for verdict in {"supported", "refuted", "undecided", "vacuous", "failed"} - {rows.verdict}:
            assert not finding.html(whole.assign(verdict=whole["verdict"].mask(whole.index.isin(mine), verdict)))
        if rows.facts:
            assert not finding.html(whole.assign(note="", setting=""))


@pytest.mark.parametrize(("finding", "name"), READ)
def test_one_row_of_many_is_enough_to_lose_a_sentence(finding, name):
    """Unless the sentence says that something happens somewhere; a vacuous one loses and adds nothing."""
    whole, extra = full(finding), carrying(finding.rows[name])
    for verdict in ("undecided", "vacuous"):
        more = table(*whole.to_dict("records"), extra | {"verdict": verdict})
        read = [each for each in finding.rows.values() if len(each.match(more)) > len(each.match(whole))]
        kept = verdict == "vacuous" or all(each.some for each in read)
        assert read and finding.html(more) == (finding.html(whole) if kept else "")


def test_the_numbers_are_those_of_the_rows():
    """The least C at which a row is refuted, with its own limit and bound; each number links to its row."""
    helix = {"claim": "theorem11_counterexample", "quantity": "infimum", "problem": "steep_helix"}
    rows = [
        row(**helix, form="stated", verdict="refuted", setting="C=44.91 C/G=30.7", lower=1.0345, bound=1.0326),
        row(**helix, form="stated", verdict="refuted", setting="C=30 C/G=20", lower=1.0512, bound=1.05),
        row(**helix, form="stated", verdict="undecided", setting="C=20 C/G=14", lower=1.06, bound=1.07),
        row(**helix, form="stated", setting="C=17 C/G=12"),
        row(**helix, form="ours", setting="C=30 C/G=20"),
    ]
    said = FAILS.html(table(*rows))
    for number in ('is <a href="#row-1">1.0512</a> ', ' = <a href="#row-1">20</a> ', ' = <a href="#row-3">12</a> '):
        assert number in said
    assert "1.0345" not in said and '<a href="#label-theorem11_counterexample">Label &lt;theorem11_' in said
    rows[1]["verdict"] = "undecided"
    assert 'is <a href="#row-0">1.0345</a> ' in FAILS.html(table(*rows))
    assert not FAILS.html(table(*rows[:4])) and not FAILS.html(table(*rows[1:]))


def test_a_constant_that_fails_somewhere_fails():
    """One row that refutes it is enough, whatever others are."""
    rows = [
        row("constant", verdict, form="stated", lower=0.9 + k) for k, verdict in enumerate(("supported", "refuted"))
    ]
    said = text(FINDINGS[1].html(table(*rows, row("constant", bound=1.06))))
    assert "lies between 1.9, certified" in said and said.count("1.06, proved") == 1


def test_counts_and_ranges():
    """Rows and claims are counted; both ends of a range stand there, unless they read the same."""
    ends = "{x.measured.min:.2f}, {x.measured.max:.2f}"
    finding = Finding(
        ends + ", {x.measured.range:.1f}, {x.claim.size} rows of {x.claim.nunique} < {{2}}.",
        {"x": Rows(but=("b",), form="ours")},
    )
    rows = [row("a", measured=0.31), row("b", "refuted", measured=9.0), row("c", measured=0.12), row("a", measured=0.2)]
    assert text(finding.html(table(*rows))).startswith("0.12, 0.31, 0.1 to 0.3, 3 rows of 2 < {2}.")
    assert text(finding.html(table(*rows[:1]))).startswith("0.31, 0.31, 0.3, 1 rows of 1 < {2}.")


def test_what_the_paper_states_is_counted_without_certificates():
    """A refuted certificate refutes an inequality of a proof; a refuted infimum takes the sentence away."""
    rows = [row(form="stated"), row("b", form="stated"), row("b", "refuted", form="stated", quantity="certificate")]
    assert "all 2 such rows, under 2 headings" in text(OTHERS.html(table(*rows)))
    assert not OTHERS.html(table(*rows, row("theorem11", "refuted", form="stated", quantity="infimum")))
    aside = row("theorem11_counterexample", "refuted", form="stated", quantity="infimum")
    assert OTHERS.html(table(*rows, aside)) == OTHERS.html(table(*rows))


def test_no_sentence_no_section():
    """Nothing stands in for what was not found."""
    assert findings.carried(table()) == findings.carried(table(row(form="ours"))) == []


def test_the_report_begins_with_what_was_found(cells, judged, tmp_path):
    """Before any table; every link leads to an id of the page, of which there is one; the same bytes again."""
    verdicts, twins = judged
    pages = []
    for _ in range(2):
        tight = tightness(verdicts, cells), resolution(verdicts, margins(cells))
        write(verdicts, twins, tight, cells, tmp_path, "smoke", [])
        pages.append((tmp_path / "report.html").read_text())
    page = pages[0]
    assert page == pages[1]
    section = page[page.index('<section id="findings">') :]
    assert page.index('<section id="findings">') < page.index('<section id="unsupported">') < page.index("<table")
    section = section[: section.index("</section>")]
    assert section.count("<li>") == sum(bool(finding.html(verdicts)) for finding in FINDINGS) >= 5
    ids = re.findall(r'\bid="?([\w-]+)', page)
    assert len(ids) == len(set(ids))
    links = re.findall(r'href="#(.*?)"', section)
    assert set(links) <= set(ids) and len(links) > len(FINDINGS)
    for place, number in re.findall(r'href="#row-(\d+)">([\d.]+)%?</a>', section):
        found = verdicts.loc[int(place)]
        assert anchors.section(found["label"]) in links
        line = page[page.index(f'<tr id="{anchors.row(int(place))}">') :].split("</tr>")[0]
        assert f"<td>{found['quantity']}</td><td>{found['setting']}</td>" in unescape(line), number


@pytest.mark.parametrize("finding", FINDINGS)
def test_what_somebody_varied_carries_no_sentence(finding):
    """Rows of another seed or another noise neither make a sentence nor take one away."""
    usual = full(finding)
    others = usual.assign(varied="seed=1", verdict="undecided", measured=99.0)
    assert finding.html(usual) and finding.html(pd.concat([usual, others], ignore_index=True)) == finding.html(usual)
    assert not finding.html(usual.assign(varied="seed=1"))
