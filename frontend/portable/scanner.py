"""What a Python lexer knows between tokens: lines, brackets, indentation, f-strings.

Both lexers find token boundaries with the expressions of ``lexicon`` and call one method here
for each token; a method adds what the token means and returns where to go on. Soft keywords
and the places of NEWLINE, INDENT and DEDENT follow docs/frontend/grammar.md. Limits and
messages are those of CPython's Parser/tokenizer.c.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from dx_py.frontend.portable.literals import (
    check_number,
    normalised_name,
    number_value,
    touching_kind,
)
from dx_py.frontend.portable.tokens import (
    Dialect,
    Position,
    Refusal,
    Span,
    Tokens,
    refuse,
    utf8,
)
from dx_py.frontend.portable.vocabulary import Vocabulary

MAX_BRACKETS = 200
MAX_INDENTS = 100
MAX_FSTRINGS = 150
TAB_SIZE = 8
HUGE_INTEGER_ADVICE = (
    "Consider hexadecimal for huge integer literals to avoid decimal conversion limits."
)

_CLOSING = {")": "(", "]": "[", "}": "{"}
_SPACES = re.compile(r" *")
_OTHER_BLANKS = frozenset("\t\f\\")
_EMPTY_LINES = re.compile(r"(?:[ \t\f]*\n)+")
_BLANK_LINES = re.compile(r"(?:[ \t\f]*(?:#[^\n]*)?\n)+")
#: Of PEP 484.
_TYPE_COMMENT = re.compile(
    r"#[ \t]*type:[ \t]*(?P<type>(?P<ignore>ignore(?![A-Za-z0-9\x80-\xff]))?.*)", re.DOTALL
)

_COMPOUND = ("IF", "WHILE", "FOR", "TRY", "WITH", "DEF", "CLASS", "ASYNC", "AT", "MATCH")


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
class Indentation:
    """``column`` with tabs to multiples of eight, ``alternative`` with tabs of one column."""

    column: int
    alternative: int
    holds_cases: bool


@dataclass(slots=True)
class Scanner:
    vocabulary: Vocabulary
    tokens: Tokens
    dialect: Dialect
    line: int = 1
    line_start: int = 0
    brackets: list[OpenBracket] = field(default_factory=list)
    fstrings: list[OpenFString] = field(default_factory=list)
    indents: list[Indentation] = field(default_factory=lambda: [Indentation(0, 0, False)])
    first_of_line: int = 0
    opens_cases: bool = False

    def place(self, index: int) -> Position:
        return self.line, index - self.line_start

    def put(self, name: str, value: object, start: int, end: int) -> int:
        self.tokens.add(self.vocabulary.kinds[name], value, self.place(start), self.place(end))
        return end

    # ---- Tokens, each given its text and where it starts; they return where to go on.

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

    def decoded(self, text: str, start: Position, end: Position) -> str:
        """What ``text`` says, if it is UTF-8; the token that it is part of has these places."""
        try:
            return utf8(text)
        except UnicodeDecodeError as error:
            raise refuse(f"(unicode error) {error}", start, end) from None

    def open_string(self, text: str, start: int) -> int:
        rest = self.tokens.text[start + len(text) :]
        long = text[-3:] in ('"""', "'''")
        lines = rest.count("\n") - rest.endswith("\n") if long else _continued_lines(rest)
        what = "triple-quoted string literal" if long else "string literal"
        message = f"unterminated {what} (detected at line {self.line + lines})"
        raise refuse(message, self.place(start))

    def fstring_start(self, text: str, start: int) -> int:
        if len(self.fstrings) + 1 >= MAX_FSTRINGS:
            raise refuse("too many nested f-strings", self.place(start))
        quote = text[-3:] if text[-3:] in ('"""', "'''") else text[-1]
        prefix = text[: -len(quote)].lower()
        is_template = "t" in prefix
        self.fstrings.append(OpenFString(quote, "r" in prefix, is_template, self.place(start)))
        kind = "TSTRING_START" if is_template else "FSTRING_START"
        return self.put(kind, None, start, start + len(text))

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

    def comment(self, text: str, start: int, *, is_alone: bool = False) -> int:
        """A token only if it is a type comment, and those are asked for."""
        end = start + len(text)
        found = _TYPE_COMMENT.match(text) if self.dialect.type_comments else None
        if found is None:
            return end
        first, last = start + found.start("type"), end
        if found["ignore"]:
            # Alone in its line, the host takes the newline into its tag.
            first, last = start + found.end("ignore"), end + is_alone
        text = self.tokens.text[first:last]
        decoded = self.decoded(text, self.place(first), self.place(last))
        if not found["ignore"]:
            return self.put("TYPE_COMMENT", decoded, first, last)
        self.tokens.type_ignores.append((self.line, decoded))
        return end

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

    def newline(self, start: int) -> int:
        """A line break outside brackets, after at least one token of the line."""
        if not self.brackets and not self.fstrings:
            self.end_logical_line()
        return self.next_line(start)

    def next_line(self, newline: int) -> int:
        self.line += 1
        self.line_start = newline + 1
        return newline + 1

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

    # ---- Brackets.

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

    # ---- Logical lines.

    def end_logical_line(self) -> None:
        first = self.first_of_line
        if first < len(self.tokens.kinds) and self.tokens.values[first] in ("match", "case"):
            self.name_soft_keyword(first)
        self.tokens.add_mark(self.vocabulary.kinds["NEWLINE"])

    def name_soft_keyword(self, first: int) -> None:
        kinds, values = self.tokens.kinds, self.tokens.values
        numbers = self.vocabulary.kinds
        if kinds[first] != numbers["NAME"]:
            return
        if values[first] == "match":
            if kinds[-1] == numbers["COLON"] and len(kinds) - first > 2:
                kinds[first] = numbers["MATCH"]
                self.opens_cases = True
        elif values[first] == "case" and self.indents[-1].holds_cases:
            kinds[first] = numbers["CASE"]

    def begin_line(self, index: int) -> int:
        """Skip blank lines from ``index`` on; INDENT or DEDENT for the next line with text.

        Returns where that text starts, or the length of the source.
        """
        text = self.tokens.text
        lines = _EMPTY_LINES if self.dialect.type_comments else _BLANK_LINES
        skip = lines.match
        while True:
            skipped = skip(text, index)
            if skipped is not None:
                self.count_lines(skipped[0], index)
                index = skipped.end()
            end, column, alternative = self.measure(index)
            if end >= len(text):
                return end
            if text[end] not in "\n#":
                self.indent(column, alternative, end)
                return end
            if text[end] == "#":
                before = len(self.tokens.kinds)
                end = self.comment(text[end : text.find("\n", end)], end, is_alone=True)
                if len(self.tokens.kinds) > before:
                    self.first_of_line = before + 1
                    return end
            index = self.next_line(end)

    def measure(self, index: int) -> tuple[int, int, int]:
        """End and width of the blanks at ``index``; a backslash goes on with the next line."""
        text = self.tokens.text
        spaces = _SPACES.match(text, index)
        assert spaces is not None, "even none are some"
        column = alternative = spaces.end() - index
        index = spaces.end()
        if text[index : index + 1] not in _OTHER_BLANKS:
            return index, column, alternative
        fixed: tuple[int, int] | None = None
        while True:
            letter = text[index : index + 1]
            if letter == " ":
                column, alternative = column + 1, alternative + 1
            elif letter == "\t":
                column, alternative = (column // TAB_SIZE + 1) * TAB_SIZE, alternative + 1
            elif letter == "\f":
                column = alternative = 0
            elif letter == "\\":
                fixed = fixed or (column, column)
                index = self.continuation(index) - 1
            else:
                return index, *(fixed if fixed and fixed[0] else (column, alternative))
            index += 1

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

    def indent(self, column: int, alternative: int, index: int) -> None:
        current = self.indents[-1]
        if column == current.column:
            self.same_tabs(alternative == current.alternative)
        elif column > current.column:
            self.same_tabs(alternative > current.alternative)
            self.push_indent(Indentation(column, alternative, self.opens_cases))
        else:
            self.dedent(column, alternative, index)
        self.opens_cases = False
        self.first_of_line = len(self.tokens.kinds)

    def push_indent(self, indentation: Indentation) -> None:
        if len(self.indents) >= MAX_INDENTS:
            raise Refusal(
                "too many levels of indentation",
                Span(self.place(self.line_start), self.place(self.line_start)),
                kind=IndentationError,
            )
        self.indents.append(indentation)
        self.mark("INDENT")

    def dedent(self, column: int, alternative: int, index: int) -> None:
        while column < self.indents[-1].column:
            self.indents.pop()
            self.mark("DEDENT")
        if column != self.indents[-1].column:
            message = "unindent does not match any outer indentation level"
            place = self.place(index)
            raise Refusal(message, Span(place, place), kind=IndentationError)
        self.same_tabs(alternative == self.indents[-1].alternative)

    def same_tabs(self, consistent: bool) -> None:
        if not consistent:
            message = "inconsistent use of tabs and spaces in indentation"
            place = (self.line, 0)
            raise Refusal(message, Span(place, place), kind=TabError)

    def mark(self, name: str) -> None:
        self.tokens.add_mark(self.vocabulary.kinds[name])

    def count_lines(self, text: str, start: int) -> None:
        breaks = text.count("\n")
        if breaks:
            self.line += breaks
            self.line_start = start + text.rindex("\n") + 1

    # ---- Start and end of the text.

    def begin(self, mode: str) -> None:
        self.tokens.add(self.vocabulary.kinds[f"START_{mode}"], None, (1, 0), (1, 0))
        self.first_of_line = 1

    def finish(self) -> Tokens:
        if self.fstrings:
            raise self.unfinished_fstring()
        if self.brackets:
            opened = self.brackets[-1]
            raise refuse(f"'{opened.text}' was never closed", opened.place)
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

    def unfinished_fstring(self) -> Refusal:
        if self.fstrings[-1].field_depth >= 0:
            return refuse("f-string: expecting '}'", self.fstrings[-1].start)
        lines = self.tokens.text.count("\n")
        what = "triple-quoted f-string" if len(self.fstrings[-1].quote) == 3 else "f-string"
        message = f"unterminated {what} literal (detected at line {lines})"
        return refuse(message, self.fstrings[-1].start)

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
