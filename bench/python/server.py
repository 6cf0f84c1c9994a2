"""The hello server, as the tutorial writes it. Usage: server.py PORT

The same file runs on each `grpc`: the one of the interpreter that runs it.
"""

import sys
from concurrent import futures

import grpc
import hello_pb2
import hello_pb2_grpc


class HelloService(hello_pb2_grpc.HelloServiceServicer):
    def SayHello(self, request, context):
        return hello_pb2.HelloReply(message=f"こんにちは, {request.name}")


def serve(port):
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=10))
    hello_pb2_grpc.add_HelloServiceServicer_to_server(HelloService(), server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    print("listening", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    serve(sys.argv[1])
