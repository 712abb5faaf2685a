"""The newest version an index has of each of some packages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from dx_py.pkg.commands.options import Arguments
from dx_py.pkg.commands.services import file_rules, make_services
from dx_py.pkg.environment import Environment
from dx_py.pkg.names import NormalizedName
from dx_py.pkg.requirements_file import RequirementsFile
from dx_py.pkg.resolve.evaluation import evaluate


@dataclass(frozen=True, slots=True)
class Newest:
    """``kind`` is ``wheel`` or ``sdist``."""

    version: str
    kind: str

    def is_newer_than(self, installed: str) -> bool:
        try:
            return Version(self.version) > Version(installed)
        except InvalidVersion:
            return True


def newest_versions(
    arguments: Arguments, environment: Environment, names: Iterable[NormalizedName]
) -> dict[NormalizedName, Newest]:
    """Names that no index knows are left out."""
    said = RequirementsFile()
    services = make_services(arguments, said)
    rules = file_rules(arguments, said, environment)
    wanted = list(names)
    try:
        for name in wanted:
            services.catalog.start(name, lambda: None)
        found: dict[NormalizedName, Newest] = {}
        for name in wanted:
            candidates, _ = evaluate(name, services.catalog.entries(name) or (), rules)
            usable = [
                each
                for each in candidates
                if each.yanked is None
                and (arguments.flag("pre") or not each.version.is_prerelease)
            ]
            if usable:
                kind = "wheel" if usable[0].wheel else "sdist"
                found[name] = Newest(str(usable[0].version), kind)
        return found
    finally:
        services.fetcher.close()


def all_versions(
    arguments: Arguments, environment: Environment, name: NormalizedName
) -> list[str]:
    """Every version that could be installed, newest first."""
    said = RequirementsFile()
    services = make_services(arguments, said)
    try:
        entries = services.catalog.entries(name) or ()
        candidates, _ = evaluate(name, entries, file_rules(arguments, said, environment))
    finally:
        services.fetcher.close()
    return [
        str(each.version)
        for each in candidates
        if each.yanked is None and (arguments.flag("pre") or not each.version.is_prerelease)
    ]
