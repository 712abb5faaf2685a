"""Is a line typed at a prompt a whole statement, or the start of one? The answer of codeop.

Source: CPython's ``Lib/codeop.py``, whose verdicts a test compares.
"""

from __future__ import annotations

import ast
import os
import sys
import warnings
from enum import Enum
from typing import Final

from dx_py.frontend import parser
from dx_py.frontend.syntax_error import Fault

try:
    from dx_py.frontend import native_parser
except ImportError:
    _HAS_NATIVE = False
else:
    _HAS_NATIVE = os.environ.get("DX_PORTABLE") != "1"

_INCOMPLETE: Final = "incomplete input"

#: PyCF_DONT_IMPLY_DEDENT and PyCF_ALLOW_INCOMPLETE_INPUT of CPython's ``compile.h``.
_HOST_FLAGS: Final = 0x200 | 0x4000 | ast.PyCF_ONLY_AST


class Completeness(Enum):
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"


def completeness(source: str, *, filename: str, mode: str = "single") -> Completeness:
    """Whether ``source`` can run as it is or needs more lines.

    ``mode`` is "single", "exec" or "eval". Raises SyntaxError, as ``parser.parse`` does, for a
    source that no further line can make valid.
    """
    text = source if mode == "eval" or _has_code(source) else "pass"
    if _refusal(text, mode) is not None:
        more = _refusal(f"{text}\n", mode)
        if more is None or _INCOMPLETE in more:
            return Completeness.INCOMPLETE
    parser.parse(text, filename=filename, mode=mode)
    return Completeness.COMPLETE


def _has_code(source: str) -> bool:
    lines = (line.strip() for line in source.split("\n"))
    return any(line and not line.startswith("#") for line in lines)


def _refusal(text: str, mode: str) -> str | None:
    """Why more text may be needed, or would not help; None if the text is whole."""
    return _native_refusal(text, mode) if _HAS_NATIVE else _host_refusal(text, mode)


def _native_refusal(text: str, mode: str) -> str | None:
    try:
        native_parser.parse_body(
            text.encode("utf-8"),
            mode=mode,
            type_comments=False,
            minor_version=sys.version_info.minor,
            allow_incomplete=True,
            barry_as_bdfl=False,
        )
    except Fault as fault:
        if not issubclass(fault.kind, SyntaxError):
            raise fault.kind(fault.message) from None
        return fault.message
    return None


def _host_refusal(text: str, mode: str) -> str | None:
    """Without native code the host is asked: the portable lexer cannot leave blocks open."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "<input>", mode, _HOST_FLAGS, dont_inherit=True)
        except SyntaxError as error:
            return error.msg
        except UnicodeDecodeError as error:  # so the host says it under these flags
            return str(error)
    return None
