"""Algorithm 1 on a function of one's own: parameters, trajectories, two-sided measure, verdicts, one figure.

Run it from the project's root, `python -m examples.own_function FIGURE.png`, or anywhere after `pip install .`.
"""

import sys

import numpy as np

import adam_ema as ae

# 1. F, its gradient, and its constants: Delta, G and L are mine to vouch for; what is false near the start is refused
bowl = ae.Function(
    lambda x: np.sqrt(1 + x**2).sum(-1),
    lambda x: x / np.sqrt(1 + x**2),
    start=[3.0, -2.0],
    gap=3.4,
    lipschitz=2**0.5,
    smoothness=1.0,
)

# 2. clipped Adam with model EMA at Theorem 18's beta, D and T for eps = 1/2, C = ||G + sigma||_1
found = ae.run(bowl, ae.Gaussian(sigma=0.5), learner="clipped Adam", eps=0.5, lam=1.0)
print(f"beta = {found.beta:.6g}, D = {found.radius:.3g}, T = {found.steps}; xbar at T, first run: {found.xbar[0, -1]}")

# 3. the certificate beside the bounds, and the measure itself, which it bounds from above
print(found.frame().iloc[::6].to_string(float_format="{:.4g}".format))
measure = found.measure(runs=1, tolerance=0.1)
print(f"||grad F(xbar_T)||_1^[lam] of the first run lies in [{measure.lower[0, -1]:.3g}, {measure.upper[0, -1]:.3g}]")

# 4. does the theorem hold here? as it is stated, as its proof gives it, and as we prove it
print(found.judge().to_string(float_format="{:.4g}".format))

# 5. parameters of one's own: no theorem speaks of them, all else is the same
mine = ae.run(bowl, ae.Gaussian(sigma=0.5), beta=0.99, radius=1e-3, steps=20_000)
print(mine.frame().iloc[-1].to_string(float_format="{:.4g}".format))

if len(sys.argv) > 1:
    found.plot().figure.savefig(sys.argv[1])
