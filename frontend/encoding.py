"""Source bytes into UTF-8 text, as PEP 263 and PEP 3120 say."""

from __future__ import annotations

import re

BOM = b"\xef\xbb\xbf"

_BLANK_OR_COMMENT = re.compile(rb"[ \t\f]*(?:#.*)?$", re.ASCII)
_DECLARATION = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)
_LINE_BREAK = re.compile(rb"\r\n|\r|\n")


def to_utf8(source: bytes | str, *, filename: str) -> bytes:
    """The UTF-8 of a source, without byte order mark; line breaks stay as they are.

    Raises SyntaxError for an unknown encoding, or text that is not in the one declared.
    Without a declaration bytes are passed on unchecked: the lexer checks them.
    """
    if isinstance(source, str):
        return source.encode("utf-8")
    has_mark = source.startswith(BOM)
    text = source.removeprefix(BOM)
    encoding = declared_encoding(text)
    if encoding is None or _is_encoding(encoding, "utf-8"):
        return text
    if has_mark:
        raise _refusal(f"encoding problem: {_codec(encoding)} with BOM", filename)
    try:
        return text.decode(_codec(encoding)).encode("utf-8")
    except (LookupError, UnicodeError) as error:
        raise _refusal(str(error), filename) from None


def _refusal(message: str, filename: str) -> SyntaxError:
    """The host's numbers for a text that it cannot begin to read."""
    return SyntaxError(message, (filename, 0, -1, None))


def names_encoding(source: bytes | str) -> bool:
    """Whether the host knows the encoding while it lexes: text, a mark, or a declaration."""
    if isinstance(source, str) or source.startswith(BOM):
        return True
    return declared_encoding(source) is not None


def declared_encoding(source: bytes) -> str | None:
    """The encoding named in the first two lines; the second counts after a comment only."""
    for line in _LINE_BREAK.split(source, 2)[:2]:
        declaration = _DECLARATION.match(line)
        if declaration:
            return declaration[1].decode("ascii")
        if not _BLANK_OR_COMMENT.match(line):
            return None
    return None


def _codec(encoding: str) -> str:
    names = ("latin-1", "iso-8859-1", "iso-latin-1")
    return "iso-8859-1" if any(_is_encoding(encoding, name) for name in names) else encoding


def _is_encoding(encoding: str, known: str) -> bool:
    """Whether it is ``known``, or ``known`` with a suffix: twelve characters are compared."""
    name = encoding[:12].lower().replace("_", "-")
    return name == known or name.startswith(f"{known}-")
