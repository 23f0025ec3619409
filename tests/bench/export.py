#!/usr/bin/env python3
"""Measures `darkroom export` over many small pictures beside `tar cf` over the same files.

    TMPDIR=/dev/shm tests/bench/export.py build/release/bin/darkroom 100000

Makes a run directory with this many lines and pictures of --bytes each, without a journal: an
export needs none. Runs tar and each export in turn, once to warm up and --rounds times, and prints the
medians of the wall time, of that of the processor and of the largest memory, and the ratios to those of
tar. Each export is new, and removed before the next one.
"""
import argparse
import hashlib
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

FORMATS = (("csv", "--to", "csv"), ("jsonl", "--to", "jsonl"),
           ("imagefolder, links", "--to", "imagefolder", "--split", "train=0.9,test=0.1"),
           ("imagefolder, copies", "--to", "imagefolder", "--copy"),
           ("webdataset", "--to", "webdataset", "--shard-size", "200MB"),
           ("folder, links", "--to", "folder"))


def write_run(directory, count, size):
    """Writes the manifest, in the order in which a run saves pictures, and the pictures."""
    rng = random.Random(1)
    order = list(range(count))
    rng.shuffle(order)
    filler = rng.randbytes(size)
    with open(directory / "manifest.jsonl", "w", encoding="utf-8") as manifest:
        for place, item in enumerate(order):
            folder = directory / "images" / f"{item // 1000:03}"
            if not folder.exists():
                folder.mkdir(parents=True)
            content = b"\x89PNG" + item.to_bytes(8, "big") + filler[12:]
            name = f"images/{item // 1000:03}/{item:06}-generate.png"
            (directory / name).write_bytes(content)
            prompt = f"a car of kind {item} in fog, seen from the hill behind the old mill --v 6.1"
            manifest.write(json.dumps({
                "schema": 1, "key": hashlib.sha256(str(item).encode()).hexdigest(), "job": "cars",
                "item": item, "repeat": 0, "path": "", "kind": "image", "tile": None,
                "result": None, "variables": {"car": f"kind {item}", "place": "fog"}, "drawn": {},
                "prompt": prompt, "root_prompt": prompt, "action": "generate", "mode": "fast",
                "parent_image_id": None, "task_id": f"task-{item}", "trace_id": f"trace-{item}",
                "image_id": str(10**18 + item), "actions": ["upscale1", "upscale2", "upscale3",
                                                           "upscale4", "reroll", "variation1"],
                "picked": None, "url": f"https://cdn.example.org/{item}.png", "file": name,
                "same_as": None, "width": 64, "height": 64, "format": "png", "bytes": size,
                "sha256": hashlib.sha256(content).hexdigest(), "account": None, "attempts": 1,
                "cost": 0.026, "submitted_at": "2026-11-29T10:00:00.000Z",
                "generated_at": "2026-11-29T10:00:30.000Z",
                "downloaded_at": f"2026-11-29T10:01:{place % 60:02}.000Z"},
                separators=(",", ":")) + "\n")


def measure(words, directory):
    """Returns a row of the table: seconds, seconds of the processor, the largest memory in MB."""
    begin = time.monotonic()
    process = subprocess.Popen(words, cwd=directory, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{words}: status {status}")
    return time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def remove(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    else:
        os.remove(path)


def measure_all(commands, directory, rounds):
    """Runs the commands in turn, and returns the medians of each."""
    rows = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, (words, out) in commands.items():
            row = measure(words, directory)
            remove(os.path.join(directory, out))
            if number > 0:  # the first round warms the caches, and the memory of this machine
                rows[name].append(row)
    return {name: tuple(map(statistics.median, zip(*measured)))
            for name, measured in rows.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("pictures", type=int, nargs="?", default=100_000)
    parser.add_argument("--bytes", type=int, default=8192)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    commands = {"`tar cf`": (["tar", "cf", "run.tar", "run"], "run.tar"),
                "`cp -r`": (["cp", "-r", "run", "copy"], "copy")}
    for name, *words in FORMATS:
        commands[name] = ([program, "export", "run", *words, "-o", "out"], "out")
    with tempfile.TemporaryDirectory() as directory:
        run = pathlib.Path(directory, "run")
        run.mkdir()
        write_run(run, options.pictures, options.bytes)
        rows = measure_all(commands, directory, options.rounds)
    tar = next(iter(rows.values()))
    print("| export | seconds | CPU | of tar | of its CPU | memory, MB |\n"
          "| --- | --- | --- | --- | --- | --- |")
    for name, (seconds, busy, memory) in rows.items():
        print(f"| {name} | {seconds:.2f} | {busy:.2f} | {seconds / tar[0]:.2f} "
              f"| {busy / tar[1]:.2f} | {memory:.0f} |")


if __name__ == "__main__":
    main()
