"""A statement stands once, in a docstring of theory/: what stands there is what the function computes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from experiments.sweep.claims import CLAIMS
from experiments.sweep.tables import cases
from experiments.words.claim import statement
from tests.formulas import Formula
from theory import (
    adam_ema,
    complexity,
    discounts,
    heavy_tails,
    ledger,
    limit,
    output,
    sharpened,
    spread,
    step_laws,
    tuning,
)

ROOT = Path(__file__).resolve().parent.parent
README, *DOCS = (
    (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/questions.md", "docs/claims.md")
)
OURS = (sharpened, spread, output, tuning, discounts, heavy_tails, step_laws, limit)
MODULES = (adam_ema, ledger, complexity, *OURS)
STATEMENTS = {
    f"{module.__name__.split('.')[-1]}.{name}": function
    for module in MODULES
    for name, function in vars(module).items()
    if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_")
}
NO_FORMULA = {  # averages, sums, largest values, and what is found by a search
    "spread.straight_line_spread",
    "output.output_weights",
    "tuning.sharpened_parameters",
    "tuning.theorem18_at_target",
    "discounts.slow_growth",
    "discounts.bounded_limit",
    "heavy_tails.moment_constant",
}
SPEAKERS = r"(stated, (Lemmas?|Theorem|Corollary|Section|equation) .+|proved in the paper \(.+\)|ours \(.+\)(; \w+)?)\."

SYMBOLS = {  # which argument a symbol of the paper is
    r"\Delta": "gap",
    "G": "lipschitz",
    "L": "smoothness",
    "H": "hessian_lipschitz",
    "D": "radius",
    "T": "steps",
    "t": "time",
    "C": "guess",
    "d": "dim",
    r"(G + \sigma)": "scale",
    r"\|G\|_1": "l1_lipschitz",
    r"\|\sigma\|_1": "l1_sigma",
    r"\|G+\sigma\|_1": "l1_scale",
    r"\|G+\sigma\|_2": "l2_scale",
    r"\mathbb{E} \mathrm{Regret}_T(u_T)": "regret_last",
    r"\sum_t \mathbb{E} \mathrm{Regret}_t(u_t)": "regret_sum",
    r"\sum_t \|v_t\|^2": "square_sum",
    r"\sum_t \beta^{2(T-t)} \|g_t\|^2": "discounted_square_sum",
    r"\sum_t \beta_2^{T-t} \|g_t\|^2": "own_square_sum",
    r"\sigma": "sigma",
    r"\beta": "beta",
    r"\beta_1": "beta1",
    r"\beta_2": "beta2",
    r"\lambda": "lam",
    "p": "power",
    "S": "survival",
    "f": "density",
    r"\sigma_p": "moment",
    r"\|\sigma_p\|_1": "l1_moment",
    r"\varepsilon": "eps",
    r"\delta": "delta",
    "r_0": "reach",
    r"\omega": "omega",
    r"\int_0^\tau \|m\|": "norm_integral",
    r"\|m(\tau)\|": "norm_last",
}
WHOLE = ("steps", "time", "dim")
SHARES = ("beta", "beta1", "beta2")


def draw(function: Callable[..., Any], rng: np.random.Generator) -> tuple[dict[str, Any], dict[str, Any]]:
    """Random arguments of a function, and what the symbols of its statement are worth there."""
    arguments: dict[str, Any] = {}
    for name in inspect.signature(function).parameters:
        if name.startswith("coordinate_"):
            arguments[name] = 10 ** rng.uniform(-1, 1, 4)
        elif name in WHOLE:
            arguments[name] = int(rng.integers(2, 60))
        else:
            arguments[name] = rng.uniform(0.05, 0.95) if name in SHARES else 10 ** rng.uniform(-1, 1)
    if "l1_scale" in arguments and "l1_sigma" in arguments:
        arguments["l1_scale"] += arguments["l1_sigma"]
    if function.__name__.startswith("fast_"):
        arguments["beta2"] *= arguments["beta1"] ** 2
    if "power" in arguments:
        arguments["power"] = rng.uniform(1.3, 2.0)
    if "guess" in arguments:
        arguments["guess"] += arguments["eps"]
    if "l1_moment" in arguments and "eps" in arguments:  # G >= eps, and a window of which 1-beta has digits
        arguments["l1_lipschitz"] += arguments["eps"]
        arguments["l1_moment"] = rng.uniform(0.05, 1.0) * arguments["eps"]
    worth = {symbol: arguments[name] for symbol, name in SYMBOLS.items() if name in arguments}
    if "power" in arguments:
        worth["c_p"] = heavy_tails.moment_constant(arguments["power"])
    if "coordinate_moment" in arguments:
        sizes = arguments["coordinate_lipschitz"], arguments["coordinate_moment"]
        worth |= {r"\|G\|_1": sizes[0].sum(), r"\|\sigma_p\|_1": sizes[1].sum()}
    elif "coordinate_lipschitz" in arguments:
        sizes = arguments["coordinate_lipschitz"], arguments["coordinate_sigma"]
        worth |= {r"\|G\|_1": sizes[0].sum(), r"\|\sigma\|_1": sizes[1].sum(), "d": 4}
        worth[r"\sum_i \sqrt{G_i^2 + \sigma_i^2}"] = np.hypot(*sizes).sum()
    if "alpha" in arguments:
        worth |= {r"\cos(\alpha)": np.cos(arguments["alpha"]), r"\sin(\alpha)": np.sin(arguments["alpha"])}
    if "coordinate_scale" in arguments:
        scale = arguments["coordinate_scale"]
        worth |= {r"\|G+\sigma\|_1": scale.sum(), r"\|G+\sigma\|_2": np.sqrt(np.square(scale).sum()), "d": 4}
    return arguments, worth


def said(text: str, worth: dict[str, Any], result: Any) -> list[Any]:
    """What the formulas of a statement are worth, one for each number of the result."""
    if isinstance(result, adam_ema.Parameters):
        known = dict(worth)
        for symbol in (r"\beta", "D", "T"):
            known[symbol] = Formula(text.split(f"{symbol} = ", 1)[1], known).value()
        return [known[r"\beta"], known["D"], np.ceil(known["T"] * (1 - 1e-12))]
    if isinstance(result, dict):
        terms = (text.split(f"{term}: ", 1)[1].split(r" \leq ", 1)[1] for term in result)
        return [Formula(term, worth).value() for term in terms]
    if "T = O(" in text:
        return [Formula(part, worth).value() for part in text.split("T = O(")[1:]]
    if isinstance(result, tuple):
        pair = re.search(r"\$\((.+?), (.+?)\)\$-stationary", text)
        assert pair, text
        return [Formula(part, worth).value() for part in pair.groups()]
    before = next(sign for sign in (r"\leq ", "at least $", "= ") if sign in text)
    return [Formula(text.rsplit(before, 1)[1], worth).value()]


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_function_states_what_it_bounds(name: str) -> None:
    """Formula and conditions, and at the end of the first paragraph, once, who says so."""
    first, *rest = inspect.cleandoc(STATEMENTS[name].__doc__ or "").split("\n\n")
    assert first.count("Status: ") == 1, "once"
    assert "Status: " not in " ".join(rest), "in the first paragraph"
    text, speaker = " ".join(first.split()).split(" Status: ")
    assert re.fullmatch(SPEAKERS, speaker), speaker
    assert text.endswith("."), text
    assert text[0].isupper() or text[0] == "$", text
    assert statement(STATEMENTS[name]) == f"{speaker.rstrip('.')}: {text}"
    ours = {module.__name__.split(".")[-1] for module in OURS}
    assert ("ours" in speaker) == (name.split(".")[0] in ours or "stopped" in name)


@pytest.mark.parametrize("name", sorted(set(STATEMENTS) - NO_FORMULA))
def test_what_is_stated_is_what_is_computed(name: str) -> None:
    """The formula of the docstring, read and evaluated at random arguments."""
    function, rng = STATEMENTS[name], np.random.default_rng(2024)
    text = " ".join((function.__doc__ or "").split("\n\n")[0].split()).split(" Status: ")[0]
    for _ in range(20):
        arguments, worth = draw(function, rng)
        result = function(**arguments)
        numbers = list(result.values()) if isinstance(result, dict) else np.atleast_1d(result)
        assert_allclose(said(text, worth, result), numbers, rtol=1e-8)


def test_ours_has_the_names_of_the_paper() -> None:
    """Who looks for the sharper form of a bound finds it under the same name."""
    mine = {name.split(".")[1] for name in STATEMENTS if name.startswith("sharpened.")}
    assert mine - {name.split(".")[1] for name in STATEMENTS if name.startswith("adam_ema.")} == {"guarantee_l1"}


def test_formulas_are_read_as_written() -> None:
    """The reader itself, where a slip would make every comparison above agree."""
    worth = {"d": 3.0, "D": 0.5, "T": 4.0, r"\beta": 0.75, r"\Delta": 7.0}
    worth |= {r"(G + \sigma)": 2.0, r"\sum_t \|v_t\|^2": 9.0}
    for text, value in {
        r"12 d D^2/(1-\beta)^2$, for every learner": 12 * 3 * 0.25 / 0.0625,
        r"\Delta/(DT) + 2 \beta/(1+\beta) D$ at every $t$": 3.5 + 1.5 / 1.75 * 0.5,
        r"T^{-1/2} - \sqrt{d} D$.": 0.5 - 3**0.5 / 2,
        r"\max\{1, 2 D/T\} d$": 3.0,
        r"(1 + (G + \sigma)/T) d$; and more": 4.5,
        r"4 D \sqrt{\sum_t \|v_t\|^2}": 6.0,
        "T(T+1) (d - [2 - D])/2": 15.0,
        "d$ is a number": 3.0,
        "1.75 d.": 5.25,
    }.items():
        assert Formula(text, worth).value() == pytest.approx(value), text
    for broken in ("", "2 +", "(d", r"\max\{1, \}", "unknown"):
        with pytest.raises(ValueError, match="expected"):
            Formula(broken, worth).value()


def found(pattern: str) -> float:
    """The number that README or the questions give where the pattern has its group; white space of any length."""
    match = re.search(pattern.replace(" ", r"\s+"), README + DOCS[0])
    assert match, f"nobody says {pattern} any longer"
    numerator, _, denominator = match[1].partition("/")
    return float(numerator) / float(denominator or 1)


def test_readme_gives_the_numbers_of_theory() -> None:
    """Every number of its section on the constants of Theorem 11."""
    beta, radius, _ = adam_ema.theorem11_parameters(1.0, 1.0, 1e3, 1.0)
    assert_allclose(found(r"spread `12 lam D\^2/\(1-beta\)\^2 = ([\d.]+) eps`"), adam_ema.lemma10_bound(radius, beta))
    assert_allclose(
        found(r"That is `\(([\d.]+) \+ \(G\+sigma\)/C\) eps`"), adam_ema.theorem11_bound_proved(1.0, 1.0, 0)
    )
    above = found(r"the certificate tends to `\(1 \+ ([\d/]+)\) eps`")
    assert_allclose(above, sharpened.lemma10_bound(radius, beta), rtol=1e-6)
    assert_allclose(
        found(r"not the stated `\(([\d.]+) \+ \(G\+sigma\)/C\) eps`"), adam_ema.theorem11_bound(1.0, 1.0, 0)
    )
    limit = found(r"exceeds the stated bound from C = (\d+) G on")
    assert adam_ema.theorem11_bound(1.0, limit, 1.0) < 1 + above <= adam_ema.theorem11_bound(1.0, limit - 1, 1.0)
    assert found(r"reaches C = (\d+) G") == limit
    limit = found(r"bound does follow for C <= ([\d.]+) \(G \+ sigma\)")
    assert sharpened.theorem11_bound(1.0, limit, 1.0) <= adam_ema.theorem11_bound(1.0, limit, 1.0)
    assert sharpened.theorem11_bound(1.0, limit + 0.1, 1.0) > adam_ema.theorem11_bound(1.0, limit + 0.1, 1.0)


def test_the_list_of_claims_leads_to_what_they_are() -> None:
    """Labels and titles as the claims introduce themselves, in the report's order, with the files that measure and state
    them, and a proof of whatever is ours; a claim of one's own need not stand there."""
    listed = re.findall(r"^\| \[(.+?)\]\((.+?)\) \| (.+?) \| (.+?) \| (.*?) \|$", DOCS[1], flags=re.M)
    order = dict.fromkeys(case.claim for case in cases().values())
    claims = {(CLAIMS[name].label, CLAIMS[name].title): CLAIMS[name] for name in order}
    titles = [(label, title) for label, _, title, _, _ in listed]
    assert len(listed) >= 40 and titles == [head for head in claims if head in titles]
    for label, file, title, stated, proof in listed:
        claim = claims[label, title]
        assert file == f"../{claim.__module__.replace('.', '/')}.py"
        speaking = [
            f"../{module.replace('.', '/')}.py" for module in dict.fromkeys(s.__module__ for s in claim.statements)
        ]
        assert re.findall(r"\]\((.+?)\)", stated) == (speaking or [file])
        ours = any(statement(function).startswith("ours") for function in claim.statements)
        assert bool(re.search(r"\(sharper\.md#", proof)) == (ours or claim.name == "constant"), label
