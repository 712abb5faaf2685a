"""The bytecode that wheels carry."""

from __future__ import annotations

import importlib.util
import marshal
import os
from pathlib import Path

from dx_py.driver.bytecode_build import compile_source


def test_it_is_checked_by_hash_and_names_no_folder_of_the_build(tmp_path: Path) -> None:
    source = tmp_path / "dx_py" / "module.py"
    source.parent.mkdir()
    source.write_text("x = 1\n", encoding="utf-8")
    compile_source(source, shown_as="dx_py/module.py")
    os.utime(source, (1, 1))
    data = Path(importlib.util.cache_from_source(str(source))).read_bytes()
    checked_hash = 0b11
    assert int.from_bytes(data[4:8], "little") == checked_hash
    assert data[8:16] == importlib.util.source_hash(source.read_bytes())
    assert marshal.loads(data[16:]).co_filename == "dx_py/module.py"
