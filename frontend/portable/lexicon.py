"""The regular expressions of Python's tokens, shared by both Python lexers.

They match the UTF-8 source decoded as Latin-1: every byte from 0x80 may be part of a name,
and names are checked afterwards. Source: the language reference, chapter "Lexical analysis".
"""

from __future__ import annotations

import re

BLANKS = r"[ \t\f]*"
NAME = r"[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*"
#: In ASCII, and not the prefix of a string.
PLAIN_NAME = r"[A-Za-z_][A-Za-z0-9_]*(?!['\"A-Za-z0-9_\x80-\xff])"

_DIGITS = r"[0-9](?:_?[0-9])*"
_EXPONENT = rf"[eE][-+]?{_DIGITS}"
_POINT = rf"(?:{_DIGITS})?\.{_DIGITS}|{_DIGITS}\."
_FLOAT = rf"(?:{_POINT})(?:{_EXPONENT})?|{_DIGITS}{_EXPONENT}"
_BASED = r"0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+"
NUMBER = rf"{_BASED}|(?:{_FLOAT})[jJ]?|{_DIGITS}[jJ]?"

_PREFIX = r"(?:[bB][rR]?|[rR][bB]?|[uU])?"
_LONG_DOUBLE = r'"""(?:[^"\\]|\\.|"(?!""))*"""'
_LONG_SINGLE = r"'''(?:[^'\\]|\\.|'(?!''))*'''"
_SHORT_DOUBLE = r'"(?!"")(?:[^"\\\n]|\\.)*"'
_SHORT_SINGLE = r"'(?!'')(?:[^'\\\n]|\\.)*'"
STRING = rf"{_PREFIX}(?:{_LONG_DOUBLE}|{_LONG_SINGLE}|{_SHORT_DOUBLE}|{_SHORT_SINGLE})"
#: What is left when STRING did not match: the text ends, or the line does.
OPEN_STRING = rf"{_PREFIX}(?:\"\"\"|'''|\"|')"

QUOTE = r"(?:\"\"\"|'''|\"|')"
FSTRING_START = rf"(?:[fF][rR]?|[rR][fF]){QUOTE}"
TSTRING_START = rf"(?:[tT][rR]?|[rR][tT]){QUOTE}"

COMMENT = r"\#[^\n]*"
CONTINUATION = r"\\\n"

#: Keywords that may follow a number without a blank, with a warning.
KEYWORD_AFTER_NUMBER = r"and|else|for|if|in|is|not|or"


#: Operators that a bracket depth or a replacement field depends on.
DELICATE = ("(", ")", "[", "]", "{", "}", ":", ":=", "!", "!=")


def operators(texts: list[str]) -> str:
    """One expression for all operators, longest first; a dot before a digit is a number."""
    ordered = sorted(texts, key=len, reverse=True)
    return "|".join(r"\.(?![0-9])" if text == "." else re.escape(text) for text in ordered)
