"""Tokens to an ``ast`` tree: the LR automaton in a tight loop of Python.

Chains of unit productions (``star_or_test : test``, ``rhs : star_exprs`` ...) change no value.
The state in which such a chain ends depends only on the state below, the nonterminal and the
next token, so it is remembered: that halves the steps.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

from dx_py.frontend.grammar.reader import Grammar, Since, read_grammar
from dx_py.frontend.portable.lexer import tokenize
from dx_py.frontend.portable.reductions import Reduction, reductions
from dx_py.frontend.portable.source import Source
from dx_py.frontend.portable.tokens import Dialect, Position, Tokens, Warning, refuse
from dx_py.frontend.portable.vocabulary import Vocabulary, vocabulary
from dx_py.frontend.tables import Tables

_STATE_SHIFT, _NAME_SHIFT = 16, 8


@dataclass(frozen=True, slots=True)
class Parsed:
    """``warnings``: places and messages of valid constructs that the host warns about."""

    tree: ast.AST
    warnings: list[Warning]


@dataclass(frozen=True, slots=True)
class Automaton:
    """The tables as the loop looks things up: a row of actions a state, a number a token.

    ``actions[state][kind]`` holds default reductions too; the kind after the last stands behind
    the last token, where only the accepting state may be. ``productions[n]`` is (nonterminal
    shifted for a key, symbols, reduction, whether a unit). ``jumps`` maps a state, a
    nonterminal and the next token to the state after all units that follow, and to its action;
    it is filled as it is needed, which is safe from several threads: all store the same.
    """

    tables: Tables
    vocabulary: Vocabulary
    actions: list[list[int]]
    productions: list[tuple[int, int, Reduction, bool]]
    jumps: dict[int, tuple[int, int]]

    def jump(self, below: int, name: int, kind: int) -> tuple[int, int]:
        """The state after nonterminal ``name`` and every unit reduction that ``kind`` asks
        for, and what it asks for there."""
        key = below << _STATE_SHIFT | name | kind
        while True:
            state = self.tables.gotos[below][name >> _NAME_SHIFT]
            action = self.actions[state][kind]
            if action >= 0 or not self.productions[-action][3]:
                self.jumps[key] = state, action
                return state, action
            name = self.productions[-action][0]


def parse_utf8(
    source: bytes,
    tables: Tables,
    *,
    mode: str,
    minor_version: int,
    type_comments: bool = False,
    barry_as_bdfl: bool = False,
) -> Parsed:
    """Parse UTF-8 text whose line breaks are ``\\n``, the last one included.

    ``mode`` is EXEC, EVAL, SINGLE or FUNC_TYPE. Raises ``Refusal``.
    """
    machine = automaton(tables, minor_version)
    dialect = Dialect(minor_version >= 14, type_comments, barry_as_bdfl)
    tokens = tokenize(source, machine.vocabulary, mode, dialect)
    context = Source(tokens.text)
    tree = run(machine, tokens, context)
    if isinstance(tree, ast.Module):
        tree.type_ignores = [ast.TypeIgnore(line, tag) for line, tag in tokens.type_ignores]
    return Parsed(tree, in_order(tokens, machine.vocabulary, context.warnings))


def in_order(tokens: Tokens, vocabulary: Vocabulary, parsed: list[Warning]) -> list[Warning]:
    """In each logical line, what is odd about tokens comes before what the rest shows."""
    newline = vocabulary.kinds["NEWLINE"]
    places = zip(tokens.kinds, tokens.ends, strict=True)
    ends = [end[0] for kind, end in places if kind == newline]
    warnings = [*tokens.warnings, *parsed]
    return sorted(warnings, key=lambda warning: bisect_left(ends, warning[0][0]))


def automaton(tables: Tables, minor_version: int) -> Automaton:
    """What ``run`` needs; kept for each version that was asked for."""
    key = (tables.grammar, minor_version)
    if key not in _AUTOMATA:
        _AUTOMATA[key] = _build(tables, minor_version)
    return _AUTOMATA[key]


_AUTOMATA: dict[tuple[str, int], Automaton] = {}


def _build(tables: Tables, minor_version: int) -> Automaton:
    grammar = read_grammar()
    calls = [_pass_on, *reductions_for(grammar, minor_version)]
    units = [False, *(production.is_unit for production in grammar.productions)]
    rows = zip(tables.productions, calls, units, strict=True)
    return Automaton(
        tables=tables,
        vocabulary=vocabulary(grammar),
        actions=_dense(tables),
        productions=[
            (name << _NAME_SHIFT, size, call, unit) for (name, size), call, unit in rows
        ],
        jumps={},
    )


def _dense(tables: Tables) -> list[list[int]]:
    width = len(tables.terminals) + 1
    rows = [[default] * width for default in tables.defaults]
    for row, default, actions in zip(rows, tables.defaults, tables.actions, strict=True):
        for kind, action in actions.items():
            row[kind] = default or action
    return rows


def reductions_for(grammar: Grammar, minor_version: int) -> list[Reduction]:
    """One reduction a production; those of later Pythons refuse."""
    pairs = zip(grammar.productions, reductions(grammar), strict=True)
    return [
        _too_new(production.since, len(production.symbols))
        if production.since and production.since.version > (3, minor_version)
        else call or _pass_on
        for production, call in pairs
    ]


def _pass_on(values: list[Any], _s: list[Position], _e: list[Position], _: Source) -> Any:  # noqa: ANN401
    return values[-1]


def _too_new(since: Since, size: int) -> Reduction:
    major, minor = since.version
    message = f"{since.what} only supported in Python {major}.{minor} and greater"

    def refuse_version(
        _: list[Any], starts: list[Position], ends: list[Position], _source: Source
    ) -> Any:  # noqa: ANN401
        raise refuse(message, starts[-size], ends[-1])

    return refuse_version


def run(machine: Automaton, tokens: Tokens, source: Source) -> ast.AST:
    """The tree of ``tokens``. Raises ``Refusal`` at the first token that cannot go on."""
    actions, productions, jumps = machine.actions, machine.productions, machine.jumps
    kinds = [*tokens.kinds, len(machine.tables.terminals)]
    token_values, token_starts, token_ends = tokens.values, tokens.starts, tokens.ends
    states = [0]
    values: list[Any] = []
    starts: list[Position] = []
    ends: list[Position] = []
    state = index = 0
    kind = kinds[0]
    action = actions[0][kind]
    while action:
        if action > 0:
            state = action
            states.append(state)
            values.append(token_values[index])
            starts.append(token_starts[index])
            ends.append(token_ends[index])
            index += 1
            kind = kinds[index]
            action = actions[state][kind]
            continue
        name, size, call, is_unit = productions[-action]
        if size == 1:
            if not is_unit:
                values[-1] = call(values, starts, ends, source)
            states.pop()
        elif size:
            value = call(values, starts, ends, source)
            end = ends[-1]
            del states[-size:]
            size -= 1
            del values[-size:], starts[-size:], ends[-size:]
            values[-1] = value
            ends[-1] = end
        else:
            values.append(call(values, starts, ends, source))
            starts.append(token_starts[index])
            ends.append(ends[-1])
        below = states[-1]
        try:
            state, action = jumps[below << _STATE_SHIFT | name | kind]
        except KeyError:
            state, action = machine.jump(below, name, kind)
        states.append(state)
    if state != machine.tables.accept:
        raise refuse("invalid syntax", token_starts[index], token_ends[index])
    tree: ast.AST = values[0]
    return tree
