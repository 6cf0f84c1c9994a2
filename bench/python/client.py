"""The load client: a stub, used by some threads. Usage: client.py HOST:PORT CALLS THREADS

Prints what the crate `bench-load` prints for the clients in Rust. The same file runs on each `grpc`:
the one of the interpreter that runs it.
"""

import itertools
import json
import sys
import threading
import time

import grpc
import hello_pb2
import hello_pb2_grpc

NAME = "なんしー"
ANSWER = "こんにちは, なんしー"


def repeat(stub, calls, started, latencies):
    """One thread's part: call after call, until all threads together have started `calls`."""
    clock = time.perf_counter_ns
    while next(started) < calls:
        start = clock()
        reply = stub.SayHello(hello_pb2.HelloRequest(name=NAME))
        latencies.append(clock() - start)
        if reply.message != ANSWER:
            raise SystemExit(f"unexpected answer: {reply.message}")


def measure(stub, calls, threads):
    started = itertools.count()
    latencies = [[] for _ in range(threads)]
    workers = [
        threading.Thread(target=repeat, args=(stub, calls, started, mine)) for mine in latencies
    ]
    cpu, start = time.process_time(), time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    done = sorted(itertools.chain.from_iterable(latencies))
    if len(done) != calls:
        raise SystemExit(f"of {calls} calls {len(done)} were answered")

    def percentile(share):
        return done[int(len(done) * share)] / 1e3

    return {
        "calls": calls,
        "seconds": seconds,
        "cpu_us_per_call": cpu * 1e6 / calls,
        "p50_us": percentile(0.50),
        "p99_us": percentile(0.99),
    }


def load(address, calls, threads):
    with grpc.insecure_channel(address) as channel:
        stub = hello_pb2_grpc.HelloServiceStub(channel)
        measure(stub, max(calls // 10, threads), threads)
        print(json.dumps(measure(stub, calls, threads)))


if __name__ == "__main__":
    load(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
