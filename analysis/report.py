"""results/report.html: self-contained, works offline, sortable tables, no dates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import get_args

import pandas as pd

from analysis import ablation, anchors, findings, resolution, tightness
from analysis.tables import REPORTED
from experiments.sweep.cells import Cell, figure_name
from experiments.words.evidence import CERTIFICATE, INFIMUM, Form
from foundation.files import write as write_file

ASSETS = Path(__file__).resolve().parent / "assets"
# whoever says a paragraph of a statement, before its colon
SPEAKER = re.compile(rf"(?:(?:{'|'.join(get_args(Form))})\b[^:]*|Measured)(?=: )")
READING = """
<p>Each row compares a <em>measured</em> quantity with a <em>bound</em>. <b>supported</b>: the upper confidence limit is
below the bound. <b>refuted</b>: the lower limit is above it. <b>undecided</b>: neither. <b>vacuous</b>: the comparison
shows nothing, because the start satisfies the bound already or no deliberately broken control was rejected on
any row of the claim with the same quantity and form. <b>failed</b>: the measurement did not finish. One family-wise
error level of 1&nbsp;% holds for the whole table.</p>
<p><em>form</em> says whose bound it is: <b>stated</b> in the paper; <b>proved</b>, what the paper's proof gives where
that is weaker; <b>ours</b>, a sharper constant with our own proof. <em>ratio</em> is measured/bound: near 1 the bound
is tight. For identities it is |difference|/margin. <em>control</em> shows what the same check said about broken
twins.</p>
<p><b>What is certified.</b> The theorems bound an infimum over distributions; their proofs bound the
<em>certificate</em>, one computable distribution. A certificate above a stated bound refutes the proof's inequality at
that point, never the theorem. Rows <em>infimum</em> use a two-sided bracket of the infimum itself: they are supported
by its certified upper end and could be refuted only by its certified lower end, a dual bound from which chord errors
and rounding are subtracted.</p>
"""
NO_ROW = """
<p>Assumptions 2 and 14 (the constants of every objective and noise oracle) are examined by the test suite, which
tries to exceed each constant. Definitions 3, 6 and 15 are what is measured. Algorithm 2 appears in its explicit
form only (Theorem 9), which is all that the paper uses. The lower bound quoted with Corollary 12 is a theorem about
every method on some instance, which no run can confirm: the rows <em>Optimality</em> test what its proof says of
the hard instance, and that the two learners pass it in the same order. Section 5.2.2 is run up to the steps that
fit; its exponents of T follow from beta and D.</p>
"""


def write(
    table: pd.DataFrame,
    twins: pd.DataFrame,
    tight: tuple[pd.DataFrame, pd.DataFrame],
    cells: Sequence[Cell],
    results: Path,
    preset: str,
    missing: Sequence[str],
) -> None:
    """Write results/report.html from the verdicts, the cells and the figures in results/figures.

    tight: how tight the bounds are, and what every claim would have noticed (tightness.py, resolution.py).
    """
    template = Template((ASSETS / "report.html").read_text(encoding="utf-8"))
    labels = list(dict.fromkeys(cell.claim.label for cell in cells))
    page = template.substitute(
        style=(ASSETS / "report.css").read_text(encoding="utf-8"),
        script=(ASSETS / "report.js").read_text(encoding="utf-8"),
        preset=escape(preset),
        findings=findings.page(table),
        counts=_counts(table, missing),
        reading=READING,
        contents="".join(
            f'<li><a href="#{anchors.section(x)}">{escape(x)}</a> {_badges(table, x)}</li>' for x in labels
        ),
        summary=_picture(results / "figures" / "summary.svg"),
        remarks=_remarks(table, missing),
        ablations=ablation.page(twins),
        tightness=tightness.page(tight[0]),
        without=NO_ROW,
        claims="".join(_section(label, table, tight[1], cells, results) for label in labels),
        provenance=escape(_provenance(cells)),
    )
    write_file(results / "report.html", page.encode())


def _provenance(cells: Sequence[Cell]) -> str:
    """What measured the cells, as the first one has it, and how many others say otherwise."""
    if not cells:
        return ""
    said = ", ".join(f"{name} {value}" for name, value in cells[0].provenance.items() if value)
    others = sum(cell.provenance != cells[0].provenance for cell in cells)
    return f"Measured with {said}{f'; {others} cells with others' if others else ''}." if said else ""


def _counts(table: pd.DataFrame, missing: Sequence[str]) -> str:
    counts = table["verdict"].value_counts()
    items = [f'<span class="badge {v}">{counts[v]} {v}</span>' for v in sorted(counts.index)]
    if missing:
        items.append(f'<span class="badge failed">{len(missing)} cases failed</span>')
    return " ".join(items)


def _badges(table: pd.DataFrame, label: str) -> str:
    counts = table.loc[table["label"] == label, "verdict"].value_counts()
    return " ".join(f'<span class="badge {v}">{counts[v]} {v}</span>' for v in sorted(counts.index))


def _remarks(table: pd.DataFrame, missing: Sequence[str]) -> str:
    """Whatever is not simply supported, with its reason."""
    parts = [f"<li><b>failed</b>: {escape(line)}</li>" for line in missing]
    for verdict in ("refuted", "undecided", "vacuous", "failed"):
        rows = table[table["verdict"] == verdict]
        for row in rows.to_dict("records"):
            numbers = f"measured {row['measured']:.4g}, bound {row['bound']:.4g}"
            what = ("problem", "varied", "form", "quantity", "setting")
            where = f"{row['label']} on {', '.join(row[name] for name in what if row[name])}"
            note = f": {row['note']}" if row["note"] else ""
            parts.append(
                f'<li><span class="badge {verdict}">{verdict}</span> {escape(where)} ({numbers}){escape(note)}</li>'
            )
    return f"<ul>{''.join(parts)}</ul>" if parts else "<p>Every row is supported.</p>"


def _section(label: str, table: pd.DataFrame, noticed: pd.DataFrame, cells: Sequence[Cell], results: Path) -> str:
    """All claims that bear the label, one after the other, each under its own title."""
    mine = [cell for cell in cells if cell.claim.label == label]
    names = dict.fromkeys(cell.claim.name for cell in mine)
    parts = "".join(_claim([c for c in mine if c.claim.name == name], table, noticed, results) for name in names)
    return f'<section id="{anchors.section(label)}">{parts}</section>'


def _claim(mine: Sequence[Cell], table: pd.DataFrame, noticed: pd.DataFrame, results: Path) -> str:
    info = mine[0].claim
    rows = table[table["claim"] == info.name]
    controls = {c.name: f"{c.description}{' (a near miss)' if c.near else ''}" for cell in mine for c in cell.controls}
    listed = "".join(f"<li><b>{escape(k)}</b>: {escape(v)}</li>" for k, v in controls.items())
    problems = {cell.problem: cell.problem_description for cell in mine}
    figures = "".join(
        f"<figure>{_picture(results / 'figures' / (figure_name(cell.case, cell.varied) + '.svg'))}"
        f"<figcaption>{escape(cell.claim.label)} on {escape(cell.where)}. Dashed: bounds; red, dotted: controls; "
        "bands: 5 to 95 percent of runs.</figcaption></figure>"
        for cell in mine
        if cell.evidence is not None and cell.evidence.panels
    )
    described = "".join(f"<li><b>{escape(k)}</b>: {escape(v)}</li>" for k, v in problems.items() if v)
    return (
        f"<h2>{escape(info.label)}. {escape(info.title)}</h2>{''.join(map(_paragraph, info.statement))}"
        f"<p class=source>{escape(info.source)}</p>"
        f"<h3>Problems</h3><ul>{described}</ul><h3>Controls</h3><ul>{listed}</ul>"
        f"{_table(rows)}{resolution.paragraph(noticed[noticed['claim'] == info.name])}{_looseness(rows)}{figures}"
    )


def _paragraph(text: str) -> str:
    """A paragraph of a statement, with whoever says it set apart."""
    speaker = SPEAKER.match(text)
    head = f"<span class=speaker>{escape(speaker[0])}</span> " if speaker else ""
    return f"<p class=statement>{head}{escape(text[speaker.end() + 2 :] if speaker else text)}</p>"


def _looseness(rows: pd.DataFrame) -> str:
    """Where both were measured: how loose what the proof bounds is, beside the infimum that the theorem bounds."""
    keys = [name for name in ("problem", "varied", "setting") if name != "varied" or rows["varied"].any()]
    stated = rows[rows["form"] == "stated"]
    parts = [stated[stated["quantity"] == name][[*keys, "measured", "note"]] for name in (CERTIFICATE, INFIMUM)]
    if any(part.empty for part in parts):
        return ""
    joined = parts[0].merge(parts[1], on=keys, suffixes=("", "_infimum"))
    joined = joined.rename(columns={"measured": CERTIFICATE, "measured_infimum": INFIMUM, "note": "gradient"})
    quotient = f"{CERTIFICATE} / {INFIMUM}"
    joined[quotient] = joined[CERTIFICATE] / joined[INFIMUM]
    shown = joined[[*keys, CERTIFICATE, INFIMUM, quotient, "gradient"]]
    text = (
        "Means over t in units of eps: the certificate (every t), a certified upper bound of the infimum and, at the "
        "same sampled t (a uniform t in each quarter of 1..T, run by run), the gradient at xbar; then certificate / "
        "infimum before and after convergence, in the first and the last quarter."
    )
    page = shown.to_html(index=False, float_format=lambda value: f"{value:.4g}", border=0)
    return f"<h3>How loose the certificate is</h3><p>{text}</p>{page}"


def _table(rows: pd.DataFrame) -> str:
    names = [name for name in REPORTED if name != "varied" or rows["varied"].any()]
    head = "".join(f"<th>{name}</th>" for name in names)
    body = "".join(
        f"<tr id={anchors.row(place)}>{''.join(_cell(name, row[name]) for name in names)}</tr>"
        for place, row in zip(rows.index, rows.to_dict("records"), strict=True)
    )
    return (
        f'<div class="scroll"><table class="sortable"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _cell(name: str, value: object) -> str:
    if name == "verdict":
        return f'<td><span class="badge {value}">{value}</span></td>'
    if isinstance(value, float):
        return f'<td class="number" data-value="{value!r}">{value:.4g}</td>'
    return f"<td>{escape(str(value))}</td>"


def _picture(path: Path) -> str:
    """The SVG inline, without its prologue; its ids get the file's name, for all figures share one page."""
    if not path.is_file():
        return ""
    text = path.read_text(encoding="utf-8")
    text = text[text.index("<svg") :]
    prefix = path.stem + "-"
    text = re.sub(r'\bid="', f'id="{prefix}', text)
    return re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}", text)
