"""Who runs handlers, how many at a time, and that none holds up another call."""

from __future__ import annotations

import threading
import time
from concurrent import futures
from pathlib import Path
from typing import Any

import pytest
from server_support import Peer, echo, generic_handler, peer, serving

from yamabiko import grpc

__all__ = ["peer"]


def sleeping(seconds: float) -> Any:
    def behavior(request: bytes, context: grpc.ServicerContext) -> bytes:
        time.sleep(seconds)
        return request

    return behavior


def test_a_hundred_handlers_of_ten_milliseconds_on_ten_threads(peer: Peer) -> None:
    with serving(generic_handler(Say=sleeping(0.01))) as target:
        peer.calls(target, *({} for _ in range(10)))
        times = []
        # The best of three: others use this machine too.
        for _ in range(3):
            answers = peer.calls(target, *({} for _ in range(100)))
            assert all(answer.code == "OK" for answer in answers)
            times.append(max(answer.took for answer in answers))
    assert min(times) < 0.18, times


def test_at_most_max_workers_handlers_run_at_a_time(peer: Peer) -> None:
    lock, running, most = threading.Lock(), 0, 0

    def behavior(request: bytes, context: grpc.ServicerContext) -> bytes:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        return b""

    for workers in (1, 3):
        most = 0
        with serving(generic_handler(Say=behavior), workers=workers) as target:
            answers = peer.calls(target, *({} for _ in range(12)))
        assert all(answer.code == "OK" for answer in answers)
        assert most == workers


def test_a_quick_call_beside_a_sleeping_one(peer: Peer, grpcio: Path) -> None:
    handlers = generic_handler(Sleep=sleeping(0.5), Say=echo)
    with serving(handlers, workers=2) as target:
        other = Peer(grpcio)
        try:
            for client in (peer, other):
                client.call(target)
            sleeper = threading.Thread(
                target=other.call, args=(target,), kwargs={"method": "/test.Echo/Sleep"}
            )
            sleeper.start()
            time.sleep(0.1)
            times = [peer.call(target).took for _ in range(20)]
            assert sleeper.is_alive()
            sleeper.join()
        finally:
            other.close()
    # The better ones: others use this machine too.
    assert sorted(times)[len(times) // 4] < 0.002, times
    assert max(times) < 0.1, times


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
        answer = peer.call(target, timeout=5)
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
        answer = peer.call(target, timeout=5)
    assert answer.code == "UNAVAILABLE"
    assert "cannot schedule new futures after shutdown" in caplog.text


def test_a_handler_calls_another_service_of_its_server(peer: Peer) -> None:
    targets: list[str] = []

    def ask(request: bytes, context: grpc.ServicerContext) -> bytes:
        with grpc.insecure_channel(targets[0]) as channel:
            answer: bytes = channel.unary_unary("/test.Echo/Echo")(request, timeout=5)
            return answer + b"!"

    with serving(generic_handler(Say=ask, Echo=echo), workers=4) as target:
        targets.append(target)
        answers = peer.calls(target, *({"request": str(number)} for number in range(3)))
        assert [answer.response for answer in answers] == ["0!", "1!", "2!"]


def test_maximum_concurrent_rpcs_refuses_what_is_more(peer: Peer) -> None:
    handlers = generic_handler(Say=sleeping(0.3))
    with serving(handlers, workers=1, maximum_concurrent_rpcs=3) as target:
        peer.call(target)
        answers = peer.calls(target, *({} for _ in range(10)))
        refused = [answer for answer in answers if answer.code == "RESOURCE_EXHAUSTED"]
        assert len(refused) == 7
        assert {answer.details for answer in refused} == {"Concurrent RPC limit exceeded!"}
        # At once, although the one worker is busy.
        assert max(answer.took for answer in refused) < 0.2
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
    with serving(generic_handler(Say=sleeping(0.5)), workers=1) as target:
        answers = peer.calls(target, {}, *({"timeout": 0.15} for _ in range(3)))
    late = [answer for answer in answers if answer.code == "DEADLINE_EXCEEDED"]
    assert len(late) == 3
    assert max(answer.took for answer in late) < 0.4
