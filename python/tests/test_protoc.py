"""``grpc_tools.protoc`` from Python, and modules from ``.proto`` files at run time.

What the compiler writes and says is tested beside it, in crates/yamabiko-compiler.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from conftest import TUTORIAL, checked, run

BROKEN = 'syntax = "proto3";\nmessage A {\n  strin x = 1;\n  Nothing y = 2;\n}\n'


def python(code: str, cwd: Path) -> str:
    return checked(sys.executable, "-c", f"import yamabiko; yamabiko.install(); {code}", cwd=cwd)


def test_main_writes_files_and_returns_the_status(tmp_path: Path) -> None:
    from grpc_tools import protoc

    status = protoc.main(
        ["protoc", f"-I{TUTORIAL}", f"--python_out={tmp_path}", "--pyi_out", str(tmp_path), "hello.proto"]
    )
    assert status == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["hello_pb2.py", "hello_pb2.pyi"]


def test_main_prints_errors_on_the_processs_own_stream(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from grpc_tools import protoc

    (tmp_path / "bad.proto").write_text(BROKEN)
    assert protoc.main(["protoc", f"-I{tmp_path}", f"--python_out={tmp_path}", "bad.proto"]) == 1
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f'{tmp_path}/bad.proto:3:3: "strin" is not defined.\n')


def test_what_python_has_printed_before_comes_first(tmp_path: Path) -> None:
    code = "from grpc_tools import protoc; print('before'); protoc.main(['protoc', '--version'])"
    assert python(code, tmp_path) == "before\nlibprotoc 35.1\n"


def test_the_files_of_protobuf_itself_are_found_by_the_command_and_lie_on_disk(
    tmp_path: Path,
) -> None:
    (tmp_path / "when.proto").write_text(
        'syntax = "proto3";\nimport "google/protobuf/timestamp.proto";\n'
        "message When { google.protobuf.Timestamp at = 1; }\n"
    )
    done = run(sys.executable, "-m", "yamabiko", "protoc", "-I.", "--python_out=.", "when.proto", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    code = "import when_pb2; print(when_pb2.When(at={'seconds': 3}).at.seconds)"
    assert checked(sys.executable, "-c", code, cwd=tmp_path) == "3\n"


def test_the_include_directory_is_complete() -> None:
    from grpc_tools import protoc

    found = sorted(Path(protoc._proto_include()).rglob("*.proto"))
    assert len(found) == 15, "run against the installed wheel"


# Modules at run time


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "item.proto").write_text(
        'syntax = "proto3";\npackage shop;\nmessage Item { string name = 1; }\n'
    )
    (tmp_path / "shop.proto").write_text(
        'syntax = "proto3";\nimport "shop/item.proto";\nimport "google/protobuf/empty.proto";\n'
        "message Cart { repeated shop.Item items = 1; }\n"
        "service Shop { rpc Buy (Cart) returns (google.protobuf.Empty); }\n"
    )
    return tmp_path


def test_protos_makes_a_module_and_those_that_it_imports(project: Path) -> None:
    code = "import grpc; m = grpc.protos('shop.proto'); print(m.Cart(items=[{'name': 'pear'}]).items[0].name)"
    assert python(code, project) == "pear\n"


def test_services_makes_the_module_of_the_stubs(project: Path) -> None:
    code = "import grpc; m = grpc.services('shop.proto'); print(m.ShopStub.__name__, m.ShopServicer.__name__)"
    assert python(code, project) == "ShopStub ShopServicer\n"


def test_protos_and_services_gives_both(project: Path) -> None:
    code = (
        "import grpc; p, s = grpc.protos_and_services('shop.proto'); print(p.__name__, s.__name__); "
        "import shop_pb2; assert shop_pb2 is p"
    )
    assert python(code, project) == "shop_pb2 shop_pb2_grpc\n"


def test_imports_make_modules_where_there_is_no_file(project: Path) -> None:
    code = "import grpc_tools.protoc; from shop import item_pb2; print(item_pb2.Item(name='fig').name)"
    assert python(code, project) == "fig\n"


def test_imports_do_not_where_the_environment_says_so(project: Path) -> None:
    code = "import yamabiko; yamabiko.install(); import grpc_tools.protoc, shop_pb2"
    done = run(
        sys.executable, "-c", code, cwd=project,
        env={"GRPC_PYTHON_DISABLE_DYNAMIC_STUBS": "true", "PATH": ""},
    )  # fmt: skip
    assert "No module named 'shop_pb2'" in done.stderr


def test_a_missing_file_is_a_missing_module(tmp_path: Path) -> None:
    done = run(
        sys.executable, "-c", "import yamabiko; yamabiko.install(); import grpc; grpc.protos('nothere.proto')",
        cwd=tmp_path,
    )  # fmt: skip
    assert "ModuleNotFoundError: No module named 'nothere_pb2'" in done.stderr


def test_a_broken_file_gives_all_its_errors_with_places_from_zero(tmp_path: Path) -> None:
    """The same error classes, texts and places as grpcio-tools'."""
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "bad.proto").write_text(BROKEN)
    code = """
import grpc, sys
sys.path.append("below")
from grpc_tools import _protoc_compiler as compiler
try:
    grpc.protos("bad.proto")
except compiler.ProtocErrors as errors:
    print(errors)
    print(repr(errors.errors()[0]))
"""
    done = run(sys.executable, "-c", f"import yamabiko; yamabiko.install()\n{code}", cwd=tmp_path)
    assert done.stdout == (
        'bad.proto:2:2 error: "strin" is not defined.\n'
        "  hint: did you mean `string`?\n"
        'bad.proto:3:2 error: "Nothing" is not defined.\n'
        "ProtocError(filename=\"b'bad.proto'\", line=2, column=2, "
        "message=\"b'\"strin\" is not defined.'\")\n"
    ), done.stderr


def test_a_broken_import_names_both_files(tmp_path: Path) -> None:
    (tmp_path / "imp.proto").write_text('syntax = "proto3";\nimport "no.proto";\nmessage A {}\n')
    code = "import yamabiko; yamabiko.install()\nimport grpc\ntry:\n grpc.protos('imp.proto')\nexcept Exception as e:\n print(e)"
    assert run(sys.executable, "-c", code, cwd=tmp_path).stdout == (
        "no.proto:-1:0 error: File not found.\n"
        'imp.proto:1:0 error: Import "no.proto" was not found or had errors.\n'
    )


# setuptools


def test_the_setuptools_command_builds_beside_the_sources(tmp_path: Path) -> None:
    package = tmp_path / "src" / "package"
    package.mkdir(parents=True)
    (package / "hello.proto").write_text((TUTORIAL / "hello.proto").read_text())
    (tmp_path / "setup.py").write_text(
        "import yamabiko; yamabiko.install()\n"
        "import setuptools\n"
        "from grpc_tools import command\n"
        "setuptools.setup(name='x', package_dir={'': 'src'},\n"
        "    cmdclass={'build_proto_modules': command.BuildPackageProtos})\n"
    )
    checked(sys.executable, "setup.py", "build_proto_modules", "--strict-mode", cwd=tmp_path)
    made = sorted(file.name for file in package.iterdir())
    assert made == ["hello.proto", "hello_pb2.py", "hello_pb2.pyi", "hello_pb2_grpc.py"]


def test_the_setuptools_command_warns_or_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from grpc_tools import command

    (tmp_path / "bad.proto").write_text(BROKEN)
    command.build_package_protos(str(tmp_path))
    assert "warning: [" in capsys.readouterr().err
    with pytest.raises(Exception, match="error: .*bad.proto'\\] failed"):
        command.build_package_protos(str(tmp_path), strict_mode=True)
