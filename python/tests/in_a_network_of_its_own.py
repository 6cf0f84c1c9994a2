"""Runs the tutorial's two scripts as a person does, and prints as JSON what came of it.

    unshare -rn python in_a_network_of_its_own.py PYTHON DIRECTORY

In a network namespace, the tutorial's port is free whoever else uses it. Without one (leave out
``unshare -rn``) the port is taken from the machine.
"""

import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time

PORT = 50051


def raise_loopback() -> None:
    """A new network namespace has its loopback down."""
    siocgifflags, siocsifflags, up = 0x8913, 0x8914, 1
    with socket.socket() as any_socket:
        request = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(any_socket, siocgifflags, request))[1]
        if not flags & up:
            fcntl.ioctl(any_socket, siocsifflags, struct.pack("16sh22x", b"lo", flags | up))


def is_listening() -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", PORT)) == 0


def main(python: str, directory: str) -> None:
    raise_loopback()
    if is_listening():
        json.dump({"busy": True}, sys.stdout)
        return
    environment = dict(os.environ, PYTHONIOENCODING="utf-8", PYTHONUNBUFFERED="1")
    started = {"cwd": directory, "env": environment, "text": True}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    server = subprocess.Popen([python, "hello_server.py"], **started, **pipes)
    try:
        deadline = time.monotonic() + 20
        while not is_listening() and server.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        client = subprocess.run(
            [python, "hello_client.py"], **started, capture_output=True, timeout=20
        )
        begun = time.monotonic()
        server.send_signal(signal.SIGINT)
        output, errors = server.communicate(timeout=20)
        seconds = time.monotonic() - begun
    finally:
        server.kill()
    result = {
        "busy": False,
        "client": [client.returncode, client.stdout, client.stderr],
        "server": [server.returncode, output, errors],
        "seconds to leave": seconds,
    }
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
