"""The line on a terminal: what it says, when it comes, and that it goes."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from dx_py.pkg.index.progress import TerminalProgress

from .test_index_server import index  # noqa: F401 - a fixture

ERASE = "\r\x1b[2K"


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def stream():
    return io.StringIO()


@pytest.fixture
def progress(stream, clock):
    return TerminalProgress(stream, clock=clock)


def shown(stream):
    lines = stream.getvalue().split(ERASE)
    stream.seek(0)
    stream.truncate()
    return lines


def test_what_is_quick_shows_nothing(progress, stream, clock):
    clock.now = 0.19
    progress.stepped()
    progress.close()
    assert stream.getvalue() == ""


def test_it_is_drawn_ten_times_a_second_at_most(progress, stream, clock):
    for clock.now in (0.25, 0.3, 0.34, 0.36):
        progress.stepped()
    assert len(shown(stream)) == 3


def test_it_counts_answers_then_files_and_bytes(progress, stream, clock, tmp_path):
    progress.started("https://x/page", "")
    progress.finished("https://x/page", "")
    clock.now = 1.0
    progress.stepped()
    assert shown(stream)[-1] == "resolving: 1 answers"
    for name, size in (("one.whl", 3_000_000), ("two.whl", 500_000)):
        (tmp_path / name).write_bytes(b"x" * size)
        progress.started(f"https://x/{name}", str(tmp_path / name))
    progress.finished("https://x/one.whl", str(tmp_path / "one.whl"))
    clock.now = 2.0
    progress.stepped()
    assert shown(stream)[-1] == "downloading: 1 of 2 files, 3.5 MB"


def test_in_the_end_it_is_gone(progress, stream, clock):
    clock.now = 1.0
    progress.stepped()
    progress.close()
    progress.close()
    assert stream.getvalue().endswith(f"answers{ERASE}")


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("more", "is_shown"), [((), True), (("--progress-bar", "off"), False)])
def test_on_a_real_terminal(index, wheel, env, more, is_shown):  # noqa: F811
    index.delay = 0.4
    wheel("app", "5.5")
    ours, theirs = os.openpty()
    words = ["-m", "dx_py.driver", "pip", "install", "--index-url", index.url, "--python"]
    done = subprocess.run(
        [sys.executable, "-I", *words, str(env.folder), *more, "app"],
        stderr=theirs, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    os.write(theirs, b"END")
    text = ""
    while not text.endswith("END"):
        text += os.read(ours, 1 << 16).decode()
    assert done.stdout == "Successfully installed app-5.5\n"
    assert ("resolving: " in text) == is_shown
    assert text.endswith(f"{ERASE}END" if is_shown else "END")
    os.close(ours)
    os.close(theirs)
