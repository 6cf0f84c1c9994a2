"""The details of a status as Google's protobuf writes them, for our server and client to read.

With `serve` it is a server on grpcio: each call ends with all details, and prints the port. With an
address it is a client of ours, which checks that the details are the same to the byte.
"""

import sys
from concurrent import futures
from pathlib import Path

import grpc
from google.protobuf import any_pb2, duration_pb2

sys.path.insert(0, str(Path(__file__).parent.parent / "proto"))
rpc = grpc.protos("error_details.proto")

KEY = "grpc-status-details-bin"
MESSAGE = "all of them"
EVERYTHING = [
    rpc.ErrorInfo(reason="TOO_LONG", domain="hello.example", metadata={"limit": "20", "山": ""}),
    rpc.RetryInfo(retry_delay=duration_pb2.Duration(seconds=5, nanos=250_000_000)),
    rpc.DebugInfo(stack_entries=["inner", "", "outer"], detail="by hand"),
    rpc.QuotaFailure(
        violations=[
            rpc.QuotaFailure.Violation(
                subject="project:hello",
                description="greetings a day",
                api_service="hello.example",
                quota_metric="greetings",
                quota_id="PerDay",
                quota_dimensions={"region": "山"},
                quota_value=-1,
                future_quota_value=0,
            ),
            rpc.QuotaFailure.Violation(),
        ]
    ),
    rpc.PreconditionFailure(
        violations=[
            rpc.PreconditionFailure.Violation(
                type="TOS", subject="example.com", description="accept them"
            )
        ]
    ),
    rpc.BadRequest(
        field_violations=[
            rpc.BadRequest.FieldViolation(
                field="name",
                description="too long",
                reason="TOO_LONG",
                localized_message=rpc.LocalizedMessage(locale="ja-JP", message="長すぎます"),
            )
        ]
    ),
    rpc.RequestInfo(request_id="7", serving_data="data"),
    rpc.ResourceInfo(
        resource_type="book", resource_name="山彦", owner="me", description="lent"
    ),
    rpc.Help(links=[rpc.Help.Link(description="the manual", url="https://hello.example/")]),
    rpc.LocalizedMessage(locale="ja-JP", message="長すぎます"),
]


def packed():
    details = []
    for message in EVERYTHING:
        detail = any_pb2.Any()
        detail.Pack(message, deterministic=True)
        details.append(detail)
    code = grpc.StatusCode.FAILED_PRECONDITION.value[0]
    status = rpc.Status(code=code, message=MESSAGE, details=details)
    return status.SerializeToString(deterministic=True)


def serve():
    def fail(request, context):
        context.set_trailing_metadata(((KEY, packed()),))
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, MESSAGE)

    server = grpc.server(futures.ThreadPoolExecutor(1))
    handler = grpc.unary_unary_rpc_method_handler(fail)
    handlers = grpc.method_handlers_generic_handler("interop.Interop", {"Hello": handler})
    server.add_generic_rpc_handlers((handlers,))
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    sys.stdin.read()
    server.stop(1).wait()


def call(address):
    with grpc.insecure_channel(address) as channel:
        try:
            channel.unary_unary("/interop.Interop/Hello")(b"", timeout=20)
        except grpc.RpcError as error:
            assert error.code() is grpc.StatusCode.FAILED_PRECONDITION, error
            found = dict(error.trailing_metadata())[KEY]
            if found != packed():
                sys.exit(f"other bytes:\n{rpc.Status.FromString(found)}")
            return
    sys.exit("the call did not fail")


if sys.argv[1] == "serve":
    serve()
else:
    call(sys.argv[1])
