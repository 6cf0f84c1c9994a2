"""README.md says what is so: its files are the tutorial's service, and run."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from conftest import HERE, TUTORIAL, checked

README = (HERE.parent / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for found, text in BLOCKS if found == language]


def test_its_proto_file_is_the_tutorials() -> None:
    assert blocks("proto") == [(TUTORIAL / "hello.proto").read_text()]


def test_its_server_and_its_client_run(tmp_path: Path, generated_by_grpcio: Path) -> None:
    server, client = blocks("python")
    for name in ("hello_pb2.py", "hello_pb2_grpc.py"):
        (tmp_path / name).write_bytes((generated_by_grpcio / name).read_bytes())
    # On a port that is free, whoever else runs the tutorial on this machine.
    assert server.count("[::]:50051") == client.count("localhost:50051") == 1
    server = server.replace('server.add_insecure_port("[::]:50051")',
                            'print(server.add_insecure_port("127.0.0.1:0"), flush=True)')  # fmt: skip
    (tmp_path / "hello_server.py").write_text(server)
    run = [sys.executable, "-m", "yamabiko", "run"]
    serving = subprocess.Popen(
        [*run, "hello_server.py"], cwd=tmp_path, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert serving.stdout is not None
        port = serving.stdout.readline().strip()
        (tmp_path / "hello_client.py").write_text(client.replace("50051", port))
        said = checked(*run, "hello_client.py", cwd=tmp_path)
        assert said == "client received: こんにちは, なんしー\n"
        time.sleep(0.1)
        serving.send_signal(signal.SIGINT)
        assert serving.wait(timeout=30) != 0
    finally:
        serving.kill()
        serving.wait()


def test_its_commands_exist() -> None:
    commands = re.findall(r"python -m yamabiko (\w+)", README)
    assert set(commands) == {"run", "enable", "disable", "doctor", "protoc"}
    helped = checked(sys.executable, "-m", "yamabiko", "--help")
    for command in commands:
        assert f"    {command} " in helped
