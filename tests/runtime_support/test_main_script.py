"""``dx-py run --compile=all script.py`` is ``python script.py``, the script compiled by us."""

from __future__ import annotations

import py_compile
import zipfile
from collections.abc import Callable

import pytest

SEEN = """
import sys
print(sys.argv, sys.orig_argv[-len(sys.argv):], sys.path, len(sys.path_hooks))
print(__name__, __file__, __cached__, type(__loader__), __loader__.path, __spec__)
print(sys.path_importer_cache.get(__file__, "absent"), sorted(sys.modules), sorted(globals()))
try:
    print(sys._getframe(1))
except ValueError as error:
    print(error)
"""

ENDINGS = {
    "end": "x = 1",
    "exit": "raise SystemExit(7)",
    "exit_message": "raise SystemExit('goodbye')",
    "error": "def f():\n    1 / 0\nf()",
    "attribute_error": "sys.nothing",
    "stop_iteration": "raise StopIteration(1)",
    "import_error": "import nothing_of_this_name",
    "interrupt": "raise KeyboardInterrupt",
    "hard_exit": "import os; os._exit(3)",
    "recursion": (
        "def f(n):\n    try: return f(n + 1)\n    except RecursionError: return n\nprint(f(0))"
    ),
    "warning": "import warnings; warnings.warn('look')",
    "thread": "import threading; print(threading.main_thread(), threading.active_count())",
    "hook": "sys.excepthook = lambda *args: print('hook', args[1], __file__); 1 / 0",
    "at_exit": "import atexit; atexit.register(lambda: print('__file__' in globals()))",
    "main": "import __main__; print(__main__.__dict__ is globals(), locals() is globals())",
    "doc": "print(__doc__, __annotations__); x: int = 1; print(__annotations__)",
    "comprehension": "print([y for y in range(3)], [z := 1])",
    "future": "print(__file__)\nfrom __future__ import annotations",
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_script_sees_and_ends_as_under_python(bench, same: Callable, ending: str) -> None:
    bench.write("script.py", SEEN + ENDINGS[ending])
    same("script.py", "--option", "x y")


def test_the_script_goes_through_the_front_end_and_then_comes_from_its_artifact(bench) -> None:
    bench.write("script.py", "print('here')")
    bench.dx_py("-S", "-E", "script.py")
    bench.dx_py("script.py")
    assert "1 sources through the compiler, 0 code objects" in bench.counts()
    bench.dx_py("script.py")
    assert "0 sources through the compiler, 1 code objects" in bench.counts()


BROKEN = {
    "unclosed": "x = (1,\nprint(2)\n",
    "indent": "if 1:\nprint(2)\n",
    "return_outside": 'print("\\d" is 1)\nreturn 5\n',
    "nonlocal": "def f():\n    nonlocal x\n",
    "null": "x = 1\0\n",
    "coding": "# coding: nonsense\n",
    "not_utf8": "x = '\udcff'\n",
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_script_that_does_not_compile_gets_the_hosts_errors(bench, same, fault: str) -> None:
    path = bench.folder / "script.py"
    path.write_bytes(BROKEN[fault].encode("utf-8", "surrogateescape"))
    assert same("script.py").status == 1


@pytest.mark.parametrize("option", ["-P", "-O", "-OO", "-B", "-s", "-Werror", "-Xutf8", "-q"])
def test_options_of_the_interpreter_mean_the_same(bench, same: Callable, option: str) -> None:
    bench.write("script.py", SEEN + "assert not sys.flags.optimize, sys.flags\nprint(__doc__)")
    same(option, "script.py")


def test_skipping_the_first_line_is_left_to_the_interpreter(bench, same: Callable) -> None:
    bench.write("script.py", "this is no Python\nprint('here')\n")
    assert same("-x", "script.py").output == "here\n"


def test_a_script_by_a_link_has_the_folder_of_its_target_on_the_path(bench, same) -> None:
    bench.write("real/script.py", SEEN)
    bench.write("real/beside.py", "")
    (bench.folder / "link.py").symlink_to("real/script.py")
    same("link.py")
    same("./link.py")
    same(str(bench.folder / "real" / ".." / "link.py"))


def test_folders_zip_files_and_bytecode_run_as_ever(bench, same: Callable) -> None:
    main = bench.write("folder/__main__.py", SEEN)
    same("folder")
    with zipfile.ZipFile(bench.folder / "app.pyz", "w") as archive:
        archive.write(main, "__main__.py")
    same("app.pyz")
    py_compile.compile(str(main), cfile=str(bench.folder / "compiled.pyc"), doraise=True)
    same("compiled.pyc")


def test_modules_commands_and_missing_files_run_as_ever(bench, same: Callable) -> None:
    bench.write("package/__main__.py", SEEN)
    same("-m", "package", "argument")
    same("-c", SEEN)
    same("-")
    assert same("missing.py").status == 2


def test_a_pipe_as_a_script_is_left_to_the_interpreter(bench, same: Callable) -> None:
    assert same("/dev/null").status == 0
