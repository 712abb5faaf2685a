"""Compile Python ahead of time.

usage: dxc [options] PATH...            compile files, packages and trees into the store
       dxc [options] -o DIR PATH...     and collect what a deployment ships in DIR
       dxc --emit KIND PATH...          show a stage's result
       dxc --native --profile-in FILE PATH...    machine code for what a run has profiled
       dxc inspect DIGEST|FILE          show what an artifact holds
       dxc verify PATH...               compare with the interpreter's own compiler

A PATH is a Python file, a package, or a folder of both. What was compiled before and has not
changed is not compiled again. Errors are shown as python shows them; then the exit status is 1.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from dx_py.artifacts.configuration import open_default
from dx_py.artifacts.errors import DxError
from dx_py.artifacts.ninja import write_graph
from dx_py.artifacts.pointer import write_if_changed
from dx_py.artifacts.store import ArtifactStore
from dx_py.driver.command_line import CommandParser
from dx_py.driver.dxc import build, depfile, emit
from dx_py.driver.dxc.compilation import Compiler, collect_rarely
from dx_py.driver.dxc.engines import (
    ENGINES,
    Outcome,
    Request,
    compile_modules,
    default_jobs,
)
from dx_py.driver.dxc.modules import find_modules
from dx_py.frontend.lowering.module import PROMISES

#: Word -> module; what a compilation does not need is imported when it is asked for.
SUB_COMMANDS = {
    "inspect": "dx_py.driver.inspect",
    "verify": "dx_py.driver.dxc.verify",
}


def main(arguments: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if words and words[0] in SUB_COMMANDS:
            return int(import_module(SUB_COMMANDS[words[0]]).main(words[1:]))
        return _compile(words)
    except DxError as error:
        print(f"dxc: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has read enough; the interpreter would flush it once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> CommandParser:
    parser = CommandParser("dxc", __doc__ or "")
    add = parser.add_argument
    add("paths", metavar="PATH", nargs="*")
    add("-o", dest="output", metavar="DIR", help="bring a folder to ship up to date")
    add("-j", dest="jobs", metavar="N", help="processes at once (one for each core)")
    add("-O", dest="optimize", action="count", default=0, help="as python -O and -OO")
    add("-O3", dest="promises", action="store_true", help="use what modules promise")
    add("-v", dest="verbose", action="store_true", help="say what is done")
    add("--emit", metavar="KIND", help=f"one of {', '.join(emit_kinds())}")
    add("--ssa-html", metavar="FILE", help="write a page that shows the IR pass by pass")
    add("--function", metavar="NAME", help="show this function only, by its qualified name")
    add("--opt-bisect", metavar="N", help="show what the first N passes make")
    add("--native", action="store_true", help="compile to machine code what a profile has")
    add("--profile-in", metavar="FILE", help="what `dx-py run --profile-out FILE` wrote")
    add("--strict", action="store_true", help="stop at a defect of the compiler itself")
    add("--engine", metavar="ENGINE", default="auto", help=f"one of {', '.join(ENGINES)}")
    add("--depfile", metavar="FILE", help="write what was read, for make and ninja")
    add("--depfile-target", metavar="NAME", help="what the depfile is about (DIR of -o)")
    add("--emit-ninja", metavar="FILE", help="write the ninja file and compile nothing")
    return parser


def _compile(words: list[str]) -> int:
    parser = _parser()
    options = parser.parse(words)
    if not options.paths:
        parser.error("what is to be compiled? (dxc --help shows the options)")
    if options.jobs is not None and not (options.jobs.isdigit() and int(options.jobs)):
        parser.error(f"-j takes a number of processes, not '{options.jobs}'")
    if options.promises and options.optimize:
        parser.error("-O3 keeps assertions and docstrings: give it, or -O")
    paths = [parser.existing(name) for name in options.paths]
    request = Request(
        paths=paths,
        modules=find_modules(paths),
        optimize=PROMISES if options.promises else min(options.optimize, 2),
        jobs=int(options.jobs or default_jobs()),
        engine=parser.choice("engine", options.engine, ENGINES),
        verbose=options.verbose,
    )
    if options.strict:
        # The processes of a build inherit it.
        os.environ["DX_STRICT"] = "1"
    collect_rarely()
    store = open_default()
    if options.emit:
        kind = parser.choice("kind", options.emit, emit_kinds())
        if kind in emit.KINDS:
            return emit.emit(store, kind, request)
    if options.emit or options.ssa_html or options.native:
        return _native(parser, store, options, request)
    if options.emit_ninja:
        return _emit_ninja(store, Path(options.emit_ninja), request, words)
    outcomes = compile_modules(store, request)
    if options.depfile:
        target = options.depfile_target or options.output or options.depfile
        write_if_changed(Path(options.depfile), depfile.format_depfile(target, request))
    if options.output:
        from dx_py.driver.dxc.shipping import ship

        compiler = Compiler(store, optimize=request.optimize)
        ship(compiler, Path(options.output), request.modules)
    return _report(outcomes, verbose=options.verbose)


def emit_kinds() -> list[str]:
    return sorted([*emit.KINDS, *emit.NATIVE_KINDS])


def _native(
    parser: CommandParser, store: ArtifactStore, options: argparse.Namespace, request: Request
) -> int:
    from dx_py.driver.dxc import native

    if options.native and not options.profile_in:
        parser.error("--native needs --profile-in FILE, which `dx-py run --profile-out` writes")
    shown = native.make_request(options.profile_in, options.function, options.opt_bisect)
    if options.emit:
        return native.emit(store, options.emit, request, shown)
    if options.ssa_html:
        return native.write_page(store, Path(options.ssa_html), request, shown)
    assert shown.profile is not None
    return native.compile_native(store, request, shown.profile, verbose=options.verbose)


def _report(outcomes: Sequence[Outcome], *, verbose: bool) -> int:
    failed = [outcome for outcome in outcomes if outcome.error]
    for outcome in failed:
        sys.stderr.write(outcome.error)
    if verbose:
        print(f"{len(outcomes):,} modules, {len(failed):,} with errors")
    return 1 if failed else 0


def _emit_ninja(
    store: ArtifactStore, manifest: Path, request: Request, words: list[str]
) -> int:
    planned = build.plan_build(
        store,
        request.paths,
        request.modules,
        optimize=request.optimize,
        jobs=request.jobs,
    )
    build.write_build(planned, store)
    again = build.generator_edge(manifest, request.paths, words)
    write_graph(build.graph_of(planned, generator=again), manifest)
    return 0
