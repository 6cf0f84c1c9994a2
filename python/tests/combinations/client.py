"""Calls the service of ``server.py`` in many ways, on whichever ``grpc`` there is.

Prints what came of it as JSON; run with the directory of the generated code and the port.
"""

import json
import sys
from concurrent import futures

sys.path.insert(0, sys.argv[1])

import grpc  # noqa: E402
import hello_pb2  # noqa: E402
import hello_pb2_grpc  # noqa: E402


def request(name):
    return hello_pb2.HelloRequest(name=name)


def error(call):
    try:
        call()
    except grpc.RpcError as failed:
        return [failed.code().name, failed.details(), isinstance(failed, grpc.Call)]
    return None


def main():
    facts = {}
    with grpc.insecure_channel(f"127.0.0.1:{sys.argv[2]}") as channel:
        grpc.channel_ready_future(channel).result(timeout=10)
        stub = hello_pb2_grpc.HelloServiceStub(channel)
        facts["call"] = stub.SayHello(request("なんしー")).message
        facts["future"] = stub.SayHello.future(request("later")).result(timeout=10).message
        large = "x" * 1_000_000
        facts["large"] = len(stub.SayHello(request(large)).message)
        sent = (("asked", "something"), ("asked-bin", b"\x00\xff"))
        _, call = stub.SayHello.with_call(request("metadata"), metadata=sent)
        facts["initial"] = dict(call.initial_metadata())["initial"]
        facts["trailing"] = list(dict(call.trailing_metadata())["trailing-bin"])
        facts["code"] = call.code().name
        facts["abort"] = error(lambda: stub.SayHello(request("abort")))
        facts["raise"] = error(lambda: stub.SayHello(request("raise")))
        facts["status"] = error(lambda: stub.SayHello(request("status")))
        # Either side may be the one that says it, in words of its own.
        facts["slow"] = error(lambda: stub.SayHello(request("slow"), timeout=0.05))[0]
        nowhere = channel.unary_unary("/hello.HelloService/Nothing")
        facts["unknown"] = error(lambda: nowhere(b""))
        with futures.ThreadPoolExecutor(max_workers=8) as pool:
            answers = pool.map(lambda n: stub.SayHello(request(str(n))).message, range(200))
            facts["many"] = list(answers) == [f"こんにちは, {n}" for n in range(200)]
    json.dump(facts, sys.stdout)


if __name__ == "__main__":
    main()
