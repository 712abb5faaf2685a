"""What is wrong with source files: ``python -m dx_py.frontend.diagnostics FILE...``.

Errors are shown as in a terminal, warnings are left out; the status is 1 if there is an error.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from dx_py.frontend.diagnostics.explain import explain
from dx_py.frontend.diagnostics.render import render
from dx_py.frontend.encoding import to_utf8


def main(paths: list[str]) -> int:
    found = [text for path in paths for text in errors_in(path)]
    sys.stdout.write("".join(f"{text}\n" for text in found))
    return 1 if found else 0


def errors_in(path: str) -> Iterator[str]:
    """Raises OSError for a file that cannot be read."""
    source = Path(path).read_bytes()
    try:
        diagnostics = explain(source, path)
        text = to_utf8(source, filename=path)
    except SyntaxError as error:
        yield f"{type(error).__name__}: {error.msg}"
        return
    for diagnostic in diagnostics:
        if diagnostic.category.is_error:
            yield render(diagnostic, text, path, colour=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
