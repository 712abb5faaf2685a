"""``dx-py pip uninstall`` and ``undo``."""

from __future__ import annotations

import sys

from dx_py.pkg.commands.options import Arguments
from dx_py.pkg.commands.target import environment_from
from dx_py.pkg.environment import Environment
from dx_py.pkg.errors import EnvironmentProblemError, PkgError
from dx_py.pkg.install.apply import Change, apply
from dx_py.pkg.install.lock import exclusive
from dx_py.pkg.install.transaction import undo as undo_last
from dx_py.pkg.installed import InstalledDistribution
from dx_py.pkg.names import NormalizedName, normalize
from dx_py.pkg.requirements_file import RequirementsFile, read
from dx_py.pkg.store_paths import pkg_store


def uninstall(arguments: Arguments) -> int:
    names = _names(arguments)
    if not names:
        raise PkgError("uninstall needs at least one name")
    environment = environment_from(arguments, pkg_store())
    with exclusive(environment.state):
        environment.forget_installed()
        found = _installed(names, environment)
        if found:
            apply(Change((), tuple(found)), environment)
    if not arguments.flag("quiet"):
        for each in found:
            sys.stdout.write(f"Successfully uninstalled {each.display_name}-{each.version}\n")
    return 0


def _installed(
    names: list[NormalizedName], environment: Environment
) -> list[InstalledDistribution]:
    found: list[InstalledDistribution] = []
    for name in names:
        distribution = environment.installed.get(name)
        if distribution is None:
            sys.stderr.write(f"WARNING: Skipping {name} as it is not installed.\n")
        else:
            _check_ours(distribution, environment)
            found.append(distribution)
    return found


def _check_ours(distribution: InstalledDistribution, environment: Environment) -> None:
    own = (environment.paths["purelib"], environment.paths["platlib"])
    if distribution.location not in own and not distribution.editable_location:
        raise EnvironmentProblemError(
            f"{distribution.name} is in '{distribution.location}', which this environment only "
            "inherits",
            hint="uninstall it there, with --python",
        )


def _names(arguments: Arguments) -> list[NormalizedName]:
    from packaging.requirements import InvalidRequirement, Requirement

    said = RequirementsFile()
    for path in arguments.many("requirement"):
        read(path, said)
    found: dict[NormalizedName, None] = {}
    for text in [*arguments.positional, *(line.text for line in said.requirements)]:
        try:
            found[normalize(Requirement(text).name)] = None
        except InvalidRequirement:
            raise PkgError(
                f"{text!r} is no name of a package", hint="'dx-py pip list' shows the names"
            ) from None
    return list(found)


def undo(arguments: Arguments) -> int:
    environment = environment_from(arguments, pkg_store())
    before = {each.name: each.version for each in environment.installed.values()}
    undo_last(environment.state)
    environment.forget_installed()
    after = {each.name: each.version for each in environment.installed.values()}
    if not arguments.flag("quiet"):
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                old, new = before.get(name, "(absent)"), after.get(name, "(absent)")
                sys.stdout.write(f"{name}: {old} -> {new}\n")
    return 0
