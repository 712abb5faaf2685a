"""Transport over httpx and a few threads, for machines without libcurl."""

from __future__ import annotations

import queue
import ssl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import httpx

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
)


class HttpxTransport:
    """Each request on a pool thread; results are handed over on the caller's thread."""

    def __init__(self, settings: TransportSettings) -> None:
        self._settings = settings
        self._pool = ThreadPoolExecutor(settings.connections)
        self._finished: queue.SimpleQueue[tuple[Callable[[Outcome], None], Outcome]] = (
            queue.SimpleQueue()
        )
        self._verified = self._client(verify=True)
        self._unverified: httpx.Client | None = None

    def start(self, request: Request, done: Callable[[Outcome], None]) -> None:
        if is_trusted(request.url, self._settings.trusted):
            self._unverified = self._unverified or self._client(verify=False)
            client = self._unverified
        else:
            client = self._verified
        self._pool.submit(self._run, client, request, done)

    def step(self, timeout: float) -> None:
        try:
            done, outcome = self._finished.get(timeout=timeout)
        except queue.Empty:
            return
        done(outcome)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        for client in (self._verified, self._unverified):
            if client is not None:
                client.close()

    def _client(self, *, verify: bool) -> httpx.Client:
        settings = self._settings
        context = verifying(settings) if verify else httpx.create_ssl_context(verify=False)
        if settings.client_cert:
            context.load_cert_chain(settings.client_cert)
        return httpx.Client(
            verify=context,
            proxy=settings.proxy or None,
            timeout=settings.timeout,
            follow_redirects=True,
            max_redirects=10,
        )

    def _run(
        self, client: httpx.Client, request: Request, done: Callable[[Outcome], None]
    ) -> None:
        try:
            outcome: Outcome = _perform(client, request, self._settings.timeout)
        except httpx.TooManyRedirects:
            outcome = TransportFailure("too many redirects", transient=False)
        except httpx.TransportError as error:
            outcome = TransportFailure(str(error) or type(error).__name__, transient=True)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            outcome = TransportFailure(str(error) or type(error).__name__, transient=False)
        self._finished.put((done, outcome))


def verifying(settings: TransportSettings) -> ssl.SSLContext:
    """Trusts the authorities that were named, else those of the operating system."""
    bundle = named_bundle(settings.ca_bundle)
    if bundle:
        if Path(bundle).is_dir():
            return ssl.create_default_context(capath=bundle)
        return ssl.create_default_context(cafile=bundle)
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class _Pace:
    """Notices a body that comes in drops: httpx limits only the time between two of them."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._since = time.monotonic()
        self._received = 0

    def is_too_slow(self, received: int) -> bool:
        """Whether the last whole time-out brought next to nothing."""
        now = time.monotonic()
        if now - self._since < self._timeout:
            return False
        slow = received - self._received < LOW_SPEED * (now - self._since)
        self._since, self._received = now, received
        return slow


def _perform(client: httpx.Client, request: Request, timeout: float) -> Outcome:
    sink = TargetFile(request) if request.target else BytesIO()
    own: tuple[tuple[str, str], ...] = ()
    if isinstance(sink, TargetFile):
        # What is compressed on its way could not be continued where it broke off.
        own = (("Accept-Encoding", "identity"), *sink.headers)
    with (
        closing(sink),
        client.stream(
            "GET", request.url, headers=[*request.headers, *own], auth=request.auth
        ) as answer,
    ):
        if urlsplit(str(answer.url)).scheme not in ("http", "https"):
            return TransportFailure("redirected to another protocol", transient=False)
        if isinstance(sink, TargetFile):
            sink.begin(answer.status_code)
        received, pace = 0, _Pace(timeout)
        for chunk in answer.iter_bytes():
            received += len(chunk)
            if request.limit and received > request.limit:
                return TransportFailure(
                    f"the answer is longer than {request.limit} bytes", transient=False
                )
            if pace.is_too_slow(received):
                return TransportFailure("the answer comes too slowly", transient=True)
            sink.write(chunk)
        body = sink.getvalue() if isinstance(sink, BytesIO) else b""
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Response(str(answer.url), answer.status_code, headers, body)
