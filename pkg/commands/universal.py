"""``compile --universal``: pins for every platform, from one version of Python on."""

from __future__ import annotations

from collections.abc import Sequence

from packaging.version import InvalidVersion, Version
from resolvelib import ResolutionImpossible

from dx_py.pkg.commands.options import Arguments
from dx_py.pkg.commands.pin_lines import Pin
from dx_py.pkg.commands.preferences import Preferences
from dx_py.pkg.commands.resolution_only import Opened
from dx_py.pkg.commands.resolving import (
    explained,
    make_finder,
    make_rules,
    plain_causes,
    sources_of,
)
from dx_py.pkg.commands.services import universal_file_rules
from dx_py.pkg.environment import Environment
from dx_py.pkg.errors import ResolutionError, UsageError
from dx_py.pkg.resolve.condition_reader import known_platforms, python_from
from dx_py.pkg.resolve.condition_text import condition_text
from dx_py.pkg.resolve.provider import PackageProvider
from dx_py.pkg.resolve.pubgrub import UnsolvableError
from dx_py.pkg.resolve.requirement import Requirement
from dx_py.pkg.resolve.target import Region
from dx_py.pkg.resolve.universal import (
    Preferred,
    RegionError,
    UniversalResolution,
    requirements_in,
    resolve_universally,
)


def oldest_python(arguments: Arguments, environment: Environment) -> Version:
    """What ``--python-version`` says, else the minor version of the interpreter."""
    text = arguments.text("python-version") or environment.interpreter.markers["python_version"]
    try:
        return Version(text)
    except InvalidVersion:
        raise UsageError(
            f"--python-version needs a version such as 3.9; got {text!r}"
        ) from None


def everywhere(oldest: Version) -> Region:
    return Region(python_from(oldest) & known_platforms())


def resolve_opened(
    opened: Opened, root: Region, oldest: Version, preferences: Preferences
) -> UniversalResolution:
    """Raises ResolutionError, which names the environments without a solution."""
    arguments, said, wanted = opened.arguments, opened.said, opened.wanted
    files = universal_file_rules(arguments, said, oldest)
    finder = make_finder(arguments, said, files, root, opened.services, opened.workshop)

    def make_provider(region: Region, preferred: Preferred) -> PackageProvider:
        rules = make_rules(arguments, said, wanted, region, preferred)
        return PackageProvider(sources_of(finder, opened.workshop), rules)

    try:
        return resolve_universally(
            root, wanted.requirements, make_provider, preferences.versions
        )
    except RegionError as error:
        raise _worded(error, root, wanted.requirements) from None


def _worded(error: RegionError, root: Region, requirements: Sequence[Requirement]) -> Exception:
    cause = error.__cause__
    where = condition_text(error.region.where, root.where)
    if isinstance(cause, UnsolvableError):
        inside = requirements_in(error.region, requirements)
        return explained(cause, error.provider, inside, where)
    if isinstance(cause, ResolutionImpossible):
        return ResolutionError(plain_causes(cause))
    assert isinstance(cause, Exception)
    return cause


def pins_of(resolution: UniversalResolution, root: Region) -> list[Pin]:
    """Markers are as short as they can be given that ``root`` holds."""
    return [
        Pin(pin.candidate, pin.extras, condition_text(pin.where, root.where))
        for pin in resolution.pins
    ]
