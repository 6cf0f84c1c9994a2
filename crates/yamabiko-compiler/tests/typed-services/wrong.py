"""Uses that a type checker is to reject, each with the kind of mistake."""

from concurrent.futures import ThreadPoolExecutor

import grpc

import hello_pb2_grpc
from hello_pb2 import Request
from sub.word_pb2 import Word


def call(stub: hello_pb2_grpc.WaysStub) -> None:
    stub.One(3)  # arg-type
    stub.One(Word())  # arg-type
    stub.Three(Request())  # attr-defined
    stub.One(Request()).name  # attr-defined


class Wrong(hello_pb2_grpc.WaysServicer):
    def One(self, request: Word, context: grpc.ServicerContext) -> Word:  # override
        return Word()

    def Down(self, request: Request, context: grpc.ServicerContext) -> Word:  # override
        return Word()


hello_pb2_grpc.add_WaysServicer_to_server(3, grpc.server(ThreadPoolExecutor()))  # arg-type
hello_pb2_grpc.WaysStub("localhost:50051")  # type-var
