"""The worker that compiles for a program: what the program sees of it, and what if it fails."""

from __future__ import annotations

import ast
import os
import stat
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    os.environ.get("DX_PORTABLE") == "1" or sys.platform == "win32",
    reason="needs the native front end, and fork",
)

UNSEEN = {
    "descriptors": """
        import os
        held = os.open(".", os.O_RDONLY)
        import module
        print(held, os.open(".", os.O_RDONLY))
    """,
    "children": """
        import os, signal
        heard = []
        signal.signal(signal.SIGCHLD, lambda *frame: heard.append(frame))
        import module
        print(heard, signal.getsignal(signal.SIGCHLD) is not None)
        try: os.wait()
        except ChildProcessError: print("no child")
    """,
    "ignored_children": """
        import signal
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        import module
        print(signal.getsignal(signal.SIGCHLD))
    """,
    "modules": """
        import sys, module
        print(sorted(sys.modules), sys.getrecursionlimit())
    """,
    "closed_descriptors": """
        import os
        import module
        os.closerange(3, 1000)
        files = [os.open("taken", os.O_RDWR | os.O_CREAT) for _ in range(300)]
        import other
        print(os.path.getsize("taken"))
    """,
    "signals": """
        import signal
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        import module, other
        print(signal.getsignal(signal.SIGPIPE), signal.pthread_sigmask(signal.SIG_BLOCK, []))
    """,
    "forked_children": """
        import os
        import module
        if os.fork() == 0:
            import other
            os._exit(7)
        print(os.waitstatus_to_exitcode(os.wait()[1]))
    """,
    "threads": """
        import _thread
        started = _thread.allocate_lock()
        started.acquire()
        def work():
            import other
            started.release()
        _thread.start_new_thread(work, ())
        import module
        started.acquire()
        print(other_seen := __import__("other").f(1))
    """,
    "subinterpreters": """
        import _xxsubinterpreters as interpreters
        interpreter = interpreters.create()
        code = "import sys; sys.path.insert(0, '.'); import module; print(module.f(1))"
        interpreters.run_string(interpreter, code)
        interpreters.destroy(interpreter)
    """,
    "working_folder": """
        import os
        os.mkdir("sub"); os.chdir("sub")
        import module
        os.chdir(".."); os.rmdir("sub")
        import other
        print(os.getcwd() != "")
    """,
}


def dedent(text: str) -> str:
    return "\n".join(line[8:] for line in text.splitlines()) + "\n"


@pytest.fixture
def modules(bench):
    bench.write("module.py", "def f(x):\n    return x\n")
    bench.write("other.py", "def f(x):\n    return [y for y in range(x)]\n")
    return bench


@pytest.mark.parametrize("name", UNSEEN)
def test_a_program_does_not_see_the_worker(modules, name: str) -> None:
    modules.write("program.py", dedent(UNSEEN[name]))
    expected = modules.python("-B", "program.py")
    (modules.folder / "taken").unlink(missing_ok=True)
    assert (expected.status, expected.errors) == (0, "")
    assert modules.dx_py("-B", "program.py") == expected


def test_every_module_is_compiled_by_the_worker_or_comes_from_the_store(modules) -> None:
    """The host's `compile()` raises an audit event."""
    modules.write(
        "program.py",
        "import sys\n"
        "sys.addaudithook(lambda name, args: name == 'compile' and print(args))\n"
        "import module, other\nprint(other.f(2))\n",
    )
    assert modules.dx_py("-B", "program.py").output == "[0, 1]\n"
    assert modules.counts().startswith("dx-py: 3 sources through the compiler, 0 code")
    assert modules.dx_py("-B", "program.py").output == "[0, 1]\n"
    assert modules.counts().startswith("dx-py: 0 sources through the compiler, 3 code")


def test_code_that_warns_comes_from_the_store_and_warns(modules) -> None:
    modules.write("warning.py", "x = '\\d'\nprint(x is 1)\n")
    expected = modules.python("-B", "-c", "import warning")
    assert "SyntaxWarning" in expected.errors
    for counts in (
        "1 sources through the compiler, 0 code",
        "0 sources through the compiler, 1 ",
    ):
        assert modules.dx_py("-B", "-c", "import warning") == expected
        assert counts in modules.counts()


def test_a_warning_that_is_made_an_error_refuses_the_module(modules) -> None:
    modules.write("warning.py", "x = 1\nprint(x is 1)\n")
    arguments = ("-B", "-W", "error", "-c", "import warning")
    expected = modules.python(*arguments)
    assert "SyntaxError" in expected.errors
    for _ in range(2):
        assert modules.dx_py(*arguments) == expected


def stand_in(folder: Path, body: str) -> str:
    """An executable that takes the worker's place."""
    path = folder / "worker"
    head = f"#!{sys.executable}\nimport marshal, os, sys\n"
    path.write_text(f"{head}if os.fork(): os._exit(0)\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


ANSWER = """
sys.stdin.buffer.read(4)
data = marshal.dumps({answer!r})
os.write(1, len(data).to_bytes(4, "little") + data)
"""
FAILED = ("failed", "stage codegen failed on f: KeyError: 'x' in emit (unit.py:1)")


@pytest.mark.parametrize(
    "body",
    [
        "os._exit(1)",
        "sys.stdin.buffer.read(4); os.kill(os.getpid(), 9)",
        "os.write(1, bytes([255, 0, 0, 0]) + b'text')",
        "os.write(1, bytes([4, 0, 0, 0]) + b'text')",
        ANSWER.format(answer=("too deep",)),
    ],
    ids=["ends", "dies", "stops", "talks nonsense", "finds it too deep"],
)
def test_without_a_worker_the_host_compiles(modules, tmp_path: Path, body: str) -> None:
    python = stand_in(tmp_path, body)
    code = "import module, other; print(other.f(2))"
    ran = modules.dx_py("-B", "-c", code, DX_WORKER_PYTHON=python)
    assert (ran.status, ran.output, ran.errors) == (0, "[0, 1]\n", "")
    assert "0 sources through the compiler, 0 code objects" in modules.counts()


def test_without_an_interpreter_for_the_worker_the_host_compiles(modules) -> None:
    ran = modules.dx_py("-B", "-c", "import module", DX_WORKER_PYTHON="/nonexistent")
    assert (ran.status, ran.errors) == (0, "")


def test_a_defect_is_told_in_one_line_and_the_host_compiles(modules, tmp_path: Path) -> None:
    python = stand_in(tmp_path, ANSWER.format(answer=FAILED))
    run = ("-B", "-c", "import module; print(module.f(2))")
    ran = modules.dx_py(*run, DX_WORKER_PYTHON=python, DX_STRICT="")
    place = modules.folder / "module.py"
    told = f"dx-py: '{place}': {FAILED[1]}; the interpreter's compiler takes its place\n"
    assert (ran.status, ran.output, ran.errors) == (0, "2\n", told)
    strict = modules.dx_py(*run, DX_WORKER_PYTHON=python)
    assert (strict.status, strict.output) == (70, "")
    assert strict.errors == f"dx-py: strict: '{place}': {FAILED[1]}\n"


def test_what_the_worker_answers(monkeypatch) -> None:
    from dx_py.driver import code_worker

    what, data, warned, body = code_worker.answer_to(b"x = 1", "exec", 0, 0, 4300)
    assert (what, warned, bool(body)) == ("code", False, True)
    assert isinstance(data, bytes)
    assert code_worker.answer_to("'\\d'", "eval", 0, 0, 4300)[2:] == (True, b"")
    assert code_worker.answer_to(b"return", "exec", 0, 0, 4300)[0] == "refused"
    assert code_worker.answer_to(b"\0", "exec", 0, 0, 4300)[0] == "refused"

    def fail(tree: ast.mod, filename: str, **options: int) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(code_worker, "compile_tree", fail)
    what, problem = code_worker.answer_to(b"x = 1", "exec", 0, 0, 4300)
    assert what == "failed"
    assert str(problem).startswith("stage codegen failed on the module: ValueError: broken in ")
