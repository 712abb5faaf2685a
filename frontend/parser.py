"""Source to AST artifact: the front end's entry, native where it can be."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import asdict, dataclass

from dx_py.artifacts.artifact import seal
from dx_py.frontend import ast_artifact
from dx_py.frontend.encoding import names_encoding, to_utf8
from dx_py.frontend.grammar.reader import read_grammar
from dx_py.frontend.syntax_error import Fault, Place, host_exception
from dx_py.frontend.tables import load_tables

try:
    from dx_py.frontend import native_parser
except ImportError:
    _HAS_NATIVE = False
else:
    _HAS_NATIVE = os.environ.get("DX_PORTABLE") != "1"

_TOO_NEW = "only supported in Python"
_LINE_BREAK = re.compile(rb"\r\n?")


@dataclass(frozen=True, slots=True)
class _Options:
    mode: str
    type_comments: bool
    minor_version: int
    barry_as_bdfl: bool


def parse(
    source: bytes | str,
    *,
    filename: str,
    mode: str = "exec",
    type_comments: bool = False,
    minor_version: int = sys.version_info.minor,
    barry_as_bdfl: bool = False,
) -> bytes:
    """The AST artifact of a source; no file name is in it.

    ``mode`` is "exec", "eval", "single" or "func_type"; ``minor_version`` the Python 3 whose
    syntax is accepted; with ``barry_as_bdfl`` the sign is ``<>``, as PEP 401 has it. Raises
    what ``ast.parse`` raises, with its attributes.
    """
    text = to_utf8(source, filename=filename)
    options = _Options(mode, type_comments, minor_version, barry_as_bdfl)
    try:
        if _HAS_NATIVE:
            return seal(_native_body(text, options))
        return _portable_artifact(text, options)
    except Fault as fault:
        raise _explained(fault, source, text, mode, filename) from None


def _explained(
    fault: Fault, source: bytes | str, text: bytes, mode: str, filename: str
) -> Exception:
    """The host's own words for a refusal, unless it has none for a later Python's syntax."""
    if not _is_utf8(text):
        return _undecodable(fault, text, filename)
    if issubclass(fault.kind, SyntaxError):
        from dx_py.frontend.diagnostics.search import GENERIC
        from dx_py.frontend.diagnostics.syntax import explained_exception

        found = explained_exception(
            text, mode, filename, parser_counts_bytes=not names_encoding(source)
        )
        if found is not None and not (found.msg == GENERIC and _says_more(fault, mode)):
            return found
    return host_exception(fault, text, filename=filename)


def _undecodable(fault: Fault, text: bytes, filename: str) -> Exception:
    from dx_py.frontend.diagnostics.undecodable import undecodable

    if fault.place is not None and fault.message.startswith("(unicode error) 'utf-8'"):
        found = undecodable(fault.place, _LINE_BREAK.sub(b"\n", text), filename)
        if found is not None:
            return found
    return host_exception(fault, text, filename=filename)


def _says_more(fault: Fault, mode: str) -> bool:
    """Whether the parser's own words are better than that the syntax is invalid.

    The search for reasons does not see bad indentation at the end of a block at a prompt.
    """
    return _TOO_NEW in fault.message or (mode == "single" and fault.kind is not SyntaxError)


def _is_utf8(text: bytes) -> bool:
    """The search for reasons reads text, and has nothing to say about bytes that are none."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _native_body(text: bytes, options: _Options) -> bytes:
    return native_parser.parse_body(text, allow_incomplete=False, **asdict(options))


def _portable_artifact(text: bytes, options: _Options) -> bytes:
    from dx_py.frontend.portable.parser import parse_utf8
    from dx_py.frontend.portable.tokens import Refusal

    tables = load_tables(read_grammar().digest)
    try:
        parsed = parse_utf8(
            prepared(text),
            tables,
            mode=options.mode.upper(),
            minor_version=options.minor_version,
            type_comments=options.type_comments,
            barry_as_bdfl=options.barry_as_bdfl,
        )
    except Refusal as refusal:
        start, end = refusal.span
        place = Place(*start, *end)
        raise Fault(
            refusal.kind, refusal.message, place, at_end=False, from_lexer=False
        ) from None
    warnings = [(line, column, message) for (line, column), message in parsed.warnings]
    return ast_artifact.encode(parsed.tree, mode=options.mode, warnings=warnings)


def prepared(text: bytes) -> bytes:
    """What the portable lexer reads: each line ended by one newline character."""
    if b"\0" in text:
        message = "source code string cannot contain null bytes"
        raise Fault(SyntaxError, message, None, at_end=False, from_lexer=True)
    text = _LINE_BREAK.sub(b"\n", text)
    return text if not text or text.endswith(b"\n") else text + b"\n"
