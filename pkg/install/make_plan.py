"""An unpacked wheel to the plan of its installation."""

from __future__ import annotations

import configparser
import csv
import os
from collections.abc import Iterator
from pathlib import Path

from dx_py.pkg.errors import HostileArchiveError, MetadataError
from dx_py.pkg.install.plan import EntryPoint, LinkGroup, Plan, hash_of, record_line
from dx_py.pkg.install.wheel_archive import check_path

_SCHEMES = ("purelib", "platlib", "headers", "scripts", "data")
_PYTHON_SHEBANG = b"#!python"


def make_plan(tree: Path, info: str) -> Plan:
    """The plan for an unpacked wheel; raises MetadataError for one that says nonsense."""
    root = _root_scheme(tree / info / "WHEEL")
    hashes = _record_hashes(tree / info / "RECORD")
    data = info.removesuffix(".dist-info") + ".data"
    folders: dict[tuple[str, str], None] = {}
    groups: list[LinkGroup] = []
    scripts: list[tuple[str, str]] = []
    record: list[str] = []
    outside: list[tuple[str, str, str, str]] = []
    for source, names in _walk(tree):
        scheme, folder = _destination(source, data, root)
        linked = _without_generated(names) if source == info else names
        if scheme == "scripts":
            rewritten = [name for name in linked if _is_python_script(tree / source / name)]
            scripts += [(f"{source}/{name}", name) for name in rewritten]
            linked = [name for name in linked if name not in rewritten]
        if not linked:
            continue
        _add_folders(folders, scheme, folder)
        groups.append(LinkGroup(scheme, source, folder, tuple(linked)))
        rows = [_record_row(tree, source, folder, name, hashes) for name in linked]
        if scheme == root:
            record += [record_line(*row) for row in rows]
        else:
            outside += [(scheme, *row) for row in rows]
    return Plan(
        root, info, tuple(folders), tuple(groups), tuple(scripts),
        tuple(_entry_points(tree / info / "entry_points.txt")),
        tuple(sorted(record, key=os.fsencode)), tuple(outside),
    )  # fmt: skip


def _walk(tree: Path) -> Iterator[tuple[str, list[str]]]:
    """Folders relative to ``tree`` with their files, in a fixed order, parents first."""
    for folder, subfolders, names in os.walk(tree):
        subfolders.sort()
        if names:
            relative = os.path.relpath(folder, tree)
            yield ("" if relative == "." else relative.replace(os.sep, "/")), sorted(names)


def _without_generated(names: list[str]) -> list[str]:
    """What the installer writes itself."""
    own = ("RECORD", "RECORD.jws", "RECORD.p7s", "INSTALLER", "REQUESTED", "direct_url.json")
    return [name for name in names if name not in own]


def _destination(source: str, data: str, root: str) -> tuple[str, str]:
    head, _, rest = source.partition("/")
    if head != data:
        return root, source
    scheme, _, folder = rest.partition("/")
    if scheme not in _SCHEMES:
        raise MetadataError(
            f"{data} holds the folder {scheme!r}; known are {', '.join(_SCHEMES)}"
        )
    return scheme, folder


def _add_folders(folders: dict[tuple[str, str], None], scheme: str, folder: str) -> None:
    parts = folder.split("/") if folder else []
    for length in range(1, len(parts) + 1):
        folders[scheme, "/".join(parts[:length])] = None


def _root_scheme(wheel: Path) -> str:
    from dx_py.pkg.metadata import parse_metadata

    try:
        fields = parse_metadata(wheel.read_bytes()).fields
    except OSError:
        raise MetadataError(f"'{wheel.parent.name}' has no WHEEL file") from None
    version = fields.get("wheel-version", [""])[0]
    if version.split(".")[0] != "1":
        raise MetadataError(
            f"'{wheel.parent.name}' is of wheel format {version!r}; version 1 is understood"
        )
    pure = fields.get("root-is-purelib", ["false"])[0].lower()
    return "purelib" if pure == "true" else "platlib"


def _record_hashes(record: Path) -> dict[str, tuple[str, str]]:
    text = record.read_text(encoding="utf-8", errors="surrogateescape")
    rows = [[*row, "", ""] for row in csv.reader(text.splitlines()) if row]
    return {row[0]: (row[1], row[2]) for row in rows}


def _record_row(
    tree: Path, source: str, folder: str, name: str, hashes: dict[str, tuple[str, str]]
) -> tuple[str, str, str]:
    original = f"{source}/{name}" if source else name
    path = f"{folder}/{name}" if folder else name
    digest, size = hashes.get(original, ("", ""))
    if not digest or not size:
        digest, size = hash_of((tree / original).read_bytes())
    return path, digest, size


def _is_python_script(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_PYTHON_SHEBANG)) == _PYTHON_SHEBANG


def _entry_points(path: Path) -> list[EntryPoint]:
    if not path.is_file():
        return []
    parser = configparser.RawConfigParser(delimiters=("=",), strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (configparser.Error, UnicodeDecodeError):
        raise MetadataError(f"'{path.parent.name}/entry_points.txt' cannot be read") from None
    found = []
    for section, gui in (("console_scripts", False), ("gui_scripts", True)):
        for name, value in parser.items(section) if parser.has_section(section) else ():
            _check_entry_point(name, value, path.parent.name)
            found.append(EntryPoint(name, value.partition("[")[0].strip(), gui))
    return found


def _check_entry_point(name: str, value: str, origin: str) -> None:
    check_path(name, origin)
    module, colon, attribute = value.partition("[")[0].strip().partition(":")
    words = [*module.strip().split("."), *attribute.strip().split(".")]
    if not colon or not all(word.isidentifier() for word in words) or "/" in name:
        raise HostileArchiveError(
            f"'{origin}' declares the script {name!r} = {value!r}; MODULE:FUNCTION is needed"
        )
