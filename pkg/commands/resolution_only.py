"""Resolve as if nothing were installed: how ``compile``, ``download``, ``wheel`` begin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dx_py.pkg.commands.build_environments import BuildEnvironments
from dx_py.pkg.commands.options import Arguments
from dx_py.pkg.commands.resolving import Resolving, Workshop, open_workshop, resolve_wanted
from dx_py.pkg.commands.services import Services, make_services
from dx_py.pkg.commands.target import environment_from
from dx_py.pkg.commands.wanted import Wanted, collect
from dx_py.pkg.environment import Environment
from dx_py.pkg.install.acquire import require_hashes
from dx_py.pkg.requirements_file import RequirementsFile
from dx_py.pkg.store_paths import pkg_store

if TYPE_CHECKING:
    from packaging.version import Version


@dataclass(slots=True)
class Resolved:
    """Everything that led to the pins, still open for fetching and building."""

    environment: Environment
    services: Services
    workshop: Workshop
    wanted: Wanted
    resolving: Resolving


@contextmanager
def resolved(
    arguments: Arguments,
    said: RequirementsFile,
    *,
    preferred: dict[str, Version] | None = None,
) -> Iterator[Resolved]:
    """Raises ResolutionError; scratch folders and connections are gone at the end."""
    store = pkg_store()
    arguments.counts.setdefault("break-system-packages", 1)  # nothing is installed
    environment = environment_from(arguments, store)
    services = make_services(arguments, said, store=store)
    environments = BuildEnvironments(arguments, said, services, environment)
    workshop = open_workshop(arguments, services, environment, environments)
    try:
        wanted = collect(arguments, said, environment.interpreter.markers, workshop.builder)
        workshop.acquirer.hashes.update(wanted.hashes)
        resolving = resolve_wanted(
            arguments, said, wanted, environment, services, workshop,
            keep=set(), preferred=preferred,
        )  # fmt: skip
        if wanted.hashes or arguments.flag("require-hashes") or "require-hashes" in said.flags:
            require_hashes(resolving.resolution.pins.values(), wanted.hashes)
        yield Resolved(environment, services, workshop, wanted, resolving)
    finally:
        workshop.builder.close()
        services.fetcher.close()
