"""The text between quotes to the value it stands for.

Rules: the language reference, "String and Bytes literals". Where text is refused, the host's
own codec words the message, as it does for the host's parser.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
import warnings
from collections.abc import Callable

_SIMPLE = {
    "\n": "",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}
_BYTES_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_STRING_ESCAPE = re.compile(
    r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|N\{([^}]+)\}|(.))",
    re.DOTALL,
)

Warn = Callable[[str], None]


class BadEscape(ValueError):  # noqa: N818 - becomes a refusal where the literal stands
    """An escape that stands for no character; the message is the host's."""


def decode_string(text: str, warn: Warn) -> str:
    """``text`` without its escapes; ``warn`` is told of those that mean nothing."""
    if "\\" not in text:
        return text
    try:
        return _STRING_ESCAPE.sub(lambda found: _character(found, warn), text)
    except (LookupError, ValueError, OverflowError):
        raise BadEscape(_codec_message(text)) from None


def decode_bytes(text: str, warn: Warn) -> bytes:
    """Likewise for an ASCII bytes literal."""
    try:
        plain = _BYTES_ESCAPE.sub(lambda found: _byte(found, warn), text)
    except LookupError:
        raise BadEscape(_bytes_message(text)) from None
    return plain.encode("latin-1")


def _character(found: re.Match[str], warn: Warn) -> str:
    octal, two, four, eight, name, other = found.groups()
    if octal:
        return _octal(octal, warn)
    if name:
        return _named(name)
    digits = two or four or eight
    return chr(int(digits, 16)) if digits else _simple(other, "xuUN", warn)


def _named(name: str) -> str:
    """One character: names of sequences, which ``unicodedata`` knows too, are refused."""
    text = unicodedata.lookup(name)
    if len(text) != 1:
        raise LookupError(name)
    return text


def _byte(found: re.Match[str], warn: Warn) -> str:
    octal, two, other = found.groups()
    if octal:
        return chr(ord(_octal(octal, warn)) & 0xFF)
    return chr(int(two, 16)) if two else _simple(other, "x", warn)


def _octal(digits: str, warn: Warn) -> str:
    if int(digits, 8) > 0o377:
        warn(f"invalid octal escape sequence '\\{digits}'")
    return chr(int(digits, 8))


def _simple(letter: str, incomplete: str, warn: Warn) -> str:
    """``LookupError`` where ``letter`` begins a longer escape that is not complete."""
    if letter in incomplete:
        raise LookupError(letter)
    if letter not in _SIMPLE:
        if letter.isascii():  # the host says nothing of others
            warn(f"invalid escape sequence '\\{letter}'")
        return f"\\{letter}"
    return _SIMPLE[letter]


def _codec_message(text: str) -> str:
    escaped = "".join(c if c.isascii() else f"\\U{ord(c):08x}" for c in text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            codecs.decode(escaped.encode("ascii"), "unicode_escape")
        except UnicodeDecodeError as error:
            return f"(unicode error) {error}"
    return "(unicode error) malformed \\N character escape"


def _bytes_message(text: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            codecs.escape_decode(text.encode("latin-1"))
        except ValueError as error:
            return f"(value error) {error}"
    return "(value error) invalid \\x escape"
