#!/usr/bin/env python3
"""Measures how long a merge of run directories takes, and its memory.

    tests/bench/big_merge.py build/release/bin/darkroom 1000000

Needs bench_past_run in the program's folder. That makes a run directory for each shard of a table
with this many rows, as machines with --shard would: journals, manifests and pictures. Memory is the
maximum resident size.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import big_table


def merge(program, directory, parts):
    started = time.monotonic()
    process = subprocess.Popen([program, "merge", *parts, "-o", "all", "--json"], cwd=directory,
                               stdout=subprocess.PIPE)
    report = json.loads(process.stdout.read())
    memory = big_table.finish(process)
    if process.returncode:
        sys.exit(f"merge ended with {process.returncode}")
    return time.monotonic() - started, memory, report


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("rows", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--parts", type=int, default=4)
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    maker = pathlib.Path(program).with_name("bench_past_run")
    with tempfile.TemporaryDirectory() as directory:
        job = pathlib.Path(directory, "job.yaml")
        job.write_text(big_table.JOB.format(port=1, below=""), encoding="utf-8")
        big_table.write_table(pathlib.Path(directory, "rows.csv"), options.rows)
        parts = []
        for part in range(1, options.parts + 1):
            parts.append(f"part-{part}")
            subprocess.run([maker, "job.yaml", parts[-1], str(options.rows),
                            f"{part}/{options.parts}"], cwd=directory, check=True)
        os.sync()  # the writes of bench_past_run do not count for the merge
        seconds, memory, report = merge(program, directory, parts)
        print(f"merge of {options.parts} parts: {seconds:.1f} s, {memory:.0f} MB; "
              f"{report['steps']} steps, {report['images']} images, {report['linked']} linked, "
              f"{report['copied']} copied", flush=True)


if __name__ == "__main__":
    main()
