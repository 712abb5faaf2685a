"""UTF-8 source to ``Tokens`` by ply.lex: the lexer that the native one is compared with.

At the beginning of a line PLY is in a state of its own, where indentation is measured. The
text of f-strings is scanned by the rules that open a string or close a field. ``Scanner`` keeps
what PLY does not: lines, brackets, indentation, open f-strings.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from ply import lex
from ply.lex import LexToken

from dx_py.frontend.portable import lexicon
from dx_py.frontend.portable.fields import begin_spec, end_field, enters_spec, scan_text
from dx_py.frontend.portable.scanner import Scanner
from dx_py.frontend.portable.tokens import Dialect, Tokens
from dx_py.frontend.portable.vocabulary import Vocabulary

Rule = TypeVar("Rule", bound=Callable[..., None])

_OPERATOR = (
    r"\*\*=|//=|>>=|<<=|\.\.\.|:=|!=|->|==|<=|>=|\+=|-=|\*=|/=|%=|@=|&=|\|=|\^=|\*\*|//|<<|>>"
    r"|[-+*/%@&|^~<>=(){}\[\],:;!]|\.(?![0-9])"
)


def tokenize(source: bytes, vocabulary: Vocabulary, mode: str, *, templates: bool) -> Tokens:
    """As ``portable.lexer.tokenize``, by PLY. Raises ``Refusal``."""
    scanner = Scanner(vocabulary, Tokens(source.decode("latin-1")), Dialect(templates))
    scanner.begin(mode)
    rules = Rules(scanner, templates=templates)
    lexer = lex.lex(object=rules, reflags=int(re.DOTALL), errorlog=lex.NullLogger())
    lexer.input(scanner.tokens.text)
    lexer.begin("line")
    while lexer.token() is not None:
        pass
    return scanner.finish()


def _matches(regex: str) -> Callable[[Rule], Rule]:
    """PLY reads a rule's expression from here, or else from its docstring, which -OO drops."""

    def attach(rule: Rule) -> Rule:
        rule.__dict__["regex"] = regex
        return rule

    return attach


class Rules:
    """PLY reads the rules off the names and tries them in this order.

    A rule hands its token to the scanner and returns nothing, so that PLY goes on at the
    place the scanner gave.
    """

    tokens = ("END",)
    states = (("line", "exclusive"),)
    t_ignore = " \t\f"
    t_line_ignore = ""

    def __init__(self, scanner: Scanner, *, templates: bool) -> None:
        self.scanner = scanner
        self.templates = templates

    @_matches(r".")
    def t_line_begin(self, token: LexToken) -> None:
        token.lexer.begin("INITIAL")
        token.lexer.lexpos = self.scanner.begin_line(token.lexpos)

    @_matches(lexicon.STRING)
    def t_string(self, token: LexToken) -> None:
        token.lexer.lexpos = self.scanner.string(token.value, token.lexpos)

    @_matches(f"{lexicon.FSTRING_START}|{lexicon.TSTRING_START}")
    def t_fstring(self, token: LexToken) -> None:
        prefix = token.value.rstrip("\"'")
        if "t" in prefix.lower() and not self.templates:
            token.lexer.lexpos = self.scanner.name(prefix, token.lexpos)
            return
        after = self.scanner.fstring_start(token.value, token.lexpos)
        token.lexer.lexpos = scan_text(self.scanner, after)

    @_matches(lexicon.OPEN_STRING)
    def t_open_string(self, token: LexToken) -> None:
        self.scanner.open_string(token.value, token.lexpos)

    @_matches(lexicon.NAME)
    def t_name(self, token: LexToken) -> None:
        self.scanner.name(token.value, token.lexpos)

    @_matches(lexicon.NUMBER)
    def t_number(self, token: LexToken) -> None:
        self.scanner.number(token.value, token.lexpos)

    @_matches(_OPERATOR)
    def t_operator(self, token: LexToken) -> None:
        token.lexer.lexpos = self._operator(token.value, token.lexpos)

    @_matches(r"\n")
    def t_newline(self, token: LexToken) -> None:
        inside = self.scanner.brackets or self.scanner.fstrings
        self.scanner.newline(token.lexpos)
        if not inside:
            token.lexer.begin("line")

    @_matches(lexicon.COMMENT)
    def t_comment(self, token: LexToken) -> None:
        """Comments are no tokens."""

    @_matches(lexicon.CONTINUATION)
    def t_continuation(self, token: LexToken) -> None:
        self.scanner.continuation(token.lexpos)

    def t_error(self, token: LexToken) -> None:
        self.scanner.unknown(token.lexpos)

    def t_line_error(self, token: LexToken) -> None:
        self.scanner.unknown(token.lexpos)

    def _operator(self, text: str, start: int) -> int:
        scanner = self.scanner
        if enters_spec(scanner, text):
            return begin_spec(scanner, start)
        if text == "}" and scanner.in_field():
            return end_field(scanner, start)
        return scanner.operator(text, start)
