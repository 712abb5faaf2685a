"""``--ssa-html FILE``: a page with a column a pass; a click highlights a value everywhere.

The page needs no other file and no network. Passes that changed nothing are narrow columns
with their name only.
"""

from __future__ import annotations

import dis
import html
import io
import linecache
import re
from collections.abc import Iterator, Sequence
from types import CodeType
from typing import Final

from dx_py.backend.llvm.native_function import optimize
from dx_py.driver.native_views import Request
from dx_py.ir.environment import Program
from dx_py.ir.printer import format_function
from dx_py.ir.ssa_construction import UnsupportedError, construct_ssa
from dx_py.passes.recording import Recording

#: Values, blocks and the places of instructions: what belongs together in all columns.
_NAMES: Final = re.compile(r"\b[vb]\d+\b|@\d+:\d+")
_STYLE: Final = """\
body { font: 13px/1.4 monospace; margin: 1em; background: #fff; color: #222 }
h2 { font-size: 15px; cursor: pointer }
.columns { display: flex; align-items: flex-start; overflow-x: auto; gap: 1em }
.column { border-left: 2px solid #ccc; padding-left: .7em; white-space: pre; flex: none }
.column.same { color: #999 }
.column h3 { font-size: 13px; margin: 0 0 .5em }
.name { cursor: pointer }
.name.on { background: #ffe08a }
.folded .columns { display: none }
"""
_SCRIPT: Final = """\
document.addEventListener("click", event => {
  if (event.target.tagName === "H2") event.target.parentNode.classList.toggle("folded");
  if (!event.target.classList.contains("name")) return;
  const section = event.target.closest("section"), on = !event.target.classList.contains("on");
  for (const other of section.querySelectorAll(".name"))
    if (other.textContent === event.target.textContent) other.classList.toggle("on", on);
});
"""


def format_page(modules: Sequence[CodeType], request: Request) -> str:
    """Of all functions that ``request`` asks for."""
    sections = [_section(code, request) for module in modules for code in request.codes(module)]
    return (
        '<!doctype html>\n<html><head><meta charset="utf-8"><title>SSA by pass</title>\n'
        f"<style>\n{_STYLE}</style></head>\n<body>\n{''.join(sections)}"
        f"<script>\n{_SCRIPT}</script>\n</body></html>\n"
    )


def _section(code: CodeType, request: Request) -> str:
    program = request.program(code)
    head = f"{html.escape(code.co_qualname)}, line {code.co_firstlineno}"
    try:
        columns = "".join(_columns(code, program, request.stop_after))
    except UnsupportedError as error:
        return f"<section><h2>{head}: interpreted: {html.escape(str(error))}</h2></section>\n"
    return f'<section><h2>{head}</h2>\n<div class="columns">{columns}</div></section>\n'


def _columns(code: CodeType, program: Program, stop_after: int | None) -> Iterator[str]:
    routine = program.routines[0]
    ssa = format_function(construct_ssa(routine.code, routine.feedback))
    recording = Recording()
    optimize(program, observers=[recording], stop_after=stop_after)
    yield _column("source", html.escape(_source(code)))
    yield _column("bytecode", html.escape(_bytecode(code)))
    yield _column("ssa", _marked(ssa))
    for step in recording.steps:
        title = f"{step.name} ({1000 * step.seconds:.1f} ms)"
        yield _column(title, _marked(step.text), same=not step.text)


def _column(title: str, content: str, *, same: bool = False) -> str:
    kind = "column same" if same else "column"
    return f'<div class="{kind}"><h3>{html.escape(title)}</h3>{content}</div>\n'


def _marked(text: str) -> str:
    return _NAMES.sub(r'<span class="name">\g<0></span>', html.escape(text))


def _source(code: CodeType) -> str:
    lines = [line for *_, line in code.co_lines() if line]
    first, last = min(lines, default=code.co_firstlineno), max(lines, default=0)
    shown = range(min(first, code.co_firstlineno), last + 1)
    return "".join(f"{n:5} {linecache.getline(code.co_filename, n)}" for n in shown)


def _bytecode(code: CodeType) -> str:
    text = io.StringIO()
    dis.disassemble(code, file=text)
    return text.getvalue()
