"""Judges what the experiments measured: verdicts, figures, report."""
