"""The two wheels: what they hold, how large they are, and that their facts agree."""

from __future__ import annotations

import re
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LIMIT = 3_000_000


@pytest.fixture(scope="module")
def core(wheels: list[Path]) -> zipfile.ZipFile:
    return zipfile.ZipFile(next(wheel for wheel in wheels if "grpcio" not in wheel.name))


@pytest.fixture(scope="module")
def names(wheels: list[Path]) -> zipfile.ZipFile:
    return zipfile.ZipFile(next(wheel for wheel in wheels if "grpcio" in wheel.name))


def top_level(wheel: zipfile.ZipFile) -> set[str]:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    return {top for top in tops if not top.endswith(".dist-info")}


def test_yamabiko_installs_only_its_own_package(core: zipfile.ZipFile) -> None:
    assert top_level(core) == {"yamabiko"}


def test_yamabiko_grpcio_installs_the_two_names(names: zipfile.ZipFile) -> None:
    assert top_level(names) == {"grpc", "grpc_tools"}


def test_wheels_are_small(wheels: list[Path]) -> None:
    assert sum(wheel.stat().st_size for wheel in wheels) < LIMIT


def test_one_wheel_serves_every_python(wheels: list[Path]) -> None:
    tags = [wheel.name.split("-", 2)[2] for wheel in wheels]
    assert any(tag.startswith("cp310-abi3-") for tag in tags)
    assert any(tag.startswith("py3-none-any") for tag in tags)


def test_wheels_say_that_they_are_typed(core: zipfile.ZipFile, names: zipfile.ZipFile) -> None:
    assert "yamabiko/py.typed" in core.namelist()
    assert "yamabiko/_core.pyi" in core.namelist()
    assert {"grpc/py.typed", "grpc_tools/py.typed"} <= set(names.namelist())


def test_protobufs_own_files_lie_where_grpcio_tools_has_them(core: zipfile.ZipFile) -> None:
    found = [name for name in core.namelist() if name.startswith("yamabiko/grpc_tools/_proto/")]
    assert len(found) == 15
    assert "yamabiko/grpc_tools/_proto/google/protobuf/timestamp.proto" in found
    assert "yamabiko/grpc_tools/_proto/google/protobuf/compiler/plugin.proto" in found


def test_wheels_bring_their_licences(core: zipfile.ZipFile, names: zipfile.ZipFile) -> None:
    for wheel in (core, names):
        licences = [name for name in wheel.namelist() if "/licenses/" in name]
        assert len(licences) == 2


def test_wheels_do_not_name_the_machine_that_built_them(core: zipfile.ZipFile) -> None:
    for name in core.namelist():
        assert str(ROOT).encode() not in core.read(name), name


def test_the_version_is_the_same_everywhere() -> None:
    workspace = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    project = tomllib.loads((ROOT / "python/grpcio/pyproject.toml").read_text())["project"]
    assert project["version"] == workspace
    assert project["dependencies"] == [f"yamabiko=={workspace}"]
    import yamabiko

    assert yamabiko.__version__ == workspace


def test_grpcios_version_is_the_same_everywhere() -> None:
    import grpc
    from grpc_tools import grpc_version

    requirements = (ROOT / "conformance/grpcio/requirements.txt").read_text()
    compared = re.search(r"^grpcio==(.*)$", requirements, re.MULTILINE)
    assert compared is not None
    assert grpc.__version__ == grpc_version.VERSION == compared[1]
