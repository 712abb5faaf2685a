"""Plans: what installing a wheel writes where, worked out once when it enters the store.

On disk a plan is NUL-separated text that C and Python read alike:

    DXPLAN3                      magic
    R <root>                     purelib or platlib: where the root of the wheel goes
    I <dist-info>                the name of the metadata folder
    D <scheme> <folder>          a folder to make, parents first
    G <scheme> <source> <folder> from here on: a folder of the store, and where its files go
    F <name>                     a file to link
    X <source> <name>            a script of the wheel's whose first line may need rewriting
    E <kind> <name> <target>     an entry point (console or gui) to make a script for
    C <line>                     a line of RECORD for a linked file, sorted by bytes; the path
                                 in it is relative to the root
    O <scheme> <path> <hash> <size>  the same for a file of another scheme

Fields of a record are separated by NUL, records end with NUL LF.
"""

from __future__ import annotations

from dataclasses import dataclass

MAGIC = "DXPLAN3"


@dataclass(frozen=True, slots=True)
class LinkGroup:
    """Files of one folder of the store that go to one folder of the environment."""

    scheme: str
    source: str
    folder: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntryPoint:
    name: str
    target: str
    gui: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """``record`` holds the line of RECORD of every linked file below ``root``, sorted by its
    bytes, ``outside`` (scheme, path, hash, size) of the others.
    """

    root: str
    info: str
    folders: tuple[tuple[str, str], ...]
    groups: tuple[LinkGroup, ...]
    scripts: tuple[tuple[str, str], ...]
    entry_points: tuple[EntryPoint, ...]
    record: tuple[str, ...]
    outside: tuple[tuple[str, str, str, str], ...] = ()


def record_line(path: str, digest: str, size: str) -> str:
    """A line of RECORD, quoted as CSV where it must be."""
    return ",".join(_quoted(field) for field in (path, digest, size))


def _quoted(field: str) -> str:
    if not any(character in field for character in ',"\r\n'):
        return field
    doubled = field.replace('"', '""')
    return f'"{doubled}"'


def hash_of(data: bytes) -> tuple[str, str]:
    """The second and third column of RECORD."""
    import base64
    import hashlib

    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"sha256={digest}", str(len(data))
