"""Our two distributions in an environment that has grpcio: who wins, and what is said of it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from conftest import checked, run

THEIRS = ("grpc", "grpc_tools", "grpcio-*", "grpcio_tools-*", "typing_extensions*", "google", "protobuf-*")  # fmt: skip


class Environment:
    """A new virtual environment. Nothing comes from an index: grpcio's files are copied."""

    def __init__(self, directory: Path, wheels: list[Path], grpcio: Path) -> None:
        checked(sys.executable, "-m", "venv", "--without-pip", directory)
        self.python = directory / "bin" / "python"
        self.site = self._site(self.python)
        self._theirs = self._site(grpcio)
        self._core, self._names = sorted(wheels, key=lambda wheel: "grpcio" in wheel.name)

    @staticmethod
    def _site(python: Path) -> Path:
        code = "import sysconfig; print(sysconfig.get_path('purelib'))"
        return Path(checked(python, "-c", code).strip())

    def install_grpcio(self) -> None:
        """As pip does, over whatever lies there."""
        for pattern in THEIRS:
            for found in self._theirs.glob(pattern):
                target = self.site / found.name
                if found.is_dir():
                    shutil.copytree(found, target, dirs_exist_ok=True)
                else:
                    shutil.copy(found, target)

    def install(self, *, names: bool, force: bool = False) -> None:
        wheels = [self._core, self._names] if names else [self._core]
        self.pip("install", "--no-index", "--no-deps", *(["--force-reinstall"] if force else []), *wheels)

    def pip(self, *arguments: object) -> None:
        # Our pip works in other environments too; making one with its own takes seconds.
        pip = [sys.executable, "-m", "pip", "--python", self.python, "--disable-pip-version-check"]
        checked(*pip, *arguments)

    def live(self) -> str:
        return checked(self.python, "-W", "ignore", "-c", "import grpc; print(grpc.__name__)").strip()

    def doctor(self) -> tuple[int, str]:
        done = run(self.python, "-m", "yamabiko", "doctor")
        return done.returncode, done.stdout


@pytest.fixture
def environment(tmp_path: Path, wheels: list[Path], grpcio: Path) -> Environment:
    return Environment(tmp_path / "venv", wheels, grpcio)


def test_yamabiko_alone_leaves_grpcio_alone(environment: Environment) -> None:
    environment.install_grpcio()
    environment.install(names=False)
    assert environment.live() == "grpc"
    code = "import yamabiko; yamabiko.install(); import grpc; print(grpc.__name__)"
    assert checked(environment.python, "-c", code) == "yamabiko.grpc\n"
    both = "import grpc, yamabiko.grpc; print(grpc.StatusCode is yamabiko.grpc.StatusCode)"
    assert checked(environment.python, "-c", both) == "False\n"
    environment.pip("uninstall", "--yes", "yamabiko")
    assert environment.live() == "grpc"


def test_yamabiko_grpcio_over_grpcio_is_live_and_warns_once(environment: Environment) -> None:
    environment.install_grpcio()
    environment.install(names=True)
    done = run(environment.python, "-c", "import grpc, grpc_tools, grpc._utilities; print(grpc.__name__)")
    assert done.stdout == "yamabiko.grpc\n"
    assert done.stderr.count("UserWarning") == 1
    assert "yamabiko-grpcio and grpcio and grpcio-tools are both installed" in done.stderr
    assert "pip uninstall grpcio grpcio-tools" in done.stderr
    status, output = environment.doctor()
    assert status == 1
    assert "yamabiko-grpcio and grpcio both own grpc/__init__.py; yamabiko-grpcio has it now" in output


def test_grpcio_over_yamabiko_grpcio_is_live_and_doctor_says_so(environment: Environment) -> None:
    environment.install(names=True)
    environment.install_grpcio()
    assert environment.live() == "grpc"
    status, output = environment.doctor()
    assert status == 1
    assert "grpcio has it now" in output


def test_what_doctor_prescribes_keeps_yamabiko(environment: Environment) -> None:
    environment.install_grpcio()
    environment.install(names=True)
    environment.pip("uninstall", "--yes", "grpcio", "grpcio-tools")
    # The trap: pip has taken our file with theirs.
    assert environment.live() != "yamabiko.grpc"
    assert environment.doctor()[0] == 1
    environment.install(names=True, force=True)
    assert environment.live() == "yamabiko.grpc"
    assert environment.doctor()[0] == 0


def test_what_doctor_prescribes_where_others_need_grpcio(environment: Environment) -> None:
    environment.install_grpcio()
    environment.install(names=True)
    environment.pip("uninstall", "--yes", "yamabiko-grpcio")
    environment.install_grpcio()
    assert environment.live() == "grpc"
    checked(environment.python, "-m", "yamabiko", "enable")
    assert environment.live() == "yamabiko.grpc"
    assert environment.doctor()[0] == 0
    # It survives that grpcio is installed again.
    environment.install_grpcio()
    assert environment.live() == "yamabiko.grpc"
    checked(environment.python, "-m", "yamabiko", "disable")
    assert environment.live() == "grpc"
