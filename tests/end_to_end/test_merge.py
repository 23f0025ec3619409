"""Separate run directories are merged; the run resumes there and pays for nothing twice."""
import fcntl
import json
import os
import shutil
import tempfile
import unittest

from stage import Service, Stage, prompts

SHARDS = 3


class Merge(Stage):
    def run_shards(self, numbers=range(1, SHARDS + 1)):
        for number in numbers:
            self.check_code(self.darkroom("run", "job.yaml", "--shard", f"{number}/{SHARDS}"), 0)
        return [f"out/job-shard-{number}-of-{SHARDS}" for number in numbers]

    def merge(self, *arguments, code=0):
        return self.check_code(self.darkroom("merge", *arguments), code)

    def test_three_shards_become_one_directory_and_the_whole_job_sends_nothing_more(self):
        with Service(self) as service:
            self.job(service.url, prompts(12, then=["upscale2"]))
            parts = self.run_shards()
            before = [self.manifest(part) for part in parts]
            merged = self.merge(*parts, "-o", "out/job", "--json").summary()
            self.assertEqual({**merged, "cost": None}, {
                "directory": "out/job", "sources": 3, "steps": 24, "images": 24, "paid": 24,
                "cost": None, "linked": 24, "copied": 0, "missing": 0, "doubles": 0,
                "paid_again": 0, "cost_again": 0, "unknown_again": 0,
                "shared_tasks": []})
            self.assertAlmostEqual(merged["cost"], 24 * 0.026)
            self.assertEqual(sorted(self.manifest(), key=str), sorted(sum(before, []), key=str))
            self.assertEqual([(line["item"], line["path"]) for line in self.manifest()],
                             [(item, path) for item in range(12) for path in ("", "upscale2")])
            self.check_images(24)
            self.check_paid(service, "out/job")
            for line in self.manifest():
                self.assertEqual(os.stat(self.path("out/job", line["file"])).st_nlink, 2)
            asked = service.requests()
            ended = self.check_code(self.darkroom("run", "job.yaml", "--json"), 0)
            self.assertEqual(ended.summary()["steps"]["done"], 24)
            self.assertEqual(ended.summary()["paid"], 0)
            self.assertEqual(service.requests(), asked)
            for part, lines in zip(parts, before):
                self.assertEqual(self.manifest(part), lines)
            self.check_code(self.darkroom("retry", "out/job"), 0)
            self.assertEqual(service.requests(), asked)

    def test_onto_another_disk_the_pictures_are_copied(self):
        memory = tempfile.mkdtemp(prefix="darkroom-test-", dir="/dev/shm")
        self.addCleanup(shutil.rmtree, memory)
        if os.stat(memory).st_dev == os.stat(self.directory).st_dev:
            self.skipTest("/dev/shm is the disk of the other files")
        with Service(self) as service:
            self.job(service.url, prompts(6))
            parts = self.run_shards()
        merged = self.merge(*parts, "-o", memory + "/all", "--json").summary()
        self.assertEqual((merged["linked"], merged["copied"]), (0, 6))
        self.check_images(6, memory + "/all")

    def test_the_next_run_does_what_no_shard_has_done(self):
        with Service(self) as service:
            self.job(service.url, prompts(12))
            parts = self.run_shards([1, 3])
            done = self.merge(*parts, "-o", "out/job", "--json").summary()["paid"]
            ended = self.check_code(self.darkroom("run", "job.yaml", "--json"), 0)
            self.assertEqual(ended.summary()["paid"], 12 - done)
            self.check_images(12)
            self.check_paid(service, "out/job")

    def test_a_step_in_two_directories_is_kept_once_and_its_cost_is_reported(self):
        with Service(self) as service:
            self.job(service.url, prompts(2))
            for name in ("a", "b"):
                self.check_code(self.darkroom("run", "job.yaml", "-o", name), 0)
            merged = self.merge("a", "b", "-o", "out/job")
            self.assertIn("out/job: 2 steps, 2 images; 2 generations paid, 0.052", merged.out)
            self.assertIn("kept once: 2; 0.052 USD was paid for the copies left out (2 generations)",
                          merged.out)
            self.check_images(2)

    def test_two_pictures_of_one_name_get_two_names(self):
        with Service(self) as service:
            self.job(service.url, prompts(6), output={"layout": "images/{job}{ext}",
                                                      "captions": "txt"})
            parts = self.run_shards()
            self.merge(*parts, "-o", "out/job")
            files = {line["file"]: line for line in self.manifest()}
            self.assertEqual(len(files), 6)
            for file, line in files.items():
                caption = self.path("out/job", os.path.splitext(file)[0] + ".txt")
                with open(caption, encoding="utf-8") as text:
                    self.assertEqual(text.read(), line["prompt"] + "\n")
            ended = self.check_code(self.darkroom("run", "job.yaml", "--json"), 0)
            self.assertEqual((ended.summary()["paid"], ended.summary()["images"]), (0, 0))

    def test_picks_are_united_and_the_branches_go_on(self):
        with Service(self) as service:
            self.job(service.url, prompts(6, then=[{"pick": {"from": "upscale*"}}]))
            parts = self.run_shards()
            for part in parts:
                waiting = self.darkroom("pick", part, "--list", "--json").out.splitlines()
                for line in waiting:
                    key = json.loads(line)["key"]
                    self.check_code(self.darkroom("pick", part, "--set", f"{key}=upscale3"), 0)
            self.merge(*parts, "-o", "out/job")
            ended = self.check_code(self.darkroom("run", "job.yaml", "--json"), 0)
            self.assertEqual((ended.summary()["paid"], ended.summary()["waiting"]), (6, 0))
            self.check_paid(service, "out/job")

    def test_parts_that_used_the_built_in_service_go_on_with_their_own_images(self):
        self.job("local", prompts(4))
        parts = self.run_shards()
        self.merge(*parts, "-o", "out/job")
        self.job("local", prompts(4, then=["upscale1"]))
        ended = self.check_code(self.darkroom("run", "job.yaml", "--json"), 0)
        self.assertEqual(ended.summary()["paid"], 4)
        self.assertEqual(len(self.manifest()), 8)

    def test_a_merge_that_is_not_possible_is_reported_and_leaves_nothing(self):
        with Service(self) as service:
            self.job(service.url, prompts(3))
            parts = self.run_shards()
        self.assertIn("given twice", self.merge(parts[0], parts[0] + "/", "-o", "x", code=64).err)
        self.assertIn("no run directory", self.merge("out", "-o", "x", code=66).err)
        self.assertIn("there already", self.merge(*parts, "-o", parts[0], code=64).err)
        with open(self.path(parts[1], "run.lock"), encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertIn("works on it", self.merge(*parts, "-o", "x", code=6).err)
        os.makedirs(self.path("x.merging"))
        self.write("x.merging/mine", "text")
        self.assertIn("in the way", self.merge(*parts, "-o", "x", code=64).err)
        os.rename(self.path("x.merging"), self.path("mine"))
        with open(self.path(parts[2], "journal.db"), "r+b") as journal:
            journal.write(b"not a database any more")
        self.merge(*parts, "-o", "x", code=74)
        self.assertEqual([name for name in os.listdir(self.directory) if name.startswith("x")], [])

    def test_a_merge_removes_what_a_killed_one_has_left(self):
        with Service(self) as service:
            self.job(service.url, prompts(3))
            parts = self.run_shards()
        os.makedirs(self.path("out/job.merging/images"))
        self.write("out/job.merging/run.lock", "17\n")
        for name in ("merging", "journal.db", "images/half.png"):
            self.write("out/job.merging/" + name, "half")
        self.merge(*parts, "-o", "out/job")
        self.check_images(3)
        self.assertFalse(os.path.exists(self.path("out/job.merging")))


if __name__ == "__main__":
    unittest.main()
