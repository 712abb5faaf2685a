"""A run in forked workers is, to whoever looks at it, a run of plain pytest."""

from __future__ import annotations

import pytest

MIXED = """
    import warnings
    import pytest

    def test_pass(): pass
    def test_fail():
        print("seen before the failure")
        assert [1, 2] == [1, 3]
    @pytest.mark.skip(reason="not now")
    def test_skip(): pass
    @pytest.mark.xfail
    def test_xfail(): assert 0
    @pytest.mark.xfail
    def test_xpass(): pass
    def test_warns(): warnings.warn("careful", UserWarning)
    @pytest.fixture
    def broken(): raise RuntimeError("no database")
    def test_error(broken): pass
    @pytest.fixture
    def breaks_late():
        yield
        raise RuntimeError("cannot close")
    def test_teardown_error(breaks_late): pass
    @pytest.mark.parametrize("n", range(5))
    def test_many(n): assert n != 3
"""
UNITTEST = """
    import unittest

    class Numbers(unittest.TestCase):
        @classmethod
        def setUpClass(cls): cls.limit = 2
        def test_small(self): self.assertLess(1, self.limit)
        def test_large(self): self.assertLess(3, self.limit)
        @unittest.skip("later")
        def test_later(self): pass
        @unittest.expectedFailure
        def test_expected(self): self.fail()
"""


@pytest.fixture
def mixed(project):
    project.write(test_a=MIXED, test_b=MIXED, test_c=UNITTEST, sub__test_d=MIXED)
    return project


@pytest.mark.parametrize("workers", ["1", "2", "4"])
def test_outcomes_are_those_of_plain_pytest(mixed, workers):
    ours, plain = mixed.dx("-n", workers), mixed.plain()
    assert ours.outcomes == plain.outcomes
    assert ours.status == plain.status == 1


@pytest.mark.parametrize(
    "options",
    [(), ("-q",), ("-v",), ("-rA",), ("--tb=short",), ("-vv", "--tb=line")],
    ids=" ".join,
)
def test_terminal_shows_what_plain_pytest_shows(mixed, options):
    assert mixed.dx("-n2", *options).screen == mixed.plain(*options).screen


def test_slowest_durations_are_those_of_the_workers(project):
    project.write(test_a="import time\ndef test_slow(): time.sleep(0.3)\ndef test_fast(): pass")
    shown = project.dx("-n2", "--durations=1", "--durations-min=0.3").output
    assert "test_a.py::test_slow" in shown.split("slowest 1")[1]


@pytest.mark.parametrize(
    "options",
    [
        ("-x",),
        ("--maxfail=3",),
        ("-k", "many or Numbers"),
        ("-m", "skip"),
        ("--deselect", "test_a.py::test_pass"),
        ("test_c.py", "test_a.py::test_many"),
        ("-p", "no:terminal"),
        ("--no-such-option",),
        ("no_such_file.py",),
        ("-k", "nothing_matches"),
    ],
    ids=" ".join,
)
def test_options_select_and_stop_as_in_pytest(mixed, options):
    plain = mixed.plain(*options)
    ours = mixed.dx("-n2", *options)
    assert ours.outcomes == plain.outcomes
    assert ours.status == plain.status


@pytest.mark.parametrize("option", ["--lf", "--ff", "--nf"])
def test_failures_of_a_run_are_known_to_the_next(mixed, option):
    mixed.plain()
    plain = mixed.plain(option)
    (mixed.folder / ".pytest_cache" / "v" / "cache" / "lastfailed").unlink()
    mixed.dx("-n2")
    assert mixed.dx("-n2", option).records == plain.records


def test_reports_come_in_collection_order(mixed):
    ours, plain = mixed.dx("-n3"), mixed.plain()
    assert ours.records == plain.records


def test_module_fixture_is_set_up_once(project):
    project.write(
        test_a="""
        import os, pytest
        @pytest.fixture(scope="module")
        def shared():
            with open("log", "a") as file: file.write("set up\\n")
        @pytest.mark.parametrize("n", range(40))
        def test_uses(shared, n): pass
        """,
        test_b="def test_other(): pass",
    )
    assert project.dx("-n2").status == 0
    assert (project.folder / "log").read_text() == "set up\n"


def test_session_fixture_lives_once_in_each_worker(project):
    project.write(
        conftest="""
        import os, pytest
        @pytest.fixture(scope="session", autouse=True)
        def session(worker_id, testrun_uid):
            yield
            with open("log", "a") as file: file.write(f"{worker_id} {testrun_uid}\\n")
        """,
        **{f"test_{n}": "def test_it(): pass" for n in range(8)},
    )
    assert project.dx("-n2", "--deterministic").status == 0
    lines = sorted(line.split() for line in (project.folder / "log").read_text().splitlines())
    assert [name for name, _ in lines] == ["gw0", "gw1"]
    assert len({uid for _, uid in lines}) == 1


def test_workers_present_the_interface_of_xdist(project):
    project.write(
        test_a="""
        import os
        def test_environment(request, worker_id):
            assert os.environ["PYTEST_XDIST_WORKER"] == worker_id
            assert os.environ["PYTEST_XDIST_WORKER_COUNT"] == "1"
            assert request.config.workerinput["workerid"] == worker_id
            from xdist import is_xdist_worker
            assert is_xdist_worker(request)
        """,
        conftest="""
        def pytest_configure_node(node): pass
        def pytest_sessionfinish(session):
            if hasattr(session.config, "workerinput"):
                session.config.workeroutput["told"] = session.config.workerinput["workerid"]
        def pytest_testnodedown(node, error):
            print("\\nnode said", node.workeroutput["told"])
        """,
    )
    ours = project.dx("-n2")
    assert ours.status == 0, ours.output
    assert "node said gw0" in ours.output


def test_hooks_that_know_nothing_of_workers_run_once(project):
    project.write(
        conftest="""
        def note(text):
            with open("log", "a") as file: file.write(text + "\\n")
        def pytest_sessionfinish(session): note("finish")
        def pytest_runtest_logreport(report):
            if report.when == "call": note("report")
        """,
        test_a="def test_a(): pass",
        test_b="def test_b(): pass",
    )
    assert project.dx("-n2").status == 0
    assert (project.folder / "log").read_text().split() == ["report", "report", "finish"]


def test_each_worker_has_its_own_temporary_folder(project):
    project.write(
        test_a="""
        def test_it(tmp_path_factory, worker_id):
            assert tmp_path_factory.getbasetemp().name == f"popen-{worker_id}"
        """
    )
    assert project.dx("-n2").status == 0


def test_one_process_of_plain_pytest_says_why(project):
    project.write(test_a="def test_a(): pass")
    ours = project.dx("--setup-show")
    assert "test_a.py::test_a" in ours.output
    assert "dx-py: one process of plain pytest: fixtures are shown as they run" in ours.output


def test_pytest_exit_ends_the_run_with_its_status(project):
    project.write(
        test_a="import pytest\ndef test_a(): pass\ndef test_b(): pytest.exit('enough', 7)",
        test_b="def test_c(): pass",
    )
    ours, plain = project.dx("-n2"), project.plain()
    assert ours.status == plain.status == 7
    assert ours.outcomes == plain.outcomes


def test_live_log_appears_in_order(project):
    project.ini("log_cli = true\nlog_cli_level = INFO\n")
    body = "import logging\ndef test_it(): logging.getLogger().info('from {}')"
    project.write(test_a=body.format("a"), test_b=body.format("b"))
    assert project.dx("-n2").screen == project.plain().screen
