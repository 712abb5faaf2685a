"""The native parser: the host's trees, the host's refusals, the same artifact from all."""

from __future__ import annotations

import ast
import random
import subprocess
import sys
import sysconfig
import warnings
from pathlib import Path

import pytest

from dx_py.artifacts.artifact import seal
from dx_py.artifacts.errors import DamagedArtifactError
from dx_py.frontend import ast_artifact, parser
from dx_py.frontend.to_ast import function_to_ast, to_ast

_ast = pytest.importorskip("dx_py.frontend._ast")

LIBRARY = Path(sysconfig.get_path("stdlib"))
SAMPLE = random.Random(12).sample(sorted(LIBRARY.rglob("*.py")), 250)


def dump(tree):
    return ast.dump(tree, include_attributes=True)


def host(source, mode="exec"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compile(source, "<unknown>", mode, ast.PyCF_ONLY_AST, dont_inherit=True)


def native(source, mode="exec", **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _ast.parse(source, "<unknown>", mode, **options)


def outcome(parse, source, mode="exec"):
    try:
        return dump(parse(source, mode))
    except (SyntaxError, RecursionError, MemoryError) as error:
        return type(error).__name__


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_trees_of_the_library_are_the_hosts(path):
    source = path.read_bytes()
    assert outcome(native, source) == outcome(host, source)


@pytest.mark.parametrize("path", SAMPLE[:40], ids=lambda path: path.name)
def test_each_writer_and_reader_of_artifacts_agrees(path):
    source = path.read_bytes()
    try:
        tree = host(source)
    except SyntaxError:
        pytest.skip("not valid Python")
    artifact = seal(_artifact_body(source))
    content = ast_artifact.decode(artifact)
    assert artifact == ast_artifact.encode(tree, mode="exec", warnings=content.warnings)
    assert dump(to_ast(artifact)) == dump(tree)
    assert dump(ast_artifact.build(content.tree, content.names)) == dump(tree)


def _artifact_body(source):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _ast.artifact_body(source)


def test_parse_makes_the_artifact_that_the_extension_makes():
    source = Path(ast.__file__).read_bytes()
    assert parser.parse(source, filename="ast.py") == seal(_artifact_body(source))


NESTED = """\
import a

@decorated
def outer(x=lambda: 0):
    class C:
        async def method(self):
            return (y for y in x)
    return lambda: f"{x}"
"""


def test_the_function_index_names_each_scope():
    content = ast_artifact.decode(parser.parse(NESTED, filename="f"))
    assert [(entry.name, entry.first_line) for entry in content.functions] == [
        ("outer", 3),
        ("<lambda>", 4),
        ("outer.<locals>.C", 5),
        ("outer.<locals>.C.method", 6),
        ("outer.<locals>.C.method.<locals>.<genexpr>", 7),
        ("outer.<locals>.<lambda>", 8),
    ]


def test_a_function_is_read_alone_with_its_own_positions():
    content = ast_artifact.decode(parser.parse(NESTED, filename="f"))
    tree = host(NESTED)
    method = tree.body[1].body[0].body[0]
    entry = content.functions[3]
    assert dump(function_to_ast(content, entry)) == dump(method)
    part = content.tree[entry.start : entry.end]
    assert dump(ast_artifact.build(part, content.names, line=entry.line)) == dump(method)


def test_index_names_are_the_code_objects():
    source = Path(ast.__file__).read_bytes()
    content = ast_artifact.decode(parser.parse(source, filename="ast.py"))
    known = {(entry.name, entry.first_line) for entry in content.functions}
    codes = [compile(source, "ast.py", "exec")]
    while codes:
        code = codes.pop()
        inner = [const for const in code.co_consts if isinstance(const, type(code))]
        codes += inner
        names = {(const.co_qualname, const.co_firstlineno) for const in inner}
        assert names <= known


CONSTANTS = [
    "0", "1", "127", "128", "255", "256", "65536", "4294967296", "9223372036854775807",
    "9223372036854775808", "18446744073709551615", "18446744073709551616",
    "170141183460469231731687303715884105727", "170141183460469231731687303715884105728",
    "0xFFFF_FFFF_FFFF_FFFF_FFFF", "0o7777777777777777777777777", "0b1" + "0" * 100,
    "1" + "0" * 400, "1_000", "1.5", "1e400", "1e-400", "123456789012345678", ".1", "1.",
    "2.2250738585072014e-308", "0.1e1_0", "1j", "1.5e3J", "0777.5", "08j", "'a'", "b'a\\xff'",
    "'\\ud800'", "'\\N{BULLET}'", "...", "None", "True", "u'x'", "'\\U0010ffff'",
    "'" + "a" * 70000 + "'",
]  # fmt: skip


@pytest.mark.parametrize("text", CONSTANTS, ids=lambda text: text[:30])
def test_constants_survive_the_artifact(text):
    artifact = parser.parse(text, filename="f")
    assert dump(to_ast(artifact)) == dump(host(text))
    content = ast_artifact.decode(artifact)
    assert dump(ast_artifact.build(content.tree, content.names)) == dump(host(text))


def test_a_damaged_artifact_is_refused():
    artifact = bytearray(parser.parse("x = 1", filename="f"))
    artifact[-1] ^= 1
    with pytest.raises(DamagedArtifactError):
        to_ast(bytes(artifact))


def test_damaged_tree_bytes_are_refused_and_nothing_worse():
    content = ast_artifact.decode(parser.parse(NESTED, filename="f"))
    for place in range(len(content.tree)):
        for change in (0x00, 0x91, 0xC0, 0xDD, 0xFF):
            damaged = bytearray(content.tree)
            damaged[place] = change
            try:
                _ast.from_tree(bytes(damaged), content.names)
            except (ValueError, UnicodeDecodeError):
                continue
        with pytest.raises(ValueError, match="damaged AST artifact"):
            _ast.from_tree(content.tree[:place], content.names)


def test_the_extension_loads_by_path_without_dx_py():
    script = (
        "import importlib.util, sys; "
        "spec = importlib.util.spec_from_file_location('_dx_private._ast', sys.argv[1]); "
        "module = importlib.util.module_from_spec(spec); spec.loader.exec_module(module); "
        "print(type(module.parse('x = 1')).__name__, 'cffi' in sys.modules)"
    )
    command = [sys.executable, "-I", "-S", "-c", script, _ast.__file__]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["Module", "False"]


def test_both_modules_are_built_from_the_grammar_at_hand():
    from dx_py.frontend.grammar.reader import read_grammar
    from dx_py.frontend.native_parser import grammar_digest

    assert read_grammar().digest == _ast.GRAMMAR_DIGEST == grammar_digest()


def test_a_syntax_error_has_the_hosts_attributes():
    with pytest.raises(SyntaxError) as caught:
        _ast.parse("é = 1\nü + )\n", "name.py")
    error = caught.value
    assert (error.msg, error.filename, error.lineno, error.offset, error.text) == (
        "unmatched ')'",
        "name.py",
        2,
        5,
        "ü + )",
    )


def test_invalid_escapes_warn_as_the_host_does():
    with pytest.warns(SyntaxWarning, match=r"invalid escape sequence '\\d'"):
        _ast.parse("x = 1\ny = '\\d'\n", "name.py")


def test_a_warning_made_an_error_is_a_syntax_error():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(SyntaxError, match="invalid escape sequence"):
            _ast.parse("'\\d'")
