"""Files on this machine as an index: ``--find-links`` folders and ``file://`` indexes."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from dx_py.pkg.errors import UsageError
from dx_py.pkg.index.page import FileEntry, split_filename
from dx_py.pkg.names import normalize


def local_path(location: str) -> Path | None:
    """The path that ``location`` (path or ``file:`` URL) names; None for a remote one."""
    if location.startswith("file:"):
        return Path(_path_of_url(urlsplit(location).path))
    if "://" in location:
        return None
    return Path(location).expanduser()


def _path_of_url(path: str) -> str:
    if os.name != "nt":
        return unquote(path)
    from urllib.request import url2pathname

    return url2pathname(unquote(path))


def file_url(path: Path) -> str:
    return path.absolute().as_uri()


def location_url(text: str, folder: Path) -> str:
    """A path (relative to ``folder``) or URL as the user wrote it, as a URL without extras."""
    if "://" in text or text.startswith("git+"):
        return text
    bare = text.removeprefix("file:")
    path = Path(bare).expanduser()
    absolute = path if path.is_absolute() else folder.absolute() / path
    resolved = Path(absolute).resolve() if absolute.exists() else absolute
    if not resolved.exists():
        raise UsageError(
            f"{text!r}: there is no such file or folder", hint="is the path relative to here?"
        )
    return file_url(resolved)


class LinksFolder:
    """A folder of wheels and sdists, listed once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: list[str] | None = None

    def entries(self, project: str) -> list[FileEntry]:
        """The files whose name may be ``project``'s, best guess by file name."""
        return [
            FileEntry(name, file_url(self._folder / name), size=self._size(name))
            for name in self._listing()
            if _belongs(name, project)
        ]

    def _listing(self) -> list[str]:
        if self._files is None:
            try:
                self._files = sorted(path.name for path in self._folder.iterdir())
            except OSError:
                raise UsageError(
                    f"--find-links names {str(self._folder)!r}, which is no folder",
                    hint="give a folder with wheels or sdists, or the URL of a page with links",
                ) from None
        return self._files

    def _size(self, name: str) -> int:
        return (self._folder / name).stat().st_size


def _belongs(filename: str, project: str) -> bool:
    first = filename.partition("-")[0]
    if filename.endswith(".whl"):
        return normalize(first) == project
    return split_filename(filename, project) is not None


def read_local_page(index: Path, project: str) -> list[FileEntry] | None:
    """``<index>/<project>/index.html`` as entries, or None where there is none."""
    page = index / project / "index.html"
    try:
        body = page.read_bytes()
    except OSError:
        return None
    from dx_py.pkg.index.simple_api import parse_html

    return parse_html(body, file_url(page))
