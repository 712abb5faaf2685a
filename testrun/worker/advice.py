"""Beside pytest's text of a collection error: what is wrong with the source, or the import.

pytest's report stays as it is; the advice is a section of its own below it.
"""

from __future__ import annotations

import difflib
import os
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

# Set by the launcher: the interpreter that DX-Py's front end runs in.
OWN_PYTHON_VARIABLE = "DX_TEST_OWN_PYTHON"
SECTION = "dx-py"
LONGEST_EXPLANATION = 20.0
# Not of a module that is being imported: there the order of imports is at fault.
MISSING_NAME = re.compile(r"cannot import name '([^']+)' from '")

#: Modules that are installed under another name.
DISTRIBUTIONS = {
    "Crypto": "pycryptodome",
    "OpenSSL": "pyOpenSSL",
    "PIL": "Pillow",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "git": "GitPython",
    "jose": "python-jose",
    "jwt": "PyJWT",
    "magic": "python-magic",
    "multipart": "python-multipart",
    "pkg_resources": "setuptools",
    "psycopg2": "psycopg2-binary",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "slugify": "python-slugify",
    "usb": "pyusb",
    "yaml": "PyYAML",
    "zmq": "pyzmq",
}


class Advice:
    """Plug-in: adds a section to reports of files that do not parse or do not import."""

    def __init__(self) -> None:
        # Taken away before any code of the project could see it.
        self.own_python = os.environ.pop(OWN_PYTHON_VARIABLE, "")

    @pytest.hookimpl(tryfirst=True)
    def pytest_exception_interact(
        self,
        node: pytest.Collector | pytest.Item,
        call: pytest.CallInfo[Any],
        report: pytest.CollectReport | pytest.TestReport,
    ) -> None:
        if not isinstance(report, pytest.CollectReport) or call.excinfo is None:
            return
        text = self.advice_on(call.excinfo.value, str(node.config.rootpath))
        if text:
            report.sections.append((SECTION, text))

    def advice_on(self, error: BaseException, root: str) -> str:
        cause = cause_of(error)
        if isinstance(cause, SyntaxError):
            return self.syntax(cause.filename or "")
        if isinstance(cause, ModuleNotFoundError) and cause.name:
            return missing_module(cause.name, root)
        if isinstance(cause, ImportError) and cause.name:
            return missing_name(cause)
        return ""

    def syntax(self, path: str) -> str:
        """All errors of the file as DX-Py's front end explains them; empty without it."""
        if not self.own_python or not os.path.isfile(path):
            return ""
        command = [self.own_python, "-I", "-m", "dx_py.frontend.diagnostics", path]
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=LONGEST_EXPLANATION,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        if done.returncode == 0:
            version = ".".join(map(str, sys.version_info[:2]))
            return f"a newer Python reads '{path}'; the tests run under Python {version}"
        return done.stdout.decode("utf-8", "replace").rstrip()


def cause_of(error: BaseException) -> BaseException:
    """What pytest's own exceptions around it were raised for."""
    while True:
        inner = getattr(error, "cause", None) or error.__cause__
        if isinstance(error, (SyntaxError, ImportError)) or inner is None:
            return error
        error = inner


def missing_module(name: str, root: str) -> str:
    top, _, rest = name.partition(".")
    if rest and top in sys.modules:
        return missing_submodule(name)
    for folder in ("", "src", "lib"):
        if has_module(os.path.join(root, folder), top):
            return (
                f"'{os.path.join(folder, top)}' is here, but its folder is not on sys.path: "
                f"install the project (dx-py pip install -e .), or put 'pythonpath = "
                f"{folder or '.'}' into pytest's configuration"
            )
    near = nearest(top, top_level_modules())
    if near:
        return f"there is no module '{top}' for '{sys.executable}'; did you mean '{near}'?"
    distribution = DISTRIBUTIONS.get(top, top)
    return (
        f"there is no module '{top}' for '{sys.executable}': "
        f"install what it is in, for example with 'dx-py pip install {distribution}'"
    )


def missing_submodule(name: str) -> str:
    """Of the first package on the way that has no such module."""
    package, _, last = name.rpartition(".")
    while package and package not in sys.modules:
        package, _, last = package.rpartition(".")
    places = getattr(sys.modules.get(package), "__path__", None)
    if places is None:
        return f"'{package}' is a module, not a package: it has no module '{last}'"
    near = nearest(last, (module.name for module in pkgutil.iter_modules(list(places))))
    return f"'{package}' has no module '{last}'" + (f"; did you mean '{near}'?" if near else "")


def missing_name(error: ImportError) -> str:
    """For ``from MODULE import NAME``; pytest's text has the rest."""
    module = sys.modules.get(error.name or "")
    found = MISSING_NAME.match(str(error))
    if module is None or found is None:
        return ""
    near = nearest(found[1], (name for name in vars(module) if not name.startswith("__")))
    return f"'{error.name}' has no '{found[1]}'; did you mean '{near}'?" if near else ""


def has_module(folder: str, name: str) -> bool:
    return os.path.isfile(os.path.join(folder, f"{name}.py")) or os.path.isfile(
        os.path.join(folder, name, "__init__.py")
    )


def nearest(name: str, known: Iterable[str]) -> str:
    return next(iter(difflib.get_close_matches(name, sorted(set(known)), n=1, cutoff=0.75)), "")


def top_level_modules() -> Iterator[str]:
    yield from getattr(sys, "stdlib_module_names", sys.builtin_module_names)
    yield from (module.name for module in pkgutil.iter_modules())
