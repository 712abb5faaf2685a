"""Whether what is installed has what it needs, in the words of ``pip check``."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import InvalidVersion, Version

from dx_py.pkg.environment import Environment
from dx_py.pkg.errors import MetadataError
from dx_py.pkg.installed import InstalledDistribution
from dx_py.pkg.names import normalize
from dx_py.pkg.resolve.requirement import applies, from_metadata, needs_another_extra


def problems(environment: Environment) -> Iterator[str]:
    """One line for each requirement of an installed distribution that is not met."""
    for name in sorted(environment.installed):
        distribution = environment.installed[name]
        yield from _problems_of(distribution, environment)


def _problems_of(
    distribution: InstalledDistribution, environment: Environment
) -> Iterator[str]:
    owner = f"{distribution.display_name} {distribution.version}"
    for text in distribution.metadata.requires_dist:
        if needs_another_extra(text, ""):
            continue
        try:
            parsed = from_metadata(text, owner)
        except MetadataError as error:
            yield str(error)
            continue
        if not applies(parsed, environment.interpreter.markers):
            continue
        found = environment.installed.get(normalize(parsed.name))
        if found is None:
            yield f"{owner} requires {parsed.name}, which is not installed."
        elif not _satisfies(found.version, parsed.specifier):
            yield (
                f"{owner} has requirement {text.partition(';')[0].strip()}, but you have "
                f"{found.display_name} {found.version}."
            )


def _satisfies(version: str, specifier: object) -> bool:
    from packaging.specifiers import SpecifierSet

    assert isinstance(specifier, SpecifierSet)
    try:
        return specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return False
