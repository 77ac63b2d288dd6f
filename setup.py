"""`pip install .` installs the library, adam_ema, and what it needs of the house, inside one package.

The house is flat: it runs from its root, where `objectives` and `theory` are the names of folders. Installed beside
other projects these names would collide. So the modules that `adam_ema` leads to are copied into it, and what they
import of each other is renamed: `from theory import` becomes `from adam_ema.theory import`. Nothing else is changed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
NAME = "adam_ema"
FLOORS = ("foundation", "theory", "objectives", "optimizers", "simulation", "stationarity", "experiments", "analysis")


def path_of(module: str) -> Path | None:
    """The file of a module of the house, None for any other."""
    place = ROOT.joinpath(*module.split("."))
    found = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    return found if module.split(".")[0] in (*FLOORS, NAME) and found.is_file() else None


def imports(source: str) -> Iterator[tuple[ast.ImportFrom, list[str]]]:
    """The statements that import of the house, and the modules that each may mean, packages above them included.

    Raises ValueError for `import theory`, which would bind a name that is gone.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import) and any(path_of(each.name) for each in node.names):
            raise ValueError(f"line {node.lineno}: must be from ... import ..., to be renamed")
        if isinstance(node, ast.ImportFrom) and node.module and not node.level and path_of(node.module):
            parts = node.module.split(".")
            above = [".".join(parts[:end]) for end in range(1, len(parts) + 1)]
            yield node, above + [f"{node.module}.{each.name}" for each in node.names]


def renamed(source: str) -> str:
    """The source with the house's modules inside the package."""
    lines = source.splitlines(keepends=True)
    for node, _ in imports(source):
        module = str(node.module)
        if module.split(".")[0] != NAME:
            line = lines[node.lineno - 1]
            lines[node.lineno - 1] = line.replace(f"from {module} ", f"from {NAME}.{module} ", 1)
    return "".join(lines)


def reached() -> dict[str, Path]:
    """The modules that the library leads to, itself included, by name."""
    found: dict[str, Path] = {}
    queue = [NAME]
    while queue:
        module = queue.pop()
        path = path_of(module)
        if path is not None and module not in found:
            found[module] = path
            source = path.read_text(encoding="utf-8")
            queue += [each for _, several in imports(source) for each in several]
            if "import_modules(__name__, __path__)" in source:  # a table that all modules of its folder enter
                queue += [f"{module}.{each.stem}" for each in path.parent.glob("*.py")]
    return found


def write(folder: Path) -> list[Path]:
    """Put the package into a folder; the files that were written."""
    written = []
    for module, path in sorted(reached().items()):
        inside = path.relative_to(ROOT) if module.split(".")[0] == NAME else Path(NAME) / path.relative_to(ROOT)
        target = folder / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(renamed(path.read_text(encoding="utf-8")), encoding="utf-8")
        written.append(target)
    return written


class Build(build_py):
    """Builds the one package."""

    def run(self) -> None:
        """Write it where setuptools collects what is to be installed."""
        write(Path(self.build_lib))

    def get_source_files(self) -> list[str]:
        """What a source distribution holds."""
        return [path.relative_to(ROOT).as_posix() for path in reached().values()]


if __name__ == "__main__":
    setup(packages=[NAME], cmdclass={"build_py": Build})
