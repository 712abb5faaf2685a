"""The package list in pyproject.toml is complete, and so are the type-checker links."""

from __future__ import annotations

import importlib
import os
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
NATIVE_MODULES = [module["name"] for module in SETUPTOOLS["ext-modules"]]
NOT_PACKAGES = {"tests", "docs", "bench", "build", "dist"}


def packages_on_disk() -> set[str]:
    return {
        "dx_py." + ".".join(init.parent.relative_to(ROOT).parts)
        for init in ROOT.glob("[!.]*/**/__init__.py")
        if init.relative_to(ROOT).parts[0] not in NOT_PACKAGES
    }


def test_every_package_is_shipped():
    assert set(SETUPTOOLS["packages"]) == packages_on_disk()


def test_type_checkers_see_every_stage():
    links = {link.name: link.resolve() for link in (ROOT / ".typing/dx_py").iterdir()}
    stages = {name.split(".")[1] for name in SETUPTOOLS["packages"]}
    assert links == {stage: ROOT / stage for stage in stages}


@pytest.mark.skipif(os.environ.get("DX_PORTABLE") == "1", reason="stands for no native code")
@pytest.mark.parametrize("name", NATIVE_MODULES)
def test_native_modules_are_built(name):
    """Tests of a native module skip where it is missing, so that must not go unnoticed."""
    assert importlib.import_module(name)
