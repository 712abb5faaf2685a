"""Editable installs by six build back ends: edits show, scripts work, nothing is left behind.

Run by ``make conformance-pkg``; the back ends come from the index.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

MODULE = "import sys\n\n\ndef main():\n    print('first')\n    return 0\n"
STANDARD = """
[project]
name = "demo-{name}"
version = "1.0"
description = "a demo"
[project.scripts]
demo = "demo_{name}:main"
"""
POETRY = """
[tool.poetry]
name = "demo-poetry"
version = "1.0"
description = ""
authors = []
packages = [{ include = "demo_poetry", from = "src" }]
[tool.poetry.scripts]
demo = "demo_poetry:main"
"""
BACKENDS = {
    "setuptools": ("setuptools.build_meta", "setuptools", STANDARD),
    "flit": ("flit_core.buildapi", "flit-core", STANDARD),
    "hatch": ("hatchling.build", "hatchling", STANDARD),
    "poetry": ("poetry.core.masonry.api", "poetry-core", POETRY),
    "pdm": ("pdm.backend", "pdm-backend", STANDARD),
    "scikit": ("scikit_build_core.build", "scikit-build-core", STANDARD),
}
SCIKIT = """
[tool.scikit-build]
wheel.packages = ["src/demo_scikit"]
"""
CMAKE = """
cmake_minimum_required(VERSION 3.15)
project(demo C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
Python_add_library(_answer MODULE src/answer.c WITH_SOABI)
install(TARGETS _answer DESTINATION demo_scikit)
"""
ANSWER = """
#define PY_SSIZE_T_CLEAN
#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_answer", NULL, -1, NULL};
PyMODINIT_FUNC PyInit__answer(void) {
    PyObject *made = PyModule_Create(&module);
    if (made != NULL && PyModule_AddIntConstant(made, "answer", 42) < 0) Py_CLEAR(made);
    return made;
}
"""


def make_project(folder: Path, name: str) -> Path:
    backend, requirement, table = BACKENDS[name]
    package = folder / "src" / f"demo_{name}"
    package.mkdir(parents=True)
    module = package / "__init__.py"
    module.write_text(MODULE)
    text = f'[build-system]\nrequires = ["{requirement}"]\nbuild-backend = "{backend}"\n'
    text += table.format(name=name) if table is not POETRY else table
    if name == "scikit":
        (folder / "CMakeLists.txt").write_text(CMAKE)
        (folder / "src" / "answer.c").write_text(ANSWER)
        module.write_text(f"from demo_scikit import _answer\n{MODULE}")
        text += SCIKIT
    (folder / "pyproject.toml").write_text(text)
    return module


def tree(folder: Path) -> dict[str, bytes | str]:
    """Every folder, file and link, but for DX-Py's own notes."""
    found: dict[str, bytes | str] = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if relative.parts[0] == ".dx-py":
            continue
        if path.is_symlink():
            found[str(relative)] = str(path.readlink())
        else:
            found[str(relative)] = path.read_bytes() if path.is_file() else "folder"
    return found


@pytest.mark.parametrize("name", BACKENDS)
def test_editable_shows_edits_and_leaves_nothing(dx, name, tmp_path):
    environment, project = tmp_path / "env", tmp_path / "project"
    project.mkdir()
    module = make_project(project, name)
    dx("venv", "--without-pip", "-p", sys.executable, str(environment))
    env_before, source_before = tree(environment), tree(project)
    dx("pip", "install", "-q", "-p", str(environment), "-e", str(project))
    assert tree(project) == source_before

    def output(*command: str) -> str:
        words = [environment / "bin" / command[0], *command[1:]]
        done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=tmp_path)
        return done.stdout.strip()

    assert output("demo") == "first"
    module.write_text(module.read_text().replace("first", "the second"))
    assert output("demo") == "the second"
    assert output("python", "-c", f"import demo_{name} as m; m.main()") == "the second"
    (module.parent / "new.py").write_text("value = 5\n")
    assert output("python", "-c", f"from demo_{name} import new; print(new.value)") == "5"
    (module.parent / "new.py").unlink()
    assert f"-e {project.as_uri()}" in dx("pip", "freeze", "-p", str(environment)) or (
        f"-e {project}" in dx("pip", "freeze", "-p", str(environment))
    )
    module.write_text(module.read_text().replace("the second", "first"))
    dx("pip", "uninstall", "-q", "-y", "-p", str(environment), f"demo-{name}")
    assert tree(environment) == env_before
    assert tree(project) == source_before
