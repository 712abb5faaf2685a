"""What can go wrong between a requirement and an installed environment, as a user meets it."""

from __future__ import annotations

from dx_py.artifacts.errors import DxError


class PkgError(DxError):
    """An error of the package manager; ``hint`` says what to try next."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  hint: {self.hint}" if self.hint else self.message


class UsageError(PkgError):
    """The command line, the configuration or a requirements file cannot be understood."""


class NetworkError(PkgError):
    """An index or a file could not be fetched."""


class NotFoundError(NetworkError):
    """The server answered that there is no such page or file."""


class HashMismatchError(PkgError):
    """A file is not the one that was asked for."""


class MetadataError(PkgError):
    """A distribution says something about itself that cannot be read."""


class HostileArchiveError(PkgError):
    """An archive that would write outside its target, or over itself, or without limit."""


class BuildError(PkgError):
    """A source tree did not give a wheel."""


class EnvironmentProblemError(PkgError):
    """The target environment cannot be read or may not be changed."""


class ResolutionError(PkgError):
    """No set of candidates satisfies the requirements; the message is the explanation."""
