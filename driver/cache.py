"""Look after the store of artifacts.

usage: dx-py cache [ACTION] [--limit SIZE]

actions:
  info    what the store holds, and how much it may (without an action, this one)
  verify  read everything, remove what is damaged
  gc      remove what was used longest ago, until the store is below its limit
  clear   remove everything; it is built again when needed
  dir     print the folder

DX_CACHE_DIR names another folder, DX_CACHE_SIZE another limit, such as 500M or 4G.
"""

from __future__ import annotations

import sys

from dx_py.artifacts import collection
from dx_py.artifacts.configuration import configured_limit, limit_from, open_default
from dx_py.artifacts.errors import DxError
from dx_py.artifacts.store import ArtifactStore
from dx_py.artifacts.verification import verify
from dx_py.driver.command_line import CommandParser

ACTIONS = ("clear", "dir", "gc", "info", "verify")


def main(arguments: list[str]) -> int:
    parser = CommandParser("dx-py cache", __doc__ or "")
    parser.add_argument("action", metavar="ACTION", nargs="?", default="info")
    parser.add_argument("--limit", metavar="SIZE", help="for gc: 500M, 4G, a number of bytes")
    options = parser.parse(arguments)
    action = parser.choice("action", options.action, ACTIONS)
    store = open_default()
    if not store.readable and action != "dir":
        # The store has said why.
        return 1
    match action:
        case "info":
            return _info(store)
        case "verify":
            return _verify(store)
        case "gc":
            return _gc(store, options.limit)
        case "clear":
            return _say(f"{size_text(collection.clear(store.layout))} freed")
        case _:
            return _say(str(store.root))


def _info(store: ArtifactStore) -> int:
    used = collection.usage(store.layout)
    _say(f"folder     {store.root}")
    _say(f"artifacts  {used.objects:,} ({size_text(used.object_bytes)})")
    _say(f"actions    {used.actions:,} ({size_text(used.action_bytes)})")
    _say(f"stat index {size_text(used.index_bytes)}")
    limit = configured_limit()
    return _say(f"in all     {size_text(used.total_bytes)} of {size_text(limit)}")


def _verify(store: ArtifactStore) -> int:
    good = damaged = 0
    for verdict in verify(store):
        if verdict is None:
            good += 1
            continue
        damaged += 1
        name = verdict.path.relative_to(store.root)
        print(f"{name}: {verdict.problem}; removed", file=sys.stderr)
    _say(f"{good:,} good, {damaged:,} damaged and removed")
    return 1 if damaged else 0


def _gc(store: ArtifactStore, size: str | None) -> int:
    limit = limit_from(size) if size else configured_limit()
    try:
        freed = collection.collect(store.layout, limit=limit)
    except OSError as error:
        raise DxError(f"cannot collect '{store.root}': {error.strerror}") from None
    return _say(f"{size_text(freed)} freed")


def size_text(size: int) -> str:
    """Three digits and a unit, as people write sizes."""
    amount = float(size)
    for unit in ("bytes", "KB", "MB", "GB"):
        if amount < 1024 or unit == "GB":
            break
        amount /= 1024
    return f"{size} bytes" if unit == "bytes" else f"{amount:.1f} {unit}"


def _say(line: str) -> int:
    print(line)
    return 0
