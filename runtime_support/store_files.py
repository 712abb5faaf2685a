"""The files of the artifact store, read and written from inside the user's process.

The layout is the one that ``dx_py.artifacts.store`` defines. Here nothing is imported that a
plain interpreter would not have imported: SHA-256 and CRC-32 come from the host's extension
modules, loaded where ``sys.modules`` does not show them. Whatever is wrong with the store, a
look-up finds nothing and a write does nothing: the program runs as it would without one.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

#: The program may put another in its place: tests do.
_open = open

MAGIC = b"DXA1"
ACTION_MAGIC = b"DXK1"
ACTION_SIZE = 72


class StoreFiles:
    """``layout`` is the store's ``v1`` folder. Raises ImportError without the checksums."""

    def __init__(self, layout: str) -> None:
        self._layout = layout
        self._writable = True
        #: Why nothing is written any more, in words; "" while all is well.
        self.problem = ""
        self.sha256: Callable[[bytes], bytes] = sha256_function()
        self._crc32: Callable[[bytes | memoryview], int] = private_extension("binascii").crc32

    def lookup(self, action: bytes) -> bytes | None:
        """The digest that ``action``, a SHA-256, led to."""
        data = read(self._path("actions", action))
        if data is None or len(data) != ACTION_SIZE or data[:4] != ACTION_MAGIC:
            return None
        whole = self._checked(data)
        return bytes(whole[32:]) if whole is not None and whole[:32] == action else None

    def get(self, digest: bytes) -> bytes | None:
        """The msgpack of an artifact; None, and the file removed, when it is damaged."""
        path = self._path("objects", digest)
        data = read(path)
        if data is None:
            return None
        body = self._checked(data) if data[:4] == MAGIC else None
        if body is None:
            self._discard(path, digest)
            return None
        return bytes(body)

    def put(self, body: bytes) -> bytes:
        """Store an artifact by its msgpack; gives its digest."""
        data = MAGIC + self._crc32(body).to_bytes(4, "little") + body
        digest = self.sha256(data)
        path = self._path("objects", digest)
        if _size(path) != len(data):
            self._write(path, data)
        return digest

    def record(self, action: bytes, digest: bytes) -> None:
        body = action + digest
        check = self._crc32(body).to_bytes(4, "little")
        self._write(self._path("actions", action), ACTION_MAGIC + check + body)

    def _checked(self, data: bytes) -> memoryview | None:
        body = memoryview(data)[8:]
        whole = self._crc32(body) == int.from_bytes(data[4:8], "little")
        return body if whole else None

    def _path(self, kind: str, digest: bytes) -> str:
        name = digest.hex()
        return f"{self._layout}/{kind}/{name[:2]}/{name[2:]}"

    def _write(self, path: str, data: bytes) -> None:
        """Whole or not at all; the first failure ends writing for this process."""
        if not self._writable:
            return
        scratch = self._layout + "/tmp"
        temporary = f"{scratch}/{os.urandom(8).hex()}"
        try:
            _make_private(scratch)
            with _open(temporary, "xb", buffering=0) as file:
                if file.write(data) != len(data):
                    raise OSError("short write")
            _make_private(os.path.dirname(path))
            os.replace(temporary, path)
        except OSError as error:
            self._writable = False
            self.problem = f"cannot be written ({error.strerror}): nothing more is kept"
            _remove(temporary)

    def _discard(self, path: str, digest: bytes) -> None:
        _remove(path)
        line = f"dx-py: artifact {digest.hex()[:12]} was damaged: thrown away, built again\n"
        os.write(2, line.encode())


def trusted_layout(root: str) -> str | None:
    """The ``v1`` folder below ``root``; None where somebody else could have put code.

    The rule is ``dx_py.artifacts.location.check_trusted``'s: every component belongs to the
    user or to root, and neither group nor others may write to it (/tmp's kind excepted).
    """
    layout = root + "/v1"
    return layout if is_trusted_path(layout) else None


def is_trusted_path(folder: str) -> bool:
    """Whether every component, of the path as given and of what links lead to, is trusted."""
    if not hasattr(os, "getuid"):
        return True
    for path in {folder, os.path.realpath(folder)}:
        while not path.endswith("/") and path:
            if not is_trusted(path):
                return False
            path = os.path.dirname(path)
    return True


def is_trusted(path: str) -> bool:
    """Whether nobody but the user and root may change one file or folder, by its own mode; for
    platforms with owners."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    if found.st_uid not in (0, os.getuid()):
        return False
    link, sticky = 0o120000, 0o1000
    if found.st_mode & 0o170000 == link or not found.st_mode & 0o022:
        return True
    return found.st_uid == 0 and bool(found.st_mode & sticky)


def private_extension(name: str) -> ModuleType:
    """An extension module of the standard library that ``sys.modules`` will not show."""
    external = sys.modules["_frozen_importlib_external"]
    if name in sys.builtin_module_names:
        loader = sys.modules["_frozen_importlib"].BuiltinImporter
        spec = loader.find_spec(name)
    else:
        spec = external.PathFinder.find_spec(name)
        if spec is None or not isinstance(spec.loader, external.ExtensionFileLoader):
            raise ImportError(f"no extension module {name!r}")
        loader = spec.loader
    module: ModuleType = loader.create_module(spec)
    loader.exec_module(module)
    return module


def sha256_function() -> Callable[[bytes], bytes]:
    constructor = private_extension("_sha2").sha256
    return lambda data: constructor(data, usedforsecurity=False).digest()


def read(path: str) -> bytes | None:
    try:
        with _open(path, "rb", buffering=0) as file:
            return file.read()
    except OSError:
        return None


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return -1


def _remove(path: str) -> None:
    try:  # noqa: SIM105 - contextlib may not be imported here
        os.unlink(path)
    except OSError:
        pass


def _make_private(folder: str) -> None:
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        return
    except FileNotFoundError:
        _make_private(os.path.dirname(folder))
        os.mkdir(folder, 0o700)
