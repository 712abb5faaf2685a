"""A failed build in the user's terms: the lines that matter, the cause, what to install."""

from __future__ import annotations

import re

from dx_py.pkg.errors import BuildError

_LINES = 15
#: Patterns in the output, and what to do; groups of the pattern fill the hint.
_CAUSES: dict[str, str] = {
    r"fatal error: Python\.h: No such file": (
        "the interpreter's headers are missing: install python3-dev (Debian, Ubuntu) or "
        "python3-devel (Fedora) for the same version"
    ),
    r"fatal error: ([\w./+-]+\.h\w*): No such file": (
        "the C header {0} is missing: install the development package that has it; on "
        "Debian and Ubuntu 'apt-file search {0}' names it"
    ),
    r"command '?(?:\S*-)?(?:gcc|cc|clang)'? failed: No such file"
    r"|unable to execute '(?:\S*-)?(?:gcc|cc|clang)'": (
        "there is no C compiler: install build-essential (Debian, Ubuntu), gcc (Fedora) or "
        "the Xcode command line tools (macOS)"
    ),
    r"(?:g\+\+|c\+\+|clang\+\+)'? failed: No such file": (
        "there is no C++ compiler: install g++"
    ),
    r"cannot find -l([\w+-]+)": ("the library {0} is missing: install its development package"),
    r"can't find Rust compiler|cargo`?.*(?:not found|No such file)|requires Rust": (
        "this package is written in Rust: install a toolchain from https://rustup.rs"
    ),
    r"(?i)cmake.*(?:not found|No such file)|Problem with the CMake installation": (
        "CMake is needed: install cmake"
    ),
    r"Unknown compiler\(s\): \[\[(.*?)\]\]": "Meson found none of the compilers {0}",
    r"pg_config executable not found": (
        "PostgreSQL's pg_config is needed: install libpq-dev, or use psycopg2-binary"
    ),
    r"Command '([\w.-]+-config)\b.*exit status 127"
    r"|\b([\w.-]+-config): (?:command )?not found": (
        "the program {0} is missing: install the development package that has it"
    ),
    r"mysql_config not found|pkg-config.*mysqlclient": (
        "MySQL's client headers are needed: install default-libmysqlclient-dev pkg-config"
    ),
    r"Dependency ['\"]?([\w.+-]+)['\"]? not found|No package '([\w.+-]+)' found"
    r"|Package ([\w.+-]+) was not found in the pkg-config": (
        "the library {0} is missing: install its development package and pkg-config"
    ),
    r"Missing parentheses in call to 'print'": (
        "this version is for Python 2: ask for a newer one"
    ),
    r"No module named 'pkg_resources'": (
        "this version uses pkg_resources, which setuptools has no more: ask for a newer "
        "version, or install setuptools<82 and build with --no-build-isolation"
    ),
    r"No module named '(distutils|imp)'": (
        "this version uses {0}, which newer Pythons do not have: ask for a newer version, or "
        "use an older Python with --python"
    ),
    r"ModuleNotFoundError: No module named '([\w.]+)'": (
        "the build needs {0} and does not declare it: install {0} and build with "
        "--no-build-isolation"
    ),
    r"use_2to3 is invalid": (
        "this version needs setuptools older than 58: ask for a newer one"
    ),
    r"[Rr]equires Python ['\"]?([^'\"\n]+?)['\"]?(?:,|;| but)": (
        "it needs Python {0}: name another interpreter with --python"
    ),
    r"Could not resolve host(?:name)?:? \(?(?:Could not resolve host: )?([\w.-]*\w)": (
        "the build itself fetches from {0}, which cannot be reached from here: see the network "
        "and its proxy"
    ),
    r"No space left on device": "the disk is full",
    r"MemoryError|[Cc]annot allocate memory": "the machine ran out of memory",
}


def build_failure(subject: str, step: str, output: str, log: str) -> BuildError:
    """``log`` is where all of the output was kept, or empty."""
    lines = useful_lines(output)
    shown = "\n".join(f"  | {line}" for line in lines)
    where = f"\n  all of it is in '{log}'" if log else ""
    return BuildError(
        f"building {subject} failed in {step}:\n{shown}{where}",
        hint=known_cause(output)
        or "ask for a version with a wheel for this Python, or see the project's own notes on "
        "building",
    )


def known_cause(output: str) -> str:
    for pattern, hint in _CAUSES.items():
        match = re.search(pattern, output)
        if match:
            return hint.format(*(group for group in match.groups() if group))
    return ""


def useful_lines(output: str) -> list[str]:
    """The end of the output without progress, blank lines and our own frames."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    kept = [
        line for line in lines if not line.startswith(("running ", "copying ", "creating "))
    ]
    start = _first_error(kept)
    return kept[max(start, len(kept) - _LINES) :] if start is not None else kept[-_LINES:]


def _first_error(lines: list[str]) -> int | None:
    """Where the first compiler error is, if it is near the end."""
    for index, line in enumerate(lines):
        if re.search(r"\berror:|Error\b", line) and len(lines) - index <= _LINES:
            return index
    return None
