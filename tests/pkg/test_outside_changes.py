"""What others do to an environment between two syncs is noticed, and made good.

The second sync goes through the installed ``dx-py``, so the answers that need no Python are
held to it as well. `make conformance-pkg-outside` names ``$UV``: ``uv sync`` then works on
another environment after the same change, and what it repairs, we must repair.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from dx_py.pkg.commands.venv import venv

UV = os.environ.get("UV", "")
LAUNCHER = str(Path(sysconfig.get_path("scripts")) / "dx-py")
PINS = "app==1.0\nlib==1.0\n"


def write(path: Path, text: str) -> None:
    """A new file: what is linked into the store must not change with it."""
    path.unlink(missing_ok=True)
    path.write_text(text)


def info(site: Path, name: str = "lib") -> Path:
    return site / f"{name}-1.0.dist-info"


def make_info(site: Path, name: str, version: str, record: str = "") -> Path:
    folder = site / f"{name}-{version}.dist-info"
    folder.mkdir()
    text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    (folder / "METADATA").write_text(text)
    rows = [f"{folder.name}/METADATA,,", f"{folder.name}/RECORD,,"]
    (folder / "RECORD").write_text("\n".join([*rows, record, ""]))
    return folder


def record_deleted(site, pip):
    (info(site) / "RECORD").unlink()


def record_emptied(site, pip):
    write(info(site) / "RECORD", "")


def record_is_a_folder(site, pip):
    (info(site) / "RECORD").unlink()
    (info(site) / "RECORD").mkdir()


def metadata_emptied(site, pip):
    write(info(site) / "METADATA", "")


def metadata_of_another_version(site, pip):
    write(info(site) / "METADATA", "Metadata-Version: 2.1\nName: lib\nVersion: 0.5\n")


def metadata_of_another_name(site, pip):
    write(info(site) / "METADATA", "Metadata-Version: 2.1\nName: bil\nVersion: 1.0\n")


def info_is_a_file(site, pip):
    shutil.rmtree(info(site))
    info(site).write_text("")


def info_emptied(site, pip):
    shutil.rmtree(info(site))
    info(site).mkdir()


def info_is_a_dangling_link(site, pip):
    shutil.rmtree(info(site))
    info(site).symlink_to("nowhere")


def said_to_come_from_a_url(site, pip):
    write(
        info(site) / "direct_url.json",
        '{"url": "https://example.org/lib-1.0-py3-none-any.whl", "archive_info": {}}',
    )


def second_version_beside(site, pip):
    make_info(site, "lib", "0.5", "lib.py,,")


def stranger_beside(site, pip):
    make_info(site, "stranger", "2.0")


def uninstalled_by_pip(site, pip):
    pip("uninstall", "-y", "lib")


def other_version_by_pip(site, pip):
    pip("install", "-q", "--no-index", "-f", str(site.parents[3] / "links"), "lib==0.9")


def stranger_by_pip(site, pip):
    pip("install", "-q", "--no-index", "-f", str(site.parents[3] / "links"), "extra")


def reinstalled_by_pip(site, pip):
    words = ("--force-reinstall", "--no-deps", "lib==1.0")
    pip("install", "-q", "--no-index", "-f", str(site.parents[3] / "links"), *words)


def uninstalled_and_installed_by_pip(site, pip):
    pip("uninstall", "-y", "lib", "app")
    stranger_by_pip(site, pip)


def moved_to_a_backup_as_pip_does(site, pip):
    info(site).rename(site / "~ib-1.0.dist-info")


def site_emptied(site, pip):
    shutil.rmtree(site)
    site.mkdir()


def site_deleted(site, pip):
    shutil.rmtree(site)


def info_deleted(site, pip):
    shutil.rmtree(info(site))


def info_renamed(site, pip):
    info(site).rename(site / "lib-1.1.dist-info")


def both_infos_deleted(site, pip):
    shutil.rmtree(info(site))
    shutil.rmtree(info(site, "app"))


def package_half_deleted_with_its_info(site, pip):
    (site / "app" / "m.py").unlink()
    (info(site, "app") / "RECORD").unlink()


def info_replaced_by_a_copy_of_another(site, pip):
    shutil.rmtree(info(site))
    shutil.copytree(info(site, "app"), info(site))


CHANGES = [
    record_deleted, record_emptied, record_is_a_folder, metadata_emptied,
    metadata_of_another_version, metadata_of_another_name, info_is_a_file, info_emptied,
    info_is_a_dangling_link, said_to_come_from_a_url, second_version_beside, stranger_beside,
    uninstalled_by_pip, other_version_by_pip, stranger_by_pip, reinstalled_by_pip,
    uninstalled_and_installed_by_pip, moved_to_a_backup_as_pip_does, site_emptied,
    site_deleted, info_deleted, info_renamed, both_infos_deleted,
    package_half_deleted_with_its_info, info_replaced_by_a_copy_of_another,
]  # fmt: skip


@pytest.fixture
def wheels(wheel):
    wheel("app", files={"app/__init__.py": "", "app/m.py": "value = 1\n"},
          entry_points="[console_scripts]\napp = app:main\n")  # fmt: skip
    wheel("lib")
    wheel("lib", "0.9")
    wheel("extra")


def site_of(folder: Path) -> Path:
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return folder / "lib" / version / "site-packages"


def changed(folder: Path, sync: list[str], change) -> subprocess.CompletedProcess[str]:
    """Sync twice, change, sync: the answer to the last one."""
    assert venv(["--without-pip", "--python", sys.executable, str(folder)]) == 0
    for _ in range(2):
        subprocess.run(sync, check=True, capture_output=True)

    def pip(*words: str) -> None:
        command = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
        subprocess.run([*command, *words], check=True, capture_output=True)

    change(site_of(folder), pip)
    return subprocess.run(sync, capture_output=True, text=True, check=False)


def is_as_the_pins_say(folder: Path) -> bool:
    code = (
        "import importlib.metadata as m, app.m, lib\n"
        "there = [d for d in m.distributions() if d._path.name[0] != '~']\n"
        "found = sorted((d.name, d.version) for d in there)\n"
        "files = all(f.locate().exists() for n, _ in found for f in m.files(n) or 'x')\n"
        "print(found == [('app', '1.0'), ('lib', '1.0')] and files and lib.version == '1.0')\n"
    )
    done = subprocess.run(
        [folder / "bin" / "python", "-B", "-c", code],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout == "True\n"


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_sync_makes_it_good(change, wheels, links, tmp_path):
    folder, pins = tmp_path / "env", tmp_path / "pins.txt"
    pins.write_text(PINS)
    words = ["pip", "sync", "--no-index", "-f", str(links), str(pins)]
    answer = changed(folder, [LAUNCHER, *words, "-p", str(folder)], change)
    good = answer.returncode == 0 and is_as_the_pins_say(folder)
    assert good, answer.stdout + answer.stderr
    if UV:
        said = changed(tmp_path / "theirs", uv_sync(tmp_path, links), change)
        repaired = said.returncode == 0 and is_as_the_pins_say(tmp_path / "theirs")
        sys.stdout.write(f"{change.__name__}: uv {'too' if repaired else 'does not'}\n")


def uv_sync(folder: Path, links: Path) -> list[str]:
    """``uv sync`` of a project that needs what the pins say, in the environment ``theirs``."""
    project = folder / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[project]\nname = "project"\nversion = "1.0"\nrequires-python = ">=3.9"\n'
        'dependencies = ["app==1.0", "lib==1.0"]\n'
        f'[tool.uv]\npackage = false\nno-index = true\nfind-links = ["{links}"]\n'
    )
    place = f"UV_PROJECT_ENVIRONMENT={folder / 'theirs'}"
    return ["env", place, UV, "sync", "-q", "-p", sys.executable, "--project", str(project)]


def test_an_environment_whose_interpreter_is_gone_is_not_called_up_to_date(
    wheels, links, tmp_path
):
    pins, folder = tmp_path / "pins.txt", tmp_path / "env"
    pins.write_text(PINS)
    words = [LAUNCHER, "pip", "sync", "--no-index", "-f", str(links), str(pins)]

    def gone(site, pip):
        for name in ("python", "python3", f"python3.{sys.version_info[1]}"):
            (folder / "bin" / name).unlink(missing_ok=True)
            (folder / "bin" / name).symlink_to(folder / "nowhere")

    answer = changed(folder, [*words, "-p", str(folder)], gone)
    assert answer.returncode != 0
    assert "up to date" not in answer.stdout
    assert "Audited" not in answer.stdout
