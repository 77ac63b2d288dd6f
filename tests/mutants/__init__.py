"""Mutation testing: small faults are put into the sources, one at a time, and the tests that run there must notice.

An own mutator, of little code: mutmut 3 mutates functions only, and here many a constant stands outside of them; Cosmic Ray
starts the tests anew for every mutant, which takes longer than they do. Neither exchanges, without operators written
for it, the branches of np.where, minimum and maximum, zeros and ones, or drops a root.
"""

PACKAGES = ("theory", "objectives", "optimizers", "simulation", "stationarity", "analysis")  # whose files are mutated
