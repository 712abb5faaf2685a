"""The inside of f-strings: their text, and where replacement fields begin and end.

A field's expression is read by the lexer as everywhere else; the scanner's ``fstrings`` and
``brackets`` tell when its ``!``, ``:`` and ``}`` are reached. Source: PEP 701.
"""

from __future__ import annotations

import re

from dx_py.frontend.portable.brackets import OpenFString
from dx_py.frontend.portable.scanner import Scanner
from dx_py.frontend.portable.tokens import Opening, refuse

MAX_FIELD_NESTING = 3

_PLAIN = re.compile(r"""[^{}\\\n'"]*""")
_NAMED_CHARACTER = re.compile(r"\\N\{[^}\n]*\}")


def enters_spec(scanner: Scanner, text: str) -> bool:
    """Whether the operator ``text`` ends a field's expression and begins its format."""
    return text in (":", ":=") and scanner.in_field()


def begin_spec(scanner: Scanner, start: int) -> int:
    """The colon before a format specification, then the specification's text."""
    end = scanner.operator(":", start)
    scanner.fstrings[-1].in_spec = True
    return scan_text(scanner, end)


def end_field(scanner: Scanner, start: int) -> int:
    """The brace that closes a field, then the text that follows."""
    end = scanner.operator("}", start)
    fstring = scanner.fstrings[-1]
    fstring.field_depth, fstring.in_spec, fstring.bang = fstring.outer.pop()
    return scan_text(scanner, end)


def scan_text(scanner: Scanner, index: int) -> int:
    """Text from ``index`` up to a field or the end of the f-string; returns where to go on."""
    while True:
        end, stop = _text_end(scanner, index)
        fstring = scanner.fstrings[-1]
        _put_text(scanner, fstring, index, end, stop)
        index = end
        match stop:
            case "{{" | "}}":
                index += 2
                scanner.tokens.ends[-1] = scanner.place(index)
            case "{":
                return _begin_field(scanner, index)
            case "}" if fstring.in_spec:
                return end_field(scanner, index)
            case "\\N":
                continue  # the host ends a token after a named character
            case "\n":
                return index  # it ends the format of a string in single quotes
            case "}":
                message = "f-string: single '}' is not allowed"
                raise refuse(message, scanner.place(index))
            case _:
                return _end_fstring(scanner, fstring, index)


def _text_end(scanner: Scanner, index: int) -> tuple[int, str]:
    """Where the text that begins at ``index`` stops, and at what."""
    text = scanner.tokens.text
    fstring = scanner.fstrings[-1]
    while True:
        index = _plain_end(text, index)
        letter = text[index : index + 1]
        if text.startswith(fstring.quote, index):
            return index, fstring.quote
        if letter in ("{", "}"):
            doubled = letter * 2
            is_doubled = text.startswith(doubled, index) and not fstring.in_spec
            return index, doubled if is_doubled else letter
        breaks_off = letter == "\n" and len(fstring.quote) == 1
        if breaks_off and fstring.in_spec:
            return index, letter
        if not letter or breaks_off:
            raise _unterminated(scanner, fstring, index)
        named = None if fstring.is_raw else _NAMED_CHARACTER.match(text, index)
        if named:
            return named.end(), "\\N"
        index = _escape_end(scanner, index) if letter == "\\" else index + 1


def _plain_end(text: str, index: int) -> int:
    found = _PLAIN.match(text, index)
    return found.end() if found else index


def _escape_end(scanner: Scanner, index: int) -> int:
    """Braces keep their meaning after a backslash."""
    letter = scanner.tokens.text[index + 1 : index + 2]
    if letter not in ("{", "}"):
        return index + 2
    if not scanner.fstrings[-1].is_raw:
        message = f"invalid escape sequence '\\{letter}'"
        scanner.tokens.warnings.append((scanner.place(index), message))
    return index + 1


def _put_text(scanner: Scanner, fstring: OpenFString, start: int, end: int, stop: str) -> None:
    text = scanner.tokens.text[start:end]
    if stop in ("{{", "}}"):
        text += stop[0]
    if not text and not _needs_empty_text(scanner, stop):
        return
    first = scanner.place(start)
    scanner.count_lines(scanner.tokens.text[start:end], start)
    kind = scanner.vocabulary.kinds["FSTRING_MIDDLE"]
    decoded = scanner.decoded(text, fstring.start, fstring.start)
    # CPython reads the escapes of a format, in a raw string too.
    is_raw = fstring.is_raw and not fstring.in_spec
    scanner.tokens.add(kind, (decoded, is_raw), first, scanner.place(end))


def _needs_empty_text(scanner: Scanner, stop: str) -> bool:
    """3.12 ends a specification with a text token: empty after a field, or at a newline."""
    if stop == "\n":
        return True
    is_spec = stop == "}" and scanner.fstrings[-1].in_spec
    return is_spec and scanner.tokens.kinds[-1] != scanner.vocabulary.kinds["COLON"]


def _begin_field(scanner: Scanner, start: int) -> int:
    fstring = scanner.fstrings[-1]
    if len(fstring.outer) >= MAX_FIELD_NESTING:
        raise refuse("f-string: expressions nested too deeply", scanner.place(start))
    # The host reads the escapes of what `=` shows, as of the text around it; not in a format.
    is_raw = fstring.is_raw or fstring.is_template or fstring.in_spec
    fstring.outer.append((fstring.field_depth, fstring.in_spec, fstring.bang))
    fstring.field_depth = len(scanner.brackets) + 1
    fstring.in_spec, fstring.bang = False, -1
    after = scanner.operator("{", start)
    scanner.tokens.values[-1] = Opening(start, is_raw)
    return after


def _end_fstring(scanner: Scanner, fstring: OpenFString, start: int) -> int:
    scanner.fstrings.pop()
    kind = "TSTRING_END" if fstring.is_template else "FSTRING_END"
    return scanner.put(kind, None, start, start + len(fstring.quote))


def _unterminated(scanner: Scanner, fstring: OpenFString, index: int) -> Exception:
    if fstring.in_spec:
        return refuse("f-string: expecting '}'", fstring.start)
    what = "triple-quoted f-string" if len(fstring.quote) == 3 else "f-string"
    line = scanner.line + scanner.tokens.text.count("\n", scanner.line_start, index)
    line -= index >= len(scanner.tokens.text)
    return refuse(f"unterminated {what} literal (detected at line {line})", fstring.start)
