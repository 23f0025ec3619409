#!/usr/bin/env python3
"""What waiting costs: `darkroom run` with STREAMS requests open at once against `darkroom serve`
over TLS, each for 20 seconds.

    tests/bench/open_streams.py build/release/bin/darkroom 1000 5000

Prints a line for each count: resident memory a waiting stream (all of it: engine, journal, TLS;
what the program needs with nothing open is subtracted), CPU a task (the whole process, images
fetched and saved), and the wall time against the ideal: the ramp at the rate, plus one generation.
"""
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


def run(program, directory, url, streams):
    job = pathlib.Path(directory, f"bench-{streams}.yaml")
    numbers = ", ".join(str(n) for n in range(streams))
    job.write_text(JOB.format(url=url.replace("127.0.0.1", "localhost"), pem=PEM, streams=streams,
                              rate=int(RATE), numbers=numbers), encoding="utf-8")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    process = subprocess.Popen(
        [program, "run", str(job), "-o", f"{directory}/run-{streams}", "--json", "--progress",
         "none"], cwd=directory, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "DARKROOM_BENCH_TOKEN": "bench"})
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
    if summary["steps"]["done"] != streams:
        sys.exit(f"not all done: {summary}")
    ideal = streams / RATE + LATENCY
    print(f"{streams} streams: {(most - least) / streams:.1f} KB a stream, "
          f"{1000 * cpu / streams:.2f} ms CPU a task, {wall:.1f} s of ideally {ideal:.1f} s, "
          f"{summary['retries']} retries", flush=True)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[1])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as directory:
        for streams in map(int, sys.argv[2:]):
            service, url = serve(program, directory)
            try:
                run(program, directory, url, streams)
            finally:
                service.terminate()
                service.wait()


if __name__ == "__main__":
    main()
