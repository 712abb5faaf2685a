"""packse's scenarios through the command line, against an index of real wheels and sdists."""

from __future__ import annotations

import html
import io
import json
import tarfile
import tomllib
from pathlib import Path

import pytest
from packaging.version import Version

from dx_py.pkg.names import normalize
from dx_py.pkg.resolve.explain import MOST_LINES

SCENARIOS = sorted((Path(__file__).parent / "data" / "packse").glob("*.toml"))
PLATFORMS = {"x86_64-manylinux2014": "manylinux_2_17_x86_64"}


def metadata_of(name: str, version: str, release: dict) -> dict:
    extras = {normalize(extra): needs for extra, needs in release.get("extras", {}).items()}
    return {
        "requires": release.get("requires", []),
        "extras": extras,
        "python": release.get("requires_python", ">=3.12"),
    }


def write_sdist(folder: Path, name: str, version: str, content: dict) -> Path:
    lines = [f"Metadata-Version: 2.2\nName: {name}\nVersion: {version}"]
    lines += [f"Requires-Dist: {each}" for each in content["requires"]]
    for extra, needs in content["extras"].items():
        lines.append(f"Provides-Extra: {extra}")
        for need in needs:
            bare, _, marker = need.partition(";")
            both = f"({marker.strip()}) and " if marker else ""
            lines.append(f"Requires-Dist: {bare.strip()} ; {both}extra == '{extra}'")
    data = "\n".join([*lines, "", ""]).encode()
    stem = f"{name.replace('-', '_')}-{version}"
    path = folder / f"{stem}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo(f"{stem}/PKG-INFO")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return path


def build_index(folder: Path, scenario: dict, wheel) -> None:
    for name, package in scenario.get("packages", {}).items():
        links = []
        for version, release in package.get("versions", {}).items():
            content = metadata_of(name, version, release)
            attributes = f' data-requires-python="{html.escape(content["python"])}"'
            if release.get("yanked"):
                attributes += ' data-yanked=""'
            files = []
            if release.get("wheel", True):
                tags = release.get("wheel_tags") or ["py3-none-any"]
                files += [wheel(name, version, **content, tags=tag) for tag in tags]
            if release.get("sdist", True):
                files.append(write_sdist(folder / "links", name, version, content))
            links += [f'<a href="{f.as_uri()}"{attributes}>{f.name}</a>' for f in files]
        page = folder / "simple" / normalize(name) / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text("\n".join(links))


def options_of(scenario: dict) -> list[str]:
    options = scenario.get("resolver_options", {})
    python = options.get("python") or scenario.get("environment", {}).get("python") or "3.12"
    found = ["--python-version", str(python)]
    if options.get("prereleases"):
        found.append("--pre")
    for name in options.get("no_build", []):
        found += ["--only-binary", name]
    for name in options.get("no_binary", []):
        found += ["--no-binary", name]
    if options.get("python_platform"):
        found += ["--platform", PLATFORMS[options["python_platform"]]]
    return found


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario_has_the_expected_result(path, env, wheel, tmp_path):
    scenario = tomllib.loads(path.read_text())
    build_index(tmp_path, scenario, wheel)
    answer = env.run(
        "install", "--python", str(env.folder), "--dry-run", "--json", "--ignore-installed",
        "--index-url", (tmp_path / "simple").as_uri(), *options_of(scenario),
        *scenario["root"].get("requires", []),
    )  # fmt: skip
    expected = scenario["expected"]
    assert (answer.status == 0) == expected["satisfiable"], answer.err
    if not expected["satisfiable"]:
        assert answer.err.startswith(("ERROR: these cannot", "ERROR: this cannot"))
        assert len(answer.err.splitlines()) <= MOST_LINES + 1
    if expected.get("packages"):
        found = {
            each["name"]: Version(each["version"])
            for each in json.loads(answer.out)["installed"]
        }
        assert found == {
            normalize(name): Version(version) for name, version in expected["packages"].items()
        }
