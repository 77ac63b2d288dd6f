"""What `python -m experiments` does: the command line becomes jobs, jobs are run, errors leave as one line each."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Sequence

from omegaconf import OmegaConf

from experiments.sweep.cluster import ClusterError, executor
from experiments.sweep.composing import make_jobs
from experiments.sweep.overrides import parse
from experiments.sweep.pool import cores
from experiments.sweep.provenance import provenance
from experiments.sweep.running import sweep
from experiments.sweep.schema import PRESETS, plain
from experiments.sweep.tables import CONF, cases, problems
from foundation.compiling import folder
from foundation.ranges import TooManyError

HELP = f"""Measures statements of arXiv 2405.18199 on problems whose constants are known, each beside broken twins.

python -m experiments [KEY=VALUE ...]         one case
python -m experiments -m [KEY=VALUE ...]      a sweep, over lists a,b of cases, problems and their settings

  case=NAME                a row of conf/cases.yaml; -m 'case=glob(lemma*)' takes all that match
  preset=NAME              how much is measured: {", ".join(PRESETS)}
  problem=NAME             a row of conf/problems.yaml in the place of the case's own
  case.settings.KEY=VALUE, problem.arguments.KEY=VALUE, problem.noise_arguments.KEY=VALUE, preset.KEY=VALUE
  seed=0  results=results  workers=null (one a core)  engine=auto|numpy|compiled  time_limit=null  cluster=null
  extra=DIR                sources, cases and problems of your own, in a folder of your own

  -m, --multirun           a sweep
  --cfg job                print what would be measured, and measure nothing
  --info                   print where rows, results and compiled code are, and the versions
  -h, --help; --version    print this page; print the version

python -m experiments case=theorem11_kink preset=smoke
python -m experiments -m 'case=glob(lemma*)' preset=smoke seed=7
python -m experiments -m case=lemma10_kink 'case.settings.reach=range(1,4)' problem=kink,triangle

python -m experiments status RESULTS          what is done, running, failed and missing
python -m experiments log CASE RESULTS        why a case failed, and what it had printed
python -m analysis RESULTS                    verdicts, figures and report of what was measured

Exit code: 0, or 1 if a case could not be measured, or 2 for bad input, of which nothing is measured."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say, those of the process if none are given.

    The exit code: 0, or 1 if a case could not be measured, or 2 for bad input, before anything is written.
    """
    try:
        command = parse(sys.argv[1:] if arguments is None else arguments)
        if command.page:
            print({"help": HELP, "version": version(), "info": info()}[command.page])
            return 0
        jobs = make_jobs(command)
    except ValueError as error:
        complain([f"error: {error}"])
        return 2
    if command.show:
        print("---\n".join(OmegaConf.to_yaml(plain(job.config)) for job in jobs), end="")
        return 0
    config = jobs[0].config
    try:
        pool = executor(config)
    except ValueError as error:
        complain([f"error: {error}"])
        return 2
    try:
        with pool:
            failures = sweep(jobs, pool, pool.workers)
    except TooManyError as error:
        complain([f"error: {error}"])
        return 2
    except ClusterError as error:
        complain([f"error: {error}"])
        return 1
    except OSError as error:  # of the disk: full, read-only, gone
        complain([f"error: results = {config.results}: {error.strerror or error} ({error.filename})"])
        return 1
    complain(failures)
    if failures:
        log = f"python -m experiments log {jobs[0].name if len(jobs) == 1 else 'CASE'} {config.results}"
        complain([f"error: {len(failures)} of {len(jobs)} cases failed; {log} shows what they had printed, and where"])
    return 1 if failures else 0


def version() -> str:
    """The project's version, from pyproject.toml."""
    project = tomllib.loads((CONF.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"{project['name']} {project['version']}"


def info() -> str:
    """Where things are, and with what numbers are computed."""
    rows = f"{len(cases())} rows in {CONF / 'cases.yaml'}", f"{len(problems())} rows in {CONF / 'problems.yaml'}"
    found = {"version": version(), "cases": rows[0], "problems": rows[1], "presets": ", ".join(PRESETS)}
    found |= {"workers": f"{cores()} unless workers=", "compiled code": str(folder()), **provenance()}
    return "\n".join(f"{name:15}{value}" for name, value in found.items())


def complain(lines: Sequence[str]) -> None:
    """Errors go to standard error, each on one line, whatever is in it."""
    for line in lines:
        print("".join(c if c.isprintable() else "?" for c in " ".join(line.split())), file=sys.stderr)
