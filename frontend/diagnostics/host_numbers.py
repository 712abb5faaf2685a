"""What the host says of a malformed number, and where.

The host reads a number digit by digit and complains where it stands: its place is the last
character it has taken. The rules are those of the language reference, section "Numeric
literals"; the keywords that may touch a number (`1if x`) are taken as its end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BASES = {"x": "hexadecimal", "o": "octal", "b": "binary"}
_DIGITS = {
    "hexadecimal": "0123456789abcdefABCDEF",
    "octal": "01234567",
    "binary": "01",
    "decimal": "0123456789",
}
# The host looks at two letters only where the keyword has no more.
_FOLLOWING_KEYWORD = re.compile(r"(?:and|else|for|or|not)(?!\w)|i[fns]")
_LEADING_ZEROS = (
    "leading zeros in decimal integer literals are not permitted;"
    " use an 0o prefix for octal integers"
)


@dataclass(frozen=True, slots=True)
class NumberProblem:
    """`end` is the column after the last character taken; `is_range` spans from the start."""

    message: str
    end: int
    is_range: bool = False


class _Malformed(Exception):  # noqa: N818 - a finding
    def __init__(self, problem: NumberProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def number_problem(line: str, start: int) -> NumberProblem | None:
    """Of the number that begins at `start`."""
    scan = _Scan(line, start)
    try:
        scan.number()
    except _Malformed as found:
        return found.problem
    return None


class _Scan:
    def __init__(self, line: str, start: int) -> None:
        self.line = line
        self.start = self.at = start

    @property
    def letter(self) -> str:
        return self.line[self.at : self.at + 1]

    def is_digit(self, kind: str = "decimal") -> bool:
        return self.letter != "" and self.letter in _DIGITS[kind]

    def refuse(self, kind: str) -> _Malformed:
        return _Malformed(NumberProblem(f"invalid {kind} literal", self.at))

    def number(self) -> None:
        base = _BASES.get(self.line[self.start + 1 : self.start + 2].lower())
        if self.letter == "0" and base is not None:
            self.at += 2
            self.based(base)
        elif self.letter == "0":
            self.zeros()
        else:
            self.decimal()

    def based(self, kind: str) -> None:
        while True:
            self.at += self.letter == "_"
            self.check_digit(kind)
            if not self.is_digit(kind):
                raise self.refuse(kind)
            self.skip_digits(kind)
            if self.letter != "_":
                break
        self.check_digit(kind)
        self.end_of_number(kind)

    def check_digit(self, kind: str) -> None:
        """A decimal digit that the base does not have."""
        if self.is_digit() and not self.is_digit(kind):
            message = f"invalid digit '{self.letter}' in {kind} literal"
            raise _Malformed(NumberProblem(message, self.at + 1))

    def skip_digits(self, kind: str) -> None:
        while self.is_digit(kind):
            self.at += 1

    def zeros(self) -> None:
        while self.letter == "0" or self.letter == "_":
            if self.letter == "_":
                self.at += 1
                if not self.is_digit():
                    raise self.refuse("decimal")
            if self.letter != "0":
                break
            self.at += 1
        end_of_zeros = self.at + 1
        nonzero = self.is_digit()
        if nonzero:
            self.digits()
        if nonzero and self.letter not in tuple(".eEjJ"):
            raise _Malformed(NumberProblem(_LEADING_ZEROS, end_of_zeros, is_range=True))
        self.fraction()

    def decimal(self) -> None:
        if self.is_digit():
            self.digits()
        self.fraction()

    def digits(self) -> None:
        while True:
            self.skip_digits("decimal")
            if self.letter != "_":
                return
            self.at += 1
            if not self.is_digit():
                raise self.refuse("decimal")

    def fraction(self) -> None:
        if self.letter == ".":
            self.at += 1
            if self.is_digit():
                self.digits()
        if self.letter in ("e", "E"):
            self.exponent()
        if self.letter in ("j", "J"):
            self.at += 1
            self.end_of_number("imaginary")
        else:
            self.end_of_number("decimal")

    def exponent(self) -> None:
        mark = self.at
        self.at += 1
        signed = self.letter in ("+", "-")
        self.at += signed
        if self.is_digit():
            self.digits()
            return
        if signed:
            raise self.refuse("decimal")
        self.at = mark

    def end_of_number(self, kind: str) -> None:
        rest = self.line[self.at :]
        if _FOLLOWING_KEYWORD.match(rest):
            return
        if rest[:1].isascii() and (rest[:1].isidentifier() or rest[:1].isdecimal()):
            raise self.refuse(kind)
