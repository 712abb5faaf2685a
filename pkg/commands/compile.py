"""``dx-py pip compile``: requirements to pins, in the format of pip-compile and uv.

The whole result is kept (`answers`) and printed again while nothing it came from changed; then
no resolver is even imported, and mostly no Python started.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dx_py.pkg.commands.answers import keep_text, key_of, recall
from dx_py.pkg.commands.options import Arguments

if TYPE_CHECKING:
    from packaging.version import Version

    from dx_py.pkg.commands.resolution_only import Resolved
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
    from dx_py.pkg.commands.resolution_only import resolved

    said = _read_inputs(arguments)
    key = key_of(arguments)
    with resolved(arguments, said, preferred=_preferences(arguments)) as found:
        text = "".join(f"{line}\n" for line in _lines(arguments, said, found))
        resolving = found.resolving
    for warning in resolving.warnings:
        sys.stderr.write(f"WARNING: {warning}\n")
    output = arguments.text("output-file")
    if output and (not Path(output).exists() or Path(output).read_text() != text):
        _write(Path(output), text)
    shown = "" if output and arguments.flag("quiet") else text
    if not resolving.warnings and not any(p.direct for p in resolving.resolution.pins.values()):
        keep_text(key, shown, _files(arguments), found.environment, found.services)
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


def _preferences(arguments: Arguments) -> dict[str, Version]:
    """The pins of the output file as it is: they stay unless something speaks against it."""
    output = arguments.text("output-file")
    if not output or arguments.flag("upgrade") or not Path(output).is_file():
        return {}
    from packaging.version import InvalidVersion, Version

    from dx_py.pkg.names import normalize

    renewed = {normalize(name) for name in arguments.many("upgrade-package")}
    found: dict[str, Version] = {}
    for line in Path(output).read_text(encoding="utf-8").splitlines():
        name, pinned, rest = line.partition("==")
        if not pinned or name.startswith((" ", "#")):
            continue
        bare = normalize(name.partition("[")[0].strip())
        try:
            if bare not in renewed:
                found[bare] = Version(rest.split()[0].rstrip("\\").rstrip(";"))
        except (InvalidVersion, IndexError):
            continue
    return found


def _lines(arguments: Arguments, said: RequirementsFile, found: Resolved) -> Iterator[str]:
    if not arguments.flag("no-header"):
        yield "# This file was made by DX-Py with the following command:"
        words = " ".join(["dx-py pip compile", *arguments.positional])
        output = arguments.text("output-file")
        yield f"#    {words}{f' -o {output}' if output else ''}"
    if arguments.flag("emit-index-url"):
        from dx_py.pkg.index.credentials import redact

        yield f"--index-url {redact(arguments.text('index-url', 'https://pypi.org/simple'))}"
    origins = _origins(found)
    extras = found.resolving.resolution.extras
    shows_extras = not arguments.flag("strip-extras")
    for name, pin in found.resolving.resolution.pins.items():
        suffix = f"[{','.join(extras[name])}]" if name in extras and shows_extras else ""
        if pin.direct is not None:
            line = f"{name}{suffix} @ {pin.direct.direct_url['url']}"
        else:
            line = f"{name}{suffix}=={pin.version}"
        hashes = _hashes(arguments, found, name)
        yield " \\\n    ".join([line, *hashes])
        if not arguments.flag("no-annotate"):
            yield from _via(origins.get(name, []))


def _origins(found: Resolved) -> dict[str, list[str]]:
    """Who wants each name: files first, then packages."""
    origins: dict[str, list[str]] = {}
    for requirement in found.wanted.requirements:
        place = requirement.origin.partition(" of ")[2] or requirement.origin
        listed = origins.setdefault(requirement.name, [])
        if f"-r {place}" not in listed:
            listed.append(f"-r {place}")
    for owner, needed in found.resolving.resolution.edges.items():
        for name in needed if owner else ():
            origins.setdefault(name, []).append(owner)
    return origins


def _via(origins: list[str]) -> Iterator[str]:
    if len(origins) == 1:
        yield f"    # via {origins[0]}"
    elif origins:
        yield "    # via"
        yield from (f"    #   {origin}" for origin in origins)


def _hashes(arguments: Arguments, found: Resolved, name: str) -> list[str]:
    """Of every file of the version: another machine may take another one."""
    if not arguments.flag("generate-hashes"):
        return []
    from dx_py.pkg.index.page import split_filename

    pin = next(p for n, p in found.resolving.resolution.pins.items() if n == name)
    hashes = set()
    for entry in found.services.catalog.entries(name) or ():
        split = split_filename(entry.filename, name)
        if split is None or not _same_version(split[0], str(pin.version)):
            continue
        digest = dict(entry.hashes).get("sha256")
        if digest:
            hashes.add(f"--hash=sha256:{digest}")
    return sorted(hashes)


def _same_version(text: str, wanted: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return text == wanted or str(Version(text)) == wanted
    except InvalidVersion:
        return False
