"""Resolve what a command wants, against its environment, and word what cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.version import Version
from resolvelib import ResolutionImpossible, Resolver

from dx_py.pkg.building.builder import Builder, BuildSettings
from dx_py.pkg.commands.options import Arguments
from dx_py.pkg.commands.services import Services, file_rules
from dx_py.pkg.commands.wanted import Wanted
from dx_py.pkg.environment import Environment
from dx_py.pkg.errors import BuildError, ResolutionError
from dx_py.pkg.install.acquire import Acquirer
from dx_py.pkg.install.wheel_store import WheelStore
from dx_py.pkg.metadata import Metadata
from dx_py.pkg.names import NormalizedName
from dx_py.pkg.requirements_file import RequirementsFile
from dx_py.pkg.resolve.candidate import Candidate
from dx_py.pkg.resolve.evaluation import FileRules
from dx_py.pkg.resolve.finder import Finder
from dx_py.pkg.resolve.incompatibility import Incompatibility, UnusableCause
from dx_py.pkg.resolve.provider import PackageProvider, Rules, Sources, installed_candidate
from dx_py.pkg.resolve.pubgrub import PubGrubResolver, UnsolvableError
from dx_py.pkg.resolve.requirement import Requirement
from dx_py.pkg.resolve.session import Resolution, resolve
from dx_py.pkg.resolve.target import OneEnvironment, Target

if TYPE_CHECKING:
    from dx_py.pkg.commands.build_environments import BuildEnvironments


@dataclass(slots=True)
class Workshop:
    """What turns references into wheels for one environment."""

    acquirer: Acquirer
    builder: Builder


@dataclass(slots=True)
class Resolving:
    """One resolution, and the provider that can say more about it."""

    resolution: Resolution
    provider: PackageProvider
    warnings: list[str] = field(default_factory=list)

    def metadata(self, candidate: Candidate) -> Metadata:
        return self.provider.metadata(candidate)


def open_workshop(
    arguments: Arguments,
    services: Services,
    environment: Environment,
    environments: BuildEnvironments,
) -> Workshop:
    acquirer = Acquirer(services.fetcher, WheelStore(services.store))
    settings = BuildSettings(
        services.store,
        environment.interpreter.tags[0],
        environments,
        _config_settings(arguments),
        may_build=not arguments.flag("no-build"),
        usual=not arguments.many("build-constraint"),
    )
    return Workshop(acquirer, Builder(settings, acquirer))


def _config_settings(arguments: Arguments) -> dict[str, str | list[str]]:
    """A key that is given twice has a list."""
    found: dict[str, str | list[str]] = {}
    for text in arguments.many("config-settings"):
        key, _, value = text.partition("=")
        before = found.get(key)
        if before is None:
            found[key] = value
        else:
            found[key] = [*(before if isinstance(before, list) else [before]), value]
    return found


def resolve_wanted(
    arguments: Arguments,
    said: RequirementsFile,
    wanted: Wanted,
    environment: Environment,
    services: Services,
    workshop: Workshop,
    *,
    keep: set[NormalizedName],
    preferred: Mapping[str, Sequence[Version]] | None = None,
) -> Resolving:
    """``keep`` names what stays at its installed version where that will do.

    Raises ResolutionError with an explanation.
    """
    target = OneEnvironment(environment.interpreter.markers)
    files = file_rules(arguments, said, environment)
    finder = make_finder(arguments, said, files, target, services, workshop)
    rules = make_rules(arguments, said, wanted, target, preferred or {})
    kept = {
        name: installed_candidate(environment.installed[name])
        for name in sorted(keep & environment.installed.keys())
    }
    provider = PackageProvider(sources_of(finder, workshop), rules, kept)
    provider.narrow(wanted.requirements)
    make = Resolver if arguments.text("resolver") == "resolvelib" else PubGrubResolver
    try:
        resolution = resolve(provider, wanted.requirements, make)
    except UnsolvableError as error:
        raise explained(error, provider, wanted.requirements) from None
    except ResolutionImpossible as error:
        raise ResolutionError(plain_causes(error)) from None
    return Resolving(resolution, provider, list(provider.warnings))


def make_finder(
    arguments: Arguments,
    said: RequirementsFile,
    files: FileRules,
    target: Target,
    services: Services,
    workshop: Workshop,
) -> Finder:
    builder = workshop.builder
    return Finder(
        services.catalog,
        services.metadata,
        files,
        target,
        builder.metadata_of,
        builder.metadata_of,
        prereleases=_allows_prereleases(arguments, said),
        follow=not arguments.flag("no-deps"),
    )


def make_rules(
    arguments: Arguments,
    said: RequirementsFile,
    wanted: Wanted,
    target: Target,
    preferred: Mapping[str, Sequence[Version]],
) -> Rules:
    direct = {each.name for each in wanted.requirements if target.counts(each)}
    lowest = arguments.text("resolution")
    return Rules(
        target,
        prereleases=_allows_prereleases(arguments, said),
        constraints=wanted.constraints,
        overrides=wanted.overrides,
        preferred=preferred,
        lowest=lambda name: (
            lowest == "lowest" or (lowest == "lowest-direct" and name in direct)
        ),
        no_deps=arguments.flag("no-deps"),
        prefer_binary=arguments.flag("prefer-binary") or "prefer-binary" in said.flags,
    )


def _allows_prereleases(arguments: Arguments, said: RequirementsFile) -> bool:
    return arguments.flag("pre") or "pre" in said.flags


def sources_of(finder: Finder, workshop: Workshop) -> Sources:
    return Sources(
        finder.candidates, finder.metadata, workshop.builder.direct, finder.announce,
        finder.announce_metadata,
    )  # fmt: skip


def explained(
    error: UnsolvableError,
    provider: PackageProvider,
    requirements: Sequence[Requirement],
    where: str = "",
) -> ResolutionError:
    """``where`` is the marker of the environments that have no solution, if not of all."""
    from dx_py.pkg.resolve.explain import explain
    from dx_py.pkg.resolve.relaxation import find_relaxation

    explanation = explain(error, provider, where)
    failed = list(_failed_builds(explanation.facts, provider))
    relaxation = find_relaxation(
        explanation.facts, requirements, lambda relaxed: resolve(provider, relaxed)
    )
    hints = [*(each.hint for each in failed), relaxation.text if relaxation else ""]
    return ResolutionError(
        "\n".join([explanation.text, *(f"  {each.message}" for each in failed)]),
        hint="\n  hint: ".join(hint for hint in hints if hint),
    )


def _failed_builds(
    facts: Sequence[Incompatibility], provider: PackageProvider
) -> Iterator[BuildError]:
    """Those without which there might be a solution."""
    for fact in facts:
        if isinstance(fact.cause, UnusableCause):
            error = provider.builds.error_behind(fact.cause.candidate)
            if error is not None:
                yield error


def plain_causes(error: ResolutionImpossible) -> str:  # type: ignore[type-arg]
    """resolvelib's own resolver has no proof, only the requirements that met last."""
    lines = [
        f"  {cause.requirement}"
        + (f" (needed by {cause.parent})" if cause.parent else " (asked for)")
        for cause in error.causes
    ]
    return "\n".join(["these requirements cannot be met together:", *lines])
