"""A ``Graph`` into the text of a ninja file, and running ninja on it.

    Edge(Rule("copy", ("cp", Variable("in"), Variable("out"))), ("b",), ("a",))

becomes, between the fixed lines of build.ninja.in,

    rule copy
      command = cp $in $out

    build b: copy a
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from dx_py.artifacts.errors import DxError
from dx_py.artifacts.graph import Edge, Graph, GraphError, Pool, Rule, Word
from dx_py.artifacts.pointer import write_if_changed

TEMPLATE: Final = Path(__file__).parent / "build.ninja.in"

#: ninja cannot express these in a path or value (manual, "Lexical syntax").
_IMPOSSIBLE_IN_PATH: Final = "\n\r\0|"
_IMPOSSIBLE_IN_VALUE: Final = "\n\r\0"


def write_graph(graph: Graph, path: Path) -> bool:
    """Write the ninja file if it would change; whether it did. Raises GraphError."""
    return write_if_changed(path, format_graph(graph))


def format_graph(graph: Graph) -> str:
    """Raises GraphError for a graph that breaks an invariant or that ninja cannot express."""
    graph.check()
    defaults = " ".join(map(escape_path, graph.defaults))
    parts = {
        "@variables@": [f"builddir = {escape_value(graph.build_folder)}"]
        if graph.build_folder
        else [],
        "@pools@": _blocks(map(_pool_lines, graph.pools())),
        "@rules@": _blocks(map(_rule_lines, graph.rules())),
        "@edges@": _blocks(map(_edge_lines, graph.edges)),
        "@defaults@": [f"default {defaults}"] if defaults else [],
    }
    lines: list[str] = []
    for line in TEMPLATE.read_text(encoding="utf-8").splitlines():
        lines += parts.get(line, [line])
    return "\n".join(lines) + "\n"


def run_ninja(
    manifest: Path,
    *,
    folder: Path,
    jobs: int | None = None,
    options: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run ninja in ``folder``; its output is returned, its status not checked.

    ``variables`` are added to the environment of ninja and its edges.
    """
    command = [find_ninja(), "-f", os.path.relpath(manifest, folder), *options]
    if jobs is not None:
        command += ["-j", str(jobs)]
    return subprocess.run(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=os.environ | dict(variables or {}),
    )  # fmt: skip


def find_ninja() -> str:
    """The ninja installed beside DX-Py, else the one on PATH; raises DxError."""
    import shutil

    beside = str(Path(sys.executable).parent)
    found = shutil.which("ninja", path=beside) or shutil.which("ninja")
    if found is None:
        raise DxError("ninja is not installed: run 'pip install ninja'")
    return found


def escape_path(path: str) -> str:
    _refuse(path, _IMPOSSIBLE_IN_PATH, "path")
    if not path:
        raise GraphError("a path is empty")
    return path.replace("$", "$$").replace(" ", "$ ").replace(":", "$:")


def escape_value(value: str) -> str:
    _refuse(value, _IMPOSSIBLE_IN_VALUE, "value")
    escaped = value.replace("$", "$$")
    # ninja strips the spaces that follow "=".
    return "$" + escaped if escaped.startswith(" ") else escaped


def quote_word(word: str) -> str:
    """One argument, as the shell that ninja starts commands with reads it."""
    if sys.platform == "win32":
        return subprocess.list2cmdline([word])
    return shlex.quote(word)


def _refuse(text: str, impossible: str, what: str) -> None:
    for character in impossible:
        if character in text:
            raise GraphError(f"ninja allows no {character!r} in a {what}: {text!r}")


def _blocks(blocks: Iterable[list[str]]) -> list[str]:
    return [line for block in blocks for line in (*block, "")]


def _pool_lines(pool: Pool) -> list[str]:
    return [f"pool {pool.name}", f"  depth = {pool.depth}"]


def _rule_lines(rule: Rule) -> list[str]:
    settings = {
        "command": " ".join(map(_command_word, rule.command)),
        "description": rule.description,
        "depfile": rule.depfile,
        "deps": "gcc" if rule.depfile else "",
        "rspfile": rule.inputs_file,
        "rspfile_content": "$in_newline" if rule.inputs_file else "",
        "pool": rule.pool.name if rule.pool else "",
        "restat": "1" if rule.restat else "",
        "generator": "1" if rule.generator else "",
    }
    return [
        f"rule {rule.name}",
        *(f"  {key} = {text}" for key, text in settings.items() if text),
    ]


def _command_word(word: Word) -> str:
    if isinstance(word, str):
        return quote_word(word).replace("$", "$$")
    return f"${{{word.name}}}"


def _edge_lines(edge: Edge) -> list[str]:
    outputs, inputs = _paths(edge.outputs), _paths(edge.inputs)
    implicit = " |" + _paths(edge.implicit) if edge.implicit else ""
    order_only = " ||" + _paths(edge.order_only) if edge.order_only else ""
    return [
        f"build{outputs}: {edge.rule.name}{inputs}{implicit}{order_only}",
        *_variable_lines(edge),
    ]


def _variable_lines(edge: Edge) -> Iterator[str]:
    for name, words in sorted(edge.variables.items()):
        yield f"  {name} = {escape_value(' '.join(map(quote_word, words)))}"


def _paths(paths: Iterable[str]) -> str:
    return "".join(f" {escape_path(path)}" for path in paths)
