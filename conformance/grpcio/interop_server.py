"""grpcio's server of the standard interop cases.

It prints the port that it listens on, and leaves in good order when its input ends, so it does not
outlive the test that started it. With --forever it runs until it is interrupted.
"""

import argparse
import asyncio
import sys
import time
import uuid

import grpc

import testing
from testing import ECHO_INITIAL, ECHO_TRAILING, TEST_SERVICE, messages, zeros

CODES = {code.value[0]: code for code in grpc.StatusCode}
# How long a server that is leaving waits for its calls.
GRACE_SECONDS = 10
# How long a proxy may keep what CacheableUnaryCall has answered, and how many of them one keeps.
MAX_AGE_SECONDS = 60
MAX_KEPT = 100


class TestService:
    def __init__(self):
        self.server_id = uuid.uuid4().hex
        # Stands in for the caching proxy that CacheableUnaryCall wants before its server.
        self.kept = {}

    async def EmptyCall(self, request, context):
        return messages.Empty()

    async def UnaryCall(self, request, context):
        if request.response_compressed.value:
            context.set_compression(grpc.Compression.Gzip)
        await echo_metadata(context)
        await check_compression(request, context)
        await check_type(request, context)
        await echo_status(request, context)
        response = messages.SimpleResponse(payload=zeros(request.response_size))
        if request.fill_server_id:
            response.server_id = self.server_id
        return response

    async def CacheableUnaryCall(self, request, context):
        await context.send_initial_metadata((("cache-control", f"max-age={MAX_AGE_SECONDS}, public"),))
        key, now = request.message.SerializeToString(), time.monotonic()
        self.kept = {
            key: (made, body) for key, (made, body) in self.kept.items() if now - made < MAX_AGE_SECONDS
        }
        while len(self.kept) >= MAX_KEPT:
            del self.kept[next(iter(self.kept))]
        _, body = self.kept.setdefault(key, (now, str(time.time_ns()).encode()))
        return messages.SimpleResponse(payload=messages.Payload(body=body))

    async def StreamingOutputCall(self, request, context):
        await check_type(request, context)
        if any(parameters.compressed.value for parameters in request.response_parameters):
            context.set_compression(grpc.Compression.Gzip)
        async for response in responses(request, context):
            yield response

    async def StreamingInputCall(self, requests, context):
        total = 0
        async for request in requests:
            await check_compression(request, context)
            total += len(request.payload.body)
        return messages.StreamingInputCallResponse(aggregated_payload_size=total)

    async def FullDuplexCall(self, requests, context):
        await echo_metadata(context)
        async for request in requests:
            await check_type(request, context)
            await echo_status(request, context)
            async for response in responses(request, context):
                yield response

    async def HalfDuplexCall(self, requests, context):
        for request in [request async for request in requests]:
            async for response in responses(request, context):
                yield response


async def responses(request, context):
    for parameters in request.response_parameters:
        await asyncio.sleep(parameters.interval_us / 1e6)
        if not parameters.compressed.value:
            context.disable_next_message_compression()
        yield messages.StreamingOutputCallResponse(payload=zeros(parameters.size))


async def echo_metadata(context):
    metadata = context.invocation_metadata()
    context.set_trailing_metadata(tuple(entry for entry in metadata if entry[0] == ECHO_TRAILING))
    await context.send_initial_metadata(tuple(entry for entry in metadata if entry[0] == ECHO_INITIAL))


async def echo_status(request, context):
    status = request.response_status
    if status.code:
        await context.abort(CODES[status.code], status.message)


async def check_compression(request, context):
    if request.HasField("expect_compressed") and request.expect_compressed.value != request.compressed:
        came = "compressed" if request.compressed else "uncompressed"
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"the message came {came}")


async def check_type(request, context):
    if request.response_type != messages.COMPRESSABLE:
        message = f"no such type of payload: {request.response_type}"
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, message)


KINDS = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}


def handlers(service):
    methods = {
        method.name: KINDS[method.client_streaming, method.server_streaming](
            getattr(service, method.name),
            request_deserializer=testing.parser(method.input_type),
            response_serializer=lambda message: message.SerializeToString(),
        )
        for method in TEST_SERVICE.methods
    }
    return grpc.method_handlers_generic_handler(TEST_SERVICE.full_name, methods)


async def serve(arguments):
    server = grpc.aio.server(options=[testing.LEAVE_COMPRESSED, ("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers((handlers(TestService()),))
    address = f"{arguments.host}:{arguments.port}"
    if arguments.tls:
        pair = testing.certificate("server-key.pem"), testing.certificate("server.pem")
        port = server.add_secure_port(address, grpc.ssl_server_credentials([pair]))
    else:
        port = server.add_insecure_port(address)
    await server.start()
    print(port, flush=True)
    if arguments.forever:
        await server.wait_for_termination()
    await asyncio.to_thread(sys.stdin.read)
    await server.stop(GRACE_SECONDS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="any free one by default")
    parser.add_argument("--tls", action="store_true", help="with ../certificates/server.pem")
    parser.add_argument("--forever", action="store_true", help="whatever becomes of the input")
    asyncio.run(serve(parser.parse_args()))
