"""Environments to build in, made by our own resolver and installer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dx_py.pkg.environment import Environment

#: Installs requirements into an environment; (environment, requirements, whose they are).
InstallInto = Callable[[Environment, Sequence[str], str], None]


@dataclass(slots=True)
class BuildEnvironment:
    """A virtual environment with what a build declares, or (not isolated) the target itself."""

    environment: Environment
    install_into: InstallInto
    isolated: bool
    _installed: set[str] = field(default_factory=set)

    @property
    def python(self) -> Path:
        return self.environment.script_python

    @property
    def path(self) -> str:
        return str(self.environment.paths["scripts"])

    def require(self, requirements: Sequence[str], subject: str) -> None:
        missing = [each for each in requirements if each not in self._installed]
        if not missing or not self.isolated:
            return
        self._installed.update(missing)
        self.install_into(self.environment, sorted(self._installed), subject)
        self.environment.forget_installed()
