"""The command line, looked at before anything else happens: its flags, and its overrides KEY=VALUE.

Values have Hydra's grammar, and in a sweep its lists: `a,b`, `glob(a*)`, `range(1,4)`, `choice(a,b)`. Keys are those
that this program honours; it has no others, so that nothing is said in vain.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from itertools import islice
from typing import Any, NoReturn

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Glob, Override, RangeSweep
from hydra.errors import HydraException

from experiments.sweep.claims import CLAIMS
from experiments.sweep.extra import load
from experiments.sweep.schema import CaseConfig, Config, ProblemConfig
from experiments.sweep.tables import cases, problems
from experiments.words.problem import Effort
from foundation.settings import cut, settings
from objectives import ADVERSARIES, NOISES, OBJECTIVES

FLAGS = "-m or --multirun, -h or --help, --version, --info, --cfg job"
PAGES = {"-h": "help", "--help": "help", "--version": "version", "--info": "info"}
ELSEWHERE = {  # Hydra's own flags, and where one finds instead what they do
    "--config-dir, -cd, --config-path, -cp, --config-name, -cn": "cases and problems stand in conf/",
    "--shell-completion, -sc": "it is for commands of their own, and this is a module of Python",
    "--hydra-help": "--help says what is honoured here",
    "--run, -r": "a case is run unless something else is said",
    "--resolve, --package, -p": "no value refers to another",
    "--experimental-rerun": "cells hold their configuration, and the same command finds them",
}
ROWS: dict[str, Callable[[], Mapping[str, Any]]] = {
    "case": cases,
    "problem": problems,
}  # what is chosen by the name of its row
OPEN = ("case.settings", "problem.arguments", "problem.noise_arguments")  # each owner says what it takes
LITERAL = ("results", "cluster", "extra")  # paths, an address: taken as they stand
MOST = 100_000  # jobs of a sweep


@dataclass
class Command:
    """What was asked for. values: for each key the values that it takes in turn, one if it is not swept.

    globs: the keys whose values were found by a pattern. many: whether it is a sweep. page: "help", "version" or
    "info", to be shown in the place of anything else. show: print what would be measured.
    """

    values: dict[str, list[Any]] = field(default_factory=dict)
    globs: set[str] = field(default_factory=set)
    many: bool = False
    page: str = ""
    show: bool = False


def parse(arguments: Sequence[str]) -> Command:
    """What the arguments ask for. Raises ValueError, one line, for what this program does not honour."""
    command, texts = Command(), list[str]()
    rest = iter(arguments)
    for argument in rest:
        if argument in ("-m", "--multirun"):
            command.many = True
        elif argument in PAGES:
            command.page = PAGES[argument]
        elif argument in ("--cfg", "-c", "--cfg=job"):
            if argument != "--cfg=job" and next(rest, "nothing") != "job":
                raise ValueError(f"{argument}: must be followed by job")
            command.show = True
        elif argument.startswith("-"):
            flag = argument.partition("=")[0]
            instead = [text for flags, text in ELSEWHERE.items() if flag in flags.split(", ")]
            if instead:
                raise ValueError(f"{argument}: must be left out; {instead[0]}")
            raise ValueError(f"{argument}: must be one of {FLAGS}, or KEY=VALUE")
        else:
            texts.append(argument)
    jobs = 1
    for text in sorted(texts, key=lambda text: text.partition("=")[0].lstrip("+") != "extra"):  # what others may name
        jobs *= len(_take(text, command))
        if jobs > MOST:
            raise ValueError(f"{cut(text)}: must ask for at most {MOST} jobs in a sweep")
    return command


def _take(text: str, command: Command) -> list[Any]:
    """Put one override, KEY=VALUE, into the command; returns its values."""
    key, equals, said = text.partition("=")
    if text.startswith("~") or not equals or not key.strip():
        removal = "; nothing can be removed" if text.startswith("~") else ""
        raise ValueError(f"{cut(text) or repr('')}: must be KEY=VALUE{removal}")
    key = key.strip().removeprefix("+").removeprefix("+")  # Hydra's mark of what the row does not say yet
    what = cut(f"{key} = {said}")
    if not _honoured(key):
        _refuse_key(key, what)
    if key in command.values:
        raise ValueError(f"{what}: must be given once")
    command.values[key] = values = _values(key, said, what, command)
    if key == "extra" and values[0] is not None:
        load(values[0])
        _all.cache_clear()
    if not values:
        raise ValueError(f"{what}: must name something; there is nothing of that name")
    return values


def _values(key: str, said: str, what: str, command: Command) -> list[Any]:
    """The values that a key takes in turn, one if it is not swept. what: key and value, for errors."""
    if key in LITERAL:
        if command.many and re.search(r"(?<!\\),", said):
            raise ValueError(f"{what}: must be one for the whole sweep; a comma in it is written \\,")
        return [None if key != "results" and said == "null" else said.replace("\\,", ",")]
    override = _parsed(key, said, what)
    given: Any = override.value()
    if not override.is_sweep_override():
        return [given]
    if not command.many:
        raise ValueError(f"{what}: must be one value; several need -m, a list [a,b]")
    if key.partition(".")[0] not in ROWS:
        raise ValueError(f"{what}: must be one value for the whole sweep, over cases, problems, their settings")
    if isinstance(given, Glob):
        if key not in ROWS:
            raise ValueError(f"{what}: must not be a glob, which is for {' and '.join(ROWS)}")
        command.globs.add(key)
        return given.filter(list(ROWS[key]()))
    try:
        if isinstance(given, RangeSweep) and not given.shuffle:
            return list(islice(override.sweep_iterator(), MOST + 1))
        if isinstance(given, ChoiceSweep) and not given.shuffle:
            return [_parsed(key, text, what).value() for text in override.sweep_string_iterator()]
    except (HydraException, ValueError, ArithmeticError):
        pass
    raise ValueError(f"{what}: must be a,b or choice(a,b) or range(1,4) or range(1,4,0.5) or glob(a*)")


def _parsed(key: str, said: str, what: str) -> Override:
    """The override in Hydra's words."""
    try:
        return OverridesParser.create().parse_override(f"{key}={said}")
    except (HydraException, RecursionError, ValueError):
        wanted = "a number, a word, null, true, false, a list [a,b] or a text in quotes"
    raise ValueError(f"{what}: must be {wanted}")


def _honoured(key: str) -> bool:
    """Whether the program has that key; what stands below an open one is for its owner to say."""
    head, _, name = key.rpartition(".")
    if head in OPEN:
        return re.fullmatch(r"\w+", name) is not None
    return key in _closed()


@cache
def _closed() -> tuple[str, ...]:
    """All keys but those below open ones."""
    below = {"case": CaseConfig, "problem": ProblemConfig, "preset": Effort}
    keys = [f"{head}.{name}" for head, kind in below.items() for name in settings(kind)]
    return (*settings(Config), *below, *(key for key in keys if key not in OPEN))


@cache
def _all() -> tuple[str, ...]:
    """All keys that there are."""
    owners = zip(OPEN, (CLAIMS, {**OBJECTIVES, **ADVERSARIES}, NOISES), strict=True)
    return (*_closed(), *(f"{head}.{name}" for head, kinds in owners for k in kinds.values() for name in settings(k)))


def _refuse_key(key: str, what: str) -> NoReturn:
    """Raise the error for a key that there is not: the nearest there are, by their last part or by their whole."""
    if key.partition(".")[0].partition("/")[0] == "hydra":
        raise ValueError(f"{what}: must be left out; workers= says how many processes, cluster= which machines")
    if key in OPEN:
        raise ValueError(f"{what}: must be set one by one, {key}.NAME=VALUE")
    last = {name.rpartition(".")[2]: name for name in reversed(_all())}
    near = difflib.get_close_matches(key, _all(), n=1, cutoff=0.75)
    near = near or [last[each] for each in difflib.get_close_matches(key.rpartition(".")[2], last, n=1, cutoff=0.75)]
    top = ", ".join(item.name for item in fields(Config))
    meant = f"; did you mean {near[0]}?" if near else ""
    raise ValueError(f"{what}: must be one of the keys {top}, or below the last three{meant}")
