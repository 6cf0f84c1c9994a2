"""Type hints: strict throughout, those of the compiled part true, and those of ``grpc`` found."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from conftest import ROOT, TARGET, run

CACHE = TARGET / "mypy"


def mypy(*arguments: object, cwd: Path) -> str:
    """What mypy says; an empty text is good."""
    done = run(
        sys.executable, "-m", "mypy", "--cache-dir", CACHE, "--no-error-summary", *arguments,
        cwd=cwd, timeout=300,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_the_package_is_strictly_typed() -> None:
    assert mypy(cwd=ROOT / "python") == ""


def test_the_compiled_part_is_as_its_stub_says() -> None:
    done = run(
        sys.executable, "-m", "mypy.stubtest", "yamabiko._core", cwd=ROOT / "python", timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_program_sees_the_types_of_grpc(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "import grpc\n"
        "import grpc.aio\n"
        "from concurrent import futures\n"
        "from grpc_tools import protoc\n"
        "reveal_type(grpc.server(futures.ThreadPoolExecutor(max_workers=1)))\n"
        "reveal_type(grpc.insecure_channel('localhost:1'))\n"
        "reveal_type(grpc.StatusCode.OK)\n"
        "reveal_type(grpc.aio.Metadata())\n"
        "reveal_type(grpc.experimental.insecure_channel_credentials())\n"
        "reveal_type(protoc.main(['protoc']))\n"
        "grpc.insecure_channel(3)\n"
    )
    said = mypy("--strict", "program.py", cwd=tmp_path)
    revealed = re.findall(r'Revealed type is "([^"]*)"', said)
    assert revealed == [
        "yamabiko.grpc._server_api.Server",
        "yamabiko.grpc._client_api.Channel",
        "Literal[yamabiko.grpc._values.StatusCode.OK]?",
        "yamabiko.grpc.aio._metadata.Metadata",
        "yamabiko.grpc._credentials.ChannelCredentials",
        "int",
    ], said
    assert said.count("error:") == 1
    assert 'Argument 1 to "insecure_channel" has incompatible type "int"; expected "str"' in said
