"""The paper's parameter choices and bounds, and what we sharpened. Numbers in, numbers out.

adam_ema: arXiv 2405.18199, in paper order. sharpened: our tighter constants, each with its proof. tuning: the
parameters that minimise the sharpened bound. complexity: the orders, exponents and leading constants that follow.
"""
