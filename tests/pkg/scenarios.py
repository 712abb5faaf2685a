"""packse's scenarios as indexes of real wheels and sdists."""

from __future__ import annotations

import html
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

from dx_py.pkg.names import normalize


def metadata_of(name: str, version: str, release: dict) -> dict:
    extras = {normalize(extra): needs for extra, needs in release.get("extras", {}).items()}
    return {
        "requires": release.get("requires", []),
        "extras": extras,
        "python": release.get("requires_python", ">=3.12"),
    }


def of_extra(need: str, extra: str) -> str:
    """A requirement with the marker of the extra it belongs to added."""
    bare, _, marker = need.partition(";")
    both = f"({marker.strip()}) and " if marker else ""
    return f"{bare.strip()} ; {both}extra == '{extra}'"


def write_sdist(folder: Path, name: str, version: str, content: dict) -> Path:
    lines = [f"Metadata-Version: 2.2\nName: {name}\nVersion: {version}"]
    lines += [f"Requires-Dist: {each}" for each in content["requires"]]
    for extra, needs in content["extras"].items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f"Requires-Dist: {of_extra(need, extra)}" for need in needs]
    data = "\n".join([*lines, "", ""]).encode()
    stem = f"{name.replace('-', '_')}-{version}"
    path = folder / f"{stem}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo(f"{stem}/PKG-INFO")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return path


def build_index(folder: Path, scenario: dict, wheel: Callable[..., Path]) -> None:
    """A simple index below ``folder``; ``wheel`` writes one and returns its path."""
    for name, package in scenario.get("packages", {}).items():
        links = []
        for version, release in package.get("versions", {}).items():
            content = metadata_of(name, version, release)
            attributes = f' data-requires-python="{html.escape(content["python"])}"'
            if release.get("yanked"):
                attributes += ' data-yanked=""'
            files = []
            if release.get("wheel", True):
                tags = release.get("wheel_tags") or ["py3-none-any"]
                files += [wheel(name, version, **content, tags=tag) for tag in tags]
            if release.get("sdist", True):
                files.append(write_sdist(folder / "links", name, version, content))
            links += [f'<a href="{f.as_uri()}"{attributes}>{f.name}</a>' for f in files]
        page = folder / "simple" / normalize(name) / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text("\n".join(links))
