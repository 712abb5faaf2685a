"""``python.gram`` read into a ``Grammar``: terminals, precedence, productions with actions."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from dx_py.frontend.grammar.actions import Action, Literal, Symbol, parse_action
from dx_py.frontend.grammar.nodes import SOURCE as NODES_SOURCE
from dx_py.frontend.grammar.nodes import NodeClass, Version, read_nodes

SOURCE = Path(__file__).with_name("python.gram")
START = "start"

_RULE = re.compile(r"(?:(?P<name>\w+) :|\s+\|)(?P<rest>(?: .*)?)$")
_SINCE = re.compile(r'%since (?P<version>\d\.\d+) "(?P<what>[^"]*)"')


@dataclass(frozen=True, slots=True)
class Since:
    """The Python that introduced a production, and how its error message calls the feature."""

    version: Version
    what: str


@dataclass(frozen=True, slots=True)
class Production:
    """``name : symbols``, reduced by ``action``; a pass-through is the action ``$1`` alone."""

    name: str
    symbols: tuple[str, ...]
    action: Action
    precedence: str | None
    since: Since | None
    line: int

    @property
    def is_unit(self) -> bool:
        """Whether a reduction only renames its one symbol."""
        return self.symbols[1:] == () and self.action == Symbol(1) and self.since is None


@dataclass(frozen=True, slots=True)
class Grammar:
    """Everything the table builder and the drivers' generators need.

    ``digest`` covers the text of the grammar and of the node table: artifacts made from
    either carry it, and are refused beside another.
    """

    tokens: tuple[str, ...]
    keywords: dict[str, str]
    soft_keywords: dict[str, str]
    operators: dict[str, str]
    precedence: tuple[tuple[str, tuple[str, ...]], ...]
    productions: tuple[Production, ...]
    nodes: tuple[NodeClass, ...]
    digest: str

    @property
    def terminals(self) -> tuple[str, ...]:
        """Terminal names; a terminal's number is its place."""
        return (
            *self.tokens,
            *self.keywords.values(),
            *self.soft_keywords.values(),
            *self.operators.values(),
        )

    @property
    def nonterminals(self) -> tuple[str, ...]:
        """Nonterminal names in order of first definition; the number is the place."""
        return tuple(dict.fromkeys(production.name for production in self.productions))


class GrammarError(ValueError):
    """A line of the grammar that cannot be read; the message quotes it."""


def read_grammar() -> Grammar:
    """The grammar and node table that stand beside this module."""
    return parse_grammar(
        SOURCE.read_text(encoding="utf-8"), NODES_SOURCE.read_text(encoding="utf-8")
    )


def parse_grammar(text: str, nodes_text: str) -> Grammar:
    nodes = read_nodes(nodes_text)
    reader = _Reader(frozenset(node.name for node in nodes))
    for number, line in enumerate(text.splitlines(), 1):
        reader.line(number, line.rstrip())
    digest = hashlib.sha256(f"{text}\0{nodes_text}".encode()).hexdigest()
    return reader.grammar(nodes, digest)


@dataclass(slots=True)
class _Reader:
    classes: frozenset[str]
    tokens: list[str] = field(default_factory=list)
    keywords: dict[str, str] = field(default_factory=dict)
    soft: dict[str, str] = field(default_factory=dict)
    operators: dict[str, str] = field(default_factory=dict)
    precedence: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    productions: list[Production] = field(default_factory=list)
    name: str = ""

    def line(self, number: int, line: str) -> None:
        if not line or line.startswith("#"):
            return
        if line.startswith("%"):
            self.declaration(line.split())
        else:
            self.rule(number, line)

    def declaration(self, words: list[str]) -> None:
        match words:
            case ["%tokens", *names]:
                self.tokens += names
            case ["%keywords", *names]:
                self.keywords |= {name: name.upper() for name in names}
            case ["%soft", *names]:
                self.soft |= {name: name.upper() for name in names}
            case ["%operators", *pairs]:
                self.operators |= dict(zip(pairs[::2], pairs[1::2], strict=True))
            case ["%left" | "%right" as side, *names]:
                self.precedence.append((side[1:], tuple(map(self.terminal, names))))
            case _:
                raise GrammarError(f"unknown declaration '{' '.join(words)}'")

    def rule(self, number: int, line: str) -> None:
        match = _RULE.match(line)
        if match is None:
            raise GrammarError(f"line {number} is neither 'name : ...' nor '| ...': '{line}'")
        self.name = match["name"] or self.name
        body, arrow, action = match["rest"].partition(" => ")
        since = _SINCE.search(body)
        symbols, precedence = self.symbols(_SINCE.sub("", body).split())
        self.productions.append(
            Production(
                name=self.name,
                symbols=symbols,
                action=self.action(symbols, action if arrow else None),
                precedence=precedence,
                since=_since(since),
                line=number,
            )
        )

    def symbols(self, words: list[str]) -> tuple[tuple[str, ...], str | None]:
        precedence = None
        if len(words) > 1 and words[-2] == "%prec":
            precedence = words[-1]
            words = words[:-2]
        return tuple(map(self.terminal, words)), precedence

    def terminal(self, word: str) -> str:
        if word.startswith("'"):
            return self.operators[word[1:-1]]
        return word

    def action(self, symbols: tuple[str, ...], text: str | None) -> Action:
        if text is not None:
            return parse_action(text, self.classes)
        return Symbol(1) if len(symbols) == 1 else Literal(None)

    def grammar(self, nodes: tuple[NodeClass, ...], digest: str) -> Grammar:
        return Grammar(
            tokens=tuple(self.tokens),
            keywords=self.keywords,
            soft_keywords=self.soft,
            operators=self.operators,
            precedence=tuple(self.precedence),
            productions=tuple(self.productions),
            nodes=nodes,
            digest=digest,
        )


def _since(match: re.Match[str] | None) -> Since | None:
    if match is None:
        return None
    major, minor = match["version"].split(".")
    return Since((int(major), int(minor)), match["what"])
