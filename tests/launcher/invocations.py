"""Ways to start a program, each as ``python`` and as ``dx-py`` takes it."""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

PROBE = Path(__file__).with_name("probe.py").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Invocation:
    """``arguments`` after the program's name, in the folder that ``write_programs`` filled;
    ``reports`` tells that the probe runs."""

    name: str
    arguments: tuple[str, ...]
    stdin: bytes = b""
    environ: dict[str, str] = field(default_factory=dict)
    reports: bool = True
    prepare: Callable[[Path], None] | None = None


def write_programs(folder: Path) -> None:
    """The programs that the invocations name."""
    (folder / "probe.py").write_text(PROBE, encoding="utf-8")
    (folder / "with space é.py").write_text(PROBE, encoding="utf-8")
    (folder / "no_suffix").write_text(PROBE, encoding="utf-8")
    (folder / "skip.py").write_text("this is no python\n" + PROBE, encoding="utf-8")
    (folder / "link.py").symlink_to(folder / "probe.py")
    for name in ("package", "folder"):
        (folder / name).mkdir()
        (folder / name / "__main__.py").write_text(PROBE, encoding="utf-8")
    (folder / "package" / "__init__.py").touch()
    (folder / "package" / "inner.py").write_text(PROBE, encoding="utf-8")
    (folder / "library").mkdir()
    (folder / "library" / "in_library.py").write_text(PROBE, encoding="utf-8")
    (folder / "nul.py").write_bytes(b"print(1)\n\0\n")
    (folder / "syntax.py").write_text("x = (1,\n", encoding="utf-8")
    (folder / "latin.py").write_bytes(b"# -*- coding: latin-1 -*-\nprint(ascii('\xe9'))\n")
    (folder / "bytes.py").write_bytes(b"print('\xe9')\n")
    with zipfile.ZipFile(folder / "archive.zip", "w") as archive:
        archive.writestr("__main__.py", PROBE)
    shebang = b"#!/usr/bin/env python3\n"
    (folder / "app.pyz").write_bytes(shebang + (folder / "archive.zip").read_bytes())
    shutil.copy(folder / "app.pyz", folder / "app")


def _customize(module: str, text: str) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        (folder / "library" / f"{module}.py").write_text(text, encoding="utf-8")

    return prepare


def _unreadable(folder: Path) -> None:
    (folder / "probe.py").chmod(stat.S_IWUSR)


LIBRARY = {"PYTHONPATH": "library"}

SPAWN = """
import multiprocessing, sys
def work(queue): queue.put((sys.path, sys.orig_argv[1:3], sorted(sys.modules)))
if __name__ == "__main__":
    context = multiprocessing.get_context("METHOD")
    queue = context.Queue()
    process = context.Process(target=work, args=(queue,))
    process.start()
    path, argv, modules = queue.get(timeout=30)
    process.join()
    print(path, argv[:1], modules, process.exitcode)
"""


def _spawner(method: str) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        (folder / "spawner.py").write_text(SPAWN.replace("METHOD", method), encoding="utf-8")

    return prepare


def _kill(signal_name: str) -> tuple[str, ...]:
    return ("-c", f"import os, signal; os.kill(os.getpid(), signal.{signal_name})")


CHILD_WITHOUT_ENVIRONMENT = """
import subprocess, sys
code = "import os, sys; print(dict(os.environ), sys.path)"
print(subprocess.check_output([sys.executable, "-c", code], env={}))
"""
ISOLATED_CHILD = """
import subprocess, sys
code = "import sys; print(sys.path, sorted(sys.modules))"
print(subprocess.check_output([sys.executable, "-I", "-c", code]))
"""
CHILD_BY_EXEC = """
import os, sys
os.execv(sys.executable, [sys.executable, "probe.py", "again"])
"""
CHILD_BY_FORK = """
import os
child = os.fork()
if child:
    print(os.waitpid(child, 0)[1])
"""


def _of_probe(name: str, *options: str, **rest: object) -> Invocation:
    return Invocation(name, (*options, "probe.py", "a", "-b", "--c"), **rest)  # type: ignore[arg-type]


INVOCATIONS = [
    _of_probe("script"),
    Invocation("script by path", ("./probe.py",)),
    Invocation("script with space and accent", ("with space é.py", "ü", "")),
    Invocation("script without suffix", ("./no_suffix",)),
    Invocation("script without suffix or separator", ("no_suffix",)),
    Invocation("link to script", ("link.py",)),
    Invocation("code", ("-c", PROBE, "a", "-m", "b")),
    Invocation("code attached", ("-c" + PROBE, "x")),
    Invocation("code in cluster", ("-Bc", PROBE, "-c")),
    Invocation("module", ("-m", "probe", "-h")),
    Invocation("module attached", ("-mprobe", "-V")),
    Invocation("package", ("-m", "package", "x")),
    Invocation("module of package", ("-m", "package.inner")),
    Invocation("folder", ("folder", "x")),
    Invocation("folder by path", ("./folder/", "x")),
    Invocation("zip file", ("archive.zip", "x")),
    Invocation("zip application", ("app.pyz", "x")),
    Invocation("zip file without suffix", ("./app", "x")),
    Invocation("standard input", (), stdin=PROBE.encode()),
    Invocation("standard input by dash", ("-", "x", "-y"), stdin=PROBE.encode()),
    _of_probe("-B", "-B"),
    _of_probe("-b", "-b"),
    _of_probe("-bb", "-bb"),
    _of_probe("-d", "-d"),
    _of_probe("-E", "-E", environ=LIBRARY),
    _of_probe("-I", "-I", environ=LIBRARY),
    Invocation("-i", ("-i", "probe.py"), stdin=b"print(1+1)\n"),
    _of_probe("-O", "-O"),
    _of_probe("-OO", "-OO"),
    _of_probe("-P", "-P"),
    _of_probe("-q", "-q"),
    _of_probe("-R", "-R"),
    _of_probe("-s", "-s"),
    _of_probe("-S", "-S", environ=LIBRARY),
    _of_probe("-u", "-u"),
    _of_probe("-W", "-W", "error"),
    _of_probe("-W attached", "-Wignore::DeprecationWarning"),
    _of_probe("-X", "-X", "dev"),
    _of_probe("-X attached", "-Xutf8=0"),
    _of_probe("-X frozen_modules", "-X", "frozen_modules=off"),
    _of_probe("-X pycache_prefix", "-X", "pycache_prefix=elsewhere"),
    _of_probe("-X int_max_str_digits", "-Xint_max_str_digits=0", "-Xfaulthandler"),
    _of_probe("options in cluster", "-BOsW", "ignore"),
    _of_probe("--check-hash-based-pycs", "--check-hash-based-pycs", "always"),
    _of_probe("--", "--"),
    Invocation("-x", ("-x", "skip.py", "a")),
    Invocation("-V", ("-V",), reports=False),
    Invocation("-VV", ("-VV",), reports=False),
    Invocation("--version", ("--version",), reports=False),
    Invocation("--help-env", ("--help-env",), reports=False),
    Invocation("-?", ("-?",), reports=False),
    Invocation("unknown letter", ("-Z",), reports=False),
    Invocation("-c without code", ("-c",), reports=False),
    Invocation("-W without value", ("-W",), reports=False),
    Invocation("bad -X", ("-X", "int_max_str_digits=1", "-c", "1"), reports=False),
    Invocation("missing script", ("missing.py",), reports=False),
    Invocation("missing module", ("-m", "missing"), reports=False),
    Invocation("folder without main", ("library",), reports=False),
    Invocation("empty name", ("",), reports=False),
    Invocation("script with NUL", ("nul.py",), reports=False),
    Invocation("script with a syntax error", ("syntax.py",), reports=False),
    Invocation("script in latin-1", ("latin.py",), reports=False),
    Invocation("script in no encoding", ("bytes.py",), reports=False),
    Invocation("argument in no encoding", ("probe.py", "\udcfe")),
    Invocation("exit status", ("-c", "raise SystemExit(77)"), reports=False),
    Invocation("exit message", ("-c", "raise SystemExit('bye')"), reports=False),
    Invocation("uncaught exception", ("-c", "def f(): 1/0\nf()"), reports=False),
    Invocation("status after interrupt", _kill("SIGINT"), reports=False),
    Invocation("status after SIGTERM", _kill("SIGTERM"), reports=False),
    Invocation("status after SIGKILL", _kill("SIGKILL"), reports=False),
    Invocation("status after SIGPIPE", _kill("SIGPIPE"), reports=False),
    Invocation("status after abort", ("-c", "import os; os.abort()"), reports=False),
    Invocation("interactive start-up file", ("-i",), stdin=b"print(x)\n", reports=False,
               environ={"PYTHONSTARTUP": "library/start.py"},
               prepare=_customize("start", "x = 'started'\n")),
    _of_probe("PYTHONPATH", environ={"PYTHONPATH": "library:/nonexistent"}),
    _of_probe("PYTHONPATH with empty entries", environ={"PYTHONPATH": ":library::"}),
    _of_probe("PYTHONPATH twice the same", environ={"PYTHONPATH": "library:library"}),
    _of_probe("empty PYTHONPATH", environ={"PYTHONPATH": ""}),
    Invocation("module on PYTHONPATH", ("-m", "in_library"), environ=LIBRARY),
    _of_probe("PYTHONSAFEPATH", environ={"PYTHONSAFEPATH": "1"}),
    _of_probe("PYTHONNOUSERSITE", environ={"PYTHONNOUSERSITE": "1"}),
    _of_probe("PYTHONWARNINGS", environ={"PYTHONWARNINGS": "error"}),
    _of_probe("PYTHONHASHSEED", environ={"PYTHONHASHSEED": "1"}),
    _of_probe("PYTHONDEVMODE", environ={"PYTHONDEVMODE": "1"}),
    _of_probe("PYTHONDONTWRITEBYTECODE", environ={"PYTHONDONTWRITEBYTECODE": "1"}),
    _of_probe("PYTHONPYCACHEPREFIX", environ={"PYTHONPYCACHEPREFIX": "elsewhere"}),
    _of_probe("PYTHONIOENCODING", environ={"PYTHONIOENCODING": "latin-1:replace"}),
    _of_probe("PYTHONUTF8", environ={"PYTHONUTF8": "0", "LC_ALL": "C"}),
    Invocation("PYTHONINSPECT", ("-c", "print(1)"), stdin=b"print(2)\n",
               environ={"PYTHONINSPECT": "1"}, reports=False),
    Invocation("wrong PYTHONHOME", ("-c", "1"), environ={"PYTHONHOME": "/nonexistent"},
               reports=False),
    _of_probe("own sitecustomize", environ=LIBRARY,
              prepare=_customize("sitecustomize", "import sys\nsys.stderr.write("
                                 "f'{__name__} {__file__} {__spec__.origin} {sys.path}')")),
    _of_probe("sitecustomize that imports", environ=LIBRARY,
              prepare=_customize("sitecustomize", "import json\n")),
    _of_probe("sitecustomize that fails", environ=LIBRARY,
              prepare=_customize("sitecustomize", "1/0\n")),
    _of_probe("sitecustomize with a missing import", environ=LIBRARY,
              prepare=_customize("sitecustomize", "import missing\n")),
    _of_probe("sitecustomize that is not imported", environ=LIBRARY,
              prepare=_customize("sitecustomize", "raise ImportError(name='sitecustomize')")),
    Invocation("sitecustomize that leaves", ("-c", "print('not reached')"), environ=LIBRARY,
               prepare=_customize("sitecustomize", "import os; os._exit(5)\n"), reports=False),
    _of_probe("sitecustomize that changes sys.path", environ=LIBRARY,
              prepare=_customize("sitecustomize", "import sys; sys.path.append('added')\n")),
    Invocation("sitecustomize as module", ("-m", "sitecustomize"), environ=LIBRARY,
               prepare=_customize("sitecustomize", "print(__name__)"), reports=False),
    Invocation("missing sitecustomize", ("-c", "import sitecustomize"), reports=False),
    Invocation("spawn", ("spawner.py",), prepare=_spawner("spawn"), reports=False),
    Invocation("forkserver", ("spawner.py",), prepare=_spawner("forkserver"), reports=False),
    Invocation("fork", ("spawner.py",), prepare=_spawner("fork"), reports=False),
    Invocation("child without environment", ("-c", CHILD_WITHOUT_ENVIRONMENT), reports=False),
    Invocation("child with -I", ("-c", ISOLATED_CHILD), reports=False),
    Invocation("child by exec", ("-c", CHILD_BY_EXEC)),
    Invocation("child by fork", ("-c", CHILD_BY_FORK), reports=False),
    Invocation("large environment", ("probe.py",), environ={"LARGE": "x" * 100_000}),
    Invocation("many arguments", ("-c", "import sys; print(len(sys.argv))", *["a"] * 100_000),
               reports=False),
]  # fmt: skip

if hasattr(os, "geteuid") and os.geteuid() != 0:
    INVOCATIONS.append(
        Invocation("unreadable script", ("probe.py",), prepare=_unreadable, reports=False)
    )
