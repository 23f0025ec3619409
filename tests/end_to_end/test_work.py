"""What a task costs, counted and never timed: a change that makes the program allocate, sync or move
more than it did is noticed here. The figures are what it takes today; where it takes less, lower them.
"""
import json
import os
import pathlib
import subprocess
import sys
import unittest

import stage

sys.path.insert(0, str(pathlib.Path(stage.SOURCE, "tests", "bench")))
from copying_service import CopyingService  # noqa: E402

COUNTER = os.environ["DARKROOM_CALL_COUNTER"]


class Work(stage.Stage):
    def run_counted(self, tasks, at_once, latency, download, *arguments):
        with CopyingService("--latency", latency, "--name-early") as service:
            job = {"version": 1, "name": f"tasks-{tasks}",
                   "service": {"url": service.url, "token": {"env": "DARKROOM_TEST_TOKEN"}},
                   "limits": {"concurrency": at_once, "rate": "1000/s"},
                   "jobs": [{"id": "boats", "prompt": "boat {{n}}", "download": download,
                             "matrix": {"n": list(range(1000, 1000 + tasks))}}]}
            path = self.write("job.yaml", json.dumps(job))
            counts = pathlib.Path(self.path("counts.json"))
            ended = subprocess.run(
                [stage.PROGRAM, "run", path, "--json", "--progress", "none", *arguments],
                cwd=self.path(), capture_output=True, text=True, timeout=stage.PATIENCE,
                check=False, env=stage.clean_environment(
                    self.path(), DARKROOM_TEST_TOKEN="secret-token", LD_PRELOAD=COUNTER,
                    DARKROOM_CALL_COUNTS=str(counts)))
            self.assertEqual(ended.returncode, 0, ended.stderr)
            self.assertEqual(json.loads(ended.stdout)["steps"]["done"], tasks)
            return json.loads(counts.read_text(encoding="utf-8"))

    def per_task(self, few, many, tasks):
        """What the tasks alone cost, without the program's start."""
        return {name: (many[name] - few[name]) / tasks for name in many}

    def check_at_most(self, figure, recorded, what, free=0.1):
        """Some per cent are free: how many facts share a commit depends on the machine."""
        print(f"{what}: {figure:.1f}")
        self.assertLessEqual(figure, (1 + free) * recorded, what)

    def count_a_task(self, *arguments):
        # Of two seconds: the rest between commits, and so their number, does not depend on the disk.
        few = self.run_counted(100, 100, 2, True, *arguments)
        many = self.run_counted(500, 100, 2, True, *arguments)
        return self.per_task(few, many, 400)

    def test_a_task(self):
        task = self.count_a_task()
        self.check_at_most(task["allocations"], 655, "allocations a task with the ledger")
        self.check_at_most(task["writes"], 27, "writes to files a task with the ledger", free=0.5)
        self.check_at_most(100 * task["syncs"], 140, "syncs a hundred tasks with the ledger",
                           free=0.5)

    def test_a_task_alone(self):
        task = self.count_a_task("--ledger", "none")
        self.check_at_most(task["allocations"], 535, "allocations a task")
        self.check_at_most(task["moves"], 10.5, "calls of recv and send a task", free=0.3)
        self.check_at_most(task["writes"], 16, "writes to files a task", free=0.5)
        self.check_at_most(100 * task["syncs"], 140, "syncs a hundred tasks", free=0.5)

    def test_a_stream_that_waits(self):
        """Bytes that are allocated: resident memory depends on the allocator as well."""
        few = self.run_counted(1000, 1000, 3, False)
        many = self.run_counted(2000, 2000, 3, False)
        stream = self.per_task(few, many, 1000)
        self.check_at_most(stream["bytes_most"], 15_800, "bytes a stream")


if __name__ == "__main__":
    unittest.main()
