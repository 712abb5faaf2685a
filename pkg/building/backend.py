"""A source tree's build back end (PEP 517, 518, 660), called in an isolated environment."""

from __future__ import annotations

import os
import subprocess
import tomllib
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyproject_hooks import (
    BackendUnavailable,
    BuildBackendHookCaller,
    HookMissing,
    UnsupportedOperation,
)

from dx_py.pkg.building.failure import build_failure, known_cause
from dx_py.pkg.building.leftovers import tidied
from dx_py.pkg.errors import BuildError, MetadataError

_LEGACY_BACKEND = "setuptools.build_meta:__legacy__"
_LEGACY_REQUIRES = ("setuptools>=40.8.0",)


@dataclass(frozen=True, slots=True)
class BuildSystem:
    """``[build-system]``, or what PEP 517 says stands for it where there is none."""

    backend: str
    requires: tuple[str, ...]
    backend_path: tuple[str, ...] = ()


def read_build_system(source: Path) -> BuildSystem:
    """Raises MetadataError for a tree that nothing can build, or an invalid table."""
    pyproject = source / "pyproject.toml"
    if not pyproject.is_file():
        if not (source / "setup.py").is_file() and not (source / "setup.cfg").is_file():
            raise MetadataError(
                f"'{source}' is no Python project: it has neither pyproject.toml nor setup.py",
                hint="name the folder that has one of them",
            )
        return BuildSystem(_LEGACY_BACKEND, _LEGACY_REQUIRES)
    try:
        table = tomllib.loads(pyproject.read_text(encoding="utf-8")).get("build-system")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MetadataError(f"'{pyproject}' cannot be read: {error}") from None
    if table is None:
        return BuildSystem(_LEGACY_BACKEND, _LEGACY_REQUIRES)
    requires = table.get("requires")
    if not isinstance(requires, list) or not all(isinstance(each, str) for each in requires):
        raise MetadataError(f"'{pyproject}': build-system.requires must be a list of strings")
    return BuildSystem(
        table.get("build-backend", _LEGACY_BACKEND),
        tuple(requires),
        tuple(table.get("backend-path", ())),
    )


@dataclass(slots=True)
class Backend:
    """Calls hooks with ``python``; ``subject`` names what is built in errors."""

    source: Path
    system: BuildSystem
    python: Path
    subject: str
    log: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""
    _output: list[str] = field(default_factory=list)
    _has_log: bool = False

    def requires_for(self, *, editable: bool) -> list[str]:
        hooks = self._hooks()
        hook = (
            hooks.get_requires_for_build_editable
            if editable
            else hooks.get_requires_for_build_wheel
        )
        with tidied(self.source, editable=editable):
            found = self._call("asking what it needs", lambda: hook(dict(self.settings)))
        return list(found)

    def metadata(self, folder: Path, *, editable: bool) -> Path | None:
        """The dist-info that the prepare hook writes to ``folder``; None if it has none."""
        hooks = self._hooks()
        hook = (
            hooks.prepare_metadata_for_build_editable
            if editable
            else hooks.prepare_metadata_for_build_wheel
        )
        try:
            with tidied(self.source, editable=editable):
                name: str = self._call(
                    "preparing metadata",
                    lambda: hook(str(folder), dict(self.settings), _allow_fallback=False),
                )
        except HookMissing:
            return None
        return folder / name

    def wheel(self, folder: Path, *, editable: bool) -> Path:
        hooks = self._hooks()
        hook = hooks.build_editable if editable else hooks.build_wheel
        try:
            with tidied(self.source, editable=editable):
                name: str = self._call(
                    "building the wheel", lambda: hook(str(folder), dict(self.settings))
                )
        except HookMissing:
            raise BuildError(
                f"{self.subject}: its build back end {self.system.backend!r} has no editable "
                "mode (PEP 660)",
                hint="install it without -e, or ask for a newer back end in its pyproject.toml",
            ) from None
        return folder / name

    def _hooks(self) -> BuildBackendHookCaller:
        return BuildBackendHookCaller(
            str(self.source),
            self.system.backend,
            self.system.backend_path or None,
            runner=self._run,
            python_executable=str(self.python),
        )

    def _call(self, step: str, hook: Callable[[], Any]) -> Any:  # noqa: ANN401
        self._output = []
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the back end's, for the project's authors
                return hook()
        except subprocess.CalledProcessError:
            output = "".join(self._output)
            raise build_failure(self.subject, step, output, str(self.log)) from None
        except UnsupportedOperation:
            raise BuildError(f"{self.subject}: its back end does not support this") from None
        except BackendUnavailable as error:
            said = error.traceback or ""
            lines = said.strip().splitlines()
            reason = f": {lines[-1]}" if lines else ""
            raise BuildError(
                f"{self.subject}: its back end {self.system.backend!r} cannot be "
                f"imported{reason}",
                hint=known_cause(said)
                or "does build-system.requires in its pyproject.toml name it?",
            ) from None
        finally:
            self._keep_output(step)

    def _keep_output(self, step: str) -> None:
        """Each build has a log with all that its steps have said."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a" if self._has_log else "w", encoding="utf-8") as file:
            file.write(f"== {step}\n{''.join(self._output)}")
        self._has_log = True

    def _run(
        self,
        cmd: Sequence[str],
        cwd: str | None = None,
        extra_environ: Mapping[str, str] | None = None,
    ) -> None:
        environ = build_environ(self.path) | dict(extra_environ or {})
        done = subprocess.run(
            cmd, cwd=cwd, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, text=True, errors="replace", check=False,
        )  # fmt: skip
        self._output.append(done.stdout)
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, list(cmd))


def build_environ(path: str) -> dict[str, str]:
    """The environment of a build: nothing that would make it find another's modules."""
    dropped = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_REQUIRE_VIRTUALENV")
    environ = {key: value for key, value in os.environ.items() if key not in dropped}
    if path:
        environ["PATH"] = f"{path}{os.pathsep}{environ.get('PATH', '')}"
    return environ
