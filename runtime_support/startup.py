"""What DX-Py does inside the user's process before the user's program starts.

Loaded by path from ``bootstrap/sitecustomize.py``, only on CPython 3.12, under a private name
that never enters ``sys.modules``: no module but those that are always loaded may be imported,
not even ``__future__``. Each part is loaded only when a setting, or the program, asks for it.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


def start(settings: dict[str, str]) -> None:
    """Set up the parts that ``settings`` ask for; an exception means the program has none.

    ``settings`` holds ``DX_PY_HOME``, the folder of the installed ``dx_py``; ``DX_CACHE_DIR``,
    the store or ""; and the environment's other ``DX_*`` variables that are to be heeded.
    """
    parts = Parts(settings["DX_PY_HOME"], settings.get("DX_STATS", ""))
    if settings.get("DX_STATS_JSON"):
        os.environ.pop("DX_STATS_JSON", None)
        private = parts.load("runtime_support.store_files").private_extension
        report = parts.load("runtime_support.json_report")
        parts.json = report.JsonReport(settings["DX_STATS_JSON"], private)
    mode = settings.get("DX_COMPILE", "auto")
    if mode == "all":
        parts.load("runtime_support.compile_all").install(settings, parts)
    elif mode == "auto":
        parts.load("runtime_support.compile_auto").install(settings, parts)
    if settings.get("DX_JIT", "0") != "0":
        parts.load("runtime_support.native_tier").install(settings, parts)


class Parts:
    """Modules of the DX-Py in ``home``, which are not in ``sys.modules``.

    Debuggers and coverage tools see their frames inside imports, where they skip the host's
    by their names: ``importlib.*`` as the module, ``<frozen ...>`` as the file.
    """

    def __init__(self, home: str, stats: str) -> None:
        self.home = home
        self._stats = stats
        #: Of ``--stats-json``: a ``JsonReport``, if it was asked for.
        self.json: Any = None
        #: For our modules: programs exchange functions of the real one, as their tests do.
        self._os = type(sys)("os")
        vars(self._os).update(vars(os))
        self._loader = sys.modules["_frozen_importlib_external"].SourceFileLoader

    def load(self, name: str, **imports: object) -> "ModuleType":
        """The module ``dx_py.<name>``, newly executed, with ``os`` as it was at the start.

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
        if vars(module).get("os") is os:
            vars(module)["os"] = self._os
        return module

    def tell(self, text: str) -> None:
        """Write lines under ``--stats``: nothing without.

        The setting is "1" for the standard error, or an absolute path to which one line a
        call is appended.
        """
        if self._stats.startswith("/"):
            row = f"{os.getpid()}\t{text}".replace("\n", "; ") + "\n"
            descriptor = os.open(self._stats, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.write(descriptor, row.encode("utf-8", "backslashreplace"))
            os.close(descriptor)
        elif self._stats:
            os.write(2, f"{text}\n".encode("utf-8", "backslashreplace"))

    def tell_failure(self, doing: str, error: BaseException) -> None:
        """What the program goes on without."""
        self.tell(f"dx-py: {doing} failed: {type(error).__name__}: {error}")
