"""Code that an installed package brings along for its modules, found beside them.

A file is used if it is whole, if its SHA-256 is the one that the installer wrote to the
distribution's RECORD, if it was made for this host's bytecode by this version of the code
generator, and if it was made of the very bytes that the module's source holds now. The folder
must be one that nobody else can write to. What is not used leaves the module to the compiler.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from dx_py.runtime_support.shipped_artifact import Field

_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class ShippedCode:
    """``artifact`` and ``files`` are the modules ``shipped_artifact`` and ``store_files``.

    ``codegen`` is the version of the stage. Raises ImportError without the host's SHA-256.
    """

    def __init__(
        self, artifact: ModuleType, files: ModuleType, codegen: int, tell: Callable[[str], None]
    ) -> None:
        self._artifact = artifact
        self._files = files
        self._codegen = codegen
        self._tell = tell
        self._sha256: Callable[[bytes], bytes] = files.sha256_function()
        self._checksums: Any = files.private_extension("binascii")
        self._trusted: dict[str, bool] = {}
        self._records: dict[str, bytes | None] = {}
        self._said: set[str] = set()

    def find(self, source: bytes, filename: str, level: int) -> bytes | None:
        """The msgpack of the ``code`` artifact of ``source``, the content of ``filename``.

        A file that was modified is refused aloud, all else under ``--stats``; each reason is
        given once.
        """
        name = filename.replace("\\", "/")
        path = self._artifact.file_of(name, level)
        data = self._files.read(path)
        if data is None:
            return None
        try:
            fields = self._artifact.fields_of(data, self._checksums.crc32)
            code: bytes = fields["code"]
            if problem := self._problem(fields, path, name, data, source, level):
                self._refuse(path, problem)
                return None
        except self._artifact.OtherSchemaError as error:
            self._refuse(path, str(error))
        except (IndexError, KeyError, TypeError, ValueError):
            self._refuse_modified(path)
        else:
            return code
        return None

    def _problem(
        self,
        fields: dict[str, Field],
        path: str,
        name: str,
        data: bytes,
        source: bytes,
        level: int,
    ) -> str:
        """Why the file is not used; "" if it is. Raises ValueError for a modified file."""
        module, distribution = str(fields["module"]), str(fields["distribution"])
        if not name.endswith("/" + module) or "/" in distribution:
            raise ValueError("made for another place")
        if not self._is_trusted(path):
            return "it belongs to another user, or group or others may write to it"
        root = name[: -len(module)]
        record = self._record(root + distribution)
        if record is None:
            return f"'{distribution}' has no RECORD"
        if self._row(path[len(root) :], data) not in record:
            raise ValueError("not what RECORD lists")
        made_for = [fields["host"], fields["codegen"], fields["level"]]
        needed = [self._artifact.host(), self._codegen, level]
        if made_for != needed:
            return f"made for {_described(made_for)}, where {_described(needed)} is needed"
        if fields["source"] != self._sha256(source).hex():
            return "the source was edited after its wheel was built"
        return ""

    def _is_trusted(self, path: str) -> bool:
        folder = path.rpartition(os.sep)[0]
        if folder not in self._trusted:
            self._trusted[folder] = self._files.is_trusted_path(folder)
        has_owners = hasattr(os, "getuid")
        return self._trusted[folder] and (not has_owners or self._files.is_trusted(path))

    def _record(self, folder: str) -> bytes | None:
        """RECORD of a distribution, with a line feed before and after each line."""
        if folder not in self._records:
            path = folder + "/RECORD"
            data = self._files.read(path) if self._is_trusted(path) else None
            whole = None if data is None else b"\n%b\n" % data.replace(b"\r\n", b"\n")
            self._records[folder] = whole
        return self._records[folder]

    def _row(self, path: str, data: bytes) -> bytes:
        """The line of RECORD for a file; a path with a comma or a quote is quoted."""
        if "," in path or '"' in path:
            path = '"{}"'.format(path.replace('"', '""'))
        text = self._checksums.b2a_base64(self._sha256(data), newline=False)
        digest = text.rstrip(b"=").translate(_URL_SAFE)
        name = path.encode("utf-8", "surrogateescape")
        return b"\n%b,sha256=%b,%d\n" % (name, digest, len(data))

    def _refuse(self, path: str, why: str) -> None:
        if why not in self._said:
            self._said.add(why)
            self._tell(f"dx-py: '{path}' is not used: {why}")

    def _refuse_modified(self, path: str) -> None:
        line = f"dx-py: '{path}' is not what was installed: not used; install it again"
        if "modified" in self._said:
            self._tell(line)
            return
        self._said.add("modified")
        os.write(2, f"{line}\n".encode("utf-8", "backslashreplace"))


def _described(made_for: list[Field]) -> str:
    host, codegen, level = made_for
    return f"{host!s}, code generator {codegen!r}, level {level!r}"
