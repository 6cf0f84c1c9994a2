"""A server on the real grpcio that does what a request asks for. Usage: channel_peer.py [PORT]

It prints its port and serves until its standard input ends. A call that asks to be held under a
name is answered when a line says `release NAME`, and `held NAME` prints how many there are.
"""

import collections
import json
import sys
import threading
import time
from concurrent import futures

import grpc

# A test does not wait so long: what it asks for has failed if a held call is answered by itself.
_HELD_SECONDS = 60
_released = collections.defaultdict(threading.Event)
_held = collections.Counter()
_lock = threading.Lock()


def _hold(name, context):
    with _lock:
        released = _released[name]
        _held[name] += 1
    end = time.monotonic() + _HELD_SECONDS
    # Who has given up needs no worker any more.
    while context.is_active() and time.monotonic() < end and not released.wait(0.01):
        pass
    with _lock:
        _held[name] -= 1


def _do(request, context):
    if not request.startswith(b"{"):
        return request
    asked = json.loads(request)
    time.sleep(asked.get("sleep", 0))
    if "hold" in asked:
        _hold(asked["hold"], context)
    if "metadata" in asked:
        context.send_initial_metadata((("head", "h"), ("head-bin", b"\x00\xff")))
        context.set_trailing_metadata((("trail", "t"), ("trail-bin", b"\x01,\x02")))
        received = [(key, repr(value)) for key, value in context.invocation_metadata()]
        return json.dumps(received).encode()
    if "remaining" in asked:
        return json.dumps(context.time_remaining()).encode()
    if "abort" in asked:
        context.abort(grpc.StatusCode[asked["abort"]], "aborted as asked: \u5c71")
    if "raise" in asked:
        raise ValueError("boom")
    return b"x" * asked.get("large", 0)


class _Handlers(grpc.GenericRpcHandler):
    def service(self, details):
        if details.method == "/test.Peer/Do":
            return grpc.unary_unary_rpc_method_handler(_do)
        return None


def main():
    options = [("grpc.max_receive_message_length", -1), ("grpc.so_reuseport", 0)]
    pool = futures.ThreadPoolExecutor(max_workers=40)
    server = grpc.server(pool, (_Handlers(),), options=options)
    port = server.add_insecure_port(f"127.0.0.1:{sys.argv[1] if sys.argv[1:] else 0}")
    server.start()
    print(port, flush=True)
    for line in sys.stdin:
        command, _, name = line.strip().partition(" ")
        with _lock:
            if command == "release":
                _released[name].set()
            print(_held[name], flush=True)
    server.stop(None).wait()


if __name__ == "__main__":
    main()
