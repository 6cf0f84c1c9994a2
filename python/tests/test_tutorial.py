"""The published tutorial, as a newcomer does it: install, generate, run two scripts, unedited."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import HERE, TUTORIAL, checked, run

DRIVER = HERE / "in_a_network_of_its_own.py"
COMMAND = ["-I.", "--python_out=.", "--grpc_python_out=.", "./hello.proto"]
GENERATED = ["hello_pb2.py", "hello_pb2_grpc.py"]


@pytest.fixture(scope="module")
def newcomer(wheels: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new virtual environment, with our two wheels and what they ask for."""
    venv = tmp_path_factory.mktemp("newcomer") / "venv"
    checked(sys.executable, "-m", "venv", venv)
    python = venv / "bin" / "python"
    checked(python, "-m", "pip", "install", "--disable-pip-version-check", *wheels, timeout=300)
    return python


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for file in TUTORIAL.iterdir():
        if file.is_file():
            shutil.copy(file, tmp_path)
    return tmp_path


def tutorial(python: Path, directory: Path) -> dict[str, Any]:
    """Runs server and client, in a network of their own where the system allows it."""
    isolated = subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode == 0
    prefix = ["unshare", "-rn"] if isolated else []
    result: dict[str, Any] = json.loads(checked(*prefix, sys.executable, DRIVER, python, directory))
    assert not result["busy"], (
        "something listens on port 50051, which the tutorial needs, and this system has no network "
        "namespaces for us (unshare -rn): stop it and run the test again"
    )
    return result


@pytest.mark.parametrize("module", ["grpc_tools.protoc", "grpc.tools.protoc"])
def test_the_command_as_printed_makes_grpcio_tools_files(
    newcomer: Path, directory: Path, generated_by_grpcio: Path, module: str
) -> None:
    done = run(newcomer, "-m", module, *COMMAND, cwd=directory)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for name in GENERATED:
        assert (directory / name).read_bytes() == (generated_by_grpcio / name).read_bytes()


def test_the_scripts_as_printed_greet(newcomer: Path, directory: Path) -> None:
    checked(newcomer, "-m", "grpc_tools.protoc", *COMMAND, cwd=directory)
    result = tutorial(newcomer, directory)
    assert result["client"] == [0, "client received: こんにちは, なんしー\n", ""]
    assert result["server"] == [0, "", ""]
    # A tenth of a second on a quiet machine, where the bench says so.
    assert result["seconds to leave"] < 10


def test_the_typo_as_published_is_explained(newcomer: Path, directory: Path) -> None:
    text = (directory / "hello.proto").read_text()
    (directory / "hello.proto").write_text(text.replace("service HelloService", "rpc HelloService"))
    done = run(newcomer, "-m", "grpc_tools.protoc", *COMMAND, cwd=directory)
    assert done.returncode == 1
    first, *rest = done.stderr.splitlines()
    assert first == 'hello.proto:5:1: Expected top-level statement (e.g. "message").'
    assert rest, "no second line that says what to change"
    assert "service" in rest[0]
    assert not (directory / "hello_pb2.py").exists()


def test_the_console_script_is_installed(newcomer: Path) -> None:
    script = newcomer.parent / "python-grpc-tools-protoc"
    assert checked(script, "--version") == "libprotoc 35.1\n"


def test_pip_finds_nothing_wrong(newcomer: Path) -> None:
    assert checked(newcomer, "-m", "pip", "check") == "No broken requirements found.\n"


def test_doctor_says_that_all_is_well(newcomer: Path) -> None:
    output = checked(newcomer, "-m", "yamabiko", "doctor")
    assert "import grpc       yamabiko" in output
    assert output.endswith("all is well\n")
