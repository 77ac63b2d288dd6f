"""Mutation testing: small faults are put into the sources, one at a time, and the tests that run there must notice."""

PACKAGES = ("theory", "objectives", "optimizers", "simulation", "stationarity", "analysis")  # whose files are mutated
