"""What back ends leave in a source tree although nobody needs it afterwards.

setuptools writes ``*.egg-info`` and ``build``, pdm-backend ``.pdm-build``; a later build would
even ship what lies in ``build``. Only what was not there before goes.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def tidied(source: Path, *, editable: bool) -> Iterator[None]:
    """Back ends with compiled modules keep them in ``build`` for an editable install."""
    before = _leftovers(source, editable=editable)
    try:
        yield
    finally:
        for path in _leftovers(source, editable=editable) - before:
            shutil.rmtree(path, ignore_errors=True)


def _leftovers(source: Path, *, editable: bool) -> set[Path]:
    patterns = ["*.egg-info", "*/*.egg-info", ".pdm-build"]
    if not editable:
        patterns.append("build")
    return {path for pattern in patterns for path in source.glob(pattern) if path.is_dir()}
