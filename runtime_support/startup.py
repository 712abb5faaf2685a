"""What DX-Py does inside the user's process before the user's program starts.

Loaded by path from ``bootstrap/sitecustomize.py``, only on CPython 3.12, under a private name
that never enters ``sys.modules``: no module but those that are always loaded may be imported,
not even ``__future__``. Each part is loaded only when a setting asks for it.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


def start(settings: dict[str, str]) -> None:
    """Set up the runtime.

    ``settings`` holds the environment's ``DX_*`` variables, and always ``DX_PY_HOME``, the
    folder of the installed ``dx_py``. An exception is reported in one line; the program then
    runs without DX-Py.
    """
    parts = Parts(settings["DX_PY_HOME"])
    if settings.get("DX_HINTS") != "0" and os.isatty(2):
        parts.load("runtime_support.hint_hook").install(parts)
    mode = settings.get("DX_COMPILE", "auto")
    settings["DX_CACHE_DIR"] = root = _store_root(settings)
    if mode == "all":
        parts.load("runtime_support.compile_all").install(settings, parts)
    elif mode == "auto" and ("DX_STATS" in settings or os.path.isdir(root + "/v1/actions")):
        if "DX_STATS" in settings:
            parts.load("runtime_support.compile_auto").install(settings, parts)
        else:
            _install_when_needed(settings, parts)
    if settings.get("DX_JIT", "0") != "0":
        parts.load("runtime_support.native_tier").install(settings, parts)


def _install_when_needed(settings: dict[str, str], parts: "Parts") -> None:
    """Load the hook of ``auto`` when the first module without a .pyc is imported.

    Most programs import none, and start 0.2 ms sooner. Until then the host's function has a
    substitute that looks like it; see ``import_hook`` for why its frame must.
    """
    loader: Any = sys.modules["_frozen_importlib_external"].SourceLoader
    host = loader.source_to_code

    def source_to_code(self, data, path, *, _optimize=-1):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        loader.source_to_code = host
        try:
            parts.load("runtime_support.compile_auto").install(settings, parts)
        except Exception as error:
            sys.stderr.write(f"dx-py: runtime is off: {type(error).__name__}: {error}\n")
        return loader.source_to_code(self, data, path, _optimize=_optimize)

    source_to_code.__code__ = source_to_code.__code__.replace(
        co_filename=host.__code__.co_filename,
        co_firstlineno=host.__code__.co_firstlineno,
        co_qualname=host.__qualname__,
    )
    for attribute in ("__module__", "__qualname__", "__doc__"):
        setattr(source_to_code, attribute, getattr(host, attribute))
    loader.source_to_code = source_to_code


def _store_root(settings: dict[str, str]) -> str:
    """Where the store is, by the rules of ``dx_py.artifacts.location``; "" for nowhere.

    Without HOME the folder would have to be asked of ``pwd``, which is not imported yet.
    """
    chosen = settings.get("DX_CACHE_DIR")
    if chosen:
        return os.path.abspath(chosen)
    if sys.platform == "win32":
        caches = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform != "darwin" and os.environ.get("XDG_CACHE_HOME", "").startswith("/"):
        caches = os.environ["XDG_CACHE_HOME"]
    else:
        below = "/Library/Caches" if sys.platform == "darwin" else "/.cache"
        home = os.environ.get("HOME", "")
        caches = home and home + below
    return caches and caches + "/dx-py"


class Parts:
    """Modules of the DX-Py in ``home``, which are not in ``sys.modules``.

    Debuggers and coverage tools see their frames inside imports, where they skip the host's
    by their names: ``importlib.*`` as the module, ``<frozen ...>`` as the file.
    """

    def __init__(self, home: str) -> None:
        self.home = home
        self._loader = sys.modules["_frozen_importlib_external"].SourceFileLoader

    def load(self, name: str, **imports: object) -> "ModuleType":
        """The module ``dx_py.<name>``, newly executed.

        It may import ``sys``, ``os``, ``marshal`` and what ``imports`` holds, and use
        ``from __future__ import annotations``, without a trace in ``sys.modules``.
        """
        shown = "importlib._dx_py." + name.rpartition(".")[2]
        path = f"{self.home}/{name.replace('.', '/')}.py"
        code = self._loader(shown, path).get_code(shown)
        sys.modules["_imp"]._fix_co_filename(code, f"<frozen {shown}>")
        module = type(sys)(shown)
        module.__file__ = path
        namespace: Any = type(sys.implementation)
        imports["__future__"] = namespace(annotations=None)
        hidden = {key: sys.modules.get(key) for key in imports}
        sys.modules.update(imports)  # type: ignore[arg-type]
        try:
            exec(code, vars(module))
        finally:
            for key, value in hidden.items():
                if value is None:
                    del sys.modules[key]
                else:
                    sys.modules[key] = value
        return module
