"""A client on the real grpcio, in a process of its own, that does what the tests tell it.

Each line on stdin is a list of calls, made at once; each line on stdout what came of them.
Bytes travel as text of Latin-1.
"""

import json
import sys
import threading
import time

import grpc

_channels = {}


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


def _begin(call):
    method = _channel(call["target"]).unary_unary(call["method"])
    began = time.monotonic()
    future = method.future(
        call.get("request", "").encode("latin-1"),
        timeout=call.get("timeout", 20),
        metadata=_from_json(call.get("metadata", ())),
        wait_for_ready=True,
    )
    if "cancel_after" in call:
        threading.Timer(call["cancel_after"], future.cancel).start()
    ended = threading.Event()
    times = []
    future.add_done_callback(lambda _: (times.append(time.monotonic() - began), ended.set()))

    def outcome():
        ended.wait()
        code = future.code()
        answer = {"code": code.name, "details": future.details(), "took": times[0]}
        if future.cancelled():
            return answer
        answer["initial"] = _to_json(future.initial_metadata())
        answer["trailing"] = _to_json(future.trailing_metadata())
        if code is grpc.StatusCode.OK:
            answer["response"] = future.result().decode("latin-1")
        return answer

    return outcome


for line in sys.stdin:
    begun = [_begin(call) for call in json.loads(line)]
    print(json.dumps([outcome() for outcome in begun]), flush=True)
