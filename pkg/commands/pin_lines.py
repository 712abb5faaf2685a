"""Pins as lines of a requirements file, with hashes and with who needs what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from dx_py.pkg.index.catalog import Catalog
from dx_py.pkg.index.page import split_filename
from dx_py.pkg.names import NormalizedName
from dx_py.pkg.resolve.candidate import Candidate
from dx_py.pkg.resolve.requirement import Requirement


@dataclass(frozen=True, slots=True)
class Pin:
    """``marker`` is empty where the pin counts everywhere."""

    candidate: Candidate
    extras: tuple[NormalizedName, ...] = ()
    marker: str = ""


@dataclass(frozen=True, slots=True)
class LineStyle:
    """What lines hold beyond name and version."""

    extras: bool
    hashes: bool
    annotations: bool


def pin_lines(
    pins: Sequence[Pin],
    style: LineStyle,
    catalog: Catalog,
    origins: Mapping[str, Sequence[str]],
) -> Iterator[str]:
    """``catalog`` knows the files of every pin; ``origins`` name those that want it."""
    for pin in pins:
        hashes = _hashes(pin.candidate, catalog) if style.hashes else []
        yield " \\\n    ".join([_pin_text(pin, with_extras=style.extras), *hashes])
        if style.annotations:
            yield from _via(origins.get(pin.candidate.name, []))


def _pin_text(pin: Pin, *, with_extras: bool) -> str:
    candidate = pin.candidate
    extras = f"[{','.join(pin.extras)}]" if pin.extras and with_extras else ""
    marker = f" ; {pin.marker}" if pin.marker else ""
    if candidate.direct is not None:
        return f"{candidate.name}{extras} @ {candidate.direct.direct_url['url']}{marker}"
    return f"{candidate.name}{extras}=={candidate.version}{marker}"


def origins_of(
    requirements: Sequence[Requirement], edges: Mapping[str, Sequence[NormalizedName]]
) -> dict[str, list[str]]:
    """Who wants each name: files first, then packages."""
    origins: dict[str, list[str]] = {}
    for requirement in requirements:
        place = requirement.origin.partition(" of ")[2] or requirement.origin
        listed = origins.setdefault(requirement.name, [])
        if f"-r {place}" not in listed:
            listed.append(f"-r {place}")
    for owner, needed in edges.items():
        for name in needed if owner else ():
            origins.setdefault(name, []).append(owner)
    return origins


def _via(origins: Sequence[str]) -> Iterator[str]:
    if len(origins) == 1:
        yield f"    # via {origins[0]}"
    elif origins:
        yield "    # via"
        yield from (f"    #   {origin}" for origin in origins)


def _hashes(candidate: Candidate, catalog: Catalog) -> list[str]:
    """Of every file of the version: another machine may take another one."""
    hashes = set()
    for entry in catalog.entries(candidate.name) or ():
        split = split_filename(entry.filename, candidate.name)
        if split is None or not _same_version(split[0], str(candidate.version)):
            continue
        digest = dict(entry.hashes).get("sha256")
        if digest:
            hashes.add(f"--hash=sha256:{digest}")
    return sorted(hashes)


def _same_version(text: str, wanted: str) -> bool:
    try:
        return text == wanted or str(Version(text)) == wanted
    except InvalidVersion:
        return False
