"""``dx-py pip compile``: requirements to pins, in the format of pip-compile and uv.

The whole result is kept (`answers`) and printed again while nothing it came from changed; then
no resolver is even imported, and mostly no Python started.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dx_py.pkg.commands.answers import keep_text, key_of, recall
from dx_py.pkg.commands.options import Arguments

if TYPE_CHECKING:
    from dx_py.pkg.commands.pin_lines import Pin
    from dx_py.pkg.commands.resolution_only import Opened
    from dx_py.pkg.names import NormalizedName
    from dx_py.pkg.requirements_file import RequirementsFile


def compile_requirements(arguments: Arguments) -> int:
    known = recall(arguments)
    if known is not None:
        return known
    sys.stdout.write(_compile(arguments))
    return 0


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def _compile(arguments: Arguments) -> str:
    """Write the output file; what is to be printed."""
    said = _read_inputs(arguments)
    key = key_of(arguments)
    compiled = _everywhere if arguments.flag("universal") else _for_one_environment
    with compiled(arguments, said) as found:
        lines = [*_header(arguments), *_pin_lines(arguments, found)]
    text = "".join(f"{line}\n" for line in lines)
    for warning in found.warnings:
        sys.stderr.write(f"WARNING: {warning}\n")
    output = arguments.text("output-file")
    if output and (not Path(output).exists() or Path(output).read_text() != text):
        _write(Path(output), text)
    shown = "" if output and arguments.flag("quiet") else text
    if not found.warnings and not any(pin.candidate.direct for pin in found.pins):
        place = found.opened
        keep_text(key, shown, _files(arguments), place.environment, place.services)
    return shown


def _files(arguments: Arguments) -> list[str]:
    """All files that the result came from, and the one it went to: its pins are kept."""
    waiting = [*arguments.positional, *arguments.many("constraint")]
    waiting += [*arguments.many("override"), *arguments.values.get("output-file", [])[-1:]]
    found: list[str] = []
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.append(path)
            waiting += _included(Path(path))
    return found


def _included(path: Path) -> list[str]:
    """Files that ``-r`` and ``-c`` lines name."""
    found = []
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    for line in text.splitlines():
        words = line.replace("=", " ", 1).split()
        flags = ("-r", "-c", "--requirement", "--constraint")
        if len(words) > 1 and words[0] in flags:
            found.append(str(path.parent / words[1]))
        elif line.startswith(("-r", "-c")) and len(words) == 1:
            found.append(str(path.parent / line[2:].strip()))
    return found


@dataclass(slots=True)
class _Compiled:
    """Pins in order, and by whom they are needed."""

    opened: Opened
    pins: list[Pin]
    edges: dict[str, tuple[NormalizedName, ...]]
    warnings: list[str]


@contextmanager
def _for_one_environment(arguments: Arguments, said: RequirementsFile) -> Iterator[_Compiled]:
    from dx_py.pkg.commands.pin_lines import Pin
    from dx_py.pkg.commands.preferences import read_preferences
    from dx_py.pkg.commands.resolution_only import resolved

    with resolved(arguments, said, preferences=read_preferences(arguments)) as found:
        resolution = found.resolving.resolution
        pins = [
            Pin(candidate, resolution.extras.get(name, ()))
            for name, candidate in resolution.pins.items()
        ]
        yield _Compiled(found, pins, resolution.edges, found.resolving.warnings)


@contextmanager
def _everywhere(arguments: Arguments, said: RequirementsFile) -> Iterator[_Compiled]:
    from dx_py.pkg.commands import universal
    from dx_py.pkg.commands.preferences import read_preferences
    from dx_py.pkg.commands.resolution_only import environment_to_read, opened

    environment = environment_to_read(arguments)
    oldest = universal.oldest_python(arguments, environment)
    root = universal.everywhere(oldest)
    with opened(arguments, said, environment, root) as found:
        preferences = read_preferences(arguments)
        resolution = universal.resolve_opened(found, root, oldest, preferences)
        pins = universal.pins_of(resolution, root)
        yield _Compiled(found, pins, resolution.edges, [])


def _read_inputs(arguments: Arguments) -> RequirementsFile:
    from dx_py.pkg.commands.project_file import read_project
    from dx_py.pkg.errors import UsageError
    from dx_py.pkg.requirements_file import RequirementsFile, read

    if not arguments.positional:
        raise UsageError("compile needs a file, for instance requirements.in or pyproject.toml")
    said = RequirementsFile()
    for path in arguments.positional:
        if path.endswith(".toml"):
            read_project(Path(path), arguments.many("extra"), said)
        else:
            read(path, said)
    for path in arguments.many("constraint"):
        read(path, said, constraint=True)
    return said


def _header(arguments: Arguments) -> Iterator[str]:
    if not arguments.flag("no-header"):
        yield "# This file was made by DX-Py with the following command:"
        words = " ".join(["dx-py pip compile", *_options(arguments), *arguments.positional])
        output = arguments.text("output-file")
        yield f"#    {words}{f' -o {output}' if output else ''}"
    if arguments.flag("emit-index-url"):
        from dx_py.pkg.index.credentials import redact

        yield f"--index-url {redact(arguments.text('index-url', 'https://pypi.org/simple'))}"


def _options(arguments: Arguments) -> Iterator[str]:
    """Those without which the pins would be others."""
    if arguments.flag("universal"):
        yield "--universal"
    if arguments.text("python-version"):
        yield f"--python-version {arguments.text('python-version')}"


def _pin_lines(arguments: Arguments, found: _Compiled) -> Iterator[str]:
    from dx_py.pkg.commands.pin_lines import LineStyle, origins_of, pin_lines

    style = LineStyle(
        extras=not arguments.flag("strip-extras"),
        hashes=arguments.flag("generate-hashes"),
        annotations=not arguments.flag("no-annotate"),
    )
    origins = origins_of(found.opened.wanted.requirements, found.edges)
    return pin_lines(found.pins, style, found.opened.services.catalog, origins)
