"""Show what an artifact holds.

usage: dx-py inspect DIGEST|FILE...
       dx-py inspect --tests

A digest may be shortened to as many characters as are needed to tell it apart (at least 4). A
file is an artifact, an action entry, or a pointer file, whose artifacts are all shown. --tests
shows those of the last run of the tests in the current folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from dx_py.artifacts.artifact import MAGIC, Digest
from dx_py.artifacts.configuration import open_default
from dx_py.artifacts.errors import DxError
from dx_py.artifacts.pointer import read_pointer
from dx_py.artifacts.store import ACTION_MAGIC, ACTION_SIZE, ArtifactStore
from dx_py.driver.command_line import CommandParser
from dx_py.driver.formats import artifact_text
from dx_py.testrun.last_run import last_run

SHORTEST_PREFIX: Final = 4


def main(arguments: list[str]) -> int:
    parser = CommandParser("dx-py inspect", __doc__ or "")
    parser.add_argument("artifacts", metavar="DIGEST|FILE", nargs="*")
    parser.add_argument("--tests", action="store_true")
    options = parser.parse(arguments)
    store = open_default()
    if options.tests:
        print(_file_text(last_run(store.layout, Path.cwd()), store))
    elif not options.artifacts:
        parser.error("name an artifact by its digest or file, or --tests")
    for name in options.artifacts:
        if Path(name).exists() or not _is_prefix(name):
            print(_file_text(parser.existing(name), store))
        else:
            print(_stored_text(_complete(name, store), store))
    return 0


def _is_prefix(name: str) -> bool:
    return SHORTEST_PREFIX <= len(name) <= 64 and set(name) <= set("0123456789abcdef")


def _complete(prefix: str, store: ArtifactStore) -> Digest:
    folder = store.layout / "objects" / prefix[:2]
    names = folder.iterdir() if store.readable and folder.is_dir() else ()
    found = sorted(prefix[:2] + path.name for path in names)
    matches = [name for name in found if name.startswith(prefix)]
    if not matches:
        raise DxError(f"no artifact '{prefix}' in '{store.root}'")
    if len(matches) > 1:
        raise DxError(f"'{prefix}' names {len(matches)} artifacts: write more of its digest")
    return Digest(matches[0])


def _stored_text(name: Digest, store: ArtifactStore) -> str:
    data = store.get(name)
    if data is None:
        raise DxError(f"no artifact '{name}' in '{store.root}'")
    return f"{name}\n{artifact_text(data)}"


def _file_text(path: Path, store: ArtifactStore) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DxError(f"cannot read '{path}': {error.strerror}") from None
    if data.startswith(MAGIC):
        return artifact_text(data)
    if data.startswith(ACTION_MAGIC) and len(data) == ACTION_SIZE:
        return f"action {data[8:40].hex()}\ngave   {data[40:].hex()}"
    digests = read_pointer(path)
    if not digests:
        raise DxError(f"'{path}' is no artifact: it begins with neither 'DXA1' nor 'DXK1'")
    texts = [f"{role} {_stored_text(name, store)}" for role, name in sorted(digests.items())]
    return "\n\n".join(texts)
