"""The machinery behind `python -m experiments`: tables, configuration, jobs, processes, cells. It names no claim."""

from experiments.sweep import opened as opened  # before any claim or objective: it hears of every file that is opened
