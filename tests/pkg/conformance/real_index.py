"""Against the real index and uv: the same pins, the same files, working scripts.

Run by ``make conformance-pkg``; needs the network, and uv where ``$UV`` says or on PATH.
uv only resolves and installs beside, into environments that are thrown away.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UV = os.environ.get("UV") or shutil.which("uv") or ""
#: Drawn once from the 1,000 most downloaded packages, by several kinds of dependencies.
SETS = [
    ["flask"], ["django"], ["requests[socks]"], ["black"], ["pytest", "pytest-cov"],
    ["fastapi", "uvicorn[standard]"], ["pandas"], ["scikit-learn"], ["matplotlib"],
    ["jupyterlab"], ["sqlalchemy", "alembic"], ["celery[redis]"], ["boto3"], ["httpx[http2]"],
    ["sphinx"], ["mypy"], ["poetry"], ["ansible-core"], ["scrapy"], ["transformers"],
    ["boto3", "aiobotocore", "s3fs", "awscli"], ["apache-airflow"], ["google-cloud-storage"],
    ["pydantic", "email-validator"], ["twine", "build"],
]  # fmt: skip

pytestmark = pytest.mark.skipif(not UV, reason="uv is needed to compare with")


def uv(*words: str) -> str:
    done = subprocess.run([UV, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def pins(text: str) -> list[str]:
    return sorted(line for line in text.splitlines() if re.match(r"[\w.-]+(\[.*\])?==", line))


@pytest.mark.parametrize("names", SETS, ids=lambda names: "+".join(names))
def test_compile_gives_the_pins_of_uv(dx, names, tmp_path):
    source = tmp_path / "r.in"
    source.write_text("\n".join(names))
    words = ("--no-annotate", "--no-header", "--strip-extras")
    ours = dx("pip", "compile", str(source), "-p", sys.executable, *words)
    theirs = uv("pip", "compile", "-q", str(source), "-p", sys.executable, *words)
    assert pins(ours) == pins(theirs)


def files(environment: Path) -> set[str]:
    """What is installed; uv marks everything as requested."""
    return {
        path.relative_to(environment).as_posix()
        for folder in ("lib", "bin", "share", "include")
        for path in (environment / folder).rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and path.name != "REQUESTED"
        and not path.name.lower().startswith(("activate", "deactivate", "pydoc.bat"))
    }


@pytest.mark.parametrize(
    "names", [["flask"], ["black"], ["numpy"], ["jupyter-core", "ipython"]]
)
def test_install_gives_the_files_of_uv(dx, names, tmp_path):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    dx("venv", "--without-pip", "-p", sys.executable, str(ours))
    uv("venv", "-q", "-p", sys.executable, str(theirs))
    dx("pip", "install", "-q", "-p", str(ours), *names)
    uv("pip", "install", "-q", "--python", str(theirs), *names)
    assert {name for name in files(ours) if "_virtualenv" not in name} == {
        name for name in files(theirs) if "_virtualenv" not in name
    }
    assert "No broken requirements" in dx("pip", "check", "-p", str(ours))


def test_installed_scripts_run(dx, tmp_path):
    environment = tmp_path / "env"
    dx("venv", "-p", sys.executable, str(environment))
    dx("pip", "install", "-q", "-p", str(environment), "flask", "black")
    for script in ("flask", "black", "pip"):
        subprocess.run(
            [environment / "bin" / script, "--version"], check=True, capture_output=True
        )
    done = subprocess.run(
        [environment / "bin" / "pip", "check"], capture_output=True, text=True, check=False
    )
    assert done.stdout == "No broken requirements found.\n"


SDISTS = [
    "six", "markupsafe", "itsdangerous", "pyyaml", "docopt", "idna", "packaging", "pluggy",
    "tomli", "wrapt", "simplejson", "msgpack",
]  # fmt: skip


@pytest.mark.parametrize("name", SDISTS)
def test_sdists_build(dx, name, tmp_path):
    environment = tmp_path / "env"
    dx("venv", "--without-pip", "-p", sys.executable, str(environment))
    dx("pip", "install", "-q", "-p", str(environment), "--no-binary", name, name)
    assert f"{name}==" in dx("pip", "freeze", "-p", str(environment)).lower()
