"""docs/sharper.md and the tests refer to each other by label and heading, and its formulas are ones that GitHub renders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.proofs.decide import INEQUALITIES
from tests.proofs.identities import IDENTITIES

ROOT = Path(__file__).resolve().parent.parent.parent
TEXT = (ROOT / "docs" / "sharper.md").read_text(encoding="utf-8")
LABEL = r"\([IE]\d+\)"
EXTENTS = {  # how far a statement goes: part of the heading of its proof
    "$C \\to \\infty$": "The counterexample",
    "any discounts": "at any two discounts",
    "any law": "for other laws",
    "any parameters": "at any parameters",
    "p-th moments": "Heavy tails",
    "repaired": "repaired",
    "sharpened": "Sharpened parameters",
    "weighted output": "another law of the output index",
    "whose $c_p^p$ is 2": "Heavy tails",
}


def sections() -> Iterator[tuple[str, str]]:
    """Heading and text of every section."""
    for part in TEXT.split("\n## ")[1:]:
        heading, _, body = part.partition("\n")
        yield heading, body


def formulas() -> tuple[list[str], list[str], str]:
    """Displayed and inline formulas, and the text without them."""
    displayed = re.findall(r"^\$\$(.+?)\$\$$", TEXT, flags=re.M | re.S)
    rest = re.sub(r"^\$\$(.+?)\$\$$", "", TEXT, flags=re.M | re.S)
    return displayed, re.findall(r"\$(.+?)\$", rest), re.sub(r"\$(.+?)\$", "FORMULA", rest)


def test_every_label_has_a_test_and_every_test_a_label() -> None:
    """In the section that the test names, once each, and numbered in order."""
    written = [(heading, label) for heading, body in sections() for label in re.findall(rf"\*\*({LABEL})\*\*", body)]
    tested = {(item.section, item.label) for item in (*INEQUALITIES, *IDENTITIES)}
    assert set(written) == tested
    assert len(written) == len(tested)
    for letter in "IE":
        labels = [label for _, label in written if label[1] == letter]
        assert labels == [f"({letter}{i})" for i in range(1, len(labels) + 1)]
    assert set(re.findall(LABEL, TEXT)) == {label for _, label in written}, "a reference to no label"


def test_everything_ours_has_a_proof_there() -> None:
    """Each statement of theory/ that is ours names a place in the paper, by its number, which stands in a heading."""
    headings = "\n".join(heading for heading, _ in sections())
    source = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "theory").glob("*.py")))
    places = set(re.findall(r"Status:\s+ours\s+\([A-Za-z]+\s+\(?([\d.]*\d)", source))
    assert {"4", "5", "7", "8", "9", "10", "11", "17", "18", "5.2.2", "1", "2"} <= places
    assert not [place for place in places if not re.search(rf"(?<![\d.]){re.escape(place)}(?![\d.])", headings)]
    extents = re.findall(r"Status:\s+ours\s+\([^.;]*?,\s+([^.;]*?)\)[.;]", source)
    found = {" ".join(extent.split()) for several in extents for extent in several.split(", ")}
    assert found == set(EXTENTS) and all(part in headings for part in EXTENTS.values())


def test_the_document_names_what_exists() -> None:
    """Files in backquotes are there."""
    paths = re.findall(r"`((?:[a-z_]+/)[\w./]*)`", TEXT)
    assert paths and not [path for path in paths if not (ROOT / path).exists()]


def test_github_renders_the_formulas() -> None:
    """Markdown goes over formulas first: nothing in them may be an escape or begin emphasis; no dollar beside a letter."""
    displayed, inline, rest = formulas()
    assert displayed and inline and "$" not in rest
    for formula in (*displayed, *inline):
        assert not re.search(r"\\[^A-Za-z]|[^A-Za-z0-9]_|[<>*`~]", formula), formula
        for left, right in ("{}", "()", "[]"):
            assert formula.count(left) == formula.count(right) or "(0, 1]" in formula, formula
        assert formula.count(r"\lVert") == formula.count(r"\rVert"), formula
        assert len(re.findall(r"\\lbrace|\\Bigl|\\bigl", formula)) == len(
            re.findall(r"\\rbrace|\\Bigr|\\bigr", formula)
        ), formula
    assert not [formula for formula in inline if formula != formula.strip() or "\n" in formula]
    assert not re.search(r"[\w-]FORMULA|FORMULA[\w-]", rest)
    assert len(displayed) == len(re.findall(r"\n\n\$\$.+?\$\$\n\n", TEXT, flags=re.S)), "a display stands alone"
