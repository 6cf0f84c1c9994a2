"""A server under fifty clients for a minute, a third of which vanish in the middle of a call.

Usage: soak.py [--seconds S] [--clients N]

Runs on the `grpc` of its interpreter, server and clients alike, each client a process. Prints one line
of JSON and ends with 1 if an answer was lost or wrong, if memory went on growing after the warm-up, or
if a thread was left behind by `stop`.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from concurrent import futures

import grpc
import hello_pb2
import hello_pb2_grpc

# Of the whole time, what passes before memory counts.
WARM_UP = 1 / 3
# Memory may be this much larger at the end than after the warm-up: allocators breathe.
GROWTH = 1.05
# A client that is to vanish lives so long, in seconds.
LIVES = (1.0, 8.0)


class HelloService(hello_pb2_grpc.HelloServiceServicer):
    def SayHello(self, request, context):
        if request.name.startswith("slow"):
            time.sleep(0.02)
        return hello_pb2.HelloReply(message=request.name)


def client(address):
    """Calls until its standard input ends, and prints how many answers came and what went wrong."""
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    calls, wrong = 0, []
    generator = random.Random(os.getpid())
    with grpc.insecure_channel(address) as channel:
        stub = hello_pb2_grpc.HelloServiceStub(channel)
        while not ended.is_set():
            kind = "slow" if generator.random() < 0.05 else "quick"
            name = f"{kind} {os.getpid()} {calls} " + "x" * generator.randrange(2_000)
            try:
                reply = stub.SayHello(hello_pb2.HelloRequest(name=name), timeout=30)
                if reply.message != name:
                    wrong.append(f"another answer: {reply.message[:60]}")
            except grpc.RpcError as error:
                wrong.append(f"{error.code().name}: {error.details()}")
            calls += 1
            time.sleep(generator.random() * 0.01)
    print(json.dumps({"calls": calls, "wrong": wrong[:3], "wrong_count": len(wrong)}))


def start_client(address):
    return subprocess.Popen(
        [sys.executable, __file__, "--client", address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def threads():
    return len(os.listdir("/proc/self/task"))


def serve():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=10))
    hello_pb2_grpc.add_HelloServiceServicer_to_server(HelloService(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, f"127.0.0.1:{port}"


def soak(seconds, count):
    threads_before = threads()
    server, address = serve()
    steady = [start_client(address) for _ in range(count - count // 3)]
    vanishing, vanished, memory = {}, 0, []
    begin = time.monotonic()
    while (now := time.monotonic() - begin) < seconds:
        for process in [process for process, until in vanishing.items() if until < now]:
            process.kill()
            process.communicate()
            del vanishing[process]
            vanished += 1
        while len(vanishing) < count // 3:
            vanishing[start_client(address)] = now + random.uniform(*LIVES)
        memory.append((now, resident()))
        time.sleep(0.2)
    for process in vanishing:
        process.kill()
        process.communicate()
    answers, wrong, examples = 0, 0, []
    for process in steady:
        process.stdin.close()
    for process in steady:
        outcome = json.loads(process.stdout.read())
        process.wait()
        answers += outcome["calls"]
        wrong += outcome["wrong_count"]
        examples += outcome["wrong"]
    server.stop(None).wait()
    del server
    deadline = time.monotonic() + 5
    while threads() > threads_before and time.monotonic() < deadline:
        time.sleep(0.05)
    warm = [bytes_ for at, bytes_ in memory if at > seconds * WARM_UP]
    fifth = max(len(warm) // 5, 1)
    first, last = statistics.median(warm[:fifth]), statistics.median(warm[-fifth:])
    outcome = {
        "grpc": getattr(grpc, "__yamabiko_version__", None) and "yamabiko" or "grpcio",
        "seconds": seconds,
        "clients": count,
        "vanished": vanished,
        "answers": answers,
        "lost_or_wrong": wrong,
        "examples": examples[:3],
        "memory_after_warm_up_mib": round(first / 2**20, 1),
        "memory_at_the_end_mib": round(last / 2**20, 1),
        "threads_left_behind": threads() - threads_before,
    }
    print(json.dumps(outcome, ensure_ascii=False))
    return not wrong and last <= first * GROWTH and threads() <= threads_before


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--client", metavar="ADDRESS", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.client:
        client(arguments.client)
    elif not soak(arguments.seconds, arguments.clients):
        sys.exit(1)
