"""grpcio's client of the standard interop cases. Each function below with the parameter `stub` is a case, and raises where it fails.

Each runs on a connection of its own.
"""

import argparse
import inspect
import threading
import time
from types import SimpleNamespace

import grpc

import testing
from testing import ECHO_INITIAL, ECHO_TRAILING, TEST_SERVICE, messages, zeros

LARGE_REQUEST, LARGE_RESPONSE = 271_828, 314_159
REQUEST_SIZES = [27_182, 8, 1_828, 45_904]
RESPONSE_SIZES = [31_415, 9, 2_653, 58_979]
# How long a call may take that nobody has set a shorter time for.
WAIT = 30
SPECIAL_MESSAGE = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
SOAK_ITERATIONS = 10
SOAK_SECONDS_PER_CALL = 5

GZIP, PLAIN = grpc.Compression.Gzip, grpc.Compression.NoCompression


def equal(found, expected):
    assert found == expected, f"{found!r} is not {expected!r}"


def failure(call):
    """The error that something ends with."""
    try:
        found = call()
    except grpc.RpcError as error:
        return error
    raise AssertionError(f"the call succeeded: {str(found)[:100]}")


def boolean(value):
    return messages.BoolValue(value=value)


def large(**fields):
    return messages.SimpleRequest(
        response_size=LARGE_RESPONSE, payload=zeros(LARGE_REQUEST), **fields
    )


def is_large(response):
    equal(response.payload.body, bytes(LARGE_RESPONSE))


def asking(size, payload=None, **fields):
    parameters = [messages.ResponseParameters(size=size)] if size is not None else []
    payload = zeros(payload) if payload is not None else None
    return messages.StreamingOutputCallRequest(
        response_parameters=parameters, payload=payload, **fields
    )


class Turns:
    """Requests that are sent one by one, when the test says so."""

    def __init__(self):
        self.condition = threading.Condition()
        self.waiting = []
        self.over = False

    def send(self, request):
        with self.condition:
            self.waiting.append(request)
            self.condition.notify()

    def half_close(self):
        with self.condition:
            self.over = True
            self.condition.notify()

    def __iter__(self):
        return self

    def __next__(self):
        with self.condition:
            self.condition.wait_for(lambda: self.waiting or self.over)
            if self.waiting:
                return self.waiting.pop(0)
            raise StopIteration


# Unary calls


def empty_unary(stub):
    equal(stub.EmptyCall(messages.Empty(), timeout=WAIT).message, messages.Empty())


def cacheable_unary(stub):
    # gRPC has given up GET, so this is a call as any other; the proxy is with the server.
    request = messages.SimpleRequest(payload=messages.Payload(body=str(time.time_ns()).encode()))
    metadata = [("x-user-ip", "1.2.3.4")]
    first, second = (
        stub.CacheableUnaryCall(request, metadata=metadata, timeout=WAIT) for _ in range(2)
    )
    assert first.payload.body, "there is no time in the answer"
    equal(second.payload.body, first.payload.body)


def large_unary(stub):
    is_large(stub.UnaryCall(large(), timeout=WAIT))


def client_compressed_unary(stub):
    lie = large(expect_compressed=boolean(True))
    error = failure(lambda: stub.UnaryCall(lie, compression=PLAIN, timeout=WAIT))
    equal(error.code(), grpc.StatusCode.INVALID_ARGUMENT)
    for compression in GZIP, PLAIN:
        request = large(expect_compressed=boolean(compression is GZIP))
        is_large(stub.UnaryCall(request, compression=compression, timeout=WAIT))


def server_compressed_unary(stub):
    for compressed in True, False:
        response = stub.UnaryCall(large(response_compressed=boolean(compressed)), timeout=WAIT)
        is_large(response)
        equal(response.compressed, compressed)


def concurrent_large_unary(stub):
    calls = [stub.UnaryCall.future(large(), timeout=4 * WAIT) for _ in range(1000)]
    for call in calls:
        is_large(call.result())


def pick_first_unary(stub):
    request = messages.SimpleRequest(response_size=1, payload=zeros(1), fill_server_id=True)
    ids = {stub.UnaryCall(request, timeout=WAIT).server_id for _ in range(20)}
    equal(len(ids), 1)
    assert ids != {""}, "the server says no id"


# Streams


def client_streaming(stub):
    requests = [messages.StreamingInputCallRequest(payload=zeros(size)) for size in REQUEST_SIZES]
    response = stub.StreamingInputCall(iter(requests), timeout=WAIT)
    equal(response.aggregated_payload_size, sum(REQUEST_SIZES))


def client_compressed_streaming(stub):
    def request(size, compressed):
        expected = boolean(compressed)
        return messages.StreamingInputCallRequest(payload=zeros(size), expect_compressed=expected)

    lie = [request(27_182, True)]
    error = failure(lambda: stub.StreamingInputCall(iter(lie), compression=PLAIN, timeout=WAIT))
    equal(error.code(), grpc.StatusCode.INVALID_ARGUMENT)

    def requests():
        yield request(27_182, True)
        with uncompressed():
            yield request(45_904, False)

    response = stub.StreamingInputCall(requests(), compression=GZIP, timeout=WAIT)
    equal(response.aggregated_payload_size, 27_182 + 45_904)


class uncompressed:
    """While it lasts, requests are sent uncompressed. grpcio has no word for it on this side; the flags of the operation that sends a message are what its servers use."""

    def __enter__(self):
        self.flags = grpc._channel._EMPTY_FLAGS
        grpc._channel._EMPTY_FLAGS = grpc._channel.cygrpc.WriteFlag.no_compress

    def __exit__(self, *_):
        grpc._channel._EMPTY_FLAGS = self.flags


def server_streaming(stub):
    parameters = [messages.ResponseParameters(size=size) for size in RESPONSE_SIZES]
    request = messages.StreamingOutputCallRequest(response_parameters=parameters)
    responses = list(stub.StreamingOutputCall(request, timeout=WAIT))
    equal([response.payload.body for response in responses], [bytes(size) for size in RESPONSE_SIZES])


def server_compressed_streaming(stub):
    wanted = [(31_415, True), (92_653, False)]
    parameters = [
        messages.ResponseParameters(size=size, compressed=boolean(compressed))
        for size, compressed in wanted
    ]
    request = messages.StreamingOutputCallRequest(response_parameters=parameters)
    responses = stub.StreamingOutputCall(request, timeout=WAIT)
    found = [(len(response.payload.body), response.compressed) for response in responses]
    equal(found, wanted)


def ping_pong(stub):
    requests = Turns()
    responses = stub.FullDuplexCall(requests, timeout=WAIT)
    for request_size, response_size in zip(REQUEST_SIZES, RESPONSE_SIZES):
        requests.send(asking(response_size, request_size))
        equal(next(responses).payload.body, bytes(response_size))
    requests.half_close()
    equal(list(responses), [])


def empty_stream(stub):
    equal(list(stub.FullDuplexCall(iter([]), timeout=WAIT)), [])


# Metadata and statuses


def custom_metadata(stub):
    initial, trailing = (ECHO_INITIAL, "test_initial_metadata_value"), (ECHO_TRAILING, b"\xab\xab\xab")
    metadata = [initial, trailing]
    response, unary = stub.UnaryCall.with_call(large(), metadata=metadata, timeout=WAIT)
    is_large(response)
    requests = iter([asking(LARGE_RESPONSE, LARGE_REQUEST)])
    stream = stub.FullDuplexCall(requests, metadata=metadata, timeout=WAIT)
    equal([response.payload.body for response in stream], [bytes(LARGE_RESPONSE)])
    for call in unary, stream:
        assert initial in map(tuple, call.initial_metadata()), call.initial_metadata()
        assert trailing in map(tuple, call.trailing_metadata()), call.trailing_metadata()


def status_code_and_message(stub):
    status = messages.EchoStatus(code=2, message="test status message")
    request = messages.SimpleRequest(response_status=status)
    requests = [messages.StreamingOutputCallRequest(response_status=status)]
    for error in [
        failure(lambda: stub.UnaryCall(request, timeout=WAIT)),
        failure(lambda: list(stub.FullDuplexCall(iter(requests), timeout=WAIT))),
    ]:
        equal((error.code(), error.details()), (grpc.StatusCode.UNKNOWN, status.message))


def special_status_message(stub):
    status = messages.EchoStatus(code=2, message=SPECIAL_MESSAGE)
    request = messages.SimpleRequest(response_status=status)
    error = failure(lambda: stub.UnaryCall(request, timeout=WAIT))
    equal((error.code(), error.details()), (grpc.StatusCode.UNKNOWN, SPECIAL_MESSAGE))


def unimplemented_method(stub):
    call = stub.channel.unary_unary(f"/{TEST_SERVICE.full_name}/UnimplementedCall")
    equal(failure(lambda: call(b"", timeout=WAIT)).code(), grpc.StatusCode.UNIMPLEMENTED)


def unimplemented_service(stub):
    call = stub.channel.unary_unary("/grpc.testing.UnimplementedService/UnimplementedCall")
    equal(failure(lambda: call(b"", timeout=WAIT)).code(), grpc.StatusCode.UNIMPLEMENTED)


# Cancellation and deadlines


def cancel_after_begin(stub):
    requests = Turns()
    call = stub.StreamingInputCall.future(requests, timeout=WAIT)
    call.cancel()
    requests.half_close()
    equal(call.code(), grpc.StatusCode.CANCELLED)


def cancel_after_first_response(stub):
    requests = Turns()
    responses = stub.FullDuplexCall(requests, timeout=WAIT)
    requests.send(asking(31_415, 27_182))
    equal(next(responses).payload.body, bytes(31_415))
    responses.cancel()
    requests.half_close()
    equal(failure(lambda: next(responses)).code(), grpc.StatusCode.CANCELLED)


def timeout_on_sleeping_server(stub):
    requests = Turns()
    requests.send(asking(None, 27_182))
    responses = stub.FullDuplexCall(requests, timeout=0.001)
    error = failure(lambda: next(responses))
    requests.half_close()
    equal(error.code(), grpc.StatusCode.DEADLINE_EXCEEDED)


# Soaks


def rpc_soak(stub):
    for _ in range(SOAK_ITERATIONS):
        is_large(stub.UnaryCall(large(), timeout=SOAK_SECONDS_PER_CALL))


def channel_soak(stub):
    for _ in range(SOAK_ITERATIONS):
        with stub.connect() as channel:
            is_large(stub_of(channel, stub.connect).UnaryCall(large(), timeout=SOAK_SECONDS_PER_CALL))


CASES = {
    name: value
    for name, value in globals().items()
    if inspect.isfunction(value) and list(inspect.signature(value).parameters) == ["stub"]
}


def stub_of(channel, connect):
    stub = SimpleNamespace(channel=channel, connect=connect)
    for method in TEST_SERVICE.methods:
        kinds = ["stream" if streams else "unary" for streams in (method.client_streaming, method.server_streaming)]
        make = getattr(channel, "_".join(kinds))
        multi_callable = make(
            f"/{TEST_SERVICE.full_name}/{method.name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=testing.parser(method.output_type),
        )
        setattr(stub, method.name, multi_callable)
    return stub


def connector(arguments):
    """What makes a channel with a connection of its own."""
    options = [
        testing.LEAVE_COMPRESSED,
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.enable_http_proxy", 0),
    ]
    address = f"{arguments.host}:{arguments.port}"
    if not arguments.tls:
        return lambda: grpc.insecure_channel(address, options=options)
    credentials = grpc.ssl_channel_credentials(testing.certificate("ca.pem"))
    return lambda: grpc.secure_channel(address, credentials, options=options)


def named(argument):
    names = list(CASES) if argument == "all" else argument.split(",")
    for name in names:
        if name not in CASES:
            raise argparse.ArgumentTypeError(f"no such case: {name}")
    return names


def run(arguments):
    connect = connector(arguments)
    for name in arguments.test_case:
        with connect() as channel:
            CASES[name](stub_of(channel, connect))
        print(f"{name}: ok", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--test-case", required=True, type=named, help="several with commas, or all: " + ", ".join(CASES)
    )
    parser.add_argument("--tls", action="store_true", help="trusting ../certificates/ca.pem")
    run(parser.parse_args())
