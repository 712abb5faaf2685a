"""Build ``dx_py.pkg._native`` with sanitizers: ``python sanitized_build.py FOLDER``."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


def main(folder: Path) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    [extension] = [e for e in settings["ext-modules"] if e["name"] == "dx_py.pkg._native"]
    ffi = FFI()
    ffi.cdef((ROOT / "pkg/native/pkg.cdef.h").read_text())
    ffi.set_source("_native", '#include "pkg.h"')
    glue = folder / "_native.c"
    ffi.emit_c_code(str(glue))
    folders = (sysconfig.get_path("include"), ROOT / "pkg/native", ROOT / "artifacts/native")
    target = folder / f"_native{sysconfig.get_config_var('EXT_SUFFIX')}"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-std=gnu11", *FLAGS, *(f"-I{path}" for path in folders),
         "-o", target, glue, *(ROOT / source for source in extension["sources"])],
        check=True,
    )  # fmt: skip


main(Path(sys.argv[1]))
