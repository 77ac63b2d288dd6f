"""What a fault looks like: every way in which one operator, number, comparison or call of a file is made a wrong one.

Left alone: docstrings, annotations, what stands in decorators (arguments of exams), defaults and ranges of settings
(they are what a user may choose, not what is true), texts, and what is only said in an error.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
CALLS = {
    "min": "max",
    "max": "min",
    "minimum": "maximum",
    "maximum": "minimum",
    "argmin": "argmax",
    "argmax": "argmin",
    "floor": "ceil",
    "ceil": "floor",
    "zeros": "ones",
    "ones": "zeros",
    "any": "all",
    "all": "any",
    "sin": "cos",
    "cos": "sin",
    "largest": "smallest",
    "smallest": "largest",
}
DROPPED = {"sqrt", "square", "abs", "exp", "log", "log1p", "expm1", "hinge", "sign"}  # the argument takes their place


@dataclass(frozen=True, eq=False)
class Mutant:
    """A file with one fault: `new` for `old` in its tree. number: its place among those of the file; within: the function
    or class that it is in, or ""; what: old -> new, and which of several there that read alike."""

    path: str
    number: int
    line: int
    within: str
    what: str
    tree: ast.Module
    old: ast.AST
    new: ast.AST

    @property
    def source(self) -> str:
        """The whole file, without its comments."""
        return ast.unparse(_with(self.tree, self.old, self.new))


def mutants(path: str, source: str) -> list[Mutant]:
    """All faults of a file, in the order of its lines."""
    tree = ast.parse(source)
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    found: list[tuple[int, str, str, ast.AST, ast.AST]] = []
    alike: Counter[tuple[str, str]] = Counter()
    for node in _fair_game(tree):
        shown, within = _shown(node, above), _within(node, above)
        for new in _wrong(node):
            what = " ".join(f"{ast.unparse(shown)} -> {ast.unparse(_with(shown, node, new))}".split())
            alike[within, what] += 1
            which = f" (number {alike[within, what]})" if alike[within, what] > 1 else ""
            found.append((node.lineno, within, what + which, node, new))  # type: ignore[attr-defined]
    found.sort(key=lambda each: each[0])
    return [Mutant(path, number, *each[:3], tree, *each[3:]) for number, each in enumerate(found)]


def _within(node: ast.AST, above: dict[ast.AST, ast.AST]) -> str:
    names = []
    while node in above:
        node = above[node]
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
    return ".".join(reversed(names))


def _shown(node: ast.AST, above: dict[ast.AST, ast.AST]) -> ast.AST:
    """What a fault in the node is told by: of a number, what it is in, for there may be others like it in the file."""
    shown = node
    if isinstance(node, ast.Constant):
        while isinstance(shown, ast.Constant | ast.UnaryOp | ast.Tuple | ast.Slice | ast.keyword):
            shown = above[shown]
    return shown if isinstance(shown, ast.expr | ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return) else node


def _fair_game(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that may be changed, from the outside in."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_comment"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _off_limits(child):
                yield from _fair_game(child)


def _off_limits(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True  # a docstring
    if isinstance(node, ast.Raise | ast.JoinedStr | ast.Import | ast.ImportFrom):
        return True
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(called, ast.Name) and called.id in ("setting", "TypeVar", "cast")


def _wrong(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of a node, each a fault."""
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC and not _is_text(node):
        yield ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)
    elif isinstance(node, ast.AugAssign) and type(node.op) in ARITHMETIC:
        yield ast.AugAssign(node.target, ARITHMETIC[type(node.op)](), node.value)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in COMPARISONS[type(node.ops[0])]:
            yield ast.Compare(node.left, [other()], node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not | ast.Invert):
        yield node.operand
    elif isinstance(node, ast.Constant):
        yield from (ast.Constant(value) for value in _other_numbers(node.value))
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)
    elif isinstance(node, ast.Call):
        yield from _wrong_calls(node)


def _wrong_calls(node: ast.Call) -> Iterator[ast.AST]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in CALLS:
        other = copy.deepcopy(node)
        if isinstance(other.func, ast.Attribute):
            other.func.attr = CALLS[name]
        else:
            other.func = ast.Name(CALLS[name], ast.Load())
        yield other
    if name in DROPPED and len(node.args) == 1:
        yield node.args[0]
    if name == "where" and len(node.args) == 3:
        yield ast.Call(node.func, [node.args[0], node.args[2], node.args[1]], node.keywords)


def _other_numbers(value: object) -> Iterator[object]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, float):
        yield 1.0 if value == 0.0 else 1.5 * value


def _is_text(node: ast.BinOp) -> bool:
    """Whether it is about texts or types, as far as one can see."""
    ends = (node.left, node.right)
    if isinstance(node.op, ast.BitOr):
        return any(isinstance(end, ast.Constant) and end.value is None for end in ends)
    return any(isinstance(end, ast.JoinedStr) or isinstance(getattr(end, "value", None), str) for end in ends)


def _with(tree: ast.AST, old: ast.AST, new: ast.AST) -> ast.AST:
    """A copy of the tree in which `new` stands in the place of `old`."""

    class Swap(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return new if node is old else self.generic_visit(_shallow(node))

    changed: ast.AST = Swap().visit(tree)
    return ast.fix_missing_locations(changed)


def _shallow(node: ast.AST) -> ast.AST:
    """The node itself, in another object with lists of its own, so that the tree stays as it is."""
    other = copy.copy(node)
    for name, value in ast.iter_fields(node):
        if isinstance(value, list):
            setattr(other, name, list(value))
    return other
