"""A private index on loopback: TLS, passwords, ranges, conditional requests, bad servers."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import ssl
import stat
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dx_py.artifacts.artifact import Artifact, encode
from dx_py.pkg.index import fetcher, page_content
from dx_py.pkg.index.credentials import Credentials, redact, split_credentials
from dx_py.pkg.index.transport import Request, TransportFailure, TransportSettings
from tests.pkg.certificates import make_certificates

TRUST = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
USER, PASSWORD = "ada", "s3cret/pass"
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


class Index:
    """Serves a folder of wheels; ``log`` holds (path, headers, status)."""

    def __init__(self, links: Path) -> None:
        self.links = links
        self.protected = False
        self.refusal = 401
        self.html = False
        self.ranges = True
        self.etag = False
        self.max_age: int | None = None
        self.offers_metadata = False
        self.failures: dict[str, list[int]] = {}
        self.truncate = False
        #: After so many bytes the connection of a file's whole body, or its rest, breaks.
        self.cuts: list[int] = []
        self.delay = 0.0
        self.redirects = False
        #: Where pages are redirected to; another server's /simple.
        self.moved_to = ""
        self.wrong_hash = False
        self.log: list[tuple[str, dict[str, str], int]] = []
        index = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                index.answer(self)

            def log_message(self, *words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.scheme = "http"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def authority(self) -> str:
        return f"localhost:{self.server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}/simple"

    def requests(self, part: str) -> list[tuple[str, dict[str, str], int]]:
        return [entry for entry in self.log if part in entry[0]]

    def answer(self, handler):
        headers = {name.lower(): value for name, value in handler.headers.items()}
        time.sleep(self.delay)
        status, more, body = self._content(handler.path, headers)
        self.log.append((handler.path, headers, status))
        handler.send_response(status)
        more.setdefault("Content-Length", str(len(body)))
        for name, value in more.items():
            handler.send_header(name, value)
        handler.end_headers()
        is_file = handler.path.endswith(".whl") and "=-" not in headers.get("range", "")
        cut = self.cuts.pop(0) if self.cuts and is_file and status < 300 else None
        handler.wfile.write(body[:cut])
        if cut is not None:
            handler.close_connection = True
        if self.truncate and "files" in handler.path:
            handler.close_connection = True

    def _content(self, path, headers):
        waiting = self.failures.get(path.rpartition("/")[2] or "page", [])
        if waiting:
            return waiting.pop(0), {"Retry-After": "0"}, b""
        if self.redirects:
            return 302, {"Location": path}, b""
        if self.protected and headers.get("authorization") != BASIC:
            return self.refusal, {"WWW-Authenticate": 'Basic realm="x"'}, b"no"
        if self.moved_to and path.startswith("/simple/"):
            return 302, {"Location": self.moved_to + path.removeprefix("/simple")}, b""
        if path.startswith("/simple/"):
            return self._page(path.split("/")[2], headers)
        if path.startswith("/files/"):
            return self._file(path.removeprefix("/files/"), headers)
        return 404, {}, b"no"

    def _page(self, project, headers):
        wheels = [w for w in sorted(self.links.iterdir()) if w.name.startswith(f"{project}-")]
        if not wheels:
            return 404, {}, b"no"
        entries = [(w.name, hashlib.sha256(w.read_bytes()).hexdigest()) for w in wheels]
        if self.wrong_hash:
            entries = [(name, "0" * 64) for name, _ in entries]
        if self.html:
            lines = [f'<a href="/files/{n}#sha256={h}">{n}</a>' for n, h in entries]
            body, kind = "\n".join(lines).encode(), "text/html"
        else:
            files = [
                {"filename": n, "url": f"/files/{n}", "hashes": {"sha256": h},
                 "core-metadata": self.offers_metadata}
                for n, h in entries
            ]  # fmt: skip
            page = {"meta": {"api-version": "1.1"}, "name": project, "files": files}
            body, kind = json.dumps(page).encode(), "application/vnd.pypi.simple.v1+json"
        more = {"Content-Type": kind}
        if self.max_age is not None:
            more["Cache-Control"] = f"max-age={self.max_age}"
        if self.etag:
            more["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:8]}"'
            if headers.get("if-none-match") == more["ETag"]:
                return 304, more, b""
        return 200, more, body

    def _file(self, name, headers):
        path = self.links / name.removesuffix(".metadata")
        data = path.read_bytes()
        if name.endswith(".metadata"):
            import zipfile

            with zipfile.ZipFile(path) as archive:
                member = next(n for n in archive.namelist() if n.endswith("/METADATA"))
                return 200, {}, archive.read(member)
        if self.truncate:
            return 200, {"Content-Length": str(len(data) + 100)}, data
        wanted = headers.get("range", "")
        if not (wanted and self.ranges):
            return 200, {}, data
        start, _, end = wanted.removeprefix("bytes=").partition("-")
        first = max(0, len(data) - int(end)) if not start else int(start)
        if first >= len(data):
            return 416, {}, b""
        last = len(data) if not start or not end else int(end) + 1
        more = {"Content-Range": f"bytes {first}-{last - 1}/{len(data)}"}
        return 206, more, data[first:last]


@pytest.fixture(autouse=True)
def _trusts_nobody_by_name(monkeypatch):
    for variable in TRUST:
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def index(links):
    index = Index(links)
    yield index
    index.server.shutdown()
    index.server.server_close()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    if shutil.which("openssl") is None:
        pytest.skip("openssl is needed to make certificates")
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def serve_tls(index, certificates, *, asks_client=False):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem")
    if asks_client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(certificates / "ca.pem")
    index.server.socket = context.wrap_socket(index.server.socket, server_side=True)
    index.scheme = "https"
    return index


@pytest.fixture
def secure(index, certificates):
    return serve_tls(index, certificates)


@pytest.fixture(params=["curl", "httpx"])
def transport(request, monkeypatch):
    monkeypatch.setenv("DX_TRANSPORT", request.param)
    return request.param


@pytest.fixture
def get(env):
    def get(url, *words):
        return env.pip("install", "--index-url", url, "--retries", "2", *words)

    return get


@pytest.mark.parametrize("html", [False, True])
def test_both_forms_of_pages_work(index, wheel, env, get, transport, html):
    index.html = html
    wheel("app", requires=["lib"])
    wheel("lib")
    answer = get(index.url, "app")
    assert answer.status == 0, answer.err
    assert env.freeze() == ["app==1.0", "lib==1.0"]


def test_metadata_is_read_from_the_end_of_the_wheel(index, wheel, get, transport):
    name = f"big{transport}"
    wheel(name, "7.1", files={"big.py": "x = 1\n" * 100_000})
    get(index.url, "--dry-run", name)
    (request,) = index.requests("/files/")
    assert request[1]["range"].startswith("bytes=-")


def test_metadata_beside_the_wheel_is_preferred(index, wheel, get, transport):
    index.offers_metadata = True
    wheel(f"beside{transport}", "7.2")
    get(index.url, "--dry-run", f"beside{transport}")
    assert [path for path, _, _ in index.requests("/files/")] == [
        f"/files/beside{transport}-7.2-py3-none-any.whl.metadata"
    ]


def test_a_server_without_ranges_will_do(index, wheel, env, get, transport):
    index.ranges = False
    wheel("whole", "7.3")
    assert get(index.url, "whole").status == 0
    assert env.freeze() == ["whole==7.3"]


def test_unchanged_pages_are_not_sent_again(index, wheel, get):
    index.etag = True
    wheel("app")
    get(index.url, "--dry-run", "app")
    get(index.url, "--dry-run", "app")
    assert [status for _, _, status in index.requests("/simple/app/")] == [200, 304]


def test_a_page_is_read_once(index, wheel, get, monkeypatch):
    read = []
    parse = page_content.parse_page
    monkeypatch.setattr(
        page_content, "parse_page", lambda *page: read.append(page[2]) or parse(*page)
    )
    wheel("app", requires=["lib"])
    wheel("lib")
    assert get(index.url, "--dry-run", "app", "lib").status == 0
    assert sorted(read) == [f"{index.url}/app/", f"{index.url}/lib/"]


def test_a_pin_has_its_version_and_local_ones_of_a_page_seen_before(index, wheel, get):
    for version in ("1.0", "1.0+cpu", "2.0", "2.1"):
        wheel("app", version)
    for _ in range(2):
        for pin, chosen in (("1.0", "1.0+cpu"), ("2.0", "2.0"), ("2", "2.0")):
            answer = get(index.url, "--dry-run", f"app=={pin}")
            assert answer.out == f"Would install app-{chosen}\n"


def test_pins_that_conflict_are_explained_by_all_versions(index, wheel, get):
    wheel("app", requires=["lib<2"])
    for version in ("1.0", "2.0", "2.1"):
        wheel("lib", version)
    first, again = (get(index.url, "--dry-run", "app==1.0", "lib==2.0") for _ in range(2))
    assert first == again
    assert first.status == 1
    assert "lib<2" in first.err


def test_fresh_pages_are_not_asked_for(index, wheel, get):
    index.max_age = 600
    wheel("app")
    get(index.url, "--dry-run", "app")
    get(index.url, "--dry-run", "app")
    assert len(index.requests("/simple/app/")) == 1
    get(index.url, "--dry-run", "--refresh", "app")
    assert len(index.requests("/simple/app/")) == 2


@pytest.mark.parametrize("damage", ["cut", "older"])
def test_a_kept_page_that_cannot_be_read_is_asked_for_again(
    index, wheel, env, get, store, damage
):
    index.max_age = 600
    name = f"kept{damage}"
    wheel(name)
    assert get(index.url, "--dry-run", name).status == 0
    for page in (store / "v1" / "pkg" / "pages").rglob("*"):
        if page.is_file() and name.encode() in page.read_bytes():
            kept = page.read_bytes()
            older = encode(Artifact("pkg-page", 1, []))
            page.write_bytes(kept[:40] if damage == "cut" else older)
    shutil.rmtree(store / "v1" / "pkg" / "evaluated")
    wheel(name, "2.0")
    assert get(index.url, name).status == 0
    assert env.freeze() == [f"{name}==2.0"]


def test_offline_uses_what_was_fetched(index, wheel, env, get):
    wheel("app")
    get(index.url, "app")
    env.pip("uninstall", "app")
    assert get(index.url, "--offline", "app").status == 0
    answer = get(index.url, "--offline", "unknown")
    assert answer.status == 1
    assert "the network is off" in answer.err


def test_passing_failures_are_tried_again(index, wheel, get, transport):
    index.failures = {"page": [503, 429]}
    wheel("app")
    assert get(index.url, "app").status == 0


def test_lasting_failures_are_told(index, wheel, get, transport):
    index.failures = {"page": [500] * 20}
    wheel("app")
    answer = get(index.url, "app")
    assert answer.status == 1
    assert "the server answers 500" in answer.err


def test_a_truncated_file_is_not_installed(index, wheel, env, get, transport):
    index.truncate = True
    wheel("app", "8.8")
    answer = get(index.url, "--retries", "0", "app")
    assert answer.status == 1
    assert env.freeze() == []


def ranges_of(index):
    return [headers.get("range", "") for path, headers, _ in index.requests("/files/")
            if path.endswith(".whl") and "=-" not in headers.get("range", "")]  # fmt: skip


@pytest.fixture
def long_wheel(index, wheel):
    """Its bytes are no other test's: the store is shared."""
    index.offers_metadata = True
    names = [f"app/{os.urandom(8).hex()}.py" for _ in range(100)]
    return wheel("app", "7.7", files=dict.fromkeys(names, "x = 1\n"))


@pytest.mark.parametrize("keeps_ranges", [True, False])
def test_a_broken_download_goes_on_where_it_broke(
    index, long_wheel, env, get, transport, keeps_ranges
):
    index.ranges, index.cuts = keeps_ranges, [2000, 300]
    answer = get(index.url, "--retries", "3", "app")
    assert answer.status == 0, answer.err
    expected = ["", "bytes=2000-", "bytes=2300-" if keeps_ranges else "bytes=300-"]
    assert ranges_of(index)[-3:] == expected
    assert env.freeze() == ["app==7.7"]


def test_the_next_run_goes_on_where_one_was_broken_off(index, long_wheel, get, transport):
    index.cuts = [2000]
    assert get(index.url, "--retries", "0", "app").status == 1
    assert get(index.url, "app").status == 0
    assert ranges_of(index)[-1] == "bytes=2000-"


def partial_of(wheel, store):
    return store / "v1" / "pkg" / "partial" / hashlib.sha256(wheel.read_bytes()).hexdigest()


def test_a_beginning_of_something_else_is_thrown_away(index, long_wheel, get, transport, store):
    index.cuts = [2000]
    get(index.url, "--retries", "0", "app")
    partial = partial_of(long_wheel, store)
    partial.write_bytes(b"?" * 2000)
    assert get(index.url, "app").status == 0
    assert not partial.exists()
    assert ranges_of(index)[-2:] == ["bytes=2000-", ""]


def test_more_than_a_beginning_is_fetched_again(index, long_wheel, get, transport, store):
    index.cuts = [2000]
    get(index.url, "--retries", "0", "app")
    partial_of(long_wheel, store).write_bytes(long_wheel.read_bytes() + b"more")
    assert get(index.url, "app").status == 0


def test_a_redirect_loop_ends(index, get, transport):
    index.redirects = True
    answer = get(index.url, "app")
    assert answer.status == 1
    assert "redirect" in answer.err.lower()


def test_a_file_with_another_hash_is_refused(index, wheel, env, get):
    index.wrong_hash = True
    wheel("app", "9.9")
    answer = get(index.url, "app")
    assert answer.status == 1
    assert "has sha256" in answer.err
    assert env.freeze() == []


def test_a_server_that_is_not_there_is_named(get):
    answer = get("http://localhost:9/simple", "--retries", "0", "app")
    assert answer.status == 1
    assert "could not fetch http://localhost:9/simple/app/" in answer.err


def with_password(index):
    return index.url.replace("://", f"://{USER}:s3cret%2Fpass@")


def test_password_in_the_url(index, wheel, get, transport):
    index.protected = True
    wheel("app", "5.0")
    assert get(with_password(index), "app").status == 0


def test_password_in_netrc(index, wheel, get, transport, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine localhost login {USER} password {PASSWORD}\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    index.protected = True
    wheel("app", "5.1")
    assert get(index.url, "app").status == 0


def test_password_in_the_environment_by_index_name(index, wheel, env, transport, monkeypatch):
    monkeypatch.setenv("DX_INDEX_CORP_USERNAME", USER)
    monkeypatch.setenv("DX_INDEX_CORP_PASSWORD", PASSWORD)
    index.protected = True
    wheel("app", "5.2")
    answer = env.pip("install", "--no-deps", "--index-url", f"corp={index.url}", "app")
    assert answer.status == 0, answer.err


def test_password_in_pips_configuration(index, wheel, env, tmp_path, monkeypatch):
    configuration = tmp_path / "pip.conf"
    configuration.write_text(f"[global]\nindex-url = {with_password(index)}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    index.protected = True
    wheel("app", "5.3")
    assert env.pip("install", "app").status == 0


def test_password_from_keyring(index, wheel, get, tmp_path, monkeypatch):
    program = tmp_path / "bin" / "keyring"
    program.parent.mkdir()
    answer = json.dumps({"username": USER, "password": PASSWORD})
    program.write_text(f"#!/bin/sh\necho '{answer}'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    index.protected = True
    wheel("app", "5.4")
    assert get(index.url, "app").status == 1
    assert get(index.url, "--keyring-provider", "subprocess", "app").status == 0


def netrc_of(tmp_path, monkeypatch, user):
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine localhost login {user} password {PASSWORD}\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))


@pytest.mark.parametrize("owner", [USER, "somebody"])
def test_a_user_of_the_url_gets_his_password_from_netrc(
    index, wheel, get, tmp_path, monkeypatch, owner
):
    netrc_of(tmp_path, monkeypatch, owner)
    index.protected = True
    wheel("app", "5.6")
    answer = get(index.url.replace("://", f"://{USER}@"), "app")
    assert (answer.status == 0) == (owner == USER)


@pytest.mark.parametrize("refusal", [401, 403])
def test_a_user_of_the_url_gets_his_password_from_keyring(
    index, wheel, get, tmp_path, monkeypatch, refusal
):
    index.refusal = refusal
    program = tmp_path / "bin" / "keyring"
    program.parent.mkdir()
    known = f"get {index.url} {USER}"
    program.write_text(f"#!/bin/sh\n[ \"$*\" = '{known}' ] && echo '{PASSWORD}'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    index.protected = True
    wheel("app", "5.7")
    url = index.url.replace("://", f"://{USER}@")
    assert get(url, "app").status == 1
    answer = get(url, "--keyring-provider", "subprocess", "app")
    assert answer.status == 0, answer.err


def test_a_password_does_not_follow_a_redirect_to_another_server(
    index, wheel, get, transport, tmp_path
):
    stranger = Index(tmp_path / "links")
    try:
        index.protected = True
        index.moved_to = stranger.url
        wheel("app", "5.8")
        answer = get(with_password(index), "app")
        assert answer.status == 0, answer.err
        assert all("authorization" not in headers for _, headers, _ in stranger.log)
        assert stranger.log
    finally:
        stranger.server.shutdown()
        stranger.server.server_close()


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://localhost/x", "//", "http://"])
def test_a_redirect_to_another_protocol_or_nowhere_is_refused(index, get, transport, target):
    index.moved_to = target
    answer = get(index.url, "--retries", "0", "app")
    assert answer.status == 1
    assert "Traceback" not in answer.err


def test_a_wrong_password_is_an_error_that_does_not_show_it(index, wheel, get, transport):
    index.protected = True
    wheel("app")
    answer = get(index.url.replace("://", "://ada:hunter2@"), "-vv", "app")
    assert answer.status == 1
    assert "the server answers 401" in answer.err
    assert "DX_INDEX_<NAME>_PASSWORD" in answer.err
    assert "hunter2" not in answer.err + answer.out


def test_no_secret_is_kept_in_environment_or_store(index, wheel, env, get, store):
    index.protected = True
    wheel("app", "5.5")
    get(with_password(index), "app")
    get(f"{with_password(index)}x", "app", "--force-reinstall")
    needles = (b"s3cret", BASIC.split()[1].encode())
    for root in (env.folder, store):
        for path in root.rglob("*"):
            if path.is_file() and not path.is_symlink():
                assert not any(needle in path.read_bytes() for needle in needles), path


def test_an_unknown_authority_is_refused_and_named(secure, wheel, get, transport):
    wheel("app", "6.0")
    answer = get(secure.url, "--retries", "0", "app")
    assert answer.status == 1
    assert "--cert FILE" in answer.err


def test_a_private_authority_is_accepted_when_given(
    secure, wheel, get, transport, certificates
):
    wheel("app", "6.1")
    answer = get(secure.url, "--cert", str(certificates / "ca.pem"), "app")
    assert answer.status == 0, answer.err


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_a_private_authority_of_the_environment_is_accepted(
    secure, wheel, get, transport, certificates, monkeypatch, variable
):
    trusted = {"SSL_CERT_FILE": "ca.pem", "SSL_CERT_DIR": "trusted"}[variable]
    monkeypatch.setenv(variable, str(certificates / trusted))
    wheel("app", "6.3")
    answer = get(secure.url, "app")
    assert answer.status == 0, answer.err


def test_without_named_authorities_the_systems_are_trusted():
    import truststore

    from dx_py.pkg.index.httpx_transport import verifying
    from dx_py.pkg.index.transport import TransportSettings

    assert isinstance(verifying(TransportSettings()), truststore.SSLContext)


def test_a_server_that_asks_for_a_certificate_of_the_client(
    index, certificates, wheel, env, get, transport
):
    url = serve_tls(index, certificates, asks_client=True).url
    wheel("app", "6.4")
    words = ("--cert", str(certificates / "ca.pem"), "--retries", "0", "app")
    assert get(url, *words).status == 1
    assert env.freeze() == []
    answer = get(url, "--client-cert", str(certificates / "client.pem"), *words)
    assert answer.status == 0, answer.err


def test_trusted_host_skips_verification(secure, wheel, get, transport):
    wheel("app", "6.2")
    assert get(secure.url, "--trusted-host", "localhost", "app").status == 0


def test_a_public_index_cannot_take_over_a_private_name(index, wheel, env, tmp_path):
    public = Index(tmp_path / "public")
    public.links.mkdir()
    try:
        from shutil import copy

        wheel("secretlib", "1.0")
        stranger = wheel("secretlib", "99.0")
        copy(stranger, public.links)
        stranger.unlink()
        words = ("--index-url", public.url, "--extra-index-url", index.url, "secretlib")
        env.pip("install", "--dry-run", *words)
        answer = env.pip("install", *words)
        assert answer.out.endswith("secretlib-1.0\n"), answer.err
        everything = env.pip("install", "-U", "--index-strategy", "unsafe-best-match", *words)
        assert everything.out.endswith("secretlib-99.0\n")
    finally:
        public.server.shutdown()
        public.server.server_close()


class Failing:
    """A transport on which every transfer fails in the next step."""

    def __init__(self):
        self.waiting = []

    def start(self, request, done):
        self.waiting.append(done)

    def step(self, timeout):
        waiting, self.waiting = self.waiting, []
        for done in waiting:
            done(TransportFailure("too slow", transient=True))

    def close(self):
        pass


@pytest.mark.parametrize("absence", [0.0, 100.0])
def test_failures_after_an_absence_are_not_attempts(monkeypatch, absence):
    """As while something is built: five minutes of it must not use up the retries."""
    now = [1000.0]
    monkeypatch.setattr(fetcher.time, "monotonic", lambda: now[0])
    asking = fetcher.Fetcher(TransportSettings(), Credentials(), retries=2)
    asking._transport = Failing()
    transfer = asking.start(Request("http://localhost/x"))
    for _ in range(6):
        asking._step()
        now[0] += absence or 1.0
    assert (transfer.outcome is None) == bool(absence)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://a:b@h/x", "https://a:****@h/x"),
        ("see https://token@h/x now", "see https://****@h/x now"),
        ("git+https://a:b@h/x@main", "git+https://a:****@h/x@main"),
        ("no url, a@b", "no url, a@b"),
    ],
)
def test_passwords_are_not_shown(text, shown):
    assert redact(text) == shown


def test_credentials_are_unquoted():
    assert split_credentials("https://a%40b:c%2Fd@h:1/x") == (
        "https://h:1/x", ("a@b", "c/d"),
    )  # fmt: skip
