"""Code objects from the artifact store, by their source or by the .pyc that equals them.

Two actions lead to an artifact of the stage ``codegen``: the stage's own, from the
digest of the source; and ``equal_pyc``, from the bytes of a .pyc whose code was found equal,
so that a start from valid .pyc files need not read the sources.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, ModuleType

    from dx_py.runtime_support.shipped_code import ShippedCode
    from dx_py.runtime_support.startup import Parts
    from dx_py.runtime_support.store_files import StoreFiles

    #: A code object -> deterministic marshal bytes.
    type Dumps = Callable[[CodeType], bytes]
    #: Told what failed, and the exception.
    type TellFailure = Callable[[str, BaseException], None]

#: Stages: name and version, as in ``dx_py.driver.stages``.
PARSE = ("parse", 1)
CODEGEN = ("codegen", 2)
EQUAL_PYC = ("equal_pyc", 1)
HOST = f"{sys.implementation.cache_tag}-{'.'.join(map(str, sys.version_info[:3]))}"

_source_hash = sys.modules["_imp"].source_hash


def open_cache(settings: dict[str, str], parts: Parts) -> CodeCache:
    """The user's store; a cache that holds nothing where it cannot be used."""
    store_files = parts.load("runtime_support.store_files")
    root = settings["DX_CACHE_DIR"]
    layout = store_files.trusted_layout(root) if root else None
    try:
        files = None if layout is None else store_files.StoreFiles(layout)
        struct = store_files.private_extension("_struct")
    except ImportError:
        files = None
        struct = None
    artifact = parts.load("runtime_support.code_artifact")
    dumps = parts.load("artifacts.code_marshal", struct=struct).dumps if files else None

    def open_shipped() -> ShippedCode:
        shipped = parts.load("runtime_support.shipped_code")
        form = parts.load("runtime_support.shipped_artifact")
        opened: ShippedCode = shipped.ShippedCode(form, store_files, CODEGEN[1], parts.tell)
        return opened

    return CodeCache(files, artifact, dumps, open_shipped, parts.tell_failure)


class CodeCache:
    """``files`` is None where there is no store: then only code that packages ship is found,
    and nothing saved.

    ``artifact`` is the module ``code_artifact``; ``open_shipped`` is called for the first
    module that has code shipped beside it.
    """

    def __init__(
        self,
        files: StoreFiles | None,
        artifact: ModuleType,
        dumps: Dumps | None,
        open_shipped: Callable[[], ShippedCode],
        tell_failure: TellFailure,
    ) -> None:
        self._files = files
        self._artifact = artifact
        self._dumps = dumps
        self._open_shipped = open_shipped
        self._shipped: ShippedCode | None = None
        #: Folder of modules -> whether code is shipped in it.
        self._ships: dict[str, bool] = {}
        self._tell_failure = tell_failure
        self.loaded = 0
        #: Of those loaded, how many a package brought along.
        self.shipped = 0
        self.saved = 0

    @property
    def problem(self) -> str:
        """What keeps the store from being used, in words; "" for nothing."""
        if self._files is None:
            return "is not used: it is not private to this user, or this Python cannot check it"
        return self._files.problem

    def load(
        self, source: object, filename: str, optimize: int
    ) -> tuple[CodeType | None, bool]:
        """The code of ``source``, if it is known, and whether compiling it warned."""
        if not isinstance(source, bytes):
            return None, False
        if self._files is not None:
            code, warned = self._load(self._source_action(source, optimize), filename)
            if code is not None:
                return code, warned
        return self._load_shipped(source, filename, optimize)

    def save(
        self, source: bytes, tree: bytes, data: bytes, optimize: int, *, warned: bool
    ) -> None:
        """Keep what the stages gave: the msgpack of the AST artifact, and marshal bytes."""
        files = self._files
        if files is None:
            return
        parsed = files.put(tree)
        files.record(self._key(PARSE, files.sha256(source).hex(), _MODE_EXEC), parsed)
        compiled = files.put(self._artifact.wrap(data, warned=warned))
        files.record(self._key(CODEGEN, parsed.hex(), _level(optimize)), compiled)
        files.record(self._source_action(source, optimize), compiled)
        self.saved += 0 if files.problem else 2

    def are_equal(self, code: CodeType, other: CodeType) -> bool:
        """Code that holds a NaN is not even equal to itself read from marshal."""
        if code == other or self._dumps is None:
            return code == other
        return self._dumps(code) == self._dumps(other)

    def load_equal(self, pyc: bytes | memoryview, filename: str) -> CodeType | None:
        """The code that was found equal to that of a .pyc with the marshal bytes ``pyc``."""
        if self._files is None:
            return None
        return self._load(self._pyc_action(pyc), filename)[0]

    def save_equal(self, pyc: bytes | memoryview, source: bytes) -> None:
        """Remember that the code in ``pyc`` is that of ``source``."""
        if self._files is None:
            return
        digest = self._files.lookup(self._source_action(source, -1))
        if digest is not None:
            self._files.record(self._pyc_action(pyc), digest)

    def code_from(self, data: bytes, filename: str) -> CodeType:
        """Marshal bytes as code of the file; raises what reading them raises."""
        code: CodeType = self._artifact.load(data, filename)
        return code

    def _load(self, action: bytes, filename: str) -> tuple[CodeType | None, bool]:
        assert self._files is not None
        digest = self._files.lookup(action)
        body = self._files.get(digest) if digest is not None else None
        if body is None:
            return None, False
        return self._decoded(body, filename)

    def _load_shipped(
        self, source: bytes, filename: str, optimize: int
    ) -> tuple[CodeType | None, bool]:
        # A debugger would see the functions of os.path being called.
        folder = filename.rpartition(os.sep)[0]
        if folder not in self._ships:
            self._ships[folder] = _is_folder(folder + "/__dx_py__")
        if not self._ships[folder] or not filename.endswith(".py"):
            return None, False
        try:
            self._shipped = self._shipped or self._open_shipped()
        except ImportError as error:
            self._tell_failure("looking for shipped code", error)
            return None, False
        body = self._shipped.find(source, filename, _chosen(optimize))
        if body is None:
            return None, False
        code, warned = self._decoded(body, filename)
        self.shipped += code is not None
        return code, warned

    def _decoded(self, body: bytes, filename: str) -> tuple[CodeType | None, bool]:
        try:
            data, warned = self._artifact.decode(body)
            code = self.code_from(data, filename)
        except (ValueError, EOFError, TypeError) as error:
            self._tell_failure(f"the code kept for '{filename}'", error)
            return None, False
        self.loaded += 1
        return code, warned

    def _source_action(self, source: bytes, optimize: int) -> bytes:
        """From source straight to code: what a running program has is the source."""
        assert self._files is not None
        return self._key(CODEGEN, self._files.sha256(source).hex(), _level(optimize))

    def _pyc_action(self, pyc: bytes | memoryview) -> bytes:
        """SipHash names the .pyc: whoever can write one can run code anyway."""
        return self._key(EQUAL_PYC, _source_hash(0, pyc).hex(), b"\x80")

    def _key(self, stage: tuple[str, int], name: str, options: bytes) -> bytes:
        assert self._files is not None
        return self._files.sha256(_action(*stage, name, options))


_MODE_EXEC = b"\x81\xa4mode\xa4exec"


def _level(optimize: int) -> bytes:
    """The options of ``codegen``."""
    return b"\x81\xa8optimize" + bytes([_chosen(optimize)])


def _chosen(optimize: int) -> int:
    """A negative level is the interpreter's."""
    return sys.flags.optimize if optimize < 0 else optimize


def _action(stage: str, version: int, name: str, options: bytes) -> bytes:
    """What ``dx_py.artifacts.stage.action_key`` hashes, for one input called ``name``."""
    fields = (
        (_pack("host"), _pack(HOST)),
        (_pack("stage"), _pack(stage)),
        (_pack("schema"), b"\x01"),
        (_pack("target"), _pack("")),
        (_pack("options"), options),
        (_pack("version"), bytes([version])),
    )
    rest = b"".join(key + value for key, value in fields)
    return b"\x93" + _pack("action") + b"\x01\x91" + _pack(name) + b"\x86" + rest


def _pack(text: str) -> bytes:
    """``text``, ASCII and below 256 characters, as msgpack."""
    size = len(text)
    return (bytes([0xA0 | size]) if size < 32 else bytes([0xD9, size])) + text.encode()


def _is_folder(path: str) -> bool:
    try:
        return os.stat(path).st_mode & 0o170000 == 0o040000
    except (OSError, ValueError):
        return False
