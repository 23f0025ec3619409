"""Slurm itself runs the scripts of examples/slurm, on two nodes that are lost in several ways."""
import functools
import os
import shutil
import signal
import sys
import unittest

from slurm_cluster import Slurm, own_processes, why_not
from stage import PROGRAM, SOURCE
from test_ledger_postgres import IMAGINE, LedgerStage

SKIPPED = 77
SHARDS = 8  # of cars-ledger.sbatch
DATABASE = "postgresql://darkroom@db.example.org/darkroom"  # its ledger


class MoneyLost(Exception):
    """Something was paid twice, or was lost."""


def patient(test):
    """Lets a test begin again, with a cluster of its own, where Slurm was too slow or too quick for
    what it prepares. What was paid is never looked at twice."""
    @functools.wraps(test)
    def again(self):
        for left in (2, 1, 0):
            try:
                return test(self)
            except MoneyLost:
                raise
            except Exception as why:  # raised again below, but for Slurm's moods
                if left == 0:
                    raise
                print(f"{test.__name__} begins again: {why}", flush=True)
                self.doCleanups()
                self.setUp()
    return again


class Fleet(LedgerStage):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("bin"))
        os.symlink(PROGRAM, self.path("bin/darkroom"))
        self.environment["PATH"] = self.path("bin") + ":" + self.environment["PATH"]
        self.slurm = Slurm(self)
        shutil.copytree(os.path.join(SOURCE, "examples/slurm"), self.path("cars"))
        self.make_ledger()

    def submit(self, script, job):
        """Submits a script of the examples, with the paths of this test, and a job file."""
        os.replace(self.path(job), self.path("cars/cars.yaml"))
        with open(self.path("cars", script), encoding="utf-8") as file:
            text = file.read()
        text = text.replace(DATABASE, f"'{self.postgres.url}'")
        text = text.replace("=/scratch", f"={self.path('$SLURMD_NODENAME')}")
        self.write(os.path.join("cars", script), text)
        self.script = script
        return self.submit_again()

    def submit_again(self):
        return self.slurm.submit(self.script, self.path("cars"))

    def cars(self, url, count, **more):
        return self.boats(url, count, name="cars", **more)

    def shard_directory(self, node, shard):
        return f"{node}/cars-shard-{shard}-of-{SHARDS}"

    def directories(self, tasks):
        """Returns where each of these tasks has ended."""
        return [self.shard_directory(task["NodeList"], shard) for shard, task in tasks.items()]

    def check_all_done(self, array, count=SHARDS):
        tasks = self.slurm.wait_for(array, count, "COMPLETED", "FAILED")
        self.assertEqual({task["ExitCode"] for task in tasks.values()}, {"0:0"},
                         self.printed(array) + self.slurm.logs())
        return tasks

    def printed(self, array):
        texts = []
        for name in sorted(os.listdir(self.path("cars"))):
            if name.startswith(f"slurm-{array}_"):
                with open(self.path("cars", name), encoding="utf-8") as file:
                    texts += [f"--- {name}", *file.read().splitlines()[-10:]]
        return "\n".join(texts)

    def requeued(self, array, count):
        """Waits until Slurm has requeued so many tasks; returns their numbers."""
        tasks = self.slurm.wait_for(array, count, "PENDING")
        held = [shard for shard, task in tasks.items() if task["JobState"] == "PENDING"]
        self.assertEqual({tasks[shard]["Restarts"] for shard in held}, {"1"})
        return held

    def check_money(self, service, requests, *directories):
        try:
            self.assertEqual(service.ledger()["requests"][IMAGINE], {"200": requests})
            self.check_paid(service, *directories)
        except AssertionError as why:
            raise MoneyLost(str(why)) from why

    @patient
    def test_an_array_shares_one_token_and_one_budget(self):
        with self.service("--latency", "1s", running=5, rate=1) as service:
            array = self.submit("cars-ledger.sbatch", self.cars(
                service.url, 32, limits={"concurrency": 5, "rate": "1/s"},
                budget={"generations": 6}))
            tasks = self.slurm.wait_for(array, SHARDS, "COMPLETED", "FAILED")
            self.assertLessEqual({(task["JobState"], task["ExitCode"]) for task in tasks.values()},
                                 {("COMPLETED", "0:0"), ("FAILED", "3:0")}, self.printed(array))
            self.assertIn("3:0", [task["ExitCode"] for task in tasks.values()])
            self.assertEqual({task["NodeList"] for task in tasks.values()}, {"n1", "n2"})
            self.check_money(service, 6, *self.directories(tasks))

    @patient
    def test_a_task_that_ended_well_out_of_sight_is_requeued_and_buys_nothing(self):
        with self.service("--latency", "3s", running=0, rate=0) as service:
            array = self.submit("cars-ledger.sbatch", self.cars(service.url, 24))
            self.wait_until(lambda: service.counts(IMAGINE) == 24)
            service.running.signal(signal.SIGSTOP)  # nobody can end now
            at_work = len(self.slurm.processes("n1"))
            self.assertGreater(at_work, 0)
            self.slurm.lose_control_of("n1")
            self.slurm.give_up("n1")
            held = self.requeued(array, at_work)
            service.running.signal(signal.SIGCONT)
            self.wait_until(lambda: not self.slurm.processes("n1"))
            paid_on_n1 = {shard: len(self.manifest(self.shard_directory("n1", shard)))
                          for shard in held}
            self.assertEqual(len(service.charged()), 24)
            self.slurm.start_held(array)
            tasks = self.check_all_done(array)
            for shard in held:
                self.assertEqual(tasks[shard]["NodeList"], "n2")
                self.check_images(paid_on_n1[shard], self.shard_directory("n2", shard))
            self.check_money(service, 24, *self.directories(tasks))

    @patient
    def test_of_two_processes_of_one_shard_the_second_gives_way(self):
        with self.service("--latency", "3s", running=5, rate=0) as service:
            array = self.submit("cars-ledger.sbatch", self.cars(
                service.url, 5, limits={"concurrency": 5}))
            self.wait_until(lambda: service.counts(IMAGINE) == 5)
            service.running.signal(signal.SIGSTOP)  # so the first are at work until it goes on
            self.slurm.wait_until(lambda: len(self.slurm.tasks(array)) == SHARDS)
            at_work = self.slurm.processes("n1")
            self.assertGreater(len(at_work), 0)
            self.slurm.lose_control_of("n1")
            self.slurm.give_up("n1")
            held = self.requeued(array, len(at_work))
            self.slurm.start_held(array)
            tasks = self.slurm.wait_for(array, len(held), "FAILED")
            for shard in held:
                self.assertEqual(tasks[shard]["ExitCode"], "6:0", self.printed(array))
                self.assertEqual(tasks[shard]["NodeList"], "n2")
            self.assertEqual(self.slurm.processes("n1"), at_work)
            service.running.signal(signal.SIGCONT)
            self.wait_until(lambda: not self.slurm.processes("n1"))
            again = self.submit_again()
            tasks = self.check_all_done(again)
            self.check_money(service, 5, *self.directories(tasks))

    @patient
    def test_a_lost_node_loses_nothing_in_a_shared_directory(self):
        with self.service("--latency", "2s", running=0, rate=0) as service:
            array = self.submit("cars.sbatch", self.cars(
                service.url, 24, limits={"concurrency": 2}, budget={"generations": 40}))
            self.wait_until(lambda: len(service.charged()) >= 4)
            at_work = self.slurm.processes("n1")
            self.assertGreater(len(at_work), 0)
            self.slurm.lose("n1")
            self.slurm.wait_until_noticed("n1")
            self.requeued(array, len(at_work))
            self.slurm.start_held(array)
            self.check_all_done(array, 4)
            shards = [f"cars/out/cars-shard-{number}-of-4" for number in range(1, 5)]
            self.check_money(service, 24, *shards)
            self.assertEqual(sum(len(self.manifest(shard)) for shard in shards), 24)

    @patient
    def test_a_task_without_its_ledger_is_requeued(self):
        with self.service("--latency", "1s", running=0, rate=0) as service:
            array = self.submit("cars-ledger.sbatch", self.cars(
                service.url, 24, limits={"concurrency": 4},
                ledger={"url": self.postgres.url, "patience": "1s"}))
            self.wait_until(lambda: service.counts(IMAGINE) >= 8)
            before = self.slurm.tasks(array)
            self.postgres.crash()
            self.slurm.wait_until(lambda: self.slurm.count_of(array, "PENDING", "COMPLETED")
                                  == SHARDS)
            held = self.requeued(array, self.slurm.count_of(array, "PENDING"))
            self.assertGreater(len(held), 0)
            self.postgres.start()
            # A node may still be at the end of these tasks.
            self.slurm.wait_until(lambda: set(self.slurm.states_of_nodes().values()) == {"IDLE"})
            # Another node would wait for the lease of a process that it cannot see.
            self.slurm.start_held(array, before)
            tasks = self.check_all_done(array)
            self.check_money(service, 24, *self.directories(tasks))


if __name__ == "__main__":
    reason = why_not()
    if reason:
        print(f"SKIPPED: end_to_end_slurm: {reason}")
        sys.exit(SKIPPED)
    words = own_processes()
    if words and os.getpid() != 1:  # with this process all of them end, also if it is killed
        os.execvp(words[0], [*words, sys.executable, *sys.argv])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # else 1 ignores it
    unittest.main(argv=[sys.argv[0], *(sys.argv[1:] or ["Fleet"])])
