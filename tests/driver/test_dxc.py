"""dxc compiles files, packages and trees, once, and says what is wrong in one line."""

from __future__ import annotations

import ast
import dis
import io
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dx_py.artifacts import code_marshal
from dx_py.artifacts.artifact import HEADER_SIZE, Artifact, decode, digest, encode
from dx_py.artifacts.ninja import find_ninja
from dx_py.artifacts.pointer import read_pointer
from dx_py.artifacts.stat_index import StatIndex
from dx_py.artifacts.store import ArtifactStore
from dx_py.driver.dxc.build import assign, build_folder, split
from dx_py.driver.dxc.compilation import Compiler
from dx_py.driver.dxc.modules import Module, find_modules
from dx_py.driver.internal_error import InternalError
from dx_py.driver.stages import code_of
from dx_py.frontend.lowering import lower
from dx_py.frontend.parser import parse
from dx_py.runtime_support import code_artifact
from dx_py.runtime_support.code_cache import CodeCache
from dx_py.runtime_support.store_files import StoreFiles


def objects(root):
    return sorted(path.name for path in root.glob("v1/objects/*/*"))


def files(root):
    """Artifacts and actions."""
    return sorted(root.glob("v1/[ao]*/*/*"))


def edges_run(result):
    return sum(line.startswith("[") for line in result.stdout.splitlines())


def settle(tree):
    """The stat index believes files only when they are older than a clock tick."""
    time.sleep(0.03)
    return tree


def test_a_file_becomes_the_code_the_host_makes(dxc, store, tmp_path):
    file = tmp_path / "program.py"
    file.write_text("def f(a):\n    return [a for b in a]\n")
    assert dxc(file).returncode == 0
    compiler = Compiler(store, optimize=0)
    name = store.lookup(compiler.source_action(digest(file.read_bytes())))
    code = code_of(store.get(name), str(file))
    assert code == compile(file.read_bytes(), str(file), "exec", dont_inherit=True)
    assert code.co_consts[0].co_filename == str(file)


def test_the_second_run_does_nothing(dxc, store, tmp_path, write_tree):
    tree = settle(write_tree(tmp_path / "tree", 40))
    assert edges_run(dxc("-v", tree)) == 1
    kept = objects(store.root)
    second = dxc("-v", tree)
    assert "ninja: no work to do." in second.stdout
    assert objects(store.root) == kept


def test_an_edit_in_a_trailing_comment_runs_one_edge_and_no_stage_after_the_first(
    dxc, store, tmp_path, write_tree
):
    tree = settle(write_tree(tmp_path / "tree", 40))
    dxc(tree)
    kept = objects(store.root)
    with (tree / "package1" / "module17.py").open("a") as file:
        file.write("# a comment\n")
    result = dxc("-v", tree)
    assert edges_run(result) == 1
    assert objects(store.root) == kept
    assert edges_run(dxc("-v", tree)) == 0


def test_a_new_module_dirties_only_itself(dxc, store, tmp_path, write_tree):
    tree = settle(write_tree(tmp_path / "tree", 40))
    dxc(tree)
    kept = set(objects(store.root))
    (tree / "package1" / "new.py").write_text("new = 1\n")
    assert edges_run(dxc("-v", tree)) == 1
    assert len(set(objects(store.root)) - kept) == 2


def test_a_module_that_went_leaves_its_batch(dxc, tmp_path, write_tree):
    tree = settle(write_tree(tmp_path / "tree", 40))
    dxc(tree)
    (tree / "package1" / "module12.py").unlink()
    assert "43 modules, 0 with errors" in dxc("-v", tree).stdout


def test_what_was_collected_is_built_again(dxc, store, tmp_path, write_tree):
    tree = settle(write_tree(tmp_path / "tree", 40))
    dxc(tree)
    kept = objects(store.root)
    for path in list(store.root.glob("v1/objects/*/*"))[:5]:
        path.unlink()
    dxc(tree)
    assert objects(store.root) == kept


def test_both_engines_make_the_same_artifacts(dxc, tmp_path, monkeypatch, write_tree):
    tree = write_tree(tmp_path / "tree", 30)
    made = {}
    for engine in ("ninja", "process"):
        monkeypatch.setenv("DX_CACHE_DIR", str(tmp_path / engine))
        assert dxc("--engine", engine, tree).returncode == 0
        made[engine] = objects(tmp_path / engine)
    assert made["ninja"] == made["process"] != []


@pytest.mark.parametrize("engine", ["ninja", "process"])
def test_errors_are_shown_as_python_shows_them(dxc, tmp_path, engine, write_tree):
    tree = write_tree(tmp_path / "tree", 20)
    (tree / "package0" / "bad.py").write_text("def f(:\n    pass\n")
    (tree / "package1" / "worse.py").write_text("return\n")
    result = dxc("--engine", engine, "-v", tree)
    assert result.returncode == 1
    assert "24 modules, 2 with errors" in result.stdout
    expected = ""
    for name in ("package0/bad.py", "package1/worse.py"):
        python = subprocess.run([sys.executable, tree / name], capture_output=True, text=True)
        expected += python.stderr
    assert result.stderr == expected
    (tree / "package0" / "bad.py").write_text("good = 1\n")
    (tree / "package1" / "worse.py").write_text("good = 1\n")
    assert dxc("--engine", engine, tree).returncode == 0


def test_a_file_that_is_no_text_is_a_syntax_error(dxc, tmp_path):
    (tmp_path / "m.py").write_bytes(b"x = '\xe9'\n")
    result = dxc("m.py", cwd=tmp_path)
    assert result.returncode == 1
    assert "SyntaxError: (unicode error) 'utf-8' codec can't decode byte" in result.stderr


def test_names_that_ninja_cannot_write_are_compiled(dxc, store, tmp_path, write_tree):
    tree = write_tree(tmp_path / "tree", 20)
    (tree / "package0" / "a|b.py").write_text("odd = 1\n")
    (tree / "package0" / "a $b: c.py").write_text("strange = 1\n")
    assert dxc(tree).returncode == 0
    assert dxc("--engine", "ninja", tree).returncode == 1
    assert len(objects(store.root)) == 46


def test_a_package_keeps_its_name_and_a_tree_does_not(tmp_path, write_tree):
    tree = write_tree(tmp_path / "tree", 11)
    assert [m.name for m in find_modules([tree / "package1"])] == [
        "package1/__init__.py",
        "package1/module10.py",
    ]
    assert find_modules([tree])[0].name == "package0/__init__.py"
    assert [m.name for m in find_modules([tree / "package1" / "module10.py"])] == [
        "module10.py"
    ]


def test_hidden_folders_and_caches_hold_no_modules(tmp_path):
    for name in (".venv", "__pycache__", "src"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "m.py").touch()
    assert [module.name for module in find_modules([tmp_path])] == ["src/m.py"]


def test_two_files_of_one_name_are_refused(dxc, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "m.py").touch()
    result = dxc(tmp_path / "a", tmp_path / "b")
    assert result.returncode == 1
    assert "would both be 'm.py'" in result.stderr


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--emti", "ast", "x.py"], "unknown option '--emti' (did you mean '--emit'?)"),
        (["--emit", "asst", "x.py"], "unknown kind 'asst' (did you mean 'ast'?)"),
        (["--engine", "x", "x.py"], "unknown engine 'x' (known: auto, ninja, process)"),
        (["modul.py"], "no file or folder 'modul.py' (did you mean 'module.py'?)"),
        (["zzz"], "no file or folder 'zzz'"),
        ([], "what is to be compiled? (dxc --help shows the options)"),
        (["-j", "no", "x.py"], "-j takes a number of processes, not 'no'"),
        (["--emit"], "argument --emit: expected one argument"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_status_2(dxc, tmp_path, words, line):
    (tmp_path / "x.py").touch()
    (tmp_path / "module.py").touch()
    result = dxc(*words, cwd=tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (2, "", f"dxc: {line}\n")


def test_a_shipped_folder_holds_the_code_and_nothing_else(dxc, tmp_path, write_tree):
    tree = settle(write_tree(tmp_path / "tree", 20))
    shipped = tmp_path / "shipped"
    assert dxc("-o", shipped, tree).returncode == 0
    moved = shipped.rename(tmp_path / "moved")
    compiler = Compiler(ArtifactStore(moved), optimize=0)
    store = ArtifactStore(moved)
    for module in find_modules([tree]):
        name = store.lookup(compiler.source_action(digest(module.path.read_bytes())))
        assert decode(store.get(name)).kind == "code"
    assert len((moved / "modules.txt").read_text().splitlines()) == 22
    modes = {stat.S_IMODE(path.stat().st_mode) for path in [moved, *moved.rglob("*")]}
    assert modes == {0o755, 0o644}


def test_a_shipped_folder_follows_its_tree(dxc, tmp_path, write_tree):
    tree = write_tree(tmp_path / "tree", 20)
    shipped = tmp_path / "shipped"
    dxc("-o", shipped, tree)
    files = [path for path in shipped.rglob("*") if path.is_file()]
    (tree / "package0" / "module3.py").rename(tree / "package0" / "other.py")
    (tree / "package0" / "other.py").write_text("changed = 1\n")
    dxc("-o", shipped, tree)
    assert len([path for path in shipped.rglob("*") if path.is_file()]) == len(files)
    assert len(objects(shipped)) == 21


def test_damaged_artifacts_are_made_again_before_they_are_shipped(
    dxc, store, tmp_path, write_tree
):
    tree = settle(write_tree(tmp_path / "tree", 20))
    shipped = tmp_path / "shipped"
    dxc("-o", shipped, tree)
    kept = {path: path.read_bytes() for path in shipped.rglob("*") if path.is_file()}
    for path in [*store.root.glob("v1/objects/*/*"), *shipped.glob("v1/objects/*/*")]:
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert dxc("-o", shipped, tree).returncode == 0
    assert {path: path.read_bytes() for path in shipped.rglob("*") if path.is_file()} == kept


def test_a_folder_that_holds_something_else_is_not_shipped_to(dxc, tmp_path, write_tree):
    tree = write_tree(tmp_path / "tree", 3)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    result = dxc("-o", tmp_path / "mine", tree)
    assert result.returncode == 1
    assert "holds something else" in result.stderr
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_a_depfile_names_what_was_read(dxc, tmp_path):
    tree = tmp_path / "a tree"
    tree.mkdir()
    (tree / "m.py").touch()
    depfile = tmp_path / "out.d"
    dxc("--depfile", depfile, "-o", "out", tree, cwd=tmp_path)
    escaped = str(tree).replace(" ", "\\ ")
    read = f"out: \\\n  {escaped} \\\n  {escaped}/m.py\n"
    assert depfile.read_text() == f"{read}{escaped}:\n{escaped}/m.py:\n"


def test_an_emitted_ninja_file_builds_and_finds_new_modules(dxc, store, tmp_path, write_tree):
    write_tree(tmp_path / "tree", 20)
    assert dxc("--emit-ninja", "build.ninja", "tree", cwd=tmp_path).returncode == 0

    def ninja():
        return subprocess.run([find_ninja()], cwd=tmp_path, capture_output=True, text=True)

    assert ninja().returncode == 0
    made = objects(store.root)
    assert len(made) == 42
    assert "no work to do" in ninja().stdout
    (tmp_path / "tree" / "package0" / "new.py").write_text("new = 1\n")
    assert ninja().returncode == 0
    assert len(objects(store.root)) == len(made) + 2


@pytest.mark.parametrize("kind", ["tokens", "ast", "symbols", "bytecode"])
def test_every_stage_can_be_shown(dxc, tmp_path, kind):
    (tmp_path / "m.py").write_text("answer = 42\n")
    result = dxc("--emit", kind, "m.py", cwd=tmp_path)
    assert result.returncode == 0
    assert "answer" in result.stdout


def test_bytecode_is_shown_as_dis_does(dxc, tmp_path):
    source = "def f(x):\n    return x\n"
    (tmp_path / "m.py").write_text(source)
    text = io.StringIO()
    dis.dis(compile(source, "m.py", "exec"), file=text)

    def without_addresses(lines):
        return [line.partition(" at 0x")[0] for line in lines.rstrip().splitlines()]

    shown = dxc("--emit", "bytecode", "m.py", cwd=tmp_path).stdout
    assert without_addresses(shown) == without_addresses(text.getvalue())


def test_every_artifact_can_be_inspected(dxc, store, tmp_path):
    (tmp_path / "m.py").write_text("answer = 42\n")
    dxc(tmp_path / "m.py")
    for path in [*store.root.glob("v1/objects/*/*"), *store.root.glob("v1/actions/*/*")]:
        assert dxc("inspect", path).returncode == 0
    for name in objects(store.root):
        (folder,) = {path.parent.name for path in store.root.glob(f"v1/objects/*/{name}")}
        assert "schema" in dxc("inspect", (folder + name)[:12]).stdout


def test_an_artifact_of_an_unknown_kind_is_shown_as_its_payload(dxc, store):
    name = store.put(encode(Artifact("future", 9, {"x": [1, 2]})))
    shown = dxc("inspect", name).stdout
    assert "future, schema 9" in shown
    assert "{'x': [1, 2]}" in shown


def test_a_newer_schema_says_what_is_needed(dxc, store):
    name = store.put(encode(Artifact("code", 99, None)))
    result = dxc("inspect", name)
    assert result.returncode == 1
    assert "install one that reads schema 99" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("abcdef", "no artifact 'abcdef' in"),
        ("x.py", "'x.py' is no artifact"),
        ("y.py", "no file or folder 'y.py' (did you mean 'x.py'?)"),
    ],
)
def test_what_cannot_be_inspected_is_one_line(dxc, tmp_path, name, line):
    (tmp_path / "x.py").write_text("x = 1\n")
    result = dxc("inspect", name, cwd=tmp_path)
    assert result.returncode in (1, 2)
    assert line in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_verification_counts_and_names_differences(dxc, tmp_path, write_tree):
    tree = write_tree(tmp_path / "tree", 5)
    (tree / "bad.py").write_text("def f(:\n")
    result = dxc("verify", tree)
    assert result.returncode == 0, result.stdout
    assert "       7 modules" in result.stdout
    assert "       6 identical tree and code" in result.stdout


def module(number):
    return Module(Path(__file__), f"m{number}.py")


def test_modules_stay_in_their_batch():
    modules = [module(number) for number in range(50)]
    first = assign({}, modules, 5)
    assert sorted(name for names in first.values() for name in names) == sorted(
        module.name for module in modules
    )
    more = assign(first, [*modules[1:], module(99)], 5)
    new = {batch: names for batch, names in more.items() if batch not in first}
    assert list(new.values()) == [["m99.py"]]
    assert all(
        set(names) <= set(first[batch]) for batch, names in more.items() if batch in first
    )


def test_many_small_batches_are_made_anew():
    batches, modules = {}, []
    for number in range(100):
        modules.append(module(number))
        batches = assign(batches, modules, 4)
    assert len(batches) <= 12
    assert sum(map(len, batches.values())) == 100


def test_batches_are_about_equal(tmp_path):
    modules = []
    for number in range(30):
        path = tmp_path / f"{number}.py"
        path.write_text("x" * (number**3))
        modules.append(Module(path, path.name))
    sizes = [
        sum((tmp_path / name).stat().st_size + 2000 for name in names)
        for names in split(modules, 3)
    ]
    assert max(sizes) < 1.3 * min(sizes)


def test_a_file_that_changes_while_it_is_compiled_is_read_again(store, tmp_path, monkeypatch):
    file = tmp_path / "m.py"
    file.write_text("other = 1\n")
    known_before = (digest(b"first = 1\n"), None)
    monkeypatch.setattr(StatIndex, "digest_of", lambda index, path: known_before)
    result = Compiler(store, optimize=0).compile(Module(file, "m.py"))
    assert result.source == digest(b"other = 1\n")
    assert "other" in code_of(result.code.read(), "m.py").co_names


def test_a_pointer_names_every_artifact(dxc, store, tmp_path, write_tree):
    tree = write_tree(tmp_path / "tree", 15)
    dxc("--engine", "ninja", tree)
    folder = build_folder(store, [tree], 0)
    pointer = folder / "pointers" / "package1" / "module12.py.ptr"
    assert set(read_pointer(pointer)) == {"ast", "code"}
    assert dxc("inspect", pointer).stdout.count("schema") == 2


def test_a_running_program_finds_the_code_that_dxc_made(dxc, store, tmp_path):
    source = "import sys\n\n\ndef f(a):\n    return [a for b in a] == 'x' * 300\n"
    file = tmp_path / "program.py"
    file.write_text(source)
    dxc(file)
    files_below = StoreFiles(str(store.layout))
    found = CodeCache(files_below, code_artifact, code_marshal.dumps, pytest.fail, pytest.fail)
    code, warned = found.load(source.encode(), str(file), 0)
    assert code == compile(source, str(file), "exec", dont_inherit=True)
    assert not warned
    assert code.co_consts[2].co_filename == str(file)
    kept = files(store.root)
    tree = parse(source.encode(), filename=str(file))[HEADER_SIZE:]
    body = code_artifact.encode(code, code_marshal.dumps, warned=False)
    data, _ = code_artifact.decode(body)
    found.save(source.encode(), tree, data, 0, warned=False)
    assert files(store.root) == kept


def test_tokens_are_shown_with_places_and_terminals(dxc, tmp_path):
    (tmp_path / "m.py").write_text("if é:\n    f'{x}'\n")
    shown = dxc("--emit", "tokens", "m.py", cwd=tmp_path).stdout.splitlines()
    assert [line.split() for line in shown[1:-2]] == [
        ["1:0-1:2", "IF", "if"],
        ["1:3-1:5", "NAME", "é"],
        ["1:5-1:6", "COLON", ":"],
        ["1:6-1:6", "NEWLINE"],
        ["1:6-1:6", "INDENT"],
        ["2:4-2:6", "FSTRING_START", "f'"],
        ["2:6-2:7", "LBRACE", "{"],
        ["2:7-2:8", "NAME", "x"],
        ["2:8-2:9", "RBRACE", "}"],
        ["2:9-2:10", "FSTRING_END", "'"],
        ["2:10-2:10", "NEWLINE"],
    ]


def test_code_ir_is_shown(dxc, tmp_path):
    (tmp_path / "m.py").write_text("def f(a):\n    return a\n")
    shown = dxc("--emit", "code-ir", "m.py", cwd=tmp_path).stdout
    assert "unit f, line 1" in shown
    assert "LOAD_FAST 0 (a)" in shown


def broken_lowering(monkeypatch):
    def fail(unit, node):
        raise KeyError("no such pass")

    monkeypatch.setitem(lower.VISITORS, ast.Pass, fail)


def test_a_defect_leaves_the_module_to_the_host(store, tmp_path, monkeypatch, capsys):
    broken_lowering(monkeypatch)
    file = tmp_path / "m.py"
    file.write_text("def f():\n    def g(): pass\n")
    result = Compiler(store, optimize=0).compile(Module(file, "m"))
    host = compile(file.read_bytes(), "m.py", "exec", dont_inherit=True)
    assert code_of(result.code.read(), "m.py") == host
    assert "stage codegen failed on f.<locals>.g: KeyError" in capsys.readouterr().err


def test_a_defect_is_fatal_when_strict(store, tmp_path, monkeypatch):
    broken_lowering(monkeypatch)
    monkeypatch.setenv("DX_STRICT", "1")
    file = tmp_path / "m.py"
    file.write_text("pass\n")
    with pytest.raises(InternalError, match="stage codegen failed on <module>"):
        Compiler(store, optimize=0).compile(Module(file, "m"))
