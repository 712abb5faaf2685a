"""Run the front end's tests on a build of ``_ast`` with sanitizers.

python -m tests.frontend.native.sanitized BUILD/_ast.so [pytest arguments]
"""

from __future__ import annotations

import importlib.util
import sys

import pytest

NAME = "dx_py.frontend._ast"
TESTS = ("tests/frontend/test_host_verdicts.py", "tests/frontend/test_parser.py")


def load(path: str) -> None:
    import dx_py.frontend

    spec = importlib.util.spec_from_file_location(NAME, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules[NAME] = module
    dx_py.frontend._ast = module


if __name__ == "__main__":
    load(sys.argv[1])
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", *TESTS, *sys.argv[2:]]))
