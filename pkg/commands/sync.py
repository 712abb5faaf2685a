"""``dx-py pip sync``: make an environment hold exactly what the files say."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from dx_py.pkg.commands.options import Arguments
from dx_py.pkg.commands.target import environment_from
from dx_py.pkg.commands.up_to_date import StateFile
from dx_py.pkg.environment import Environment
from dx_py.pkg.errors import UsageError
from dx_py.pkg.store_paths import pkg_store

if TYPE_CHECKING:
    from dx_py.pkg.commands.installing import Outcome
    from dx_py.pkg.installed import InstalledDistribution
    from dx_py.pkg.resolve.candidate import Candidate

_NOTHING_TO_DO = "Audited: everything is as the files say\n"


def sync(arguments: Arguments) -> int:
    if not arguments.positional:
        raise UsageError("sync needs a file of pins, such as 'dx-py pip compile' writes")
    environment = environment_from(arguments, pkg_store())
    state = StateFile(environment, arguments)
    if state.is_current():
        return _say(arguments, _NOTHING_TO_DO)
    outcome = _synchronise(arguments, environment)
    if not arguments.flag("dry-run"):
        state.write()
    lines = _lines(outcome.to_remove, outcome.to_install)
    return _say(arguments, "".join(lines) or _NOTHING_TO_DO)


def _synchronise(arguments: Arguments, environment: Environment) -> Outcome:
    from dx_py.pkg.commands.build_environments import BuildEnvironments
    from dx_py.pkg.commands.installing import alone, synchronise
    from dx_py.pkg.commands.services import make_services
    from dx_py.pkg.requirements_file import RequirementsFile, read

    said = RequirementsFile()
    for path in arguments.positional:
        read(path, said)
    for path in arguments.many("constraint"):
        read(path, said, constraint=True)
    services = make_services(arguments, said)
    environments = BuildEnvironments(arguments, said, services, environment)
    try:
        with alone(environment, arguments):
            return synchronise(environment, said, arguments, services, environments)
    finally:
        services.fetcher.close()


def _lines(
    removed: Iterable[InstalledDistribution], installed: Iterable[Candidate]
) -> list[str]:
    return [
        *(f" - {each.name}=={each.version}\n" for each in removed),
        *(f" + {each.name}=={each.version}\n" for each in installed),
    ]


def _say(arguments: Arguments, text: str) -> int:
    if not arguments.flag("quiet"):
        sys.stdout.write(text)
    return 0
