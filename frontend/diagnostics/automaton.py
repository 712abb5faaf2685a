"""Asking the grammar's tables what could come next: the LR automaton without actions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from dx_py.frontend.grammar.reader import Grammar, read_grammar
from dx_py.frontend.tables import Tables, load_tables

# Terminals any expression may begin with, and a few that none but an expression may.
_EXPRESSION = {"NAME", "NUMBER", "STRING", "FSTRING_START", "LPAR", "LSQB", "LBRACE"}
_EXPRESSION |= {"NONE", "TRUE", "FALSE", "ELLIPSIS", "LAMBDA", "AWAIT", "NOT", "YIELD"}
_EXPRESSION |= {"MINUS", "PLUS", "TILDE", "TSTRING_START", "STAR"}
_OPERATORS = {"PLUS", "MINUS", "STAR", "SLASH", "DOUBLESLASH", "PERCENT", "AT", "VBAR"}
_OPERATORS |= {"AMPER", "CIRCUMFLEX", "LEFTSHIFT", "RIGHTSHIFT", "DOUBLESTAR", "LESS"}
_OPERATORS |= {"GREATER", "EQEQUAL", "NOTEQUAL", "LESSEQUAL", "GREATEREQUAL", "IN", "IS"}
_OPERATORS |= {"NOT", "AND", "OR", "DOT", "LPAR", "LSQB"}
# What ends so and is no augmented assignment.
_EQUALS = {"EQUAL", "EQEQUAL", "NOTEQUAL", "LESSEQUAL", "GREATEREQUAL", "COLONEQUAL"}
_STATEMENTS = {"IF", "WHILE", "FOR", "DEF", "CLASS", "RETURN", "IMPORT", "PASS", "WITH"}
_WORDS = {
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": "a string",
    "NEWLINE": "the end of the line",
    "INDENT": "an indented block",
    "DEDENT": "the end of the block",
    "ENDMARKER": "the end of the file",
    "FSTRING_MIDDLE": "text",
    "FSTRING_END": "the end of the f-string",
}
_UNNAMED = {"TYPE_COMMENT", "FSTRING_START", "TSTRING_START", "TSTRING_END", "TYPE"}


@dataclass(frozen=True, slots=True)
class Automaton:
    tables: Tables
    spellings: dict[int, str]

    def read(self, kinds: Iterable[int]) -> tuple[list[int], int]:
        """The stack after as many of the terminals as fit, and how many that are."""
        states = [0]
        count = 0
        for count, kind in enumerate(kinds):
            if not self.shift(states, kind):
                return states, count
        return states, count + 1

    def shift(self, states: list[int], kind: int) -> bool:
        """Push `kind` after the reductions it asks for; leaves the stack alone if it cannot."""
        stack = list(states)
        while True:
            action = self.tables.actions[stack[-1]].get(kind, 0)
            if action > 0:
                states[:] = [*stack, action]
                return True
            if action == 0:
                return False
            nonterminal, size = self.tables.productions[-action]
            if size:
                del stack[-size:]
            stack.append(self.tables.gotos[stack[-1]][nonterminal])

    def expected(self, states: Sequence[int]) -> tuple[str, ...]:
        """What may come next, in words, the most telling first."""
        names = {
            name
            for kind, name in enumerate(self.tables.terminals)
            if self.shift(list(states), kind)
        }
        return tuple(self._in_words(names))

    def terminal(self, word: str) -> int:
        """The number of a keyword, an operator or a kind of token; of NAME for other words."""
        for kind, text in self.spellings.items():
            if text == word:
                return kind
        terminals = self.tables.terminals
        return terminals.index(word if word in terminals else "NAME")

    def _in_words(self, names: set[str]) -> list[str]:
        words: list[str] = []
        if names >= _STATEMENTS:
            words.append("a statement")
            names = names - _STATEMENTS - _EXPRESSION - self._keywords()
        if {"NAME", "NUMBER", "STRING"} <= names:
            words.append("an expression")
            names = names - _EXPRESSION
        if {"PLUS", "STAR", "SLASH"} <= names:
            words.append("an operator")
            names = names - _OPERATORS
        if "PLUSEQUAL" in names:
            names = {name for name in names if name in _EQUALS or not name.endswith("EQUAL")}
        return words + sorted(self._word(name) for name in names - _UNNAMED)

    def _keywords(self) -> set[str]:
        terminals = self.tables.terminals
        return {terminals[kind] for kind, text in self.spellings.items() if text.isalpha()}

    def _word(self, name: str) -> str:
        if name in _WORDS:
            return _WORDS[name]
        return f"'{self.spellings[self.tables.terminals.index(name)]}'"


@cache
def automaton() -> Automaton:
    grammar = read_grammar()
    return Automaton(load_tables(grammar.digest), _spellings(grammar))


def _spellings(grammar: Grammar) -> dict[int, str]:
    numbers = {name: number for number, name in enumerate(grammar.terminals)}
    texts = {name: text for text, name in {**grammar.keywords, **grammar.operators}.items()}
    texts |= {"MATCH": "match", "CASE": "case", "TYPE": "type"}
    return {numbers[name]: text for name, text in texts.items()}
