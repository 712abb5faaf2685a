"""The import system under ``--compile=all`` is the host's in everything that can be seen."""

from __future__ import annotations

import marshal
import py_compile
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

PROGRAMS = {
    "attributes": """
        import package.module as m
        print(m.__file__, m.__cached__, m.__loader__, m.__spec__, m.__package__, m.__name__)
        print(type(m.__loader__).__mro__, sorted(vars(type(m.__loader__))))
        print(m.f.__code__.co_filename, m.f.__code__.co_qualname, m.f())
    """,
    "importlib": """
        import importlib, importlib.util, inspect
        m = importlib.import_module("package.module")
        print(inspect.getsource(m), inspect.signature(m.__loader__.source_to_code))
        print(importlib.reload(m) is m, m.__loader__.get_source("package.module"))
        code, again = (m.__loader__.get_code("package.module") for _ in range(2))
        print(code == again)
        print(m.__loader__.source_to_code(b"x = 1", "name.py").co_filename)
        print(m.__loader__.source_to_code("x = 1", "name.py", _optimize=2).co_names)
        spec = importlib.util.spec_from_file_location("other", m.__file__)
        other = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(other)
        print(other.f())
    """,
    "resources_and_pkgutil": """
        import importlib.resources, pkgutil, package
        print(importlib.resources.files("package").joinpath("data.txt").read_text())
        print(pkgutil.get_data("package", "data.txt"))
        print([m.name for m in pkgutil.iter_modules(package.__path__)])
        print([m.name for m in pkgutil.walk_packages(package.__path__, "package.")])
    """,
    "namespace_package": """
        import sys
        sys.path += ["left", "right"]
        import space.one, space.two, space
        print(list(space.__path__), space.__spec__.loader, space.one.x + space.two.x)
    """,
    "circular": "import package.circle_a as a; print(a.b.a is a, a.b.seen)",
    "failing": """
        import sys, traceback
        for name in ("package.broken", "package.raising", "package.missing", "package.late"):
            try:
                __import__(name)
            except Exception as error:
                traceback.print_exc()
                print(type(error), error.args, name in sys.modules)
    """,
    "uncaught_in_import": "import package.raising",
    "uncaught_syntax_error": "import package.broken",
    "runpy": """
        import runpy
        print(runpy.run_module("package.module")["f"]())
        print(runpy.run_path("package/module.py", run_name="here")["__name__"])
    """,
    "custom_loader": """
        import importlib.abc, importlib.machinery, sys
        class Loader(importlib.machinery.SourceFileLoader):
            def source_to_code(self, data, path, *, _optimize=-1):
                return super().source_to_code(data.replace(b"41", b"42"), path)
            def set_data(self, path, data, *, _mode=0o666):
                print("set_data", path)
        class Memory(importlib.abc.SourceLoader):
            def get_filename(self, name): return "memory:" + name
            def get_data(self, path): return b"def f(): return __file__"
        class Finder(importlib.abc.MetaPathFinder):
            def find_spec(self, name, path, target=None):
                if name == "memory":
                    return importlib.machinery.ModuleSpec(name, Memory(), origin="here")
        sys.meta_path.insert(0, Finder())
        details = (Loader, [".py"])
        sys.path_hooks.insert(0, importlib.machinery.FileFinder.path_hook(details))
        sys.path_importer_cache.clear()
        import package.module, memory
        print(package.module.f(), memory.__spec__, memory.f.__code__)
    """,
    "multiprocessing": """
        import multiprocessing, package.module
        def work(x):
            import package.circle_a
            return x + package.module.f(), __name__
        if __name__ == "__main__":
            for method in ("spawn", "forkserver", "fork"):
                with multiprocessing.get_context(method).Pool(1) as pool:
                    print(method, pool.map(work, [1, 2]))
    """,
    "modules_untouched": """
        import sys
        print(sorted(sys.modules), sys.meta_path, len(sys.path_hooks))
        print(sys.excepthook is sys.__excepthook__, sys.getprofile(), sys.gettrace())
        import warnings
        print(warnings.filters)
    """,
    "code_written_to_sys_modules": """
        import sys, types
        sys.modules["package.module"] = types.SimpleNamespace(f=lambda: "mine")
        import package.module
        from package.module import f
        print(f())
    """,
    "warnings": "import package.warning\nimport importlib; importlib.reload(package.warning)",
    "stacklevel": "import package.deprecated",
    "exec_and_compile": """
        print(eval("1 + 1"), compile("x", "n", "eval").co_filename)
        exec("def g(): return 3"); print(g())
        import ast; print(ast.dump(ast.parse("x = 1")))
    """,
    "pickle_and_copy": """
        import pickle, copy, package.module as m
        print(pickle.loads(pickle.dumps(m.f)) is m.f, copy.copy(m.f) is m.f)
    """,
    "tracemalloc_and_trace": """
        import sys
        lines = []
        def trace(frame, event, arg):
            if "package" in frame.f_code.co_filename:
                lines.append((frame.f_code.co_name, event, frame.f_lineno))
            return trace
        sys.settrace(trace)
        import package.module
        package.module.f()
        sys.settrace(None)
        print(lines)
    """,
}

FILES = {
    "package/__init__.py": "",
    "package/module.py": '"""Doc."""\nVALUE = 41\n\n\ndef f():\n    return VALUE\n',
    "package/data.txt": "data",
    "package/circle_a.py": "import package.circle_b as b\n",
    "package/circle_b.py": "import package.circle_a as a\nseen = hasattr(a, 'b')\n",
    "package/broken.py": "x = 1\ndef f(:\n",
    "package/raising.py": "def inner():\n    raise ValueError('no')\n\n\ninner()\n",
    "package/late.py": "x = 1\nreturn 2\n",
    "package/warning.py": "x = '\\d' is 1\nassert (x, 'always')\n",
    "package/named.py": "X = '\\N{BULLET}'\n",
    "package/deprecated.py": "import warnings\nwarnings.warn('old', stacklevel=2)\n",
    "left/space/one.py": "x = 1",
    "right/space/two.py": "x = 2",
}


@pytest.fixture
def tree(bench):
    for name, text in FILES.items():
        bench.write(name, text)
    return bench


def dedent(text: str) -> str:
    first = next(line for line in text.splitlines() if line.strip())
    margin = len(first) - len(first.lstrip())
    return "\n".join(line[margin:] for line in text.splitlines()) + "\n"


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("write", ["", "1"], ids=["pycs", "no_pycs"])
def test_a_program_does_the_same(tree, same: Callable, name: str, write: str) -> None:
    tree.write("program.py", dedent(PROGRAMS[name]))
    same("-X", "frozen_modules=on", "program.py", PYTHONDONTWRITEBYTECODE=write)


def test_compiling_where_the_host_reads_a_pyc_imports_nothing(tree) -> None:
    """The names in "\\N{...}" are looked up in ``unicodedata`` when source is compiled."""
    code = "import sys, package.named; print('unicodedata' in sys.modules)"
    tree.python("-c", code)
    assert tree.python("-c", code).output == "False\n"
    assert tree.dx_py("-c", code).output == "False\n"


def pycs(bench) -> dict[str, bytes]:
    return {
        str(path.relative_to(bench.folder)): path.read_bytes()
        for path in sorted(bench.folder.rglob("*.pyc"))
    }


@pytest.mark.parametrize("options", [(), ("-O",), ("-OO",), ("-B",)])
def test_the_pycs_that_are_written_are_the_hosts(tree, options: tuple[str, ...]) -> None:
    tree.write("program.py", "import package.module, package.circle_a")
    tree.python(*options, "program.py")
    expected = pycs(tree)
    for path in expected:
        (tree.folder / path).unlink()
    tree.dx_py(*options, "program.py")
    assert pycs(tree) == expected
    assert bool(expected) == ("-B" not in options)


def test_a_pycache_prefix_is_kept(tree) -> None:
    tree.write("program.py", "import package.module; print(package.module.__cached__)")
    ran = tree.dx_py("-X", "pycache_prefix=elsewhere", "program.py")
    assert "elsewhere" in ran.output
    assert all("elsewhere" in path for path in pycs(tree))


@pytest.mark.parametrize("check", ["default", "always", "never"])
@pytest.mark.parametrize("mode", py_compile.PycInvalidationMode)
def test_pyc_validation_follows_pep_552(tree, check: str, mode) -> None:
    """A source that changed after its .pyc was made is seen, or not, as the mode says."""
    outcomes = []
    for run in (tree.python, tree.dx_py, tree.dx_py):
        tree.write("package/module.py", "VALUE = 1")
        py_compile.compile(str(tree.folder / "package/module.py"), invalidation_mode=mode)
        tree.write("package/module.py", "VALUE = 222")
        code = "import package.module as m; print(m.VALUE)"
        outcomes.append(run("--check-hash-based-pycs", check, "-c", code).output)
    assert outcomes[0] in ("1\n", "222\n")
    assert outcomes[1:] == outcomes[:1] * 2


def replace_body(pyc: str, body: bytes) -> None:
    path = Path(pyc)
    path.write_bytes(path.read_bytes()[:16] + body)


def test_a_pyc_with_other_code_than_its_source_gives_is_obeyed(tree) -> None:
    source = tree.write("package/module.py", "VALUE = 1")
    other = tree.write("other.py", "VALUE = 2")
    cached = py_compile.compile(str(source))
    code = compile(other.read_text(), str(source), "exec")
    replace_body(cached, marshal.dumps(code))
    run = tree.dx_py("-c", "import package.module as m; print(m.VALUE)", DX_STRICT="0")
    assert run.output == "2\n"
    assert "gives other code than its .pyc" in tree.counts()


@pytest.mark.parametrize("rest", [b"", b"\xe3", b"i\1\0\0\0", b"nonsense"])
def test_a_damaged_pyc_raises_what_the_host_raises(tree, rest: bytes) -> None:
    replace_body(py_compile.compile(str(tree.folder / "package/module.py")), rest)
    code = """
try: import package.module
except Exception as error: print(type(error), error)
"""
    expected = tree.python("-c", code)
    assert tree.dx_py("-c", code) == expected
    assert tree.dx_py("-c", code) == expected


def test_modules_in_zip_files_go_through_the_front_end(tree, same: Callable) -> None:
    with zipfile.ZipFile(tree.folder / "lib.zip", "w") as archive:
        archive.writestr("zipped/__init__.py", "def f():\r\n    return __file__\r\n")
        archive.writestr("zipped/bad.py", "def f(:")
    tree.write(
        "program.py",
        "import sys; sys.path.insert(0, 'lib.zip')\n"
        "import zipped\n"
        "print(zipped.f(), zipped.__loader__, zipped.f.__code__)\n"
        "import zipped.bad\n",
    )
    same("program.py")


def test_every_module_of_a_program_goes_through_the_front_end(tree) -> None:
    tree.write("program.py", "import package.module, package.circle_a, left")
    tree.dx_py("-I", "-S", "-c", "pass")
    tree.dx_py("program.py")
    # program.py, package, module, circle_a, circle_b; left is a namespace package.
    assert "5 sources through the compiler, 0 code" in tree.counts()
    tree.dx_py("program.py")
    assert "0 sources through the compiler, 5 code" in tree.counts()


def test_auto_takes_modules_without_pycs_from_artifacts_and_makes_none(tree) -> None:
    tree.write("program.py", "import package.module, package.circle_a; print('done')")
    tree.dx_py("-c", "import package.module")
    for cache in tree.folder.rglob("__pycache__"):
        shutil.rmtree(cache)
    for expected in ("0 sources through the compiler, 2 code objects", "0 code objects"):
        ran = tree.dx_py("program.py", mode="auto")
        assert (ran.status, ran.output, ran.errors) == (0, "done\n", "")
        assert expected in tree.counts()
        assert "0 artifacts written" in tree.counts()


def test_off_exchanges_nothing(tree) -> None:
    code = (
        "import _frozen_importlib_external as e; print(e.SourceLoader.source_to_code.__code__)"
    )
    expected = tree.python("-c", code).output.partition(", file")[2]
    ran = tree.dx_py("-c", code, mode="off")
    assert ran.output.partition(", file")[2] == expected
    assert ran.errors == ""


def test_what_auto_exchanges_looks_like_the_host_s(tree) -> None:
    code = (
        "import _frozen_importlib_external as e; f = e.SourceLoader.source_to_code;"
        "print(f.__module__, f.__qualname__, f.__doc__, f.__code__.co_filename, f.__name__)"
    )
    assert tree.dx_py("-c", code, mode="auto") == tree.python("-c", code)


def parts_loaded(errors: str) -> set[str]:
    """Modules of the runtime whose code was loaded, from what ``python -v`` writes."""
    pattern = r"^# code object from .*runtime_support/(?:__pycache__/)?(\w+)\."
    return set(re.findall(pattern, errors, re.MULTILINE))


SHOW_EXCHANGES = """
import _frozen_importlib_external as external, sys
print(external.SourceLoader.source_to_code.__globals__ is vars(external))
print(sys.excepthook, sys.path_hooks, "atexit" in sys.modules)
"""


def test_auto_without_a_store_exchanges_one_function_and_loads_nothing(tree) -> None:
    code = f"import package.module\n{SHOW_EXCHANGES}"
    ran = tree.dx_py("-B", "-v", "-c", code, mode="auto", DX_STATS="", DX_STRICT="")
    is_hosts, *others = ran.output.splitlines()
    assert is_hosts == "False"
    assert others == tree.python("-c", code).output.splitlines()[1:]
    assert parts_loaded(ran.errors) == set()


def test_errors_without_a_store_are_the_host_s(tree) -> None:
    tree.write("wrong.py", "def f(:\n")
    assert tree.dx_py("-c", "import wrong", mode="auto", DX_STATS="") == tree.python(
        "-c", "import wrong"
    )


def test_auto_with_a_store_loads_nothing_while_there_are_pycs(tree) -> None:
    tree.dx_py("-c", "import package.module")
    ran = tree.dx_py("-v", "-c", "import package.module", mode="auto", DX_STATS="")
    assert parts_loaded(ran.errors) == set()


def test_auto_with_a_store_loads_its_reader_with_the_first_source(tree) -> None:
    tree.dx_py("-B", "-c", "import package.module, package.circle_a")
    code = "import package.module, package.circle_a"
    ran = tree.dx_py("-B", "-v", "-c", code, mode="auto", DX_STATS="")
    reader = {"startup", "compile_auto", "import_hook"}
    cache = {"code_cache", "store_files", "code_artifact"}
    assert parts_loaded(ran.errors) == reader | cache


def test_a_program_that_exchanged_the_function_first_keeps_its_own(tree) -> None:
    tree.dx_py("-c", "pass", mode="all")
    (tree.store / "v1" / "actions").mkdir(parents=True, exist_ok=True)
    tree.write(
        "program.py",
        "import _frozen_importlib_external as external\n"
        "host = external.SourceLoader.source_to_code\n"
        "def mine(self, data, path, *, _optimize=-1):\n"
        "    print('mine', path)\n"
        "    return host(self, data, path, _optimize=_optimize)\n"
        "external.SourceLoader.source_to_code = mine\n"
        "import package.module, package.circle_a\n"
        "print(external.SourceLoader.source_to_code is mine)\n",
    )
    expected = tree.python("-B", "program.py")
    assert expected.output.count("mine") == 4
    assert tree.dx_py("-B", "program.py", mode="auto", DX_STATS="") == expected
