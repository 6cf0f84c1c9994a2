"""From listening to the end: ports, start, stop, signals, forks, the interpreter's end."""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent import futures
from typing import Any

import pytest
from server_support import HELD, Peer, echo, generic_handler, peer, serving

from yamabiko import grpc

__all__ = ["peer"]


def new_server(*handlers: grpc.GenericRpcHandler, **arguments: Any) -> grpc.Server:
    return grpc.server(futures.ThreadPoolExecutor(2), handlers=handlers, **arguments)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1:0", "[::]:0", "[::1]:0", "localhost:0", "0.0.0.0:0", "ipv4:127.0.0.1:0",
     "ipv6:[::1]:0", "dns:///localhost:0", "*:0", ":0", b"127.0.0.1:0"],
)  # fmt: skip
def test_addresses_as_grpcio_understands_them(peer: Peer, address: Any) -> None:
    server = new_server(generic_handler(Say=echo))
    port = server.add_insecure_port(address)
    assert port > 0
    server.start()
    host = "[::1]" if "::1" in str(address) else "127.0.0.1"
    assert peer.call(f"{host}:{port}", request="x").response == "x"
    server.stop(0)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("localhost:99999", "0 to 65535"),
        ("localhost:http", "0 to 65535"),
        ("localhost", "port is missing"),
        ("no-such-host.invalid:1", "no-such-host.invalid:1"),
        ("unix:/tmp/socket", "not supported yet"),
        ("198.51.100.7:0", "this machine has no such address"),
    ],
)
def test_an_address_that_cannot_be_listened_on_is_said_to_be_so(address: str, words: str) -> None:
    with pytest.raises(RuntimeError, match="Failed to bind to address") as raised:
        new_server().add_insecure_port(address)
    assert address in str(raised.value) and words in str(raised.value)


def test_a_port_in_use_is_an_error_that_says_so() -> None:
    first, second = new_server(), new_server()
    port = first.add_insecure_port("127.0.0.1:0")
    with pytest.raises(RuntimeError, match="Address already in use"):
        second.add_insecure_port(f"127.0.0.1:{port}")
    with pytest.raises(RuntimeError, match="Address already in use"):
        second.add_insecure_port(f"[::]:{port}")
    first.stop(None)
    assert second.add_insecure_port(f"127.0.0.1:{port}") == port
    second.stop(None)


def test_two_servers_share_a_port_if_both_say_so() -> None:
    options = [("grpc.so_reuseport", 1)]
    first, second = new_server(options=options), new_server(options=options)
    port = first.add_insecure_port("127.0.0.1:0")
    assert second.add_insecure_port(f"127.0.0.1:{port}") == port
    first.stop(None)
    second.stop(None)


def test_a_server_listens_on_several_ports(peer: Peer) -> None:
    server = new_server(generic_handler(Say=echo))
    ports = [server.add_insecure_port("127.0.0.1:0") for _ in range(3)]
    server.start()
    assert [peer.call(f"127.0.0.1:{port}", request="x").response for port in ports] == ["x"] * 3
    server.stop(0)


def test_a_server_starts_once() -> None:
    server = new_server()
    server.add_insecure_port("127.0.0.1:0")
    server.start()
    with pytest.raises(ValueError, match="Cannot start already-started server!"):
        server.start()
    server.stop(0)
    with pytest.raises(ValueError, match="make a new one"):
        server.start()


def test_stop_gives_an_event_and_may_be_repeated() -> None:
    never_started = new_server()
    assert never_started.stop(None).is_set()
    server = new_server()
    server.add_insecure_port("127.0.0.1:0")
    server.start()
    event = server.stop(60)
    assert isinstance(event, threading.Event)
    assert event.wait(30)
    assert server.stop(0).is_set()
    assert server.stop(None).is_set()


def test_stop_lets_calls_end_within_the_grace(peer: Peer) -> None:
    began, released, ended = threading.Event(), threading.Event(), []

    def slow(request: bytes, context: grpc.ServicerContext) -> bytes:
        began.set()
        assert released.wait(HELD)
        return b"done"

    server = new_server(generic_handler(Say=slow))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    caller = threading.Thread(target=lambda: ended.append(peer.call(f"127.0.0.1:{port}")))
    caller.start()
    assert began.wait(30)
    event = server.stop(HELD)
    assert not event.wait(0.1)
    released.set()
    assert event.wait(30)
    caller.join()
    assert ended[0].response == "done"


def test_stop_cuts_what_is_left_after_the_grace(peer: Peer) -> None:
    began, cancelled, ended = threading.Event(), threading.Event(), []

    def endless(request: bytes, context: grpc.ServicerContext) -> bytes:
        context.add_callback(cancelled.set)
        began.set()
        cancelled.wait(HELD)
        return b""

    server = new_server(generic_handler(Say=endless))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    caller = threading.Thread(target=lambda: ended.append(peer.call(f"127.0.0.1:{port}")))
    caller.start()
    assert began.wait(30)
    stopped = time.monotonic()
    assert server.stop(0.2).wait(30)
    assert 0.15 < time.monotonic() - stopped
    assert cancelled.wait(30)
    caller.join()
    assert ended[0].code in ("UNAVAILABLE", "CANCELLED")


def test_a_port_is_free_when_its_server_has_stopped(peer: Peer) -> None:
    for _ in range(5):
        with serving(generic_handler(Say=echo)) as target:
            assert peer.call(target, request="x").response == "x"
        again = new_server()
        assert again.add_insecure_port(target) == int(target.rpartition(":")[2])
        again.stop(None)


def test_wait_for_termination() -> None:
    server = new_server()
    server.add_insecure_port("127.0.0.1:0")
    server.start()
    began = time.monotonic()
    assert server.wait_for_termination(0.1) is True
    assert time.monotonic() - began < 30
    threading.Timer(0.1, server.stop, (0,)).start()
    assert server.wait_for_termination(60) is False
    assert server.wait_for_termination() is False


def test_no_thread_is_left_after_stop(peer: Peer) -> None:
    def threads() -> set[str]:
        return set(os.listdir("/proc/self/task"))

    if not os.path.isdir("/proc/self/task"):
        pytest.skip("the system does not list threads")
    with serving(generic_handler(Say=echo)) as target:
        peer.call(target)
    before = threads()
    for _ in range(5):
        with serving(generic_handler(Say=lambda *_: time.sleep(0.01) or b"")) as target:
            peer.calls(target, *({} for _ in range(20)))
    end = time.monotonic() + 30
    while len(threads()) > len(before) and time.monotonic() < end:
        time.sleep(0.01)
    assert len(threads()) <= len(before)


def test_a_server_that_nobody_holds_stops(peer: Peer) -> None:
    server = new_server(generic_handler(Say=echo))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    assert peer.call(f"127.0.0.1:{port}").code == "OK"
    del server
    gc.collect()
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            new_server().add_insecure_port(f"127.0.0.1:{port}")
            return
        except RuntimeError:
            time.sleep(0.01)
    raise AssertionError("it still listens")


HEAD = """
import os, signal, sys, threading, time
from concurrent import futures
import yamabiko
from yamabiko import grpc
def behavior(request, context):
    if request:
        print("begun", flush=True)
        time.sleep(float(request))
        print("ended", flush=True)
    return b"done"
handler = grpc.unary_unary_rpc_method_handler(behavior)
handlers = (grpc.method_handlers_generic_handler("test.Echo", {"Say": handler}),)
server = grpc.server(futures.ThreadPoolExecutor(4), handlers=handlers)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(port, flush=True)
"""


def program(tail: str) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HEAD + tail],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    return process, f"127.0.0.1:{int(process.stdout.readline())}"


def test_ctrl_c_ends_a_server_at_once(peer: Peer) -> None:
    for wait in ("server.wait_for_termination()", "time.sleep(3600)"):
        tail = f"try:\n    print('waits', flush=True)\n    {wait}\nexcept KeyboardInterrupt:\n    server.stop(0)\n"
        process, target = program(tail)
        assert peer.call(target).response == "done"
        assert process.stdout is not None and process.stdout.readline() == "waits\n"
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        # Without the signal it would wait for an hour and more.
        _, stderr = process.communicate(timeout=20)
        assert (process.returncode, stderr) == (0, "")


@pytest.mark.parametrize(
    "tail",
    ["sys.stdin.read()", "sys.stdin.read()\nserver.stop(None)", "sys.stdin.read()\nserver.stop(3)",
     "sys.stdin.read()\ndel server", "sys.stdin.read()\nsys.exit(0)"],
)  # fmt: skip
def test_the_interpreter_ends_in_silence(peer: Peer, tail: str) -> None:
    process, target = program(tail)
    assert peer.call(target).response == "done"
    # A handler that still runs is waited for, as an executor's would be.
    running = threading.Thread(target=peer.call, args=(target,), kwargs={"request": "0.3"})
    running.start()
    assert process.stdout is not None and process.stdout.readline() == "begun\n"
    stdout, stderr = process.communicate("", timeout=30)
    running.join()
    assert (process.returncode, stdout, stderr) == (0, "ended\n", "")


def test_a_forked_child_has_a_fresh_state(peer: Peer) -> None:
    tail = """
sys.stdin.readline()
child = os.fork()
if child == 0:
    try:
        server.add_insecure_port("127.0.0.1:0")
    except RuntimeError as error:
        print("old:", error, flush=True)
    server.stop(0)
    new = grpc.server(futures.ThreadPoolExecutor(4), handlers=handlers)
    print(new.add_insecure_port("127.0.0.1:0"), flush=True)
    new.start()
    sys.stdin.readline()
    new.stop(0)
    sys.exit(0)
sys.exit(os.waitpid(child, 0)[1])
"""
    process, target = program(tail)
    assert process.stdin is not None and process.stdout is not None
    assert peer.call(target).response == "done"
    process.stdin.write("\n")
    process.stdin.flush()
    assert "belongs to the process that was forked" in process.stdout.readline()
    child = f"127.0.0.1:{int(process.stdout.readline())}"
    assert peer.call(child).response == "done"
    assert peer.call(target).response == "done"
    _, stderr = process.communicate("\n", timeout=30)
    assert (process.returncode, stderr) == (0, "")
