"""What is wrong inside a string literal: characters that bytes cannot hold, broken escapes."""

from __future__ import annotations

import codecs
import warnings


def literal_problem(text: str) -> str | None:
    """The host's message for a literal with prefix and quotes, or None."""
    start = min(index for index in map(text.find, "'\"") if index >= 0)
    prefix, quoted = text[:start].lower(), text[start:]
    size = 3 if len(quoted) >= 6 and quoted[:3] == quoted[0] * 3 else 1
    body = quoted[size:-size]
    if "b" in prefix:
        return _bytes_problem(body, raw="r" in prefix)
    return None if "r" in prefix else text_problem(body)


def is_bytes(text: str) -> bool:
    """Whether a literal with its prefix and quotes is one of bytes."""
    return "b" in text[: text.index(text[-1])].lower()


def _bytes_problem(body: str, *, raw: bool) -> str | None:
    if not body.isascii():
        return "bytes can only contain ASCII literal characters"
    if raw:
        return None
    try:
        with warnings.catch_warnings(action="ignore"):
            codecs.escape_decode(body.encode())
    except ValueError as error:
        return f"(value error) {error}"
    return None


def text_problem(body: str) -> str | None:
    """Of a string's text or of the text between the fields of an f-string."""
    escaped = "".join(c if c.isascii() else f"\\U{ord(c):08x}" for c in body)
    try:
        with warnings.catch_warnings(action="ignore"):
            codecs.unicode_escape_decode(escaped)
    except UnicodeDecodeError as error:
        return f"(unicode error) {error}"
    return None
