"""Sources that CPython's own tests compile, observed through an audit hook.

python tests/frontend/conformance/harvest.py FILE      writes them as a JSON list
"""

from __future__ import annotations

import importlib
import io
import json
import sys
import unittest
import warnings
from pathlib import Path

MODULES = (
    "ast", "asyncgen", "augassign", "codeop", "compile", "coroutines", "decorators",
    "dictcomps", "eof", "except_star", "exception_group", "exceptions", "extcall", "flufl",
    "fstring", "future_stmt.test_future", "generators", "genexps", "global", "grammar",
    "keyword", "keywordonlyarg", "listcomps", "named_expressions", "patma", "pep646_syntax",
    "positional_only_arg", "raise", "scope", "setcomps", "string_literals", "super",
    "syntax", "type_aliases", "type_params", "unpack", "unpack_ex", "with",
)  # fmt: skip
LONGEST = 20_000


def harvest() -> list[str]:
    """In order of first appearance; takes about a minute."""
    found: dict[str, None] = {}
    observing = True

    def observe(event: str, arguments: tuple[object, ...]) -> None:
        if observing and event == "compile":
            text = _text(arguments[0])
            if text is not None and len(text) < LONGEST:
                found[text] = None

    sys.addaudithook(observe)
    warnings.simplefilter("ignore")
    for name in MODULES:
        module = importlib.import_module(f"test.test_{name}")
        suite = unittest.defaultTestLoader.loadTestsFromModule(module)
        unittest.TextTestRunner(stream=io.StringIO()).run(suite)
    observing = False
    return list(found)


def _text(source: object) -> str | None:
    if isinstance(source, bytes):
        try:
            return source.decode()
        except UnicodeDecodeError:
            return None
    return source if isinstance(source, str) else None


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(harvest()))
