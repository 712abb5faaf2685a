"""Checks of names and numbers beyond their regular expressions, and the values of literals."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from dx_py.frontend.portable.lexicon import KEYWORD_AFTER_NUMBER

_ALLOWED_AFTER = re.compile(rf"(?:{KEYWORD_AFTER_NUMBER})")
_BASES = {"x": "hexadecimal", "o": "octal", "b": "binary"}


@dataclass(frozen=True, slots=True)
class BadName:
    """A character that no identifier may hold, ``offset`` bytes into the name."""

    message: str
    offset: int


def normalised_name(name: str) -> str | BadName:
    """The NFKC form of a name, as PEP 3131 says, or why it is none."""
    normal = unicodedata.normalize("NFKC", name)
    if name.isidentifier() and normal.isidentifier():
        return normal
    prefix = next(end for end in range(1, len(name) + 1) if not name[:end].isidentifier())
    letter = name[prefix - 1]
    point = f"U+{ord(letter):04X}"
    offset = len(name[: prefix - 1].encode("utf-8"))
    if letter.isprintable():
        return BadName(f"invalid character '{letter}' ({point})", offset)
    return BadName(f"invalid non-printable character {point}", offset)


def check_number(text: str, source: str, end: int) -> str | None:
    """Why the number ``text``, which ends at ``end`` of ``source``, is none; else ``None``."""
    following = source[end : end + 1]
    kind = _kind(text, following)
    if following.isascii() and (following.isalnum() or following == "_"):
        based = text == "0" and following.lower() in _BASES
        if based:
            return f"invalid {_BASES[following.lower()]} literal"
        if kind == "octal" and following in "89":
            return f"invalid digit '{following}' in octal literal"
        if kind == "binary" and following.isdigit():
            return f"invalid digit '{following}' in binary literal"
        if following == "_" or not _ALLOWED_AFTER.match(source, end):
            return f"invalid {kind} literal"
    if text[0] == "0" and text.replace("_", "").isdigit() and text.strip("0_"):
        return (
            "leading zeros in decimal integer literals are not permitted; "
            "use an 0o prefix for octal integers"
        )
    return None


def touching_kind(text: str, source: str, end: int) -> str | None:
    """What a valid number is called that a keyword follows without a blank, which is odd."""
    following = source[end : end + 1]
    return _kind(text, following) if following.isascii() and following.isalpha() else None


def number_value(text: str) -> int | float | complex:
    """``ValueError`` for more decimal digits than ``sys.set_int_max_str_digits`` allows."""
    plain = text.replace("_", "")
    if plain[-1] in "jJ" and plain[:2].lower() != "0x":
        return complex(0.0, float(plain[:-1]))
    if plain[:2].lower() in ("0x", "0o", "0b"):
        return int(plain, 0)
    return int(plain) if plain.isdigit() else float(plain)


def _kind(text: str, following: str) -> str:
    if text[-1] in "jJ":
        return "imaginary"
    return _BASES.get(text[1:2].lower(), "decimal") if text[0] == "0" else "decimal"
