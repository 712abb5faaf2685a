"""Prints what a program can see of its process, as one line of JSON."""

import json
import os
import signal
import subprocess
import sys

modules = list(sys.modules)


def main_attributes():
    main = sys.modules["__main__"]
    shown = {
        "__builtins__": lambda value: type(value).__name__,
        "__loader__": lambda value: getattr(value, "__name__", type(value).__name__),
        "__spec__": lambda value: value and [value.name, value.origin, value.parent],
    }
    return {
        name: shown.get(name, repr)(value)
        for name, value in vars(main).items()
        if name.startswith("__")
    }


def child_environment():
    code = (
        "import os, json, sys; print(json.dumps([dict(os.environ), sys.path, sys.orig_argv]))"
    )
    return json.loads(subprocess.check_output([sys.executable, "-c", code]))


def report():
    child, child_path, child_argv = child_environment()
    return {
        "argv": sys.argv,
        "orig_argv": sys.orig_argv,
        "flags": repr(sys.flags),
        "path": sys.path,
        "modules": modules,
        "main": main_attributes(),
        "environ": dict(os.environ),
        "child environ": child,
        "child path": child_path,
        "child orig_argv": child_argv,
        "executable": sys.executable,
        "prefixes": [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix],
        "options": [sys.warnoptions, getattr(sys, "_xoptions", None)],
        "path_importer_cache": sorted(sys.path_importer_cache),
        "meta_path": [getattr(finder, "__name__", repr(finder)) for finder in sys.meta_path],
        "path_hooks": len(sys.path_hooks),
        "hooks": [sys.excepthook is sys.__excepthook__, sys.displayhook is sys.__displayhook__],
        "signals": {
            str(number): str(signal.getsignal(number)) for number in signal.valid_signals()
        },
        "streams": [repr(sys.stdin), repr(sys.stdout), repr(sys.stderr)],
        "encodings": [sys.getfilesystemencoding(), sys.getdefaultencoding()],
        "descriptors": sorted(os.listdir("/proc/self/fd")) if os.path.exists("/proc") else [],
        "cwd": os.getcwd(),
        "pycache_prefix": sys.pycache_prefix,
    }


print(json.dumps(report()))
