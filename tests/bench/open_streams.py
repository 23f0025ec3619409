#!/usr/bin/env python3
"""Measures open streams: `darkroom run` with STREAMS requests open at once against `darkroom serve`
over TLS, each for 20 seconds.

    tests/bench/open_streams.py [--rounds N] build/release/bin/darkroom 1000 5000

A run has N tasks for each stream (default 1). With one, each task needs a connection of its own;
with more, a later task reuses the connection of an earlier one, as in any longer run.

Prints one line for each count: the resident memory of a waiting stream (engine, journal and TLS,
less what the program needs with nothing open), the CPU time of a task (of the whole process, with
images downloaded and saved), and the wall time against the ideal: the ramp at the rate, plus N
generations.
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

LATENCY = 20.0  # seconds
RATE = 400.0  # submissions a second
PEM = pathlib.Path(__file__).resolve().parent.parent / "end_to_end" / "localhost.pem"

JOB = """
version: 1
name: bench
service: {{url: "{url}", ca_file: "{pem}", token: {{env: DARKROOM_BENCH_TOKEN}}}}
limits: {{concurrency: {streams}, rate: {rate}/s, downloads: 64}}
jobs:
  - id: boats
    prompt: "boat {{{{n}}}}"
    matrix: {{n: [{numbers}]}}
"""


def resident_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def serve(program, directory):
    process = subprocess.Popen(
        [program, "serve", "--listen", "127.0.0.1:0", "--latency", f"{LATENCY:.0f}s",
         "--image-size", "64", "--tls-cert", PEM, "--tls-key", PEM.with_suffix(".key")],
        cwd=directory, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    return process, next(word for word in line.split() if word.startswith("https://"))


def run(program, directory, url, streams, rounds):
    job = pathlib.Path(directory, f"bench-{streams}.yaml")
    tasks = streams * rounds
    numbers = ", ".join(str(n) for n in range(tasks))
    job.write_text(JOB.format(url=url.replace("127.0.0.1", "localhost"), pem=PEM, streams=streams,
                              rate=int(RATE), numbers=numbers), encoding="utf-8")
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
          f"{1000 * cpu / tasks:.2f} ms CPU a task, {wall:.1f} s of ideally {ideal:.1f} s, "
          f"{summary['retries']} retries", flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1, metavar="N")
    parser.add_argument("program", type=os.path.abspath)
    parser.add_argument("streams", type=int, nargs="+")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as directory:
        for streams in options.streams:
            service, url = serve(options.program, directory)
            try:
                run(options.program, directory, url, streams, options.rounds)
            finally:
                service.terminate()
                service.wait()


if __name__ == "__main__":
    main()
