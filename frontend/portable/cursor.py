"""Where a lexer is in its text, and how it puts down what it found."""

from __future__ import annotations

from dataclasses import dataclass

from dx_py.frontend.portable.tokens import Dialect, Position, Refusal, Tokens, refuse, utf8
from dx_py.frontend.portable.vocabulary import Vocabulary


@dataclass(slots=True)
class Cursor:
    """``line`` counts from one; ``line_start`` is the offset of its first letter."""

    vocabulary: Vocabulary
    tokens: Tokens
    dialect: Dialect
    line: int = 1
    line_start: int = 0

    def place(self, index: int) -> Position:
        return self.line, index - self.line_start

    def put(self, name: str, value: object, start: int, end: int) -> int:
        self.tokens.add(self.vocabulary.kinds[name], value, self.place(start), self.place(end))
        return end

    def mark(self, name: str) -> None:
        self.tokens.add_mark(self.vocabulary.kinds[name])

    def decoded(self, text: str, start: Position, end: Position) -> str:
        """What ``text`` says, if it is UTF-8; the token that it is part of has these places."""
        try:
            return utf8(text)
        except UnicodeDecodeError as error:
            raise refuse(f"(unicode error) {error}", start, end) from None

    def next_line(self, newline: int) -> int:
        self.line += 1
        self.line_start = newline + 1
        return newline + 1

    def count_lines(self, text: str, start: int) -> None:
        breaks = text.count("\n")
        if breaks:
            self.line += breaks
            self.line_start = start + text.rindex("\n") + 1

    def continuation(self, index: int) -> int:
        """A backslash before a line break: the line goes on, unless the text ends there."""
        if self.tokens.text[index + 1 : index + 2] != "\n":
            raise self.bad_continuation(index)
        following = self.next_line(index + 1)
        if following >= len(self.tokens.text):
            raise refuse("unexpected EOF while parsing", self.place(following))
        return following

    def bad_continuation(self, index: int) -> Refusal:
        message = "unexpected character after line continuation character"
        return refuse(message, self.place(index + 1))
