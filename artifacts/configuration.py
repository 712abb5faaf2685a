"""What the environment says about the store: ``DX_CACHE_DIR`` and ``DX_CACHE_SIZE``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from dx_py.artifacts.errors import DxError
from dx_py.artifacts.store import DEFAULT_LIMIT, ArtifactStore, Report, report_to_stderr

_UNITS: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def open_default(*, report: Report = report_to_stderr) -> ArtifactStore:
    """The user's store; a size that cannot be read is reported and the usual one taken."""
    try:
        limit = configured_limit()
    except DxError as error:
        report(f"DX_CACHE_SIZE: {error}")
        limit = DEFAULT_LIMIT
    return ArtifactStore(default_root(), limit=limit, report=report)


def default_root() -> Path:
    """``$DX_CACHE_DIR``, else ``dx-py`` in the platform's folder for caches.

    Raises DxError for a user who has neither.
    """
    if chosen := os.environ.get("DX_CACHE_DIR"):
        return Path(chosen).absolute()
    try:
        return _user_caches() / "dx-py"
    except RuntimeError:
        raise DxError("no home folder: set DX_CACHE_DIR to a folder for the store") from None


def _user_caches() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification says to ignore a relative path.
    return Path(chosen) if chosen.startswith("/") else Path.home() / ".cache"


def limit_from(text: str) -> int:
    """``2G`` in bytes; raises DxError for what is no size."""
    number, suffix = text[:-1], text[-1:].upper()
    if suffix.isdigit():
        number, suffix = text, ""
    if not number.isdigit() or suffix not in _UNITS:
        raise DxError(f"'{text}' is no size: write a number of bytes, or 500M, or 4G")
    return int(number) * _UNITS[suffix]


def configured_limit() -> int:
    chosen = os.environ.get("DX_CACHE_SIZE")
    return limit_from(chosen) if chosen else DEFAULT_LIMIT
