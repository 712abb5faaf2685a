"""Transport over libcurl's multi interface: HTTP/2, connection reuse, one thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pycurl

from dx_py.pkg.index.transport import (
    LOW_SPEED,
    Outcome,
    Request,
    Response,
    TargetFile,
    TransportFailure,
    TransportSettings,
    is_trusted,
    named_bundle,
    system_bundle,
)

_REDIRECTS = 10
_WEB = pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS
#: CURLE_HTTP2_STREAM, for which pycurl has no name.
_HTTP2_STREAM = 92
_TRANSIENT = frozenset(
    (
        pycurl.E_COULDNT_CONNECT,
        pycurl.E_GOT_NOTHING,
        pycurl.E_HTTP2,
        _HTTP2_STREAM,
        pycurl.E_OPERATION_TIMEDOUT,
        pycurl.E_PARTIAL_FILE,
        pycurl.E_RECV_ERROR,
        pycurl.E_SEND_ERROR,
        pycurl.E_COULDNT_RESOLVE_HOST,
    )
)


@dataclass(slots=True)
class _Transfer:
    request: Request
    done: Callable[[Outcome], None]
    sink: BytesIO | TargetFile
    headers: dict[str, str]
    received: int = 0
    status: int = 0

    def read_header(self, line: bytes) -> None:
        if line.startswith(b"HTTP/"):
            self.headers.clear()  # a redirect's headers are not the answer's
            self.status = int(line.split()[1])
            return
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            self.headers[name.strip().lower()] = value.strip()

    def write(self, data: bytes) -> int:
        if isinstance(self.sink, TargetFile) and not self.received:
            self.sink.begin(self.status)
        self.received += len(data)
        if self.request.limit and self.received > self.request.limit:
            return -1
        return self.sink.write(data)


class CurlTransport:
    """Many requests at once; handles are used again, so connections stay open."""

    def __init__(self, settings: TransportSettings) -> None:
        self._settings = settings
        self._ca = named_bundle(settings.ca_bundle) or system_bundle()
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
        self._multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, settings.connections)
        self._active: dict[pycurl.Curl, _Transfer] = {}
        self._idle: list[pycurl.Curl] = []

    def start(self, request: Request, done: Callable[[Outcome], None]) -> None:
        handle = self._idle.pop() if self._idle else pycurl.Curl()
        handle.reset()
        sink = TargetFile(request) if request.target else BytesIO()
        transfer = _Transfer(request, done, sink, {})
        self._configure(handle, transfer)
        self._active[handle] = transfer
        self._multi.add_handle(handle)
        self._multi.perform()

    def step(self, timeout: float) -> None:
        _, running = self._multi.perform()
        if running == len(self._active) and running:
            self._multi.select(timeout)
            self._multi.perform()
        self._collect()

    def close(self) -> None:
        for handle in (*self._active, *self._idle):
            handle.close()
        self._multi.close()

    def _configure(self, handle: pycurl.Curl, transfer: _Transfer) -> None:
        request, settings = transfer.request, self._settings
        handle.setopt(pycurl.URL, request.url)
        handle.setopt(pycurl.PROTOCOLS, _WEB)
        handle.setopt(pycurl.REDIR_PROTOCOLS, _WEB)
        handle.setopt(pycurl.FOLLOWLOCATION, 1)
        handle.setopt(pycurl.MAXREDIRS, _REDIRECTS)
        handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS)
        handle.setopt(pycurl.PIPEWAIT, 1)
        handle.setopt(pycurl.NOSIGNAL, 1)
        handle.setopt(pycurl.CONNECTTIMEOUT_MS, int(settings.timeout * 1000))
        handle.setopt(pycurl.LOW_SPEED_LIMIT, LOW_SPEED)
        handle.setopt(pycurl.LOW_SPEED_TIME, max(1, int(settings.timeout)))
        handle.setopt(pycurl.WRITEFUNCTION, transfer.write)
        handle.setopt(pycurl.HEADERFUNCTION, transfer.read_header)
        own = transfer.sink.headers if isinstance(transfer.sink, TargetFile) else ()
        headers = (*request.headers, *own)
        handle.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in headers])
        is_part = any(name.lower() == "range" for name, _ in headers)
        if not is_part and not request.target:
            handle.setopt(pycurl.ACCEPT_ENCODING, "")
        if request.auth is not None:
            handle.setopt(pycurl.USERNAME, request.auth[0])
            handle.setopt(pycurl.PASSWORD, request.auth[1])
        self._configure_tls(handle, request.url)

    def _configure_tls(self, handle: pycurl.Curl, url: str) -> None:
        settings = self._settings
        if settings.proxy:
            handle.setopt(pycurl.PROXY, settings.proxy)
        if is_trusted(url, settings.trusted):
            handle.setopt(pycurl.SSL_VERIFYPEER, 0)
            handle.setopt(pycurl.SSL_VERIFYHOST, 0)
        elif self._ca:
            option = pycurl.CAPATH if Path(self._ca).is_dir() else pycurl.CAINFO
            handle.setopt(option, self._ca)
        else:
            handle.setopt(pycurl.SSL_OPTIONS, pycurl.SSLOPT_NATIVE_CA)
        if settings.client_cert:
            handle.setopt(pycurl.SSLCERT, settings.client_cert)

    def _collect(self) -> None:
        while True:
            queued, succeeded, failed = self._multi.info_read()
            for handle in succeeded:
                self._finish(handle, None)
            for handle, code, message in failed:
                self._finish(handle, (code, message))
            if not queued:
                return

    def _finish(self, handle: pycurl.Curl, error: tuple[int, str] | None) -> None:
        transfer = self._active.pop(handle)
        self._multi.remove_handle(handle)
        outcome = self._outcome(handle, transfer, error)
        self._idle.append(handle)
        transfer.done(outcome)

    def _outcome(
        self, handle: pycurl.Curl, transfer: _Transfer, error: tuple[int, str] | None
    ) -> Outcome:
        if isinstance(transfer.sink, BytesIO):
            body = transfer.sink.getvalue()
        else:
            body = b""
            transfer.sink.close()
        if error is not None:
            return _failure(transfer, *error)
        url = handle.getinfo(pycurl.EFFECTIVE_URL)
        status = handle.getinfo(pycurl.RESPONSE_CODE)
        return Response(url, status, transfer.headers, body)


def _failure(transfer: _Transfer, code: int, message: str) -> TransportFailure:
    limit = transfer.request.limit
    if code == pycurl.E_WRITE_ERROR and limit and transfer.received > limit:
        return TransportFailure(f"the answer is longer than {limit} bytes", transient=False)
    reason = message or f"transfer failed (libcurl error {code})"
    return TransportFailure(reason[0].lower() + reason[1:], transient=code in _TRANSIENT)
