"""What to take away for a distribution: its files, their bytecode, folders left empty by it."""

from __future__ import annotations

import os
from pathlib import Path

from dx_py.pkg.errors import EnvironmentProblemError
from dx_py.pkg.installed import InstalledDistribution


def removal_paths(distribution: InstalledDistribution, prefix: Path) -> list[str]:
    """Absolute paths to move away, none inside another; whole folders where all in them goes.

    Nothing outside ``prefix`` and the distribution's own location is named, whatever RECORD
    says. Raises EnvironmentProblemError where it is not known what belongs to it.
    """
    if distribution.info.suffix == ".egg-info" and _is_linked(distribution):
        return _develop_paths(distribution, prefix)
    listed = distribution.files()
    if listed is None:
        listed = _guess(distribution) if distribution.is_whole else []
    location = str(distribution.location)
    owned = {os.path.normpath(os.path.join(location, path)) for path in listed}  # noqa: PTH118
    allowed = (f"{location}{os.sep}", f"{prefix}{os.sep}")
    owned = {path for path in owned if path.startswith(allowed)}
    owned.add(str(distribution.info))
    return _covered(owned, (location, str(prefix)))


def _is_linked(distribution: InstalledDistribution) -> bool:
    """Found through an egg-link: the metadata lies in the source folder, not ours to touch."""
    return not (distribution.location / "__pycache__").exists() and not any(
        part in ("site-packages", "dist-packages") for part in distribution.location.parts
    )


def _guess(distribution: InstalledDistribution) -> list[str]:
    """Old egg-info without a list of files: what its top-level names stand for."""
    if distribution.info.suffix != ".egg-info":
        raise EnvironmentProblemError(
            f"'{distribution.info}' has no RECORD: which files are {distribution.name}'s is "
            "not known",
            hint=f"install it over itself first: dx-py pip install --force-reinstall "
            f"--no-deps {distribution.name}=={distribution.version}",
        )
    found = [distribution.info.name]
    for name in distribution.read("top_level.txt").split():
        for path in (name, f"{name}.py"):
            if (distribution.location / path).exists():
                found.append(path)
    return found


def _develop_paths(distribution: InstalledDistribution, prefix: Path) -> list[str]:
    """``setup.py develop``: the egg-link; `pth_without` sees to its line in the .pth file."""
    links = prefix.rglob(f"site-packages/{distribution.display_name}.egg-link")
    return [str(link) for link in links]


def _covered(owned: set[str], tops: tuple[str, str]) -> list[str]:
    """``tops`` are never taken away themselves; every owned path lies in one of them."""
    children: dict[str, set[str]] = {}
    for path in owned:
        while path not in tops:
            parent, name = os.path.split(path)
            known = children.setdefault(parent, set())
            if name in known:
                break
            known.add(name)
            path = parent
    found: list[str] = []
    for top in dict.fromkeys(tops):
        if top in children:
            _collect(top, children, owned, found, keep=True)
    return sorted(set(found))


def _collect(
    folder: str, children: dict[str, set[str]], owned: set[str], found: list[str], *, keep: bool
) -> bool:
    """Whether all of ``folder`` goes. What goes of it otherwise is added to ``found``."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return False
    mine = children.get(folder, set())
    going: list[str] = []
    whole = not keep
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if entry.name == "__pycache__" and entry.name not in mine:
                going_now, all_of_it = _bytecode(entry.path, mine)
                going += going_now
                whole = whole and all_of_it
            elif entry.path in owned or (
                entry.path in children
                and _collect(entry.path, children, owned, going, keep=False)
            ):
                going.append(entry.path)
            else:
                whole = False
        elif entry.name in mine:
            going.append(entry.path)
        else:
            whole = False
    if not whole:
        found += going
    return whole


def _bytecode(cache: str, mine: set[str]) -> tuple[list[str], bool]:
    """The compiled files of our modules, or the whole folder if there are no others."""
    stems = {name[:-3] for name in mine if name.endswith(".py")}
    names = sorted(entry.name for entry in os.scandir(cache))
    ours = [name for name in names if name.partition(".")[0] in stems]
    if len(ours) == len(names):
        return [cache], True
    return [f"{cache}{os.sep}{name}" for name in ours], False


def pth_without(pth: Path, source: str) -> bytes | None:
    """The content of easy-install.pth without the line of ``source``; None if it has none."""
    try:
        lines = pth.read_bytes().splitlines(keepends=True)
    except OSError:
        return None
    wanted = os.fsencode(source)
    kept = [line for line in lines if line.strip() != wanted]
    return b"".join(kept) if len(kept) != len(lines) else None
