"""``make conformance-programs``: real programs do under DX-Py what they do under python.

    python tests/programs/real_programs.py FOLDER [NAME ...]

FOLDER is scratch space outside the checkout; the environment in it is made once. Compared
are exit status, both streams and the files that a program writes, once with an empty store
and once from artifacts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from harness import Program, compare, environment, script

LIBRARY = Path(os.__file__).parent


def library(*packages: str):
    def prepare(folder: Path) -> None:
        for package in packages:
            shutil.copytree(LIBRARY / package, folder / package)

    return prepare


def documents(folder: Path) -> None:
    (folder / "docs").mkdir()
    shutil.copytree(LIBRARY / "json", folder / "json_copy")
    (folder / "docs" / "conf.py").write_text(
        "import sys; sys.path.insert(0, '..')\n"
        "project = 'Test'\nextensions = ['sphinx.ext.autodoc', 'sphinx.ext.viewcode']\n"
        "html_last_updated_fmt = None\n"
    )
    (folder / "docs" / "index.rst").write_text(
        "Test\n====\n\n.. automodule:: json_copy\n   :members:\n\n.. code-block:: python\n\n"
        "   def f(): pass\n\n:ref:`missing`\n"
    )
    (folder / "docs" / "index.md").write_text(
        "# Test\n\n```python\nx = 1\n```\n\n[gone](no.md)\n"
    )
    (folder / "mkdocs.yml").write_text(
        "site_name: Test\nexclude_docs: |\n  *.rst\n  conf.py\nplugins: [search]\n"
        "markdown_extensions: [toc, fenced_code]\n"
    )


def shop(folder: Path) -> None:
    app = folder / "shop"
    (app / "migrations").mkdir(parents=True)
    (app / "__init__.py").touch()
    (app / "migrations" / "__init__.py").touch()
    (app / "models.py").write_text(
        "from django.db import models\n\n\nclass Item(models.Model):\n"
        "    name = models.CharField(max_length=50, unique=True)\n"
        "    price = models.IntegerField(default=0)\n"
    )
    django = (
        "from django.conf import settings\n"
        "import sys\n"
        "names = ['admin', 'auth', 'contenttypes', 'sessions', 'messages']\n"
        "apps = ['django.contrib.' + name for name in names]\n"
        "middleware = ['sessions.middleware.SessionMiddleware',\n"
        "              'auth.middleware.AuthenticationMiddleware',\n"
        "              'messages.middleware.MessageMiddleware']\n"
        "processors = ['contrib.auth.context_processors.auth',\n"
        "              'contrib.messages.context_processors.messages',\n"
        "              'template.context_processors.request']\n"
        "settings.configure(DEBUG=True, SECRET_KEY='x', ROOT_URLCONF='urls', USE_TZ=True,\n"
        "    ALLOWED_HOSTS=['localhost'], INSTALLED_APPS=[*apps, 'shop'],\n"
        "    MIDDLEWARE=['django.contrib.' + name for name in middleware],\n"
        "    TEMPLATES=[{'BACKEND': 'django.template.backends.django.DjangoTemplates',\n"
        "        'APP_DIRS': True, 'OPTIONS': {'context_processors':\n"
        "            ['django.' + name for name in processors]}}],\n"
        "    DATABASES={'default': {'ENGINE': 'django.db.backends.sqlite3',\n"
        "        'NAME': 'db.sqlite3'}}, DEFAULT_AUTO_FIELD='django.db.models.AutoField')\n"
        "from django.core.management import execute_from_command_line\n"
        "execute_from_command_line(sys.argv)\n"
    )
    (folder / "manage.py").write_text(django)
    (folder / "urls.py").write_text(
        "from django.contrib import admin\nfrom django.urls import path\n"
        "urlpatterns = [path('admin/', admin.site.urls)]\n"
    )
    script("django_query.py")(folder)


def suite(distribution: str):
    """The unpacked source distribution that lies in the scratch folder."""

    def prepare(folder: Path) -> None:
        (archive,) = (folder.parent.parent / "sources").glob(f"{distribution}-*.tar.gz")
        with tarfile.open(archive) as file:
            file.extractall(folder, filter="data")
        (unpacked,) = folder.glob(f"{distribution}-*")
        unpacked.rename(folder / "suite")

    return prepare


SUITES = ("pluggy", "more_itertools", "idna")
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly")

MANAGE = tuple(
    ("manage.py", *words.split())
    for words in (
        "check",
        "makemigrations shop",
        "migrate",
        "shell -c __import__('django_query')",
        "sqlmigrate shop 0001",
        "dumpdata shop contenttypes",
        "chek",
    )
)
RECIPES = ("-m", "unittest", "-q", "suite/tests/test_recipes.py")


def one_script(name: str, requires: tuple[str, ...], *, status: int = 0) -> Program:
    file = SCRIPT_OF[name]
    return Program(name, requires, ((file,),), script(file), statuses=(status,))


SCRIPT_OF = {
    "flask": "flask_server.py",
    "fastapi": "fastapi_server.py",
    "requests": "requests_client.py",
    "sqlalchemy": "sqlalchemy_models.py",
    "numpy": "numpy_work.py",
    "pandas": "pandas_work.py",
}

PROGRAMS = (
    Program(
        "mypy",
        ("mypy",),
        (("-m", "mypy", "--strict", "json", "http"),),
        library("json", "http"),
        statuses=(1,),
    ),
    Program(
        "black",
        ("black",),
        (("-m", "black", "--workers=1", "json", "http", "email"),),
        library("json", "http", "email"),
        outputs=("**/*.py",),
    ),
    Program(
        "sphinx",
        ("sphinx",),
        (("-m", "sphinx", "-b", "html", "docs", "out"),),
        documents,
        outputs=("out/**/*.html", "out/*.js"),
    ),
    Program(
        "mkdocs",
        ("mkdocs",),
        (("-m", "mkdocs", "build"),),
        documents,
        outputs=("site/**/*.html", "site/**/*.json"),
    ),
    Program(
        "django",
        ("django",),
        MANAGE,
        shop,
        outputs=("shop/migrations/*.py",),
        statuses=(0, 1),
    ),
    one_script("flask", ("flask",)),
    one_script("fastapi", ("fastapi", "uvicorn")),
    one_script("requests", ("requests",)),
    one_script("sqlalchemy", ("sqlalchemy",)),
    one_script("numpy", ("numpy",), status=1),
    one_script("pandas", ("pandas",), status=1),
    Program("pluggy", ("pytest", "pluggy"), ((*PYTEST, "suite/testing"),), suite("pluggy")),
    Program("idna", ("pytest", "hypothesis"), ((*PYTEST, "suite/tests"),), suite("idna")),
    Program("more-itertools", ("more-itertools",), (RECIPES,), suite("more_itertools")),
)


def get_sources(scratch: Path, python: Path) -> None:
    """The sources of the suites, fetched once."""
    folder = scratch / "sources"
    if not folder.exists():
        pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        download = [*pip, "download", "--no-deps", "--no-binary", ":all:", "-d", folder]
        subprocess.run([*download, *SUITES], check=True)


def main() -> int:
    scratch = Path(sys.argv[1]).absolute()
    scratch.mkdir(parents=True, exist_ok=True)
    wanted = sorted({name for program in PROGRAMS for name in program.requires})
    # black's wheels are compiled by mypyc: as source it is a program of the interpreter's.
    python = environment(scratch / "venv", "--no-binary", "black", *wanted)
    get_sources(scratch, python)
    chosen = [program for program in PROGRAMS if program.name in (sys.argv[2:] or program.name)]
    print(f"{'program':24} {'verdict':10}   python     cold      warm   under dx-py, both runs")
    results = [compare(program, python, scratch) for program in chosen]
    print(f"{sum(results)} of {len(results)} programs do the same")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
