"""A client on the real grpcio, in a process of its own, that does what the tests tell it.

Each line on stdin is a list of calls, made at once, or "cancel", which cancels those that have
not ended; each line on stdout is what came of one call, in the order in which they end.
Bytes travel as text of Latin-1.
"""

import itertools
import json
import queue
import sys
import threading

import grpc

_channels = {}
_running = {}
_ended = queue.Queue()
_numbers = itertools.count()


def _channel(target):
    if target not in _channels:
        options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        _channels[target] = grpc.insecure_channel(target, options)
    return _channels[target]


def _to_json(metadata):
    return [
        [key, value.decode("latin-1") if isinstance(value, bytes) else value]
        for key, value in metadata or ()
    ]


def _from_json(metadata):
    return [
        (key, value.encode("latin-1") if key.endswith("-bin") else value)
        for key, value in metadata
    ]


def _begin(number, call):
    future = _channel(call["target"]).unary_unary(call["method"]).future(
        call.get("request", "").encode("latin-1"),
        timeout=call.get("timeout", 60),
        metadata=_from_json(call.get("metadata", ())),
        wait_for_ready=True,
    )
    _running[number] = future
    future.add_done_callback(lambda _: _ended.put(number))


def _outcome(number):
    future = _running.pop(number)
    code = future.code()
    answer = {"number": number, "code": code.name, "details": future.details()}
    if future.cancelled():
        return answer
    answer["initial"] = _to_json(future.initial_metadata())
    answer["trailing"] = _to_json(future.trailing_metadata())
    if code is grpc.StatusCode.OK:
        answer["response"] = future.result().decode("latin-1")
    return answer


def _tell():
    while True:
        print(json.dumps(_outcome(_ended.get())), flush=True)


threading.Thread(target=_tell, daemon=True).start()
for line in sys.stdin:
    asked = json.loads(line)
    if asked == "cancel":
        for future in list(_running.values()):
            future.cancel()
    else:
        for call in asked:
            _begin(next(_numbers), call)
