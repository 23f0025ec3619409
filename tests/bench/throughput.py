#!/usr/bin/env python3
"""Measures how many short tasks a second `darkroom run` gets through: ITEMS tasks of LATENCY seconds,
OPEN at once, each with a picture, over plain HTTP. The server is a process of its own that only
copies bytes, so that it is not the limit; its CPU time is printed as well.

    tests/bench/throughput.py build/release/bin/darkroom [--items N] [--open N] [--latency SECONDS]
        [--kib N] [--downloads N] [--repeat N]

Prints a line for each run: tasks a second and the wall time against the ideal, which is the time of
the generations alone, and the CPU time of a task on both sides.
"""
import argparse
import asyncio
import itertools
import json
import os
import pathlib
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zlib

JOB = """
version: 1
name: bench
service: {{url: "{url}", token: {{env: DARKROOM_BENCH_TOKEN}}}}
limits: {{concurrency: {open}, rate: 1000/s{downloads}}}
jobs:
  - id: boats
    prompt: "boat {{{{n}}}}"
    matrix: {{n: [{numbers}]}}
"""


def png(size, kib):
    """Returns a picture of about so many KiB: noise, which does not get smaller."""
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    noise = random.Random(1)
    rows = b"".join(b"\0" + noise.randbytes(3 * size) for _ in range(size))
    ballast = chunk(b"tEXt", b"Comment\0" + b"x" * max(0, kib * 1024 - len(rows)))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0))
    return (b"\x89PNG\r\n\x1a\n" + header + ballast + chunk(b"IDAT", zlib.compress(rows, 1))
            + chunk(b"IEND", b""))


class Service(asyncio.Protocol):
    """One connection. A request is answered when all of it is there."""

    numbers = itertools.count(1)
    picture = b""
    latency = 0.3
    size = 64
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
                asyncio.get_running_loop().call_later(self.latency, self.answer)
            elif head.startswith(b"POST"):
                self.reply(b'{"items":[],"count":0}', b"application/json")
            else:
                self.reply(self.picture, b"image/png")

    def answer(self):
        number = next(self.numbers)
        line = json.dumps({
            "success": True, "task_id": f"task-{number}", "image_id": str(10**18 + number),
            "image_url": f"{self.base}/{number}.png", "raw_image_url": f"{self.base}/{number}.png",
            "image_width": self.size, "image_height": self.size, "raw_image_width": self.size,
            "raw_image_height": self.size, "progress": 100, "actions": ["upscale1", "reroll"]})
        self.reply(line.encode() + b"\n", b"application/x-ndjson")

    def reply(self, body, kind):
        if not self.transport.is_closing():
            self.transport.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: " + kind + b"\r\ncontent-length: "
                + str(len(body)).encode() + b"\r\n\r\n" + body)


async def serve(options):
    Service.picture = png(Service.size, options.kib)
    Service.latency = options.latency
    server = await asyncio.get_running_loop().create_server(Service, "127.0.0.1", 0, backlog=4096)
    Service.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    print(Service.base, flush=True)
    await server.serve_forever()


def cpu_of(usage):
    return usage.ru_utime + usage.ru_stime


def seconds_of(pid):
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def measure(options, directory, number):
    server = subprocess.Popen([sys.executable, __file__, *sys.argv[1:], "--serve"],
                              stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().strip()
        job = pathlib.Path(directory, "bench.yaml")
        downloads = f", downloads: {options.downloads}" if options.downloads else ""
        job.write_text(JOB.format(url=url, open=options.open, downloads=downloads,
                                  numbers=", ".join(str(n) for n in range(options.items))),
                       encoding="utf-8")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.monotonic()
        run = subprocess.run(
            [options.program, "run", str(job), "-o", f"{directory}/run-{number}", "--json",
             "--progress", "none"], cwd=directory, stdout=subprocess.PIPE, text=True, check=True,
            env={**os.environ, "DARKROOM_BENCH_TOKEN": "bench"})
        wall = time.monotonic() - started
        cpu = cpu_of(resource.getrusage(resource.RUSAGE_CHILDREN)) - cpu_of(before)
        if json.loads(run.stdout)["steps"]["done"] != options.items:
            sys.exit(f"not all done: {run.stdout}")
        ideal = options.latency * options.items / options.open
        print(f"{options.items / wall:6.0f} tasks a second, {wall:.1f} s of ideally {ideal:.1f} s, "
              f"{1000 * cpu / options.items:.2f} ms CPU a task (the server "
              f"{1000 * seconds_of(server.pid) / options.items:.2f} ms)", flush=True)
    finally:
        server.terminate()
        server.wait()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=os.path.abspath)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--open", type=int, default=500)
    parser.add_argument("--latency", type=float, default=0.3)
    parser.add_argument("--kib", type=int, default=20)
    parser.add_argument("--downloads", type=int)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if options.serve:
        asyncio.run(serve(options))
    for number in range(options.repeat):
        with tempfile.TemporaryDirectory() as directory:
            measure(options, directory, number)


if __name__ == "__main__":
    main()
