"""The one interface to the network: start requests, let them progress, be told when done.

Everything runs on the caller's thread.  A transport never retries, never caches and never
looks for credentials: that is `fetcher`'s work.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

#: Where distributions of the common systems keep the certificate bundle.
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_WHOLE, _PARTIAL = 200, 206
_BUNDLE_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR")
#: A transfer that stays slower than so many bytes a second for the whole time-out is given up.
LOW_SPEED = 16


@dataclass(frozen=True, slots=True)
class Request:
    """A GET. ``target`` names a file for the body; empty keeps it in memory.

    With ``resumes`` the bytes that are in ``target`` already are the beginning of the body, and
    only the rest is asked for: for files whose hash will be checked.

    ``auth`` is a user name and a password; neither is ever part of ``url``.
    """

    url: str
    headers: tuple[tuple[str, str], ...] = ()
    auth: tuple[str, str] | None = field(default=None, repr=False)
    target: str = ""
    limit: int = 0
    resumes: bool = False


@dataclass(slots=True)
class Response:
    """An answer with any status; header names are lower case."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class TransportFailure:
    """No answer: the reason in the words of the library, and whether a retry makes sense."""

    reason: str
    transient: bool


Outcome = Response | TransportFailure


@dataclass(frozen=True, slots=True)
class TransportSettings:
    """How to reach servers. ``trusted`` hosts are not verified; times in seconds."""

    ca_bundle: str = ""
    client_cert: str = ""
    proxy: str = ""
    timeout: float = 15.0
    trusted: tuple[str, ...] = ()
    connections: int = 6


class Transport(Protocol):
    """Runs requests side by side on one thread."""

    def start(self, request: Request, done: Callable[[Outcome], None]) -> None: ...

    def step(self, timeout: float) -> None:
        """Let transfers progress for at most ``timeout`` seconds and call what finished."""
        ...

    def close(self) -> None: ...


class TargetFile:
    """The file that a body goes to, or is appended to if the server sends just the rest.

    ``offset`` is how many bytes were there. Unbuffered: what arrived survives an interruption.
    """

    def __init__(self, request: Request) -> None:
        mode = os.O_APPEND if request.resumes else os.O_TRUNC
        self._file = os.open(request.target, os.O_WRONLY | os.O_CREAT | mode, 0o666)
        self.offset = os.fstat(self._file).st_size
        self._is_wanted = True

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return (("Range", f"bytes={self.offset}-"),) if self.offset else ()

    def begin(self, status: int) -> None:
        """Before the first byte of an answer with this status: an error's text is not kept."""
        self._is_wanted = status in (_WHOLE, _PARTIAL)
        if self.offset and status == _WHOLE:
            os.ftruncate(self._file, 0)

    def write(self, data: bytes) -> int:
        view = memoryview(data) if self._is_wanted else memoryview(b"")
        while view:
            view = view[os.write(self._file, view) :]
        return len(data)

    def close(self) -> None:
        os.close(self._file)


def make_transport(settings: TransportSettings) -> Transport:
    """libcurl where it is installed, else httpx; ``DX_TRANSPORT=httpx`` forces the latter."""
    if os.environ.get("DX_TRANSPORT") != "httpx":
        try:
            from dx_py.pkg.index.curl import CurlTransport
        except ImportError:
            pass
        else:
            return CurlTransport(settings)
    from dx_py.pkg.index.httpx_transport import HttpxTransport

    return HttpxTransport(settings)


def named_bundle(configured: str) -> str:
    """The authorities to trust instead of the system's: a file or folder, or nothing."""
    return _first_there(configured, *map(os.environ.get, _BUNDLE_VARIABLES))


def system_bundle() -> str:
    """The system's authorities where they are a file; macOS and Windows have none."""
    return _first_there(*_BUNDLES)


def _first_there(*paths: str | None) -> str:
    there = os.path.exists  # start-up path
    return next((path for path in paths if path and there(path)), "")


def is_trusted(url: str, trusted: tuple[str, ...]) -> bool:
    """Whether ``--trusted-host`` names the host, or host and port, of ``url``."""
    authority = url.partition("://")[2].partition("/")[0].rpartition("@")[2].lower()
    host = authority.rpartition(":")[0] if ":" in authority else authority
    return authority in trusted or host in trusted
