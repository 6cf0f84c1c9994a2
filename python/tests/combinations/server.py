"""The tutorial's service with a few more behaviours, on whichever ``grpc`` there is.

Prints its port, and leaves when its standard input ends. Run with the directory of the generated
code as the argument.
"""

import sys
import time
from concurrent import futures

sys.path.insert(0, sys.argv[1])

import grpc  # noqa: E402
import hello_pb2  # noqa: E402
import hello_pb2_grpc  # noqa: E402


class Hello(hello_pb2_grpc.HelloServiceServicer):
    def SayHello(self, request, context):
        name = request.name
        if name == "metadata":
            sent = dict(context.invocation_metadata())
            context.send_initial_metadata((("initial", sent["asked"]),))
            context.set_trailing_metadata((("trailing-bin", sent["asked-bin"]),))
        elif name == "abort":
            context.abort(grpc.StatusCode.NOT_FOUND, "no such ネーム")
        elif name == "raise":
            raise ValueError("boom")
        elif name == "slow":
            time.sleep(0.5)
        elif name == "status":
            context.set_code(grpc.StatusCode.FAILED_PRECONDITION)
            context.set_details("not yet")
        return hello_pb2.HelloReply(message=f"こんにちは, {name}")


def main():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    hello_pb2_grpc.add_HelloServiceServicer_to_server(Hello(), server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    sys.stdin.read()
    server.stop(0).wait()


if __name__ == "__main__":
    main()
