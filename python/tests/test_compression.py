"""``compression=`` of channels, servers and calls, and ``set_compression``: what passes is counted,
beside grpcio's two sides."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from typing import Any

import grpc
import pytest

from conftest import GRPCIO_PYTHON

METHOD = "/test.Echo/Say"
VERSE = b"yamabiko, the mountain echo; " * 5_000
# Less than this a compressed VERSE takes, with all that is around it.
SMALL = len(VERSE) // 5
GZIP, DEFLATE, PLAIN = (
    grpc.Compression.Gzip,
    grpc.Compression.Deflate,
    grpc.Compression.NoCompression,
)


class Tap:
    """A way to a server that counts the bytes which pass."""

    def __init__(self, port: int) -> None:
        self._server = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.up = self.down = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._server))
            for way in (client, server, "up"), (server, client, "down"):
                threading.Thread(target=self._pass, args=way, daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, way: str) -> None:
        try:
            while piece := source.recv(65536):
                setattr(self, way, getattr(self, way) + len(piece))
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self) -> None:
        self._listener.close()


@contextmanager
def serving(handler: Any, **options: Any) -> Iterator[Tap]:
    server = grpc.server(futures.ThreadPoolExecutor(2), **options)
    method = grpc.unary_unary_rpc_method_handler(handler)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("test.Echo", {"Say": method}),)
    )
    tap = Tap(server.add_insecure_port("127.0.0.1:0"))
    server.start()
    try:
        yield tap
    finally:
        server.stop(None)
        tap.close()


def call(tap: Tap, request: bytes = VERSE, *, channel: Any = None, **options: Any) -> tuple[int, int]:
    """The bytes that a call takes, up and down."""
    tap.up = tap.down = 0
    with grpc.insecure_channel(f"127.0.0.1:{tap.port}", compression=channel) as made:
        assert made.unary_unary(METHOD)(request, timeout=20, **options) == VERSE
    return tap.up, tap.down


def echo(request: bytes, context: grpc.ServicerContext) -> bytes:
    return VERSE


def test_nothing_is_compressed_that_nobody_asks_for() -> None:
    with serving(echo) as tap:
        up, down = call(tap)
        assert up > len(VERSE) and down > len(VERSE)


@pytest.mark.parametrize("compression", [GZIP, DEFLATE])
def test_a_channel_a_call_and_a_server_compress(compression: grpc.Compression) -> None:
    with serving(echo) as tap:
        up, down = call(tap, channel=compression)
        assert up < SMALL and down > len(VERSE)
        up, down = call(tap, compression=compression)
        assert up < SMALL and down > len(VERSE)
        up, down = call(tap, channel=compression, compression=PLAIN)
        assert up > len(VERSE)
    with serving(echo, compression=compression) as tap:
        up, down = call(tap)
        assert up > len(VERSE) and down < SMALL
    option = [("grpc.default_compression_algorithm", int(compression))]
    with serving(echo, options=option) as tap:
        assert call(tap)[1] < SMALL


@pytest.mark.parametrize("head", [False, True])
def test_a_handler_says_otherwise(head: bool) -> None:
    def handler(request: bytes, context: grpc.ServicerContext) -> bytes:
        if request == b"gzip":
            context.set_compression(GZIP)
        else:
            context.disable_next_message_compression()
        if head:
            context.send_initial_metadata((("key", "value"),))
        return VERSE

    with serving(handler) as tap:
        assert call(tap, b"gzip")[1] < SMALL
        assert call(tap, b"")[1] > len(VERSE)
    with serving(handler, compression=DEFLATE) as tap:
        assert call(tap, b"gzip")[1] < SMALL
        assert call(tap, b"")[1] > len(VERSE)


def test_the_compression_is_fixed_once_the_head_is_sent() -> None:
    def handler(request: bytes, context: grpc.ServicerContext) -> bytes:
        context.send_initial_metadata(())
        context.set_compression(GZIP)
        return VERSE

    with serving(handler) as tap:
        assert call(tap)[1] > len(VERSE)


def test_what_is_inflated_keeps_to_the_limit() -> None:
    with serving(echo, options=[("grpc.max_receive_message_length", len(VERSE) - 1)]) as tap:
        with pytest.raises(grpc.RpcError) as failed:
            call(tap, compression=GZIP)
        assert failed.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert call(tap, VERSE[:-1], compression=GZIP)[0] < SMALL


def test_no_member_of_compression_is_refused() -> None:
    with serving(echo) as tap, pytest.raises(KeyError):
        call(tap, compression=7)


GRPCIO_CLIENT = """
import sys, grpc
for compression in grpc.Compression.Gzip, grpc.Compression.Deflate:
    with grpc.insecure_channel(sys.argv[1], compression=compression) as channel:
        reply = channel.unary_unary("/test.Echo/Say")(b"yamabiko, the mountain echo; " * 5000, timeout=20)
        print(len(reply))
"""

GRPCIO_SERVER = """
import sys, grpc
from concurrent import futures
def say(request, context):
    return request
server = grpc.server(futures.ThreadPoolExecutor(1), compression=grpc.Compression.Gzip)
method = grpc.unary_unary_rpc_method_handler(say)
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", {"Say": method}),))
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
sys.stdin.read()
server.stop(1).wait()
"""


def test_grpcios_client_gets_compressed_answers_for_compressed_requests() -> None:
    def handler(request: bytes, context: grpc.ServicerContext) -> bytes:
        assert request == VERSE
        return request

    with serving(handler, compression=GZIP) as tap:
        command = [GRPCIO_PYTHON, "-c", GRPCIO_CLIENT, f"127.0.0.1:{tap.port}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.stdout.split() == [str(len(VERSE))] * 2, done.stderr
        assert tap.up < 2 * SMALL and tap.down < 2 * SMALL


def test_grpcios_server_gets_compressed_requests_and_gives_compressed_answers() -> None:
    process = subprocess.Popen(
        [GRPCIO_PYTHON, "-c", GRPCIO_SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None and process.stdin is not None
        tap = Tap(int(process.stdout.readline()))
        up, down = call(tap, channel=DEFLATE)
        assert up < SMALL and down < SMALL
        tap.close()
        process.stdin.close()
