"""Resolve as if nothing were installed: how ``compile``, ``download``, ``wheel`` begin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dx_py.pkg.commands.build_environments import BuildEnvironments
from dx_py.pkg.commands.options import Arguments
from dx_py.pkg.commands.preferences import Preferences
from dx_py.pkg.commands.resolving import Resolving, Workshop, open_workshop, resolve_wanted
from dx_py.pkg.commands.services import Services, make_services
from dx_py.pkg.commands.target import environment_from
from dx_py.pkg.commands.wanted import Wanted, collect, hashes_are_required
from dx_py.pkg.environment import Environment
from dx_py.pkg.install.acquire import require_hashes
from dx_py.pkg.requirements_file import RequirementsFile
from dx_py.pkg.resolve.target import OneEnvironment, Target
from dx_py.pkg.store_paths import pkg_store


@dataclass(slots=True)
class Opened:
    """What is wanted, and everything a resolution of it works with."""

    arguments: Arguments
    said: RequirementsFile
    environment: Environment
    services: Services
    workshop: Workshop
    wanted: Wanted


@dataclass(slots=True)
class Resolved(Opened):
    """Everything that led to the pins, still open for fetching and building."""

    resolving: Resolving


@contextmanager
def opened(
    arguments: Arguments,
    said: RequirementsFile,
    environment: Environment,
    target: Target,
) -> Iterator[Opened]:
    """Scratch folders and connections are gone at the end."""
    services = make_services(arguments, said, store=pkg_store())
    environments = BuildEnvironments(arguments, said, services, environment)
    workshop = open_workshop(arguments, services, environment, environments)
    try:
        wanted = collect(arguments, said, target, workshop.builder)
        workshop.acquirer.hashes.update(wanted.hashes)
        yield Opened(arguments, said, environment, services, workshop, wanted)
    finally:
        workshop.builder.close()
        services.fetcher.close()


def environment_to_read(arguments: Arguments) -> Environment:
    """One in which nothing will be installed, so it may as well be the system's."""
    arguments.counts.setdefault("break-system-packages", 1)
    return environment_from(arguments, pkg_store())


@contextmanager
def resolved(
    arguments: Arguments,
    said: RequirementsFile,
    *,
    preferences: Preferences | None = None,
) -> Iterator[Resolved]:
    """Raises ResolutionError."""
    environment = environment_to_read(arguments)
    target = OneEnvironment(environment.interpreter.markers)
    with opened(arguments, said, environment, target) as found:
        resolving = resolve_wanted(
            arguments, said, found.wanted, environment, found.services, found.workshop,
            keep=set(), preferred=(preferences or Preferences()).versions(target),
        )  # fmt: skip
        if hashes_are_required(arguments, said, found.wanted):
            require_hashes(resolving.resolution.pins.values(), found.wanted.hashes)
        yield Resolved(
            arguments,
            said,
            environment,
            found.services,
            found.workshop,
            found.wanted,
            resolving,
        )
