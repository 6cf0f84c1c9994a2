"""Channels and what ends: Ctrl-C, the interpreter, a forked process, the channel itself."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import textwrap
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from channel_support import METHOD, Peer, eventually

SET_UP = """
import yamabiko; yamabiko.install()
import os, sys, threading, time, grpc
channel = grpc.insecure_channel(sys.argv[1])
call = channel.unary_unary("/test.Peer/Do")
slow = b'{"hold": "slow"}'
"""


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    served = Peer()
    yield served
    served.kill()


def start(peer: Peer, program: str) -> subprocess.Popen[str]:
    code = SET_UP + textwrap.dedent(program)
    return subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-c", code, peer.address],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(peer: Peer, program: str) -> str:
    """What the program prints. It is silent on standard error and ends well."""
    return ended(start(peer, program))


def ended(process: subprocess.Popen[str]) -> str:
    """What the program has yet to print, when it has ended: sooner than a call that is held."""
    try:
        out, err = process.communicate(timeout=40)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, "")
    return out


def said(process: subprocess.Popen[str]) -> str:
    """The next line that it prints, without its end."""
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


@pytest.mark.parametrize(
    "waiting",
    [
        "call(slow)",
        "call.future(slow).result()",
        "call.with_call(slow)",
        "grpc.channel_ready_future(grpc.insecure_channel('127.0.0.1:1')).result()",
        "grpc.insecure_channel('127.0.0.1:1').unary_unary('/a/b')(b'', wait_for_ready=True)",
    ],
)
def test_ctrl_c_ends_a_wait_at_once(peer: Peer, waiting: str) -> None:
    process = start(peer, f"call(b''); print('begun', flush=True)\n{waiting}")
    assert said(process) == "begun"
    if "slow" in waiting:
        eventually(lambda: peer.held("slow") == 1)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    try:
        # Nothing else ends the wait, or not for a minute.
        _, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert "KeyboardInterrupt" in err and process.returncode == -signal.SIGINT
    eventually(lambda: peer.held("slow") == 0)


def test_ctrl_c_ends_a_wait_beside_others_that_go_on(peer: Peer) -> None:
    process = start(peer, """
        answers = []
        other = threading.Thread(target=lambda: answers.append(call(b'{"hold": "other"}')))
        other.start()
        try:
            call(b'{"hold": "interrupted"}')
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        other.join()
        print(answers)
    """)  # fmt: skip
    eventually(lambda: peer.held("other") == peer.held("interrupted") == 1)
    process.send_signal(signal.SIGINT)
    assert said(process) == "interrupted"
    assert peer.held("other") == 1
    peer.release("other")
    assert ended(process) == "[b'']\n"


def test_a_signal_handler_that_raises_nothing_lets_the_call_go_on(peer: Peer) -> None:
    process = start(peer, """
        import signal
        signal.signal(signal.SIGALRM, lambda *_: print("alarm", flush=True))
        print(call(b'{"hold": "alarms"}'))
    """)  # fmt: skip
    eventually(lambda: peer.held("alarms") == 1)
    for _ in range(3):
        process.send_signal(signal.SIGALRM)
        assert said(process) == "alarm"
        assert peer.held("alarms") == 1
    peer.release("alarms")
    assert ended(process) == "b''\n"


def test_the_interpreter_ends_silently_with_calls_on_their_way(peer: Peer) -> None:
    out = run(peer, """
        channel.subscribe(lambda state: None, try_to_connect=True)
        futures = [call.future(slow) for _ in range(5)]
        for future in futures:
            future.add_done_callback(print)
        for _ in range(5):
            threading.Thread(target=call, args=(slow,), daemon=True).start()
        time.sleep(0.2)
        print("end")
    """)  # fmt: skip
    assert out == "end\n"
    assert run(peer, "call(b''); kept = call.future(slow); print('end')") == "end\n"


def test_a_forked_process_has_a_connection_of_its_own(peer: Peer) -> None:
    process = start(peer, """
        print(call(b"before"))
        running = call.future(b'{"hold": "forked"}')
        def work():
            for _ in range(500):
                call(b"x")
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(5):
            child = os.fork()
            if child == 0:
                try:
                    assert running.code() is grpc.StatusCode.CANCELLED
                    assert call(b"child") == b"child"
                    assert call.future(b"future").result(timeout=30) == b"future"
                    told = threading.Event()
                    call.future(b"").add_done_callback(lambda _: told.set())
                    assert told.wait(30)
                    channel.close()
                except BaseException:
                    import traceback
                    traceback.print_exc()
                    os._exit(1)
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
            assert call(b"parent") == b"parent"
        for thread in threads:
            thread.join()
        print("forked", flush=True)
        print(running.result(), call(b"after"))
    """)  # fmt: skip
    assert said(process) == "b'before'"
    assert said(process) == "forked"
    peer.release("forked")
    assert ended(process) == "b'' b'after'\n"


def test_processes_forked_by_multiprocessing(peer: Peer) -> None:
    out = run(peer, """
        import multiprocessing
        def work(request):
            return call(request)
        call(b"")
        channel.subscribe(lambda state: None, try_to_connect=True)
        with multiprocessing.get_context("fork").Pool(3) as pool:
            print(pool.map(work, [b"1", b"2", b"3", b"4"]))
        print(call(b"5"))
    """)  # fmt: skip
    assert out == "[b'1', b'2', b'3', b'4']\nb'5'\n"


def connections(port: int) -> int:
    """How many connections to a port this process has."""
    held = {
        os.readlink(entry) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()
    }
    found = 0
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        peer_port = int(fields[2].rpartition(":")[2], 16)
        found += peer_port == port and f"socket:[{fields[9]}]" in held
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_channel_that_nobody_holds_closes_its_connection(peer: Peer) -> None:
    channel = grpc.insecure_channel(peer.address)
    call = channel.unary_unary(METHOD)
    assert call(b"x") == b"x" and connections(peer.port) == 1
    del channel
    gc.collect()
    assert call(b"x") == b"x"
    del call
    gc.collect()
    eventually(lambda: connections(peer.port) == 0)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_no_thread_is_left_when_all_channels_are_closed(peer: Peer) -> None:
    out = run(peer, """
        def name(task):
            try:
                return [open(f"/proc/self/task/{task}/comm").read().strip()]
            except OSError:
                return []  # It has ended since it was listed.
        def threads():
            return sorted(sum(map(name, os.listdir("/proc/self/task")), []))
        alone = threads()
        call(b"")
        future = call.future(b"")
        future.add_done_callback(lambda _: None)
        channel.subscribe(lambda state: None, try_to_connect=True)
        nobody = grpc.insecure_channel("127.0.0.1:1")
        nobody.subscribe(lambda state: None, try_to_connect=True)
        time.sleep(0.2)
        assert len(threads()) > len(alone)
        channel.close()
        nobody.close()
        end = time.monotonic() + 20
        while threads() != alone and time.monotonic() < end:
            time.sleep(0.01)
        print(threads() == alone, threads())
    """)  # fmt: skip
    assert out.startswith("True"), out


def test_a_stub_in_a_cycle_with_its_serializer_is_collected(peer: Peer) -> None:
    class Stub:
        def __init__(self, channel: grpc.Channel) -> None:
            self.call = channel.unary_unary(METHOD, self.encode)

        def encode(self, message: bytes) -> bytes:
            return message

    with grpc.insecure_channel(peer.address) as channel:
        stub = Stub(channel)
        assert stub.call(b"x") == b"x"
        gone = weakref.ref(stub)
        del stub
        gc.collect()
        assert gone() is None


def test_ctrl_c_works_in_a_process_forked_by_another_thread(peer: Peer) -> None:
    process = start(peer, """
        def fork():
            call(b"")
            child = os.fork()
            if child == 0:
                try:
                    call(b'{"hold": "in a forked process"}')
                except KeyboardInterrupt:
                    os._exit(0)
                os._exit(1)
            print(child, flush=True)
            print(os.waitpid(child, 0)[1])
        thread = threading.Thread(target=fork)
        thread.start()
        thread.join()
    """)  # fmt: skip
    child = int(said(process))
    eventually(lambda: peer.held("in a forked process") == 1)
    os.kill(child, signal.SIGINT)
    assert ended(process) == "0\n"
