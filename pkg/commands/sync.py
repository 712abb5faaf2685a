"""``dx-py pip sync``: make an environment hold exactly what the files say."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from dx_py.pkg.commands.answers import keep_change, key_of, recall
from dx_py.pkg.commands.options import Arguments
from dx_py.pkg.commands.target import environment_from
from dx_py.pkg.environment import Environment
from dx_py.pkg.errors import UsageError
from dx_py.pkg.install.native import note_state
from dx_py.pkg.store_paths import pkg_store

if TYPE_CHECKING:
    from dx_py.pkg.commands.installing import Outcome
    from dx_py.pkg.commands.services import Services
    from dx_py.pkg.installed import InstalledDistribution
    from dx_py.pkg.requirements_file import RequirementsFile
    from dx_py.pkg.resolve.candidate import Candidate

_NOTHING_TO_DO = "Audited: everything is as the files say\n"


def sync(arguments: Arguments) -> int:
    if not arguments.positional:
        raise UsageError("sync needs a file of pins, such as 'dx-py pip compile' writes")
    known = recall(arguments)
    if known is not None:
        return known
    sys.stdout.write(_synchronise(arguments, environment_from(arguments, pkg_store())))
    return 0


def _synchronise(arguments: Arguments, environment: Environment) -> str:
    """What is to be printed."""
    from dx_py.pkg.commands.build_environments import BuildEnvironments
    from dx_py.pkg.commands.installing import alone, install_into
    from dx_py.pkg.commands.services import make_services

    said = _read(arguments)
    services = make_services(arguments, said)
    environments = BuildEnvironments(arguments, said, services, environment)
    try:
        with alone(environment, arguments):
            key = key_of(arguments, environment)
            # The file names all; dependencies are not looked for.
            arguments.counts["no-deps"] = 1
            outcome = install_into(
                environment, said, arguments, services, environments, exactly=True
            )
            return _finish(arguments, environment, services, outcome, key)
    finally:
        services.fetcher.close()


def _read(arguments: Arguments) -> RequirementsFile:
    from dx_py.pkg.requirements_file import RequirementsFile, read

    said = RequirementsFile()
    for path in arguments.positional:
        read(path, said)
    for path in arguments.many("constraint"):
        read(path, said, constraint=True)
    return said


def _finish(
    arguments: Arguments,
    environment: Environment,
    services: Services,
    outcome: Outcome,
    key: str,
) -> str:
    """Note what may be known the next time, under the lock."""
    quiet = arguments.flag("quiet")
    nothing = "" if quiet else _NOTHING_TO_DO
    lines = "" if quiet else "".join(_lines(outcome.to_remove, outcome.to_install))
    text = lines or nothing
    if key and not any(pin.direct for pin in outcome.resolving.resolution.pins.values()):
        note_state(arguments.words, str(environment.prefix), nothing)
    keep_change(
        key, outcome, outcome.wheels, services, text=text, nothing_to_do=nothing,
        site=environment.paths["purelib"],
    )  # fmt: skip
    return text


def _lines(
    removed: Iterable[InstalledDistribution], installed: Iterable[Candidate]
) -> list[str]:
    return [
        *(f" - {each.name}=={each.version}\n" for each in removed),
        *(f" + {each.name}=={each.version}\n" for each in installed),
    ]
