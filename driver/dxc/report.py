"""What dxc tells about modules it could not compile, as the host would."""

from __future__ import annotations

import traceback
from pathlib import Path

from dx_py.driver.dxc.compilation import Compiled


def error_text(result: Compiled) -> str:
    """The lines the interpreter prints for an error in a source file."""
    error = result.error
    assert error is not None
    if isinstance(error, SyntaxError):
        return "".join(traceback.format_exception_only(error))
    return f'  File "{Path(result.module.path)}"\n{type(error).__name__}: {error}\n'
