"""requirements.txt: lines to requirements, constraints and options, each with its place."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dx_py.pkg.errors import UsageError

_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_COMMENT = re.compile(r"(^|\s+)#.*$")
_HASH = re.compile(r"\s--hash(?:=|\s+)([a-z0-9_]+):([0-9a-fA-F]+)")
_CONFIG = re.compile(r"\s(?:--config-settings?|-C)(?:=|\s+)(\"[^\"]*\"|'[^']*'|\S+)")
#: Options a file may hold: name to the list it adds to; None for flags.
_LISTS = {
    "-i": "index-url", "--index-url": "index-url", "--pypi-url": "index-url",
    "--extra-index-url": "extra-index-url",
    "-f": "find-links", "--find-links": "find-links",
    "--trusted-host": "trusted-host",
    "--no-binary": "no-binary", "--only-binary": "only-binary",
    "--use-feature": "use-feature",
}  # fmt: skip
_FLAGS = ("--no-index", "--pre", "--prefer-binary", "--require-hashes")


@dataclass(frozen=True, slots=True)
class Line:
    """One requirement as written. ``hashes`` by algorithm; ``origin`` names its place.

    ``folder`` is what a relative path is relative to.
    """

    text: str
    origin: str
    editable: bool = False
    hashes: tuple[tuple[str, str], ...] = ()
    folder: Path = Path()


@dataclass(slots=True)
class RequirementsFile:
    """What one or more files say, in order. ``options`` and ``flags`` by pip's names."""

    requirements: list[Line] = field(default_factory=list)
    constraints: list[Line] = field(default_factory=list)
    options: dict[str, list[str]] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)


def read(location: str, into: RequirementsFile, *, constraint: bool = False) -> None:
    """Add what the file, and the files it names, say. Raises UsageError with the place."""
    _read(location, into, constraint, ())


def _read(
    location: str, into: RequirementsFile, constraint: bool, outer: tuple[str, ...]
) -> None:
    if location in outer:
        chain = " -> ".join((*outer, location))
        raise UsageError(f"requirements files name each other: {chain}")
    text, folder = _load(location)
    for number, line in _logical_lines(text):
        place = f"line {number} of {location}"
        _read_line(line, place, folder, into, constraint, (*outer, location))


def _load(location: str) -> tuple[str, Path]:
    if location == "-":
        import sys

        return sys.stdin.read(), Path.cwd()
    if location.startswith(("http://", "https://")):
        raise UsageError(
            f"{location}: requirements are read from files only",
            hint="fetch it first, and look at what it says",
        )
    path = Path(location)
    try:
        return path.read_text(encoding="utf-8-sig"), path.parent
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"cannot read the requirements file '{location}': {reason}") from None


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Continued lines joined, comments gone, variables replaced; numbers of first lines."""
    parts: list[str] = []
    start = 0
    for number, raw in enumerate(text.splitlines(), 1):
        if not parts:
            start = number
        if raw.endswith("\\") and not raw.lstrip().startswith("#"):
            parts.append(raw[:-1])
            continue
        joined = _COMMENT.sub("", "".join([*parts, raw])).strip()
        parts = []
        if joined:
            yield start, _VARIABLE.sub(_value_of_variable, joined)
    if parts:
        yield start, _COMMENT.sub("", "".join(parts)).strip()


def _value_of_variable(match: re.Match[str]) -> str:
    return os.environ.get(match[1]) or match[0]


def _read_line(
    line: str,
    place: str,
    folder: Path,
    into: RequirementsFile,
    constraint: bool,
    outer: tuple[str, ...],
) -> None:
    if not line.startswith("-"):
        target = into.constraints if constraint else into.requirements
        target.append(_requirement(line, place, folder, editable=False))
        return
    flag, value = _split_option(line)
    if flag in ("-r", "--requirement", "-c", "--constraint"):
        nested = value if _is_absolute(value) else str(folder / value)
        _read(nested, into, constraint or flag in ("-c", "--constraint"), outer)
    elif flag in ("-e", "--editable"):
        into.requirements.append(_requirement(value, place, folder, editable=True))
    elif flag in _LISTS:
        name = _LISTS[flag]
        if name == "find-links" and not _is_absolute(value) and (folder / value).exists():
            value = str(folder / value)
        into.options.setdefault(name, []).append(value)
    elif flag in _FLAGS:
        into.flags.add(flag.lstrip("-"))
    else:
        raise UsageError(f"{place}: {flag!r} is no option of a requirements file")


def _split_option(line: str) -> tuple[str, str]:
    first, _, rest = line.partition(" ")
    flag, equals, value = first.partition("=")
    if equals and flag.startswith("--"):
        return flag, f"{value} {rest}".strip()
    if not flag.startswith("--") and len(first) > 2:
        return first[:2], f"{first[2:]} {rest}".strip()
    return first, rest.strip()


def _is_absolute(location: str) -> bool:
    return "://" in location or Path(location).is_absolute()


def _requirement(text: str, place: str, folder: Path, *, editable: bool) -> Line:
    padded = f" {text}"
    hashes = tuple((name, value.lower()) for name, value in _HASH.findall(padded))
    bare = _CONFIG.sub("", _HASH.sub("", padded)).strip()
    if " --" in bare:
        option = bare.partition(" --")[2].split()[0]
        raise UsageError(f"{place}: '--{option}' is no option of a requirement")
    return Line(bare, place, editable, hashes, folder)
