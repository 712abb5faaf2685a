"""Where builds run: a fresh environment each, filled by our own resolver and installer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dx_py.artifacts.errors import DxError
from dx_py.pkg.building.isolation import BuildEnvironment
from dx_py.pkg.commands.options import Arguments
from dx_py.pkg.commands.services import Services
from dx_py.pkg.commands.table import NETWORK
from dx_py.pkg.environment import Environment, environment_of
from dx_py.pkg.errors import BuildError, NetworkError
from dx_py.pkg.install.venv import create
from dx_py.pkg.requirements_file import Line, RequirementsFile, read

#: What counts for build requirements, too: where distributions come from, and in which form.
#: ``--no-deps``, ``--dry-run``, ``--upgrade`` and the like are about what the user asked for.
_FOR_BUILDS = frozenset(option.name for option in NETWORK) | {
    "no-binary", "only-binary", "no-build", "no-build-isolation", "prefer-binary", "resolver",
    "link-mode", "no-cache-dir", "cache-dir", "build-constraint",
}  # fmt: skip


def _for_builds(arguments: Arguments) -> Arguments:
    return Arguments(
        arguments.command,
        {name: texts for name, texts in arguments.values.items() if name in _FOR_BUILDS},
        {name: count for name, count in arguments.counts.items() if name in _FOR_BUILDS},
    )


@dataclass(slots=True)
class BuildEnvironments:
    """``chain`` names what is being built, so that a circle is noticed."""

    arguments: Arguments
    said: RequirementsFile
    services: Services
    target: Environment
    chain: tuple[str, ...] = ()

    def make(self, scratch: Path) -> BuildEnvironment:
        if self.arguments.flag("no-build-isolation"):
            return BuildEnvironment(self.target, self._install, isolated=False)
        folder = scratch / "build-env"
        create(folder, self.target.interpreter.executable, self.services.store, ())
        python = folder / self.target.paths["scripts"].name / self.target.script_python.name
        environment = environment_of(python, self.services.store)
        return BuildEnvironment(environment, self._install, isolated=True)

    def _install(
        self, environment: Environment, requirements: Sequence[str], subject: str
    ) -> None:
        from dx_py.pkg.commands.installing import install_into

        if subject in self.chain:
            circle = " -> ".join((*self.chain, subject))
            raise BuildError(
                f"building {subject} needs {subject} itself ({circle})",
                hint="one of them needs a wheel: see --only-binary",
            )
        said = RequirementsFile(
            [Line(each, f"the build requirements of {subject}") for each in requirements],
            options=self.said.options,
            flags=self.said.flags - {"require-hashes"},
        )
        for path in self.arguments.many("build-constraint"):
            read(path, said, constraint=True)
        arguments = _for_builds(self.arguments)
        chain = (*self.chain, subject)
        inner = BuildEnvironments(arguments, said, self.services, self.target, chain)
        try:
            install_into(environment, said, arguments, self.services, inner)
        except (BuildError, NetworkError):
            raise  # that the index does not answer says nothing against this version
        except DxError as error:
            raise BuildError(
                f"what {subject} needs to be built cannot be installed: {error}"
            ) from None
