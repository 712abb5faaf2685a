"""Sources under version control, fetched by the system's own programs."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from dx_py.pkg.errors import NetworkError, UsageError
from dx_py.pkg.index.credentials import redact, split_credentials

SYSTEMS = ("git", "hg", "bzr", "svn")


@dataclass(frozen=True, slots=True)
class VcsReference:
    """``git+https://host/x@revision#subdirectory=y``, taken apart."""

    system: str
    url: str
    revision: str
    subdirectory: str


def parse_vcs(url: str) -> VcsReference | None:
    """None where ``url`` is under no version control."""
    system, plus, rest = url.partition("+")
    if not plus or system not in SYSTEMS:
        return None
    parts = urlsplit(rest)
    path, at, revision = parts.path.rpartition("@")
    if not at:
        path, revision = parts.path, ""
    options = dict(pair.partition("=")[::2] for pair in parts.fragment.split("&"))
    clean = urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))
    return VcsReference(system, clean, revision, options.get("subdirectory", ""))


def checkout(reference: VcsReference, folder: Path) -> str:
    """Fetch into ``folder``; returns the commit. Only git is supported."""
    if reference.system != "git":
        raise UsageError(
            f"{redact(reference.url)}: {reference.system} is not supported; git is"
        )
    _git(reference, "clone", "--quiet", "--filter=blob:none", reference.url, str(folder))
    if reference.revision:
        _git(reference, "-C", str(folder), "checkout", "--quiet", reference.revision)
    _git(
        reference, "-C", str(folder), "submodule", "update", "--quiet", "--init", "--recursive"
    )
    return _git(reference, "-C", str(folder), "rev-parse", "HEAD").strip()


def _git(reference: VcsReference, *arguments: str) -> str:
    shown = redact(reference.url)
    try:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except FileNotFoundError:
        raise NetworkError(f"{shown} needs git, which is not installed") from None
    if done.returncode:
        reason = redact((done.stderr.strip() or "no output").splitlines()[-1])
        raise NetworkError(
            f"git cannot fetch {shown}: {reason}",
            hint="are the address and the revision right, and may you read it?",
        )
    return done.stdout


def public_url(reference: VcsReference) -> str:
    """What direct_url.json may say: no password."""
    return split_credentials(reference.url)[0]
