"""grpcio's client of interop.proto. Each function below is a fact, and raises where it is not so.

Without names, all facts are checked that are so of grpcio's own server. The command `keep-calling` calls without a pause until the
input ends, and prints how many calls were answered.
"""

import argparse
import contextlib
import inspect
import sys
import threading
import time

import grpc

from interop import DETAILS, MAX_MESSAGE, messages, services

WAIT = 20
WHITESPACE_AND_UNICODE = (
    "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
)
EVERY_BYTE = bytes(range(256))


@contextlib.contextmanager
def connected(address, **options):
    """A channel with a connection of its own, and the stub."""
    arguments = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0)]
    with grpc.insecure_channel(address, options=arguments, **options) as channel:
        yield channel, services.InteropStub(channel)


def failure(call, *arguments, **options):
    """The error that a call ends with."""
    options.setdefault("timeout", WAIT)
    try:
        call(*arguments, **options)
    except grpc.RpcError as error:
        return error
    raise AssertionError("the call succeeded")


def beyond_grpcio(fact):
    """Marks a fact that is not so of grpcio's server."""
    fact.beyond_grpcio = True
    return fact


def equal(found, expected):
    assert found == expected, f"{found!r} is not {expected!r}"


def eventually(stub, holds):
    """Waits until what the server has seen is as it should be."""
    end = time.monotonic() + WAIT
    while not holds(seen := stub.Observe(messages.Nothing(), timeout=WAIT)):
        assert time.monotonic() < end, f"the server has seen only this: {seen}"
        time.sleep(0.01)


# Messages


def a_greeting_is_answered(channel, stub):
    reply = stub.Hello(messages.HelloRequest(name="なんしー"), timeout=WAIT)
    equal(reply.message, "こんにちは, なんしー")


def an_empty_message_is_answered_by_one(channel, stub):
    equal(stub.Empty(messages.Nothing(), timeout=WAIT), messages.Nothing())


def large_messages_pass_both_ways(channel, stub):
    request = messages.LargeRequest(payload=bytes(271_828), reply_size=314_159)
    equal(len(stub.Large(request, timeout=WAIT).payload), 314_159)


def large_messages_of_many_calls_pass_at_once(channel, stub):
    request = messages.LargeRequest(payload=bytes(271_828), reply_size=314_159)
    calls = [stub.Large.future(request, timeout=WAIT) for _ in range(20)]
    equal({len(call.result().payload) for call in calls}, {314_159})


def a_message_of_4_mib_passes_up_and_a_longer_one_does_not(channel, stub):
    # Key and length of the payload take 5 bytes.
    largest = messages.LargeRequest(payload=bytes(MAX_MESSAGE - 5))
    equal(largest.ByteSize(), MAX_MESSAGE)
    equal(stub.Large(largest, timeout=WAIT).payload, b"")
    error = failure(stub.Large, messages.LargeRequest(payload=bytes(MAX_MESSAGE - 4)))
    equal(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
    assert str(MAX_MESSAGE) in error.details(), error.details()
    assert str(MAX_MESSAGE + 1) in error.details(), error.details()
    a_greeting_is_answered(channel, stub)


def a_message_of_4_mib_passes_down_and_a_longer_one_does_not(channel, stub):
    reply = stub.Large(messages.LargeRequest(reply_size=MAX_MESSAGE - 5), timeout=WAIT)
    equal(reply.ByteSize(), MAX_MESSAGE)
    error = failure(stub.Large, messages.LargeRequest(reply_size=MAX_MESSAGE - 4))
    equal(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
    a_greeting_is_answered(channel, stub)


# Many calls


def a_thousand_calls_are_in_flight_on_one_connection(channel, stub):
    request = messages.MeetRequest(calls=1000)
    calls = [stub.Meet.future(request, timeout=WAIT) for _ in range(1000)]
    equal(len({call.result().peer for call in calls}), 1)


# Metadata

ENTRIES = (
    ("head-text", "printable ASCII, with: spaces = and \"all\" of !#$%&'()*+-./;<>?@[]^_`{|}~"),
    ("trail-text", "one"),
    ("trail-text", "two, of the same key"),
    ("head-bytes-bin", EVERY_BYTE),
    ("head-bytes-bin", b"\0"),
    ("trail-bytes-bin", EVERY_BYTE[::-1]),
    ("trail-bytes-bin", b""),
    ("head-long-bin", EVERY_BYTE * 16),
    ("other", "stays"),
    ("other.key_with-all-0123456789", "stays"),
)


def entries(metadata, prefix=""):
    return [tuple(entry) for entry in metadata or () if entry[0].startswith(prefix)]


def in_groups(metadata):
    """Entries of one key keep their order, others need not."""
    return sorted(metadata, key=lambda entry: entry[0])


def metadata_passes_both_ways(channel, stub):
    reply, call = stub.EchoMetadata.with_call(messages.Nothing(), metadata=ENTRIES, timeout=WAIT)
    keys = {key for key, _ in ENTRIES}
    seen = [(entry.key, entry.value) for entry in reply.entries if entry.key in keys]
    sent = [(key, value if isinstance(value, bytes) else value.encode()) for key, value in ENTRIES]
    equal(in_groups(seen), in_groups(sent))
    equal(in_groups(entries(call.initial_metadata(), "head-")), in_groups(entries(ENTRIES, "head-")))
    equal(
        in_groups(entries(call.trailing_metadata(), "trail-")), in_groups(entries(ENTRIES, "trail-"))
    )


def a_handler_sees_no_metadata_that_is_not_the_applications(channel, stub):
    reply = stub.EchoMetadata(messages.Nothing(), timeout=WAIT)
    equal({entry.key for entry in reply.entries}, {"user-agent"})


def an_answer_brings_no_metadata_that_is_not_the_applications(channel, stub):
    _, call = stub.EchoMetadata.with_call(messages.Nothing(), timeout=WAIT)
    equal(entries(call.initial_metadata()), [])
    equal(entries(call.trailing_metadata()), [])


def metadata_comes_with_an_error_too(channel, stub):
    request = messages.FailWithRequest(code=5, message="no such user")
    error = failure(stub.FailWith, request, metadata=ENTRIES)
    equal(error.code(), grpc.StatusCode.NOT_FOUND)
    equal(in_groups(entries(error.initial_metadata(), "head-")), in_groups(entries(ENTRIES, "head-")))
    equal(
        in_groups(entries(error.trailing_metadata(), "trail-")),
        in_groups(entries(ENTRIES, "trail-")),
    )


def metadata_over_the_limit_ends_its_own_call_only(channel, stub):
    error = failure(stub.Empty, messages.Nothing(), metadata=[("long", "x" * 20_000)])
    equal(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
    a_greeting_is_answered(channel, stub)


# Statuses


def every_code_arrives(channel, stub):
    for code in grpc.StatusCode:
        if code is grpc.StatusCode.OK:
            continue
        request = messages.FailWithRequest(code=code.value[0], message=code.name)
        error = failure(stub.FailWith, request)
        equal((error.code(), error.details()), (code, code.name))


def every_message_of_a_status_arrives(channel, stub):
    for message in [
        WHITESPACE_AND_UNICODE,
        "",
        "100 %, %20 and %E3%81%93 stay as they are %",
        "こ" * 800,
        "".join(map(chr, range(128))),
    ]:
        error = failure(stub.FailWith, messages.FailWithRequest(code=2, message=message))
        equal((error.code(), error.details()), (grpc.StatusCode.UNKNOWN, message))


def the_details_of_a_status_arrive(channel, stub):
    # A google.rpc.Status needs not be parsed on the way, so every byte will do.
    request = messages.FailWithRequest(code=9, message="not now", details=EVERY_BYTE)
    error = failure(stub.FailWith, request)
    equal(error.code(), grpc.StatusCode.FAILED_PRECONDITION)
    equal(dict(entries(error.trailing_metadata()))[DETAILS], EVERY_BYTE)


def a_handler_that_raises_ends_its_own_call_only(channel, stub):
    other = stub.Sleep.future(messages.SleepRequest(milliseconds=200), timeout=WAIT)
    error = failure(stub.Raise, messages.Nothing())
    assert error.code() in (grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL), error
    other.result()


def an_unknown_method_is_unimplemented(channel, stub):
    call = channel.unary_unary("/interop.Interop/Yodel")
    equal(failure(call, b"").code(), grpc.StatusCode.UNIMPLEMENTED)


def an_unknown_service_is_unimplemented(channel, stub):
    call = channel.unary_unary("/interop.Alphorn/Hello")
    equal(failure(call, b"").code(), grpc.StatusCode.UNIMPLEMENTED)


# Deadlines and cancellation


def a_deadline_ends_the_call_on_both_sides(channel, stub):
    before = stub.Observe(messages.Nothing(), timeout=WAIT)
    began = time.monotonic()
    error = failure(stub.Sleep, messages.SleepRequest(milliseconds=60_000), timeout=0.3)
    equal(error.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
    took = time.monotonic() - began
    assert 0.25 < took < 5, took
    eventually(stub, lambda seen: seen.cancelled == before.cancelled + 1)
    left = stub.Observe(messages.Nothing(), timeout=WAIT).milliseconds_left
    assert 0 < left <= 300, left


def a_handler_knows_what_is_left_of_the_time(channel, stub):
    for timeout in [2, 100, 100_000, 10_000_000]:
        reply = stub.Sleep(messages.SleepRequest(), timeout=timeout)
        assert reply.has_deadline
        # Eight digits: the unit gets coarser with the time, and grpcio rounds up on top.
        assert (timeout - 2) * 1000 < reply.milliseconds_left < timeout * 1010 + 1000, reply
    assert not stub.Sleep(messages.SleepRequest()).has_deadline


def a_cancelled_call_is_cancelled_on_both_sides(channel, stub):
    before = stub.Observe(messages.Nothing(), timeout=WAIT)
    call = stub.Sleep.future(messages.SleepRequest(milliseconds=60_000))
    eventually(stub, lambda seen: seen.begun == before.begun + 1)
    call.cancel()
    equal(call.code(), grpc.StatusCode.CANCELLED)
    eventually(stub, lambda seen: seen.cancelled == before.cancelled + 1)


def many_calls_are_cancelled_and_the_connection_stays(channel, stub):
    before = stub.Observe(messages.Nothing(), timeout=WAIT)
    request = messages.SleepRequest(milliseconds=60_000)
    calls = [stub.Sleep.future(request) for _ in range(900)]
    eventually(stub, lambda seen: seen.begun == before.begun + 900)
    for call in calls:
        call.cancel()
    eventually(stub, lambda seen: seen.cancelled == before.cancelled + 900)
    a_greeting_is_answered(channel, stub)


# What our server does and grpcio's does not


@beyond_grpcio
def calls_over_the_limit_of_the_server_wait_their_turn(channel, stub):
    # With an answer the client has the server's SETTINGS; before, it would send more than these.
    a_greeting_is_answered(channel, stub)
    names = [str(number) for number in range(1500)]
    calls = [stub.Hello.future(messages.HelloRequest(name=name), timeout=WAIT) for name in names]
    equal([call.result().message for call in calls], [f"こんにちは, {name}" for name in names])


@beyond_grpcio
def a_unary_method_wants_one_request(channel, stub):
    # As statuscodes.md says. grpcio's server takes the first of two, and says INTERNAL to none.
    call = channel.stream_unary("/interop.Interop/Empty")
    for requests in [], [b"", b""]:
        equal(failure(call, iter(requests)).code(), grpc.StatusCode.UNIMPLEMENTED)
    a_greeting_is_answered(channel, stub)


@beyond_grpcio
def a_status_that_is_longer_than_the_client_takes_loses_of_its_message_only(channel, stub):
    # With grpcio's server the client refuses the whole of it: RESOURCE_EXHAUSTED.
    message = "x" * 20_000
    error = failure(stub.FailWith, messages.FailWithRequest(code=5, message=message))
    equal(error.code(), grpc.StatusCode.NOT_FOUND)
    assert 1_000 < len(error.details()) < len(message), len(error.details())
    assert message.startswith(error.details()), error.details()
    a_greeting_is_answered(channel, stub)


@beyond_grpcio
def a_request_that_does_not_parse_is_internal(channel, stub):
    # As statuscodes.md says. grpcio's server says UNKNOWN.
    call = channel.unary_unary("/interop.Interop/Hello")
    equal(failure(call, b"\x0a\xff").code(), grpc.StatusCode.INTERNAL)
    a_greeting_is_answered(channel, stub)


@beyond_grpcio
def a_panic_is_internal(channel, stub):
    # A panic is a bug of the server. grpcio's server says UNKNOWN to an exception.
    equal(failure(stub.Raise, messages.Nothing()).code(), grpc.StatusCode.INTERNAL)


def a_compressed_request_is_answered(channel, stub):
    name = "なんしー" * 1000
    for compression in grpc.Compression.Gzip, grpc.Compression.Deflate:
        reply = stub.Hello(messages.HelloRequest(name=name), compression=compression, timeout=WAIT)
        equal(reply.message, f"こんにちは, {name}")


@beyond_grpcio
def a_bomb_is_not_inflated_beyond_the_limit(channel, stub):
    # 64 MiB of zeros in 64 KiB. grpcio inflates all of it before it looks.
    request = messages.HelloRequest(name="\0" * (64 << 20))
    error = failure(stub.Hello, request, compression=grpc.Compression.Gzip, timeout=WAIT)
    equal(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
    a_greeting_is_answered(channel, stub)


FACTS = {
    name: value
    for name, value in globals().items()
    if inspect.isfunction(value) and list(inspect.signature(value).parameters) == ["channel", "stub"]
}


# What a test leads through more than one server


def keep_calling(address):
    """Four threads call, of which every other call takes its time."""
    over = threading.Event()
    answered, errors = [], []

    def calls(stub):
        name = threading.current_thread().name
        number = 0
        while not over.is_set():
            number += 1
            try:
                if number % 2:
                    stub.Hello(messages.HelloRequest(name=name), timeout=WAIT, wait_for_ready=True)
                else:
                    request = messages.SleepRequest(milliseconds=30)
                    stub.Sleep(request, timeout=WAIT, wait_for_ready=True)
                answered.append(number)
            except grpc.RpcError as error:
                errors.append(error)

    with connected(address) as (_, stub):
        threads = [threading.Thread(target=calls, args=(stub,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        sys.stdin.read()
        over.set()
        for thread in threads:
            thread.join()
    assert not errors, errors
    print(len(answered))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", help="of the server")
    parser.add_argument("what", nargs="*", metavar="fact", help="one of: " + ", ".join(FACTS))
    arguments = parser.parse_args()
    if arguments.what == ["keep-calling"]:
        keep_calling(arguments.address)
    else:
        shared = [name for name, fact in FACTS.items() if not hasattr(fact, "beyond_grpcio")]
        for name in arguments.what or shared:
            with connected(arguments.address) as (channel, stub):
                FACTS[name](channel, stub)
