"""Mutation testing: small faults are put into the sources, one at a time, and the tests that run there must notice.

An own mutator, of little code: mutmut 3 mutates functions only, by its documentation, and here many a constant stands
outside of them; and the faults that matter here are those of NumPy: the branches of np.where exchanged, minimum and
maximum, zeros and ones, a root dropped. Other libraries were not compared.
"""

PACKAGES = ("theory", "objectives", "optimizers", "simulation", "stationarity", "analysis")  # whose files are mutated
