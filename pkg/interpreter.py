"""A Python interpreter as an installer sees it: markers, tags, install schemes.

An interpreter is asked once (`interrogate`); the answer is kept with the executable's stat.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dx_py.artifacts.artifact import Artifact, decode_as, encode
from dx_py.artifacts.errors import DxError
from dx_py.pkg.errors import EnvironmentProblemError
from dx_py.pkg.store_paths import save

_KIND = "pkg-interpreter"
_SCHEMA = 3
OLDEST = (3, 9)


@dataclass(frozen=True, slots=True)
class Interpreter:
    """``answer`` is what `interrogate` printed; ``tags`` the wheel tags, best first."""

    executable: Path
    answer: dict[str, Any]
    tags: tuple[str, ...]

    @property
    def version(self) -> tuple[int, int, int]:
        major, minor, micro = self.answer["version"]
        return major, minor, micro

    @property
    def markers(self) -> dict[str, str]:
        found: dict[str, str] = self.answer["markers"]
        return found

    @property
    def version_text(self) -> str:
        return self.markers["python_full_version"]

    def paths(self, scheme: str, base: Path) -> dict[str, Path]:
        templates: dict[str, str] = self.answer["schemes"][scheme]
        text = str(base)
        return {name: Path(value.replace("{base}", text)) for name, value in templates.items()}


def interrogate(executable: Path, store: Path) -> Interpreter:
    """Ask ``executable``, or take the answer it gave before.

    Raises EnvironmentProblemError where it is no Python from 3.9.
    """
    try:
        real = executable.resolve(strict=True)
        found = real.stat()
    except OSError:
        raise _unusable(executable, "there is no such file") from None
    stamp = [str(executable), str(real), found.st_size, found.st_mtime_ns, _platform_stamp()]
    path = store / "interpreters" / f"{_name(str(executable))}"
    kept = _load(path, stamp)
    if kept is not None:
        return Interpreter(executable, *kept)
    answer = _ask(executable)
    tags = supported_tags(answer)
    entry = [stamp, json.dumps(answer), list(tags)]
    save(path, encode(Artifact(_KIND, _SCHEMA, entry)), store=store)
    return Interpreter(executable, answer, tags)


def _platform_stamp() -> str:
    """The system's release, which is in the marker environment."""
    if hasattr(os, "uname"):
        return os.uname().release
    import platform

    return platform.release()


def _name(path: str) -> str:
    import hashlib

    return hashlib.sha256(os.fsencode(path)).hexdigest()[:32]


def _load(path: Path, stamp: list[Any]) -> tuple[dict[str, Any], tuple[str, ...]] | None:
    try:
        kept, text, tags = decode_as(path.read_bytes(), kind=_KIND, schema=_SCHEMA)
    except (OSError, DxError):
        return None
    return (json.loads(text), tuple(tags)) if kept == stamp else None


def _ask(executable: Path) -> dict[str, Any]:
    import subprocess

    script = Path(__file__).with_name("interrogate.py")
    try:
        done = subprocess.run(
            [str(executable), "-I", str(script)],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _unusable(executable, str(error)) from None
    if done.returncode != 0:
        last = (done.stderr.strip() or "no output").splitlines()[-1]
        raise _unusable(executable, last)
    answer: dict[str, Any] = json.loads(done.stdout)
    if tuple(answer["version"][:2]) < OLDEST:
        version = ".".join(map(str, answer["version"]))
        raise _unusable(executable, f"it is Python {version}; 3.9 is the oldest supported")
    return answer


def _unusable(executable: Path, reason: str) -> EnvironmentProblemError:
    return EnvironmentProblemError(
        f"'{executable}' cannot be used as the target interpreter: {reason}",
        hint="name a Python from 3.9 with --python, or make an environment with 'dx-py venv'",
    )


def supported_tags(answer: dict[str, Any]) -> tuple[str, ...]:
    """``cp312-cp312-manylinux_2_17_x86_64`` and so on, best first.

    The platform is this machine's: the target interpreter runs on it too.
    """
    from packaging import tags

    major, minor, _ = answer["version"]
    name = answer["markers"]["implementation_name"]
    platforms = _platforms(answer)
    if name == "cpython":
        abis = _cpython_abis(answer)
        specific = list(tags.cpython_tags((major, minor), abis, platforms))
        interpreter = f"cp{major}{minor}"
    else:
        interpreter = tags.interpreter_name() if name == sys.implementation.name else name[:2]
        interpreter = f"{'pp' if name == 'pypy' else interpreter}{major}{minor}"
        specific = list(tags.generic_tags(interpreter, None, platforms))
    compatible = tags.compatible_tags((major, minor), interpreter, platforms)
    return tuple(dict.fromkeys(str(tag) for tag in (*specific, *compatible)))


def _platforms(answer: dict[str, Any]) -> list[str]:
    from packaging import tags

    platforms = list(tags.platform_tags())
    if answer["bits"] == 32 and sys.maxsize > 2**32:
        return [answer["platform"].replace("-", "_").replace(".", "_")]
    return platforms


def _cpython_abis(answer: dict[str, Any]) -> list[str]:
    major, minor, _ = answer["version"]
    threading = "t" if answer["free_threaded"] else ""
    debug = "d" if answer["debug"] else ""
    abis = [f"cp{major}{minor}{threading}{debug}"]
    if debug:
        abis.append(f"cp{major}{minor}{threading}")
    return abis
