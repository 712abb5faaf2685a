"""Lines: blank and logical ones, comments, indentation, and statements of soft keywords."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from dx_py.frontend.portable.brackets import Brackets
from dx_py.frontend.portable.tokens import Refusal, Span

MAX_INDENTS = 100
TAB_SIZE = 8
_SPACES = re.compile(r" *")
_OTHER_BLANKS = frozenset("\t\f\\")
_EMPTY_LINES = re.compile(r"(?:[ \t\f]*\n)+")
_BLANK_LINES = re.compile(r"(?:[ \t\f]*(?:#[^\n]*)?\n)+")
#: Of PEP 484.
_TYPE_COMMENT = re.compile(
    r"#[ \t]*type:[ \t]*(?P<type>(?P<ignore>ignore(?![A-Za-z0-9\x80-\xff]))?.*)", re.DOTALL
)


@dataclass(slots=True)
class Indentation:
    """``column`` with tabs to multiples of eight, ``alternative`` with tabs of one column."""

    column: int
    alternative: int
    holds_cases: bool


@dataclass(slots=True)
class Layout(Brackets):
    """``first_of_line`` numbers the logical line's first token; after a ``match`` statement
    ``opens_cases`` holds until the next line's indentation is known."""

    indents: list[Indentation] = field(default_factory=lambda: [Indentation(0, 0, False)])
    first_of_line: int = 0
    opens_cases: bool = False

    def newline(self, start: int) -> int:
        """A line break outside brackets, after at least one token of the line."""
        if not self.brackets and not self.fstrings:
            self.end_logical_line()
        return self.next_line(start)

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
