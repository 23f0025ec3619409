#!/usr/bin/env python3
"""Compares `darkroom run` with plain clients that are installed: Go's net/http, aiohttp, Node's
fetch, and curl for downloads. All meet the same server, which only copies bytes; every client is
measured from outside, by its rusage.

    tests/bench/compare.py build/release/bin/darkroom [--scenario NAME]... [--rounds N] [--go FILE]

Prints a table for each scenario, with the medians of N rounds: the wall time and its ratio to the
ideal (the generations alone), CPU time a task of the client and of the server, and the client's
largest resident memory. All save the pictures with their SHA-256; only darkroom keeps a journal,
syncs, checks the pictures and lists them.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from copying_service import PEM, CopyingService

PEERS = pathlib.Path(__file__).resolve().parent / "peers"


@dataclasses.dataclass
class Scenario:
    tasks: int
    open: int
    latency: float
    kib: int
    rate: int
    tls: bool = True

    def ideal(self):
        """Seconds that the generations take alone: a last one begins when the rate, or a place that
        an earlier one has left, allows it."""
        rounds = -(-self.tasks // self.open)
        by_places = rounds * self.latency + min(self.open, self.tasks) / self.rate
        return max(by_places, self.tasks / self.rate + self.latency)

    def service(self):
        options = ["--latency", self.latency, "--kib", self.kib, "--name-early"]
        return CopyingService(*options, *(["--tls"] if self.tls else []))


SCENARIOS = {
    "short": Scenario(10_000, 500, 0.3, 20, 10_000, tls=False),
    "wide": Scenario(2_000, 200, 1.0, 512, 1_000),
    "streams": Scenario(5_000, 5_000, 20.0, 20, 1_000),
    "downloads": Scenario(200, 200, 0.0, 4_096, 1_000),
}


def darkroom(program, scenario, url, directory, *arguments):
    job = {
        "version": 1, "name": "bench",
        "service": {"url": url, "ca_file": str(PEM), "token": {"env": "DARKROOM_BENCH_TOKEN"}},
        "limits": {"concurrency": scenario.open, "rate": f"{scenario.rate}/s"},
        "jobs": [{"id": "boats", "prompt": "boat {{n}}",
                  "matrix": {"n": list(range(scenario.tasks))}}]}
    path = directory / "bench.yaml"
    path.write_text(json.dumps(job), encoding="utf-8")
    return [program, "run", path, "-o", directory / "run", "--json", "--progress", "none",
            *arguments]


def curl(scenario, url, directory):
    """Loads the pictures and digests them. It needs no request before, since it knows the links."""
    path = directory / "curl.txt"
    path.write_text("".join(f'url = "{url}/{n}.png"\noutput = "{directory}/{n}.png"\n'
                            for n in range(scenario.tasks)), encoding="utf-8")
    return ["sh", "-c", f"curl -sfZ --parallel-max 64 --cacert {PEM} -K {path} && "
                        f"sha256sum {directory}/*.png"]


def has_aiohttp(python):
    return subprocess.run([python, "-c", "import aiohttp"], stderr=subprocess.DEVNULL,
                          check=False).returncode == 0


def clients(options, name, scenario):
    """Returns by name what makes a client's command out of a URL and a directory."""
    def plain(*command):
        return lambda url, directory: [*command, url, PEM, *map(str, (
            scenario.tasks, scenario.open, scenario.rate)), directory]
    found = {
        "darkroom": lambda url, directory: darkroom(options.program, scenario, url, directory),
        "darkroom, no ledger": lambda url, directory: darkroom(
            options.program, scenario, url, directory, "--ledger", "none")}
    if name == "downloads" and shutil.which("curl"):
        found["curl -Z, sha256sum"] = lambda url, directory: curl(scenario, url, directory)
    if options.go:
        found["Go net/http"] = plain(options.go)
    for python in (sys.executable, "/usr/bin/python3"):  # Debian's has Debian's packages
        if "aiohttp" not in found and has_aiohttp(python):
            found["aiohttp"] = plain(python, PEERS / "client.py")
    if shutil.which("node"):
        found["Node fetch"] = plain("node", PEERS / "client.mjs")
    return {name: found[name] for name in found if not options.only or name in options.only}


def measure(scenario, make_command):
    """Returns wall seconds, milliseconds of CPU a task (client, server), and MiB of memory."""
    with tempfile.TemporaryDirectory() as directory, scenario.service() as service:
        command = make_command(service.url, pathlib.Path(directory))
        started = time.monotonic()
        process = subprocess.Popen(
            list(map(str, command)), cwd=directory, stdout=subprocess.DEVNULL,
            env={**os.environ, "DARKROOM_BENCH_TOKEN": "bench", "NODE_EXTRA_CA_CERTS": str(PEM),
                 "XDG_STATE_HOME": directory})
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        if status != 0:
            sys.exit(f"{command[0]} failed: {status}")
        if len(list(pathlib.Path(directory).rglob("*.png"))) != scenario.tasks:
            sys.exit(f"{command[0]} has not saved all pictures")
        cpu = 1000 * (usage.ru_utime + usage.ru_stime) / scenario.tasks
        server = 1000 * service.cpu_seconds() / scenario.tasks
        return wall, cpu, server, usage.ru_maxrss / 1024


def compare(options, name):
    scenario = SCENARIOS[name]
    ideal = scenario.ideal()
    print(f"\n{name}: {scenario.tasks} tasks, {scenario.open} at once, {scenario.latency} s each, "
          f"pictures of {scenario.kib} KiB, {'TLS' if scenario.tls else 'plain'}; "
          f"ideal {ideal:.1f} s\n")
    print("| client | wall | of ideal | tasks a second | CPU a task | the server's | memory |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    rows = {client: [] for client in clients(options, name, scenario)}
    for _ in range(options.rounds):  # in turn, so that a busy minute strikes all of them
        for client, make_command in clients(options, name, scenario).items():
            rows[client].append(measure(scenario, make_command))
    for client, figures in rows.items():
        wall, cpu, server, memory = (statistics.median(column) for column in zip(*figures))
        print(f"| {client} | {wall:.1f} s | {wall / ideal:.2f} | {scenario.tasks / wall:.0f} | "
              f"{cpu:.2f} ms | {server:.2f} ms | {memory:.0f} MiB |", flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=os.path.abspath)
    parser.add_argument("--scenario", action="append", choices=SCENARIOS)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", action="append", help="measure only the clients of this name")
    parser.add_argument("--go", type=os.path.abspath, help="the built client in Go")
    options = parser.parse_args()
    for name in options.scenario or SCENARIOS:
        compare(options, name)


if __name__ == "__main__":
    main()
