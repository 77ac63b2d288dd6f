"""The rules of the house, read from the sources: who imports whom, docstrings, sizes, and what a config may name."""

from __future__ import annotations

import ast
import inspect
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import get_type_hints

import matplotlib.pyplot as plt
import pytest

from analysis.figures import STYLES
from experiments.sweep.composing import make_jobs
from experiments.sweep.overrides import parse
from experiments.sweep.tables import cases

ROOT = Path(__file__).resolve().parent.parent
FLOORS = (
    {"foundation"},
    {"theory", "objectives", "optimizers"},
    {"simulation", "stationarity"},
    {"experiments"},
    {"analysis"},
    {"adam_ema"},
)  # from the ground up: a package may import itself and the floors below
PACKAGES = tuple(package for floor in FLOORS for package in sorted(floor))
BELOW = {package: set().union(*FLOORS[:i]) for i, floor in enumerate(FLOORS) for package in floor}
EVIDENCE = {
    f"experiments.{name}" for name in ("words.evidence", "sweep.cells", "sweep.store", "sweep.manifest")
}  # all that analysis knows of experiments
MODULES = sorted(path for package in (*PACKAGES, "benchmarks") for path in (ROOT / package).rglob("*.py"))
LONGEST = 250  # lines of a module
HOSTS = {"arxiv.org", "www.w3.org"}  # the only hosts a file may name: the paper's, and SVG's name space


def name(path: Path) -> str:
    """The path as it stands in the repository."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    """The parsed module, which nobody changes."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(module: ast.Module) -> Iterator[str]:
    """Every dotted name a module imports, wherever in it; `from a import b` counts as a.b."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "relative import: write the package's name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def public(body: list[ast.stmt]) -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    """Public functions and classes, and the public methods of the latter."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name, node
            if isinstance(node, ast.ClassDef):
                yield from ((f"{node.name}.{inner}", found) for inner, found in public(node.body))


def is_property(node: ast.FunctionDef | ast.ClassDef) -> bool:
    """An attribute in disguise: its class's docstring speaks for it."""
    return any("property" in ast.unparse(decorator) for decorator in node.decorator_list)


@cache
def bases(node: ast.ClassDef) -> list[str]:
    """The names of a class's bases, without packages and type arguments."""
    return [ast.unparse(base).split("[")[0].split(".")[-1] for base in node.bases]


@cache
def classes() -> dict[str, list[ast.ClassDef]]:
    """All classes of the project by name."""
    found: dict[str, list[ast.ClassDef]] = {}
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, []).append(node)
    return found


@cache
def methods_of(node: ast.ClassDef) -> dict[str, ast.FunctionDef]:
    """The methods that the class itself has, by name."""
    return {item.name: item for item in node.body if isinstance(item, ast.FunctionDef)}


def says_enough(node: ast.AST) -> bool:
    """Five words or more, and not only where to look."""
    text = ast.get_docstring(node) or ""  # type: ignore[arg-type]
    return len(text.split()) >= 5 and not re.fullmatch(r"See [^.]*(\.\w[^.]*)*\.?", text)


def inherited(node: ast.ClassDef, known: dict[str, list[ast.ClassDef]]) -> set[str]:
    """Methods that a base of the class documents, or a protocol of which the class has every method."""
    own = methods_of(node).keys()
    found: set[str] = set()
    for kinds in known.values():
        for kind in kinds:
            methods = methods_of(kind)
            is_base = kind.name in bases(node)
            if is_base:
                found |= inherited(kind, known)
            if is_base or ("Protocol" in bases(kind) and kind is not node and methods.keys() <= own):
                found |= {name for name, item in methods.items() if says_enough(item)}
    return found


def plain(member: object) -> object:
    """The function in a property, or in a method of the class."""
    for inner in ("fget", "func", "__func__"):
        member = getattr(member, inner, None) or member
    return member


@pytest.mark.parametrize("path", [path for path in MODULES if path.stem != "__main__"], ids=name)
def test_every_annotation_can_be_read(path: Path) -> None:
    """Names in annotations exist, so that shapes can be checked: ruff must not tell (a shape is a string), mypy does not."""
    module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    mine = [item for item in vars(module).values() if getattr(item, "__module__", None) == module.__name__]
    for item in [*mine, *(plain(each) for kind in mine if inspect.isclass(kind) for each in vars(kind).values())]:
        made = getattr(item, "__name__", "") == "__init__"  # by dataclass, in names of the base's module
        if inspect.isclass(item) or (inspect.isfunction(item) and not made):
            get_type_hints(item)


def tracked() -> list[Path]:
    """The repository's own text files."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:  # an unpacked archive has no git: fall back to the folders we know
        found = (path for path in ROOT.rglob("*") if path.is_file())
        return [path for path in found if path.parts[len(ROOT.parts)] not in (".venv", "results", ".git")]
    return [ROOT / item for item in listed.stdout.decode().split("\0") if item and (ROOT / item).is_file()]


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_module(path: Path) -> None:
    """A docstring on everything public, and a size that can be read in one sitting."""
    module = tree(path)
    assert ast.get_docstring(module), f"{name(path)} has no docstring"
    bare = [label for label, node in public(module.body) if not ast.get_docstring(node) and not is_property(node)]
    assert not bare, f"{name(path)}: no docstring on {', '.join(bare)}"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST, f"{name(path)} is too long"


def test_docstrings_say_something() -> None:
    """Five words or more for everything public, and not only "See X."; an override may leave that to its base."""
    known, terse = classes(), []
    for path in MODULES:
        module = tree(path)
        override = {
            id(item): inherited(node, known)
            for node in ast.walk(module)
            if isinstance(node, ast.ClassDef)
            for item in node.body
        }
        terse += [
            f"{name(path)}: {label}"
            for label, node in public(module.body)
            if not says_enough(node) and not is_property(node) and node.name not in override.get(id(node), ())
        ]
    assert not terse, "\n".join(terse)


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_down(package: str) -> None:
    """A floor knows those below, and rooms of one floor do not know each other."""
    ours = {*PACKAGES, "tests", "benchmarks"}
    for path in (ROOT / package).rglob("*.py"):
        found = {target.split(".")[0] for target in imports(tree(path))} & ours
        wrong = found - BELOW[package] - {package}
        assert not wrong, f"{name(path)} imports {wrong}"


def within(target: str, modules: set[str]) -> bool:
    """Whether the dotted name is one of the modules or in one."""
    return any(target == module or target.startswith(f"{module}.") for module in modules)


def test_analysis_sees_evidence_only() -> None:
    """Who judges must not know how it was measured; and evidence knows nothing of the project but what it stands on."""
    for path in (ROOT / "analysis").rglob("*.py"):
        seen = {target for target in imports(tree(path)) if within(target, {"experiments"})}
        assert all(within(target, EVIDENCE) for target in seen), f"{name(path)} imports {seen}"
    for module in EVIDENCE:
        path = ROOT / f"{module.replace('.', '/')}.py"
        seen = {target for target in imports(tree(path)) if within(target, set(PACKAGES))}
        assert all(within(target, {"foundation", *EVIDENCE}) for target in seen), f"{name(path)} imports {seen}"


def test_words_do_not_know_who_speaks() -> None:
    """experiments/words/ knows neither claims nor the machinery that runs them."""
    for path in (ROOT / "experiments" / "words").rglob("*.py"):
        seen = {target for target in imports(tree(path)) if within(target, {"experiments"})}
        assert all(within(target, {"experiments.words"}) for target in seen), f"{name(path)} imports {seen}"


@pytest.mark.parametrize("path", sorted((ROOT / "conf").rglob("*.yaml")), ids=name)
def test_a_config_runs_no_code(path: Path) -> None:
    """Names resolve through tables: no `_target_`, no dotted path to a Python object."""
    text = path.read_text(encoding="utf-8")
    assert "_target_" not in text
    assert not re.search(rf"\b({'|'.join(PACKAGES)})\.[a-z_]+\.", text)


def test_no_file_names_a_foreign_host_or_a_machine() -> None:
    """What is committed works anywhere: no package index, no absolute path of somebody's disk."""
    for path in tracked():
        if path.suffix in (".png", ".webp", ".pdf", ".parquet"):
            continue
        text = path.read_text(encoding="utf-8")
        hosts = set(re.findall(r"\b(?!(?:tcp|tls)://)[a-z+]+://([\w.-]+)", text))  # those are somebody's own machines
        assert hosts <= HOSTS, f"{name(path)} names {hosts - HOSTS}"
        assert not re.search(r"(?<![\w.])/(home|root|Users|work|tmp)/\w", text), f"{name(path)} names a machine's path"


@pytest.mark.parametrize("name", ["requirements", "requirements-cluster", "requirements-browser"])
def test_every_requirement_is_locked_with_hashes(name: str) -> None:
    """A lock pins what its .in asks for, each with at least one sha256, and what two locks pin is the same."""
    lock = (ROOT / f"{name}.lock").read_text(encoding="utf-8")
    pins = re.findall(r"^([a-z0-9-]+)==[^\\\n]+\\\n    --hash=sha256:[0-9a-f]{64}", lock, flags=re.M)
    assert len(pins) == len(re.findall(r"^[a-z0-9-]+==", lock, flags=re.M))
    assert not re.search(r"^\s*-[^-]|--(?!hash=)", lock, flags=re.M), "the lock file carries an option"
    wanted = re.findall(r"^[A-Za-z0-9-]+", (ROOT / f"{name}.in").read_text(encoding="utf-8"), flags=re.M)
    assert set(wanted) - {"-c"} <= set(pins)
    main = dict(
        re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), flags=re.M)
    )
    versions = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock, flags=re.M))
    assert not {pin: version for pin, version in versions.items() if main.get(pin, version) != version}


def test_the_layers_in_pyproject_are_these() -> None:
    """The import contract is written twice, for lint-imports and here: both name the same packages."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert set(settings["importlinter"]["root_packages"]) == set(PACKAGES) <= set(settings["mypy"]["packages"])
    layers = settings["importlinter"]["contracts"][0]["layers"]
    assert {item.strip() for layer in layers for item in re.split("[:|]", layer)} == set(PACKAGES)


def test_the_version_is_told_once() -> None:
    """CHANGELOG.md begins with the version of pyproject.toml, which CITATION.cff cites."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.M)[0] == version
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_the_makefile_explains_itself() -> None:
    """`make help` lists every phony target."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", text, flags=re.M)
    assert phony and set(phony[1].split()) == set(re.findall(r"^([a-z]+):.*## ", text, flags=re.M))


PAGES = {path: path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}


def anchors(page: str) -> set[str]:
    """The headings of a page, as its links name them."""
    heads = re.findall(r"^#+ (.+)$", page, flags=re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    """To a file of the project that is there, and to one of its headings."""
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"^```.*?^```", "", PAGES[page], flags=re.M | re.S)):
        file, _, heading = target.partition("#")
        if file.startswith("https:"):
            continue
        path = (page.parent / file).resolve() if file else page
        assert path.exists() and path.is_relative_to(ROOT), target
        assert not heading or heading in anchors(path.read_text(encoding="utf-8")), target


def test_the_pages_name_what_exists() -> None:
    """Every file and folder that README.md or docs/ puts in backquotes is there; README names every page and verdict."""
    readme, text = PAGES[ROOT / "README.md"], "\n".join(PAGES.values())
    assert all(f"`{name(path)}`" in readme for path in PAGES if path.parent.name == "docs")
    paths = set(re.findall(r"`((?:[a-z_]+/)+[\w.]*|\.ci/run|[A-Z]+\.md)`", text))
    made = {
        "results/cells/",
        "results/damaged",
        "results/figures/",
        "results/report.html",
        "results/verdicts.csv",
        "results/controls.csv",
        "results/tightness.csv",
        "results/resolution.csv",
        "results/manifest.json",
    }
    assert not [item for item in paths - made if not (ROOT / item).exists()]
    assert all(f"**{verdict}**" in readme for verdict in ("supported", "refuted", "undecided", "vacuous", "failed"))


@pytest.mark.parametrize("page", [path for path, text in PAGES.items() if "```python" in text], ids=name)
def test_the_code_on_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python blocks of a page, one after the other, as a reader would paste them; they write what they name."""
    monkeypatch.chdir(tmp_path)
    space: dict[str, object] = {"__name__": "page"}
    for block in re.findall(r"^```python\n(.*?)^```", PAGES[page], flags=re.M | re.S):
        exec(compile(block, page.name, "exec", dont_inherit=True), space)
    plt.close("all")
    assert all(f'"{written.name}"' in PAGES[page] for written in tmp_path.iterdir())


COMMAND = re.compile(r"^\.venv/bin/python -m experiments (.*)$", flags=re.M)


@pytest.mark.parametrize("page", [path for path, text in PAGES.items() if COMMAND.search(text)], ids=name)
def test_the_commands_on_a_page_are_understood(page: Path) -> None:
    """Every sweep that a page shows is one of the cases that there are; targets of make are targets."""
    for line in COMMAND.findall(PAGES[page]):
        given = shlex.split(line, comments=True)
        if given[0] not in ("status", "log") and not any("HOST" in each for each in given):
            assert make_jobs(parse([each for each in given if not each.startswith("extra=") and "sgd" not in each])), (
                line
            )
    targets = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M))
    assert set(re.findall(r"(?:`|^)make ([a-z]+)", PAGES[page], flags=re.M)) <= targets
    for figure, style in re.findall(r"^make figure NAME=(\S+)(?: STYLE=(\S+))?", PAGES[page], flags=re.M):
        assert "paper" in cases()[figure].presets and (not style or style in STYLES)
