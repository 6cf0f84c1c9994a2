"""grpcio's server of interop.proto.

It prints the port that it listens on, and leaves in good order when its input ends, so it does not
outlive the test that started it.
"""

import argparse
import asyncio
import sys

import grpc

from interop import DETAILS, messages, services

# How long a server that is leaving waits for its calls.
GRACE_SECONDS = 10


class Interop(services.InteropServicer):
    def __init__(self):
        self.seen = messages.Observations()
        self.waiting = 0
        self.complete = asyncio.Event()

    async def Hello(self, request, context):
        self.seen.begun += 1
        return messages.HelloReply(message=f"こんにちは, {request.name}")

    async def Empty(self, request, context):
        return messages.Nothing()

    async def Large(self, request, context):
        return messages.LargeReply(payload=bytes(request.reply_size))

    async def EchoMetadata(self, request, context):
        await context.send_initial_metadata(chosen(context, "head-"))
        context.set_trailing_metadata(chosen(context, "trail-"))
        entries = [
            messages.Entry(key=key, value=value if isinstance(value, bytes) else value.encode())
            for key, value in context.invocation_metadata()
        ]
        return messages.Entries(entries=entries)

    async def FailWith(self, request, context):
        await context.send_initial_metadata(chosen(context, "head-"))
        trailing = list(chosen(context, "trail-"))
        if request.details:
            trailing.append((DETAILS, request.details))
        codes = {code.value[0]: code for code in grpc.StatusCode}
        await context.abort(codes[request.code], request.message, tuple(trailing))

    async def Raise(self, request, context):
        raise LookupError("nobody catches this")

    async def Sleep(self, request, context):
        left = context.time_remaining()
        milliseconds_left = 0 if left is None else int(left * 1000)
        self.seen.begun += 1
        self.seen.milliseconds_left = milliseconds_left
        try:
            await asyncio.sleep(request.milliseconds / 1000)
        except asyncio.CancelledError:
            self.seen.cancelled += 1
            raise
        return messages.SleepReply(
            has_deadline=left is not None, milliseconds_left=milliseconds_left
        )

    async def Meet(self, request, context):
        self.waiting += 1
        complete = self.complete
        if self.waiting == request.calls:
            self.waiting, self.complete = 0, asyncio.Event()
            complete.set()
        await complete.wait()
        return messages.MeetReply(peer=context.peer())

    async def Observe(self, request, context):
        return self.seen


def chosen(context, prefix):
    """The entries of the call's metadata whose keys begin with `prefix`."""
    return tuple(entry for entry in context.invocation_metadata() if entry[0].startswith(prefix))


def wrong():
    """Methods that a client takes to be unary, and that do not answer with one whole message."""

    def answering(*messages):
        async def answer(request, context):
            for message in messages:
                yield message

        return grpc.unary_stream_rpc_method_handler(answer)

    reply = messages.HelloReply(message="echo" * 1000).SerializeToString()
    answers = {
        "Nothing": answering(),
        "Twice": answering(reply, reply),
        "Garbage": answering(reply[:-1]),
    }
    return grpc.method_handlers_generic_handler("interop.Wrong", answers)


async def serve(arguments):
    options = []
    if arguments.max_streams:
        options.append(("grpc.max_concurrent_streams", arguments.max_streams))
    compression = grpc.Compression.Gzip if arguments.gzip else None
    server = grpc.aio.server(options=options, compression=compression)
    services.add_InteropServicer_to_server(Interop(), server)
    server.add_generic_rpc_handlers((wrong(),))
    port = server.add_insecure_port(f"127.0.0.1:{arguments.port}")
    await server.start()
    print(port, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await server.stop(GRACE_SECONDS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="any free one by default")
    parser.add_argument("--max-streams", type=int, help="calls at once on one connection")
    parser.add_argument("--gzip", action="store_true", help="compress for clients that accept it")
    asyncio.run(serve(parser.parse_args()))
