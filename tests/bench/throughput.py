#!/usr/bin/env python3
"""Measures how many short tasks a second `darkroom run` gets through: ITEMS tasks of LATENCY
seconds, OPEN at once, each with a picture, over plain HTTP. The server only copies bytes, so that
it is not the limit; its CPU time is printed as well.

    tests/bench/throughput.py build/release/bin/darkroom [--items N] [--open N] [--latency SECONDS]
        [--kib N] [--downloads N] [--repeat N] [--ledger WHICH]

Prints a line for each run: tasks a second and the wall time against the ideal, which is the time of
the generations alone, and the CPU time of a task on both sides.
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

from copying_service import CopyingService

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


def cpu_of(usage):
    return usage.ru_utime + usage.ru_stime


def measure(options, directory, number):
    with CopyingService("--latency", options.latency, "--kib", options.kib) as service:
        job = pathlib.Path(directory, "bench.yaml")
        downloads = f", downloads: {options.downloads}" if options.downloads else ""
        job.write_text(JOB.format(url=service.url, open=options.open, downloads=downloads,
                                  numbers=", ".join(str(n) for n in range(options.items))),
                       encoding="utf-8")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.monotonic()
        run = subprocess.run(
            [options.program, "run", str(job), "-o", f"{directory}/run-{number}", "--json",
             "--progress", "none", *(["--ledger", options.ledger] if options.ledger else [])],
            cwd=directory, stdout=subprocess.PIPE, text=True, check=True,
            env={**os.environ, "DARKROOM_BENCH_TOKEN": "bench", "XDG_STATE_HOME": directory})
        wall = time.monotonic() - started
        cpu = cpu_of(resource.getrusage(resource.RUSAGE_CHILDREN)) - cpu_of(before)
        if json.loads(run.stdout)["steps"]["done"] != options.items:
            sys.exit(f"not all done: {run.stdout}")
        ideal = options.latency * options.items / options.open
        print(f"{options.items / wall:6.0f} tasks a second, {wall:.1f} s of ideally {ideal:.1f} s, "
              f"{1000 * cpu / options.items:.2f} ms CPU a task (the server "
              f"{1000 * service.cpu_seconds() / options.items:.2f} ms)", flush=True)


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
    parser.add_argument("--ledger", help="passed on to 'run'")
    options = parser.parse_args()
    for number in range(options.repeat):
        with tempfile.TemporaryDirectory() as directory:
            measure(options, directory, number)


if __name__ == "__main__":
    main()
