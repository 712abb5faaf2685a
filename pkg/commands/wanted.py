"""What the user asks for: arguments, files and groups to requirements with their origin."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dx_py.pkg.commands.options import Arguments
from dx_py.pkg.errors import UsageError
from dx_py.pkg.index.links import location_url
from dx_py.pkg.names import NormalizedName, normalize
from dx_py.pkg.requirements_file import Line, RequirementsFile, read
from dx_py.pkg.resolve.conditions import NEVER
from dx_py.pkg.resolve.requirement import Requirement, from_user, split
from dx_py.pkg.resolve.target import Target

if TYPE_CHECKING:
    from dx_py.pkg.building.builder import Builder

_ARCHIVES = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".tar.xz", ".tgz", ".tar")


@dataclass(slots=True)
class Wanted:
    """``requirements`` that apply, one a package or extra; ``names`` the user wrote himself.

    ``hashes`` maps a name to algorithm to allowed digests.
    """

    requirements: list[Requirement] = field(default_factory=list)
    constraints: dict[str, list[Requirement]] = field(default_factory=dict)
    overrides: dict[str, list[Requirement]] = field(default_factory=dict)
    hashes: dict[NormalizedName, dict[str, frozenset[str]]] = field(default_factory=dict)

    @property
    def names(self) -> set[NormalizedName]:
        return {requirement.name for requirement in self.requirements}


def read_files(arguments: Arguments) -> RequirementsFile:
    said = RequirementsFile()
    for path in arguments.many("requirement"):
        read(path, said)
    for path in arguments.many("constraint"):
        read(path, said, constraint=True)
    for text in arguments.positional:
        said.requirements.append(Line(text, "the command line", folder=Path()))
    for path in arguments.many("editable"):
        said.requirements.append(Line(path, "the command line", editable=True, folder=Path()))
    for group in arguments.many("group"):
        said.requirements += _group(group)
    for path in arguments.many("requirements-from-script"):
        said.requirements += _script(path)
    return said


def hashes_are_required(arguments: Arguments, said: RequirementsFile, wanted: Wanted) -> bool:
    """One hash demands them of all, unless that is taken back."""
    if arguments.flag("require-hashes") or "require-hashes" in said.flags:
        return True
    return bool(wanted.hashes) and not arguments.flag("no-require-hashes")


def collect(
    arguments: Arguments, said: RequirementsFile, target: Target, builder: Builder
) -> Wanted:
    """Raises UsageError for what is no requirement, with its place."""
    wanted = Wanted()
    for line in said.requirements:
        text = _located(line, builder) if is_location(line) else line.text
        parsed = from_user(text, line.origin)
        condition = target.condition(parsed)
        if condition is NEVER:
            continue
        shown = "" if text != line.text else line.text
        found = split(parsed, text=shown, origin=line.origin, condition=condition)
        wanted.requirements += found
        _add_hashes(wanted, found[0].name, line)
    for line in said.constraints:
        _add_constraint(wanted.constraints, line, target)
    for path in arguments.many("override"):
        overriding = RequirementsFile()
        read(path, overriding)
        for line in overriding.requirements:
            _add_constraint(wanted.overrides, line, target)
    return wanted


def _located(line: Line, builder: Builder) -> str:
    """``./folder[extra] ; marker`` as ``name[extra] @ file:///... ; marker``."""
    location, semicolon, marker = line.text.partition(" ;")
    location, extras = _split_extras(location.strip())
    url = location_url(location, line.folder)
    if line.editable:
        builder.editable.add(url)
    name = builder.name_of(url)
    return f"{name}{extras} @ {url}{semicolon}{marker}"


def _split_extras(location: str) -> tuple[str, str]:
    if location.endswith("]") and "[" in location:
        bare, _, extras = location.rpartition("[")
        return bare, f"[{extras}"
    return location, ""


def is_location(line: Line) -> bool:
    """Whether a line is a path or a URL rather than a name."""
    text = line.text
    head = text.partition(";")[0].strip()
    if line.editable or head.startswith(
        (".", "/", "~", "file:", "http://", "https://", "git+")
    ):
        return True
    if "://" in head.partition("@")[0] or (" @ " in head):
        return "://" in head.partition("@")[0]
    bare = head.partition("[")[0]
    if bare.endswith(_ARCHIVES) and (line.folder / bare).is_file():
        return True
    return ("/" in bare or "\\" in bare) and (line.folder / bare).exists()


def _add_hashes(wanted: Wanted, name: NormalizedName, line: Line) -> None:
    by_algorithm: dict[str, set[str]] = {}
    for algorithm, value in line.hashes:
        if algorithm not in ("sha256", "sha384", "sha512"):
            raise UsageError(
                f"{line.origin}: a hash by {algorithm!r}; sha256, sha384 or sha512 is needed"
            )
        by_algorithm.setdefault(algorithm, set()).add(value)
    if by_algorithm:
        wanted.hashes[name] = {a: frozenset(values) for a, values in by_algorithm.items()}


def _add_constraint(into: dict[str, list[Requirement]], line: Line, target: Target) -> None:
    parsed = from_user(line.text, line.origin)
    if parsed.extras:
        raise UsageError(f"{line.origin}: {line.text!r}: a constraint has no extras")
    condition = target.condition(parsed)
    if condition is not NEVER:
        into.setdefault(normalize(parsed.name), []).extend(
            split(parsed, text=line.text, origin=line.origin, condition=condition)
        )


def _group(text: str) -> list[Line]:
    """``[PATH:]NAME`` of ``[dependency-groups]`` (PEP 735)."""
    import tomllib

    from packaging.dependency_groups import resolve_dependency_groups

    path_text, colon, name = text.rpartition(":")
    path = Path(path_text) if colon else Path("pyproject.toml")
    try:
        groups = tomllib.loads(path.read_text(encoding="utf-8")).get("dependency-groups", {})
        found = resolve_dependency_groups(groups, name)
    except OSError as error:
        raise UsageError(f"--group {text}: cannot read '{path}': {error.strerror}") from None
    except (tomllib.TOMLDecodeError, LookupError, ValueError, TypeError) as error:
        raise UsageError(f"--group {text}: {error}") from None
    return [Line(each, f"group {name} of {path}", folder=path.parent) for each in found]


def _script(location: str) -> list[Line]:
    """``dependencies`` of a script's ``# /// script`` block (PEP 723)."""
    import re
    import tomllib

    path = Path(location)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the script '{path}': {error}") from None
    blocks = re.findall(r"(?m)^# /// script\s*\n((?:#(?: .*)?\n)+?)# ///\s*$", text)
    if len(blocks) != 1:
        raise UsageError(f"'{path}' has {len(blocks)} '# /// script' blocks; one is needed")
    content = [line[1:].removeprefix(" ") for line in blocks[0].splitlines()]
    try:
        found = tomllib.loads("\n".join(content)).get("dependencies", [])
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"the script block of '{path}': {error}") from None
    return [Line(str(each), f"the script {path}", folder=path.parent) for each in found]
