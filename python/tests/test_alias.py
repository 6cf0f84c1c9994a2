"""``yamabiko.install()``: the names ``grpc`` and ``grpc_tools`` for this package's modules."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import checked, run


def python(code: str, **options: object) -> str:
    return checked(sys.executable, "-c", code, **options)


def test_both_names_give_the_same_modules() -> None:
    pairs = {
        "grpc": "yamabiko.grpc",
        "grpc._utilities": "yamabiko.grpc._utilities",
        "grpc.aio": "yamabiko.grpc.aio",
        "grpc.experimental.aio": "yamabiko.grpc.experimental.aio",
        "grpc_tools": "yamabiko.grpc_tools",
        "grpc_tools.protoc": "yamabiko.grpc_tools.protoc",
        "grpc.tools.protoc": "yamabiko.grpc_tools.protoc",
    }
    code = f"""
import importlib, yamabiko
yamabiko.install()
for alias, real in {pairs!r}.items():
    assert importlib.import_module(alias) is importlib.import_module(real), alias
"""
    python(code)


def test_the_order_of_the_two_names_does_not_matter() -> None:
    python("import yamabiko.grpc._utilities as ours, yamabiko; yamabiko.install(); "
           "import grpc._utilities as theirs; assert ours is theirs")  # fmt: skip


def test_a_module_keeps_its_own_name_and_place() -> None:
    code = """
import yamabiko; yamabiko.install()
import grpc._utilities, importlib
assert grpc._utilities.__name__ == "yamabiko.grpc._utilities"
assert grpc._utilities.__spec__.name == "yamabiko.grpc._utilities"
assert importlib.reload(grpc._utilities) is grpc._utilities
"""
    python(code)


def test_installing_twice_is_as_good_as_once() -> None:
    python("import sys, yamabiko; yamabiko.install(); n = len(sys.meta_path); yamabiko.install(); "
           "import grpc; yamabiko.install(); assert len(sys.meta_path) == n")  # fmt: skip


def test_a_module_that_is_not_there_is_named_as_asked_for() -> None:
    done = run(sys.executable, "-c", "import yamabiko; yamabiko.install(); import grpc.nothing")
    assert "ModuleNotFoundError: No module named 'grpc.nothing'" in done.stderr


def test_coming_too_late_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "grpc.py").write_text("")
    code = "import sys; sys.path.insert(0, '.'); import grpc, yamabiko; yamabiko.install()"
    # Without the finder that yamabiko-grpcio would bring.
    done = run(sys.executable, "-S", "-c", _with_paths(code), cwd=tmp_path)
    assert "RuntimeError: grpc is already imported, from" in done.stderr
    assert "call yamabiko.install() before the first import of grpc" in done.stderr


def _with_paths(code: str) -> str:
    """Code for a Python without site-packages, which yet finds yamabiko."""
    import yamabiko

    return f"import sys; sys.path.append({str(Path(yamabiko.__file__).parent.parent)!r}); {code}"


def test_importing_yamabiko_alone_loads_little() -> None:
    """An environment that is switched imports it whenever Python starts."""
    code = "import sys, yamabiko; print(*sorted(m for m in sys.modules if 'yamabiko' in m))"
    assert python(code).split() == ["yamabiko", "yamabiko._alias"]


@pytest.mark.parametrize("command", ["grpc_tools.protoc", "grpc.tools.protoc"])
def test_modules_run_under_their_aliases(command: str) -> None:
    code = f"""
import runpy, sys, yamabiko
yamabiko.install()
sys.argv = ["protoc", "--version"]
runpy.run_module({command!r}, run_name="__main__", alter_sys=True)
"""
    done: subprocess.CompletedProcess[str] = run(sys.executable, "-c", code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "libprotoc 35.1\n", "")
