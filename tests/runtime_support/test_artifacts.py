"""What ``--compile=all`` keeps: dxc's artifacts, the same bytes in every process."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from dx_py.artifacts.artifact import Artifact, decode, digest, encode
from dx_py.artifacts.store import ArtifactStore
from dx_py.driver.dxc.compilation import Compiler

SOURCE = """
\"\"\"Doc.\"\"\"
import sys
NUMBERS = (1, 2.5, -0.0, 1e400, 3j, 10**30, ..., None, True, b"bytes", "text", "/")
def f(a, /, b=1, *c, d: "annotation" = {"x"}, **e):
    class C:
        def g(self): return a, __class__, {1, 2, 3} & {"p", "q"}, f"{b!r:>{10}}"
    return [x async for x in y] if 0 else lambda: (C, a), x in {"p", "q", "r", "s"}
print(NUMBERS, [n for n in NUMBERS if n])
""".replace("[x async for x in y] if 0 else ", "")


def files(store: Path) -> dict[str, bytes]:
    layout = store / "v1"
    return {
        str(path.relative_to(layout)): path.read_bytes()
        for folder in ("objects", "actions")
        for path in sorted((layout / folder).rglob("*"))
        if path.is_file()
    }


def test_the_same_source_gives_the_same_bytes_in_every_process(bench, tmp_path: Path) -> None:
    stores = []
    for seed, folder in (("0", "one"), ("1", "two"), ("4321", "three")):
        script = bench.write(f"{folder}/script.py", SOURCE)
        store = tmp_path / folder
        names = "; ".join(f"{name} = '{name}'" for name in ("f", "C", "NUMBERS", "text"))
        options = {"DX_CACHE_DIR": str(store), "PYTHONHASHSEED": seed}
        bench.dx_py("-c", f"import sys; {names}", **options)
        assert bench.dx_py(str(script), **options).status == 0
        stores.append(files(store))
    assert stores[0]
    assert stores[1:] == stores[:1] * 2


def test_what_dxc_compiled_is_used_and_what_it_would_compile_is_kept(bench, tmp_path) -> None:
    script = bench.write("script.py", SOURCE)
    environment = {**os.environ, "DX_CACHE_DIR": str(bench.store)}
    command = [sys.executable, "-m", "dx_py.driver.dxc", str(script)]
    subprocess.run(command, env=environment, cwd=tmp_path, check=True, capture_output=True)
    made = files(bench.store)
    bench.dx_py("script.py")
    assert "0 sources through the compiler, 1 code objects" in bench.counts()
    other = tmp_path / "other"
    bench.dx_py("script.py", DX_CACHE_DIR=str(other))
    code = {name: data for name, data in files(other).items() if b"\xa4code\x01" in data[:20]}
    assert code.items() <= made.items()
    assert len(code) == 1


@pytest.mark.parametrize("damage", ["truncate", "flip", "empty", "swap"])
def test_damaged_artifacts_are_built_again(bench, damage: str) -> None:
    bench.write("script.py", SOURCE)
    bench.write("module.py", SOURCE)
    code = "import module, script"
    expected = bench.dx_py("-c", code)
    bench.dx_py("-c", code)
    paths = [bench.store / "v1" / name for name in files(bench.store)]
    for number, path in enumerate(paths):
        data = bytearray(path.read_bytes())
        if damage == "truncate":
            del data[len(data) // 2 :]
        elif damage == "flip":
            data[(number * 37) % len(data)] ^= 1 << number % 8
        elif damage == "empty":
            data.clear()
        else:
            data[:] = paths[number - 1].read_bytes()
        path.write_bytes(data)
    for _ in range(2):
        ran = bench.dx_py("-c", code)
        assert (ran.status, ran.output) == (expected.status, expected.output)
        assert all(line.startswith("dx-py: artifact ") for line in ran.errors.splitlines())
    assert ran.errors == ""


def test_code_of_a_newer_schema_is_told_and_built_again(bench) -> None:
    bench.write("module.py", "print('here')")
    bench.dx_py("-B", "-c", "import module")
    store = ArtifactStore(bench.store)
    source = (bench.folder / "module.py").read_bytes()
    action = Compiler(store, optimize=0).source_action(digest(source))
    known = store.lookup(action)
    assert known is not None
    newer = encode(Artifact("code", 7, decode(store.get(known) or b"").payload))
    store.record(action, store.put(newer))
    ran = bench.dx_py("-B", "-c", "import module", DX_STATS="1")
    assert (ran.status, ran.output) == (0, "here\n")
    assert "the code kept for '" in ran.errors
    assert "not a code artifact of schema 1" in ran.errors
    assert store.lookup(action) == known


def test_a_store_that_cannot_be_written_is_read_and_no_more(bench) -> None:
    bench.write("script.py", "import module; print('here')")
    bench.write("module.py", "x = 1")
    bench.dx_py("script.py")
    (bench.store / "v1" / "tmp").rmdir()
    (bench.store / "v1" / "tmp").write_text("in the way")
    bench.write("module.py", "another = 'size'")
    ran = bench.dx_py("script.py")
    assert (ran.status, ran.output, ran.errors) == (0, "here\n", "")
    assert "1 sources through the compiler, 1 code objects" in bench.counts()
    assert "the store cannot be written" in bench.counts()


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX permissions")
def test_a_store_that_others_can_write_to_is_not_used(bench) -> None:
    bench.write("script.py", "print('here')")
    bench.dx_py("script.py")
    bench.store.chmod(bench.store.stat().st_mode | stat.S_IWOTH)
    assert bench.dx_py("script.py").output == "here\n"
    assert "1 sources through the compiler, 0 code objects" in bench.counts()
    assert "the store is not used" in bench.counts()


def test_the_folders_of_the_store_are_private(bench) -> None:
    bench.write("script.py", "")
    bench.dx_py("script.py")
    folders = [bench.store, *(path for path in bench.store.rglob("*") if path.is_dir())]
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}


@pytest.mark.parametrize("mode", ["auto", "all"])
def test_statistics_are_given_on_the_standard_error(bench, mode: str) -> None:
    ran = bench.dx_py("-c", "pass", mode=mode, DX_STATS="1")
    counts = "0 code objects from artifacts, 0 artifacts written"
    assert ran.errors == f"dx-py: 0 sources through the compiler, {counts}\n"
