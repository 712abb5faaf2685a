"""What each plug-in of the matrix is tried with: a small project and at least five behaviours.

A behaviour is a command line. Plain pytest and DX-Py run it in fresh copies of the
project; they
must agree on every outcome, on the exit status, and on the files named in ``files`` once what
differs from run to run (times, addresses, the host) is taken out.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Behaviour:
    title: str
    arguments: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    #: DX-Py runs this in one process of plain pytest, and says so.
    falls_back: bool = False


@dataclass(frozen=True, slots=True)
class Plugin:
    name: str
    sources: dict[str, str]
    behaviours: tuple[Behaviour, ...]
    note: str = ""
    #: Plug-ins that it cannot do without.
    needs: tuple[str, ...] = ()


def b(title: str, *arguments: str, **more: object) -> Behaviour:
    return Behaviour(title, arguments, **more)  # type: ignore[arg-type]


FAILING = "def test_ok(): pass\ndef test_bad(): assert 1 == 2\n"
COVERED = {
    "lib.py": "def f(x):\n    if x:\n        return 1\n    return 2\n\n\ndef g():\n"
    "    return 3\n",
    "test_a.py": "from lib import f\ndef test_a(): assert f(1) == 1\n",
    "test_b.py": "from lib import f, g\ndef test_b(): assert f(0) == 2\ndef test_g(): g()\n",
}
DJANGO = {
    "settings.py": "SECRET_KEY = 'x'\nINSTALLED_APPS = ['django.contrib.auth',"
    " 'django.contrib.contenttypes']\nDATABASES = {'default': {'ENGINE':"
    " 'django.db.backends.sqlite3', 'NAME': 'db.sqlite3'}}\nUSE_TZ = True\n",
    "pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = settings\n",
    "test_a.py": "import pytest\nfrom django.contrib.auth.models import User\n"
    "@pytest.mark.django_db\ndef test_make():\n    User.objects.create(username='a')\n"
    "    assert User.objects.count() == 1\n"
    "@pytest.mark.django_db\ndef test_clean(): assert User.objects.count() == 0\n"
    "def test_refused(): User.objects.count()\n",
    "test_b.py": "from django.test import TestCase\n"
    "from django.contrib.auth.models import User\n"
    "class T(TestCase):\n    @classmethod\n    def setUpTestData(cls):\n"
    "        User.objects.create(username='b')\n"
    "    def test_one(self): self.assertEqual(User.objects.count(), 1)\n"
    "def test_settings(settings):\n    settings.DEBUG = True\n    assert settings.DEBUG\n"
    "def test_client(client): assert client.get('/nothing').status_code == 404\n",
    "urls.py": "urlpatterns = []\n",
}

PLUGINS = (
    Plugin(
        "anyio",
        {
            "test_a.py": "import pytest, anyio\n@pytest.mark.anyio\nasync def test_a():"
            " await anyio.sleep(0)\n@pytest.mark.anyio\nasync def test_bad(): assert 0\n",
            "test_b.py": "import pytest\n@pytest.fixture\nasync def value(): yield 4\n"
            "@pytest.mark.anyio\nasync def test_fixture(value): assert value == 4\n"
            "def test_sync(): pass\n",
        },
        (
            b("tests and fixtures on asyncio and trio"),
            b("one backend by -k", "-k", "asyncio"),
            b("other backend by -k", "-k", "trio"),
            b("stop at the first failure", "-x"),
            b("verbose ids", "-v", shows=("test_a[asyncio]", "test_fixture[trio]")),
        ),
    ),
    Plugin(
        "pytest-cov",
        COVERED,
        (
            b("terminal report", "--cov=lib", shows=("lib.py", "100%")),
            b(
                "missing lines",
                "--cov=lib",
                "--cov-report=term-missing",
                "test_a.py",
                shows=("4, 8",),
            ),
            b("branches", "--cov=lib", "--cov-branch", "test_a.py", shows=("Branch", "BrPart")),
            b("xml", "--cov=lib", "--cov-report=xml:c.xml", files=("c.xml",)),
            b("json", "--cov=lib", "--cov-report=json:c.json", files=("c.json",)),
            b("lcov", "--cov=lib", "--cov-report=lcov:c.info", files=("c.info",)),
            b("html", "--cov=lib", "--cov-report=html:h", shows=("Coverage HTML written",)),
            b(
                "fail-under not met",
                "--cov=lib",
                "--cov-fail-under=90",
                "test_a.py",
                shows=("FAIL",),
            ),
            b("fail-under met", "--cov=lib", "--cov-fail-under=90"),
            b("contexts", "--cov=lib", "--cov-context=test", "--cov-report=json:c.json"),
        ),
    ),
    Plugin(
        "pytest-asyncio",
        {
            "test_a.py": "import asyncio, pytest\n@pytest.mark.asyncio\nasync def test_a():"
            " await asyncio.sleep(0)\n@pytest.mark.asyncio\nasync def test_bad(): assert 0\n",
            "test_b.py": "import pytest, pytest_asyncio\n"
            "@pytest_asyncio.fixture(scope='module',"
            " loop_scope='module')\nasync def m(): yield 3\n"
            "@pytest.mark.asyncio(loop_scope='module')\nasync def test_m(m): assert m == 3\n"
            "async def test_unmarked(): pass\n",
        },
        (
            b("strict mode"),
            b("auto mode", "--asyncio-mode=auto"),
            b("module loop scope", "test_b.py", "-v"),
            b("selection by mark", "-m", "asyncio"),
            b("debug mode", "--asyncio-debug"),
        ),
    ),
    Plugin(
        "pytest-xdist",
        {
            "test_a.py": "import os\ndef test_env(worker_id):"
            " assert os.environ.get('PYTEST_XDIST_WORKER', 'master') == worker_id\n"
            "def test_uid(testrun_uid): assert testrun_uid\n" + FAILING,
            "test_b.py": "import pytest\n@pytest.mark.xdist_group('g')\ndef test_1(): pass\n"
            "@pytest.mark.xdist_group('g')\ndef test_2(): pass\n"
            "def test_api(request):\n    import xdist\n"
            "    assert xdist.get_xdist_worker_id(request)\n",
            "conftest.py": "def pytest_configure_node(node): pass\n",
        },
        (
            b("two workers", "-n", "2"),
            b("auto", "-n", "auto"),
            b("loadfile", "-n", "2", "--dist", "loadfile"),
            b("loadscope", "-n", "2", "--dist", "loadscope"),
            b("worksteal", "-n", "2", "--dist", "worksteal"),
            b("no workers", "-n", "0", falls_back=True),
            b("unknown distribution", "--dist", "nonsense"),
        ),
        note="replaced: DX-Py's own workers answer to its options, fixtures and hooks",
    ),
    Plugin(
        "pytest-mock",
        {
            "test_a.py": "import os\ndef test_patch(mocker):\n"
            "    mocker.patch('os.getcwd', return_value='x')\n    assert os.getcwd() == 'x'\n"
            "def test_undone(): assert os.getcwd() != 'x'\n",
            "test_b.py": "def test_spy(mocker):\n    class A:\n        def f(self): return 1\n"
            "    spy = mocker.spy(A, 'f')\n    A().f()\n    spy.assert_called_once()\n"
            "def test_stub(mocker):\n    s = mocker.stub()\n    s(1)\n"
            "    s.assert_called_with(2)\n"
            "def test_class(class_mocker, session_mocker): pass\n",
        },
        (
            b("patch, spy, stub"),
            b("introspection of calls", "-k", "stub", "-vv", shows=("Expected: mock",)),
            b("patches are undone", "-k", "patch or undone"),
            b("wider scopes", "-k", "class"),
            b("short tracebacks", "--tb=short"),
        ),
    ),
    Plugin(
        "pytest-json-ctrf",
        {
            "test_a.py": FAILING,
            "test_b.py": "import pytest\n@pytest.mark.skip\ndef test_s(): pass\n",
        },
        (
            b("report", "--ctrf", "r.json", files=("r.json",)),
            b("of one file", "--ctrf", "r.json", "test_b.py", files=("r.json",)),
            b("of a selection", "--ctrf", "r.json", "-k", "ok", files=("r.json",)),
            b("stopped early", "--ctrf", "r.json", "-x", files=("r.json",)),
            b("without report"),
        ),
    ),
    Plugin(
        "typeguard",
        {
            "lib.py": "def f(x: int) -> str:\n    return x\n",
            "test_a.py": "from lib import f\ndef test_bad(): f(1)\ndef test_worse(): f('a')\n",
            "test_b.py": "def test_ok(): pass\n",
        },
        (
            b("no packages"),
            b("checked package", "--typeguard-packages=lib"),
            b("all packages", "--typeguard-packages=:all:"),
            b(
                "forward references",
                "--typeguard-packages=lib",
                "--typeguard-forward-ref-policy=ERROR",
            ),
            b("one failing test", "--typeguard-packages=lib", "-k", "worse"),
        ),
    ),
    Plugin(
        "pytest-timeout",
        {
            "test_a.py": "import time, pytest\n@pytest.mark.timeout(0.3)\n"
            "def test_slow(): time.sleep(30)\ndef test_fast(): pass\n",
            "test_b.py": "import time\ndef test_wait(): time.sleep(0.6)\n",
        },
        (
            b("mark", shows=("Timeout",)),
            b("option", "--timeout=0.3"),
            b("signal method", "--timeout=0.3", "--timeout-method=signal"),
            b("only the function", "-o", "timeout_func_only=true", "--timeout=0.3"),
            b("ini key", "-o", "timeout=0.3", "test_b.py"),
        ),
    ),
    Plugin(
        "pytest-rerunfailures",
        {
            "test_a.py": "import pytest\nN = []\n@pytest.mark.flaky(reruns=2)\n"
            "def test_flaky():\n"
            "    N.append(1)\n    assert len(N) == 2\ndef test_bad(): assert 0\n",
            "test_b.py": "def test_value(): raise ValueError('v')\n",
        },
        (
            b("mark", shows=("rerun",)),
            b("option", "--reruns=2"),
            b("delay", "--reruns=1", "--reruns-delay=0.01"),
            b("only some errors", "--reruns=1", "--only-rerun=ValueError"),
            b("except some errors", "--reruns=1", "--rerun-except=ValueError"),
        ),
    ),
    Plugin(
        "hypothesis",
        {
            "test_a.py": "from hypothesis import given, settings, strategies as st\n"
            "@given(st.integers())\ndef test_ok(x): assert isinstance(x, int)\n"
            "@settings(database=None)\n@given(st.integers())\ndef test_bad(x): assert x < 10\n",
            "test_b.py": "from hypothesis import given, strategies as st\n"
            "@given(st.data())\ndef test_data(data): data.draw(st.text())\n",
        },
        (
            b("properties", shows=("test_bad(",)),
            b("seed", "--hypothesis-seed=1", shows=("test_bad(",)),
            b("statistics", "--hypothesis-show-statistics", shows=("Hypothesis Statistics",)),
            b("profile", "--hypothesis-profile=default"),
            b("selection", "-m", "hypothesis"),
        ),
    ),
    Plugin(
        "pytest-metadata",
        {
            "test_a.py": "def test_a(metadata): assert metadata['Python']\n" + FAILING,
            "conftest.py": "def pytest_metadata(metadata): metadata['Ours'] = 'yes'\n",
        },
        (
            b("fixture"),
            b(
                "on the command line",
                "--metadata",
                "Key",
                "Value",
                "-v",
                shows=("'Key': 'Value'",),
            ),
            b("from a hook", "-v", shows=("'Ours': 'yes'",)),
            b("from json", "--metadata-from-json", '{"J": "1"}', "-v", shows=("'J': '1'",)),
            b("in junit", "--junitxml=j.xml", files=("j.xml",)),
        ),
    ),
    Plugin(
        "pytest-html",
        {
            "test_a.py": FAILING,
            "test_b.py": "def test_extra(extras):\n    import pytest_html\n"
            "    extras.append(pytest_html.extras.text('said'))\n    print('shown')\n",
        },
        (
            b("report", "--html=r.html", shows=("Generated html report",)),
            b(
                "in one file",
                "--html=r.html",
                "--self-contained-html",
                shows=("Generated html",),
            ),
            b("of a selection", "--html=r.html", "-k", "ok", shows=("Generated html",)),
            b("stopped early", "--html=r.html", "-x", shows=("Generated html",)),
            b("without report"),
        ),
        needs=("pytest-metadata",),
    ),
    Plugin(
        "pytest-json-report",
        {
            "test_a.py": FAILING,
            "test_b.py": "def test_meta(json_metadata): json_metadata['k'] = 1\n"
            "import warnings\ndef test_warns(): warnings.warn('w')\n",
        },
        (
            b("report", "--json-report", "--json-report-file=r.json", files=("r.json",)),
            b(
                "summary",
                "--json-report",
                "--json-report-summary",
                "--json-report-file=r.json",
                files=("r.json",),
            ),
            b(
                "indented",
                "--json-report",
                "--json-report-indent=1",
                "--json-report-file=r.json",
                files=("r.json",),
            ),
            b(
                "without streams",
                "--json-report",
                "--json-report-omit=streams",
                "--json-report-file=r.json",
                files=("r.json",),
            ),
            b(
                "of a selection",
                "--json-report",
                "--json-report-file=r.json",
                "-k",
                "ok",
                files=("r.json",),
            ),
        ),
    ),
    Plugin(
        "pytest-env",
        {
            "pytest.ini": "[pytest]\nenv =\n    A_NAME=value\n    D:B_NAME=default\n",
            "conftest.py": "import os\nSEEN = os.environ.get('A_NAME')\n",
            "test_a.py": "import os\ndef test_a(): assert os.environ['A_NAME'] == 'value'\n"
            "def test_b(): assert os.environ['B_NAME'] == 'default'\n",
            "test_b.py": "import os, pytest\n@pytest.mark.parametrize('v',"
            " [os.environ['A_NAME']])\ndef test_c(v): assert v == 'value'\n"
            "def test_bad(): assert 0\n",
        },
        (
            b("variables in tests"),
            b("defaults", "-k", "test_b"),
            b("at import", "-k", "test_c", "-v", shows=("test_c[value]",)),
            b("one worker", "test_a.py"),
            b("stop at the first failure", "-x"),
        ),
    ),
    Plugin(
        "pytest-django",
        DJANGO,
        (
            b("database, client, settings"),
            b("refused without mark", "-k", "refused", shows=("Database access not allowed",)),
            b("TestCase", "test_b.py"),
            b("reused database", "--reuse-db"),
            b("created database", "--create-db"),
            b("stop at the first failure", "-x"),
        ),
    ),
    Plugin(
        "pytest-benchmark",
        {
            "test_a.py": "def test_bench(benchmark): assert benchmark(lambda: 1) == 1\n",
            "test_b.py": FAILING,
        },
        (
            b("measured", shows=("benchmark",), falls_back=True),
            b("skipped", "--benchmark-skip", falls_back=True),
            b("only", "--benchmark-only", falls_back=True),
            b("disabled", "--benchmark-disable", falls_back=True),
            b("json", "--benchmark-json=b.json", falls_back=True),
        ),
        note="benchmarks disturb each other: one process",
    ),
    Plugin(
        "pytest-split",
        {
            "test_a.py": FAILING,
            "test_b.py": "import pytest\n@pytest.mark.parametrize('n', range(6))\n"
            "def test_n(n): pass\n",
        },
        (
            b("first of two", "--splits=2", "--group=1"),
            b("second of two", "--splits=2", "--group=2"),
            b(
                "least duration",
                "--splits=3",
                "--group=3",
                "--splitting-algorithm=least_duration",
            ),
            b("durations stored", "--store-durations", shows=("Stored test durations",)),
            b("no such group", "--splits=2", "--group=3"),
        ),
    ),
    Plugin(
        "pytest-socket",
        {
            "test_a.py": "import socket, pytest\ndef test_open(): socket.socket()\n"
            "@pytest.mark.disable_socket\ndef test_mark(): socket.socket()\n"
            "def test_fixture(socket_disabled): socket.socket()\n",
            "test_b.py": "import socket, pytest\n@pytest.mark.enable_socket\n"
            "def test_enabled(): socket.socket().close()\n"
            "@pytest.mark.allow_hosts(['127.0.0.1'])\ndef test_host():\n"
            "    with socket.socket() as s: s.connect(('10.0.0.1', 1))\n",
        },
        (
            b("marks and fixtures"),
            b("disabled", "--disable-socket"),
            b("unix sockets allowed", "--disable-socket", "--allow-unix-socket"),
            b("hosts", "--allow-hosts=127.0.0.1"),
            b("forced", "--force-enable-socket"),
        ),
    ),
    Plugin(
        "pytest-repeat",
        {
            "test_a.py": FAILING,
            "test_b.py": "import pytest\n@pytest.mark.repeat(3)\ndef test_r(): pass\n",
        },
        (
            b("mark", "-v", shows=("test_r[1-3]",)),
            b("option", "--count=3"),
            b("session scope", "--count=2", "--repeat-scope=session"),
            b("module scope", "--count=2", "--repeat-scope=module"),
            b("until failure", "--count=5", "-x"),
        ),
    ),
    Plugin(
        "syrupy",
        {
            "test_a.py": "def test_new(snapshot): assert {'a': 1} == snapshot\n",
            "test_b.py": "def test_old(snapshot): assert 'text' == snapshot\n",
            "__snapshots__/test_b.ambr": "# serializer version: 1\n# name: test_old\n  'text'\n"
            "# ---\n# name: test_unused\n  'gone'\n# ---\n",
        },
        (
            b("missing snapshot fails", shows=("snapshot",), falls_back=True),
            b(
                "update",
                "--snapshot-update",
                files=("__snapshots__/test_a.ambr",),
                falls_back=True,
            ),
            b(
                "unused are a warning",
                "--snapshot-warn-unused",
                "test_b.py",
                shows=("unused",),
                falls_back=True,
            ),
            b("unused are an error", "test_b.py", shows=("unused",), falls_back=True),
            b("details", "--snapshot-details", "test_b.py", shows=("unused",), falls_back=True),
        ),
        note="its report is about the snapshots of one process",
    ),
    Plugin(
        "pytest-randomly",
        {
            "test_a.py": "import random\nimport pytest\n"
            "@pytest.mark.parametrize('n', range(8))\n"
            "def test_n(n): pass\ndef test_seeded(): assert random.random() == random.Random(5)"
            ".random()\n",
            "test_b.py": FAILING,
        },
        (
            b("seed", "-p", "randomly", "--randomly-seed=5"),
            b("no reorganisation", "--randomly-seed=5", "--randomly-dont-reorganize"),
            b(
                "no reset",
                "--randomly-seed=5",
                "--randomly-dont-reset-seed",
                "-k",
                "not seeded",
            ),
            b("order is that of the seed", "--randomly-seed=6", "-v"),
            b("stop at the first failure", "--randomly-seed=7", "-x"),
        ),
    ),
    Plugin(
        "pytest-order",
        {
            "test_a.py": "import pytest\n@pytest.mark.order(2)\ndef test_second(): pass\n"
            "@pytest.mark.order(1)\ndef test_first(): pass\n@pytest.mark.order(-1)\n"
            "def test_last(): pass\n",
            "test_b.py": "import pytest\n@pytest.mark.order(after='test_a.py::test_first')\n"
            "def test_after(): pass\n" + FAILING,
        },
        (
            b("order", "-v"),
            b("in modules", "--order-scope=module", "-v"),
            b("dependencies", "--order-dependencies"),
            b("sparse", "--sparse-ordering"),
            b("stop at the first failure", "-x"),
        ),
    ),
    Plugin(
        "pytest-sugar",
        {
            "test_a.py": FAILING,
            "test_b.py": "import pytest\n@pytest.mark.skip\ndef test_s(): pass\n",
        },
        (
            b("progress"),
            b("verbose", "-v"),
            b("forced", "--force-sugar", shows=("test_bad",)),
            b("old summary", "--old-summary"),
            b("stop at the first failure", "-x"),
        ),
    ),
    Plugin(
        "pytest-bdd",
        {
            "a.feature": "Feature: A\n  Scenario: One\n    Given a number 3\n    Then it is 3\n"
            "  Scenario Outline: Many\n    Given a number <n>\n    Then it is <n>\n"
            "    Examples:\n      | n |\n      | 1 |\n      | 2 |\n"
            "  Scenario: Wrong\n    Given a number 3\n    Then it is 4\n",
            "test_a.py": "from pytest_bdd import given, then, scenarios, parsers\n"
            "scenarios('a.feature')\n"
            "@given(parsers.parse('a number {n:d}'), target_fixture='number')\n"
            "def number(n): return n\n@then(parsers.parse('it is {n:d}'))\n"
            "def check(number, n): assert number == n\n",
            "test_b.py": "def test_plain(): pass\n",
        },
        (
            b("scenarios"),
            b("outline ids", "-v", "-k", "many"),
            b(
                "gherkin terminal",
                "--gherkin-terminal-reporter",
                "-v",
                shows=("Scenario",),
                falls_back=True,
            ),
            b("cucumber json", "--cucumber-json=c.json", files=("c.json",), falls_back=True),
            b("stop at the first failure", "-x"),
        ),
    ),
)
