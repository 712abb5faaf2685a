"""``--engine=ninja`` and ``--emit-ninja``: a run of the tests as a build graph.

    discover    collect                                 -> collection
    schedule    collection                              -> plan: which part runs which tests
    execute     plan, one edge a part                   -> part-1, part-2, ...
    report      parts, through pytest's own reporting   -> what the user sees, exit status

Each edge is a process of the project's interpreter that runs the same stage as a run in one
process. Outputs are whole artifacts rather than pointers, so that they can be carried from one
machine to another. A graph of ``--emit-ninja`` reports in an edge; here reporting has the
terminal to itself.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dx_py.artifacts.errors import DxError
from dx_py.artifacts.graph import Edge, Graph, Rule, Variable
from dx_py.artifacts.ninja import run_ninja, write_graph

BOOT = Path(__file__).with_name("worker") / "boot.py"
#: What a run of several processes cannot give: the terminal, or one measurement of it all.
REFUSED = ("--pdb", "--trace", "-s", "--capture=no", "--cov", "--watch", "--setup-show")
COLLECTING = ("--collect-only", "--co")
INTERRUPTED = 2
INTERNAL_ERROR = 3


@dataclass(frozen=True, slots=True)
class TestRun:
    """pytest's ``arguments``, run by ``python`` in the current folder, in ``shards`` parts."""

    python: Path
    arguments: tuple[str, ...]
    shards: int
    folder: Path

    def boot(self, *words: str) -> tuple[str, ...]:
        return (str(self.python), str(BOOT), *words)

    def pytest(self, *own: str) -> tuple[str, ...]:
        """Ours come before the user's, which win; but after ``--`` there are only paths."""
        return ("-m", "-n1", *own, *self.arguments)

    @property
    def collection(self) -> str:
        return (self.folder / "collection").as_posix()

    @property
    def plan(self) -> str:
        return (self.folder / "plan").as_posix()

    @property
    def parts(self) -> list[str]:
        return [(self.folder / f"part-{n}").as_posix() for n in range(1, self.shards + 1)]

    def shard(self, number: int) -> str:
        return f"--shard={number}/{self.shards}"

    def report_command(self, *own: str) -> tuple[str, ...]:
        merged = [word for part in self.parts for word in ("--merge", part)]
        return self.boot(*self.pytest(*merged, *own))


def graph_of(run: TestRun, run_id: str = "") -> Graph:
    """The edges up to the parts; ``run_id`` is the same text for all tests of a run."""
    write = "--write-run"
    collect = run.boot("--dx-part", *run.pytest(write, run.collection, "--collect-only", "-q"))
    identity = ("--testrunuid", run_id) if run_id else ()
    planned = ("--shard-plan", run.plan, *identity)
    words = run.pytest("@shard@", write, "@out@", *planned)
    execute = tuple(
        {"@shard@": Variable("shard"), "@out@": Variable("out")}.get(word, word)
        for word in run.boot("--dx-part", *words)
    )
    schedule = run.boot("--dx-plan", run.collection, str(run.shards), run.plan)
    rule = Rule("execute", execute, description="run part $out")
    parts = [
        Edge(
            rule,
            (part,),
            implicit=(run.plan,),
            variables={"shard": (run.shard(n),)},
        )
        for n, part in enumerate(run.parts, 1)
    ]
    discover = Edge(Rule("discover", collect, description="collect"), (run.collection,))
    plan = Edge(
        Rule("schedule", schedule, description="plan"), (run.plan,), implicit=(run.collection,)
    )
    return Graph((discover, plan, *parts))


def emitted_graph(run: TestRun) -> Graph:
    """With an edge that reports; it fails where the run would."""
    output = (run.folder / "report").as_posix()
    command = run.report_command("--write-run", output)
    report = Rule("report", command, description="report")
    edge = Edge(report, (output,), implicit=tuple(run.parts))
    return Graph((*graph_of(run).edges, edge), defaults=(output,))


def run_with_ninja(run: TestRun) -> int:
    """Runs ninja and reports; pytest's exit status."""
    manifest = run.folder / "build.ninja"
    write_graph(graph_of(run, uuid.uuid4().hex), manifest)
    try:
        done = run_ninja(manifest, folder=Path.cwd(), jobs=run.shards, options=("--quiet",))
    except KeyboardInterrupt:
        return INTERRUPTED
    if done.returncode:
        sys.stderr.write(done.stdout)
        return INTERNAL_ERROR
    # The report is interrupted by the terminal itself, and says so.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return subprocess.call(run.report_command())
    finally:
        signal.signal(signal.SIGINT, before)


def main(python: Path, words: Sequence[str]) -> int:
    """``words`` of the command line, ``--engine`` or ``--emit-ninja`` among them."""
    arguments = list(words)
    engine = taken(arguments, "--engine")
    emitted = taken(arguments, "--emit-ninja")
    shards = shard_count(taken(arguments, "--shards"))
    if engine not in (None, "ninja"):
        raise DxError(f"'{engine}' is no engine: 'ninja' is the one beside the usual run")
    if any(word in COLLECTING for word in arguments):
        return subprocess.call([str(python), str(BOOT), "-m", *arguments])
    refuse(arguments)
    if emitted is not None:
        folder = Path(emitted).with_suffix("")
        return emit(TestRun(python, tuple(arguments), shards, folder), Path(emitted))
    with tempfile.TemporaryDirectory(prefix="dx-test-") as folder_name:
        return run_with_ninja(TestRun(python, tuple(arguments), shards, Path(folder_name)))


def emit(run: TestRun, manifest: Path) -> int:
    if run.folder == manifest:
        raise DxError(
            f"'{manifest}' needs a suffix, as 'tests.ninja': its outputs go to 'tests'"
        )
    run.folder.mkdir(parents=True, exist_ok=True)
    write_graph(emitted_graph(run), manifest)
    return 0


def taken(arguments: list[str], option: str) -> str | None:
    """Take ``OPTION VALUE`` or ``OPTION=VALUE`` out of the arguments; its last value."""
    value: str | None = None
    for word in [word for word in arguments if word.partition("=")[0] == option]:
        place = arguments.index(word)
        joined = "=" in word
        if not joined and place + 1 == len(arguments):
            raise DxError(f"'{option}' needs a value")
        value = word.partition("=")[2] if joined else arguments[place + 1]
        del arguments[place : place + (1 if joined else 2)]
    return value


def shard_count(text: str | None) -> int:
    if text is None:
        return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)
    if not text.isdigit() or int(text) == 0:
        raise DxError(f"'{text}' is no number of shards (1 or more)")
    return int(text)


def refuse(arguments: Sequence[str]) -> None:
    for word in arguments:
        if word.partition("=")[0] in REFUSED or word in REFUSED:
            raise DxError(f"'{word}' needs one run: leave out '--engine' and '--emit-ninja'")
