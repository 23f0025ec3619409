#!/usr/bin/env python3
"""Measures how long the lines of a big manifest take to move when the job file has changed.

    tests/bench/big_manifest.py build/release/bin/darkroom 1000000

Needs bench_past_run and bench_arrange_lines in the program's folder. The first makes the run
directory of a table with this many rows, without the pictures. Then a row is put in front and one
is taken away from the middle, so that nearly each line changes; with --shuffle the rows get any
order as well. The second moves the lines, and then does it again: then nothing changes.
"""
import argparse
import os
import pathlib
import random
import subprocess
import tempfile

import big_table


def change(path, shuffles):
    with open(path, encoding="utf-8") as file:
        head, *rows = file.read().splitlines()
    del rows[len(rows) // 2]
    if shuffles:
        random.Random(1).shuffle(rows)
    rows.insert(0, "pink,Rome,new")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join([head, *rows]) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("rows", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--shuffle", action="store_true")
    options = parser.parse_args()
    tools = pathlib.Path(os.path.abspath(options.program)).parent
    with tempfile.TemporaryDirectory() as directory:
        job = pathlib.Path(directory, "job.yaml")
        job.write_text(big_table.JOB.format(port=1, below=""), encoding="utf-8")
        table = pathlib.Path(directory, "rows.csv")
        big_table.write_table(table, options.rows)
        subprocess.run([tools / "bench_past_run", "--no-pictures", "job.yaml", "run", str(options.rows)],
                       cwd=directory, check=True)
        os.sync()  # the writes of bench_past_run do not count for what follows
        size = os.path.getsize(pathlib.Path(directory, "run", "manifest.jsonl"))
        print(f"{options.rows} lines, {size / 1e6:.0f} MB", flush=True)
        change(table, options.shuffle)
        for _ in range(2):
            subprocess.run([tools / "bench_arrange_lines", "job.yaml", "run"], cwd=directory,
                           check=True)


if __name__ == "__main__":
    main()
