"""A real private index: pypiserver behind TLS, with passwords, and the real keyring program.

Run by ``make conformance-pkg-index``, which names an environment that has both in
``$DX_PKG_PYPISERVER``. Every question goes through the installed ``dx-py`` with a store of its
own, once over libcurl and once over httpx.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.pkg.certificates import make_certificates
from tests.pkg.conftest import write_wheel

TOOLS = Path(os.environ["DX_PKG_PYPISERVER"]) / "bin"
LAUNCHER = str(Path(sysconfig.get_path("scripts")) / "dx-py")
SERVE = Path(__file__).with_name("served_index.py")
USER, PASSWORD, QUOTED = "ada", "s3cret/pass", "s3cret%2Fpass"


@dataclass
class Index:
    process: subprocess.Popen[str]
    port: int

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/simple"

    def of(self, user: str, password: str = "") -> str:
        return self.url.replace("://", f"://{user}:{password}@" if password else f"://{user}@")


def serve(folder: Path, *words: Path) -> Index:
    command = [TOOLS / "python", SERVE, folder, *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return Index(process, int(process.stdout.readline() or "0"))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> Path:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> Path:
    """What the private index and the public one have; a stranger took a private name."""
    folder = tmp_path_factory.mktemp("served")
    write_wheel(folder / "private", "app", "1.0", requires=["secretlib", "common"])
    write_wheel(folder / "private", "secretlib", "1.0")
    write_wheel(folder / "public", "secretlib", "99.0", files={"secretlib.py": "stolen = 1\n"})
    write_wheel(folder / "public", "common", "3.0")
    return folder


@pytest.fixture(scope="module")
def running(certificates, folders) -> Iterator[dict[str, Index]]:
    """Servers by what is special about them."""
    passwords = folders / "passwords"
    passwords.write_text(f"{USER}:{PASSWORD}\n")
    own, nobody = certificates / "server.pem", certificates / "self.pem"
    private, public = folders / "private", folders / "public"
    served = {
        "private": serve(private, own, passwords),
        "public": serve(public, own),
        "unsigned": serve(private, nobody),
        "mutual": serve(private, own, passwords, certificates / "ca.pem"),
    }
    yield served
    for index in served.values():
        with index.process as process:
            process.terminate()


@dataclass
class User:
    """Somebody with an environment, a home and a store; ``variables`` are what he has set."""

    folder: Path
    variables: dict[str, str]
    authority: str

    def dx(self, *words: str) -> subprocess.CompletedProcess[str]:
        plain = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "NO_COLOR": "1"}
        plain["DX_CACHE_DIR"] = str(self.folder / "store")
        return subprocess.run(
            [LAUNCHER, *words], capture_output=True, text=True, check=False,
            env=plain | self.variables,
        )  # fmt: skip

    def install(self, *words: str) -> subprocess.CompletedProcess[str]:
        trust = ["--cert", self.authority] if self.authority else []
        place = ["-p", str(self.folder / "env"), "--retries", "0"]
        return self.dx("pip", "install", *place, *trust, *words)

    def freeze(self) -> list[str]:
        return self.dx("pip", "freeze", "-p", str(self.folder / "env")).stdout.split()

    def write(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        return str(path)

    def has_kept(self, text: str) -> bool:
        """Whether any file of environment and store holds the text."""
        roots = (self.folder / "env", self.folder / "store")
        files = [path for root in roots for path in root.rglob("*") if path.is_file()]
        return any(text.encode() in path.read_bytes() for path in files)


@pytest.fixture(params=["curl", "httpx"])
def user(request, tmp_path, certificates) -> User:
    variables = {"DX_TRANSPORT": request.param, "PIP_CONFIG_FILE": os.devnull}
    made = User(tmp_path, variables, str(certificates / "ca.pem"))
    done = made.dx("venv", "--without-pip", "-p", sys.executable, str(tmp_path / "env"))
    assert done.returncode == 0
    return made


def from_url(user: User, index: Index) -> list[str]:
    return ["--index-url", index.of(USER, QUOTED)]


def from_the_environment(user: User, index: Index) -> list[str]:
    user.variables |= {"DX_INDEX_CORP_USERNAME": USER, "DX_INDEX_CORP_PASSWORD": PASSWORD}
    return ["--index-url", f"corp={index.url}"]


def from_uvs_environment(user: User, index: Index) -> list[str]:
    user.variables |= {"UV_INDEX_CORP_USERNAME": USER, "UV_INDEX_CORP_PASSWORD": PASSWORD}
    return ["--index-url", f"corp={index.url}"]


def from_pips_environment(user: User, index: Index) -> list[str]:
    user.variables["PIP_INDEX_URL"] = index.of(USER, QUOTED)
    return []


def from_netrc(user: User, index: Index) -> list[str]:
    user.write(".netrc", f"machine localhost login {USER} password {PASSWORD}\n")
    return ["--index-url", index.url]


def from_netrc_by_user(user: User, index: Index) -> list[str]:
    user.write(".netrc", f"machine localhost login {USER} password {PASSWORD}\n")
    return ["--index-url", index.of(USER)]


def from_keyring(user: User, index: Index) -> list[str]:
    user.variables |= {
        "PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring",
        "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}",
    }
    subprocess.run(
        [TOOLS / "keyring", "set", index.url, USER], input=PASSWORD, text=True, check=True,
        env=user.variables | {"HOME": str(user.folder)},
    )  # fmt: skip
    return ["--index-url", index.of(USER), "--keyring-provider", "subprocess"]


def from_configuration(user: User, index: Index) -> list[str]:
    text = f"[global]\nindex-url = {index.of(USER, QUOTED)}\n"
    user.variables["PIP_CONFIG_FILE"] = user.write("pip.conf", text)
    return []


def from_a_requirements_file(user: User, index: Index) -> list[str]:
    return ["-r", user.write("requirements.txt", f"--index-url {index.of(USER, QUOTED)}\n")]


SOURCES = [
    from_url, from_the_environment, from_uvs_environment, from_pips_environment, from_netrc,
    from_netrc_by_user, from_keyring, from_configuration, from_a_requirements_file,
]  # fmt: skip


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.__name__)
def test_each_source_of_credentials_is_used_and_none_is_kept(source, user, running):
    words = source(user, running["private"])
    answer = user.install("-v", *words, "secretlib")
    assert answer.returncode == 0, answer.stderr
    assert user.freeze() == ["secretlib==1.0"]
    for secret in (PASSWORD, QUOTED):
        assert secret not in answer.stdout + answer.stderr
        assert not user.has_kept(secret)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.__name__)
def test_a_wrong_password_from_each_source_is_refused_and_not_shown(
    source, user, running, monkeypatch
):
    monkeypatch.setattr(sys.modules[__name__], "PASSWORD", "hunter2")
    monkeypatch.setattr(sys.modules[__name__], "QUOTED", "hunter2")
    answer = user.install("-vv", *source(user, running["private"]), "secretlib")
    assert answer.returncode == 1
    assert "the server answers 40" in answer.stderr
    assert "put a user name and password in" in answer.stderr
    assert "hunter2" not in answer.stdout + answer.stderr
    assert user.freeze() == []


def test_without_credentials_the_ways_to_give_them_are_named(user, running):
    answer = user.install("--index-url", running["private"].url, "secretlib")
    assert answer.returncode == 1
    for way in ("netrc", "DX_INDEX_<NAME>_PASSWORD", "--keyring-provider"):
        assert way in answer.stderr


def test_a_certificate_that_nobody_signed(user, running, certificates):
    url = ("--index-url", running["unsigned"].url, "secretlib")
    user.authority = ""
    for wrong in ([], ["--cert", str(certificates / "ca.pem")]):
        answer = user.install(*wrong, *url)
        assert answer.returncode == 1
        assert "--cert FILE" in answer.stderr
    assert user.freeze() == []
    assert user.install("--cert", str(certificates / "self.pem"), *url).returncode == 0


@pytest.mark.parametrize("place", ["ca.pem", "trusted"])
def test_an_authority_by_file_and_by_folder(user, running, certificates, place):
    user.authority = str(certificates / place)
    assert user.install("--index-url", running["public"].url, "common").returncode == 0


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"])
def test_an_authority_of_the_environment(user, running, variable):
    user.variables[variable], user.authority = user.authority, ""
    assert user.install("--index-url", running["public"].url, "common").returncode == 0


def test_a_certificate_for_another_host_is_refused(user, running):
    url = running["public"].url.replace("localhost", "127.0.0.1")
    assert user.install("--index-url", url, "common").returncode == 1


def test_a_clients_certificate(user, running, certificates):
    words = ["--index-url", running["mutual"].of(USER, QUOTED), "secretlib"]
    assert user.install(*words).returncode == 1
    assert user.freeze() == []
    answer = user.install("--client-cert", str(certificates / "client.pem"), *words)
    assert answer.returncode == 0, answer.stderr


def both(user: User, running: dict[str, Index]) -> list[str]:
    return ["--index-url", running["public"].url,
            "--extra-index-url", running["private"].of(USER, QUOTED)]  # fmt: skip


def test_a_private_name_cannot_be_taken_over_by_a_public_index(user, running):
    answer = user.install(*both(user, running), "app")
    assert answer.returncode == 0, answer.stderr
    assert user.freeze() == ["app==1.0", "common==3.0", "secretlib==1.0"]


def test_nor_by_an_upgrade(user, running):
    user.install(*both(user, running), "app")
    assert user.install("-U", *both(user, running), "secretlib").returncode == 0
    assert "secretlib==1.0" in user.freeze()


def test_nor_when_the_private_index_refuses(user, running):
    """A wrong password must not make the public index answer for the name."""
    words = ["--extra-index-url", running["private"].of(USER, "wrong")]
    answer = user.install("--index-url", running["public"].url, *words, "secretlib")
    assert answer.returncode == 1
    assert user.freeze() == []


def test_priority_is_the_order_of_the_indexes(user, running):
    private, public = running["private"].of(USER, QUOTED), running["public"].url
    words = ["--index-url", private, "--extra-index-url", public, "secretlib"]
    assert user.install(*words).returncode == 0
    assert user.freeze() == ["secretlib==99.0"]


def test_pips_way_must_be_asked_for(user, running):
    words = ["--index-strategy", "unsafe-best-match", *both(user, running), "secretlib"]
    assert user.install(*words).returncode == 0
    assert user.freeze() == ["secretlib==99.0"]
