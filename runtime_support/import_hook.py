"""The import system, with DX-Py's compiler where the host would compile source.

Nothing is added to ``sys.meta_path`` or ``sys.path_hooks`` and no class is replaced: finders,
loaders and specs are the host's own, in type and in behaviour. Three functions are
exchanged, at the two places where the host turns bytes into code:

    SourceLoader.source_to_code   no valid .pyc: source -> code (and the host writes the .pyc)
    _compile_bytecode             a valid .pyc: its bytes -> code
    zipimport._compile_source     source in a zip file -> code

So every rule about .pyc files (timestamps, PEP 552 hashes, ``dont_write_bytecode``,
``pycache_prefix``, permissions, ``-v``) is the host's code and not a copy of it, and loaders
that override ``source_to_code``, ``get_code`` or ``get_data`` keep their meaning.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, ModuleType
    from typing import Any

    from dx_py.runtime_support.pipeline import Pipeline


def install(pipeline: Pipeline, *, replace_pycs: bool) -> None:
    """Exchange the functions.

    With ``replace_pycs`` a module with a valid .pyc goes through our compiler as well;
    without, the .pyc is used: the code of both is equal.
    """
    external = sys.modules["_frozen_importlib_external"]
    _replace(external.SourceLoader, _source_to_code(external, pipeline))
    if replace_pycs:
        _replace(external, _compile_bytecode(external, pipeline))
    zipimport = sys.modules.get("zipimport")
    if zipimport is not None:
        _replace(zipimport, _compile_source(zipimport, pipeline))


def install_reader(code_of: Callable[[object, object, int], CodeType | None]) -> None:
    """Exchange ``source_to_code`` alone; ``code_of`` answers None for the host to compile."""
    external = sys.modules["_frozen_importlib_external"]
    call = external._bootstrap._call_with_frames_removed

    def source_to_code(self, data, path, *, _optimize=-1):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        code = code_of(data, path, _optimize)
        if code is None:
            code = call(compile, data, path, "exec", dont_inherit=True, optimize=_optimize)
        return code

    _replace(external.SourceLoader, source_to_code)


def _replace(owner: type | ModuleType, function: Any) -> None:  # noqa: ANN401
    """Put ``function`` in place of the one of the same name, looking as that one did.

    It takes over globals, defaults and the place in the file too: the interpreter cuts
    frames of importlib's files out of tracebacks, ``warnings`` skips them when it looks for the
    caller, and debuggers go by the module. So its body may use no global of this module.
    """
    name = function.__name__
    host = vars(owner)[name]
    code = _placed_as(host.__code__, function.__code__)
    twin = type(host)(code, host.__globals__, name, host.__defaults__, function.__closure__)
    for attribute in ("__kwdefaults__", "__qualname__", "__doc__"):
        setattr(twin, attribute, getattr(host, attribute))
    setattr(owner, name, twin)


def _placed_as(host: CodeType, code: CodeType) -> CodeType:
    """``code`` in the host's file, all on the line of the host's last instruction."""
    *_, (_, _, line) = host.co_lines()
    # CPython's Objects/locations.md: entries of form 13, "no column", for 8 units at most,
    # each with the line's difference to that of the entry before: none.
    units = len(code.co_code) // 2
    entries = [min(8, units - start) for start in range(0, units, 8)]
    table = b"".join(bytes([0x80 | 13 << 3 | count - 1, 0]) for count in entries)
    return code.replace(
        co_filename=host.co_filename, co_firstlineno=line or 1, co_linetable=table
    )


def _source_to_code(external: ModuleType, pipeline: Pipeline) -> Callable[..., CodeType]:
    call = external._bootstrap._call_with_frames_removed

    def source_to_code(self, data, path, *, _optimize=-1):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        code = pipeline.promised_code(path, data, may_be_written=True)
        if code is not None:
            return code
        code, warned = pipeline.code_of(data, path, _optimize)
        if code is None or warned:
            # No frame of ours stands between the import system and an error.
            host = call(compile, data, path, "exec", dont_inherit=True, optimize=_optimize)
            if code is None:
                code = host
        return code

    return source_to_code


def _compile_bytecode(external: ModuleType, pipeline: Pipeline) -> Callable[..., CodeType]:
    host: Callable[..., CodeType] = external._compile_bytecode
    tell = external._bootstrap._verbose_message

    def _compile_bytecode(data, name=None, bytecode_path=None, source_path=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        if source_path is None:
            return host(data, name, bytecode_path)
        code = pipeline.promised_code(source_path)
        if code is None:
            code = pipeline.code_known_equal(data, source_path)
        if code is not None:
            tell("code object from {!r}", bytecode_path)
            return code
        return pipeline.equal_code(host(data, name, bytecode_path, source_path), data)

    return _compile_bytecode


def _compile_source(zipimport: ModuleType, pipeline: Pipeline) -> Callable[..., CodeType]:
    normalize = zipimport._normalize_line_endings

    def _compile_source(pathname, source):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        source = normalize(source)
        code, warned = pipeline.code_of(source, pathname)
        if code is None or warned:
            host = compile(source, pathname, "exec", dont_inherit=True)
            if code is None:
                code = host
        return code

    return _compile_source
