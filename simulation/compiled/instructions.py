"""LLVM's words for one operation on numbers, and for sums over a row; each function gives lines, and names its value.

No flag of fast mathematics is set, and a product and a sum are never contracted, so that every operation rounds as
NumPy's does.
"""

from __future__ import annotations

import struct

from foundation.numerics import LANES

VECTOR = f"<{LANES} x double>"
LIBRARY = {"absolute": "llvm.fabs.f64", "sqrt": "llvm.sqrt.f64", "floor": "llvm.floor.f64", "rint": "llvm.rint.f64"}
LIBRARY |= {"exp": "exp", "sin": "sin", "cos": "cos", "erfc": "erfc", "copysign": "llvm.copysign.f64"}
ARITHMETIC = {"add": "fadd", "subtract": "fsub", "multiply": "fmul", "divide": "fdiv"}
RELATIONS = {"less": "olt", "less_equal": "ole", "greater": "ogt", "greater_equal": "oge", "equal": "oeq"}
RELATIONS |= {"not_equal": "une"}
ORDER = {
    "maximum": "ogt",
    "minimum": "olt",
    "largest": "ogt",
    "smallest": "olt",
}  # of equal ones NumPy takes the second


def literal(value: float) -> str:
    """A number, bit for bit."""
    return "0x" + struct.pack(">d", value).hex().upper()


def declarations(text: str) -> list[str]:
    """The functions of the library that a text calls."""
    return [
        f"declare double @{name}(double{', double' if 'copysign' in name else ''})"
        for name in LIBRARY.values()
        if f"@{name}(" in text
    ]


def operation(name: str, what: str, values: list[str], boolean: bool) -> list[str]:
    """One operation on numbers, or on truth values; its value is called `name`."""
    first = values[0]
    if what in ARITHMETIC:
        return [f"{name} = {ARITHMETIC[what]} double {', '.join(values)}"]
    if what in RELATIONS:
        return [f"{name} = fcmp {RELATIONS[what]} double {', '.join(values)}"]
    if what in LIBRARY:
        return [f"{name} = call double @{LIBRARY[what]}({', '.join(f'double {value}' for value in values)})"]
    if what == "where":
        kind = "i1" if boolean else "double"
        return [f"{name} = select i1 {first}, {kind} {values[1]}, {kind} {values[2]}"]
    if what in ORDER:
        return choice(name, what, "double", *values)
    if what == "sign":
        return _sign(name, first)
    simple = {"negative": f"fneg double {first}", "not": f"xor i1 {first}, true"}
    return [f"{name} = {simple.get(what, f'{what} i1 ' + ', '.join(values))}"]


def _sign(name: str, value: str) -> list[str]:
    lines, otherwise = [], value
    for k, (relation, sign) in enumerate((("oeq", 0.0), ("olt", -1.0), ("ogt", 1.0))):
        found = name if k == 2 else f"{name}s{k}"
        lines.append(f"{name}c{k} = fcmp {relation} double {value}, 0.0")
        lines.append(f"{found} = select i1 {name}c{k}, double {sign}, double {otherwise}")
        otherwise = found
    return lines


def choice(name: str, what: str, kind: str, a: str, b: str) -> list[str]:
    """a or b, whichever is larger (or smaller); a if it is no number."""
    truth = f"<{LANES} x i1>" if kind == VECTOR else "i1"
    return [
        f"{name}c = fcmp {ORDER[what]} {kind} {a}, {b}",
        f"{name}u = fcmp uno {kind} {a}, {a}",
        f"{name}o = or {truth} {name}c, {name}u",
        f"{name} = select {truth} {name}o, {kind} {a}, {kind} {b}",
    ]


def infinite(name: str, value: str) -> list[str]:
    """Whether a number is not finite: all bits of its exponent are set."""
    bits = 0x7FF0000000000000
    return [
        f"{name}bits = bitcast double {value} to i64",
        f"{name}exponent = and i64 {name}bits, {bits}",
        f"{name} = icmp eq i64 {name}exponent, {bits}",
    ]


def total(name: str, base: str, dim: int) -> list[str]:
    """The sum of the row at `base` as `foundation.numerics.total` makes it: lane by lane, then half to half."""
    blocks, whole, rest = dim // LANES, "zeroinitializer", "zeroinitializer"
    lines = _blocks(name, base, blocks, whole, [f"{name}a = fadd {VECTOR} {name}s, {name}b"]) if blocks else []
    for k, (load, value) in enumerate(_rest(name, base, dim)):  # as they were stored: a wider load would wait for them
        lines += [*load, f"{name}r{k} = insertelement {VECTOR} {rest}, double {value}, i64 {k}"]
        rest = f"{name}r{k}"
    whole = f"{name}a" if blocks else whole
    if dim % LANES:
        lines.append(f"{name}w = fadd {VECTOR} {whole}, {rest}")
        whole = f"{name}w"
    half = LANES // 2
    while half:
        for k, part in enumerate(("l", "h")):
            mask = ", ".join(f"i32 {lane}" for lane in range(k * half, (k + 1) * half))
            wide = f"<{2 * half} x double>"
            lines.append(f"{name}{part}{half} = shufflevector {wide} {whole}, {wide} poison, <{half} x i32> <{mask}>")
        lines.append(f"{name}t{half} = fadd <{half} x double> {name}l{half}, {name}h{half}")
        whole, half = f"{name}t{half}", half // 2
    return [*lines, f"{name} = extractelement <1 x double> {whole}, i64 0"]


def extreme(name: str, what: str, base: str, dim: int) -> list[str]:
    """The largest or smallest number of the row at `base`."""
    lines, each = [], []
    if dim >= LANES:
        lines += [f"{name}f = load {VECTOR}, ptr {base}, align 8"]
        lines += _blocks(name, base, dim // LANES, f"{name}f", choice(f"{name}a", what, VECTOR, f"{name}s", f"{name}b"))
        each = [f"{name}x{k}" for k in range(LANES)]
        lines += [f"{one} = extractelement {VECTOR} {name}a, i64 {k}" for k, one in enumerate(each)]
    for load, value in _rest(name, base, dim):
        lines, each = lines + load, [*each, value]
    found = each[0]
    for k, one in enumerate(each[1:]):
        lines += choice(f"{name}z{k}", what, "double", found, one)
        found = f"{name}z{k}"
    return [*lines, f"{name} = fadd double {found}, -0.0"]  # which changes nothing, and names it


def _rest(name: str, base: str, dim: int) -> list[tuple[list[str], str]]:
    """The coordinates that fill no block: lines that load each, and its value."""
    first = dim - dim % LANES
    return [
        (
            [
                f"{name}p{k} = getelementptr inbounds double, ptr {base}, i64 {first + k}",
                f"{name}y{k} = load double, ptr {name}p{k}, align 8",
            ],
            f"{name}y{k}",
        )
        for k in range(dim % LANES)
    ]


def _blocks(name: str, base: str, count: int, start: str, work: list[str]) -> list[str]:
    """A loop over blocks of lanes: `work` makes {name}a of what was found so far, {name}s, and of a block, {name}b."""
    body = [
        f"{name}j = mul nuw nsw i64 {name}k, {LANES}",
        f"{name}q = getelementptr inbounds double, ptr {base}, i64 {name}j",
        f"{name}b = load {VECTOR}, ptr {name}q, align 8",
        *work,
    ]
    return loop(name[1:], f"{name}k", str(count), body, [(f"{name}s", VECTOR, start, f"{name}a")])


def loop(label: str, i: str, count: str, body: list[str], carried: list[tuple[str, str, str, str]]) -> list[str]:
    """A loop over i = 0, ..., count - 1, count >= 1; carried: name, type, first value, value for the next turn."""
    return [
        f"br label %before{label}",
        f"before{label}:",
        f"br label %loop{label}",
        f"loop{label}:",
        f"{i} = phi i64 [0, %before{label}], [{i}n, %loop{label}]",
        *(
            f"{name} = phi {kind} [{start}, %before{label}], [{end}, %loop{label}]"
            for name, kind, start, end in carried
        ),
        *body,
        f"{i}n = add nuw nsw i64 {i}, 1",
        f"{i}m = icmp slt i64 {i}n, {count}",
        f"br i1 {i}m, label %loop{label}, label %after{label}",
        f"after{label}:",
    ]
