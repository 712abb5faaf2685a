"""The program's main script through our compiler, with the interpreter's arguments unchanged.

The interpreter reads ``python script.py`` in C and asks no importer, with one exception: it
first offers the path to ``sys.path_hooks``, because a folder or zip file runs as a package.
A hook that claims the path makes the interpreter call ``runpy._run_module_as_main`` in place
of reading the file. That call is answered here, after everything is as the interpreter
itself would have made it:

    sys.path[0]            the script's folder, or nothing under -P
    sys.path_hooks         as before
    sys.path_importer_cache[script]   None
    __main__.__file__, __cached__, __loader__   set, until the script has ended
    sys.modules["runpy"]   as before

Only files that are certain to be source are claimed. A script that does not compile is left
to the interpreter, whose error it then is. Text given by -c or on the standard input has no
such way in, and stays the host's.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, ModuleType
    from typing import Any

    from dx_py.runtime_support.pipeline import Pipeline

#: Gives a module of the standard library that ``sys.modules`` does not show.
type PrivateModule = Callable[[str], ModuleType]
#: Told what failed, and the exception.
type TellFailure = Callable[[str, BaseException], None]

_FILE_TYPE, _REGULAR = 0o170000, 0o100000


def install(pipeline: Pipeline, private: PrivateModule, tell_failure: TellFailure) -> None:
    """Claim the main script, if there is one and it compiles."""
    if sys.argv[0] in ("", "-", "-c", "-m") or _may_skip_first_line():
        return
    if not sys.modules["_thread"]._is_main_interpreter():
        return
    try:
        script = _compile_script(pipeline, os.path.abspath(sys.argv[0]))
    except (OSError, SyntaxError, ValueError):
        return  # no file, or no program: the interpreter says so
    except Exception as error:
        tell_failure("compiling the main script", error)
        return
    if script is not None:
        hooks: list[Any] = sys.path_hooks
        hooks.insert(0, _ScriptHook(script, private))


def _may_skip_first_line() -> bool:
    """Whether -x may have been given: no attribute of ``sys`` tells."""
    for argument in sys.orig_argv[1:]:
        if argument == sys.argv[0] or not argument.startswith("-"):
            return False
        if "x" in argument and not argument.startswith("--"):
            return True
    return False


def _compile_script(pipeline: Pipeline, path: str) -> _Script | None:
    """The script; None if it is the interpreter's.

    Silent: where compiling fails, the interpreter will give the warnings, and where it warns
    the host does so when everything is set up.
    """
    source = _read_source(path)
    if source is None:
        return None
    promised = pipeline.promised_code(path, source)
    if promised is not None:
        return _Script(path, promised, None)
    code, warned = pipeline.code_of(source, path)
    if code is None:
        return None
    if warned:
        return _Script(path, code, lambda: _warn(source, path))
    return _Script(path, code, None)


def _warn(source: bytes, path: str) -> None:
    """The host warns as it compiles."""
    compile(source, path, "exec", dont_inherit=True)


def _read_source(path: str) -> bytes | None:
    """None for what may be bytecode (by its name or half its magic number), or is no text."""
    if path.endswith(".pyc") or os.stat(path).st_mode & _FILE_TYPE != _REGULAR:
        return None
    with open(path, "rb") as file:
        source = file.read(4096)
        magic = sys.modules["_frozen_importlib_external"].MAGIC_NUMBER
        if b"\0" in source or source[:2] == magic[:2]:
            return None
        source += file.read()
    return None if b"\0" in source else source


class _Script:
    """Code of the main script; ``warn`` gives the warnings of compiling it, if it has any."""

    def __init__(self, path: str, code: CodeType, warn: Callable[[], None] | None) -> None:
        self.path = path
        self.code = code
        self.warn = warn


class _ScriptHook:
    """A path hook that claims the main script once, and nothing else."""

    def __init__(self, script: _Script, private: PrivateModule) -> None:
        self._script = script
        self._private = private

    def __call__(self, path: str) -> object:
        script = self._script
        if os.path.normpath(path) != script.path:
            raise ImportError("not the main script")
        hooks: list[Any] = sys.path_hooks
        hooks.remove(self)
        if script.warn is not None:
            script.warn()
        # The interpreter's spelling: it does not normalise.
        sys.modules["_imp"]._fix_co_filename(script.code, path)
        return _Claim(path, _without_arguments(script.code, self._private))


class _Claim:
    """The importer the interpreter finds for the script, and its ``runpy`` for one call."""

    def __init__(self, path: str, run: Callable[..., object]) -> None:
        self._path = path
        self._run: Callable[..., object] | None = run
        self._hidden = sys.modules.get("runpy")
        sys.modules["runpy"] = self  # type: ignore[assignment]

    @property
    def _run_module_as_main(self) -> Callable[..., object] | None:
        """What the interpreter calls next; it asks for this when all else is set up."""
        if self._hidden is None:
            del sys.modules["runpy"]
        else:
            sys.modules["runpy"] = self._hidden
        sys.path_importer_cache[self._path] = None
        _set_script_folder()
        _set_main_attributes(self._path)
        run, self._run = self._run, None
        return run


def _set_script_folder() -> None:
    """The interpreter has put the script itself in front of ``sys.path``, even under -P."""
    if sys.flags.safe_path:
        del sys.path[0]
        return
    script = sys.argv[0]
    full = os.path.abspath(script) if sys.platform == "win32" else os.path.realpath(script)
    sys.path[0] = os.path.dirname(full)


def _set_main_attributes(path: str) -> None:
    main: Any = sys.modules["__main__"]
    main.__file__ = path
    main.__cached__ = None
    loader = sys.modules["_frozen_importlib_external"].SourceFileLoader
    main.__loader__ = loader("__main__", path)


def _without_arguments(code: CodeType, private: PrivateModule) -> Callable[..., object]:
    """A callable that runs ``code`` in ``__main__`` whatever it is given, with no frame below.

    A Python function in its place would show in ``sys._getframe``, in tracebacks and in
    recursion limits. ``print(..., file=f, flush=True)`` is a function in C that takes any
    arguments and ends in ``f.flush()``, without any; a function of a module's code without
    parameters is exactly what ``exec`` makes of that code.

    The interpreter drops the callable when the script has ended, and with it goes the
    function, unless a traceback still refers to it: that is when ``__file__`` is unset.
    """
    function: Any = type(lambda: None)
    script = function(code, vars(sys.modules["__main__"]))
    ended = sys.modules["_weakref"].ref(script, _unset_main_attributes)
    namespace: Any = type(sys.implementation)
    sink = namespace(write=len, flush=script, ended=ended)
    run: Callable[..., object] = private("_functools").partial(print, file=sink, flush=True)
    return run


def _unset_main_attributes(ended: object) -> None:
    namespace = vars(sys.modules["__main__"])
    namespace.pop("__file__", None)
    namespace.pop("__cached__", None)
