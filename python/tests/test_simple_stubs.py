"""Calls without a channel: ``grpc.experimental.unary_unary`` and the generated static methods."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import pytest
import yamabiko.grpc as grpc
from conftest import checked
from yamabiko.grpc import _simple_stubs

pytestmark = pytest.mark.filterwarnings("ignore::yamabiko.grpc.experimental.ExperimentalApiWarning")


@pytest.fixture(scope="module")
def target() -> Iterator[str]:
    handler = grpc.unary_unary_rpc_method_handler(lambda request, context: request + b" answered")
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("pkg.Service", {"Method": handler}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(0).wait()


def call(target: str, **arguments: Any) -> Any:
    return grpc.experimental.unary_unary(
        b"x", target, "/pkg.Service/Method", insecure=True, **arguments
    )


def test_a_call_needs_no_channel(target: str) -> None:
    assert call(target) == b"x answered"


def test_calls_to_one_target_share_a_channel(target: str) -> None:
    call(target)
    cache = _simple_stubs.ChannelCache.get()
    before = len(cache._channels)
    for _ in range(5):
        call(target)
    assert len(cache._channels) == before
    call(target, options=(("grpc.max_receive_message_length", 1000),))
    assert len(cache._channels) == before + 1


def test_a_call_can_be_made_from_many_threads(target: str) -> None:
    with futures.ThreadPoolExecutor(max_workers=8) as pool:
        assert set(pool.map(lambda _: call(target), range(50))) == {b"x answered"}


def test_an_unused_channel_is_closed(target: str) -> None:
    code = f"""
import time
from yamabiko import grpc
from yamabiko.grpc import _simple_stubs
cache = _simple_stubs.ChannelCache.get()
with cache._changed:  # Until then, none is put away.
    grpc.experimental.unary_unary(b"x", {target!r}, "/pkg.Service/Method", insecure=True)
    assert len(cache._channels) == 1
deadline = time.monotonic() + 30
while cache._channels and time.monotonic() < deadline:
    time.sleep(0.01)
print(len(cache._channels))
"""
    environment = {**os.environ, "GRPC_PYTHON_MANAGED_CHANNEL_EVICTION_SECONDS": "0.1"}
    assert checked(sys.executable, "-W", "ignore", "-c", code, env=environment) == "0\n"


def test_more_channels_than_are_kept_push_the_oldest_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_simple_stubs, "_MAXIMUM_CHANNELS", 2)
    cache = _simple_stubs.ChannelCache()
    insecure = grpc.experimental.insecure_channel_credentials()
    for port in range(1, 5):
        cache.channel(f"localhost:{port}", (), insecure, None)
    ended = threading.Event()
    for _ in range(1000):
        if len(cache._channels) <= 2:
            break
        ended.wait(0.01)
    assert [key[0] for key in cache._channels] == ["localhost:3", "localhost:4"]


def test_insecure_and_credentials_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="mutually exclusive"):
        call("localhost:1", channel_credentials=grpc.ssl_channel_credentials())


def test_without_insecure_it_is_tls_which_is_still_to_come() -> None:
    with pytest.raises(NotImplementedError, match="no TLS"):
        grpc.experimental.unary_unary(b"x", "localhost:1", "/pkg.Service/Method")


def test_the_timeout_holds_while_there_is_no_server() -> None:
    """A call without a channel waits for a connection, unlike one with a channel."""
    with pytest.raises(grpc.RpcError) as caught:
        call("127.0.0.1:1", timeout=0.2)
    error: Any = caught.value
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_it_works_again_in_a_forked_process(target: str) -> None:
    code = f"""
import os
from yamabiko import grpc
def call():
    return grpc.experimental.unary_unary(b"x", {target!r}, "/pkg.Service/Method", insecure=True)
call()
child = os.fork()
if child == 0:
    os._exit(0 if call() == b"x answered" else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "0\n", done.stderr
