"""Source text of constants, such that reading it back gives the same value."""

from __future__ import annotations

import math
import sys

# The characters of a string that are written as escapes by name.
_NAMED_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

# Larger integers are written in hexadecimal: the host refuses to convert decimal numbers of
# more than `sys.get_int_max_str_digits()` digits, in both directions.
_DECIMAL_LIMIT = 10 ** (sys.int_info.str_digits_check_threshold - 1)


def constant_text(value: object) -> str:
    """The literal of a value that `ast.Constant` can hold."""
    match value:
        case None | bool():
            return str(value)
        case str():
            return string_text(value)
        case int():
            return str(value) if abs(value) < _DECIMAL_LIMIT else hex(value)
        case float():
            return float_text(value)
        case complex():
            return complex_text(value)
        case tuple():
            return _tuple_text(value)
        case frozenset():
            return f"frozenset({_tuple_text(tuple(sorted(value, key=repr)))})"
        case _:
            return "..." if value is ... else repr(value)


def string_text(value: str, prefix: str = "") -> str:
    quote = '"' if "'" in value and '"' not in value else "'"
    return f"{prefix}{quote}{escape(value, quote)}{quote}"


def docstring_text(value: str) -> str:
    """A string on its own lines, in triple quotes, newlines and tabs kept."""
    body = "".join(c if c in "\n\t" else escape_character(c, "") for c in value)
    body = body.replace('"""', '""\\"')
    if body.endswith('"'):
        body = body[:-1] + '\\"'
    return f'"""{body}"""'


def escape(value: str, quote: str) -> str:
    """`value` as it stands between two `quote` characters on one line."""
    return "".join(escape_character(c, quote) for c in value)


def escape_character(character: str, quote: str) -> str:
    if character == quote:
        return f"\\{quote}"
    if character in _NAMED_ESCAPES:
        return _NAMED_ESCAPES[character]
    if character.isprintable():
        return character
    return numeric_escape(character)


def numeric_escape(character: str) -> str:
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def float_text(value: float) -> str:
    """Infinities overflow on purpose; NaN has no literal, so a difference stands for it."""
    if math.isnan(value):
        return f"{_infinity()} - {_infinity()}"
    return repr(value).replace("inf", _infinity())


def complex_text(value: complex) -> str:
    if math.isnan(value.imag) or math.isnan(value.real):
        return f"{_infinity()}j - {_infinity()}j"
    imaginary = f"{float_text(value.imag)}j"
    if not value.real:
        return imaginary
    sign = "" if imaginary.startswith("-") else "+"
    return f"{float_text(value.real)}{sign}{imaginary}"


def _infinity() -> str:
    return f"1e{sys.float_info.max_10_exp + 1}"


def _tuple_text(values: tuple[object, ...]) -> str:
    items = ", ".join(constant_text(item) for item in values)
    return f"({items},)" if len(values) == 1 else f"({items})"
