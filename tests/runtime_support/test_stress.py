"""``DX_COMPILE_STRESS=1``: the program's own compile, exec and eval use our compiler too."""

from __future__ import annotations

from collections.abc import Callable

import pytest

PROGRAMS = {
    "unseen_by_tracers": """
        import cProfile, pstats, sys
        seen = []
        def trace(frame, event, argument):
            seen.append((frame.f_code.co_name, frame.f_lineno, event))
            return trace
        sys.settrace(trace)
        eval("1 + 2"), exec("x = 3"), compile("4", "n", "eval")
        sys.settrace(None)
        print(seen)
        profile = cProfile.Profile()
        profile.runcall(eval, "5 + 6")
        print(sorted(name for _, _, name in pstats.Stats(profile).stats))
        text = "'" + chr(0x4000) * 3 + "'"
        compile(text, "n", "eval")
        print(sys.getsizeof(text))
    """,
    "identity": """
        import builtins, inspect, pickle
        for name in ("compile", "exec", "eval"):
            function = getattr(builtins, name)
            print(function, function.__doc__, inspect.signature(function), type(function))
            print(function.__self__, pickle.loads(pickle.dumps(function)) is function)
    """,
    "namespaces": """
        def f(x):
            exec("y = x + 1; print(y, sorted(locals()))")
            print(eval("  x * 2"), eval(b"\\tx * 3"))
            print(eval("z", {"z": 4}), eval("z", {}, {"z": 5}))
            exec("global g; g = 1", globals(), {})
        f(1)
        print(g)
    """,
    "future_statements_are_inherited": """
        from __future__ import annotations, barry_as_FLUFL
        exec("def f(x: undefined): ...; print(f.__annotations__)")
        print(eval("1 <> 2"))
        code = compile("def f(x: 1): ...", "n", "exec", dont_inherit=True)
        exec(code)
        print(f.__annotations__)
    """,
    "frames": """
        import sys, traceback
        exec("print(sys._getframe(1).f_code.co_name, sys._getframe(0).f_code.co_filename)")
        for text in ("1 / 0", "x = (", "return 1", "nonlocal x", "x = '\\0'", "f(**k, *a)"):
            try:
                exec(text)
            except Exception:
                traceback.print_exc()
    """,
    "modes_and_flags": """
        import ast, codeop
        print(ast.dump(ast.parse("x: int = 1 # type: ignore", type_comments=True)))
        print(ast.dump(ast.parse("(int) -> str", mode="func_type")))
        print(compile("await x", "n", "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT).co_flags)
        exec(compile("1 + 1", "n", "single"))
        print(codeop.compile_command("if 1:"), codeop.compile_command("x = 1"))
        print(compile("assert 0, __debug__", "n", "exec", optimize=1).co_consts)
    """,
    "bad_arguments": """
        calls = (
            lambda: compile(), lambda: compile("x", "n", "nonsense"),
            lambda: compile(1, "n", "exec"), lambda: compile("x", "n", "exec", flags=1 << 30),
            lambda: compile("x", "n", "exec", 0, 0, 9), lambda: exec("x", 1),
            lambda: eval("x", {}, 1), lambda: exec(), lambda: eval("x = 1"),
            lambda: exec("1", closure=()),
            lambda: compile(source="1", filename="n", mode="eval"),
            lambda: compile(bytearray(b"x"), b"n", "eval"), lambda: eval(memoryview(b"1")),
        )
        for call in calls:
            try:
                print(call())
            except Exception as error:
                print(type(error), error)
    """,
    "limits_of_integers": """
        import sys
        for limit in (0, 640, 5000):
            sys.set_int_max_str_digits(limit)
            for digits in (641, 5001):
                try: print(limit, digits, eval("1" * digits) % 7)
                except SyntaxError as error: print(error.msg)
    """,
    "deep_source": """
        for depth in (50, 1400, 2700, 5000, 20000):
            for text in ("a" + "()" * depth, "-" * depth + "a", "a" + ".b" * depth):
                try:
                    print(depth, compile(text, "n", "eval").co_names)
                except (RecursionError, MemoryError, SyntaxError) as error:
                    print(depth, type(error))
    """,
    "warnings": """
        import warnings
        exec("x = '\\\\d' is 1")
        for text in (r"f'\\{{'", r"f'\\}}'", r"f'\\{6}'", r"f'\\d\\{{'", r"f'{1:\\{6}}'"):
            exec(text)
        warnings.simplefilter("error")
        try: compile("y = '\\\\d'", "name", "exec")
        except SyntaxError as error: print(error.args)
    """,
}


def dedent(text: str) -> str:
    return "\n".join(line[8:] for line in text.splitlines()) + "\n"


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_does_the_same(bench, same: Callable, name: str) -> None:
    bench.write("program.py", dedent(PROGRAMS[name]))
    same("program.py", DX_COMPILE_STRESS="1")


def test_what_a_program_compiles_goes_through_our_compiler(bench) -> None:
    bench.write(
        "program.py",
        "compile('x', 'name', 'exec')\nexec('x = 1')\neval('1')\ncompile(b'x', '', 'single')\n",
    )
    ran = bench.dx_py("program.py", DX_COMPILE_STRESS="1")
    assert (ran.output, ran.errors) == ("", "")
    assert "dx-py: 5 sources through the compiler, " in bench.counts()
