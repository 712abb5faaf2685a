"""Where the package manager keeps things below the store's root, and how it writes there."""

from __future__ import annotations

from pathlib import Path

from dx_py.artifacts.atomic_file import write_atomically
from dx_py.artifacts.configuration import default_root
from dx_py.artifacts.location import check_trusted, make_private

_LAYOUT = "v1"


def pkg_store(root: Path | None = None) -> Path:
    """``<store>/v1/pkg``, private to the user.

    Raises UntrustedFolder where somebody else could change what is installed from it.
    """
    folder = (root or default_root()) / _LAYOUT / "pkg"
    check_trusted(folder)
    make_private(folder)
    return folder


def spread(folder: str, name: str) -> Path:
    """Where ``name``, a digest, lies in a folder of many: below its first two digits."""
    return Path(f"{folder}/{name[:2]}/{name[2:]}")


def save(path: Path, data: bytes, *, store: Path) -> None:
    """``path`` holds the old bytes or ``data``, at any moment, for every reader."""
    write_atomically(path, data, scratch=store / "tmp")
