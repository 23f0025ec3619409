#!/usr/bin/env python3
"""Runs a job file with darkroom, and follows it: drive.py JOB.yaml [MORE OPTIONS OF run]

Each line of `--progress json` is an object; docs/events.schema.json describes them. The last one has
the counts of the run. What another program needs is a loop over lines: no library.
"""
import json
import os
import subprocess
import sys


def run(*arguments):
    """Yields the events of a run. A run whose reader goes away ends calmly."""
    program = os.environ.get("DARKROOM", "darkroom")
    with subprocess.Popen([program, "run", *arguments, "--yes", "--progress", "json"],
                          stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                          encoding="utf-8") as process:
        try:
            for line in process.stderr:
                yield json.loads(line)
        finally:
            if process.poll() is None:
                process.terminate()  # what is open may finish; a second one ends it at once


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: drive.py JOB.yaml [MORE OPTIONS OF run]")
    code = 1
    for event in run(*sys.argv[1:]):
        if event["event"] == "image_saved":
            print(f"{event['job']}/{event['item']} {event['path']} -> {event['file']}", flush=True)
        elif event["event"] in ("failed", "warning", "error"):
            print(event["message"], file=sys.stderr)
        elif event["event"] == "end":
            print(f"{event['steps']['done']} done, {event['paid']} paid")
            code = event["exit"]  # another run may follow
    sys.exit(code)


if __name__ == "__main__":
    main()
