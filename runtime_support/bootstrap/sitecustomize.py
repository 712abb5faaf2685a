"""Start DX-Py inside an interpreter that the ``dx-py`` launcher, or a child of it, started.

This folder is on ``sys.path`` only until here: it is taken off, the runtime is set up, and the
user's own ``sitecustomize`` is imported in place of this one. Where there is none, the
``ImportError`` for it goes on to ``site``, which then sees what it would see without DX-Py.

Any Python, from 2.7 on, must be able to run this file: children may be anything.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401 - in type comments

_folder = os.path.dirname(__file__)
_home = _folder[: -len("/runtime_support/bootstrap")]
sys.path[:] = [entry for entry in sys.path if entry != _folder]
sys.path_importer_cache.pop(_folder, None)
# Held by a name: Python 2 empties the globals of a module that nothing refers to.
_self = sys.modules.pop("sitecustomize")


def _start(environ):  # type: (os._Environ[str]) -> None
    # Every start reads and runs this: what can wait is in other files, and no text is kept.
    root = _store_root(environ)
    stats = environ.get("DX_STATS", "")
    if os.isatty(2) and environ.get("DX_HINTS") != "0":
        _load("hint_hook").install(_load, _home, stats)
    mode = environ.get("DX_COMPILE", "auto")
    asked = stats or "DX_STATS_JSON" in environ or environ.get("DX_JIT", "0") != "0"
    if asked or mode == "all":
        settings = dict((key, environ[key]) for key in environ if key.startswith("DX_"))
        settings.update(DX_PY_HOME=_home, DX_CACHE_DIR=root)
        _load("startup").start(settings)
    elif mode == "auto":
        _await_source({"DX_PY_HOME": _home, "DX_CACHE_DIR": root})


def _load(part):  # type: (str) -> Any
    # A module of runtime_support, newly executed, that ``sys.modules`` does not get. Debuggers
    # and coverage tools skip frames of the import system, by these names.
    name = "importlib._dx_py." + part
    path = _home + "/runtime_support/" + part + ".py"
    code = sys.modules["_frozen_importlib_external"].SourceFileLoader(name, path).get_code(name)
    sys.modules["_imp"]._fix_co_filename(code, "<frozen " + name + ">")
    module = type(sys)(name)
    module.__file__ = path
    exec(code, vars(module))
    return module


def _store_root(environ):  # type: (os._Environ[str]) -> str
    # Where the store is, by the rules of ``dx_py.artifacts.location``; "" for nowhere. Without
    # HOME the folder would have to be asked of ``pwd``, which is not imported yet.
    chosen = environ.get("DX_CACHE_DIR")
    if chosen:
        return chosen if chosen.startswith("/") else os.path.abspath(chosen)
    if sys.platform == "win32":
        caches = environ.get("LOCALAPPDATA", "")
    else:
        below = "/Library/Caches" if sys.platform == "darwin" else "/.cache"
        home = environ.get("HOME", "")
        caches = home and home + below
        if sys.platform != "darwin" and environ.get("XDG_CACHE_HOME", "").startswith("/"):
            caches = environ["XDG_CACHE_HOME"]
    return caches and caches + "/dx-py"


def _await_source(settings):  # type: (dict[str, str]) -> None
    # Load the hook of ``--compile=auto`` with the first module that has no valid .pyc, where
    # there is a store or the module came with its code: most programs import none. The host's
    # ``source_to_code`` is exchanged for a twin of the same code, for which alone
    # ``_call_with_frames_removed`` is another function. That one looks like the host's too:
    # the interpreter cuts frames of its name out of tracebacks.
    external = sys.modules["_frozen_importlib_external"]
    loader = external.SourceLoader
    host = loader.source_to_code
    has_store = os.path.isdir(settings["DX_CACHE_DIR"] + "/v1/actions")

    def _call_with_frames_removed(compile, data, path, mode, dont_inherit, optimize):  # type: ignore[no-untyped-def]
        exchanged = vars(loader)["source_to_code"] is not twin
        if exchanged or not (has_store or _ships(path)):
            # Where the program has exchanged it as well, it calls what it found there.
            return compile(data, path, mode, dont_inherit=dont_inherit, optimize=optimize)
        loader.source_to_code = host
        try:
            _load("startup").start(settings)
        except Exception as error:
            _say_off(error)
        return loader.source_to_code(None, data, path, _optimize=optimize)

    shape = external._bootstrap._call_with_frames_removed.__code__
    sys.modules["_imp"]._fix_co_filename(_call_with_frames_removed.__code__, shape.co_filename)
    namespace = type(sys.implementation)  # type: Any
    scope = {
        "__name__": host.__module__,
        "__builtins__": vars(external)["__builtins__"],
        "_bootstrap": namespace(_call_with_frames_removed=_call_with_frames_removed),
    }
    twin = type(host)(host.__code__, scope)
    twin.__kwdefaults__ = host.__kwdefaults__
    loader.source_to_code = twin


def _ships(path):  # type: (object) -> bool
    # Whether an installed package brought code along in this folder.
    return isinstance(path, str) and os.path.isdir(os.path.dirname(path) + "/__dx_py__")


def _say_off(error):  # type: (Exception) -> None
    sys.stderr.write("dx-py: runtime is off: %s: %s\n" % (type(error).__name__, error))


if sys.version_info[:2] == (3, 12) and sys.implementation.name == "cpython":
    try:
        _start(os.environ)
    except Exception as error:
        _say_off(error)
elif os.environ.get("DX_STATS"):
    sys.stderr.write(
        "dx-py: runtime is off: it needs CPython 3.12, not %d.%d\n" % sys.version_info[:2]
    )

__import__("sitecustomize")
