#!/usr/bin/env python3
"""Measures how many requests a second the ledgers grant and settle, as a table for
docs/many-machines.md:

    ledger_grants.py PROGRAM BENCH [--seconds N] [--rounds N]

PROGRAM is darkroom, BENCH is bench_ledger_grants (`tests/bench/run.sh --only ledger` builds both). The server has its usual settings, the disk is
that of $TMPDIR. The first line is what the disk itself does: a small append and its fdatasync, one
after the other. Medians of the rounds, which are made in turn.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


def commits_a_second(directory, seconds):
    path = os.path.join(directory, "appended")
    count, end = 0, time.monotonic() + seconds
    with open(path, "ab", buffering=0) as file:
        while time.monotonic() < end:
            file.write(b"x" * 200)
            os.fdatasync(file.fileno())
            count += 1
    os.remove(path)
    return count / seconds


def pairs_a_second(options, where, connections=1, requests=1, processes=1, one=False):
    arguments = [options.bench, where, str(connections), str(requests), str(options.seconds),
                 *(["one"] if one else [])]
    started = [subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
               for _ in range(processes)]
    printed = [process.communicate()[0] for process in started]
    if any(process.returncode for process in started):
        sys.exit("ledger_grants.py: a measurement has failed")
    return sum(map(float, printed))


def rows_of(options, postgres, directory):
    """Returns a name and a function for each row of the table. A connection to PostgreSQL makes one
    call after the other; SQLite gathers those of many requests in one transaction."""
    def on_server(**more):
        return lambda: pairs_a_second(options, postgres.url, **more)

    def in_file(processes):
        def measure():
            with tempfile.TemporaryDirectory(dir=directory) as place:
                return pairs_a_second(options, place, requests=50, processes=processes)
        return measure

    return [("the disk: appends with fdatasync",
             lambda: commits_a_second(postgres.folder, options.seconds)),
            ("PostgreSQL, 1 connection", on_server()),
            ("PostgreSQL, 50 connections, an account each", on_server(connections=50)),
            ("PostgreSQL, 50 connections, one account", on_server(connections=50, one=True)),
            ("SQLite, 1 process with 50 requests at once", in_file(1)),
            ("SQLite, 4 processes with 50 requests at once", in_file(4))]


class Measurement(unittest.TestCase):
    """The server of the end-to-end tests belongs to a test case."""
    options = None

    def runTest(self):
        from postgres_server import Postgres  # needs the environment
        directory = tempfile.TemporaryDirectory(prefix="darkroom-bench-")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        postgres = Postgres(self, durable=True)
        subprocess.run([self.options.program, "ledger", "init", postgres.url], check=True,
                       stdout=subprocess.DEVNULL)
        rows = rows_of(self.options, postgres, self.directory)
        measured = [[measure() for _, measure in rows] for _ in range(self.options.rounds)]
        print("| ledger | pairs a second |\n| --- | --- |")
        for (name, _), values in zip(rows, zip(*measured)):
            print(f"| {name} | {statistics.median(values):,.0f} |")

    def path(self, *names):
        return os.path.join(self.directory, *names)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("bench")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    Measurement.options = parser.parse_args()
    os.environ.setdefault("DARKROOM_PROGRAM", Measurement.options.program)
    os.environ.setdefault("DARKROOM_SOURCE", os.path.dirname(os.path.dirname(HERE)))
    sys.path.append(os.path.join(os.path.dirname(HERE), "end_to_end"))
    result = unittest.TextTestRunner(verbosity=0, stream=sys.stderr).run(Measurement())
    sys.exit(0 if result.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
