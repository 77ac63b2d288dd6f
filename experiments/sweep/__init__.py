"""The machinery behind `python -m experiments`: configuration, jobs, processes, cells. Nothing here knows a claim."""
