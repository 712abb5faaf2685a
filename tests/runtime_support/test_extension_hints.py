"""An extension that does not load: every symbol it misses, and what its name expects."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import shutil
import subprocess
import sys
import sysconfig

import pytest

from dx_py.runtime_support.hints import extensions

SOURCE = """\
extern int PyDX_NoSuchFunction(void), _PyDX_Another(void);
extern double sqrt(double);
extern int PyList_Size(void *);
extern int dx_weak(void) __attribute__((weak));
double use(void *x)
{
    return PyDX_NoSuchFunction() + _PyDX_Another() + sqrt(PyList_Size(x)) + (dx_weak ? 1 : 0);
}
void *PyInit_lacking(void) { return 0; }
"""

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("cc") is None, reason="builds an ELF library"
)


@pytest.fixture(scope="module")
def lacking(tmp_path_factory):
    folder = tmp_path_factory.mktemp("extension")
    source, path = folder / "lacking.c", folder / "lacking.cpython-311-x86_64-linux-gnu.so"
    source.write_text(SOURCE, encoding="utf-8")
    command = ["cc", "-shared", "-fPIC", "-Wl,-z,now", "-o", path, source, "-lm"]
    subprocess.run(command, check=True)
    return path


def load(path):
    loader = importlib.machinery.ExtensionFileLoader("lacking", str(path))
    return importlib.util.module_from_spec(
        importlib.util.spec_from_loader("lacking", loader, origin=str(path))
    )


def hints(error):
    return [*extensions.rule(lambda name: None)(error)]


def test_all_missing_symbols_are_listed_not_only_the_first(lacking):
    with pytest.raises(ImportError) as caught:
        load(lacking)
    missing, tag = hints(caught.value)
    assert missing.endswith("that are not there: PyDX_NoSuchFunction, _PyDX_Another")
    assert "needs 2 symbols" in missing
    assert tag.startswith(
        "by its name it is built for CPython 3.11 on x86_64-linux-gnu; this is"
    )


def test_however_many_symbols_are_missing_each_is_named(lacking, monkeypatch):
    names = [f"PyDX_Missing{number}" for number in range(100)]
    monkeypatch.setattr(extensions, "missing_symbols", lambda path: names)
    missing, _ = hints(ImportError("it does not load", path=str(lacking)))
    assert missing.endswith(": " + ", ".join(names))


def test_a_module_built_for_another_version_is_found(lacking, monkeypatch):
    monkeypatch.syspath_prepend(str(lacking.parent))
    with pytest.raises(ModuleNotFoundError) as caught:
        __import__("lacking")
    (told,) = hints(caught.value)
    assert "lacking.cpython-311-x86_64-linux-gnu.so is built for CPython 3.11" in told


def test_an_extension_of_the_library_misses_nothing():
    path = importlib.util.find_spec("_ctypes").origin
    assert extensions.missing_symbols(path) == []


@pytest.mark.parametrize(
    ("name", "built"),
    [
        ("a.abi3.so", "the stable ABI of CPython 3 ('abi3')"),
        ("a.cpython-312-aarch64-linux-gnu.so", "CPython 3.12 on aarch64-linux-gnu"),
        ("a.cpython-313t-darwin.so", "CPython 3.13 (free-threaded) on darwin"),
        ("a.cpython-39d.so", "CPython 3.9 (debug)"),
        ("a.so", ""),
        ("a.tag.so", ""),
    ],
)
def test_what_a_file_name_says(name, built):
    assert extensions.built_for(name) == built


@pytest.mark.parametrize("content", [b"", b"\x7fELF\x01\x01", b"no object"])
def test_a_file_that_is_no_object_has_no_symbols(tmp_path, content):
    path = tmp_path / f"x{sysconfig.get_config_var('EXT_SUFFIX')}"
    path.write_bytes(content)
    assert extensions.missing_symbols(str(path)) == []
