#!/usr/bin/env python3
"""Compares what two builds make of the same job: compare_builds.py BEFORE AFTER

Each program runs the same job files against its own built-in service with the same seed, one
request at a time, so that the order is the same. Then these must be equal: exit codes, plans,
manifests, failed.jsonl, captions, sidecars and pictures. Times, ids and what holds them (links,
the service's port) are left out. Exit 1 and a diff when they differ.
"""
import difflib
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = os.path.join(HERE, "..", "examples")
OLD_JOB = os.path.join(HERE, "end_to_end", "written_by_0_1", "job.yaml")
FAULTS = {"seed": 1, "faults": [
    {"on": "imagine", "prompt": "refused", "do": "status", "status": 400,
     "body": json.dumps({"success": False, "error": {"code": "bad_request", "message": "no"}})},
    {"on": "imagine", "prompt": "flaky", "nth": 1, "do": "fail"}]}
TOKEN = ["--set", "service.token={env: A}"]
IN_ORDER = ["--concurrency", "1", "--rate", "1000/s", "--set", "limits.downloads=1"]
LEFT_OUT = {"task_id", "trace_id", "image_id", "parent_image_id", "url", "submitted_at",
            "generated_at", "downloaded_at", "seconds", "at", "directory", "free"}
NUMBERS = re.compile(r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b\d{16,}\b|127\.0\.0\.1:\d+")


def environment(home):
    return {"PATH": os.environ["PATH"], "HOME": home, "A": "token-a", "B": "token-b",
            "LANG": "C.UTF-8", "TERM": "dumb"}


def without_ids(value):
    if isinstance(value, dict):
        return {key: without_ids(item) for key, item in value.items() if key not in LEFT_OUT}
    if isinstance(value, list):
        return [without_ids(item) for item in value]
    return NUMBERS.sub("ID", value) if isinstance(value, str) else value


def lines_of(path):
    if not os.path.exists(path):
        return [f"no {os.path.basename(path)}"]
    with open(path, encoding="utf-8") as file:
        return sorted(json.dumps(without_ids(json.loads(line)), ensure_ascii=False, sort_keys=True)
                      for line in file)


def texts_of(directory):
    """Captions and sidecars, by name."""
    found = []
    for folder, _, files in os.walk(os.path.join(directory, "images")):
        for name in sorted(files):
            path = os.path.join(folder, name)
            shown = NUMBERS.sub("ID", os.path.relpath(path, directory))
            if name.endswith(".json"):
                with open(path, encoding="utf-8") as file:
                    found.append(f"{shown} {json.dumps(without_ids(json.load(file)))}")
            elif name.endswith(".txt"):
                with open(path, encoding="utf-8") as file:
                    found.append(f"{shown} {NUMBERS.sub('ID', file.read())}")
            else:
                found.append(shown)
    return sorted(found)


def what_it_makes(program, job, space):
    """Everything that can be compared, as lines."""
    made = []

    def call(*arguments):
        ended = subprocess.run([program, *arguments], cwd=space, env=environment(space), text=True,
                               capture_output=True, timeout=600, check=False)
        out = NUMBERS.sub("ID", ended.stdout.replace(space, ""))
        shown = NUMBERS.sub("ID", " ".join(arguments).replace(space, ""))
        made.append(f"$ {shown}: exit {ended.returncode}")
        return out

    faults = os.path.join(space, "faults.json")
    with open(faults, "w", encoding="utf-8") as file:
        json.dump(FAULTS, file)
    service = subprocess.Popen(
        [program, "serve", "--listen", "127.0.0.1:0", "--latency", "1ms", "--image-size", "64",
         "--clips", "webp", "--seed", "7", "--faults", faults],
        cwd=space, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        url = service.stdout.readline().strip()
        made += call("validate", job).splitlines()
        made += call("plan", job, "--list").splitlines()
        made.append(json.dumps(without_ids(json.loads(call("plan", job, "--json") or "null"))))
        ran = call("run", job, "-o", "run", "--service", url, "--json", "-y", "--progress", "none",
                   *IN_ORDER, *([] if job == OLD_JOB else TOKEN))
        made.append(json.dumps(without_ids(json.loads(ran or "null")), sort_keys=True))
        made += call("status", "run").splitlines()
        made += lines_of(os.path.join(space, "run", "manifest.jsonl"))
        made += lines_of(os.path.join(space, "run", "failed.jsonl"))
        made += texts_of(os.path.join(space, "run"))
    finally:
        service.kill()
        service.wait()
    return made


def main():
    before, after = (os.path.abspath(path) for path in sys.argv[1:3])
    jobs = [OLD_JOB] + sorted(os.path.join(EXAMPLES, name) for name in os.listdir(EXAMPLES)
                              if name.endswith(".yaml") and name != "shared-settings.yaml")
    differ = 0
    for job in jobs:
        name = os.path.relpath(job, os.path.join(HERE, ".."))
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
            old, new = what_it_makes(before, job, one), what_it_makes(after, job, other)
        diff = list(difflib.unified_diff(old, new, "before", "after", lineterm="", n=0))
        print(f"{name}: {len(old)} lines, {'differ' if diff else 'equal'}")
        print("\n".join(diff[:40]), end="\n" if diff else "")
        differ += bool(diff)
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
