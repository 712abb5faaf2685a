"""``python -m dx_py.frontend.diagnostics``."""

from __future__ import annotations

from dx_py.frontend.diagnostics.__main__ import main


def test_each_error_of_each_file_is_shown(tmp_path, capsys):
    wrong, right, bytes_file = (tmp_path / name for name in ("w.py", "r.py", "b.py"))
    wrong.write_text("whle True:\n    pass\ndef f(:\n    pass\n")
    right.write_text("x is 1\n")
    bytes_file.write_bytes(b"# coding: utf-8\nx = '\xff'\n")
    assert main([str(wrong), str(right), str(bytes_file)]) == 1
    shown = capsys.readouterr().out
    assert shown.count("SyntaxError: ") == 3
    assert f"--> {wrong}:1:6" in shown


def test_nothing_is_shown_of_a_file_that_parses(tmp_path, capsys):
    right = tmp_path / "r.py"
    right.write_text("x = 1\n")
    assert main([str(right)]) == 0
    assert capsys.readouterr().out == ""
