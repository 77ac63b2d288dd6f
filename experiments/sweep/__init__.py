"""The machinery behind `python -m experiments`: tables, configuration, jobs, processes, cells. It names no claim."""
