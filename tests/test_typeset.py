"""Statements as MathML: every one of every claim converts, nothing is left in ASCII, and what is no formula stays."""

from __future__ import annotations

import re
from html import unescape
from xml.etree import ElementTree

import pytest
from matplotlib.mathtext import MathTextParser

from analysis.findings import FINDINGS
from analysis.report.content import spoken
from analysis.report.typeset import FORMULA, _cut, formula, prose
from experiments.sweep.claims import CLAIMS
from experiments.sweep.tables import cases
from experiments.words.claim import statement
from tests.test_statements import STATEMENTS

SAID = dict.fromkeys([text for claim in CLAIMS.values() for text in claim.info().statement])
SAID |= dict.fromkeys(statement(function) for function in STATEMENTS.values())
SAID |= dict.fromkeys(finding.sentence for finding in FINDINGS)
FORMULAS = sorted({found for text in SAID for found in FORMULA.findall(text)})
# what a formula has and prose has not
ASCII = re.compile(
    r"\|\||_\{|\^|[<>]=|\\[a-z]| [<>=~] [a-zA-Z(]|\b(sqrt|eps|lam|sigma|beta[12]?|Delta|grad|xbar|sum_|E_|inf F)\b"
    r"|(?<![`\w'])[b-zB-HJ-Z]\b(?![-.\w'])"
)


def outside(text):
    """The prose of a text: without its formulas, names of code, and fields of a finding."""
    return re.sub(r"`[^`]*`|\{[^}]*\}", "", FORMULA.sub("#", text))


@pytest.mark.parametrize("text", SAID)
def test_no_formula_is_left_in_ascii(text):
    """Neither in what is said nor in who says it; every $ belongs to a formula."""
    left = ASCII.search(outside(text))
    assert not left, outside(text)[max(0, left.start() - 30) : left.end() + 20]
    assert "$" not in outside(text)


@pytest.mark.parametrize(
    "text",
    [
        "for C > eps/10 of it",
        "E||grad F|| is large",
        "where T <= 3",
        "the sqrt of it",
        "x^[lam] is",
        "the root of \\lambda",
        "a window of beta1 steps",
        "sum_{t} of all",
    ],
)
def test_ascii_would_be_noticed(text):
    assert ASCII.search(outside(text))


@pytest.mark.parametrize("latex", FORMULAS)
def test_every_formula_is_set(latex):
    """As MathML that is well formed, in balance, made of known commands, with its LaTeX for those who cannot see it."""
    page = formula(latex)
    pieces = re.findall(r"<math.*?</math>", page)
    assert pieces and "<wbr>".join(pieces) == page
    for piece in pieces:
        assert not re.search(r"<m[ion][^<>]*>[^<]*[\\$]", piece)
        said = ElementTree.fromstring(piece).get("alttext")
        assert said and said.replace(r"\{", "").count("{") == said.replace(r"\}", "").count("}")
    spoken_aloud = " ".join(unescape(piece) for piece in re.findall(r'alttext="(.*?)"', page))
    assert spoken_aloud.replace(" ", "") == re.sub(r"\s", "", latex)
    assert latex.count("{") == latex.count("}") and latex.count(r"\|") % 2 == 0


@pytest.mark.parametrize("latex", FORMULAS)
def test_figures_understand_the_same_formulas(latex):
    """Matplotlib raises where it does not know a command."""
    assert MathTextParser("path").parse(f"${latex}$")


def test_statements_are_mathematics():
    """Of every claim of the paper preset: there is a formula somewhere, and the report's paragraphs have them all."""
    for name in {case.claim for case in cases().values()}:
        paragraphs = [spoken(text) for text in CLAIMS[name].info().statement]
        pages = [prose(part) for paragraph in paragraphs for part in paragraph]
        written = [part for paragraph in paragraphs for part in paragraph]
        assert [page.count("<math") >= len(FORMULA.findall(text)) for page, text in zip(pages, written, strict=True)]
        assert name.startswith("section7") or any("<math" in page for page in pages), name


@pytest.mark.parametrize(
    "text",
    [
        "a lone $ of a user",
        "$5 or $6",
        "it costs $5, not $6.",
        "a$b$c",
        "$",
        "$$",
        "$ x $",
        r"$\unheardof{x}$",
        r"$\frac{1$2",
    ],
)
def test_what_is_no_formula_stands_as_it_is(text):
    """Also one that the library does not know, and whatever it raises."""
    assert prose(text) == text


def test_prose_is_escaped():
    """Around formulas, and within them; the library's errors are no reason to stop."""
    page = prose("<b> & $x < y$, <i>")
    assert page.startswith('&lt;b&gt; &amp; <span class="whole"><math') and page.endswith("</math>,</span> &lt;i&gt;")
    assert 'alttext="x &lt; y"' in page and "<mo>&lt;</mo>" in page
    assert "<script" not in prose('$<script>alert("1")</script>$')


def test_what_follows_a_formula():
    """Stays as it is: a sign hangs on the formula, a word does not."""
    assert str(prose("$x$ is")).endswith("</math> is")
    assert str(prose("$x$).")).endswith(").</span>") and str(prose("$x$, y")).endswith(",</span> y")


def test_a_formula_is_nothing_but_its_mathematics():
    assert formula("x") == '<math alttext="x"><mi>x</mi></math>'
    assert formula(r"\|a\|") == (
        r'<math alttext="\|a\|"><mrow><mo stretchy="false" lspace="0" rspace="0">‖</mo><mi>a</mi>'
        '<mo stretchy="false" lspace="0" rspace="0">‖</mo></mrow></math>'
    )


def test_names_of_functions_are_code():
    """Without their backticks; a lone one is prose, and what is between two is escaped."""
    assert prose("of `f_1` and $x$: `<g>`").startswith("of <code>f_1</code> and ")
    assert prose("of `f_1` and $x$: `<g>`").endswith("</span> <code>&lt;g&gt;</code>")
    assert prose("a ` alone") == "a ` alone"


def test_a_prime_is_an_operator():
    """Not a variable of its own."""
    assert "<mo>\u2032</mo>" in formula("F'(x)") and "<mi>\u2032</mi>" not in formula("F'(x)")


def test_lines_break_where_they_do_in_tex():
    """Behind relations and sums, in no bracket and no norm; a sign is no sum; what is very long is cut in brackets, too."""
    cut = re.findall(r'alttext="(.*?)"', formula(r"\|a + b + c + d + e\| \leq (a + b + c + d + e + f) + g + h"))
    assert cut == [r"\|a + b + c + d + e\| \leq", "(a + b + c + d + e + f) +", "g + h"]
    assert formula(r"O(\max\{" + " + ".join("abcdefghijklmnopqrstuvwxyz") + r"\})").count("<math") > 3
    assert formula("a + b").count("<math") == 1
    assert re.findall(r'alttext="(.*?)"', formula("aaaaaaaaaaaa = -b")) == ["aaaaaaaaaaaa =", "-b"]
    assert formula("[" + " + ".join("abcdefghijklmnopqrstuvwxyz") + "]").count("<math") > 3


BRACKETS = [("(", ")"), ("[", "]"), (r"\{", r"\}"), (r"\langle", r"\rangle"), ("{", "}")]


@pytest.mark.parametrize("first", BRACKETS)
@pytest.mark.parametrize("second", BRACKETS)
def test_no_line_breaks_in_a_bracket(first, second):
    """Nor after one for which it was opened: each closes what it opens, and no more."""
    (a, b), (c, d) = first, second
    parts = [f"{a} x {b} ssssssssssss +", f" {c} tttttttttttt + u {d} +", f" {a} vvvvvvvvvvvv + w {b} z"]
    assert list(_cut("".join(parts))) == parts


@pytest.mark.parametrize("count, pieces", [(10, 1), (11, 2), (12, 2)])
def test_a_line_has_a_dozen_tokens_before_it_breaks(count, pieces):
    assert len(list(_cut("a" * count + "=b"))) == pieces
    assert len(list(_cut("z" * 11 + "=" + "a" * count + "=b"))) == 1 + pieces, "and so has the next one"
    assert len(list(_cut("a" * 10 + "=-" + "b" * 20))) == 1, "nor does it break behind a sign"


@pytest.mark.parametrize("count, pieces", [(22, 1), (23, 2)])
def test_what_has_more_than_forty_tokens_is_cut_in_its_brackets(count, pieces):
    """17 of them beside those that are counted."""
    latex = "(" + "a" * 15 + "+" + "b" * count + ")"
    assert len(list(_cut(latex))) == pieces and len(latex) == 18 + count


@pytest.mark.parametrize("depth, cut", [(1, True), (2, True), (3, False)])
def test_brackets_in_brackets(depth, cut):
    """Two deep a line may break, three deep it does not; arguments are never cut."""
    inner = "a" * 20 + "+" + "b" * 30
    assert (len(list(_cut("(" * depth + inner + ")" * depth))) > 1) == cut
    assert len(list(_cut(r"\sqrt{" + inner + "}"))) == 1


def test_brackets_are_opened_one_by_one():
    """What is short once it is cut in the outer ones is left whole in the inner ones."""
    parts = ["(" + "a" * 15 + "+", "(" + "b" * 12 + "+" + "c" * 5 + ")+", "d" * 15 + ")"]
    assert list(_cut("".join(parts))) == parts


@pytest.mark.parametrize("before", ["=", "<", ">", r"\le", r"\ge", r"\leq", r"\geq", r"\to", r"\sim", r"\in", ","])
def test_signs_after_relations(before):
    """A line breaks behind the relation; a + or - that follows is a sign, with which none breaks."""
    for sign in "+-":
        latex = f"{'a' * 12} {before} {sign}{'b' * 12}"
        assert list(_cut(latex)) == [f"{'a' * 12} {before}", f" {sign}{'b' * 12}"]
        assert list(_cut(f"= {sign}{'b' * 12} : c")) == [f"= {sign}{'b' * 12} :", " c"]
