"""Calls of the real grpcio, answered by our server."""

from __future__ import annotations

from concurrent import futures

import pytest
from server_support import METHOD, Peer, echo, generic_handler, peer, serving

from yamabiko import grpc

__all__ = ["peer"]


def test_a_call_is_answered(peer: Peer) -> None:
    with serving(generic_handler(Say=echo)) as target:
        answer = peer.call(target, request="hello")
    assert (answer.code, answer.response) == ("OK", "hello")


def test_large_messages_go_both_ways(peer: Peer) -> None:
    with serving(generic_handler(Say=echo)) as target:
        request = "0123456789" * 400_000
        assert peer.call(target, request=request).response == request


def test_an_empty_message_is_one(peer: Peer) -> None:
    with serving(generic_handler(Say=echo)) as target:
        assert peer.call(target).response == ""


def test_a_thousand_calls_at_once_are_all_answered(peer: Peer) -> None:
    with serving(generic_handler(Say=echo)) as target:
        answers = peer.calls(target, *({"request": str(number)} for number in range(1000)))
    assert [answer.response for answer in answers] == [str(number) for number in range(1000)]


def test_an_unknown_method_is_unimplemented(peer: Peer) -> None:
    with serving(generic_handler(Say=echo)) as target:
        for method in ("/test.Echo/Shout", "/other.Service/Say", "test.Echo/Say", "/"):
            answer = peer.call(target, method=method)
            assert (answer.code, answer.details) == ("UNIMPLEMENTED", "Method not found!")


def test_methods_with_streams_are_refused_for_now(peer: Peer) -> None:
    streams = grpc.method_handlers_generic_handler(
        "test.Streams", {"Say": grpc.unary_stream_rpc_method_handler(lambda *_: iter(()))}
    )
    with serving(streams, generic_handler(Say=echo)) as target:
        answer = peer.call(target, method="/test.Streams/Say")
        assert answer.code == "UNIMPLEMENTED"
        assert "streams are not supported yet" in answer.details
        assert peer.call(target, request="x").response == "x"


def test_registered_handlers_come_before_generic_ones(peer: Peer) -> None:
    server = grpc.server(futures.ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers((generic_handler(Say=lambda request, _: b"generic"),))
    handler = grpc.unary_unary_rpc_method_handler(lambda request, _: b"registered")
    server.add_registered_method_handlers("test.Echo", {"Say": handler})
    target = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    assert peer.call(target).response == "registered"
    server.stop(0)


def test_a_finder_of_handlers_is_asked_for_each_call(peer: Peer) -> None:
    asked = []

    class Finder(grpc.GenericRpcHandler):
        def service(self, details):  # type: ignore[no-untyped-def]
            asked.append((details.method, dict(details.invocation_metadata)["who"]))
            if details.method == METHOD:
                return grpc.unary_unary_rpc_method_handler(echo)
            return None

    with serving(Finder(), generic_handler(Also=lambda *_: b"also")) as target:
        assert peer.call(target, request="1", metadata=[["who", "me"]]).response == "1"
        also = peer.call(target, method="/test.Echo/Also", metadata=[["who", "you"]])
        assert also.response == "also"
    assert asked == [(METHOD, "me"), ("/test.Echo/Also", "you")]


def test_interceptors_stand_in_the_order_given(peer: Peer) -> None:
    seen = []

    class Interceptor(grpc.ServerInterceptor):
        def __init__(self, name: str) -> None:
            self.name = name

        def intercept_service(self, continuation, details):  # type: ignore[no-untyped-def]
            seen.append((self.name, details.method))
            handler = continuation(details)
            if handler is None:
                return None

            def behavior(request, context):  # type: ignore[no-untyped-def]
                return self.name.encode() + handler.unary_unary(request, context)

            return handler._replace(unary_unary=behavior)

    interceptors = (Interceptor("a"), Interceptor("b"))
    with serving(generic_handler(Say=echo), interceptors=interceptors) as target:
        assert peer.call(target, request="!").response == "ab!"
        assert peer.call(target, method="/no/One").code == "UNIMPLEMENTED"
    assert seen == [("a", METHOD), ("b", METHOD), ("a", "/no/One"), ("b", "/no/One")]


def test_an_interceptor_can_answer_instead(peer: Peer) -> None:
    class Guard(grpc.ServerInterceptor):
        def intercept_service(self, continuation, details):  # type: ignore[no-untyped-def]
            def refuse(request, context):  # type: ignore[no-untyped-def]
                context.abort(grpc.StatusCode.UNAUTHENTICATED, "who are you?")

            return grpc.unary_unary_rpc_method_handler(refuse)

    with serving(generic_handler(Say=echo), interceptors=[Guard()]) as target:
        answer = peer.call(target)
    assert (answer.code, answer.details) == ("UNAUTHENTICATED", "who are you?")


def test_an_interceptor_that_raises_fails_the_call(
    peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(grpc.ServerInterceptor):
        def intercept_service(self, continuation, details):  # type: ignore[no-untyped-def]
            raise ValueError("broken")

    with serving(generic_handler(Say=echo), interceptors=[Broken()]) as target:
        answer = peer.call(target)
    assert (answer.code, answer.details) == ("UNKNOWN", "Error in service handler!")
    assert caplog.text.count("ValueError: broken") == 1


def test_the_tutorials_service(peer: Peer, hello: object) -> None:
    class Hello(hello.pb2_grpc.HelloServiceServicer):  # type: ignore[name-defined,attr-defined]
        def SayHello(self, request, context):  # type: ignore[no-untyped-def]
            return hello.pb2.HelloReply(message=f"こんにちは, {request.name}")  # type: ignore[attr-defined]

    server = grpc.server(futures.ThreadPoolExecutor(10))
    hello.pb2_grpc.add_HelloServiceServicer_to_server(Hello(), server)  # type: ignore[attr-defined]
    port = server.add_insecure_port("[::]:0")
    server.start()
    request = hello.pb2.HelloRequest(name="なんしー").SerializeToString()  # type: ignore[attr-defined]
    for target in (f"127.0.0.1:{port}", f"[::1]:{port}", f"localhost:{port}"):
        answer = peer.call(
            target, method="/hello.HelloService/SayHello", request=request.decode("latin-1")
        )
        reply = hello.pb2.HelloReply.FromString(answer.response.encode("latin-1"))  # type: ignore[attr-defined]
        assert reply.message == "こんにちは, なんしー"
    server.stop(0)


def test_limits_of_messages_are_the_servers(peer: Peer) -> None:
    options = [
        ("grpc.max_receive_message_length", 1000),
        ("grpc.max_send_message_length", 500),
        ("grpc.some_option_of_tomorrow", object()),
    ]
    with serving(generic_handler(Say=echo), options=options) as target:
        assert peer.call(target, request="x" * 500).code == "OK"
        assert peer.call(target, request="x" * 501).code == "RESOURCE_EXHAUSTED"
        assert peer.call(target, request="x" * 1001).code == "RESOURCE_EXHAUSTED"
    with serving(generic_handler(Say=echo)) as target:
        assert peer.call(target, request="x" * (4 * 1024 * 1024 + 1)).code == "RESOURCE_EXHAUSTED"
    options = [("grpc.max_receive_message_length", -1)]
    with serving(generic_handler(Say=echo), options=options) as target:
        assert peer.call(target, request="x" * (5 * 1024 * 1024)).code == "OK"


