"""``sys._jit``, where it was asked for, says what CPython 3.14's says."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest

from tests.native.observing import run_program

core = pytest.importorskip("dx_py.runtime_support._core")

LAUNCHER = Path(sysconfig.get_path("scripts")) / "dx-py"


@pytest.fixture
def offered(monkeypatch):
    monkeypatch.setattr(sys, "_jit", None, raising=False)
    core.offer_sys_jit()
    return sys._jit


def asks(jit, n):
    return [jit.is_active() for _ in range(n)]


def test_it_has_the_names_of_3_14(offered):
    names = [name for name in dir(offered) if not name.startswith("_")]
    assert names == ["is_active", "is_available", "is_enabled"]
    assert (offered.is_available(), offered.is_enabled()) == (True, True)
    assert type(offered) is type(sys)
    assert offered.__name__ == "sys._jit"


def test_interpreted_code_is_not_active(offered):
    assert asks(offered, 3) == [False] * 3


def test_native_code_is_active(native, offered):
    compiled = native.compile(asks, (offered, 3))
    assert compiled(offered, 3) == [True] * 3
    assert asks(offered, 1) == [False]


def test_what_native_code_calls_interpreted_is_not_active(native, offered):
    def calls(jit, n):
        return [asks(jit, 1)[0] for _ in range(n)]

    native.sample(calls, (offered, 3))
    compiled = native.compile_sampled(calls)
    assert compiled(offered, 3) == [False] * 3


@pytest.mark.parametrize(
    ("asked", "found"), [("1", "True\n"), ("", "False\n"), ("0", "False\n")]
)
def test_programs_have_it_where_it_was_asked_for(tmp_path, asked, found):
    tmp_path.chmod(0o700)
    (tmp_path / "program.py").write_text("import sys\nprint(hasattr(sys, '_jit'))\n")
    settings = {"DX_JIT": "1", "DX_SYS_JIT": asked, "DX_CACHE_DIR": str(tmp_path / "store")}
    assert run_program([LAUNCHER], tmp_path, **settings) == (0, found, "")
