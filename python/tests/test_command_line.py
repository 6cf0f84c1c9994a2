"""``python -m yamabiko``: run, generate, enable, disable, doctor."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import checked, run

import yamabiko

PROGRAM = """
import sys
import grpc
print(grpc.__name__, __name__, *sys.argv[1:])
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    file = tmp_path / "program.py"
    file.write_text(PROGRAM)
    return file


@pytest.fixture
def environment(grpcio: Path, tmp_path: Path) -> Path:
    """The Python of a new environment with the real grpcio, grpcio-tools, and yamabiko alone."""
    checked(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    site = site_packages(python)
    for name in ("grpc", "grpc_tools", "grpcio-*", "grpcio_tools-*", "typing_extensions*"):
        copy(site_packages(grpcio), site, name)
    copy(Path(yamabiko.__file__).parent.parent, site, "yamabiko")
    copy(site_packages(Path(sys.executable)), site, "google", "protobuf-*", "yamabiko-*")
    return python


def site_packages(python: Path) -> Path:
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(checked(python, "-c", code).strip())


def copy(source: Path, target: Path, *patterns: str) -> None:
    for pattern in patterns:
        for found in source.glob(pattern):
            if found.is_dir():
                shutil.copytree(found, target / found.name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(found, target)


def command(python: object, *arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    return run(python, "-m", "yamabiko", *arguments, **options)


def live(python: Path) -> str:
    """Whose grpc a new process of this environment imports."""
    return checked(python, "-c", "import grpc; print(grpc.__name__)").strip()


# generate


def test_generate_does_what_yamabiko_toml_says(tmp_path: Path) -> None:
    (tmp_path / "yamabiko.toml").write_text('roots = ["api"]\n[python]\nout = "code"\n')
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "a.proto").write_text('syntax = "proto3"; message A { int32 x = 1; }')
    done = command(sys.executable, "generate", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "wrote code/a_pb2.py\n", "")
    code = "import a_pb2; print(a_pb2.A(x=7).x)"
    assert checked(sys.executable, "-c", code, cwd=tmp_path / "code") == "7\n"
    assert command(sys.executable, "generate", "--check", cwd=tmp_path).returncode == 0

    (tmp_path / "code" / "a_pb2.py").write_text("edited")
    done = command(sys.executable, "generate", "--check", cwd=tmp_path)
    assert done.returncode == 1
    assert "not what would be generated: code/a_pb2.py" in done.stderr


def test_generate_says_what_is_wrong(tmp_path: Path) -> None:
    done = command(sys.executable, "generate", cwd=tmp_path)
    assert done.returncode == 1
    assert "no yamabiko.toml here or above" in done.stderr
    (tmp_path / "yamabiko.toml").write_text('[pyton]\nout = "."\n')
    done = command(sys.executable, "generate", cwd=tmp_path)
    assert done.returncode == 1
    assert "yamabiko.toml:1:2" in done.stderr
    assert "did you mean `python`?" in done.stderr


# run


def test_run_runs_a_file_whose_grpc_is_ours(environment: Path, program: Path) -> None:
    assert checked(environment, program, "x").split() == ["grpc", "__main__", "x"]
    done = command(environment, "run", program, "x", "--flag", "-m")
    assert done.stdout.split() == ["yamabiko.grpc", "__main__", "x", "--flag", "-m"]


def test_run_runs_a_module(environment: Path, program: Path) -> None:
    done = command(environment, "run", "-m", "program", "x", "--flag", cwd=program.parent)
    assert done.stdout.split() == ["yamabiko.grpc", "__main__", "x", "--flag"]


def test_run_finds_the_modules_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("print('found')")
    (tmp_path / "main.py").write_text("import beside, __main__; print(__main__.__file__)")
    done = command(sys.executable, "run", tmp_path / "main.py", cwd="/")
    assert done.stdout.splitlines() == ["found", str(tmp_path / "main.py")]


def test_run_passes_the_exit_status_and_the_traceback_on(tmp_path: Path) -> None:
    program = tmp_path / "main.py"
    program.write_text("raise SystemExit(7)")
    assert command(sys.executable, "run", program).returncode == 7
    program.write_text("1 / 0")
    done = command(sys.executable, "run", program)
    assert done.returncode == 1
    assert f'File "{program}", line 1' in done.stderr
    assert "ZeroDivisionError" in done.stderr


def test_run_says_when_there_is_no_such_file() -> None:
    done = command(sys.executable, "run", "nothing.py", cwd="/")
    assert done.returncode == 2
    assert done.stderr == (
        "yamabiko: can't open file '/nothing.py': [Errno 2] No such file or directory\n"
    )


# enable, disable


def test_enable_switches_an_environment_and_disable_switches_back(environment: Path) -> None:
    assert live(environment) == "grpc"
    enabled = command(environment, "enable")
    assert enabled.returncode == 0, enabled.stderr
    assert "back: python -m yamabiko disable" in enabled.stdout
    assert live(environment) == "yamabiko.grpc"
    tools = checked(environment, "-c", "import grpc_tools; print(grpc_tools.__name__)")
    assert tools.strip() == "yamabiko.grpc_tools"
    assert "all is well" in command(environment, "doctor").stdout
    assert command(environment, "disable").returncode == 0
    assert live(environment) == "grpc"
    assert not list(site_packages(environment).glob("yamabiko_overlay*"))


def test_an_environment_starts_silently_when_yamabiko_went_without_disable(environment: Path) -> None:
    assert command(environment, "enable").returncode == 0
    for found in site_packages(environment).glob("yamabiko*"):
        if found.is_dir():
            shutil.rmtree(found)
    done = run(environment, "-c", "import grpc; print(grpc.__name__)")
    assert (done.stdout, done.stderr) == ("grpc\n", "")


def test_the_file_for_python_3_15_names_what_the_other_calls(environment: Path) -> None:
    """PEP 829: lines of `package.module:callable`. No Python here executes it yet."""
    assert command(environment, "enable").returncode == 0
    (entry,) = (site_packages(environment) / "yamabiko_overlay.start").read_text().splitlines()
    module, _, function = entry.partition(":")
    code = f"import importlib; importlib.import_module({module!r}).{function}(); import grpc; print(grpc.__name__)"
    assert checked(environment, "-c", code) == "yamabiko.grpc\n"


def test_enable_outside_of_a_virtual_environment_asks_for_more() -> None:
    base = Path(sys.base_prefix) / "bin" / "python3"
    code = (
        f"import sys; sys.path.insert(0, {str(Path(yamabiko.__file__).parent.parent)!r}); "
        "from yamabiko.__main__ import main; sys.exit(main(['enable']))"
    )
    done = run(base, "-c", code)
    assert done.returncode == 1
    assert "is not in a virtual environment" in done.stderr
    assert "--anywhere" in done.stderr


# doctor


def test_doctor_says_whose_grpc_is_live(environment: Path) -> None:
    done = command(environment, "doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "grpcio       1.85.1" in done.stdout
    assert "import grpc       not yamabiko" in done.stdout


def test_doctor_finds_a_clobbered_installation_and_says_how_to_mend_it(environment: Path) -> None:
    site = site_packages(environment)
    (site / "grpc" / "__init__.py").write_text("# overwritten by yamabiko-grpcio, then left\n")
    done = command(environment, "doctor")
    assert done.returncode == 1
    assert "grpc/__init__.py is not what grpcio has installed" in done.stdout
    assert "pip install --force-reinstall --no-deps grpcio" in done.stdout
    (site / "grpc" / "__init__.py").unlink()
    assert command(environment, "doctor").returncode == 1


def test_doctor_misses_protobuf(environment: Path) -> None:
    for found in site_packages(environment).glob("protobuf-*"):
        shutil.rmtree(found)
    done = command(environment, "doctor")
    assert done.returncode == 1
    assert "generated code needs protobuf, which is not installed" in done.stdout


# help


def test_help_names_every_command() -> None:
    done = command(sys.executable, "--help")
    assert done.returncode == 0
    for name in ("run", "protoc", "doctor", "enable", "disable"):
        assert f"\n    {name} " in done.stdout


def test_no_command_is_answered_with_help() -> None:
    done = command(sys.executable)
    assert done.returncode == 2
    assert "python -m yamabiko" in done.stdout


def test_the_version_is_that_of_the_core() -> None:
    done = command(sys.executable, "--version")
    assert done.stdout == f"yamabiko {yamabiko.__version__}\n"
