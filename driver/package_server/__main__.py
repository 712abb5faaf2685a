"""``python -I -m dx_py.driver.package_server SOCKET``: load everything, then serve."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from dx_py.driver.package_server.resident import Resident, listen

#: All that an ordinary command imports, also when it needs it only at its end. None of them
#: reads the environment on import; those of the second row may not be there.
PRELOADED = (
    "dx_py.pkg.commands.compile",
    "dx_py.pkg.commands.install",
    "dx_py.pkg.commands.main",
    "dx_py.pkg.commands.pin_lines",
    "dx_py.pkg.commands.preferences",
    "dx_py.pkg.commands.project_file",
    "dx_py.pkg.commands.resolution_only",
    "dx_py.pkg.commands.sync",
    "dx_py.pkg.consistency",
    "dx_py.pkg.index.remote_wheel",
    "encodings.utf_8_sig",
)
IF_THERE = ("dx_py.pkg._native", "dx_py.pkg.index.curl")


def main(path: Path) -> int:
    """Serve at ``path``, in a folder that only its owner may enter."""
    os.chdir("/")
    _take_signals()
    for module in PRELOADED:
        importlib.import_module(module)
    for module in IF_THERE:
        with suppress(ImportError):
            importlib.import_module(module)
    listener = listen(path)
    if listener is None:
        return 1
    gc.collect()
    gc.freeze()  # so that forks do not copy what nobody changes
    Resident(listener, path).serve()
    return 0


def _take_signals() -> None:
    """As a program at a terminal has them, whoever started the server; commands inherit it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
