#!/usr/bin/env python3
"""Measures a run against a service that fails now and then: `darkroom run` with ITEMS items and
OPEN requests at once against `darkroom serve` (plain HTTP). A share of its answers are ordinary
faults: a 503, a reset, a 429, a page of a gateway, a stream that is cut.

    tests/bench/faults_at_scale.py build/release/bin/darkroom
    tests/bench/faults_at_scale.py build/release/bin/darkroom --items 3000 --open 100 --shares 0 1
    tests/bench/faults_at_scale.py build/release/bin/darkroom --items 2000 --latency 2 --shares 0 \\
        --deliveries stream wait callback poll

Prints for each run what happened in every five seconds: pictures a second, and how many attempts
were lost and how old the oldest was at the end of them. An attempt is lost from the fact that its
outcome is unknown to the next fact about its step. Both come from the journal. Then a table:

    rate     pictures a second until the last step that lost no attempt had its picture
    of first that rate against the one of the first run
    lost     attempts that were lost, and the age of the oldest at any time
    tail     the time from the last picture of a step that lost no attempt to the end of the run
    unknown  steps that are left unknown: nothing was sent after them that could be a witness
    asked    requests to /midjourney/tasks, by the service's ledger
    CPU      milliseconds for a picture, of the run and of the service
    loops    the part of the time that the one thread of each loop was at work, and the part that it
             waited for a processor: then the machine was the limit
"""
import argparse
import collections
import itertools
import json
import os
import pathlib
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request

STEP = 5.0  # seconds of a line

JOB = """
version: 1
name: bench
service: {{url: "{url}", token: {{env: DARKROOM_BENCH_TOKEN}}, delivery: {delivery}}}
limits: {{concurrency: {open}, rate: {rate}/s, downloads: 64, failures: 0}}
retry: {{settle: {settle}s}}
jobs:
  - id: boats
    prompt: "boat {{{{n}}}}"
    download: {pictures}
    matrix: {{n: [{numbers}]}}
"""

PAGE = "<h1>Bad gateway</h1>"
# Each kind has an equal part of the share. Some strike before the service has taken the request,
# some after: the client cannot know.
FAULTS = {
    "503": [{"do": "status", "status": 503}],
    "reset": [{"do": "reset_before"}, {"do": "reset_after"}],
    "429": [{"do": "status", "status": 429, "retry_after": "1s"}],
    "502": [{"do": "status", "status": 502, "body": PAGE},
            {"do": "status_after", "status": 502, "body": PAGE}],
    "cut": [{"do": "cut", "after_lines": 1}],
}


def fault_script(options, directory, percent):
    """Writes the rules. Each sees what those before it have left."""
    rules = []
    left = 1
    for kind in options.faults:
        for fault in FAULTS[kind]:
            part = percent / 100 / len(options.faults) / len(FAULTS[kind])
            rules.append({"on": "imagine", "share": part / left, **fault})
            left -= part
    path = pathlib.Path(directory, f"faults-{percent:g}.yaml")
    path.write_text(json.dumps({"seed": 7, "faults": rules}), encoding="utf-8")
    return path


def serve(options, directory, percent):
    command = [options.program, "serve", "--listen", "127.0.0.1:0", "--image-size", "64",
               "--latency", f"{options.latency * 1000:.0f}ms"]
    if percent > 0:
        command += ["--faults", fault_script(options, directory, percent)]
    process = subprocess.Popen(command, cwd=directory, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    return process, next(word for word in line.split() if word.startswith("http://"))


def cpu_seconds(pid):
    """Returns the CPU time of a process that is still there."""
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


class LoopTimes:
    """The times of a process's first thread, which runs its loop."""

    def __init__(self, pid):
        self.path = pathlib.Path(f"/proc/{pid}/schedstat")
        self.begun = time.monotonic()
        self.at_work = self.waited = 0.0
        self.before = self.read()

    def read(self):
        try:
            words = self.path.read_text(encoding="ascii").split()
        except (FileNotFoundError, ProcessLookupError):  # it has ended
            return None
        return [int(word) / 1e9 for word in words[:2]] if words else None

    def sample(self):
        now = self.read()
        if now is not None and now[0] > 0:
            passed = time.monotonic() - self.begun
            self.at_work, self.waited = (
                (end - begin) / passed for end, begin in zip(now, self.before))


class JournalView:
    """Reads the facts of a run as they come."""

    def __init__(self, path):
        self.path = path
        self.last = 0
        self.lost = {}  # step: since when, in milliseconds
        self.ever_lost = set()
        self.losses = 0
        self.sent = []  # times
        self.finished = []  # (time, step)
        self.oldest = []  # (time, lost now, age of the oldest in seconds)
        self.codes = collections.Counter()
        self.database = None

    def read(self):
        if self.database is None and self.path.exists():
            self.database = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        if self.database is None:
            return
        try:
            rows = self.database.execute(
                "SELECT seq, step, at, kind, CASE WHEN kind = 'failed' THEN body END FROM facts "
                "WHERE seq > ? ORDER BY seq", (self.last,)).fetchall()
        except sqlite3.OperationalError:  # its tables are not there yet, or it is busy
            return
        for seq, step, at, kind, body in rows:
            self.last = seq
            self.take(step, at, kind, body)
        self.sample(time.time() * 1000)

    def take(self, step, at, kind, body):
        problem = json.loads(body)["problem"] if body else {}
        if problem:
            self.codes[problem["code"] or str(problem["status"])] += 1
        if problem.get("verdict") == "unknown":
            self.losses += step not in self.lost
            self.lost.setdefault(step, at)
            self.ever_lost.add(step)
        else:
            self.lost.pop(step, None)
        if kind == "submitted":
            self.sent.append(at)
        if kind == "finished":
            self.finished.append((at, step))

    def is_calm_over(self, items):
        """Tells whether nothing is left but what was lost: the loops are idle then."""
        return len(self.finished) + len(self.lost) >= items

    def sample(self, now):
        age = (now - min(self.lost.values())) / 1000 if self.lost else 0.0
        self.oldest.append((now, len(self.lost), age))


def show_steps(view):
    """Prints a line for every five seconds."""
    first = view.sent[0]
    steps = collections.Counter(int((at - first) / 1000 / STEP) for at, _ in view.finished)
    last = int((view.oldest[-1][0] - first) / 1000 / STEP)
    for step in range(last + 1):
        end = first + (step + 1) * STEP * 1000
        until = [sample for sample in view.oldest if sample[0] <= end]
        _, lost, age = until[-1] if until else (0, 0, 0.0)
        print(f"    {(step + 1) * STEP:5.0f} s  {steps[step] / STEP:6.0f} a second, "
              f"{lost:4d} lost, the oldest for {age:5.1f} s")


def asked_of(url):
    with urllib.request.urlopen(f"{url}/__service/ledger") as answer:
        ledger = json.load(answer)
    return sum(ledger["requests"].get("/midjourney/tasks", {}).values()), ledger["totals"]


def write_job(options, directory, url, delivery):
    numbers = ", ".join(str(n) for n in range(options.items))
    job = pathlib.Path(directory, "bench.yaml")
    job.write_text(JOB.format(url=url, open=options.open, numbers=numbers, settle=options.settle,
                              delivery=delivery, rate=options.rate,
                              pictures=str(options.pictures).lower()), encoding="utf-8")
    return job


def run(options, directory, number, delivery, percent):
    """Returns the figures of one run."""
    service, url = serve(options, directory, percent)
    try:
        out = pathlib.Path(directory, f"run-{number}-{delivery}-{percent:g}")
        job = write_job(options, directory, url, delivery)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process = subprocess.Popen(
            [options.program, "run", str(job), "-o", str(out), "--json", "--progress", "none"],
            cwd=directory, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "DARKROOM_BENCH_TOKEN": "bench"})
        view = JournalView(out / "journal.db")
        loops = [LoopTimes(process.pid), LoopTimes(service.pid)]
        while process.poll() is None:
            view.read()
            if not view.is_calm_over(options.items):
                for loop in loops:
                    loop.sample()
            time.sleep(0.25)  # a sampling interval, nothing waits for it
        ended = time.time() * 1000
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        view.read()
        summary = json.loads(process.stdout.read())
        asked, totals = asked_of(url)
        cpu_of_service = cpu_seconds(service.pid)
    finally:
        service.terminate()
        service.wait()
    return figures_of(view, ended, {
        "delivery": delivery, "percent": percent, "asked": asked, "steps": summary["steps"],
        "code": process.returncode, "charged": totals["charged"], "paid": summary["paid"],
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "cpu_of_service": cpu_of_service,
        "loops": [(loop.at_work, loop.waited) for loop in loops]})


def figures_of(view, ended, figures):
    calm = [at for at, step in view.finished if step not in view.ever_lost]
    front = max(calm)
    in_time = sum(at <= front for at, _ in view.finished)
    figures |= {
        "rate": 1000 * in_time / (front - view.sent[0]), "tail": (ended - front) / 1000,
        "losses": view.losses, "oldest": max(age for _, _, age in view.oldest),
        "failures": dict(view.codes), "finished": len(view.finished)}
    print(f"\n{figures['delivery']}, {figures['percent']:g} % of the requests struck:")
    show_steps(view)
    print(f"    failures: {figures['failures']}; steps: {figures['steps']}; exit code "
          f"{figures['code']}; {figures['paid']} paid, {figures['charged']} charged", flush=True)
    return figures


def show_table(all_figures):
    print("\ndelivery  struck    rate  of first   lost  oldest    tail  unknown  asked   "
          "CPU run, service  loops: at work, waiting")
    first = all_figures[0]["rate"]
    for one in all_figures:
        print(f"{one['delivery']:<8}  {one['percent']:4g} %  {one['rate']:6.0f}  "
              f"{100 * one['rate'] / first:6.0f} %  {one['losses']:5d}  {one['oldest']:4.0f} s  "
              f"{one['tail']:4.0f} s  {one['steps']['unknown']:7d}  {one['asked']:5d}   "
              f"{1000 * one['cpu'] / one['finished']:.2f}, "
              f"{1000 * one['cpu_of_service'] / one['finished']:.2f}        "
              + ";  ".join(f"{100 * work:.0f} %, {100 * wait:.0f} %"
                           for work, wait in one["loops"]))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=30_000)
    parser.add_argument("--open", type=int, default=500)
    parser.add_argument("--shares", type=float, nargs="+", default=[0, 0.2, 1, 5],
                        metavar="PERCENT")
    parser.add_argument("--faults", nargs="+", default=list(FAULTS), choices=list(FAULTS))
    parser.add_argument("--deliveries", nargs="+", default=["stream"],
                        choices=["stream", "wait", "poll", "callback"])
    parser.add_argument("--latency", type=float, default=0.3, metavar="SECONDS")
    parser.add_argument("--settle", type=int, default=30, metavar="SECONDS")
    parser.add_argument("--pictures", action="store_true",
                        help="download them as well: then the painting service is the limit")
    parser.add_argument("--rate", type=int, default=1000, metavar="N",
                        help="submissions a second at most")
    parser.add_argument("program", type=os.path.abspath)
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR",
                        help="keep the run directories there")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as directory:
        directory = options.keep or directory
        cases = itertools.product(options.deliveries, options.shares)
        all_figures = [run(options, directory, number, delivery, percent)
                       for number, (delivery, percent) in enumerate(cases, 1)]
    show_table(all_figures)
    if any(one["charged"] > one["finished"] + one["steps"]["unknown"] for one in all_figures):
        sys.exit("a step was charged twice")


if __name__ == "__main__":
    main()
