"""Runs are killed at random times: nothing is paid twice, and no picture is lost.

DARKROOM_KILLS is the number of kills (50), DARKROOM_KILL_SEED the seed of their times (random, and
printed).
"""
import os
import random
import signal
import subprocess
import time
import unittest

from stage import SLOWNESS, Service, Stage, prompts

KILLS = int(os.environ.get("DARKROOM_KILLS", "50"))
SEED = int(os.environ.get("DARKROOM_KILL_SEED", random.SystemRandom().randrange(1 << 32)))

LOST_ANSWERS = [
    {"on": "imagine", "share": 0.08, "do": "reset_after"},
    {"on": "imagine", "share": 0.08, "do": "cut", "after_lines": 1},
    {"on": "imagine", "share": 0.04, "do": "cut", "after_bytes": 200},
    {"on": "imagine", "share": 0.06, "do": "end", "after_lines": 1},
    {"on": "imagine", "share": 0.06, "do": "reset_before"},
    {"on": "file", "share": 0.1, "do": "cut", "after_bytes": 500},
    {"on": "file", "share": 0.1, "do": "corrupt"},
]
REFUSALS = [
    {"on": "imagine", "share": 0.08, "do": "status", "status": 503},
    {"on": "imagine", "share": 0.05, "do": "status", "status": 504},
    {"on": "imagine", "share": 0.05, "do": "status_after", "status": 504},
    {"on": "imagine", "share": 0.05, "do": "fail"},
    {"on": "imagine", "share": 0.03, "do": "status", "status": 429, "retry_after": "1s"},
    {"on": "tasks", "share": 0.2, "do": "status", "status": 502, "body": "<h1>busy</h1>"},
    {"on": "file", "share": 0.1, "do": "expired"},
    {"on": "file", "share": 0.1, "do": "short_body", "after_bytes": 500},
]


def wanted(name):
    """Returns chains, branches, and equal requests at once: 37 pictures that no other job has."""
    return [
        *prompts(5, id="chain", prompt="{{thing}} of " + name, chain=["variation2", "upscale4"]),
        {"id": "same", "prompt": "the same of " + name, "repeat": 6,
         "then": [{"action": ["variation1", "upscale2"]}]},
        {"id": "late", "prompt": "late, of " + name, "repeat": 4},
    ]


PICTURES = 5 * 3 + 6 * 3 + 4


class Killed(Stage):
    """Runs jobs against one service with faults until there were enough kills."""

    def play(self, faults, kills, seed):
        dice = random.Random(seed)
        directories = []
        with Service(self, "--latency", "200ms", faults=faults, seed=seed) as service:
            while kills > 0 or not directories:
                name = f"world-{seed}-{len(directories)}"
                job = self.job(service.url, wanted(name), name=name,
                               retry={"attempts": 50, "cap": "100ms",
                                      "settle": f"{SLOWNESS}s"})
                directories.append(f"out/{name}")
                kills -= self.kill_until_done(job, kills, dice)
                self.check_images(PICTURES, directories[-1])
                self.assertEqual(self.lines(directories[-1], "failed.jsonl"), [])
                keys = {line["key"] for line in self.manifest(directories[-1])}
                self.assertEqual(len(keys), PICTURES)
            self.check_paid(service, *directories)
            totals = service.ledger()["totals"]
            self.assertEqual(totals["charged"], PICTURES * len(directories))
            return len(directories), totals, service.strikes()

    def kill_until_done(self, job, kills, dice):
        """Starts `job` until it ends; returns how often it was killed."""
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
                self.check_code(ended, 0)
                return killed
            killed += 1
        self.check_code(self.darkroom("run", job, "--progress", "none"), 0)
        return killed

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
            job = self.job(service.url, prompts(4))
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
                "its order is wrong": b"".join(reversed(lines)),
            }
            for name, damaged in damages.items():
                with self.subTest(name):
                    with open(manifest, "wb") as file:
                        file.write(damaged)
                    ended = self.check_code(self.darkroom("run", job), 0)
                    self.assertIn("manifest.jsonl was repaired", ended.err)
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
