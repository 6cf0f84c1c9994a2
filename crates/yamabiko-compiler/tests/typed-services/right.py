"""Uses that a type checker is to accept, with what it is to make of them."""

from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, assert_type

import grpc
import grpc.aio

import hello_pb2_grpc
from hello_pb2 import Request
from sub.word_pb2 import Word


def call(channel: grpc.Channel) -> None:
    stub = hello_pb2_grpc.WaysStub(channel)
    assert_type(stub.One, grpc.UnaryUnaryMultiCallable[Request, Word])
    assert_type(stub.One(Request(name="x"), timeout=3), Word)
    for word in stub.Down(Request()):
        assert_type(word, Word)
    assert_type(stub.Up(iter([Request()])), Word)
    for letter in stub.Both(iter([Request()])):
        assert_type(letter, Word.Letter)
    hello_pb2_grpc.NothingStub(channel)
    assert_type(hello_pb2_grpc.Ways.One(Request(), "target", insecure=True), Word)


async def call_later(channel: grpc.aio.Channel) -> None:
    stub = hello_pb2_grpc.WaysStub(channel)
    assert_type(await stub.One(Request()), Word)
    async for word in stub.Down(Request()):
        assert_type(word, Word)


def with_a_stub(stub: hello_pb2_grpc.WaysStub) -> Word:
    return stub.One(Request())


class Now(hello_pb2_grpc.WaysServicer):
    def One(self, request: Request, context: grpc.ServicerContext) -> Word:
        return Word(text=request.name)

    def Down(self, request: Request, context: grpc.ServicerContext) -> Iterator[Word]:
        yield Word()

    def Up(self, request_iterator: Iterator[Request], context: grpc.ServicerContext) -> Word:
        return Word()


class Later(hello_pb2_grpc.WaysServicer):
    async def One(self, request: Request, context: grpc.aio.ServicerContext[Any, Any]) -> Word:
        return Word(text=request.name)

    async def Down(
        self, request: Request, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[Word]:
        yield Word()

    async def Up(
        self,
        request_iterator: AsyncIterator[Request],
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> Word:
        return Word()


def serve() -> None:
    server = grpc.server(ThreadPoolExecutor())
    hello_pb2_grpc.add_WaysServicer_to_server(Now(), server)
    hello_pb2_grpc.add_WaysServicer_to_server(Later(), grpc.aio.server())
