"""Graphs: what ninja runs is what the graph says, whatever the names look like."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dx_py.artifacts.artifact import Artifact, digest, encode
from dx_py.artifacts.graph import Edge, Graph, GraphError, Pool, Rule, Variable, canonical
from dx_py.artifacts.ninja import find_ninja, format_graph, run_ninja, write_graph
from dx_py.artifacts.pointer import is_dirty, read_pointer, write_if_changed, write_pointer
from dx_py.artifacts.store import ArtifactStore

COPY = Rule("copy", ("cp", Variable("in"), Variable("out")))


def edge(output, *inputs, rule=COPY, **more):
    return Edge(rule, (output,), inputs, **more)


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        ([edge("b", "a"), edge("x/../b", "c")], "multiple producers of 'b'"),
        ([edge("b", "a"), edge("./b", "c")], "multiple producers of 'b'"),
        ([Edge(COPY, ("b", "b"), ("a",))], "multiple producers of 'b'"),
        ([Edge(COPY, (), ("a",))], "an edge of rule 'copy' has no output"),
        ([edge("b", "a"), edge("a", "b")], "'b' depends on itself"),
        ([edge("b", "a"), edge("a", order_only=("b",))], "'b' depends on itself"),
        ([edge("b", "a"), edge("c", "a", rule=Rule("copy", ("mv",)))], "two different rules"),
        ([edge("b|c", "a")], "ninja allows no '|' in a path"),
        ([edge("b\nc", "a")], "ninja allows no '\\\\n' in a path"),
        ([edge("b", "")], "a path is empty"),
    ],
)
def test_a_graph_that_ninja_could_not_run_is_refused(edges, message):
    with pytest.raises(GraphError, match=message.replace("|", "[|]")):
        format_graph(Graph(tuple(edges)))


def test_a_default_must_be_produced():
    with pytest.raises(GraphError, match="nothing produces the default 'z'"):
        format_graph(Graph((edge("b", "a"),), defaults=("z",)))


def test_a_long_chain_is_no_cycle():
    chain = tuple(edge(f"f{n}", f"f{n + 1}") for n in range(5000))
    format_graph(Graph(chain))


def test_what_is_written():
    rule = Rule(
        "compile",
        ("python", "-m", "x y", Variable("in")),
        description="COMPILE",
        pool=Pool("heavy", 2),
        restat=True,
        depfile="$out.d",
        inputs_file="$out.rsp",
    )
    graph = Graph(
        (edge("o u", "i:n", rule=rule, implicit=("x",), variables={"flags": ("a", "b $c")}),),
        defaults=("o u",),
        build_folder="build",
    )
    text = format_graph(graph).partition("ninja_required_version")[2]
    assert text == (
        " = 1.8\nbuilddir = build\n"
        "pool heavy\n  depth = 2\n\n"
        "rule compile\n  command = python -m 'x y' ${in}\n  description = COMPILE\n"
        "  depfile = $out.d\n  deps = gcc\n  rspfile = $out.rsp\n"
        "  rspfile_content = $in_newline\n  pool = heavy\n  restat = 1\n\n"
        "build o$ u: compile i$:n | x\n  flags = a 'b $$c'\n\n"
        "default o$ u\n"
    )


NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\n\r|/", exclude_categories=["Cs"]),
    min_size=1,
    max_size=20,
).filter(lambda name: name not in (".", ".."))
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0\n\r"), max_size=20)
ECHO = "import json, sys; json.dump(sys.argv[2:], open(sys.argv[1], 'w'))"


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(NAMES, st.lists(WORDS, max_size=4)), min_size=1, max_size=6))
def test_ninja_reads_every_name_and_word_as_it_was_meant(tmp_path_factory, cases):
    folder = tmp_path_factory.mktemp("ninja")
    edges = []
    for number, (name, words) in enumerate(cases):
        (folder / f"in{number}").mkdir()
        (folder / f"in{number}" / name).touch()
        command = (sys.executable, "-c", ECHO, Variable("out"), Variable("in"), *words)
        rule = Rule(f"echo{number}", (*command, Variable("v")))
        edges.append(
            Edge(
                rule,
                (f"out{number}/{name}",),
                (f"in{number}/{name}",),
                variables={"v": tuple(words)},
            )
        )
    manifest = folder / "build.ninja"
    write_graph(Graph(tuple(edges)), manifest)
    result = run_ninja(manifest, folder=folder)
    assert result.returncode == 0, result.stdout
    for number, (name, words) in enumerate(cases):
        got = json.loads((folder / f"out{number}" / name).read_text())
        assert got == [f"in{number}/{name}", *words, *words]


def test_paths_are_compared_as_ninja_does(tmp_path):
    for path in ("a//b", "./a/b", "a/c/../b", "a/./b/"):
        assert canonical(path) == "a/b"
    assert canonical("//a") == "/a"


STAMP = (sys.executable, "-c", "import sys; open(sys.argv[1], 'a').write('x')", Variable("out"))


def test_a_long_list_of_inputs_goes_through_a_file(tmp_path):
    names = [f"{'long' * 40}{number}" for number in range(2000)]
    for name in names:
        (tmp_path / name).touch()
    count = (
        sys.executable,
        "-c",
        "import sys; open(sys.argv[1], 'w').write(str(len(open(sys.argv[2]).readlines())))",
        Variable("out"),
        "out.rsp",
    )
    rule = Rule("count", count, inputs_file="out.rsp")
    write_graph(Graph((Edge(rule, ("out",), tuple(names)),)), tmp_path / "build.ninja")
    result = run_ninja(tmp_path / "build.ninja", folder=tmp_path)
    assert result.returncode == 0, result.stdout
    assert (tmp_path / "out").read_text() == "2000"


def test_an_unchanged_output_stops_what_depends_on_it(tmp_path):
    (tmp_path / "source").write_text("1")
    (tmp_path / "same").write_text("fixed")
    keep = Rule("keep", (sys.executable, "-c", "pass"), restat=True)
    edges = (
        edge("same", "source", rule=keep),
        edge("after", "same", rule=Rule("stamp", STAMP)),
    )
    manifest = tmp_path / "build.ninja"
    write_graph(Graph(edges), manifest)
    run_ninja(manifest, folder=tmp_path)
    (tmp_path / "source").write_text("2")
    result = run_ninja(manifest, folder=tmp_path, options=["-v"])
    assert result.stdout.count("[1/") == 1
    assert (tmp_path / "after").read_text() == "x"


def test_ninja_is_found():
    assert subprocess.run([find_ninja(), "--version"], capture_output=True).returncode == 0


def test_a_pointer_is_written_only_when_it_changes(tmp_path):
    path = tmp_path / "deep" / "m.ptr"
    assert write_pointer(path, {"code": digest(b"c"), "ast": digest(b"a")})
    before = path.stat().st_mtime_ns
    assert not write_pointer(path, {"ast": digest(b"a"), "code": digest(b"c")})
    assert path.stat().st_mtime_ns == before
    assert read_pointer(path) == {"ast": digest(b"a"), "code": digest(b"c")}


def test_a_pointer_to_what_was_collected_is_dirty(tmp_path):
    store = ArtifactStore(tmp_path / "store")
    name = store.put(encode(Artifact("sample", 1, None)))
    path = tmp_path / "m.ptr"
    assert is_dirty(path, store, roles=["ast"])
    write_pointer(path, {"ast": name})
    assert not is_dirty(path, store, roles=["ast"])
    assert is_dirty(path, store, roles=["ast", "code"])
    store.object_path(name).unlink()
    assert is_dirty(path, store, roles=["ast"])


@pytest.mark.parametrize("text", ["ast", "ast 12\n", "a b c\n", "\xff"])
def test_what_is_no_pointer_is_dirty(tmp_path, text):
    (tmp_path / "m.ptr").write_text(text)
    assert is_dirty(tmp_path / "m.ptr", ArtifactStore(tmp_path / "s"), roles=["ast"])


def test_writing_the_same_text_leaves_the_file_alone(tmp_path):
    assert write_if_changed(tmp_path / "f", "text")
    assert not write_if_changed(tmp_path / "f", "text")
    assert write_if_changed(tmp_path / "f", "other")
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
