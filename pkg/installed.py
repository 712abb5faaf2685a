"""Distributions that are there: ``.dist-info`` and ``.egg-info`` on the searched folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dx_py.pkg.metadata import Metadata, parse_metadata
from dx_py.pkg.names import NormalizedName, normalize

_SUFFIXES = (".dist-info", ".egg-info", ".egg-link")


@dataclass(slots=True)
class InstalledDistribution:
    """``info`` is the metadata folder (or file, for old egg-info); ``location`` holds it."""

    name: NormalizedName
    version: str
    info: Path
    _metadata: Metadata | None = field(default=None, repr=False)

    @property
    def location(self) -> Path:
        return self.info.parent

    @property
    def metadata(self) -> Metadata:
        if self._metadata is None:
            self._metadata = self._read_metadata()
        return self._metadata

    @property
    def display_name(self) -> str:
        return self.metadata.name or self.name

    def read(self, name: str) -> str:
        """A file of the metadata folder, or the empty string."""
        try:
            return (self.info / name).read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return ""

    @property
    def is_whole(self) -> bool:
        """Whether what an installer leaves is still there, and is about this distribution."""
        if self.info.suffix != ".dist-info":
            return True
        if not self.read("METADATA") or not self._is_own_record(self.read("RECORD")):
            return False
        found = self.metadata
        return normalize(found.name) == self.name and found.version == self.version

    def _is_own_record(self, record: str) -> bool:
        """A RECORD that does not list its own folder came here from another distribution."""
        return f"{self.info.name}/" in record

    @property
    def is_requested(self) -> bool:
        return (self.info / "REQUESTED").exists()

    @property
    def direct_url(self) -> dict[str, object] | None:
        import json

        text = self.read("direct_url.json")
        try:
            found = json.loads(text) if text else None
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    @property
    def editable_location(self) -> str:
        """The source folder of an editable install, or the empty string."""
        direct = self.direct_url
        if direct is not None:
            details = direct.get("dir_info")
            if isinstance(details, dict) and details.get("editable"):
                from dx_py.pkg.index.links import local_path

                return str(local_path(str(direct["url"])) or "")
            return ""
        link = self.location / f"{self.display_name}.egg-link"
        return link.read_text().splitlines()[0] if link.is_file() else ""

    def files(self) -> list[str] | None:
        """What RECORD (or its forerunner) lists, relative to ``location``; None if absent."""
        import csv

        record = self.read("RECORD")
        if self._is_own_record(record):
            return [row[0] for row in csv.reader(record.splitlines()) if row and row[0]]
        listed = self.read("installed-files.txt")
        if listed:
            base = self.info.name
            return [os.path.normpath(f"{base}/{line}") for line in listed.splitlines() if line]
        return None

    def _read_metadata(self) -> Metadata:
        for name in ("METADATA", "PKG-INFO"):
            text = self.read(name)
            if text:
                return parse_metadata(text.encode("utf-8", "surrogateescape"))
        if self.info.is_file():
            return parse_metadata(self.info.read_bytes())
        return Metadata(name=self.name, version=self.version)


def scan(folders: Iterable[Path]) -> dict[str, InstalledDistribution]:
    found: dict[str, InstalledDistribution] = {}
    for folder in folders:
        for distribution in _scan_folder(folder):
            found.setdefault(distribution.name, distribution)
    return found


def _scan_folder(folder: Path) -> Iterator[InstalledDistribution]:
    try:
        names = sorted(entry.name for entry in os.scandir(folder))
    except OSError:
        return
    for entry in names:
        stem, dot, kind = entry.rpartition(".")
        suffix = dot + kind
        if suffix not in _SUFFIXES or entry.startswith("~"):
            continue
        if suffix == ".egg-link":
            linked = _follow_egg_link(folder / entry)
            if linked is not None:
                yield linked
        else:
            made = _from_entry(folder / entry, stem)
            if made is not None:
                yield made


def _from_entry(info: Path, stem: str) -> InstalledDistribution | None:
    name, hyphen, rest = stem.partition("-")
    version = rest.partition("-")[0]
    if hyphen and version[:1].isdigit():
        return InstalledDistribution(normalize(name), version, info)
    made = InstalledDistribution(normalize(name), "", info)
    metadata = made.metadata
    if not metadata.version:
        return None  # half-deleted: no metadata left to go by
    made.name, made.version = normalize(metadata.name), metadata.version
    return made


def _follow_egg_link(link: Path) -> InstalledDistribution | None:
    """``setup.py develop`` leaves the metadata in the source folder."""
    lines = link.read_text(encoding="utf-8").splitlines()
    source = Path(lines[0]) if lines else None
    if source is None or not source.is_dir():
        return None
    for info in sorted(source.glob("*.egg-info")):
        made = InstalledDistribution(normalize(link.stem), "", info)
        made.version = made.metadata.version
        return made
    return None
