"""What dxc does for the native tier: show its stages, and compile from a profile.

Imported when one of its options is given: it needs the whole back end.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

from dx_py.artifacts.artifact import encode
from dx_py.artifacts.errors import DxError
from dx_py.artifacts.store import ArtifactStore
from dx_py.driver.compile_worker import compile_and_record
from dx_py.driver.dxc.compilation import Compiler
from dx_py.driver.dxc.engines import Request as Build
from dx_py.driver.dxc.modules import Module
from dx_py.driver.dxc.report import error_text
from dx_py.driver.native_views import Request, codes_of, view, view_text
from dx_py.driver.profile import Profile, Profiled, code_of, read_profile
from dx_py.driver.stages import code_of as code_of_artifact
from dx_py.runtime_support.native_units import unit_key


def make_request(profile_in: str | None, only: str | None, bisect: str | None) -> Request:
    """Of the options ``--profile-in``, ``--function``, ``--opt-bisect``; raises DxError."""
    profile = None if profile_in is None else read_profile(Path(profile_in))
    if bisect is not None and not bisect.isdigit():
        raise DxError(f"--opt-bisect takes a number of passes, not '{bisect}'")
    return Request(profile, only or "", None if bisect is None else int(bisect))


def emit(store: ArtifactStore, kind: str, build: Build, request: Request) -> int:
    """Print each module's view, which the store keeps as an artifact."""
    status = 0
    for code in _codes(store, build):
        if isinstance(code, str):
            sys.stderr.write(code)
            status = 1
            continue
        data = encode(view(kind, code, request))
        print(f"; {kind} of {code.co_filename}, artifact {store.put(data)}\n")
        print(view_text(data))
    return status


def write_page(store: ArtifactStore, page: Path, build: Build, request: Request) -> int:
    """``--ssa-html``."""
    from dx_py.driver.dxc.ssa_html import format_page

    codes = [*_codes(store, build)]
    errors = [code for code in codes if isinstance(code, str)]
    sys.stderr.write("".join(errors))
    modules = [code for code in codes if not isinstance(code, str)]
    page.write_text(format_page(modules, request), encoding="utf-8")
    return 1 if errors else 0


def compile_native(
    store: ArtifactStore, build: Build, profile: Profile, *, verbose: bool
) -> int:
    """``--native``: machine code of the functions that are as they were when profiled.

    It is recorded where a run of the profiled interpreter looks for it.
    """
    status = compiled = 0
    for code in _codes(store, build):
        if isinstance(code, str):
            sys.stderr.write(code)
            status = 1
            continue
        for function in _functions(code, profile):
            refusal = _compile(store, function, profile)
            compiled += not refusal
            if verbose:
                shown = refusal or "compiled"
                print(f"{function.filename}:{function.line} {function.name}: {shown}")
    if verbose:
        print(f"{compiled:,} functions compiled")
    return status


def _functions(module: CodeType, profile: Profile) -> Iterator[Profiled]:
    for code in codes_of(module):
        function = profile.of_code(code)
        if function is not None and function.description is not None:
            yield function


def _compile(store: ArtifactStore, function: Profiled, profile: Profile) -> str:
    """Why it stays interpreted, or nothing."""
    request = {
        "program": function.description,
        "target": profile.target,
        "layout": profile.layout,
        "key": function.key or _key(function, profile),
        "eager": False,
    }
    kind, detail = compile_and_record(request, store)
    return "" if kind == "stored" else str(detail)


def _key(function: Profiled, profile: Profile) -> bytes:
    if profile.version != sys.version:
        raise DxError("the profile is of another interpreter, and has no keys")
    code = code_of(function)
    assert code is not None
    return unit_key(code, profile.target, lambda data: hashlib.sha256(data).digest())


def _codes(store: ArtifactStore, build: Build) -> Iterator[CodeType | str]:
    """Each module's code, or the text of the error in it."""
    compiler = Compiler(store, optimize=build.optimize)
    for module in build.modules:
        yield _module_code(compiler, module)


def _module_code(compiler: Compiler, module: Module) -> CodeType | str:
    result = compiler.compile(module)
    if result.error is not None:
        return error_text(result)
    assert result.code is not None
    return code_of_artifact(result.code.read(), str(module.path.resolve()))
