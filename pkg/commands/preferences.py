"""The pins of an output file as it is: they stay unless something speaks against it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Parsed
from packaging.version import InvalidVersion, Version

from dx_py.pkg.commands.options import Arguments
from dx_py.pkg.names import normalize
from dx_py.pkg.requirements_file import RequirementsFile, read
from dx_py.pkg.resolve.conditions import NEVER
from dx_py.pkg.resolve.requirement import parse
from dx_py.pkg.resolve.target import Target


@dataclass(frozen=True, slots=True)
class Preferences:
    """Exact requirements, in the order of the file."""

    pins: list[Parsed] = field(default_factory=list)

    def versions(self, target: Target) -> dict[str, list[Version]]:
        """Those that count for ``target``, by name."""
        found: dict[str, list[Version]] = {}
        for pin in self.pins:
            if target.condition(pin) is not NEVER:
                version = next(iter(pin.specifier)).version
                found.setdefault(normalize(pin.name), []).append(Version(version))
        return found


def read_preferences(arguments: Arguments) -> Preferences:
    """Lines that are no pins are passed over, whatever they are."""
    output = arguments.text("output-file")
    if not output or arguments.flag("upgrade") or not Path(output).is_file():
        return Preferences()
    said = RequirementsFile()
    read(output, said)
    renewed = {normalize(name) for name in arguments.many("upgrade-package")}
    parsed = [pin for line in said.requirements if (pin := _pin(line.text)) is not None]
    return Preferences([pin for pin in parsed if normalize(pin.name) not in renewed])


def _pin(text: str) -> Parsed | None:
    try:
        found = parse(text)
        exact = [each.version for each in found.specifier if each.operator == "=="]
        if len(exact) == 1 == len(found.specifier):
            Version(exact[0])
            return found
    except (InvalidRequirement, InvalidVersion):
        pass
    return None
