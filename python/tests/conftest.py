"""What the tests share: where things lie, and the tutorial's code as modules."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import yamabiko

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
WHEELS = TARGET / "wheels"
#: A Python that has the real grpcio and grpcio-tools.
GRPCIO_PYTHON = TARGET / "grpcio-venv" / "bin" / "python"
TUTORIAL = HERE / "tutorial"

# Before any test imports grpc: the same modules, with or without yamabiko-grpcio installed.
yamabiko.install()


def run(*command: object, **options: object) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end, and returns what it printed; fails after a minute."""
    arguments = {"capture_output": True, "text": True, "timeout": 60, **options}
    return subprocess.run([str(part) for part in command], **arguments)


def checked(*command: object, **options: object) -> str:
    """What a command prints that must succeed."""
    done = run(*command, **options)
    assert done.returncode == 0, f"{command} failed:\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def wheels() -> list[Path]:
    """The wheels that `make wheels` has left."""
    found = sorted(WHEELS.glob("*.whl"))
    assert len(found) == 2, f"{WHEELS} has not the two wheels: run `make wheels`"
    return found


@pytest.fixture(scope="session")
def grpcio() -> Path:
    """A Python with the real grpcio."""
    assert GRPCIO_PYTHON.exists(), f"{GRPCIO_PYTHON} is missing: run `make set-up`"
    return GRPCIO_PYTHON


@pytest.fixture(scope="session")
def generated_by_grpcio(grpcio: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the tutorial's code as the real grpcio-tools generates it."""
    directory = tmp_path_factory.mktemp("generated_by_grpcio")
    checked(
        grpcio, "-m", "grpc_tools.protoc", f"-I{TUTORIAL}",
        f"--python_out={directory}", f"--grpc_python_out={directory}", "hello.proto",
    )  # fmt: skip
    return directory


@pytest.fixture(scope="session")
def hello(generated_by_grpcio: Path) -> SimpleNamespace:
    """The tutorial's messages and services as modules: `.pb2` and `.pb2_grpc`."""
    sys.path.insert(0, str(generated_by_grpcio))
    import hello_pb2
    import hello_pb2_grpc

    return SimpleNamespace(pb2=hello_pb2, pb2_grpc=hello_pb2_grpc)
