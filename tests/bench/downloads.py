#!/usr/bin/env python3
"""Compares downloads over HTTP/1.1 and over HTTP/2: PICTURES tasks that end at once, each with a
picture of KIB, from a server of Node that speaks both.

    tests/bench/downloads.py build/release/bin/darkroom [--pictures N] [--kib N] [--way MS]
        [--rounds N]

Prints a line for each run: the wall time, megabytes a second, CPU time of a picture on both sides,
and the client's largest resident memory. `--way`: all bytes come so late in each direction.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from copying_service import PEM, CopyingServiceHttp2


def measure(options, version):
    with tempfile.TemporaryDirectory() as directory, CopyingServiceHttp2(
            0, directory, options.kib, [options.way] if options.way else []) as service:
        job = {
            "version": 1, "name": "bench",
            "service": {"url": service.url, "ca_file": str(PEM), "http": version,
                        "token": {"env": "DARKROOM_BENCH_TOKEN"}},
            "limits": {"concurrency": 64, "rate": "1000/s"},
            "jobs": [{"id": "boats", "prompt": "boat {{n}}",
                      "matrix": {"n": list(range(options.pictures))}}]}
        path = pathlib.Path(directory, "bench.yaml")
        path.write_text(json.dumps(job), encoding="utf-8")
        started = time.monotonic()
        process = subprocess.Popen(
            [options.program, "run", path, "-o", f"{directory}/run", "--json", "--progress", "none"],
            cwd=directory, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "DARKROOM_BENCH_TOKEN": "bench", "XDG_STATE_HOME": directory})
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        summary = json.loads(process.stdout.read())
        process.stdout.close()
        if status != 0 or summary["steps"]["done"] != options.pictures:
            sys.exit(f"not all done: {summary}")
        cpu = 1000 * (usage.ru_utime + usage.ru_stime) / options.pictures
        server = 1000 * service.cpu_seconds() / options.pictures
        print(f"HTTP {version}: {wall:.2f} s, {summary['bytes'] / 1e6 / wall:.0f} MB/s, "
              f"{cpu:.2f} ms CPU a picture (the server {server:.2f} ms), "
              f"{usage.ru_maxrss / 1024:.0f} MiB, {summary['retries']} retries", flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=os.path.abspath)
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--kib", type=int, default=4096)
    parser.add_argument("--way", type=int)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    for _ in range(options.rounds):
        for version in ("1.1", "auto"):
            measure(options, version)


if __name__ == "__main__":
    main()
