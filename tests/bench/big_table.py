#!/usr/bin/env python3
"""Measures a table with very many rows: planning it, its first request, resuming past rows that are
done, and the state of such a run.

    tests/bench/big_table.py build/release/bin/darkroom 1000000
    tests/bench/big_table.py --below 'upscale*' build/release/bin/darkroom 100000

--below: an action, or a glob, that follows each row's image.

Needs bench_past_run in the program's folder. That makes a run directory where all rows are done
except the last thousand: journal, manifest and pictures. The time of a request is from the start of
the process to its first byte at a listener, which then stops the run. Memory is the maximum
resident size.
"""
import argparse
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

LEFT = 1000  # rows that the resumed run still has to do
PATIENCE = 600.0  # seconds

JOB = """
version: 1
name: big
service: {{url: "http://127.0.0.1:{port}", token: {{env: DARKROOM_BENCH_TOKEN}}}}
jobs:
  - id: cars
    prompts: rows.csv
    prompt: "a {{{{colour}}}} car in {{{{place}}}}, number {{{{number}}}}"
    then: [{below}]
"""
COLOURS = ["red", "green", "blue", "white", "black"]
PLACES = ["Paris", "the desert", '"the ""old"" town"', '"a port, at night"']


def write_table(path, rows):
    with open(path, "w", encoding="utf-8") as table:
        table.write("colour,place,number\n")
        for row in range(rows):
            table.write(f"{COLOURS[row % 5]},{PLACES[row % 4]},{row}\n")


def finish(process):
    """Returns the maximum memory of the process, in MB."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss / 1024


def measure(program, directory, *words):
    """Returns the seconds and the memory of a command that sends nothing."""
    started = time.monotonic()
    process = subprocess.Popen([program, *words], cwd=directory, stdout=subprocess.DEVNULL)
    memory = finish(process)
    if process.returncode:
        sys.exit(f"{words} ended with {process.returncode}")
    return time.monotonic() - started, memory


def first_request(program, directory, listener, output):
    """Returns the seconds to the first request, and the memory at that time."""
    started = time.monotonic()
    process = subprocess.Popen(
        [program, "run", "job.yaml", "-o", output, "--yes", "--progress", "none"], cwd=directory,
        env={**os.environ, "DARKROOM_BENCH_TOKEN": "bench"}, stderr=subprocess.PIPE)
    listener.settimeout(PATIENCE)
    connection, _ = listener.accept()
    with connection:
        connection.settimeout(PATIENCE)
        head = connection.recv(4096)
        seconds = time.monotonic() - started
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)  # a second one: nothing waits for the answer
        memory = finish(process)
    if not head.startswith(b"POST /midjourney/imagine"):
        sys.exit(f"not a paid request: {head}")
    process.stderr.close()
    return seconds, memory


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("rows", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--below", default="", metavar="ACTION")
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    rows = options.rows
    maker = pathlib.Path(program).with_name("bench_past_run")
    with tempfile.TemporaryDirectory() as directory, socket.create_server(
            ("127.0.0.1", 0), backlog=64) as listener:
        job = pathlib.Path(directory, "job.yaml")
        below = f'"{options.below}"' if options.below else ""
        job.write_text(JOB.format(port=listener.getsockname()[1], below=below), encoding="utf-8")
        write_table(pathlib.Path(directory, "rows.csv"), rows)
        seconds, memory = measure(program, directory, "plan", "job.yaml")
        print(f"plan: {seconds:.2f} s, {memory:.0f} MB", flush=True)
        seconds, memory = first_request(program, directory, listener, "fresh")
        print(f"first request of a new run: {seconds:.2f} s, {memory:.0f} MB", flush=True)
        shutil.rmtree(pathlib.Path(directory, "fresh"))
        subprocess.run([maker, "job.yaml", "past", str(rows - LEFT)], cwd=directory, check=True)
        size = pathlib.Path(directory, "past", "journal.db").stat().st_size
        os.sync()  # the writes of bench_past_run do not count for the run
        seconds, memory = first_request(program, directory, listener, "past")
        print(f"first request past {rows - LEFT} rows: {seconds:.2f} s, {memory:.0f} MB; "
              f"journal.db has {size / 1e6:.0f} MB", flush=True)
        seconds, memory = measure(program, directory, "status", "past")
        print(f"status: {seconds:.2f} s, {memory:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
