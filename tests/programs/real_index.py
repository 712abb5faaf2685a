"""``make conformance-index``: popular packages, installed from the real index, import.

An environment is made and filled by ``dx-py venv`` and ``dx-py pip``, and checked by the
interpreter's own pip; then each package is imported under ``python`` and under
``dx-py run --compile=all``, which must print the same.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

#: Distribution -> module, of the most downloaded that run anywhere.
PACKAGES = {
    "attrs": "attr",
    "beautifulsoup4": "bs4",
    "certifi": "certifi",
    "click": "click",
    "cryptography": "cryptography.fernet",
    "fastapi": "fastapi",
    "flask": "flask",
    "httpx": "httpx",
    "jinja2": "jinja2",
    "numpy": "numpy",
    "packaging": "packaging.version",
    "pandas": "pandas",
    "pillow": "PIL.Image",
    "pydantic": "pydantic",
    "pygments": "pygments.lexers",
    "pytest": "pytest",
    "python-dateutil": "dateutil.parser",
    "pyyaml": "yaml",
    "requests": "requests",
    "rich": "rich.console",
    "sqlalchemy": "sqlalchemy.orm",
    "tqdm": "tqdm",
    "urllib3": "urllib3",
}
DX_PY = str(Path(sys.executable).with_name("dx-py"))
SHOW = "import importlib, sys; m = importlib.import_module(sys.argv[1]); print(sorted(vars(m)))"


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        python = make_environment(Path(folder, "environment"))
        wrong = [module for module in PACKAGES.values() if not imports_alike(python, module)]
    print(f"{len(PACKAGES) - len(wrong)} of {len(PACKAGES)} import as under python")
    for module in wrong:
        print(f"  not {module}")
    return bool(wrong)


def make_environment(folder: Path) -> str:
    subprocess.run([DX_PY, "venv", folder], check=True)
    python = str(folder / "bin" / "python")
    os.environ["VIRTUAL_ENV"] = str(folder)
    subprocess.run([DX_PY, "pip", "install", *PACKAGES], check=True)
    pip = [sys.executable, "-m", "pip", "--python", python]
    subprocess.run([*pip, "check"], check=True)
    return python


def imports_alike(python: str, module: str) -> bool:
    guest = [DX_PY, "--python", python, "run", "--compile=all"]
    expected, observed = (
        subprocess.run([*command, "-c", SHOW, module], capture_output=True, check=False)
        for command in ([python], guest)
    )
    return (expected.returncode, expected.stdout) == (observed.returncode, observed.stdout)


if __name__ == "__main__":
    sys.exit(main())
