"""From candidates without a wheel to wheels: sdists of an index and direct references.

Each source is unpacked, looked at and built once a run; wheels built from what cannot
change (an sdist with a digest, a commit) are kept and found again. Most runs build nothing:
what only building needs is imported when something is built.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.version import InvalidVersion, Version

from dx_py.artifacts.location import make_private
from dx_py.pkg.building.isolation import BuildEnvironment
from dx_py.pkg.errors import MetadataError, UsageError
from dx_py.pkg.install.acquire import Acquirer
from dx_py.pkg.metadata import Metadata, parse_metadata
from dx_py.pkg.names import NormalizedName, normalize
from dx_py.pkg.resolve.candidate import Candidate, DirectSource
from dx_py.pkg.resolve.requirement import Requirement

if TYPE_CHECKING:
    from dx_py.pkg.building.backend import Backend
    from dx_py.pkg.building.direct import Located


@dataclass(slots=True)
class BuildSettings:
    """``environments`` makes a place to build in; ``python`` names the target in cache keys.

    What is built with ``options``, or not as ``usual``, is not kept for others.
    """

    store: Path
    python: str
    environments: Any
    options: Mapping[str, Any] = field(default_factory=dict)
    may_build: bool = True
    usual: bool = True


@dataclass(slots=True, eq=False)
class _Source:
    """An unpacked source tree, and what was learnt of it."""

    folder: Path
    subject: str
    digest: str
    editable: bool
    place: BuildEnvironment | None = None
    backend: Backend | None = None
    metadata: Metadata | None = None
    wheel: Path | None = None


class Builder:
    """Keeps scratch folders until `close`."""

    def __init__(self, settings: BuildSettings, acquirer: Acquirer) -> None:
        self._settings = settings
        self._acquirer = acquirer
        self._scratch: list[Path] = []
        self._located: dict[str, Located] = {}
        self._sources: dict[str, _Source] = {}
        self._candidates: dict[str, Candidate] = {}
        #: URLs of what the user wants in development mode.
        self.editable: set[str] = set()

    def close(self) -> None:
        for folder in self._scratch:
            shutil.rmtree(folder, ignore_errors=True)

    def direct(self, requirement: Requirement) -> Candidate:
        """The one candidate of a direct reference; raises UsageError if it is another's."""
        candidate = self._direct(requirement.url)
        if candidate.name != requirement.name:
            raise UsageError(
                f"{requirement.text} ({requirement.origin}) is {candidate.name!r}, "
                f"not {requirement.name!r}"
            )
        return candidate

    def name_of(self, url: str) -> NormalizedName:
        return self._direct(url).name

    def metadata_of(self, candidate: Candidate) -> Metadata:
        """Of a direct reference or an sdist, by the cheapest way there is."""
        if candidate.direct is not None:
            located = self._located[candidate.direct.path]
            if located.wheel is not None:
                return _wheel_metadata(located.wheel)
        return self._metadata(self._source_of(candidate))

    def build(self, candidate: Candidate) -> Path:
        """The wheel file for a candidate; it stays there until `close`."""
        if candidate.direct is not None:
            located = self._located[candidate.direct.path]
            if located.wheel is not None:
                return located.wheel
        return self._wheel(self._source_of(candidate))

    def tree_of(self, candidate: Candidate) -> dict[str, Any] | None:
        """What `build_tree` needs in another process; None where a wheel is there already."""
        direct = candidate.direct
        if direct is not None and self._located[direct.path].wheel is not None:
            return None
        source = self._source_of(candidate)
        return {
            "folder": str(source.folder),
            "subject": source.subject,
            "digest": source.digest,
            "editable": source.editable,
        }

    def build_tree(self, tree: Mapping[str, Any]) -> Path:
        folder = Path(tree["folder"])
        return self._wheel(_Source(folder, tree["subject"], tree["digest"], tree["editable"]))

    def _direct(self, url: str) -> Candidate:
        known = self._candidates.get(url)
        if known is not None:
            return known
        from dx_py.pkg.building.direct import locate

        editable = url in self.editable
        located = locate(url, self._acquirer.fetcher, self._folder(), editable=editable)
        self._located[url] = located
        if located.wheel is not None:
            name, version = _wheel_identity(located.wheel)
        else:
            assert located.source is not None
            subject = str(located.direct_url["url"])
            source = _Source(located.source, subject, located.digest, editable)
            self._sources[url] = source
            metadata = self._metadata(source)
            name, version = normalize(metadata.name), _version(metadata.version, subject)
        made = Candidate(
            name, NormalizedName(""), version,
            direct=DirectSource(url, located.direct_url, editable),
        )  # fmt: skip
        self._candidates[url] = made
        return made

    def _folder(self) -> Path:
        folder = self._acquirer.wheels.scratch()
        self._scratch.append(folder)
        return folder

    def _source_of(self, candidate: Candidate) -> _Source:
        key = candidate.direct.path if candidate.direct else candidate.best_file.url
        known = self._sources.get(key)
        if known is None:
            from dx_py.pkg.building.source_archive import unpack_source

            entry = candidate.sdist
            assert entry is not None
            folder = self._folder()
            archive = self._acquirer.file_of(entry, folder, candidate.name)
            digest = dict(entry.hashes).get("sha256", "")
            tree = unpack_source(archive, folder / "source")
            subject = f"{candidate.name} {candidate.version}"
            known = self._sources[key] = _Source(tree, subject, digest, editable=False)
        return known

    def _metadata(self, source: _Source) -> Metadata:
        if source.metadata is None:
            source.metadata = _static_metadata(source) or self._built_metadata(source)
        return source.metadata

    def _built_metadata(self, source: _Source) -> Metadata:
        backend = self._backend(source)
        self._require_more(source, backend)
        folder = self._folder() / "metadata"
        folder.mkdir()
        info = backend.metadata(folder, editable=source.editable)
        if info is None:
            return _wheel_metadata(self._wheel(source))
        return parse_metadata((info / "METADATA").read_bytes(), origin=source.subject)

    def _wheel(self, source: _Source) -> Path:
        if source.wheel is None:
            kept = self._kept_folder(source)
            source.wheel = _only_wheel(kept) or self._build(source, kept)
        return source.wheel

    def _build(self, source: _Source, kept: Path | None) -> Path:
        backend = self._backend(source)
        self._require_more(source, backend)
        folder = self._folder() / "wheel"
        folder.mkdir()
        wheel = backend.wheel(folder, editable=source.editable)
        if kept is None:
            return wheel
        make_private(kept)
        shutil.copyfile(wheel, kept / f"{wheel.name}.tmp")
        return (kept / f"{wheel.name}.tmp").rename(kept / wheel.name)

    def _kept_folder(self, source: _Source) -> Path | None:
        """Where wheels of this source and interpreter are kept; None for local folders."""
        if not source.digest or self._settings.options or not self._settings.usual:
            return None
        return self._settings.store / "built" / self._settings.python / source.digest

    def _backend(self, source: _Source) -> Backend:
        if source.backend is not None:
            return source.backend
        if not self._settings.may_build:
            raise MetadataError(f"{source.subject} must be built, and --no-build says not to")
        from dx_py.pkg.building.backend import Backend, read_build_system

        system = read_build_system(source.folder)
        source.place = self._settings.environments.make(self._folder())
        source.place.require(system.requires, source.subject)
        log = self._settings.store / "logs" / f"{_file_name(source.subject)}.log"
        source.backend = Backend(
            source.folder, system, source.place.python, source.subject, log,
            self._settings.options, source.place.path if source.place.isolated else "",
        )  # fmt: skip
        return source.backend

    def _require_more(self, source: _Source, backend: Backend) -> None:
        assert source.place is not None
        if source.place.isolated:
            source.place.require(backend.requires_for(editable=source.editable), source.subject)


def _static_metadata(source: _Source) -> Metadata | None:
    """An sdist's PKG-INFO, where PEP 643 says that a build would not change it."""
    path = source.folder / "PKG-INFO"
    if source.editable or not path.is_file():
        return None
    found = parse_metadata(path.read_bytes(), origin=source.subject)
    form = tuple(int(part) for part in found.metadata_version.split(".") if part.isdigit())
    settled = {"requires-dist", "requires-python", "provides-extra", "version"}
    return found if form >= (2, 2) and not settled & set(found.dynamic) else None


def _wheel_metadata(wheel: Path) -> Metadata:
    from dx_py.pkg.index.remote_wheel import read_from_wheel

    name, _ = _wheel_identity(wheel)
    return parse_metadata(read_from_wheel(str(wheel), name, wheel.name), origin=wheel.name)


def _wheel_identity(wheel: Path) -> tuple[NormalizedName, Version]:
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    try:
        name, version, _, _ = parse_wheel_filename(wheel.name)
    except InvalidWheelFilename as error:
        raise UsageError(f"{wheel.name!r} is no wheel's name: {error}") from None
    return normalize(name), version


def _version(text: str, subject: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        raise MetadataError(f"{subject} has the version {text!r}, which is invalid") from None


def _only_wheel(folder: Path | None) -> Path | None:
    if folder is None:
        return None
    return next(iter(sorted(folder.glob("*.whl"))), None)


def _file_name(subject: str) -> str:
    return "".join(c if c.isalnum() or c in ".-" else "_" for c in subject)[-80:]
