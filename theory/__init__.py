r"""The paper's parameter choices and bounds, and what we sharpened. Numbers in, numbers out.

adam_ema: arXiv 2405.18199, in paper order; ledger: the terms of the proofs of Lemmas 7 and 17. sharpened: our tighter
constants, each with its proof, under the same names; spread: what attains Lemma 10. complexity: orders and exponents.
Ours, beyond the paper. output: the output index drawn with other weights; tuning: the parameters that need the fewest
steps for a target; discounts: any beta1 and beta2; heavy_tails: noise with a p-th moment only; step_laws: Lemma 20 for
other laws; limit: Algorithm 1 as C grows.

A statement stands here and nowhere else: the first paragraph of a docstring is formula and conditions, and ends with
` Status: ` and who says so (stated, proved in the paper, ours). The report prints it. Formulas there are LaTeX in
$...$, of the commands that latex2mathml, Matplotlib and GitHub all know. Its last \leq is the bound, conditions come
before: tests/test_statements.py evaluates what stands there and compares it with the function.
"""
