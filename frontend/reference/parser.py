"""PLY's own ``LRParser`` on the grammar's tables: the parser that the others are compared with.

``LRParser`` keeps its stacks on itself and is not re-entrant: each parse makes a new one.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from ply.lex import LexToken
from ply.yacc import LRParser, LRTable, MiniProduction, YaccProduction

from dx_py.frontend.grammar.reader import read_grammar
from dx_py.frontend.portable.parser import Parsed, in_order, reductions_for
from dx_py.frontend.portable.reductions import Reduction
from dx_py.frontend.portable.source import Source
from dx_py.frontend.portable.tokens import Position, Tokens, refuse
from dx_py.frontend.portable.vocabulary import vocabulary
from dx_py.frontend.reference.lexer import tokenize
from dx_py.frontend.tables import Tables


def parse_utf8(source: bytes, tables: Tables, *, mode: str, minor_version: int) -> Parsed:
    """As ``portable.parser.parse_utf8``, by PLY. Raises ``Refusal``."""
    grammar = read_grammar()
    words = vocabulary(grammar)
    tokens = tokenize(source, words, mode, templates=minor_version >= 14)
    context = Source(tokens.text)
    feed = _Feed(tokens, tables.terminals)
    actions = [
        _action(reduction, context, feed)
        for reduction in reductions_for(grammar, minor_version)
    ]
    parser = LRParser(_table(tables, actions), feed.refuse)
    parser.disable_defaulted_states()
    tree: ast.AST = parser.parse(lexer=feed, tracking=True)
    return Parsed(tree, in_order(tokens, words, context.warnings))


class _Feed:
    """The tokens as PLY's parser asks for them: ``token()``, and where the next one stands.

    PLY knows one place a token, a line and an offset, here the column; the end of each token
    rides along as ``endlineno`` and ``endlexpos``, which PLY passes on.
    """

    def __init__(self, tokens: Tokens, terminals: Sequence[str]) -> None:
        self.tokens = tokens
        self.terminals = terminals
        self.next = 0
        self.lineno, self.lexpos = 1, 0

    def token(self) -> LexToken | None:
        if self.next == len(self.tokens.kinds):
            return None
        token = LexToken()
        token.type = self.terminals[self.tokens.kinds[self.next]]
        token.value = self.tokens.values[self.next]
        token.lineno, token.lexpos = self.tokens.starts[self.next]
        token.endlineno, token.endlexpos = self.tokens.ends[self.next]
        self.lineno, self.lexpos = token.lineno, token.lexpos
        self.next += 1
        return token

    def end_before(self) -> Position:
        """Where the token before the next one ends."""
        return self.tokens.ends[self.next - 2]

    def refuse(self, token: LexToken | None) -> None:
        start = (token.lineno, token.lexpos) if token else self.tokens.starts[-1]
        raise refuse("invalid syntax", start)


def _action(
    reduction: Reduction, source: Source, feed: _Feed
) -> Callable[[YaccProduction], None]:
    """A reduction in the form that PLY calls: it is given the symbols of a production."""

    def reduce(production: YaccProduction) -> None:
        result, *symbols = production.slice
        if not symbols:
            result.endlineno, result.endlexpos = feed.end_before()
        values = [symbol.value for symbol in symbols]
        starts = [(symbol.lineno, symbol.lexpos) for symbol in symbols]
        ends = [(symbol.endlineno, symbol.endlexpos) for symbol in symbols]
        result.value = reduction(values, starts, ends, source)

    return reduce


def _table(tables: Tables, actions: Sequence[Callable[[YaccProduction], None]]) -> LRTable:
    table = LRTable()
    table.lr_method = "LALR"
    table.lr_action = dict(enumerate(_rows(tables)))
    table.lr_goto = {
        state: {tables.nonterminals[name]: to for name, to in row.items()}
        for state, row in enumerate(tables.gotos)
    }
    table.lr_productions = [
        _production(tables.nonterminals[name], size, action)
        for (name, size), action in zip(tables.productions, [None, *actions], strict=True)
    ]
    return table


def _rows(tables: Tables) -> list[dict[str, int]]:
    """Actions by name; what the end of the tokens asks for is not in the tables."""
    rows = [
        {tables.terminals[terminal]: action for terminal, action in row.items()}
        for row in tables.actions
    ]
    for row, default in zip(rows, tables.defaults, strict=True):
        if default and not row:
            row["$end"] = default
    rows[tables.accept]["$end"] = 0
    return rows


def _production(
    name: str, size: int, action: Callable[[YaccProduction], None] | None
) -> MiniProduction:
    production = MiniProduction(name, name, size, name, "python.gram", 0)
    production.callable = action
    return production
