"""Execute a plan: make its folders, link its files. In Python, for any system and mode."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from dx_py.pkg.errors import EnvironmentProblemError
from dx_py.pkg.install.plan import Plan

#: Errors after which a hard link will not work between these two places at all.
_NO_LINKS = frozenset((errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EACCES, errno.EMLINK))


def execute(plan: Plan, tree: Path, roots: dict[str, Path], *, link_mode: str) -> None:
    """Everything of ``plan`` that is linked goes below ``roots`` of its scheme.

    Of two files with one name the later wins, as with every installer. ``auto`` is hard
    links, or copies where the file system has none.
    """
    transfer = _TRANSFERS[_automatic() if link_mode == "auto" else link_mode]
    texts = {scheme: str(root) for scheme, root in roots.items()}
    for root in dict.fromkeys(texts[group.scheme] for group in plan.groups):
        os.makedirs(root, exist_ok=True)  # noqa: PTH103
    for scheme, folder in plan.folders:
        with suppress(FileExistsError):
            os.mkdir(f"{texts[scheme]}/{folder}")  # noqa: PTH102
    base = str(tree)
    for group in plan.groups:
        source = f"{base}/{group.source}" if group.source else base
        target = texts[group.scheme]
        if group.folder:
            target = f"{target}/{group.folder}"
        for name in group.names:
            try:
                transfer(f"{source}/{name}", f"{target}/{name}")
            except FileExistsError:
                os.unlink(f"{target}/{name}")  # noqa: PTH108
                transfer(f"{source}/{name}", f"{target}/{name}")
            except OSError as error:
                if link_mode == "auto" and error.errno in _NO_LINKS:
                    _copy(f"{source}/{name}", f"{target}/{name}")
                    transfer = _copy
                else:
                    raise _cannot(link_mode, f"{target}/{name}", error) from None


def _automatic() -> str:
    return "copy" if os.environ.get("DX_PORTABLE") == "1" else "hardlink"


def _cannot(mode: str, path: str, error: OSError) -> EnvironmentProblemError:
    return EnvironmentProblemError(
        f"cannot write '{path}' ({mode}): {error.strerror}",
        hint="try --link-mode copy" if error.errno in _NO_LINKS else "",
    )


def _copy(source: str, target: str) -> None:
    with open(source, "rb") as file, open(target, "xb") as sink:  # noqa: PTH123
        shutil.copyfileobj(file, sink)
    shutil.copystat(source, target)


def _clone(source: str, target: str) -> None:
    """A copy-on-write copy (FICLONE), where the file system has them."""
    import fcntl

    with open(source, "rb") as file, open(target, "xb") as sink:  # noqa: PTH123
        fcntl.ioctl(sink.fileno(), 0x40049409, file.fileno())
    shutil.copystat(source, target)


_TRANSFERS: dict[str, Callable[[str, str], None]] = {
    "hardlink": os.link,
    "clone": _clone,
    "copy": _copy,
    "symlink": os.symlink,
}
