"""Answers kept for the next time: the launcher gives them again without Python.

`pkg/native/answers.h` describes their form. An answer is kept only where all it depends on is
in its key (words, files of requirements, settings, interpreter, what was installed) or noted in
it: how long index pages may be believed, files that must not have changed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dx_py.pkg.commands.options import Arguments
from dx_py.pkg.environment import Environment
from dx_py.pkg.index.links import local_path
from dx_py.pkg.install.native import answer, answer_key, library
from dx_py.pkg.install.natively import encode_records, stamp
from dx_py.pkg.names import NormalizedName
from dx_py.pkg.store_paths import save

if TYPE_CHECKING:
    from dx_py.pkg.commands.installing import Outcome
    from dx_py.pkg.commands.services import Services
    from dx_py.pkg.install.wheel_store import StoredWheel

_MAGIC = "DXANSWER1"
#: Stands for the site-packages folder in what is printed.
_SITE = "\1"
#: With these, however they were set, the next run may have to do something else.
_FLAGS = ("refresh", "refresh-result", "no-cache-dir", "dry-run", "compile", "json", "verbose")
_TEXTS = (
    "target", "prefix", "report", "cache-dir", "link-mode", "client-cert", "emit-ninja",
    "build-constraint", "requirements-from-script", "refresh-package",
)  # fmt: skip


def recall(arguments: Arguments) -> int | None:
    """Print a kept answer; its exit status, or None where there is none."""
    reply = answer(["pip", *arguments.words]) if arguments.words else None
    if reply is None:
        return None
    sys.stderr.write(reply.err)
    sys.stdout.write(reply.out)
    return reply.status


def key_of(arguments: Arguments, environment: Environment | None = None) -> str:
    """The key for an answer to this; empty where none is kept. Before anything changes."""
    if not arguments.words or not _is_repeatable(arguments):
        return ""
    return answer_key(arguments.words, str(environment.prefix) if environment else "")


def _is_repeatable(arguments: Arguments) -> bool:
    return not any(arguments.flag(name) for name in _FLAGS) and not any(
        arguments.text(name) for name in _TEXTS
    )


def keep_change(
    key: str,
    outcome: Outcome,
    wheels: Mapping[NormalizedName, StoredWheel],
    services: Services,
    *,
    text: str,
    nothing_to_do: str = "",
    site: Path,
) -> None:
    """What ``install`` or ``sync`` did: wheels, and what was printed."""
    watched = list(_local_links(services))
    if not key or not _came_by_name(outcome) or None in watched:
        return
    records: list[tuple[str, ...]] = [
        ("W", stored.digest, name, "1" if name in outcome.wanted.names else "0")
        for name, stored in wheels.items()
    ]
    for candidate in outcome.to_install:
        if candidate.wheel is None:
            return  # built here: its source may have changed
        watched.append(local_path(candidate.wheel.url))
    records += _stamps(path for path in watched if path is not None)
    records.append(("O", f"={text.replace(str(site), _SITE)}"))
    records.append(("N", f"={nothing_to_do}"))
    _write(key, records, services)


def _came_by_name(outcome: Outcome) -> bool:
    direct = any(pin.direct for pin in outcome.resolving.resolution.pins.values())
    return not direct and not outcome.to_remove and not outcome.resolving.warnings


def keep_text(key: str, text: str, paths: Iterable[str], environment: Environment,
              services: Services) -> None:  # fmt: skip
    """What ``compile`` printed; ``paths`` are all files that it read or wrote."""
    links = list(_local_links(services))
    if not key or None in links:
        return
    python = environment.script_python
    config = environment.prefix / "pyvenv.cfg"
    records: list[tuple[str, ...]] = [("H", path, _digest(path)) for path in sorted(set(paths))]
    records += _stamps([python, python.resolve(), config, *(link for link in links if link)])
    records.append(("O", f"={text}"))
    _write(key, records, services)


def _local_links(services: Services) -> Iterator[Path | None]:
    """Folders and pages that files are looked for in; None for what nothing can be said of."""
    for index in services.catalog.indexes:
        folder = local_path(index.url)
        if folder is not None:
            # One page a project: only of a folder that is not there it is known what it holds.
            yield None if folder.exists() else folder
    for link in services.catalog.find_links:
        path = local_path(link)
        if path is None or not (link.startswith("file:") or Path(link).is_absolute()):
            yield None
        else:
            yield path


def _stamps(paths: Iterable[Path]) -> list[tuple[str, ...]]:
    return [("T", str(path), stamp(path)) for path in dict.fromkeys(paths)]


def _digest(path: str) -> str:
    import hashlib

    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return "-"


def _write(key: str, records: list[tuple[str, ...]], services: Services) -> None:
    until = services.catalog.fresh_until
    seconds = 0 if until == float("inf") else int(until)
    is_over = seconds and seconds <= time.time()
    if is_over or library() is None or any("\0" in part for row in records for part in row):
        return
    data = encode_records([(_MAGIC,), ("E", str(seconds)), *records])
    path = services.store / "replies" / key[:2] / key[2:]
    save(path, data, store=services.store)
