"""Who runs handlers, how many at a time, and that none holds up another call."""

from __future__ import annotations

import threading
import time
from concurrent import futures
from pathlib import Path
from typing import Any

import pytest
from server_support import HELD, Peer, echo, generic_handler, peer, serving

from yamabiko import grpc

__all__ = ["peer"]


class Held:
    """A handler that answers when the test says so."""

    def __init__(self) -> None:
        self.begun, self.released = threading.Event(), threading.Event()

    def __call__(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        self.begun.set()
        assert self.released.wait(HELD), "nobody has released it"
        return b"held"


def test_a_hundred_handlers_on_ten_threads_run_ten_at_a_time(peer: Peer) -> None:
    ten = threading.Barrier(10, timeout=HELD / 2)

    def behavior(request: bytes, context: grpc.ServicerContext) -> bytes:
        # None goes on before nine others have come.
        ten.wait()
        return request

    with serving(generic_handler(Say=behavior)) as target:
        answers = peer.calls(target, *({} for _ in range(100)))
    assert {(answer.code, answer.details) for answer in answers} == {("OK", "")}


def test_at_most_max_workers_handlers_run_at_a_time(peer: Peer) -> None:
    lock, running, most, full = threading.Lock(), 0, 0, threading.Event()

    def behavior(request: bytes, context: grpc.ServicerContext) -> bytes:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            if running == workers:
                full.set()
        assert full.wait(HELD / 2)
        # Time for one too many.
        time.sleep(0.02)
        with lock:
            running -= 1
        return b""

    for workers in (1, 3):
        most = 0
        full.clear()
        with serving(generic_handler(Say=behavior), workers=workers) as target:
            answers = peer.calls(target, *({} for _ in range(12)))
        assert all(answer.code == "OK" for answer in answers)
        assert most == workers


def test_a_quick_call_beside_a_held_one(peer: Peer, grpcio: Path) -> None:
    held = Held()
    with serving(generic_handler(Hold=held, Say=echo), workers=2) as target:
        other = Peer(grpcio)
        try:
            other.begin(target, {"method": "/test.Echo/Hold"})
            assert held.begun.wait(30)
            answers = [peer.call(target, request="quick", timeout=HELD / 2) for _ in range(20)]
            assert {(answer.code, answer.response) for answer in answers} == {("OK", "quick")}
            # It is answered now, and was not before.
            held.released.set()
            assert other.next_ended().response == "held"
        finally:
            other.close()


def test_handlers_run_on_the_same_few_threads(peer: Peer) -> None:
    local, names, initialized = threading.local(), set(), []

    def initializer(argument: str) -> None:
        local.value = 0
        initialized.append((argument, threading.current_thread().name))

    def behavior(request: bytes, context: grpc.ServicerContext) -> bytes:
        local.value += 1
        names.add(threading.current_thread().name)
        time.sleep(0.005)
        return b""

    pool = futures.ThreadPoolExecutor(
        3, thread_name_prefix="handlers", initializer=initializer, initargs=("argument",)
    )
    with serving(generic_handler(Say=behavior), pool=pool) as target:
        answers = peer.calls(target, *({} for _ in range(30)))
    assert {answer.code for answer in answers} == {"OK"}
    assert names <= {"handlers_0", "handlers_1", "handlers_2"}
    assert len(initialized) <= 3
    assert {argument for argument, _ in initialized} == {"argument"}


def test_an_initializer_that_fails_is_told_to_the_clients(
    peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    def initializer() -> None:
        raise ValueError("no database")

    pool = futures.ThreadPoolExecutor(2, initializer=initializer)
    with serving(generic_handler(Say=echo), pool=pool) as target:
        answer = peer.call(target, timeout=30)
    assert answer.code == "UNAVAILABLE"
    assert "initializer" in answer.details
    assert "no database" in caplog.text


def test_another_executor_is_used_by_submit(peer: Peer) -> None:
    class Executor(futures.ThreadPoolExecutor):
        submitted = 0

        def submit(self, *arguments: Any, **keywords: Any) -> Any:
            self.submitted += 1
            return super().submit(*arguments, **keywords)

    pool = Executor(2, thread_name_prefix="own")
    names = set()

    def behavior(request: bytes, context: grpc.ServicerContext) -> bytes:
        names.add(threading.current_thread().name.split("_")[0])
        return request

    with serving(generic_handler(Say=behavior), pool=pool) as target:
        answers = peer.calls(target, *({"request": str(number)} for number in range(50)))
    assert [answer.response for answer in answers] == [str(number) for number in range(50)]
    assert pool.submitted == 50
    assert names == {"own"}


def test_an_executor_that_takes_nothing_any_more(
    peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    class Executor(futures.ThreadPoolExecutor):
        pass

    pool = Executor(1)
    pool.shutdown()
    with serving(generic_handler(Say=echo), pool=pool) as target:
        answer = peer.call(target, timeout=30)
    assert answer.code == "UNAVAILABLE"
    assert "cannot schedule new futures after shutdown" in caplog.text


def test_a_handler_calls_another_service_of_its_server(peer: Peer) -> None:
    targets: list[str] = []

    def ask(request: bytes, context: grpc.ServicerContext) -> bytes:
        with grpc.insecure_channel(targets[0]) as channel:
            answer: bytes = channel.unary_unary("/test.Echo/Echo")(request, timeout=30)
            return answer + b"!"

    with serving(generic_handler(Say=ask, Echo=echo), workers=4) as target:
        targets.append(target)
        answers = peer.calls(target, *({"request": str(number)} for number in range(3)))
        assert [answer.response for answer in answers] == ["0!", "1!", "2!"]


def test_maximum_concurrent_rpcs_refuses_what_is_more(peer: Peer) -> None:
    held = Held()
    handlers = generic_handler(Say=held, Echo=echo)
    with serving(handlers, workers=1, maximum_concurrent_rpcs=3) as target:
        assert peer.call(target, method="/test.Echo/Echo").code == "OK"
        peer.begin(target, *({} for _ in range(10)))
        # At once, although the one worker is busy.
        refused = [peer.next_ended() for _ in range(7)]
        assert {answer.code for answer in refused} == {"RESOURCE_EXHAUSTED"}
        assert {answer.details for answer in refused} == {"Concurrent RPC limit exceeded!"}
        held.released.set()
        assert [peer.next_ended().code for _ in range(3)] == ["OK"] * 3
        assert peer.call(target).code == "OK"


def test_a_thread_that_computes_in_python_does_not_stop_us(peer: Peer) -> None:
    stop = threading.Event()

    def compute() -> None:
        while not stop.is_set():
            sum(range(1000))

    thread = threading.Thread(target=compute)
    with serving(generic_handler(Say=echo)) as target:
        peer.call(target)
        thread.start()
        try:
            answers = [peer.call(target, request="x") for _ in range(50)]
        finally:
            stop.set()
            thread.join()
    assert all(answer.response == "x" for answer in answers)


def test_a_deadline_holds_while_every_worker_is_busy(peer: Peer) -> None:
    held = Held()
    with serving(generic_handler(Say=held), workers=1) as target:
        peer.begin(target, {})
        assert held.begun.wait(30)
        peer.begin(target, *({"timeout": 0.15} for _ in range(3)))
        assert [peer.next_ended().code for _ in range(3)] == ["DEADLINE_EXCEEDED"] * 3
        held.released.set()
        assert peer.next_ended().response == "held"
