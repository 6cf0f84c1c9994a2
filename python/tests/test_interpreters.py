"""Interpreters in which this cannot work get a sentence, and not a crash."""

from __future__ import annotations

import sys

import pytest
from conftest import run

SUBINTERPRETER = """
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

code = '''
import sys
try:
    from yamabiko import grpc
except ImportError as error:
    print(error, flush=True)
'''
{before}
try:
    outcome = interpreters.run_string(interpreters.create(), code)
except Exception as error:
    outcome = error
if outcome is not None:
    print(outcome)
"""


@pytest.mark.parametrize("before", ["", "from yamabiko import grpc"])
def test_a_subinterpreter_is_told_to_use_something_else(before: str) -> None:
    done = run(sys.executable, "-c", SUBINTERPRETER.format(before=before))
    assert done.returncode == 0, done.stderr
    assert "subinterpreter" in done.stdout, done.stdout + done.stderr
