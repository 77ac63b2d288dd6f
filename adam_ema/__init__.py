"""Algorithm 1 of arXiv 2405.18199 on one's own function, in ten lines.

    import numpy as np
    import adam_ema as ae

    bowl = ae.Function(lambda x: np.sqrt(1 + x**2).sum(-1), lambda x: x / np.sqrt(1 + x**2), start=[3.0, -2.0],
                       gap=3.4, lipschitz=2**0.5, smoothness=1.0)
    found = ae.run(bowl, ae.Gaussian(sigma=0.5), learner="clipped Adam", eps=0.5, lam=1.0)
    found.frame()     # the certificate at each time, over runs, beside the bounds
    found.measure()   # certified lower and upper bounds of ||grad F(xbar)||^[lam] itself
    found.judge()     # verdicts: certificate and infimum against what is stated, proved, and ours
    found.plot()

Whatever the house has can stand in the place of the function and the noise: `OBJECTIVES` and `NOISES` hold all classes
by name. A function of one's own runs step by step in NumPy; written with NumPy's arithmetic and the functions of
`foundation.numerics` it is compiled.
"""

from adam_ema.function import Function
from adam_ema.running import Run, run
from objectives import NOISES, OBJECTIVES, build
from objectives.noise import Exact, Gaussian

__all__ = ["NOISES", "OBJECTIVES", "Exact", "Function", "Gaussian", "Run", "build", "run"]
