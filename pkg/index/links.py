"""Files on this machine as an index: ``--find-links`` folders and ``file://`` indexes."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from dx_py.pkg.errors import UsageError
from dx_py.pkg.index.page import FileEntry, split_filename
from dx_py.pkg.names import normalize


def local_path(location: str) -> Path | None:
    """The path that ``location`` (path or ``file:`` URL) names; None for a remote one."""
    if location.startswith("file:"):
        return Path(url2pathname(unquote(urlsplit(location).path)))
    if "://" in location:
        return None
    return Path(location).expanduser()


def file_url(path: Path) -> str:
    return path.absolute().as_uri()


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
