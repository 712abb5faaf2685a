"""The grammar file: readable, without conflicts, and in step with the host's node classes."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from dx_py.frontend.grammar.actions import ActionError, NewNode, Operator, Symbol, parse_action
from dx_py.frontend.grammar.nodes import BASE
from dx_py.frontend.grammar.reader import parse_grammar, read_grammar
from dx_py.frontend.tables import GrammarConflictError, build_tables

FRONTEND = Path(__file__).parents[2] / "frontend"
NODES = "Add\nNum @ n:constant\nBin @ left:node op:operator right:node\n"
CLASSES = frozenset({"Add", "Num", "Bin"})


@pytest.fixture(scope="module")
def grammar():
    return read_grammar()


def test_the_grammar_has_no_conflict_and_no_unused_symbol(grammar):
    tables = build_tables(grammar)
    assert len(tables.productions) == len(grammar.productions) + 1
    assert tables.grammar == grammar.digest


def test_a_conflict_is_refused():
    text = "%tokens X\nstart : e => $1\ne : e e => $1\n  | X => $1\n"
    with pytest.raises(GrammarConflictError):
        build_tables(parse_grammar(text, NODES))


def test_an_undefined_symbol_is_refused():
    with pytest.raises(ValueError, match=r"undefined symbols: \['y'\]"):
        build_tables(parse_grammar("%tokens X\nstart : X y => $1\n", NODES))


def test_tables_are_the_same_each_time(grammar):
    assert build_tables(grammar) == build_tables(grammar)


def test_keywords_are_the_hosts():
    import keyword

    assert set(read_grammar().keywords) == set(keyword.kwlist)


def test_operators_are_the_hosts():
    import token

    host = {text: token.tok_name[number] for text, number in token.EXACT_TOKEN_TYPES.items()}
    assert read_grammar().operators == host | {"!": "EXCLAMATION"}


def test_node_classes_have_the_hosts_fields_and_positions(grammar):
    for node in grammar.nodes:
        if node.since > sys.version_info[:2]:
            continue
        host = getattr(ast, node.name)
        ours = tuple(field.name for field in node.fields if field.since == BASE)
        assert ours == host._fields, node.name
        assert node.has_position == ("lineno" in host._attributes), node.name


def test_every_class_of_the_host_is_known(grammar):
    abstract = {"AST", "slice", "Index", "ExtSlice", "Suite", "AugLoad", "AugStore", "Param"}
    known = {node.name for node in grammar.nodes}
    host = {
        name
        for name, value in vars(ast).items()
        if isinstance(value, type) and issubclass(value, ast.AST) and not value.__subclasses__()
    }
    deprecated = {"Num", "Str", "Bytes", "NameConstant", "_ast_Ellipsis"}
    assert host - abstract - deprecated <= known


def test_actions_are_read():
    action = parse_action("Bin($1, Add, Num($3) @3)", CLASSES)
    inner = NewNode("Num", (Symbol(3),), 3)
    assert action == NewNode("Bin", (Symbol(1), Operator("Add"), inner), None)


@pytest.mark.parametrize("text", ["Unknown($1)", "append($1)", "[$1", "$1 $2", "add($1, ?)"])
def test_a_wrong_action_is_refused(text):
    with pytest.raises(ActionError):
        parse_action(text, CLASSES)


def test_no_module_of_the_front_end_unpickles():
    for path in FRONTEND.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "import pickle" not in text
        assert "picklefile=" not in text
        assert "yacc.yacc(" not in text
