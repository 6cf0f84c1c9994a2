"""Client and server in all four combinations with the real grpcio, on the code of either tool."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import HERE, TUTORIAL, checked

SCRIPTS = HERE / "combinations"

FACTS = {
    "call": "こんにちは, なんしー",
    "future": "こんにちは, later",
    "large": 1_000_007,
    "initial": "something",
    "trailing": [0, 255],
    "code": "OK",
    "abort": ["NOT_FOUND", "no such ネーム", True],
    "raise": ["UNKNOWN", "Exception calling application: boom", True],
    "status": ["FAILED_PRECONDITION", "not yet", True],
    "slow": "DEADLINE_EXCEEDED",
    "unknown": ["UNIMPLEMENTED", "Method not found!", True],
    "many": True,
}


@pytest.fixture(scope="session")
def generated_by_yamabiko(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the tutorial's code as our compiler generates it."""
    directory = tmp_path_factory.mktemp("generated_by_yamabiko")
    checked(
        sys.executable, "-m", "yamabiko", "protoc", f"-I{TUTORIAL}",
        f"--python_out={directory}", f"--grpc_python_out={directory}", "hello.proto",
    )  # fmt: skip
    return directory


def command(runtime: str, grpcio: Path) -> list[object]:
    """What runs a script on this runtime."""
    return [grpcio] if runtime == "grpcio" else [sys.executable, "-m", "yamabiko", "run"]


@contextmanager
def serving(*arguments: object) -> Iterator[str]:
    """A server in a process of its own; gives its port."""
    process = subprocess.Popen(
        [str(argument) for argument in arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # What handlers raise is printed there, on purpose.
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
        process.stdin.close()
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("tool", ["yamabiko", "grpcio"])
@pytest.mark.parametrize("client", ["yamabiko", "grpcio"])
@pytest.mark.parametrize("server", ["yamabiko", "grpcio"])
def test_client_and_server_understand_each_other(
    request: pytest.FixtureRequest, grpcio: Path, server: str, client: str, tool: str
) -> None:
    generated = request.getfixturevalue(f"generated_by_{tool}")
    with serving(*command(server, grpcio), SCRIPTS / "server.py", generated) as port:
        said = checked(*command(client, grpcio), SCRIPTS / "client.py", generated, port)
    assert json.loads(said) == FACTS
