"""Transport plus credentials, retries and plain-language errors.

`start` begins a transfer, `wait` lets every transfer progress until the given one is done;
what is started early is there when it is needed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dx_py.pkg.errors import NetworkError, NotFoundError
from dx_py.pkg.index.credentials import Credentials, redact
from dx_py.pkg.index.transport import (
    Outcome,
    Request,
    Response,
    Transport,
    TransportFailure,
    TransportSettings,
    make_transport,
)

if TYPE_CHECKING:
    from dx_py.pkg.index.progress import Watcher

_RETRY_STATUS = frozenset((408, 429, 500, 502, 503, 504, 520, 527))
#: Short enough for progress to appear when it is due, though nothing arrives.
_STEP_SECONDS = 0.1
_MAX_PAUSE = 20.0
_EXCUSE_SECONDS = 2.0
_NO_SUCH_RANGE = 416
#: Some servers, pypiserver for one, answer 403 to a user without a password.
_WHO_ARE_YOU = (401, 403)
_OK = frozenset((200, 206, 304))


@dataclass(slots=True, eq=False)
class Transfer:
    """A request under way; ``outcome`` is None until it is done."""

    request: Request
    then: Callable[[Transfer], None] | None = None
    attempts: int = 0
    asked: bool = False
    not_before: float = 0.0
    outcome: Outcome | None = None


@dataclass(slots=True)
class Fetcher:
    """The network as the package manager sees it. ``transport`` is made on first use."""

    settings: TransportSettings
    credentials: Credentials
    retries: int = 5
    offline: bool = False
    watcher: Watcher | None = None
    _transport: Transport | None = None
    _paused: list[Transfer] = field(default_factory=list)
    #: When transfers were last looked after, and until when failures do not count as attempts.
    _stepped: float = 0.0
    _excused: float = 0.0

    def start(
        self, request: Request, then: Callable[[Transfer], None] | None = None
    ) -> Transfer:
        """Begin ``request``; ``then`` is called once, from within some `wait`."""
        if self.offline:
            raise NetworkError(
                f"{redact(request.url)} is needed, but the network is off",
                hint="run it again without --offline, or give --find-links",
            )
        clean = self.credentials.learn(request.url)
        auth = request.auth or self.credentials.lookup(clean)
        transfer = Transfer(replace(request, url=clean, auth=auth), then)
        if self.watcher is not None:
            self.watcher.started(clean, request.target)
        self._send(transfer)
        return transfer

    def wait(self, transfer: Transfer) -> Response:
        """The answer, with a status of 200, 206 or 304.

        Raises:
            NotFoundError: the server says there is no such thing.
            NetworkError: anything else that is no answer.
        """
        while transfer.outcome is None:
            self._step()
        outcome = transfer.outcome
        if isinstance(outcome, TransportFailure):
            raise _unreachable(transfer, outcome, self.retries)
        if outcome.status not in _OK:
            raise _refused(transfer.request.url, outcome)
        return outcome

    def get(self, request: Request) -> Response:
        return self.wait(self.start(request))

    def close(self) -> None:
        if self.watcher is not None:
            self.watcher.close()
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def _send(self, transfer: Transfer) -> None:
        if self._transport is None:
            self._transport = make_transport(self.settings)
        transfer.attempts += 1
        self._transport.start(transfer.request, lambda outcome: self._done(transfer, outcome))

    def _step(self) -> None:
        if self.watcher is not None:
            self.watcher.stepped()
        now = time.monotonic()
        due = [transfer for transfer in self._paused if transfer.not_before <= now]
        for transfer in due:
            self._paused.remove(transfer)
            self._send(transfer)
        pause = min((t.not_before - now for t in self._paused), default=_STEP_SECONDS)
        assert self._transport is not None, "waiting for a transfer that was never started"
        self._notice_absence(now)
        self._transport.step(max(0.0, min(pause, _STEP_SECONDS)))
        self._stepped = time.monotonic()

    def _notice_absence(self, now: float) -> None:
        """Nothing arrives during a build; libcurl then takes the servers to be too slow."""
        if self._stepped and now - self._stepped > self.settings.timeout / 3:
            self._excused = now + _EXCUSE_SECONDS

    def _done(self, transfer: Transfer, outcome: Outcome) -> None:
        if self._ask_for_credentials(transfer, outcome):
            return
        if _cannot_resume(transfer.request, outcome):
            transfer.request = replace(transfer.request, resumes=False)
            self._send(transfer)
            return
        if isinstance(outcome, TransportFailure) and time.monotonic() < self._excused:
            transfer.attempts -= outcome.transient
        if _is_transient(outcome) and transfer.attempts <= self.retries:
            pause = _pause(outcome, transfer.attempts)
            transfer.not_before = time.monotonic() + pause
            self._paused.append(transfer)
            return
        transfer.outcome = outcome
        if self.watcher is not None:
            self.watcher.finished(transfer.request.url, transfer.request.target)
        if transfer.then is not None:
            transfer.then(transfer)

    def _ask_for_credentials(self, transfer: Transfer, outcome: Outcome) -> bool:
        if not isinstance(outcome, Response) or transfer.asked:
            return False
        if outcome.status not in _WHO_ARE_YOU:
            return False
        transfer.asked = True
        auth = self.credentials.ask(transfer.request.url)
        if auth is None:
            return False
        transfer.request = replace(transfer.request, auth=auth)
        self._send(transfer)
        return True


def _cannot_resume(request: Request, outcome: Outcome) -> bool:
    """Whether the server says that nothing comes after what we have: it is another file."""
    status = outcome.status if isinstance(outcome, Response) else 0
    return request.resumes and status == _NO_SUCH_RANGE


def _is_transient(outcome: Outcome) -> bool:
    if isinstance(outcome, TransportFailure):
        return outcome.transient
    return outcome.status in _RETRY_STATUS


def _pause(outcome: Outcome, attempts: int) -> float:
    """Seconds to wait: what the server asks for, else 0.25 doubling with each attempt."""
    if isinstance(outcome, Response):
        asked = outcome.headers.get("retry-after", "")
        if asked.isdigit():
            return min(float(asked), _MAX_PAUSE)
    return float(min(0.25 * 2 ** (attempts - 1), _MAX_PAUSE))


def _unreachable(transfer: Transfer, failure: TransportFailure, retries: int) -> NetworkError:
    times = f" after {transfer.attempts} attempts" if retries and failure.transient else ""
    reason = redact(failure.reason)
    hint = ""
    if "certificate" in reason.lower() or "ssl" in reason.lower():
        hint = "give the server's certificate authority with --cert FILE, or in SSL_CERT_FILE"
    return NetworkError(f"could not fetch {transfer.request.url}{times}: {reason}", hint=hint)


def _refused(url: str, answer: Response) -> NetworkError:
    if answer.status in (404, 410):
        return NotFoundError(f"{url}: the server answers {answer.status}, not found")
    hint = ""
    if answer.status in _WHO_ARE_YOU:
        hint = (
            "put a user name and password in the index URL, in netrc, in "
            "DX_INDEX_<NAME>_USERNAME and DX_INDEX_<NAME>_PASSWORD, or use "
            "--keyring-provider subprocess"
        )
    return NetworkError(f"{url}: the server answers {answer.status}", hint=hint)
