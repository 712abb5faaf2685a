"""Bytes that are not UTF-8 in a source, in the host's words.

Comments may hold them. Of a string the host decodes what is between the quotes, of a name the
whole; in the text of an f-string it lets the codec's error through as it is.
"""

from __future__ import annotations

import re

from dx_py.frontend.syntax_error import Place

_STRING = re.compile(rb"(?i)([bur]{0,2})('''|\"\"\"|'|\")")
_FSTRING = re.compile(rb"(?i)(?:f|rf|fr)['\"]")
_FSTRING_TEXT = re.compile(rb"[^{}'\"]*")
_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
_NOT_ASCII = "bytes can only contain ASCII literal characters"


def undecodable(place: Place, text: bytes, filename: str) -> Exception | None:
    """What the host raises for the token at `place`; None if all of it can be decoded.

    `text` is the source, its line breaks newlines.
    """
    start, end = _index(text, place.line, place.column), _index(text, *_end(place))
    if _FSTRING.match(text, start):
        return _decoding_error(_bad_piece(text, start))
    token = text[start:end]
    string = _STRING.match(token)
    if string is None:
        message = _message(token)
        numbers = (place.line, place.end_column, place.line, -1)
    else:
        body = token[string.end() : len(token) - len(string[2])]
        message = _string_message(string[1].lower(), body)
        numbers = (place.line, place.column + 1, place.end_line, place.end_column + 1)
    return None if message is None else _refusal(message, numbers, text, filename)


def _end(place: Place) -> tuple[int, int]:
    return place.end_line, place.end_column


def _index(text: bytes, line: int, column: int) -> int:
    before = text.split(b"\n")[: line - 1]
    return sum(len(other) + 1 for other in before) + column


def _bad_piece(text: bytes, start: int) -> bytes:
    """The text of an f-string around the first byte after `start` that cannot be decoded."""
    error = _decoding_error(text[start:])
    bad = start + (error.start if error is not None else 0)
    first = max(text.rfind(mark, start, bad) for mark in (b"{", b"}", b"'", b'"', b":")) + 1
    found = _FSTRING_TEXT.match(text, bad)
    return text[first : found.end() if found else bad]


def _string_message(prefix: bytes, body: bytes) -> str | None:
    """Beside escapes the host decodes each run of bytes above ASCII by itself."""
    if b"b" in prefix:
        return _NOT_ASCII
    if b"r" in prefix or b"\\" not in body:
        return _message(body)
    messages = map(_message, _HIGH_BYTES.findall(body))
    return next(filter(None, messages), None)


def _message(body: bytes) -> str | None:
    error = _decoding_error(body)
    return None if error is None else f"(unicode error) {error}"


def _decoding_error(body: bytes) -> UnicodeDecodeError | None:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        return error
    return None


def _refusal(
    message: str, numbers: tuple[int, int, int, int], text: bytes, filename: str
) -> SyntaxError:
    line, offset, end_line, end_offset = numbers
    shown = text.split(b"\n")[line - 1].decode("utf-8", "replace")
    if line == end_line:
        shown += "\n"
    return SyntaxError(message, (filename, line, offset, shown, end_line, end_offset))
