#!/usr/bin/env python3
"""Measures open streams: `darkroom run` with STREAMS requests open at once over TLS, each for 20
seconds, against a server that only copies bytes.

    tests/bench/open_streams.py [--rounds N] build/release/bin/darkroom 1000 5000

A run has N tasks for each stream (default 1). With one, each task needs a connection of its own;
with more, a later task reuses the connection of an earlier one, as in any longer run.

Prints one line for each count: the resident memory of a waiting stream (engine, journal and TLS,
less what the program needs with nothing open), the CPU time of a task (of the whole process, with
images downloaded and saved), the CPU time of the server, and the wall time against the ideal: the
ramp at the rate, plus N generations.
"""
import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

from copying_service import PEM, CopyingService, CopyingServiceHttp2

LATENCY = 20.0  # seconds
RATE = 400.0  # submissions a second

JOB = """
version: 1
name: bench
service: {{url: "{url}", ca_file: "{pem}", token: {{env: DARKROOM_BENCH_TOKEN}}{http}}}
limits: {{concurrency: {streams}, rate: {rate}/s, downloads: 64}}
jobs:
  - id: boats
    prompt: "boat {{{{n}}}}"
    matrix: {{n: [{numbers}]}}
"""


def resident_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def run(program, directory, service, streams, rounds, http):
    job = pathlib.Path(directory, f"bench-{streams}.yaml")
    tasks = streams * rounds
    numbers = ", ".join(str(n) for n in range(tasks))
    job.write_text(JOB.format(url=service.url, pem=PEM, streams=streams, rate=int(RATE), http=http,
                              numbers=numbers), encoding="utf-8")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    process = subprocess.Popen(
        [program, "run", str(job), "-o", f"{directory}/run-{streams}", "--json", "--progress",
         "none"], cwd=directory, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "DARKROOM_BENCH_TOKEN": "bench", "SSL_CERT_FILE": str(PEM)})
    most = least = resident_kb(process.pid)
    generation_ends = started + streams / RATE + LATENCY
    while process.poll() is None:
        if time.monotonic() < generation_ends - LATENCY / 4:
            most = max(most, resident_kb(process.pid))
        time.sleep(0.05)  # a sampling interval, nothing waits for it
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    summary = json.loads(process.stdout.read())
    if summary["steps"]["done"] != tasks:
        sys.exit(f"not all done: {summary}")
    ideal = streams / RATE + rounds * LATENCY
    print(f"{streams} streams, {tasks} tasks: {(most - least) / streams:.1f} KB a stream, "
          f"{1000 * cpu / tasks:.2f} ms CPU a task "
          f"(the server {1000 * service.cpu_seconds() / tasks:.2f} ms), "
          f"{wall:.1f} s of ideally {ideal:.1f} s, {summary['retries']} retries", flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1, metavar="N")
    parser.add_argument("--http2", action="store_true", help="against a server of Node")
    parser.add_argument("program", type=os.path.abspath)
    parser.add_argument("streams", type=int, nargs="+")
    options = parser.parse_args()
    for streams in options.streams:
        with tempfile.TemporaryDirectory() as directory:
            service = CopyingService("--latency", LATENCY, "--tls", "--name-early")
            http = ""
            if options.http2:
                service = CopyingServiceHttp2(LATENCY, directory)
                http = ", http: 2"
            with service:
                run(options.program, directory, service, streams, options.rounds, http)


if __name__ == "__main__":
    main()
