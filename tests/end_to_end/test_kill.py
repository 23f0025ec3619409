"""Runs are killed at random times: nothing is paid twice, and no picture is lost.

DARKROOM_KILLS is the number of kills (50), DARKROOM_KILL_SEED the seed of their times (random, and
printed).
"""
import collections
import os
import random
import signal
import subprocess
import time
import unittest

from stage import PATIENCE, SLOWNESS, Service, Stage, prompts

KILLS = int(os.environ.get("DARKROOM_KILLS", "50"))
SEED = int(os.environ.get("DARKROOM_KILL_SEED", random.SystemRandom().randrange(1 << 32)))

PAID = {"on": "imagine", "prompt": " of world"}  # of wanted(), not of later()

LOST_ANSWERS = [
    {**PAID, "share": 0.08, "do": "reset_after"},
    {**PAID, "share": 0.08, "do": "cut", "after_lines": 1},
    {**PAID, "share": 0.04, "do": "cut", "after_bytes": 200},
    {**PAID, "share": 0.06, "do": "end", "after_lines": 1},
    {**PAID, "share": 0.06, "do": "reset_before"},
    {"on": "file", "share": 0.1, "do": "cut", "after_bytes": 500},
    {"on": "file", "share": 0.1, "do": "corrupt"},
]
REFUSALS = [
    {**PAID, "share": 0.08, "do": "status", "status": 503},
    {**PAID, "share": 0.05, "do": "status", "status": 504},
    {**PAID, "share": 0.05, "do": "status_after", "status": 504},
    {**PAID, "share": 0.05, "do": "fail"},
    {**PAID, "share": 0.03, "do": "status", "status": 429, "retry_after": "1s"},
    {"on": "tasks", "share": 0.2, "do": "status", "status": 502, "body": "<h1>busy</h1>"},
    {"on": "file", "share": 0.1, "do": "expired"},
    {"on": "file", "share": 0.1, "do": "short_body", "after_bytes": 500},
    {"on": "file", "share": 0.05, "do": "html"},
]


def first(name):
    """Returns a job that no fault strikes. On an account without any known task, a list of tasks
    cannot show that it reaches back to a lost request: then only a person can say what became of
    it."""
    return {"id": "first", "prompt": "the first, in " + name}


def wanted(name):
    """Returns chains, branches, and equal requests at once: 38 pictures that no other job has."""
    return [
        first(name),
        *prompts(5, id="chain", prompt="{{thing}} of " + name, chain=["variation2", "upscale4"]),
        {"id": "same", "prompt": "the same of " + name, "repeat": 6,
         "then": [{"action": ["variation1", "upscale2"]}]},
        {"id": "late", "prompt": "late, of " + name, "repeat": 4},
    ]


def later(name, number):
    """Returns one more job with a request of each kind in wanted(), which no fault strikes."""
    return {"id": f"later{number}", "prompt": f"one more, {number}, in {name}",
            "then": [{"action": "variation2", "then": ["upscale4"]},
                     {"action": ["variation1", "upscale2"]}]}


PICTURES = 1 + 5 * 3 + 6 * 3 + 4
PICTURES_LATER = 5


class Killed(Stage):
    """Runs jobs against one service with faults until there were enough kills."""

    def play(self, faults, kills, seed):
        """Each run directory has a service, and so an account, of its own: for the rule of proof
        the tasks of another directory on the same account are those that no step has."""
        dice = random.Random(seed)
        directories = []
        totals = collections.Counter()
        strikes = []
        while kills > 0 or not directories:
            name = f"world-{seed}-{len(directories)}"
            with Service(self, "--latency", "200ms", faults=faults,
                         seed=seed + len(directories)) as service:
                job = self.write_job(service, name, [first(name)])
                self.check_code(self.darkroom("run", job), 0)
                job = self.write_job(service, name, wanted(name))
                directories.append(f"out/{name}")
                kills -= self.kill_often(job, kills, dice)
                count = PICTURES + PICTURES_LATER * self.finish(service, name)
                self.check_images(count, directories[-1])
                self.assertEqual(self.lines(directories[-1], "failed.jsonl"), [])
                keys = {line["key"] for line in self.manifest(directories[-1])}
                self.assertEqual(len(keys), count)
                self.check_paid(service, directories[-1])
                ledger = service.ledger()["totals"]
                self.assertEqual(ledger["charged"], count)
                totals.update({key: ledger[key] for key in ("accepted", "charged", "failed")})
                strikes.append(service.strikes())
        return len(directories), totals, strikes

    def write_job(self, service, name, jobs):
        return self.job(service.url, jobs, name=name,
                        service={"timeouts": {"total": f"{2 * SLOWNESS}s"}},
                        retry={"attempts": 50, "cap": "100ms", "settle": f"{SLOWNESS}s"})

    def kill_often(self, job, kills, dice):
        """Starts `job` until it ends or was killed that often; returns how often it was killed."""
        killed = 0
        while killed < kills:
            running = self.start("run", job, "--progress", "none")
            longest = dice.choice([0.1, 0.3, 0.3, 0.5, 1.5]) * SLOWNESS
            try:
                running.process.wait(dice.uniform(0, longest))
            except subprocess.TimeoutExpired:  # the time has come
                running.signal(signal.SIGKILL)
            ended = running.end()
            if ended.code != -signal.SIGKILL:
                self.assertIn(ended.code, (0, 2), ended)
                return killed
            killed += 1
        return killed

    def finish(self, service, name):
        """Runs until all is there; returns the number of jobs that were added. What no later task
        shows to be absent stays unknown: then the next run has later tasks."""
        deadline = time.monotonic() + PATIENCE
        more = []
        while True:
            job = self.write_job(service, name, wanted(name) + more)
            ended = self.darkroom("run", job, "--progress", "none", "--json")
            if ended.code == 0:
                return len(more)
            self.check_code(ended, 2)
            steps = ended.summary()["steps"]
            lost = {step["key"] for step in ended.summary()["unknown_steps"]}
            self.assertEqual(steps["unknown"], len(lost))
            failed = self.lines(f"out/{name}", "failed.jsonl")
            self.assertEqual({line["class"] for line in failed} - {"download"}, set())
            self.assertEqual(steps["failed"], len(failed))
            self.assertLess(time.monotonic(), deadline, ended)
            if lost:
                more.append(later(name, len(more)))

    def test_no_kill_costs_anything_whatever_else_fails(self):
        worlds = [[], LOST_ANSWERS, REFUSALS]
        for number, faults in enumerate(worlds):
            share = KILLS // len(worlds) + (number < KILLS % len(worlds))
            with self.subTest(world=number, seed=SEED):
                begun = time.monotonic()
                rounds, totals, strikes = self.play(faults, share, SEED + number)
                print(f"world {number}, seed {SEED + number}: {share} kills in {rounds} runs; "
                      f"{totals['accepted']} tasks, {totals['charged']} charged once each, "
                      f"{totals['failed']} failed; faults struck {strikes}; "
                      f"{time.monotonic() - begun:.1f} s")


class TornManifest(Stage):
    def test_the_manifest_is_repaired_free_of_charge_after_any_crash(self):
        with Service(self) as service:
            jobs = prompts(4)
            cars = jobs[0]["matrix"]["thing"]
            for order in (cars[::-1], cars):  # the lines get another order than the journal has
                jobs[0]["matrix"]["thing"] = order
                job = self.job(service.url, jobs, limits={"concurrency": 1})
                self.check_code(self.darkroom("run", job), 0)
            manifest = self.path("out/job/manifest.jsonl")
            with open(manifest, "rb") as file:
                whole = file.read()
            before = service.requests()
            lines = whole.splitlines(keepends=True)
            damages = {
                "a torn last line": whole[:-100],
                "no final line end": whole[:-1],
                "a line and a half are gone": b"".join(lines[:2]) + lines[2][:40],
                "all is gone": b"",
                "a block of zeros at its end": whole + b"\0" * 512,
                "zeros in its middle": lines[0] + b"\0" * len(lines[1]) + b"".join(lines[2:]),
                "a line stands twice": whole + lines[-1],
            }
            moved = {"its order is wrong": b"".join(reversed(lines))}
            for name, damaged in (damages | moved).items():
                with self.subTest(name):
                    with open(manifest, "wb") as file:
                        file.write(damaged)
                    ended = self.check_code(self.darkroom("run", job), 0)
                    is_repaired = "manifest.jsonl was repaired" in ended.err
                    self.assertEqual(is_repaired, name not in moved, ended)
                    with open(manifest, "rb") as file:
                        self.assertEqual(file.read(), whole)
                    self.check_images(4)
            self.assertEqual(service.requests(), before)

    def test_stray_parts_go_and_lost_pictures_come_again_unpaid(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(4))
            self.check_code(self.darkroom("run", job), 0)
            os.makedirs(self.path("out/job/parts"), exist_ok=True)
            key = self.manifest()[0]["key"]
            self.write(f"out/job/parts/{key}-0.1.part", "half a picture")
            os.remove(self.path("out/job", self.manifest()[1]["file"]))
            self.check_code(self.darkroom("run", job), 0)
            self.check_images(4)
            self.check_paid(service, "out/job")
            self.assertEqual(service.ledger()["totals"]["charged"], 4)


if __name__ == "__main__":
    unittest.main(verbosity=2)
