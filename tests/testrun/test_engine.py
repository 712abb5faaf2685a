"""`--engine=ninja` and `--write-run`/`--merge` give what one run gives."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dx_py.artifacts.errors import DxError
from dx_py.artifacts.ninja import find_ninja
from dx_py.testrun import engine
from dx_py.testrun.worker.sharding import parts

COMMAND = "import sys; from dx_py.testrun.command import main; sys.exit(main(sys.argv[1:]))"
FILES = {
    "test_a": """
        import pytest, warnings
        @pytest.mark.parametrize("n", range(3))
        def test_warns(n): warnings.warn("as expected")
        def test_bad(): assert [1, 2] == [1, 3]
        @pytest.mark.skip(reason="why not")
        def test_skipped(): pass
        """,
    "test_b": """
        import pytest
        @pytest.mark.xfail
        def test_expected(): assert 0
        def test_worker(worker_id): assert worker_id in ("gw0", "gw1", "master")
        @pytest.fixture
        def broken(): raise OSError("gone")
        def test_error(broken): pass
        """,
}


def run_command(project, *arguments):
    """What the launcher hands over to."""
    words = ["--python", sys.executable, *arguments]
    return project.run_program([sys.executable, "-c", COMMAND, *words], {})


def test_ninja_gives_the_screen_outcomes_and_status_of_one_run(project):
    project.write(**FILES)
    graph, one = run_command(project, "--engine=ninja", "--shards", "2"), project.dx()
    assert graph.status == one.status == 1
    assert graph.screen == one.screen
    # Each test ran in a part, and was reported again.
    assert set(graph.outcomes) == set(one.outcomes)


def test_a_part_of_an_emitted_graph_is_the_shard_of_the_same_number(project, tmp_path):
    project.write(**FILES)
    manifest = tmp_path / "tests.ninja"
    run_command(project, "--emit-ninja", str(manifest), "--shards", "2", "-q")
    ninja = [find_ninja(), "-f", str(manifest)]
    part = project.run_program([*ninja, (tmp_path / "tests" / "part-2").as_posix()], {})
    assert part.status == 0
    assert part.outcomes == project.dx("--shard", "2/2").outcomes
    # The edge that reports fails as the run does.
    rest = project.run_program(ninja, {})
    assert rest.status == 1
    assert "1 failed" in rest.output


def test_runs_of_several_machines_are_merged(project):
    project.write(**FILES)
    project.dx("--shard", "1/2", "--write-run", "1")
    project.dx("--shard", "2/2", "--write-run", "2")
    merged = project.dx("--merge", "2", "--merge", "1", "--junitxml", "merged.xml")
    one = project.dx("-n1")
    assert (merged.status, merged.outcomes) == (one.status, one.outcomes)
    assert 'errors="1" failures="1" skipped="2"' in (project.folder / "merged.xml").read_text()


def test_a_merge_without_the_run_of_a_test_names_it(project):
    project.write(**FILES)
    project.dx("--shard", "1/2", "--write-run", "1")
    run = project.dx("--merge", "1")
    assert run.status == 4
    assert "was run in none of the merged runs" in run.errors
    (project.folder / "1").write_bytes(b"DXA1damaged")
    assert (
        "cannot read the run '1': it is no whole artifact" in project.dx("--merge", "1").errors
    )


def test_a_usage_error_is_said_once_and_as_by_one_run(project):
    graph = run_command(project, "--engine=ninja", "--no-such-option")
    assert graph.status == 4
    assert graph.errors.count("unrecognized arguments: --no-such-option") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--engine=make"], "'make' is no engine"),
        (["--engine", "ninja", "--pdb"], "'--pdb' needs one run"),
        (["--engine=ninja", "--shards=0"], "'0' is no number of shards"),
        (["--emit-ninja"], "'--emit-ninja' needs a value"),
        (["--emit-ninja", "tests"], "'tests' needs a suffix"),
    ],
)
def test_what_a_graph_cannot_do_is_refused(words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DxError, match=message):
        engine.main(Path(sys.executable), words)


def test_parts_hold_each_id_once_and_keep_files_whole():
    ids = [f"test_{file}.py::test_{n}" for file in "abcd" for n in range(ord(file) - 95)]
    found = parts(ids, 3)
    assert sorted(name for part in found for name in part) == sorted(ids)
    files = [{name.split("::")[0] for name in part} for part in found]
    assert sum(map(len, files)) == 4
