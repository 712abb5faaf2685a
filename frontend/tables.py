"""The grammar's LALR(1) tables: built by PLY, kept as an artifact, read by every driver.

PLY's classes are driven directly. Its function ``yacc`` would write ``parsetab.py`` beside
the caller and regenerate it silently, and its option ``picklefile`` reads pickles: neither
is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from dx_py.artifacts.artifact import decode_as
from dx_py.artifacts.errors import DxError
from dx_py.frontend.grammar.reader import START, Grammar

KIND: Final = "parser_tables"
SCHEMA: Final = 1
GENERATED: Final = Path(__file__).with_name("_generated") / "tables.msgpack"


@dataclass(frozen=True, slots=True)
class Tables:
    """One row per state.

    ``actions[state][terminal]`` is a state to shift to (positive) or a production to reduce
    (negative); an absent terminal is an error. ``gotos[state][nonterminal]`` is a state.
    ``defaults[state]`` is the production that every entry of the state reduces, else 0: a
    driver may reduce without looking at the next token, which delays the report of an error
    past reductions but never past a shift. ``accept`` is the state after the start symbol.
    Production 0 is PLY's own; production ``n`` is ``grammar.productions[n - 1]``.
    """

    grammar: str
    terminals: list[str]
    nonterminals: list[str]
    actions: list[dict[int, int]]
    gotos: list[dict[int, int]]
    defaults: list[int]
    productions: list[tuple[int, int]]
    accept: int

    def to_payload(self) -> dict[str, Any]:
        return asdict(self)


class GrammarConflictError(ValueError):
    """The grammar is not LALR(1); the message lists the conflicts."""


class StaleTablesError(DxError):
    """Tables that were built from another grammar than the one at hand."""


def load_tables(grammar_digest: str) -> Tables:
    """The tables that the build left beside this module.

    Raises StaleTablesError unless they were built from the grammar with this digest.
    """
    payload = decode_as(GENERATED.read_bytes(), kind=KIND, schema=SCHEMA)
    tables = Tables(**payload)
    if tables.grammar != grammar_digest:
        raise StaleTablesError(
            f"parser tables of grammar {tables.grammar[:12]} beside grammar "
            f"{grammar_digest[:12]}: reinstall DX-Py, or run `make setup` in a checkout"
        )
    return tables


def build_tables(grammar: Grammar) -> Tables:
    """Run PLY's table construction; takes two to four seconds of CPU."""
    table = _construct(grammar)
    terminals = {name: number for number, name in enumerate(grammar.terminals)}
    nonterminals = {name: number for number, name in enumerate(grammar.nonterminals)}
    states = range(len(table.lr_action))
    actions = [_numbered(table.lr_action[state], terminals) for state in states]
    gotos = [_numbered(table.lr_goto.get(state, {}), nonterminals) for state in states]
    return Tables(
        grammar=grammar.digest,
        terminals=list(terminals),
        nonterminals=list(nonterminals),
        actions=actions,
        gotos=gotos,
        defaults=[_default(table.lr_action[state]) for state in states],
        productions=[(0, 1)]
        + [(nonterminals[p.name], len(p.symbols)) for p in grammar.productions],
        accept=gotos[0][nonterminals[START]],
    )


def _construct(grammar: Grammar) -> Any:  # noqa: ANN401 - ply has no types
    from ply.yacc import Grammar as PlyGrammar
    from ply.yacc import LRGeneratedTable

    ply_grammar = PlyGrammar(list(grammar.terminals))
    for level, (side, names) in enumerate(grammar.precedence, 1):
        for name in names:
            ply_grammar.set_precedence(name, side, level)
    for number, production in enumerate(grammar.productions):
        symbols = list(production.symbols)
        if production.precedence:
            symbols += ["%prec", production.precedence]
        ply_grammar.add_production(
            production.name, symbols, f"p_{number}", "python.gram", production.line
        )
    _finish(ply_grammar)
    table = LRGeneratedTable(ply_grammar, "LALR")
    conflicts = [*table.sr_conflicts, *table.rr_conflicts]
    if conflicts:
        raise GrammarConflictError("\n".join(map(str, conflicts)))
    return table


def _finish(ply_grammar: Any) -> None:  # noqa: ANN401 - ply has no types
    ply_grammar.set_start(START)
    undefined = sorted({symbol for symbol, _ in ply_grammar.undefined_symbols()})
    unused = ply_grammar.unused_terminals() + [rule.name for rule in ply_grammar.unused_rules()]
    if undefined or unused:
        raise ValueError(f"undefined symbols: {undefined}; unused symbols: {unused}")
    ply_grammar.compute_first()
    ply_grammar.compute_follow()
    ply_grammar.build_lritems()


def _numbered(row: Mapping[str, int], numbers: Mapping[str, int]) -> dict[int, int]:
    """Names to numbers, in a stated order; ``$end`` is only seen by the accepting state."""
    return dict(sorted((numbers[name], to) for name, to in row.items() if name != "$end"))


def _default(row: Mapping[str, int]) -> int:
    targets = set(row.values())
    return targets.pop() if len(targets) == 1 and min(targets) < 0 else 0
