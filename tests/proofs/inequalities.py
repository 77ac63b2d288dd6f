"""The inequalities of docs/sharper.md, in its order: label, heading of the section, the constant there, and a mutant.

A mutant is the same formula with a constant 1 % better than can be true; closer where a supremum is known to more digits.
"""

from __future__ import annotations

from typing import Any

from tests.proofs.decide import Formula, inequality

REGRET = "Lemma 8 and Theorem 9"
EXPECTED = "Equations (1) and (2)"
SPREAD = "Lemma 10"
CONVERSION = "Lemmas 7 and 17"
PAPER = "Theorems 11 and 18 as the paper proves them"
REPAIRED = "Theorems 11 and 18, repaired"
PARAMETERS = "Sharpened parameters"
SMOOTH = "Lemma 4"
GOLDSTEIN = "Lemma 5"
TAILS = "Heavy tails"
OUTPUT = "Corollary 12, with another law of the output index (arXiv 2411.07061)"
DISCOUNTS = "Theorem 9 and equation (1), at any two discounts"
COUNTEREXAMPLE = "The counterexample"
POWERS = ((1, 2), (1, 3), (2, 3), (1, 4), (3, 4))  # alpha as a fraction


# One step of the potential c - 1/2 - theta^2/2 (theta <= 1), c - theta (theta >= 1): c = 2 is the constant of Lemma 8.


@inequality("(I1)", REGRET, "3/2", "1.515")
def potential_between(on: Any, c: Any, theta: Any) -> Any:
    return [theta >= 0], c - theta**2 / 2, 2 - theta


def after(on: Any, theta: Any, along: Any, across: Any) -> tuple[Any, Any]:
    """sqrt V and ||S||^2 after a step, from V = 1 and ||S|| = theta; `across` is the square of that component."""
    return on.sqrt(1 + along**2 + across), (theta + along) ** 2 + across


@inequality("(I2)", REGRET, "2", "1.98")
def step_from_below_one(on: Any, c: Any, theta: Any, along: Any, across: Any) -> Any:
    r, square = after(on, theta, along, across)
    left, right = r * (2 * c - 1 - theta**2 - 2 * theta * along), (2 * c - 1) * r**2 - square
    return [theta >= 0, theta <= 1, across >= 0], left, right


@inequality("(I3)", REGRET, "1", "0.99")
def step_above_one(on: Any, c: Any, theta: Any, along: Any, across: Any) -> Any:
    r, square = after(on, theta, along, across)
    return [theta >= 1, across >= 0, square >= r**2], on.sqrt(square) - (theta + along), c * (r - 1)


@inequality("(I4)", REGRET, "2", "1.98")
def step_to_below_one(on: Any, c: Any, theta: Any, along: Any, across: Any) -> Any:
    r, square = after(on, theta, along, across)
    left, right = 2 * r * (c - theta - along), (2 * c - 1) * r**2 - square
    return [theta >= 1, across >= 0, square <= r**2], left, right


@inequality("(I5)", REGRET, "2", "1.98")
def two_opposite_gradients(on: Any, c: Any, spike: Any) -> Any:
    return [spike >= 1], 2 * spike - 1, c * on.sqrt(1 + spike**2)


# Equations (1) and (2)


def geometric_squares(terms: int) -> Formula:
    def formula(on: Any, c: Any, beta: Any) -> Any:
        return [beta > 0, beta < 1], sum(beta ** (2 * s) for s in range(terms)) * (1 - beta**2), c

    return formula


for terms in range(1, 9):
    inequality("(I6)", EXPECTED, "1", "0.99")(geometric_squares(terms))


@inequality("(I7)", EXPECTED, "1", "0.99")
def lengths_add(on: Any, c: Any, lipschitz: Any, sigma: Any) -> Any:
    return [lipschitz >= 0, sigma >= 0], on.sqrt(lipschitz**2 + sigma**2), c * (lipschitz + sigma)


# Lemma 10: c beta/((1+beta)(1-beta)^2) bounds the spread, here the double sum over two ages.


def straight_line(time: int) -> Formula:
    def formula(on: Any, c: Any, beta: Any) -> Any:
        squares = sum(
            beta ** (i + j) * (abs(i - j) ** 2 + abs(i - j)) / 2 for i in range(time) for j in range(time) if i != j
        )
        both = (1 + beta) * (1 - beta) ** 2
        return [beta > 0, beta < 1], both * (1 - beta) ** 2 * squares, c * beta * (1 - beta**time) ** 2

    return formula


for time in range(2, 9):
    inequality("(I8)", SPREAD, "2", "1.98")(straight_line(time))


@inequality("(I8)", SPREAD, "2", "1.98")
def straight_line_at_any_time(on: Any, c: Any, beta: Any, power: Any, time: Any) -> Any:
    rate, rest = 1 - beta, 1 - power  # of power = beta^time only Bernoulli's inequality is used
    left = beta * (1 + beta) * rest**2 + beta * rate * (1 + power) * rest
    left -= time * (time + 1) * power * rate**2 * (1 + beta)
    given = [beta > 0, beta < 1, power > 0, power < 1, time >= 1, rest <= time * rate]
    return given, left, c * beta * rest**2


# Lemmas 7 and 17; `share` is 1/T


def geometric(terms: int) -> Formula:
    def formula(on: Any, c: Any, beta: Any) -> Any:
        return [beta > 0, beta < 1], sum(beta**n for n in range(1, terms + 1)) * (1 - beta), c * beta

    return formula


for terms in range(1, 9):
    inequality("(I9)", CONVERSION, "1", "0.99")(geometric(terms))


@inequality("(I10)", CONVERSION, "1", "0.99")
def noise_below_the_papers(on: Any, c: Any, rho: Any, share: Any) -> Any:
    beta = 1 - rho**2
    noise = rho * (beta * share + rho**2)
    return [rho > 0, rho < 1, share > 0, share <= 1], noise, c * on.sqrt(1 + beta) * (share + rho**3)


# Theorems 11 and 18: rho = sqrt(1-beta) = eps/(10C), start_up = 1/((1-beta)T)


def sizes(rho: Any, lipschitz: Any, sigma: Any) -> list[Any]:
    return [rho > 0, rho <= 1, lipschitz >= 0, sigma >= 0]


@inequality("(I11)", PAPER, "1", "0.99")
def papers_terms(on: Any, c: Any, rho: Any, start_up: Any, lipschitz: Any, sigma: Any) -> Any:
    beta, share = 1 - rho**2, rho**2 * start_up
    bracket = 4 * (lipschitz + sigma) * (beta * share + rho**2)
    left = bracket + rho * ((2 * lipschitz + sigma) * start_up + sigma * rho)
    right = rho * ((6 * lipschitz + 5 * sigma) * start_up + (4 * lipschitz + 5 * sigma) * rho)
    return [*sizes(rho, lipschitz, sigma), start_up > 0], left, c * right


@inequality("(I12)", PAPER, "11/12", "0.9075")
def papers_sum(on: Any, c: Any, rho: Any, start_up: Any, lipschitz: Any, sigma: Any) -> Any:
    left = (6 * lipschitz + 5 * sigma) * start_up + (4 * lipschitz + 5 * sigma) * rho
    given = [*sizes(rho, lipschitz, sigma), start_up > 0, 6 * start_up <= 5 * rho]
    return given, left, c * 10 * rho * (lipschitz + sigma)


@inequality("(I13)", PAPER, "1", "0.99")
def papers_sum_by_coordinates(on: Any, c: Any, rho: Any, start_up: Any, lipschitz: Any, sigma: Any) -> Any:
    left = 6 * (lipschitz + sigma) * start_up + (4 * (lipschitz + sigma) + sigma) * rho
    given = [*sizes(rho, lipschitz, sigma), start_up > 0, 6 * start_up <= 5 * rho]
    return given, left, c * 10 * rho * (lipschitz + sigma)


def our_sum(on: Any, c: Any, rho: Any, lipschitz: Any, sigma: Any) -> tuple[Any, Any]:
    """The bracket of the repaired theorem and c (G + sigma), both times sqrt(1+beta)."""
    beta = 1 - rho**2
    root = on.sqrt(1 + beta)
    energy = 2 * (lipschitz + sigma) + sigma  # by (I7)
    return 5 * beta * lipschitz * root / 6 + energy * (1 + 5 * beta * rho / 6), c * (lipschitz + sigma) * root


@inequality("(I14)", REPAIRED, "2.36", "2.3597")
def repaired_sum(on: Any, c: Any, rho: Any, lipschitz: Any, sigma: Any) -> Any:
    return [*sizes(rho, lipschitz, sigma), 10 * rho <= 1], *our_sum(on, c, rho, lipschitz, sigma)


@inequality("(I15)", REPAIRED, "12.2", "12.322")
def as_stated(on: Any, c: Any, scale: Any) -> Any:
    return [c * scale >= 1], on.number("17/16") + on.number("0.237") * scale, 1 + scale


@inequality("(I16)", REPAIRED, "3.2", "3.19")
def repaired_sum_for_every_beta(on: Any, c: Any, rho: Any, lipschitz: Any, sigma: Any) -> Any:
    return sizes(rho, lipschitz, sigma), *our_sum(on, c, rho, lipschitz, sigma)


# Sharpened parameters: shares of eps; the spread's is the square of `root`


@inequality("(I17)", PARAMETERS, "32", "31.68")
def weighted_means(on: Any, c: Any, regret: Any, root: Any) -> Any:
    left = 343 * on.sqrt(on.number("7")) * regret**2 * root * (1 - regret - root**2)
    return [regret >= 0, root >= 0, regret + root**2 <= 1], left, c


@inequality("(I18)", PARAMETERS, "1/2", "0.505")
def least_scale(on: Any, c: Any, lipschitz: Any, sigma: Any) -> Any:
    energy = 2 * on.sqrt(lipschitz**2 + sigma**2) + sigma
    return [lipschitz >= 0, sigma >= 0], c * (1 + on.sqrt(on.number("7"))) * (lipschitz + sigma), energy


# The fewest steps: `share` is regret's and noise's of eps, `level` is (1-beta)/(1+beta)


@inequality("(I19)", PARAMETERS, "2", "2.02")
def descent_is_log_convex(on: Any, c: Any, share: Any, level: Any) -> Any:
    less, more, rest = (1 - level) ** 2, (1 + level) ** 2, (1 - share) ** 2
    logs = level * (1 - 3 * level) * (1 - level**2) - 4 * level**2 * less - 2 * level**2 * more
    given = [share > 0, share < 1, level > 0, level <= share**2]
    return given, c * rest * less * more, (2 * rest + 3 * share**2 / 2) * less * more + rest * logs


@inequality("(I20)", PARAMETERS, "3/4", "0.7575")
def start_up_is_log_convex(on: Any, c: Any, share: Any, level: Any) -> Any:
    less, rest = (1 - level) ** 2, (1 - share) ** 2
    given = [share > 0, share < 1, level > 0, level <= share**2]
    return given, c * rest * less, (rest + share**2) * less - 2 * level * (1 + level) * rest


def gain(on: Any, c: Any, root: Any, start_up: Any) -> tuple[Any, Any]:
    """c times the quotient of the steps at x = 1 and q = root^2, and 1; times 76800 (1+q)^{7/2}."""
    more = on.sqrt(1 + root**2)
    descent = 3 * on.sqrt(on.number("7")) * on.number("449/49") * root**3
    return c * 343 * (descent + start_up * more), 76800 * more**7


@inequality("(I22)", PARAMETERS, "28", "28.87")
def steps_saved(on: Any, c: Any, root: Any) -> Any:
    return [root > 0], *gain(on, c, root, on.number("36/7") + on.number("64/343"))


@inequality("(I23)", PARAMETERS, "28.8", "29.08")
def steps_saved_at_a_small_guess(on: Any, c: Any, root: Any) -> Any:
    return [root > 0, 100 * root**2 <= 26], *gain(on, c, root, on.number("27/4") + on.number("64/343"))


@inequality("(I21)", PARAMETERS, "27/4", "6.6825")
def start_up_at_most(on: Any, c: Any, x: Any) -> Any:
    return [x >= 0, x <= 1], (2 + x) ** 2 * (on.number("11/7") - x), c


# Lemmas 4 and 5


@inequality("(I24)", SMOOTH, "5/4", "1.2375")
def smooth(on: Any, c: Any, eps: Any, w: Any) -> Any:
    return [eps > 0, w >= 0], eps**2 + w * eps - w**2, c * eps**2


@inequality("(I25)", SMOOTH, "1", "0.99")
def smooth_of_second_order(on: Any, c: Any, slope: Any, hessian_lipschitz: Any, u: Any) -> Any:
    bend = hessian_lipschitz * u**2 / 2
    return [slope >= 0, hessian_lipschitz >= 0], slope, on.sqrt((slope - bend) ** 2) + c * bend


@inequality("(I26)", GOLDSTEIN, "1", "0.99")
def worse_of_two_terms(on: Any, c: Any, mean: Any, spread: Any, k: Any, larger: Any) -> Any:
    given = [mean >= 0, spread >= 0, k >= 0, larger >= 1, larger >= k]  # larger: max(1, k), spread: lam s
    return given, mean + k * spread, c * larger * (mean + spread)


@inequality("(I27)", GOLDSTEIN, "1", "0.99")
def goldstein_distance(
    on: Any, c: Any, mean: Any, spread: Any, eps: Any, width: Any, slope: Any, distance: Any, larger: Any
) -> Any:
    given = [mean >= 0, spread >= 0, mean + spread <= eps, eps < width, slope >= 0, distance >= 0]  # width: lam delta^2
    given += [width * distance <= width * mean + spread * (distance + slope)]
    given += [larger >= 1, larger * (width - eps) >= slope]
    return given, distance, c * larger * eps


# Heavy tails; the constant is a factor of the document's power of 2


def gradient_of_the_power(k: int, n: int) -> Formula:
    def formula(on: Any, c: Any, root: Any, cosine: Any) -> Any:
        given = [root >= 0, root <= 1, cosine >= -1, cosine <= 1]  # ||x|| = 1, ||y|| = root^n; squared, to the n
        left, right = 1 + root ** (2 * k) - 2 * cosine * root**k, 1 + root ** (2 * n) - 2 * cosine * root**n
        return given, left**n, c ** (2 * n) * 4 ** (n - k) * right**k

    return formula


def concave_power(k: int, n: int) -> Formula:
    def formula(on: Any, c: Any, root: Any) -> Any:
        return [root >= 0, root <= 1], (1 + root**k) ** n, c**n * 2 ** (n - k) * (1 + root**n) ** k

    return formula


def subadditive_power(k: int, n: int) -> Formula:
    def formula(on: Any, c: Any, root: Any) -> Any:
        return [root >= 0, root <= 1], (1 - root**k) ** n, c**n * (1 - root**n) ** k

    return formula


for k, n in POWERS:
    inequality("(I28)", TAILS, "1", "0.99")(gradient_of_the_power(k, n))
    inequality("(I29)", TAILS, "1", "0.99")(concave_power(k, n))
    inequality("(I30)", TAILS, "1", "0.99")(subadditive_power(k, n))


@inequality("(I31)", TAILS, "0.93", "0.92")
def power_of_a_sum(on: Any, c: Any, root: Any, cosine: Any) -> Any:
    given = [root >= 0, cosine >= -1, cosine <= 1]  # p = 3/2, ||a|| = 1, ||b|| = root^2
    fourth = on.sqrt(1 + 2 * cosine * root**2 + root**4, 4)
    return given, fourth**3, 1 + 3 * cosine * root**2 / 2 + c * on.sqrt(on.number("2")) * root**3


@inequality("(I32)", TAILS, "1", "1.01")
def weights_of_the_power(on: Any, c: Any, root: Any) -> Any:
    return [root > 0, root < 1], c * (1 - root**2), 1 - root**3  # p = 3/2, beta = root^2


# Another law of the output index


@inequality("(I33)", OUTPUT, "17/4", "4.2")
def sum_after_one_window(on: Any, c: Any, rho: Any, share: Any, lipschitz: Any, sigma: Any) -> Any:
    beta = 1 - rho**2
    energy = 2 * (lipschitz + sigma) + sigma  # by (I7); share: 1/((1-beta)T)
    given = [*sizes(rho, lipschitz, sigma), share >= 0, share <= 1]
    return given, energy * (1 + beta * share), c * (lipschitz + sigma) * on.sqrt(1 + beta)


@inequality("(I34)", OUTPUT, "9.2", "9.292")
def as_stated_without_start_up(on: Any, c: Any, scale: Any) -> Any:
    return [c * scale >= 1], on.number("17/16") + on.number("0.425") * scale, 1 + scale


@inequality("(I35)", OUTPUT, "1", "1.01")
def a_window_at_least(on: Any, c: Any, beta: Any, share: Any) -> Any:
    given = [beta > 0, beta < 1, share > 0, share <= 1]  # share: 1/T
    return given, c * on.sqrt(1 - beta**2) * on.sqrt(2 * share - share**2), beta * share + 1 - beta


# Any two discounts


@inequality("(I36)", DISCOUNTS, "1", "0.99")
def root_of_a_step(on: Any, c: Any, ratio: Any, r: Any, size: Any) -> Any:
    given = [ratio >= 0, ratio <= 1, r > 0]  # ratio: the root of beta2/beta1^2
    return given, on.sqrt(r**2 + size**2) - on.sqrt(ratio**2 * r**2 + size**2), c * (1 - ratio) * r


@inequality("(I37)", DISCOUNTS, "2", "1.98")
def step_of_the_second_potential(on: Any, c: Any, r: Any, size: Any, move: Any) -> Any:
    given = [r > 0, size >= 0, move >= 0, move <= 2]
    return given, move * size - r * move**2 / 2, c * (on.sqrt(r**2 + size**2) - r)


def limit_of_bounded_gradients(m: int, n: int) -> Formula:
    def formula(on: Any, c: Any, root: Any) -> Any:
        reciprocal = on.number(f"{n - m}/{2 * n}")  # 1/k, where 1 - 2/k = m/n and y = root^n
        right = 1 + reciprocal + (1 - 2 * reciprocal) * root ** (2 * n + m) / 2
        return [root > 0, root <= 1], 3 * root**m / 2, c * right

    return formula


for m, n in ((1, 5), (1, 3), (1, 2), (2, 3)):  # k = 5/2, 3, 4, 6
    inequality("(I38)", DISCOUNTS, "1", "0.99")(limit_of_bounded_gradients(m, n))


# The counterexample


@inequality("(I39)", COUNTEREXAMPLE, "11/16", "0.6944")
def one_step_turns_little(on: Any, c: Any, rho: Any, lipschitz: Any, size: Any) -> Any:
    given = [rho > 0, 4 * rho <= 1, lipschitz > 0, size >= rho * lipschitz]
    return given, c * size, (1 - rho**2) * size - rho**2 * lipschitz


@inequality("(I40)", COUNTEREXAMPLE, "1", "0.99")
def length_of_what_turned(on: Any, c: Any, along: Any, across: Any) -> Any:
    return [along > 0], 2 * along * (on.sqrt(along**2 + across**2) - along), c * across**2
