"""The learned index: pytest's own ids, under everything their collection depended on.

One artifact a command line, read by the launcher (testrun/native) without Python:

    [head, files, folders, variables, deselected, ids]

    head     "inputs:ids:state", the first two as SHA-256
    file     [path, device, inode, size, mtime, ctime, sha256 or ""]; a path alone: not there
    folder   [path, device, inode, mtime, ctime, sha256 of its names]
    variable [name, value or nil]

Stamps are nanoseconds, all 0 where the file is too young for them to be trusted: it is then
compared by content alone.

A collection that may depend on the clock or on chance is only trusted when a second one, of the
same inputs, gave the same ids (state "first", then "final"); if it did not, the state is
"volatile". The launcher answers from "final" only; where the inputs of a volatile index are
unchanged it says so (``UNSTABLE_VARIABLE``), as watching another such collection is of no use.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import time
from typing import Any

import pytest

from .artifact_file import keep_in_cache, seal
from .msgpack_writer import Value, pack
from .recording import Recorder

KIND = "test-index"
SCHEMA = 1
# Younger than this when recorded, a file may change again without its stamps showing it.
YOUNG_NS = 2_000_000_000
# A change within the clock's tick of the start may or may not be what was collected.
TICK_NS = 20_000_000
KEY_VARIABLES = (
    "PYTEST_ADDOPTS",
    "PYTEST_PLUGINS",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD",
    "PYTHONPATH",
)
# Arguments that change neither ids nor their order: whole, and by their beginning.
IGNORED_ARGUMENTS = frozenset(
    [
        "-q",
        "-qq",
        "--quiet",
        "--collect-only",
        "--co",
        "-v",
        "-vv",
        "--verbose",
        "-x",
        "--exitfirst",
        "--static",
    ]
)
IGNORED_BEGINNINGS = (
    "-n",
    "-r",
    "--color=",
    "--dist=",
    "--durations=",
    "--junitxml=",
    "--maxfail=",
    "--numprocesses=",
    "--tb=",
    "--timeout=",
)
# Written by tools while tests run; pytest looks into none of them.
IGNORED_NAMES = frozenset(
    [
        ".coverage",
        ".git",
        ".hypothesis",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        "__pycache__",
    ]
)
# What the head of an index looks like, and within how many bytes it is found.
HEAD = re.compile(rb"[0-9a-f]{64}:[0-9a-f]{64}:(?:first|final|volatile)")
HEAD_BYTES = 256
# Sources of values that differ from run to run.
CHANCE = re.compile(
    rb"\b(?:now|today|utcnow|time_ns|perf_counter|monotonic|time\.time|localtime|gmtime|ctime"
    rb"|random|randint|choice|shuffle|sample|uuid1|uuid4|urandom|secrets|token_hex|getpid"
    rb"|gettempdir|mkdtemp|hash|id)\("
)
# Set by the launcher: the ids differ from run to run.
UNSTABLE_VARIABLE = "DX_TEST_UNSTABLE"
UNSTABLE_PLUGINS = ("randomly", "random_order", "random-order")


class UnrecordableError(Exception):
    """An input changed while it was used, or has no file to compare: nothing is remembered."""


def index_path(arguments: list[str]) -> str:
    """Where the index of this command line, folder and interpreter is kept."""
    key = index_key(arguments)
    return os.path.join(cache_root(), "v1", "tests", key[:2], key[2:])


def index_key(arguments: list[str]) -> str:
    parts = ["dx-test-index", str(SCHEMA), os.getcwd(), sys.executable]
    parts += [f"{name}={os.environ.get(name, '')}" for name in KEY_VARIABLES]
    parts += significant(arguments)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def significant(arguments: list[str]) -> list[str]:
    kept: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "-n":
            next(words, None)
        elif word not in IGNORED_ARGUMENTS and not word.startswith(IGNORED_BEGINNINGS):
            kept.append(word)
    return kept


def cache_root() -> str:
    if os.environ.get("DX_CACHE_DIR"):
        return os.environ["DX_CACHE_DIR"]
    home = os.path.expanduser("~")
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Caches", "dx-py")
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or f"{home}/.cache", "dx-py")


def remember(
    session: pytest.Session, recorder: Recorder, started_ns: int, deselected: int
) -> None:
    """Write the index of a collection, unless the same is there or something forbids it."""
    config = session.config
    if recorder.volatile or session.testsfailed or selects_by_history(config):
        return
    path = index_path([str(word) for word in config.invocation_params.args])
    try:
        content = describe(session, recorder, started_ns, deselected)
        write_index(path, [next_head(path, content), *content])
    except (UnrecordableError, OSError):
        # A cache that cannot be written is no cache; the run itself is complete.
        return


def selects_by_history(config: pytest.Config) -> bool:
    option: Any = config.option
    names = ("lf", "failedfirst", "newfirst", "stepwise", "dx_changed", "dx_changed_first")
    if option.dx_write_run or option.dx_merge:
        # Its command line names files that no other run will name.
        return True
    return any(getattr(option, name, False) for name in names) or any(
        config.pluginmanager.hasplugin(name) for name in UNSTABLE_PLUGINS
    )


def describe(
    session: pytest.Session, recorder: Recorder, started_ns: int, deselected: int
) -> list[Value]:
    """The payload without its head."""
    asked = {path for path in recorder.present if not is_installed(path)}
    files = sorted({*recorder.files, *module_files(), *asked})
    folders = sorted({*recorder.folders, *map(os.path.abspath, sys.path)})
    listed = set(folders)
    absent = sorted(path for path in recorder.absent if os.path.dirname(path) not in listed)
    entries: list[Value] = [file_entry(path, started_ns) for path in files if is_input(path)]
    entries += [[path] for path in absent if is_missing(path)]
    return [
        entries,
        [folder_entry(path, started_ns) for path in folders if is_listed(path)],
        [[name, value] for name, value in recorder.environment()],
        deselected,
        [item.nodeid for item in session.items],
    ]


def module_files() -> list[str]:
    """Sources and libraries of what was imported, the standard library's own left out."""
    found: list[str] = []
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and not module.__name__.startswith("_dx_testrun"):
            found.append(os.path.abspath(path))
    return found


STANDARD_LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
OUR_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep


def is_installed(path: str) -> bool:
    return f"{os.sep}site-packages{os.sep}" in path or f"{os.sep}dist-packages{os.sep}" in path


def is_input(path: str) -> bool:
    if path.endswith(".pyc") or path.startswith(("/proc/", "/dev/", "/sys/", OUR_FOLDER)):
        return False
    if path.startswith(STANDARD_LIBRARY) and not is_installed(path):
        return False
    if not IGNORED_NAMES.isdisjoint(path.split(os.sep)):
        return False
    return os.path.isfile(path)


def is_listed(path: str) -> bool:
    standard = path.startswith(STANDARD_LIBRARY[:-1]) and "-packages" not in path
    return not standard and os.path.isdir(path)


def is_missing(path: str) -> bool:
    return not path.endswith(".pyc") and not os.path.exists(path)


def file_entry(path: str, started_ns: int) -> list[Value]:
    found = os.stat(path)
    newest = max(found.st_mtime_ns, found.st_ctime_ns)
    if newest > started_ns - TICK_NS:
        raise UnrecordableError(path)
    if is_installed(path):
        return [path, *stamps(found, newest), ""]
    with open(path, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    return [path, *stamps(found, newest), digest]


def stamps(found: os.stat_result, newest: int) -> list[Value]:
    young = newest > time.time_ns() - YOUNG_NS
    if young:
        return [0, 0, 0, 0, 0]
    return [found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def folder_entry(path: str, started_ns: int) -> list[Value]:
    found = os.stat(path)
    newest = max(found.st_mtime_ns, found.st_ctime_ns)
    names = sorted(os.fsencode(name) for name in os.listdir(path) if name not in IGNORED_NAMES)
    if newest > started_ns - TICK_NS:
        check_unchanged(path, names, started_ns)
    digest = hashlib.sha256(b"".join(name + b"\0" for name in names)).hexdigest()
    device, inode, _, mtime, ctime = stamps(found, newest)
    return [path, device, inode, mtime, ctime, digest]


def check_unchanged(path: str, names: list[bytes], started_ns: int) -> None:
    """Its own time moved, perhaps for a cache folder; none of what counts may be new."""
    for name in names:
        try:
            entry = os.lstat(os.path.join(os.fsencode(path), name))
        except FileNotFoundError:
            raise UnrecordableError(path) from None
        if entry.st_ctime_ns > started_ns - TICK_NS and not os.path.isdir(
            os.path.join(os.fsencode(path), name)
        ):
            raise UnrecordableError(path)


def next_head(path: str, content: list[Value]) -> str:
    inputs = hashlib.sha256(pack([lasting(part) for part in content[:3]])).hexdigest()
    ids = hashlib.sha256(pack(content[3:])).hexdigest()
    known = known_head(path)
    if known is None or known[0] != inputs:
        state = "first" if depends_on_chance() else "final"
    elif known[1] == ids:
        state = "volatile" if known[2] == "volatile" else "final"
    else:
        state = "volatile"
    return f"{inputs}:{ids}:{state}"


def lasting(entries: Any) -> list[Value]:  # noqa: ANN401
    """Entries without the stamps, which say nothing where a digest does."""
    return [[entry[0], entry[-1]] if entry[-1] else entry for entry in entries]


def known_head(path: str) -> list[str] | None:
    try:
        with open(path, "rb") as file:
            start = file.read(HEAD_BYTES)
    except OSError:
        return None
    found = HEAD.search(start)
    return None if found is None else found.group().decode("ascii").split(":")


def depends_on_chance() -> bool:
    """Whether any module of the project names something whose value differs between runs."""
    for path in module_files():
        if path.endswith(".py") and is_input(path) and not is_installed(path):
            with open(path, "rb") as file:
                if CHANCE.search(file.read()):
                    return True
    return False


def write_index(path: str, payload: list[Value]) -> None:
    keep_in_cache(path, seal(KIND, SCHEMA, payload))
