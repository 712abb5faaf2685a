"""Servers and metadata that mean harm, or are broken: a clear error, and nothing installed."""

from __future__ import annotations

import gzip
import json
import os
import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from dx_py.artifacts.errors import DxError
from dx_py.pkg.index import catalog
from dx_py.pkg.index.page import split_filename
from dx_py.pkg.index.simple_api import parse_page
from dx_py.pkg.metadata import parse_metadata
from dx_py.pkg.resolve.condition_reader import condition_of, lowest_python
from dx_py.pkg.resolve.requirement import from_metadata

#: `make hostile-pkg` raises it: this many times the mutants.
MANY = int(os.environ.get("DX_PKG_HOSTILE", "1"))
JSON = "application/vnd.pypi.simple.v1+json"


@contextmanager
def server(answer: Callable[[socket.socket, str], None]) -> Iterator[str]:
    """One thread a connection; ``answer`` gets the socket and the path that was asked for."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    def one(connection: socket.socket) -> None:
        with connection:
            try:
                request = connection.recv(65536).decode("latin-1")
                answer(connection, request.split(" ")[1] if " " in request else "/")
            except OSError:
                pass  # the client has had enough

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/simple"
    finally:
        listening.close()


def reply(body: bytes, kind: str = JSON, *, more: str = "") -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n{more}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.fixture(params=["curl", "httpx"])
def transport(monkeypatch, request):
    monkeypatch.setenv("DX_TRANSPORT", request.param)


@pytest.fixture
def refused(env):
    """Install ``name`` from an index that has to be refused; what is said."""

    def refused(url: str, name: str = "app", *words: str) -> str:
        before = env.tree()
        answer = env.run(
            "install", "--python", str(env.folder), "--index-url", url, "--retries", "0",
            "--timeout", "60", *words, name,
        )  # fmt: skip
        assert answer.status == 1
        assert answer.err.startswith("ERROR: ")
        assert "Traceback" not in answer.err
        assert env.tree() == before
        return answer.err

    return refused


@pytest.mark.usefixtures("transport")
def test_a_server_that_says_nothing(refused):
    stop = threading.Event()
    with server(lambda connection, path: stop.wait(30)) as url:
        assert "could not fetch" in refused(url, "app", "--timeout", "1")
        stop.set()


@pytest.mark.usefixtures("transport")
def test_a_server_that_stops_in_the_middle(refused):
    stop = threading.Event()

    def half(connection, path):
        connection.sendall(reply(b'{"meta": {"api-version"' + b" " * 1000)[:-900])
        stop.wait(30)

    with server(half) as url:
        assert "could not fetch" in refused(url, "app", "--timeout", "1")
        stop.set()


@pytest.mark.usefixtures("transport")
def test_a_server_that_drips(refused):
    """Each byte comes in time, and there is no end to it."""
    stop = threading.Event()

    def drip(connection, path):
        connection.sendall(reply(b" " * 5000)[:-5000])
        while not stop.wait(0.3):
            connection.sendall(b" ")

    with server(drip) as url:
        assert "could not fetch" in refused(url, "app", "--timeout", "1")
        stop.set()


@pytest.mark.usefixtures("transport")
def test_a_page_of_100_megabytes(refused):

    def huge(connection, path):
        connection.sendall(body)

    body = reply(b" " * (100 << 20))
    with server(huge) as url:
        assert f"longer than {64 << 20} bytes" in refused(url)


@pytest.mark.usefixtures("transport")
def test_a_page_without_end(refused, monkeypatch):
    monkeypatch.setattr(catalog, "_PAGE_LIMIT", 1 << 20)

    def endless(connection, path):
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Type: {JSON}\r\n\r\n".encode())
        while True:
            connection.sendall(b" " * 65536)

    with server(endless) as url:
        assert "longer than" in refused(url)


@pytest.mark.usefixtures("transport")
def test_a_small_answer_that_unpacks_to_a_huge_page(refused, monkeypatch):
    monkeypatch.setattr(catalog, "_PAGE_LIMIT", 1 << 20)
    body = gzip.compress(b" " * (64 << 20))
    with server(
        lambda connection, path: connection.sendall(
            reply(body, more="Content-Encoding: gzip\r\n")
        )
    ) as url:
        said = refused(url)
        assert "longer than" in said or "not a page" in said


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{", b"null", b'{"meta": 1, "files": []}', b"\xff\xfe", b"[" * 100_000,
        b'{"meta": {"api-version": "9.0"}, "files": []}',
        b'{"meta": {"api-version": "1.0"}, "files": [{}]}',
        b'{"meta": {"api-version": "1.0"}, "files": [{"filename": 5, "url": "x"}]}',
        b'{"meta": {"api-version": "1.0"}, "files": [{"filename": "a", "url": null}]}',
    ],
)  # fmt: skip
def test_a_page_that_is_none(refused, body):
    with server(lambda connection, path: connection.sendall(reply(body))) as url:
        refused(url)


@pytest.mark.parametrize(
    "file",
    [
        {"filename": "../../app-1.0-py3-none-any.whl"},
        {"filename": "app-1.0-py3-none-any.whl", "url": "file:///etc/passwd"},
        {"filename": "app-1.0-py3-none-any.whl", "url": "gopher://localhost/x"},
        {"filename": "app-1.0-py3-none-any.whl", "size": -5},
        {"filename": "app-" + "9" * 5000 + "-py3-none-any.whl"},
        {"filename": "app-1.0-" + "py3." * 3000 + "py3-none-any.whl"},
        {"filename": "app-1.0\0-py3-none-any.whl"},
    ],
    ids=lambda file: file["filename"][:12] + str(file.get("url", ""))[:8],
)
def test_a_file_that_is_none(refused, file):
    entry = {"url": "/files/app.whl", "hashes": {"sha256": "0" * 64}, **file}
    page = json.dumps({"meta": {"api-version": "1.0"}, "name": "app", "files": [entry]})

    def answer(connection, path):
        is_page = path.startswith("/simple/app/")
        connection.sendall(reply(page.encode()) if is_page else reply(b"nothing", "x/y"))

    with server(answer) as url:
        refused(url)


def test_metadata_without_end_is_refused(refused):
    entry = {
        "filename": "app-1.0-py3-none-any.whl", "url": "/files/app.whl", "hashes": {},
        "core-metadata": True,
    }  # fmt: skip
    page = json.dumps({"meta": {"api-version": "1.0"}, "name": "app", "files": [entry]})
    line = b"Requires-Dist: " + b"x" * 65000 + b"\n"

    def answer(connection, path):
        if path.startswith("/simple/app/"):
            connection.sendall(reply(page.encode()))
        else:
            connection.sendall(reply(b"Name: app\nVersion: 1.0\n" + line * 400, "text/plain"))

    with server(answer) as url:
        refused(url)


PIECES = ["", "\0", "9" * 5000, "é", "\n", "==", "~=", *"'\"();!+*[],"]


def mutated(chance: random.Random, text: str) -> str:
    letters = list(text)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(letters) + 1)
        piece = chance.choice(
            [
                "",
                "\0",
                "'",
                '"',
                "(",
                ")",
                ";",
                "==",
                "~=",
                "9" * 400,
                "é",
                "\n",
                "!",
                "+",
                "*",
                "[",
                "]",
                ",",
            ]
        )
        letters[place : place + chance.randint(0, 3)] = piece
    return "".join(letters)


REQUIREMENTS = [
    "lib>=1.0,<2 ; python_version >= '3.9' and (os_name == 'nt' or extra == 'x')",
    "lib[a,b] @ https://example.org/lib-1.0-py3-none-any.whl ; sys_platform in 'linux darwin'",
    "lib (>=1.0a1.post2.dev3+local) ; 'x' not in platform_release", "lib===weird ; extra=='y'",
]  # fmt: skip


def test_mutated_requirements_are_read_or_refused():
    chance = random.Random(1)
    read = 0
    for _ in range(3000 * MANY):
        text = mutated(chance, chance.choice(REQUIREMENTS))
        try:
            parsed = from_metadata(text, "app")
        except DxError:
            continue
        read += 1
        condition_of(parsed.marker)
        condition_of(parsed.marker, "x")
        list(parsed.specifier.filter(["1.0", "2.0"]))
    assert read > 100


def test_mutated_requires_python_excludes_or_not():
    chance = random.Random(2)
    for _ in range(2000 * MANY):
        lowest_python(mutated(chance, chance.choice([">=3.9,<4", "~=3.8.1", "!=3.9.*,>3"])))


def test_mutated_versions_and_specifiers_are_read_or_left_out():
    """As a page's file names give them: what is no version is no candidate."""
    chance = random.Random(5)
    names = ["app-1.0a1.post2.dev3+local.7-py3-none-any.whl", "app-2!1.0rc1.tar.gz",
             "app-1.2.3-4-cp312.py3-abi3.none-manylinux_2_17_x86_64.any.whl"]  # fmt: skip
    read = 0
    for _ in range(3000 * MANY):
        found = split_filename(mutated(chance, chance.choice(names)), "app")
        read += found is not None
    assert read > 100


def test_random_bytes_are_metadata_or_refused():
    chance = random.Random(3)
    for _ in range(500 * MANY):
        data = chance.randbytes(chance.randint(0, 400)) + b"\nName: x\nVersion: 1\n"
        try:
            parse_metadata(data)
        except DxError:
            continue


def test_mutated_pages_are_read_or_refused():
    chance = random.Random(4)
    page = json.dumps(
        {"meta": {"api-version": "1.1"}, "name": "app",
         "files": [{"filename": "app-1.0-py3-none-any.whl", "url": "https://e.org/a.whl",
                    "hashes": {"sha256": "00"}, "requires-python": ">=3.9", "yanked": False,
                    "size": 5, "upload-time": "2026-01-01T00:00:00Z"}]}
    )  # fmt: skip
    html = "<!doctype html><base href='x'><a href='a.whl#sha256=00' data-yanked>a.whl</a>"
    for _ in range(1500 * MANY):
        for text, kind in ((page, JSON), (html, "text/html")):
            try:
                parse_page(mutated(chance, text).encode(), kind, "https://e.org/simple/app/")
            except DxError:
                continue
