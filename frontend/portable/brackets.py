"""Brackets and f-strings that are open, and what a token does to them."""

from __future__ import annotations

from dataclasses import dataclass, field

from dx_py.frontend.portable.cursor import Cursor
from dx_py.frontend.portable.tokens import Position, Refusal, refuse

MAX_BRACKETS = 200
MAX_FSTRINGS = 150
_CLOSING = {")": "(", "]": "[", "}": "{"}


@dataclass(slots=True)
class OpenBracket:
    text: str
    place: Position


@dataclass(slots=True)
class OpenFString:
    """``field_depth``: number of open brackets where the innermost field is, or -1 in text;
    ``bang``: where the first ``!=`` of that field is, or -1."""

    quote: str
    is_raw: bool
    is_template: bool
    start: Position
    field_depth: int = -1
    in_spec: bool = False
    bang: int = -1
    outer: list[tuple[int, bool, int]] = field(default_factory=list)


@dataclass(slots=True)
class Brackets(Cursor):
    """The innermost bracket and f-string are the last of their lists."""

    brackets: list[OpenBracket] = field(default_factory=list)
    fstrings: list[OpenFString] = field(default_factory=list)

    def count_bracket(self, text: str, start: int) -> None:
        """What the operator does to the brackets that are open."""
        if text in "([{":
            self.open_bracket(text, start)
        elif text in ")]}":
            self.close_bracket(text, start)

    def open_bracket(self, text: str, start: int) -> None:
        if len(self.brackets) >= MAX_BRACKETS:
            raise refuse("too many nested parentheses", self.place(start))
        self.brackets.append(OpenBracket(text, self.place(start)))

    def close_bracket(self, text: str, start: int) -> None:
        if not self.brackets:
            raise refuse(f"unmatched '{text}'", self.place(start))
        opened = self.brackets.pop()
        if opened.text != _CLOSING[text]:
            raise refuse(self.mismatch(text, opened), self.place(start))

    def mismatch(self, text: str, opened: OpenBracket) -> str:
        message = f"closing parenthesis '{text}' does not match opening parenthesis"
        if opened.place[0] == self.line:
            return f"{message} '{opened.text}'"
        return f"{message} '{opened.text}' on line {opened.place[0]}"

    def in_field(self) -> bool:
        """Whether the innermost bracket is a replacement field's own brace."""
        return bool(self.fstrings) and self.fstrings[-1].field_depth == len(self.brackets)

    def field_mark(self, text: str, start: int) -> int | None:
        """The offset, if the parser may take the operator for a mark of a field.

        For the host what ``=`` shows ends at the first ``!``, that of ``!=`` included.
        """
        fstring = self.fstrings[-1]
        if text == "!=" and self.in_field() and fstring.bang < 0 and not fstring.is_template:
            fstring.bang = start
        if text in ("}", "!", ":") and self.in_field() and fstring.bang >= 0:
            return fstring.bang
        return start if text in ("{", "}", "!", ":") else None

    def fstring_start(self, text: str, start: int) -> int:
        if len(self.fstrings) + 1 >= MAX_FSTRINGS:
            raise refuse("too many nested f-strings", self.place(start))
        quote = text[-3:] if text[-3:] in ('"""', "'''") else text[-1]
        prefix = text[: -len(quote)].lower()
        is_template = "t" in prefix
        self.fstrings.append(OpenFString(quote, "r" in prefix, is_template, self.place(start)))
        kind = "TSTRING_START" if is_template else "FSTRING_START"
        return self.put(kind, None, start, start + len(text))

    def check_closed(self) -> None:
        """At the end of the text nothing is open."""
        if self.fstrings:
            raise self.unfinished_fstring()
        if self.brackets:
            opened = self.brackets[-1]
            raise refuse(f"'{opened.text}' was never closed", opened.place)

    def unfinished_fstring(self) -> Refusal:
        if self.fstrings[-1].field_depth >= 0:
            return refuse("f-string: expecting '}'", self.fstrings[-1].start)
        lines = self.tokens.text.count("\n")
        what = "triple-quoted f-string" if len(self.fstrings[-1].quote) == 3 else "f-string"
        message = f"unterminated {what} literal (detected at line {lines})"
        return refuse(message, self.fstrings[-1].start)
