"""What is kept of code objects, beside what other tools keep of them."""

from __future__ import annotations

import ctypes

FREED = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


def add(a, b):
    return a + b


def test_a_later_tool_is_not_asked_to_free_what_it_never_had(native):
    freed = []
    free = FREED(freed.append)
    request = ctypes.pythonapi.PyUnstable_Eval_RequestCodeExtraIndex
    request.argtypes, request.restype = [FREED], ctypes.c_ssize_t
    assert request(free) >= 2
    compiled = native.compile(add, (1, 2))
    assert compiled(3, 4) == 7
    del compiled
    assert freed == []
    # The host has no way to take an index back.
    test_a_later_tool_is_not_asked_to_free_what_it_never_had.free = free
