"""Wheels built by the hooks: used as installed, ignored by python, refused when modified."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from dx_py.artifacts.artifact import Artifact, decode, encode
from dx_py.artifacts.errors import DxError
from dx_py.driver.wheels.shipment import levels_from
from dx_py.runtime_support import shipped_artifact

needs_native = pytest.mark.skipif(
    os.environ.get("DX_PORTABLE") == "1", reason="--compile=all needs the native front end"
)

HATCHLING = """
[build-system]
requires = ["hatchling", "dx-py"]
build-backend = "hatchling.build"

[project]
name = "Demo.Shop"
version = "1.0"

[tool.hatch.build.targets.wheel]
packages = ["demo"]

[tool.hatch.build.targets.wheel.hooks.dx-py]
levels = [0, 1]
"""

SETUPTOOLS = """
[build-system]
requires = ["setuptools>=80", "dx-py"]
build-backend = "setuptools.build_meta"

[project]
name = "Demo.Shop"
version = "1.0"

[tool.setuptools]
packages = ["demo", "demo.inner"]

[tool.setuptools.cmdclass]
build = "dx_py.driver.wheels.setuptools_command.Build"

[tool.distutils.dx_py]
levels = "0, 1"
"""

BACKENDS = {"hatchling": HATCHLING, "setuptools": SETUPTOOLS}
by_either_backend = pytest.mark.parametrize("wheel", BACKENDS, indirect=True)

MODULES = {
    "demo/__init__.py": "from demo import first, inner\n",
    "demo/first.py": "assert __debug__ or 1\nVALUE = 'first'\n",
    "demo/second.py": "VALUE = 'second'\n",
    "demo/inner/__init__.py": "VALUE = 'inner'\n",
    "demo/broken.py": "this is no module\n",
}
IMPORTS = "import demo.second; print(demo.first.VALUE, demo.second.VALUE, demo.inner.VALUE)"
#: Of IMPORTS: demo, first, second, inner.
IMPORTED = 4
RECORD = "demo_shop-1.0.dist-info/RECORD"


def inherited() -> dict[str, str]:
    return {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}


def pip(*words: object) -> str:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, env=inherited())
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="session")
def build(tmp_path_factory) -> Callable[[str], Path]:
    """Gives a wheel of MODULES, as pip builds it by a back end."""

    @cache
    def build_by(backend: str) -> Path:
        project = tmp_path_factory.mktemp(backend)
        (project / "pyproject.toml").write_text(BACKENDS[backend])
        for name, text in MODULES.items():
            (project / name).parent.mkdir(exist_ok=True, parents=True)
            (project / name).write_text(text)
        isolation = ("--no-build-isolation", "--no-deps", "--no-index")
        said = pip("wheel", "-v", *isolation, "-w", project / "dist", project)
        assert "'demo/broken.py' is not compiled: SyntaxError" in said
        return next((project / "dist").iterdir())

    return build_by


@pytest.fixture
def wheel(request, build) -> Path:
    return build(getattr(request, "param", "hatchling"))


@pytest.fixture(scope="session")
def install(build, tmp_path_factory) -> Callable[[Path], Path]:
    """Gives the folder that pip installed a wheel to, without .pyc files."""

    @cache
    def install_one(wheel: Path) -> Path:
        folder = tmp_path_factory.mktemp("installed")
        pip("install", "--no-index", "--no-deps", "--no-compile", "--target", folder, wheel)
        return folder

    return install_one


@pytest.fixture
def site(wheel: Path, install, tmp_path: Path) -> Path:
    """An installation that a test may change."""
    return Path(shutil.copytree(install(wheel), tmp_path / "site"))


@pytest.fixture
def run(bench, site: Path) -> Callable[..., tuple[str, str, str]]:
    """Output, errors and statistics of IMPORTS under ``dx-py``, without a store."""

    def imports(*words: str, mode: str = "auto") -> tuple[str, str, str]:
        bench.stats.unlink(missing_ok=True)
        options = {"PYTHONPATH": str(site), "DX_STRICT": "0"}
        ran = bench.dx_py("-B", *words, "-c", IMPORTS, mode=mode, **options)
        assert ran.status == 0, ran.errors
        return ran.output, ran.errors, bench.stats.read_text()

    return imports


def shipped(site: Path, module: str) -> Path:
    return site / shipped_artifact.file_of(module, 0)


def record_anew(site: Path, path: Path, old: bytes) -> None:
    """What an installer would have written for the file as it is now."""

    def row(data: bytes) -> str:
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
        return f"sha256={digest},{len(data)}"

    record = site / RECORD
    text = record.read_text()
    assert row(old) in text
    record.write_text(text.replace(row(old), row(path.read_bytes())))


def with_field(path: Path, name: str, value: object) -> bytes:
    artifact = decode(path.read_bytes())
    payload = artifact.payload | {name: value}
    return encode(Artifact(artifact.kind, artifact.schema, payload))


@by_either_backend
def test_a_wheel_lists_the_code_of_each_module_at_each_level(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if shipped_artifact.FOLDER in name]
        listed = archive.read(RECORD).decode()
    modules = [name for name in MODULES if "broken" not in name]
    assert sorted(names) == sorted(
        shipped_artifact.file_of(module, level) for module in modules for level in (0, 1)
    )
    assert all(f"\n{name},sha256=" in f"\n{listed}" for name in names)


@by_either_backend
def test_the_same_modules_make_the_same_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        data = archive.read(shipped_artifact.file_of("demo/second.py", 0))
    fields = decode(data).payload
    assert fields["source"] == hashlib.sha256(MODULES["demo/second.py"].encode()).hexdigest()
    assert encode(decode(data)) == data
    assert os.fsencode(wheel.parent) not in data


@by_either_backend
@pytest.mark.parametrize(
    ("mode", "level"), [("auto", []), pytest.param("all", ["-O"], marks=needs_native)]
)
def test_code_comes_from_the_wheel(run, mode: str, level: list[str]) -> None:
    output, errors, stats = run(*level, mode=mode)
    assert (output, errors) == ("first second inner\n", "")
    assert f"{IMPORTED} code objects came with installed packages" in stats


@needs_native
def test_code_comes_from_the_wheel_where_there_are_pyc_files_too(bench, run, site) -> None:
    bench.python("-c", IMPORTS, PYTHONPATH=str(site))
    assert list(site.rglob("*.pyc"))
    output, _, stats = run(mode="all")
    assert output == "first second inner\n"
    assert f"{IMPORTED} code objects came with installed packages" in stats


def test_python_does_the_same_with_and_without_it(bench, site: Path) -> None:
    listing = "import pkgutil; print([m.name for m in pkgutil.iter_modules(demo.__path__)])"
    code = f"{IMPORTS}; {listing}"
    ran = bench.python("-B", "-c", code, PYTHONPATH=str(site))
    for folder in [*site.rglob(shipped_artifact.FOLDER)]:
        shutil.rmtree(folder)
    assert ran == bench.python("-B", "-c", code, PYTHONPATH=str(site))
    assert ran.status == 0


def test_code_of_an_edited_source_is_not_used(run, site: Path) -> None:
    (site / "demo/second.py").write_text("VALUE = 'edited'\n")
    output, errors, stats = run()
    assert (output, errors) == ("first edited inner\n", "")
    assert f"{IMPORTED - 1} code objects came with" in stats
    assert "the source was edited after its wheel was built" in stats


def flipped(path: Path) -> bytes:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    return bytes(data)


def sealed_anew(path: Path) -> bytes:
    """Other code under a right checksum, for the source as it is."""
    other = decode(path.with_name(path.name.replace("second", "first")).read_bytes())
    return with_field(path, "code", other.payload["code"])


MODIFICATIONS = {
    "flipped": flipped,
    "sealed anew": sealed_anew,
    "cut short": lambda path: path.read_bytes()[:-9],
    "empty": lambda path: b"",
    "another's": lambda path: path.with_name("__init__.cpython-312.dxa").read_bytes(),
    "another level's": lambda path: path.with_name("second.cpython-312.opt-1.dxa").read_bytes(),
}


@pytest.mark.parametrize("change", MODIFICATIONS.values(), ids=MODIFICATIONS)
def test_a_modified_artifact_is_refused_in_one_line(run, site: Path, change) -> None:
    path = shipped(site, "demo/second.py")
    path.write_bytes(change(path))
    output, errors, stats = run()
    assert output == "first second inner\n"
    line = f"dx-py: '{path}' is not what was installed: not used; install it again\n"
    assert errors == line
    assert f"{IMPORTED - 1} code objects came with" in stats


def test_an_artifact_that_was_not_installed_is_refused(run, site: Path) -> None:
    record = site / RECORD
    path = shipped(site, "demo/second.py")
    kept = [line for line in record.read_text().splitlines() if "second.cpython" not in line]
    record.write_text("\n".join(kept))
    output, errors, _ = run()
    assert output == "first second inner\n"
    assert f"'{path}' is not what was installed" in errors


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("host", "cpython-312-3500", "made for cpython-312-3500, code generator "),
        ("codegen", 77, "code generator 77, level 0, where cpython-312-"),
    ],
)
def test_an_artifact_for_another_host_or_compiler_is_told(
    run, site: Path, field: str, value: object, why: str
) -> None:
    path = shipped(site, "demo/second.py")
    old = path.read_bytes()
    path.write_bytes(with_field(path, field, value))
    record_anew(site, path, old)
    output, errors, stats = run()
    assert (output, errors) == ("first second inner\n", "")
    assert f"'{path}' is not used: " in stats
    assert why in stats


def test_an_artifact_of_another_schema_is_told(run, site: Path) -> None:
    path = shipped(site, "demo/second.py")
    old = path.read_bytes()
    path.write_bytes(encode(Artifact("shipped", 9, decode(old).payload)))
    record_anew(site, path, old)
    output, errors, stats = run()
    assert (output, errors) == ("first second inner\n", "")
    assert "is not used: schema 9, where this DX-Py reads schema 1" in stats


def test_nothing_is_used_without_a_record(run, site: Path) -> None:
    (site / RECORD).unlink()
    output, errors, stats = run()
    assert (output, errors) == ("first second inner\n", "")
    assert "'demo_shop-1.0.dist-info' has no RECORD" in stats
    assert "came with installed packages" not in stats


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX permissions")
@pytest.mark.parametrize("place", ["demo/__dx_py__", "demo", RECORD])
def test_nothing_is_used_that_others_can_write_to(run, site: Path, place: str) -> None:
    (site / place).chmod(0o777)
    output, errors, stats = run()
    assert (output, errors) == ("first second inner\n", "")
    assert "first.cpython-312.dxa" not in errors
    used = "came with installed packages"
    assert used not in stats or place == "demo/__dx_py__"


@by_either_backend
@pytest.mark.parametrize("installer", ["pip", "dx-py"])
def test_uninstalling_leaves_nothing(installer: str, bench, wheel, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", "--symlinks", environment], check=True
    )
    python = environment / "bin" / "python"
    library = environment / "lib" / "python3.12" / "site-packages"

    def run(*words: object) -> None:
        if installer == "pip":
            pip("--python", python, *words)
            return
        done = subprocess.run(
            [*map(str, [bench.launcher, "pip", *words])],
            capture_output=True,
            text=True,
            env=inherited()
            | {"VIRTUAL_ENV": str(environment), "DX_CACHE_DIR": str(bench.store)},
        )
        assert done.returncode == 0, done.stdout + done.stderr

    run("install", "--no-index", "--no-deps", wheel)
    assert shipped(library, "demo/first.py").exists()
    command = [bench.launcher, "--python", python, "-B", "-c", IMPORTS]
    settings = {"DX_STATS": "1", "DX_COMPILE": "all", "DX_CACHE_DIR": str(tmp_path / "none")}
    ran = subprocess.run(
        [*map(str, command)], capture_output=True, text=True, env=inherited() | settings
    )
    assert ran.stdout == "first second inner\n"
    if os.environ.get("DX_PORTABLE") != "1":
        assert f"{IMPORTED} code objects came with installed packages" in ran.stderr
    run("uninstall", "-y", "demo-shop")
    assert [path.name for path in library.iterdir()] == []


@pytest.mark.parametrize("value", [[], [4], "0 7", 3, None, "", ["x"]])
def test_levels_that_are_none_are_refused(value: object) -> None:
    with pytest.raises(DxError, match="levels are given as a list of 0, 1, 2, 3"):
        levels_from(value)


def test_levels_are_read_from_lists_and_from_text() -> None:
    assert levels_from([2, 0, 0]) == levels_from("2, 0") == (0, 2)
