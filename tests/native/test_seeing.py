"""What the native tier did is shown: profiles, stages, explanations, statistics."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from dx_py.artifacts.errors import ArtifactError, DxError
from dx_py.driver.dxc.command import main as dxc
from dx_py.driver.explain import main as explain
from dx_py.driver.profile import parse_profile, read_profile
from dx_py.runtime_support.json_report import json_text

SCRIPTS = Path(sysconfig.get_path("scripts"))

PROGRAM = """
class Point:
    def __init__(self, x):
        self.x = x

    def get(self):
        return self.x


def body(n):
    t = 0.0
    for i in range(n):
        t += i * 0.5
    return t


def total(points):
    s = 0
    for p in points:
        s += p.get()
    return s


def count(a):
    match a:
        case {"n": n}:
            return n


points = [Point(i) for i in range(20)]
for _ in range(12):
    body(10), total(points), count({"n": 1})
print(total(points), total([Point(1.5)]), body(4))
"""


class Project:
    def __init__(self, folder):
        self.folder = folder
        self.program = folder / "points.py"
        self.program.write_text(PROGRAM, encoding="utf-8")
        self.profile = folder / "points.profile"
        self.stats = folder / "stats.json"
        files = (f"--profile-out={self.profile}", f"--stats-json={self.stats}")
        self.output = self.dx_py("run", *files, self.program)

    def dx_py(self, *words, store="store", **settings):
        return self.run("dx-py", "--python", sys.executable, *words, store=store, **settings)

    def run(self, command, *words, store="store", **settings):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "DX_"))}
        kept |= {"DX_CACHE_DIR": str(self.folder / store), "DX_JIT": "sync"}
        done = subprocess.run(
            [str(SCRIPTS / command), *map(str, words)],
            env=kept | settings,
            capture_output=True,
            text=True,
            check=False,
            timeout=1000,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def inside(self, main, *words, store="store"):
        """A command of DX-Py in this process."""
        shown = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(shown):
            patch.setenv("DX_CACHE_DIR", str(self.folder / store))
            assert main([str(word) for word in words]) == 0
        return shown.getvalue()

    def dxc(self, *words, store="store"):
        return self.inside(dxc, *words, self.program, store=store)

    def explain(self, function, *words):
        return self.inside(explain, *words, f"{self.program}:{function}")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seeing")
    folder.chmod(0o700)
    return Project(folder)


def of_name(project, name):
    functions = read_profile(project.profile).functions
    return next(function for function in functions if function.name == name)


def test_a_profile_has_what_became_of_each_function(project):
    body, count = of_name(project, "body"), of_name(project, "count")
    assert body.counters.entries > 0
    assert body.counters.failed == ()
    assert body.description is not None
    assert "MATCH_MAPPING" in count.refusal


def test_a_profile_counts_the_guards_that_failed(project):
    ((opcode, _, _, times),) = of_name(project, "total").counters.failed
    assert (opcode, times) == ("guard.type", 1)


def test_a_damaged_profile_is_refused(project):
    data = project.profile.read_bytes()
    for place in (0, 6, 20, len(data) // 2, len(data) - 1):
        spoiled = bytearray(data)
        spoiled[place] ^= 0x20
        with pytest.raises(ArtifactError):
            parse_profile(bytes(spoiled))


def test_profiles_of_children_do_not_replace_the_programs(project):
    seen = project.dx_py(
        "run",
        f"--profile-out={project.folder / 'other.profile'}",
        "-c",
        "import os; print([k for k in os.environ if k in ('DX_PROFILE_OUT', 'DX_STATS_JSON')])",
    )
    assert seen == "[]\n"


def test_statistics_as_json(project):
    told = json.loads(project.stats.read_text(encoding="utf-8"))
    assert told["format"] == 1
    assert told["front_end"]["rejected"] == 0
    native = told["native"]
    by_name = {function["name"]: function for function in native["functions"]}
    assert native["off"] is None
    assert by_name["body"]["native"]
    assert by_name["total"]["exits"] == 1
    assert "MATCH_MAPPING" in by_name["count"]["refusal"]


def test_json_text_is_json():
    value = {
        "a": [1, -2, True, None, 'q"\\\n\x7f\u00e9\U0001f600'],
        "b": {},
        "c": (),
        "\udc80": "",
    }
    assert json.loads(json_text(value)) == json.loads(json.dumps(value))


@pytest.mark.parametrize("kind", ["ssa", "opt-ir", "llvm", "asm", "obj"])
@pytest.mark.parametrize("profiled", [True, False])
def test_each_stage_is_shown_and_kept_as_an_artifact(project, kind, profiled):
    words = ("--profile-in", project.profile) if profiled else ()
    shown = project.dxc("--emit", kind, *words)
    assert re.search(r"; count, line \d+: stays interpreted: instruction MATCH_MAPPING", shown)
    digest = re.search(r"artifact ([0-9a-f]{64})", shown)[1]
    inspected = project.inside(dxc, "inspect", digest)
    assert shown.partition("\n\n")[2].strip() in inspected


def test_a_profile_specialises_what_is_shown(project):
    words = ("--emit", "opt-ir", "--function", "body")
    assert "float.add" in project.dxc(*words, "--profile-in", project.profile)
    assert "float.add" not in project.dxc(*words)


def test_assembly_has_names_beside_ops_and_source(project):
    shown = project.dxc("--emit", "asm", "--function=body", "--profile-in", project.profile)
    lines = shown.splitlines()
    source = next(i for i, line in enumerate(lines) if "t += i * 0.5" in line)
    op = next(i for i, line in enumerate(lines) if "= float.mul" in line)
    following = next(i for i, line in enumerate(lines) if i > op and line.startswith(";"))
    assert source < op
    assert any("mulsd" in line or "fmul" in line for line in lines[op:following])
    assert re.search(r"; type:int$", shown, re.MULTILINE)


def test_the_page_needs_no_other_file_and_has_a_column_a_pass(project, tmp_path):
    page = tmp_path / "page.html"
    project.dxc("--ssa-html", page, "--profile-in", project.profile)
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"(src|href)=|https?://", text)
    for title in ("source", "bytecode", "ssa", "specialize", "refcounts"):
        assert f"<h3>{title}" in text
    assert '<span class="name">v0</span>' in text


def test_code_compiled_ahead_of_time_is_found_by_the_run(project):
    project.dxc("-v", "--native", "--profile-in", project.profile, store="ahead")
    stats = project.folder / "ahead.json"
    output = project.dx_py(
        "run", f"--stats-json={stats}", project.program, store="ahead", DX_JIT="1"
    )
    assert output == project.output
    native = json.loads(stats.read_text(encoding="utf-8"))["native"]
    assert native["compiled"] == 0
    assert {f["name"] for f in native["functions"] if f["native"]} >= {"body", "total"}


def test_functions_that_changed_since_the_profile_are_not_compiled(project, tmp_path):
    changed = tmp_path / "points.py"
    changed.write_text(PROGRAM.replace("i * 0.5", "i * 0.25"), encoding="utf-8")
    words = ("-v", "--native", "--profile-in", project.profile, changed)
    told = project.inside(dxc, *words, store="changed")
    assert " body:" not in told
    assert " total: compiled" in told


def test_units_in_the_store_are_shown_as_machine_code(project):
    objects = (project.folder / "store" / "v1" / "objects").rglob("*")
    units = [
        path for path in objects if path.is_file() and b"native-unit" in path.read_bytes()[:40]
    ]
    texts = [project.inside(dxc, "inspect", path) for path in units]
    assert any("helper:dx_new_range" in text for text in texts)
    assert any("guard 0: " in text for text in texts)


def test_explain_says_what_a_function_was_specialised_on(project):
    told = project.explain("body", "--profile-in", project.profile)
    assert re.search(r"body: native code, [\d,]+ bytes; 100.0 % of \d+ calls ended in it", told)
    assert re.search(r"line \d+: BINARY_OP: int, float", told)
    assert "builtin 'range' is shadowed by no global" in told


def test_explain_names_the_guards_that_failed(project):
    told = project.explain("total", "--profile-in", project.profile)
    assert re.search(r"left native code at\n    line \d+: guard.type: 1 times", told)


def test_explain_names_a_construct_that_stays_interpreted(project, tmp_path):
    told = project.explain("count", "--profile-in", project.profile)
    assert "count: interpreted: instruction MATCH_MAPPING" in told


def test_explain_knows_the_store_without_a_profile(project):
    assert "native code" in project.explain("Point.get").splitlines()[0]


def test_explain_suggests_the_function_that_was_meant(project):
    with pytest.raises(DxError, match=r"no function 'boddy' in .* \(did you mean 'body'\?\)"):
        project.explain("boddy")
