"""Machine code of modules in LLVM's language, made once for all processes and kept on disk."""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from foundation.compiling import alone, folder


@lru_cache(maxsize=256)
def machine_code(text: str) -> tuple[int, Any]:
    """The address of the function `step` of a module, and what keeps it alive."""
    names = _host()
    key = hashlib.sha256("\n".join([llvmlite.__version__, *names, text]).encode()).hexdigest()
    path = folder() / f"{key[:32]}.o"
    with alone(key):
        code = path.read_bytes() if path.exists() else _kept(path, _compiled(text))
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine())  # which the engine owns
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine.get_function_address("step"), engine


@cache
def _host() -> tuple[str, str, str]:
    """This machine's name and what it can do. Vectors have 512 bits where it has them."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features().flatten() + ",-prefer-256-bit"
    return llvm.Target.from_default_triple().triple, llvm.get_host_cpu_name(), features


def _machine() -> Any:
    triple, name, features = _host()
    return llvm.Target.from_triple(triple).create_target_machine(cpu=name, features=features, opt=3, jit=True)


def _compiled(text: str) -> bytes:
    """The object file of a module."""
    module, machine = llvm.parse_assembly(text), _machine()
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = options.slp_vectorization = True
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return bytes(machine.emit_object(module))


def _kept(path: Path, code: bytes) -> bytes:
    """Write it whole or not at all: others may be looking. A full disk is no reason to stop."""
    with suppress(OSError):
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(code)
        os.replace(name, path)
    return code
