"""What a Python lexer knows between tokens: lines, brackets, indentation, f-strings.

Both lexers find token boundaries with the expressions of ``lexicon`` and call one method here
for each token; a method adds what the token means and returns where to go on. Soft keywords
and the places of NEWLINE, INDENT and DEDENT follow docs/frontend/grammar.md. Limits and
messages are those of CPython's Parser/tokenizer.c.
"""

from __future__ import annotations

from dataclasses import dataclass

from dx_py.frontend.portable.layout import Layout
from dx_py.frontend.portable.literals import (
    check_number,
    normalised_name,
    number_value,
    touching_kind,
)
from dx_py.frontend.portable.tokens import Tokens, refuse

HUGE_INTEGER_ADVICE = (
    "Consider hexadecimal for huge integer literals to avoid decimal conversion limits."
)

_COMPOUND = ("IF", "WHILE", "FOR", "TRY", "WITH", "DEF", "CLASS", "ASYNC", "AT", "MATCH")


@dataclass(slots=True)
class Scanner(Layout):
    """Every method of a token is given its text and where it starts."""

    def begin(self, mode: str) -> None:
        self.tokens.add(self.vocabulary.kinds[f"START_{mode}"], None, (1, 0), (1, 0))
        self.first_of_line = 1

    def name(self, text: str, start: int) -> int:
        end = start + len(text)
        kind = self.vocabulary.keywords.get(text)
        if kind is None:
            return self.put("NAME", self.checked_name(text, start), start, end)
        self.tokens.add(kind, None, self.place(start), self.place(end))
        return end

    def checked_name(self, text: str, start: int) -> str:
        if text.isascii():
            return text
        places = self.place(start), self.place(start + len(text))
        name = normalised_name(self.decoded(text, *places))
        if isinstance(name, str):
            return name
        place = self.place(start + name.offset)
        raise refuse(name.message, place)

    def number(self, text: str, start: int) -> int:
        end = start + len(text)
        message = check_number(text, self.tokens.text, end)
        if message is not None:
            raise refuse(message, self.place(start), self.place(end))
        try:
            value = number_value(text)
        except ValueError as error:
            message = f"{error} - {HUGE_INTEGER_ADVICE}"
            raise refuse(message, self.place(start), self.place(end)) from None
        kind = touching_kind(text, self.tokens.text, end)
        if kind is not None:
            self.tokens.warnings.append((self.place(start), f"invalid {kind} literal"))
        return self.put("NUMBER", value, start, end)

    def string(self, text: str, start: int) -> int:
        first = self.place(start)
        end = start + len(text)
        self.count_lines(text, start)
        last = self.place(end)
        self.tokens.add(
            self.vocabulary.kinds["STRING"], self.decoded(text, first, last), first, last
        )
        return end

    def open_string(self, text: str, start: int) -> int:
        rest = self.tokens.text[start + len(text) :]
        long = text[-3:] in ('"""', "'''")
        lines = rest.count("\n") - rest.endswith("\n") if long else _continued_lines(rest)
        what = "triple-quoted string literal" if long else "string literal"
        message = f"unterminated {what} (detected at line {self.line + lines})"
        raise refuse(message, self.place(start))

    def operator(self, text: str, start: int) -> int:
        end = start + len(text)
        value = self.field_mark(text, start) if self.fstrings else None
        self.count_bracket(text, start)
        self.tokens.add(
            self.vocabulary.operators[text], value, self.place(start), self.place(end)
        )
        return end

    def not_equal(self, text: str, start: int) -> int:
        """Either sign, where PEP 401 rules."""
        end = start + len(text)
        if text == "!=":
            message = "with Barry as BDFL, use '<>' instead of '!='"
            raise refuse(message, self.place(start), self.place(end))
        return self.put("NOTEQUAL", None, start, end)

    def unknown(self, index: int) -> int:
        letter = self.tokens.text[index]
        if letter == "\\":
            raise self.bad_continuation(index)
        if letter == "\0":
            raise refuse("source code cannot contain null bytes", self.place(index))
        if letter.isprintable():
            raise refuse("invalid syntax", self.place(index), self.place(index + 1))
        message = f"invalid non-printable character U+{ord(letter):04X}"
        raise refuse(message, self.place(index))

    def finish(self) -> Tokens:
        self.check_closed()
        for _ in self.indents[1:]:
            self.mark("DEDENT")
        if self.is_compound_at_prompt():
            self.mark("NEWLINE")
        self.mark("ENDMARKER")
        self.name_type_statements()
        return self.tokens

    def is_compound_at_prompt(self) -> bool:
        """In single mode a blank line ends a compound statement; the end of the text is one."""
        numbers = self.vocabulary.kinds
        start, *statement = self.tokens.kinds[:2]
        compound = {numbers[name] for name in _COMPOUND}
        return start == numbers["START_SINGLE"] and not compound.isdisjoint(statement)

    def name_type_statements(self) -> None:
        """``type`` begins an alias where a statement may begin and a name follows."""
        kinds, values = self.tokens.kinds, self.tokens.values
        numbers = self.vocabulary.kinds
        before = {
            numbers[name] for name in ("NEWLINE", "INDENT", "DEDENT", "SEMI", "COLON")
        } | {numbers[name] for name in numbers if name.startswith("START_")}
        name = numbers["NAME"]
        for index, value in enumerate(values):
            if value != "type" or kinds[index : index + 2] != [name, name]:
                continue
            if kinds[index - 1] in before:
                kinds[index] = numbers["TYPE"]


def _continued_lines(rest: str) -> int:
    """Line breaks that backslashes hide before the first bare one."""
    count = 0
    for line in rest.split("\n"):
        if not line.endswith("\\"):
            break
        count += 1
    return count
