"""Bring an environment to what is wanted: resolve, get the wheels, change it at once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from dx_py.pkg.commands.build_environments import BuildEnvironments
from dx_py.pkg.commands.edges import Settings, acquire_by_ninja, emit_graph
from dx_py.pkg.commands.options import Arguments
from dx_py.pkg.commands.resolving import Resolving, Workshop, open_workshop, resolve_wanted
from dx_py.pkg.commands.services import Services
from dx_py.pkg.commands.wanted import Wanted, collect, hashes_are_required
from dx_py.pkg.environment import Environment
from dx_py.pkg.install.acquire import require_hashes
from dx_py.pkg.install.apply import Change, apply
from dx_py.pkg.install.installer import Installation
from dx_py.pkg.install.lock import exclusive
from dx_py.pkg.install.wheel_store import StoredWheel
from dx_py.pkg.installed import InstalledDistribution
from dx_py.pkg.names import NormalizedName
from dx_py.pkg.requirements_file import RequirementsFile
from dx_py.pkg.resolve.candidate import Candidate
from dx_py.pkg.resolve.target import OneEnvironment


@dataclass(slots=True)
class Outcome:
    """What was wanted, what came of it, and what (for a dry run: would have) changed."""

    wanted: Wanted
    resolving: Resolving
    to_install: list[Candidate] = field(default_factory=list)
    to_remove: list[InstalledDistribution] = field(default_factory=list)
    satisfied: list[InstalledDistribution] = field(default_factory=list)
    wheels: dict[NormalizedName, StoredWheel] = field(default_factory=dict)


@contextmanager
def alone(environment: Environment, arguments: Arguments) -> Iterator[None]:
    """Nobody else changes the environment from what is resolved until it is installed."""
    if arguments.flag("dry-run"):
        yield
        return
    try:
        with exclusive(environment.state):
            environment.forget_installed()  # it may have changed while we waited
            yield
    finally:
        if not environment.keeps_undo:
            shutil.rmtree(environment.state, ignore_errors=True)


def install_into(
    environment: Environment,
    said: RequirementsFile,
    arguments: Arguments,
    services: Services,
    environments: BuildEnvironments,
    *,
    exactly: bool = False,
) -> Outcome:
    """One transaction; ``exactly`` removes what was not wanted.

    Raises what resolving, fetching, building and installing raise; then nothing changed.
    """
    workshop = open_workshop(arguments, services, environment, environments)
    try:
        target = OneEnvironment(environment.interpreter.markers)
        wanted = collect(arguments, said, target, workshop.builder)
        workshop.acquirer.hashes.update(wanted.hashes)
        keep = _kept(arguments, wanted, environment)
        resolving = resolve_wanted(
            arguments, said, wanted, environment, services, workshop, keep=keep
        )
        outcome = plan_changes(arguments, wanted, resolving, environment)
        if hashes_are_required(arguments, said, wanted):
            require_hashes(outcome.to_install, wanted.hashes)
        if exactly:
            outcome.to_remove += _extraneous(resolving, environment)
        if not arguments.flag("dry-run"):
            _get_wheels(outcome, workshop, Settings(arguments, said, environment), environments)
            _change(outcome, environment, arguments)
        return outcome
    finally:
        workshop.builder.close()


#: What ``sync`` leaves alone although no file names it.
_TOOLS = frozenset(("pip", "setuptools", "wheel", "uv", "dx-py"))


def _extraneous(resolving: Resolving, environment: Environment) -> list[InstalledDistribution]:
    pins = resolving.resolution.pins
    return [
        each
        for name, each in sorted(environment.installed.items())
        if each.name not in pins and name not in _TOOLS and _is_ours(each, environment)
    ]


def _kept(
    arguments: Arguments, wanted: Wanted, environment: Environment
) -> set[NormalizedName]:
    """What of the installed is a choice: all, but for what is to be upgraded or replaced."""
    if arguments.flag("force-reinstall") or arguments.flag("ignore-installed"):
        return set()
    kept = {name for name, each in environment.installed.items() if each.is_whole}
    if arguments.flag("upgrade"):
        if arguments.text("upgrade-strategy") == "eager":
            return set()
        kept -= wanted.names
    direct = {requirement.name for requirement in wanted.requirements if requirement.url}
    return {NormalizedName(name) for name in kept} - direct


def plan_changes(
    arguments: Arguments, wanted: Wanted, resolving: Resolving, environment: Environment
) -> Outcome:
    outcome = Outcome(wanted, resolving)
    force = arguments.flag("force-reinstall")
    for name, candidate in resolving.resolution.pins.items():
        installed = environment.installed.get(name)
        if installed is None or arguments.flag("ignore-installed"):
            outcome.to_install.append(candidate)
        elif not force and is_installed(candidate, installed):
            outcome.satisfied.append(installed)
        else:
            outcome.to_install.append(candidate)
            if _is_ours(installed, environment):
                outcome.to_remove.append(installed)
    return outcome


def is_installed(candidate: Candidate, installed: InstalledDistribution) -> bool:
    """Whether the candidate is what is there: the same version from the same place."""
    if candidate.installed is not None:
        return True
    if not installed.is_whole:
        return False
    if candidate.direct is not None:
        same = installed.direct_url == candidate.direct.direct_url
        return same and "dir_info" not in candidate.direct.direct_url
    return str(candidate.version) == installed.version and not installed.direct_url


def _is_ours(installed: InstalledDistribution, environment: Environment) -> bool:
    """What an environment inherits from the system is hidden by ours, not removed."""
    own = (environment.paths["purelib"], environment.paths["platlib"])
    return installed.location in own or bool(installed.editable_location)


def _get_wheels(
    outcome: Outcome, workshop: Workshop, settings: Settings, environments: BuildEnvironments
) -> None:
    """What a build needs is always got in process: it is an edge already, or soon one."""
    arguments, wanted = settings.arguments, outcome.to_install
    if environments.chain:
        outcome.wheels = workshop.acquirer.acquire(wanted, workshop.builder.build)
        return
    if arguments.text("emit-ninja"):
        emit_graph(Path(arguments.text("emit-ninja")), wanted)
    if arguments.text("engine") == "ninja":
        built = [each for each in wanted if not _is_wheel_file(each)]
        outcome.wheels = acquire_by_ninja(built, workshop, settings)
        wanted = [each for each in wanted if _is_wheel_file(each)]
    outcome.wheels |= workshop.acquirer.acquire(wanted, workshop.builder.build)


def _is_wheel_file(candidate: Candidate) -> bool:
    return candidate.direct is not None and candidate.direct.path.endswith(".whl")


def _change(outcome: Outcome, environment: Environment, arguments: Arguments) -> None:
    wheels = outcome.wheels
    if not outcome.to_install and not outcome.to_remove:
        return
    installations = tuple(
        Installation(
            candidate.name,
            str(candidate.version),
            wheels[candidate.name],
            requested=candidate.name in outcome.wanted.names,
            direct_url=candidate.direct.direct_url if candidate.direct else None,
        )
        for candidate in outcome.to_install
    )
    apply(
        Change(installations, tuple(outcome.to_remove)),
        environment,
        link_mode=arguments.text("link-mode") or "auto",
        keep_undo=environment.keeps_undo,
    )
