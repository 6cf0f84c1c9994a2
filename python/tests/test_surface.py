"""The names of ``grpc`` are grpcio's: functions, classes, methods, parameters, values.

What differs is listed, each with its reason; a list that has become untrue fails, too.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import checked

DUMP = Path(__file__).parent / "surface" / "dump.py"
MODULES = ["grpc", "grpc.aio", "grpc.experimental", "grpc.experimental.session_cache"]
OURS = "import runpy, sys, yamabiko; yamabiko.install(); sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"

# Ours are generic, so that annotations can say `UnaryUnaryMultiCallable[Request, Reply]`; one that
# does not derive from ABC directly has its metaclass from elsewhere. Neither can be seen in use.
UNSEEN_BASES = {"Generic", "ABC"}

#: Where ours is another one, and why.
DIFFERENT_MEMBERS = {
    # Abstract in grpcio through `grpc.aio._call`, whose parts are still to come here.
    "grpc.aio.InterceptedUnaryUnaryCall": "bases",
}


@pytest.fixture(scope="module")
def theirs(grpcio: Path) -> dict[str, Any]:
    surface: dict[str, Any] = json.loads(checked(grpcio, DUMP, *MODULES))
    return surface


@pytest.fixture(scope="module")
def ours() -> dict[str, Any]:
    surface: dict[str, Any] = json.loads(checked(sys.executable, "-c", OURS, DUMP, *MODULES))
    return surface


@pytest.mark.parametrize("module", MODULES)
def test_the_names_are_the_same(theirs: Any, ours: Any, module: str) -> None:
    assert sorted(ours[module]) == sorted(theirs[module])


@pytest.mark.parametrize("module", MODULES)
def test_functions_and_enumerations_are_the_same(theirs: Any, ours: Any, module: str) -> None:
    for name, expected in theirs[module].items():
        # A "value" is something compiled, of which nothing but the name is known.
        if expected["kind"] not in {"class", "value"}:
            assert ours[module][name] == expected, f"{module}.{name}"


@pytest.mark.parametrize("module", MODULES)
def test_classes_have_the_same_members(theirs: Any, ours: Any, module: str) -> None:
    for name, expected in theirs[module].items():
        if expected["kind"] == "class":
            assert ours[module][name]["members"] == expected["members"], f"{module}.{name}"


@pytest.mark.parametrize("module", MODULES)
def test_classes_have_the_same_bases(theirs: Any, ours: Any, module: str) -> None:
    for name, expected in theirs[module].items():
        if expected["kind"] == "class":
            different = _bases(ours[module][name]) != _bases(expected)
            listed = DIFFERENT_MEMBERS.get(f"{module}.{name}") == "bases"
            assert different == listed, f"{module}.{name}: {_bases(ours[module][name])}"


def _bases(described: dict[str, Any]) -> list[str]:
    # A named tuple's own class has a name of its own in each.
    kept = [base for base in described["bases"] if base not in UNSEEN_BASES]
    return ["tuple fields" if base in {"_Fields", "ClientCallDetails"} else base for base in kept]


def test_grpcio_has_64_public_names_and_so_have_we(ours: Any) -> None:
    import grpc

    assert len(grpc.__all__) == 64
    assert sorted(grpc.__all__) == sorted(ours["grpc"])


def test_importing_grpc_alone_makes_its_packages_resolve() -> None:
    code = (
        "import yamabiko; yamabiko.install(); import grpc; "
        "grpc.aio.Metadata; grpc.experimental.unary_unary; print(grpc.__version__)"
    )
    assert checked(sys.executable, "-c", code) == "1.85.1\n"


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("grpc._interceptor", ["_ClientCallDetails", "_UnaryOutcome", "_FailureOutcome"]),
        ("grpc._utilities", ["RpcMethodHandler", "first_version_is_lower"]),
        ("grpc._cython.cygrpc", ["ChannelArgKey", "EOF", "_ServicerContext", "StatusCode"]),
        ("grpc.aio._call", ["UnaryUnaryCall", "UnaryStreamCall", "StreamStreamCall"]),
        ("grpc.aio._typing", ["MetadataType", "RequestType", "DoneCallbackType"]),
        ("grpc.aio._server", ["Server"]),
        ("grpc.aio._channel", ["Channel"]),
        ("grpc.experimental.aio", ["init_grpc_aio"]),
    ],
)
def test_private_names_that_other_packages_import_are_there(module: str, names: list[str]) -> None:
    import importlib

    found = importlib.import_module(module)
    assert [name for name in names if not hasattr(found, name)] == []


@pytest.mark.parametrize(
    "name", ["_InactiveRpcError", "_MultiThreadedRendezvous", "_Rendezvous", "Channel"]
)
def test_private_names_of_the_channel_are_there(name: str) -> None:
    import grpc._channel

    assert hasattr(grpc._channel, name)


def test_a_name_of_grpcios_core_that_we_lack_is_named_with_its_owner() -> None:
    from grpc._cython import cygrpc

    with pytest.raises(AttributeError, match="grpc._cython.cygrpc.CompletionQueue.*grpcio"):
        cygrpc.CompletionQueue  # noqa: B018
