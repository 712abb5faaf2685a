"""Real projects: their source distributions, what their suites need, how they are run."""

from __future__ import annotations

import os
import signal
import subprocess
import tarfile
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Suite:
    """A project on PyPI whose source distribution holds its tests."""

    name: str
    version: str
    arguments: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    #: Other projects' pins that the suite cannot live without.
    pytest: str = "pytest"
    environment: dict[str, str] = field(default_factory=dict)
    #: Where a source archive with tests is, if the one on PyPI has none.
    archive: str = ""


#: Those whose discovery is measured and compared id by id.
DISCOVERED = (
    "click",
    "flask",
    "jinja2",
    "werkzeug",
    "httpx",
    "attrs",
    "rich",
    "marshmallow",
    "networkx",
    "packaging",
    "pydantic",
    "pytest",
)

SUITES = (
    Suite("click", "8.5.1"),
    Suite("flask", "3.1.3", needs=("python-dotenv", "asgiref"), pytest="pytest<9"),
    Suite("jinja2", "3.1.6", needs=("trio",)),
    # The reloader tests wait for file events that containers do not deliver.
    Suite(
        "werkzeug",
        "3.1.9",
        ("-k", "not reloader"),
        needs=("ephemeral-port-reserve", "pytest-timeout", "watchdog", "cryptography"),
    ),
    Suite(
        "httpx",
        "0.28.1",
        needs=("trio", "trustme", "uvicorn", "chardet", "httpx[brotli,http2,socks,zstd,cli]"),
    ),
    Suite("attrs", "26.1.0", needs=("hypothesis", "cloudpickle")),
    Suite("marshmallow", "4.4.0", needs=("simplejson", "python-dateutil")),
    Suite("packaging", "26.3", needs=("pretend", "hypothesis", "tomli_w")),
    Suite("pluggy", "1.7.0"),
    Suite("networkx", "3.7", ("--pyargs", "networkx")),
    Suite("more-itertools", "11.2.1"),
    Suite("itsdangerous", "2.2.0", needs=("freezegun",)),
    Suite("markupsafe", "3.0.4"),
    Suite("tomlkit", "0.15.2", needs=("PyYAML",)),
    Suite("h11", "0.16.0"),
    Suite("idna", "3.20", needs=("hypothesis",)),
    Suite("wcwidth", "0.9.4", needs=("pytest-cov",)),
    Suite(
        "starlette",
        "1.10.0",
        needs=(
            *("httpx", "httpx2", "trio", "itsdangerous", "jinja2", "python-multipart"),
            *("opentelemetry-api", "opentelemetry-sdk"),
        ),
    ),
    # Its marks are registered by plug-ins that it does not need for its tests.
    Suite(
        "pydantic",
        "2.14.3",
        ("-o", "strict=false", "-W", "ignore::pytest.PytestUnknownMarkWarning"),
        needs=("dirty-equals", "jsonschema", "pytz", "pytest-mock", "pytest-benchmark"),
    ),
    Suite(
        "rich",
        "14.3.3",
        needs=("attrs",),
        archive="https://github.com/Textualize/rich/archive/refs/tags/v14.3.3.tar.gz",
    ),
    Suite("pytest", "9.2.0", needs=("attrs", "hypothesis", "xmlschema", "requests", "mock")),
    Suite("anyio", "4.16.0", needs=("trio", "hypothesis", "psutil", "trustme", "pytest-mock")),
)


@dataclass(frozen=True, slots=True)
class Checkout:
    """A suite made ready: its sources, and an environment with it and its needs installed."""

    suite: Suite
    sources: Path
    python: Path

    def environment(self, **extra: str) -> dict[str, str]:
        dropped = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH", "VIRTUAL_ENV")
        kept = {name: value for name, value in os.environ.items() if name not in dropped}
        return kept | self.suite.environment | extra


def hear_interrupts() -> None:
    """Have suites start with interrupts as on a terminal.

    A shell ignores them in what it runs behind itself, and then asyncio, for one, takes other
    paths; our workers always hear them.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


def prepare(suite: Suite, root: Path, python: Path) -> Checkout:
    """Download, unpack and install once under ``root``; later calls reuse it."""
    folder = root / suite.name
    checkout = Checkout(suite, folder / "src", folder / "env" / "bin" / "python")
    if not (folder / "ready").exists():
        folder.mkdir(parents=True, exist_ok=True)
        unpack(download(suite, folder, python), checkout.sources)
        subprocess.run([python, "-m", "venv", folder / "env"], check=True)
        install = [checkout.python, "-m", "pip", "install", "-q"]
        subprocess.run(
            [*install, str(checkout.sources), *suite.needs, suite.pytest], check=True
        )
        (folder / "ready").touch()
    return checkout


def download(suite: Suite, folder: Path, python: Path) -> Path:
    if suite.archive:
        target = folder / f"{suite.name}-{suite.version}.tar.gz"
        with urllib.request.urlopen(suite.archive) as answer:
            target.write_bytes(answer.read())
        return target
    name = f"{suite.name}=={suite.version}"
    command = [python, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", suite.name]
    subprocess.run([*command, "-d", folder, name], check=True)
    return next(folder.glob("*.tar.gz"))


def unpack(archive: Path, target: Path) -> None:
    with tarfile.open(archive) as file:
        file.extractall(target.parent, filter="data")
    (target.parent / archive.name.removesuffix(".tar.gz")).rename(target)
