"""The parts that stand by themselves: handlers, versions, credentials, metadata, readiness."""

from __future__ import annotations

import pickle
import threading
from types import SimpleNamespace
from typing import Any

import pytest
import yamabiko.grpc as grpc
from yamabiko.grpc import _auth, _common, _compression, _credentials, _utilities


@pytest.mark.parametrize(
    ("kind", "flags"),
    [
        ("unary_unary", (False, False)),
        ("unary_stream", (False, True)),
        ("stream_unary", (True, False)),
        ("stream_stream", (True, True)),
    ],
)
def test_a_handler_is_a_named_tuple_with_its_function_in_its_place(kind: str, flags: Any) -> None:
    handler: Any = getattr(grpc, f"{kind}_rpc_method_handler")(len, bytes, str)
    assert isinstance(handler, grpc.RpcMethodHandler)
    assert isinstance(handler, tuple)
    assert (handler.request_streaming, handler.response_streaming) == flags
    assert (handler.request_deserializer, handler.response_serializer) == (bytes, str)
    functions = {name: getattr(handler, name) for name in handler._fields[4:]}
    assert {name for name, function in functions.items() if function} == {kind}
    assert handler._replace(**{kind: max})[4:].count(max) == 1


def test_wrapping_a_handler_wraps_its_function() -> None:
    handler = grpc.unary_stream_rpc_method_handler(len)
    wrapped = grpc.experimental.wrap_server_method_handler(lambda f: (f, "wrapped"), handler)
    assert wrapped.unary_stream == (len, "wrapped")
    assert grpc.experimental.wrap_server_method_handler(len, None) is None


def test_a_generic_handler_knows_its_methods_by_path() -> None:
    handler = grpc.unary_unary_rpc_method_handler(len)
    generic: Any = grpc.method_handlers_generic_handler("pkg.Service", {"Method": handler})
    assert generic.service_name() == "pkg.Service"
    assert generic.service(SimpleNamespace(method="/pkg.Service/Method")) is handler
    assert generic.service(SimpleNamespace(method="/pkg.Service/Other")) is None


@pytest.mark.parametrize(
    ("first", "second", "lower"),
    [
        ("1.85.1", "1.85.1", False),
        ("1.85.0", "1.85.1", True),
        ("1.9.0", "1.10.0", True),
        ("2.0.0", "1.99.99", False),
        ("1.85.1", "1.85.1.dev0", True),
        ("1.85.1.dev0", "1.85.1", False),
        ("1.85.x", "1.85.1", False),
    ],
)
def test_versions_compare_by_their_numbers(first: str, second: str, lower: bool) -> None:
    assert _utilities.first_version_is_lower(first, second) is lower


def test_values_survive_a_pickle() -> None:
    for value in (grpc.StatusCode.NOT_FOUND, grpc.Compression.Gzip, grpc.ChannelConnectivity.READY):
        assert pickle.loads(pickle.dumps(value)) is value


def test_numbers_of_the_wire_and_status_codes_correspond() -> None:
    for number, code in _common.CYGRPC_STATUS_CODE_TO_STATUS_CODE.items():
        assert (int(number), number.name) == (code.value[0], code.name.lower())


def test_abstract_classes_cannot_be_made_and_say_what_is_missing() -> None:
    abstract: Any = grpc.UnaryUnaryClientInterceptor
    with pytest.raises(TypeError, match="intercept_unary_unary"):
        abstract()


def test_classes_take_types_in_annotations() -> None:
    assert grpc.UnaryUnaryMultiCallable[int, str]
    assert grpc.UnaryUnaryClientInterceptor[int, str]
    assert grpc.RpcMethodHandler[int, str]
    assert grpc.Future[int]


# Credentials


def test_credentials_can_be_made_and_combined() -> None:
    token = grpc.access_token_call_credentials("secret")
    both = grpc.composite_call_credentials(token, token)
    channel = grpc.composite_channel_credentials(grpc.ssl_channel_credentials(), token, both)
    assert isinstance(both, grpc.CallCredentials)
    assert isinstance(channel, grpc.ChannelCredentials)
    for made in (
        grpc.local_channel_credentials(),
        grpc.alts_channel_credentials(["me"]),
        grpc.compute_engine_channel_credentials(token),
        grpc.xds_channel_credentials(),
    ):
        assert isinstance(made, grpc.ChannelCredentials)
    pairs = [(b"key", b"certificates")]
    for server in (
        grpc.ssl_server_credentials(pairs),
        grpc.local_server_credentials(),
        grpc.alts_server_credentials(),
        grpc.xds_server_credentials(grpc.insecure_server_credentials()),
        grpc.dynamic_ssl_server_credentials(
            grpc.ssl_server_certificate_configuration(pairs), lambda: None
        ),
    ):
        assert isinstance(server, grpc.ServerCredentials)


def test_credentials_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="At least one private key-certificate chain pair"):
        grpc.ssl_server_credentials([])
    with pytest.raises(ValueError, match="Illegal to require client auth without"):
        grpc.ssl_server_credentials([(b"", b"")], None, True)
    not_a_configuration: Any = 3
    with pytest.raises(TypeError, match="must be a grpc.ServerCertificateConfiguration"):
        grpc.dynamic_ssl_server_credentials(not_a_configuration, lambda: None)


def test_a_secure_channel_says_that_there_is_no_tls() -> None:
    with pytest.raises(NotImplementedError, match="secure_channel to example.org:443: .* no TLS"):
        grpc.secure_channel("example.org:443", grpc.ssl_channel_credentials())
    composite = grpc.composite_channel_credentials(
        grpc.experimental.insecure_channel_credentials(), grpc.access_token_call_credentials("t")
    )
    with pytest.raises(NotImplementedError, match="composite credentials"):
        grpc.secure_channel("example.org:443", composite)


def test_insecure_credentials_are_insecure_everywhere() -> None:
    _credentials.require_insecure(grpc.insecure_server_credentials(), "a port")
    insecure = grpc.experimental.insecure_channel_credentials()
    assert insecure is grpc.experimental.insecure_channel_credentials()
    grpc.secure_channel("localhost:1", insecure).close()


def test_an_access_token_is_handed_over_as_a_bearer() -> None:
    seen: list[Any] = []
    callback: Any = lambda metadata, error: seen.append((metadata, error))  # noqa: E731
    context: Any = SimpleNamespace(service_url="https://example.org/pkg.Service")
    _auth.AccessTokenAuthMetadataPlugin("secret")(context, callback)
    assert seen == [((("authorization", "Bearer secret"),), None)]


def test_googles_credentials_are_asked_for_a_token_or_give_their_error() -> None:
    seen: list[Any] = []
    callback: Any = lambda metadata, error: seen.append((metadata, error))  # noqa: E731
    context: Any = SimpleNamespace(service_url="https://example.org/pkg.Service")

    class Signing:
        def get_access_token(self, additional_claims: Any = None) -> Any:
            return SimpleNamespace(access_token=additional_claims["aud"])

    class Broken:
        def get_access_token(self) -> Any:
            raise OSError("no network")

    _auth.GoogleCallCredentials(Signing())(context, callback)
    _auth.GoogleCallCredentials(Broken())(context, callback)
    assert seen[0] == ((("authorization", "Bearer https://example.org/pkg.Service"),), None)
    assert isinstance(seen[1][1], OSError)


def test_a_plugins_name_is_given_or_its_own() -> None:
    class Plugin(grpc.AuthMetadataPlugin):
        pass

    assert grpc.metadata_call_credentials(Plugin())._credentials.name == "Plugin"
    assert grpc.metadata_call_credentials(Plugin(), "mine")._credentials.name == "mine"


# Compression


def test_compression_becomes_an_option_and_metadata() -> None:
    assert _compression.create_channel_option(None) == ()
    assert _compression.create_channel_option(grpc.Compression.Gzip) == (
        ("grpc.default_compression_algorithm", 2),
    )
    assert _compression.augment_metadata(None, None) is None
    assert _compression.augment_metadata([("a", "b")], grpc.Compression.Deflate) == (
        ("a", "b"),
        ("grpc-internal-encoding-request", "deflate"),
    )


# The future of a channel's readiness


class WatchedChannel:
    """Only what a watcher of connectivity needs."""

    def __init__(self) -> None:
        self.callback: Any = None
        self.unsubscribed = 0

    def subscribe(self, callback: Any, try_to_connect: bool) -> None:
        assert try_to_connect
        self.callback = callback

    def unsubscribe(self, callback: Any) -> None:
        self.unsubscribed += 1


def test_readiness_comes_with_ready_and_with_nothing_else() -> None:
    channel: Any = WatchedChannel()
    future = grpc.channel_ready_future(channel)
    done: list[Any] = []
    future.add_done_callback(done.append)
    channel.callback(grpc.ChannelConnectivity.CONNECTING)
    channel.callback(grpc.ChannelConnectivity.TRANSIENT_FAILURE)
    assert not future.done()
    assert future.running()
    with pytest.raises(grpc.FutureTimeoutError):
        future.result(timeout=0.01)
    threading.Timer(0.01, channel.callback, [grpc.ChannelConnectivity.READY]).start()
    assert future.result(timeout=10) is None
    assert future.done()
    assert done == [future]
    assert channel.unsubscribed == 1
    assert not future.cancel()
    future.add_done_callback(done.append)
    assert done == [future, future]


def test_waiting_for_readiness_can_be_given_up() -> None:
    channel: Any = WatchedChannel()
    future = grpc.channel_ready_future(channel)
    assert future.cancel()
    assert future.cancel()
    assert future.cancelled()
    with pytest.raises(grpc.FutureCancelledError):
        future.result(timeout=1)
    channel.callback(grpc.ChannelConnectivity.READY)
    assert future.cancelled()


# asyncio


def test_asynchronous_metadata_is_a_mapping_with_several_values_for_a_key() -> None:
    metadata = grpc.aio.Metadata(("a", "1"), ("b", b"2"), ("a", "3"))
    assert list(metadata) == [("a", "1"), ("a", "3"), ("b", b"2")]
    assert (metadata["a"], metadata.get_all("a"), len(metadata)) == ("1", ["1", "3"], 3)
    metadata["a"] = "9"
    assert metadata.get_all("a") == ["9", "3"]
    del metadata["a"]
    assert metadata.get_all("a") == ["3"]
    assert metadata.get("nothing") is None
    assert "b" in metadata
    assert metadata + (("c", "4"),) == grpc.aio.Metadata(("a", "3"), ("b", b"2"), ("c", "4"))
    assert repr(grpc.aio.Metadata(("a", "1"))) == "Metadata((('a', '1'),))"
    metadata.delete_all("b")
    metadata.set_all("a", ["x", "y"])
    assert list(grpc.aio.Metadata.from_tuple(tuple(metadata))) == [("a", "x"), ("a", "y")]
    assert list(grpc.aio.Metadata.from_tuple(None)) == []
    with pytest.raises(KeyError):
        metadata["nothing"]


def test_an_asynchronous_error_prints_as_grpcios_and_survives_a_pickle() -> None:
    error = grpc.aio.AioRpcError(grpc.StatusCode.NOT_FOUND, details="no such", debug_error_string="x")
    assert str(error) == repr(error) == (
        "<AioRpcError of RPC that terminated with:\n"
        "\tstatus = StatusCode.NOT_FOUND\n"
        '\tdetails = "no such"\n'
        '\tdebug_error_string = "x"\n'
        ">"
    )
    again = pickle.loads(pickle.dumps(error))
    assert (again.code(), again.details()) == (grpc.StatusCode.NOT_FOUND, "no such")


def test_what_asyncio_lacks_says_so_when_it_is_used() -> None:
    for use in (
        lambda: grpc.aio.server(),
        lambda: grpc.aio.insecure_channel("localhost:1"),
        lambda: grpc.aio.secure_channel("localhost:1", grpc.ssl_channel_credentials()),
    ):
        with pytest.raises(NotImplementedError, match="yamabiko has no asyncio yet"):
            use()
    grpc.aio.init_grpc_aio()


def test_an_experimental_function_warns_once() -> None:
    from yamabiko.grpc import _experimental, experimental

    _experimental._warned.clear()

    @_experimental.experimental_api
    def novelty() -> int:
        return 1

    with pytest.warns(experimental.ExperimentalApiWarning, match="'novelty' is an experimental"):
        assert novelty() == 1
    assert novelty() == 1
