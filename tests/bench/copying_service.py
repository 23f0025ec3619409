#!/usr/bin/env python3
"""A service for benchmarks that only copies bytes, so that the server is not what is measured: each
task ends after a fixed time, with one and the same picture. It runs as a process of its own.
"""
import argparse
import asyncio
import itertools
import json
import os
import pathlib
import random
import resource
import signal
import ssl
import struct
import subprocess
import sys
import zlib

PEM = pathlib.Path(__file__).resolve().parent.parent / "end_to_end" / "localhost.pem"
SIZE = 64  # pixels, each way


def png(kib):
    """Returns a picture of about so many KiB: noise, which does not get smaller."""
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    noise = random.Random(1)
    rows = b"".join(b"\0" + noise.randbytes(3 * SIZE) for _ in range(SIZE))
    ballast = chunk(b"tEXt", b"Comment\0" + b"x" * max(0, kib * 1024 - len(rows)))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", SIZE, SIZE, 8, 2, 0, 0, 0))
    return (b"\x89PNG\r\n\x1a\n" + header + ballast + chunk(b"IDAT", zlib.compress(rows, 1))
            + chunk(b"IEND", b""))


class Connection(asyncio.Protocol):
    """One connection. A request is answered when all of it is there."""

    numbers = itertools.count(1)
    options = None
    picture = b""
    base = ""

    def connection_made(self, transport):
        self.transport = transport
        self.received = b""

    def data_received(self, data):
        self.received += data
        while True:
            head, end, rest = self.received.partition(b"\r\n\r\n")
            if not end:
                return
            length = 0
            for line in head.split(b"\r\n")[1:]:
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if len(rest) < length:
                return
            self.received = rest[length:]
            if head.startswith(b"POST /midjourney/imagine"):
                self.begin_task()
            elif head.startswith(b"POST"):
                self.reply(b'{"items":[],"count":0}', b"application/json")
            else:
                self.reply(self.picture, b"image/png")

    def begin_task(self):
        task = f"task-{next(self.numbers)}"
        if self.options.name_early:
            self.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\n"
                       b"transfer-encoding: chunked\r\n\r\n")
            self.write_chunk(json.dumps({"task_id": task, "progress": 0}).encode() + b"\n")
        asyncio.get_running_loop().call_later(self.options.latency, self.end_task, task)

    def end_task(self, task):
        link = f"{self.base}/{task}.png"
        line = json.dumps({
            "success": True, "task_id": task, "image_id": "1" + task.rpartition("-")[2].zfill(18),
            "image_url": link, "raw_image_url": link, "image_width": SIZE, "image_height": SIZE,
            "raw_image_width": SIZE, "raw_image_height": SIZE, "progress": 100,
            "actions": ["upscale1", "reroll"]}).encode() + b"\n"
        if self.options.name_early:
            self.write_chunk(line)
            self.write(b"0\r\n\r\n")
        else:
            self.reply(line, b"application/x-ndjson")

    def write_chunk(self, data):
        self.write(b"%x\r\n%s\r\n" % (len(data), data))

    def reply(self, body, kind):
        self.write(b"HTTP/1.1 200 OK\r\ncontent-type: " + kind + b"\r\ncontent-length: "
                   + str(len(body)).encode() + b"\r\n\r\n" + body)

    def write(self, data):
        if not self.transport.is_closing():
            self.transport.write(data)


async def serve(options):
    Connection.options = options
    Connection.picture = png(options.kib)
    secure = None
    if options.tls:
        secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secure.load_cert_chain(PEM, PEM.with_suffix(".key"))
        secure.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE  # as nginx does
    server = await asyncio.get_running_loop().create_server(
        Connection, "127.0.0.1", 0, backlog=4096, ssl=secure)
    port = server.sockets[0].getsockname()[1]
    Connection.base = f"https://localhost:{port}" if secure else f"http://127.0.0.1:{port}"
    print(Connection.base, flush=True)
    await server.serve_forever()


class CopyingService:
    """Runs the service while it is entered. `url` is its address."""

    def __init__(self, *options):
        self.command = [sys.executable, __file__, *map(str, options)]

    def __enter__(self):
        raise_file_limit()
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def cpu_seconds(self):
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii")
        fields = stat.rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class CopyingServiceHttp2(CopyingService):
    """The same over HTTP/2, by Node: the task is named at once. `way`: [milliseconds that all
    bytes are late, in each direction]."""

    def __init__(self, latency, directory, kib=20, way=()):
        picture = pathlib.Path(directory, "picture.png")
        picture.write_bytes(png(kib))
        script = pathlib.Path(__file__).with_name("copying_service_http2.js")
        self.command = ["node", script, PEM, PEM.with_suffix(".key"), picture, str(latency),
                        *map(str, way)]


def raise_file_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency", type=float, default=0.3, help="seconds of a task")
    parser.add_argument("--kib", type=int, default=20, help="size of a picture")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--name-early", action="store_true",
                        help="a first line names the task at once")
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
