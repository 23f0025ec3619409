#!/usr/bin/env python3
"""Measures a run over many accounts: ACCOUNTS tokens with 5 places and 10 requests a second each,
40 steps of 2 s for each of them, against `darkroom serve`, which enforces these limits.

    tests/bench/many_accounts.py build/release/bin/darkroom [--accounts N]

Prints the wall time against the ideal, which is the time of the generations alone, and how many
requests the service has refused. Nothing is downloaded, so that the service paints nothing.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from copying_service import raise_file_limit

PLACES = 5
RATE = 10
LATENCY = 2
STEPS = 40  # for each account


def serve(program, directory, tokens):
    path = pathlib.Path(directory, "tokens.json")
    path.write_text(json.dumps([{"token": token, "running": PLACES, "rate": RATE}
                                for token in tokens]), encoding="utf-8")
    path.chmod(0o600)
    process = subprocess.Popen(
        [program, "serve", "--listen", "127.0.0.1:0", "--latency", f"{LATENCY}s", "--tokens", path,
         "--accounts", str(len(tokens)), "--slots", str(PLACES), "--image-size", "64"],
        cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    line = process.stdout.readline()
    return process, next(word for word in line.split() if word.startswith("http://"))


def job(url, count):
    items = STEPS * count
    return {
        "version": 1, "name": "bench",
        "service": {"url": url, "accounts": [
            {"name": f"a{i}", "token": {"env": f"BENCH_TOKEN_{i}"}, "concurrency": PLACES,
             "rate": f"{RATE}/s"} for i in range(count)]},
        "limits": {"concurrency": PLACES * count, "rate": f"{RATE * count}/s"},
        "jobs": [{"id": "boats", "prompt": "boat {{n}}", "download": False,
                  "matrix": {"n": list(range(items))}}]}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=os.path.abspath)
    parser.add_argument("--accounts", type=int, default=100)
    options = parser.parse_args()
    raise_file_limit()
    tokens = [f"secret-token-{i:04}" for i in range(options.accounts)]
    with tempfile.TemporaryDirectory() as directory:
        service, url = serve(options.program, directory, tokens)
        try:
            path = pathlib.Path(directory, "bench.yaml")
            path.write_text(json.dumps(job(url, options.accounts)), encoding="utf-8")
            secrets = {f"BENCH_TOKEN_{i}": token for i, token in enumerate(tokens)}
            started = time.monotonic()
            run = subprocess.run(
                [options.program, "run", path, "-o", f"{directory}/run", "--json", "--progress",
                 "none"], cwd=directory, stdout=subprocess.PIPE, text=True, check=False,
                env={**os.environ, **secrets})
            wall = time.monotonic() - started
        finally:
            service.terminate()
            service.wait()
    summary = json.loads(run.stdout) if run.stdout else {}
    if run.returncode != 0 or summary["steps"]["done"] != STEPS * options.accounts:
        sys.exit(f"not all done: {run.stdout}")
    print(f"{options.accounts} accounts, {STEPS * options.accounts} steps: {wall:.1f} s of ideally "
          f"{STEPS * LATENCY / PLACES:.1f} s, {summary['retries']} retries")


if __name__ == "__main__":
    main()
