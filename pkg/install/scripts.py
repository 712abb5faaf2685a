"""The scripts of entry points, and first lines that name the environment's interpreter."""

from __future__ import annotations

import os
from pathlib import Path

from dx_py.pkg.install.plan import EntryPoint

#: The kernel reads so many bytes of a first line (older Linux: 128, with ``#!`` and newline).
_SHEBANG_LIMIT = 127

_BODY = """\
import sys
from {module} import {first}
if __name__ == "__main__":
    sys.argv[0] = sys.argv[0].removesuffix(".exe")
    sys.exit({call}())
"""


def shebang(python: Path) -> bytes:
    """The first line (or two) that starts ``python``, however long or spaced its path."""
    path = os.fsencode(python)
    if len(path) + 3 <= _SHEBANG_LIMIT and b" " not in path:
        return b"#!" + path + b"\n"
    quoted = path.replace(b"'", b"'\"'\"'")
    # For /bin/sh line two is exec; for Python it is a string that nobody reads.
    return b"#!/bin/sh\n'''exec' '" + quoted + b"' \"$0\" \"$@\"\n' '''\n"


def entry_point_script(entry: EntryPoint, python: Path) -> bytes:
    module, _, attribute = entry.target.partition(":")
    call = attribute.strip()
    body = _BODY.format(module=module.strip(), first=call.partition(".")[0], call=call)
    return shebang(python) + body.encode()


def rewrite_script(data: bytes, python: Path) -> bytes:
    """A wheel's script that begins with ``#!python`` begins with the interpreter instead."""
    _, _, rest = data.partition(b"\n")
    return shebang(python) + rest


def write_script(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o777)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def script_name(entry: EntryPoint) -> str:
    return f"{entry.name}.py" if os.name == "nt" else entry.name
