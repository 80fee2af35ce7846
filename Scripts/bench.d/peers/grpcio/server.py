"""The server of docs/benchmark-contract.md in gRPC for Python, bytes without protobuf."""

import os
import signal
import struct
import sys
from concurrent import futures

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "python"))

import grpc  # noqa: E402
import peer  # noqa: E402


def numbers(request, context):
    (count,) = struct.unpack("<q", request)
    for number in range(min(count, 1_000_000)):
        yield struct.pack("<q", number)


METHODS = {
    "/bench.Bench/Echo": grpc.unary_unary_rpc_method_handler(lambda request, _: request),
    "/bench.Bench/Numbers": grpc.unary_stream_rpc_method_handler(numbers),
    "/bench.Bench/Usage": grpc.unary_unary_rpc_method_handler(
        lambda _request, _context: struct.pack("<d", peer.cpu_seconds())
    ),
}


class Handler(grpc.GenericRpcHandler):
    def service(self, details):
        return METHODS.get(details.method)


def main() -> None:
    options = peer.server_arguments().parse_args()
    certificate, key, roots = (
        open(os.path.join(options.home, *path), "rb").read()
        for path in (("identity", "cert.pem"), ("identity", "key.pem"), ("trust", "roots.pem"))
    )
    credentials = grpc.ssl_server_credentials([(key, certificate)], roots, require_client_auth=True)
    server = grpc.server(futures.ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers([Handler()])
    port = server.add_secure_port(f"127.0.0.1:{options.port}", credentials)
    server.start()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    print("READY 127.0.0.1", port, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
