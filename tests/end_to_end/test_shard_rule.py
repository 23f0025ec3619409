"""Repeats of one request are in one shard, and a directory keeps the rule it was begun with."""
import json
import sqlite3
import unittest

from stage import Service, Stage

SHARDS = 3


class ShardRule(Stage):
    def job_of(self, service):
        return self.job(service.url, [{"id": "p", "prompt": "{{thing}}", "repeat": 4,
                                       "matrix": {"thing": ["sea", "river", "lake", "pond"]}}])

    def run_shard(self, job, number, code=0):
        return self.check_code(self.darkroom("run", job, "--shard", f"{number}/{SHARDS}",
                                             "--json"), code)

    def shard_directory(self, number):
        return f"out/job-shard-{number}-of-{SHARDS}"

    def make_old(self, number):
        """Makes a directory look as if version 0.1 had begun it."""
        with sqlite3.connect(self.path(self.shard_directory(number), "journal.db")) as journal:
            journal.execute("DELETE FROM meta WHERE name = 'shard_rule'")
            text = json.loads(journal.execute(
                "SELECT text FROM meta WHERE name = 'job_file'").fetchone()[0])
            del text["shard_rule"]
            journal.execute("UPDATE meta SET text = ? WHERE name = 'job_file'",
                            [json.dumps(text)])
        journal.close()

    def places(self):
        """Returns for each prompt the shards that have made a repeat of it."""
        places = {}
        for number in range(1, SHARDS + 1):
            for line in self.manifest(self.shard_directory(number)):
                places.setdefault(line["variables"]["thing"], set()).add(number)
        return places

    def test_all_repeats_of_a_request_are_in_one_shard(self):
        with Service(self) as service:
            job = self.job_of(service)
            for number in range(1, SHARDS + 1):
                self.run_shard(job, number)
            self.assertEqual([len(shards) for shards in self.places().values()], [1] * 4)
            self.assertEqual(len(service.charged()), 16)

    def test_a_directory_of_0_1_keeps_its_rule_and_so_do_new_shards_beside_it(self):
        with Service(self) as service:
            job = self.job_of(service)
            self.run_shard(job, 1)
            self.make_old(1)
            for number in range(1, SHARDS + 1):
                self.run_shard(job, number)
            self.assertGreater(max(len(shards) for shards in self.places().values()), 1)
            kept = [line["key"] for number in range(1, SHARDS + 1)
                    for line in self.manifest(self.shard_directory(number))]
            self.assertEqual(len(set(kept)), 16)
            again = self.run_shard(job, 1).summary()
            self.assertEqual(again["paid"], 0)
            retried = self.check_code(self.darkroom("retry", self.shard_directory(2), "--json"), 0)
            self.assertEqual(retried.summary()["paid"], 0)

    def test_a_directory_that_is_being_begun_has_the_rule_of_its_job(self):
        with Service(self) as service:
            job = self.job_of(service)
            self.run_shard(job, 1)
            with sqlite3.connect(self.path(self.shard_directory(1), "journal.db")) as journal:
                journal.execute("DELETE FROM meta WHERE name = 'shard_rule'")
            journal.close()
            for number in range(2, SHARDS + 1):
                self.run_shard(job, number)
            self.assertEqual([len(shards) for shards in self.places().values()], [1] * 4)

    def test_a_mix_is_refused(self):
        with Service(self) as service:
            job = self.job_of(service)
            for number in (1, 2):
                self.run_shard(job, number)
            self.make_old(1)
            asked = service.requests()
            for number in (1, 2, 3):
                ended = self.run_shard(job, number, 78)
                self.assertIn("divided into shards by different rules", ended.err)
            parts = [self.shard_directory(number) for number in (1, 2)]
            ended = self.check_code(self.darkroom("merge", *parts, "-o", "all"), 78)
            self.assertIn("divided into shards by different rules", ended.err)
            self.assertEqual(service.requests(), asked)


class SharedBudget(Stage):
    """A budget is for all shards together."""

    def job_of(self, service, **budget):
        return self.job(service.url, [{"prompt": "boat {{n}}", "matrix": {"n": list(range(40))}}],
                        budget=budget, limits={"concurrency": 1})

    def run_shard(self, job, shard, code, *more):
        return self.check_code(self.darkroom("run", job, "--shard", shard, "--json", *more), code)

    def test_a_shard_with_a_budget_is_refused(self):
        with Service(self) as service:
            job = self.job_of(service, cost=2)
            ended = self.darkroom("run", job, "--shard", "1/2")
            self.assertIn("'budget' is for all shards together", self.check_code(ended, 64).err)
            self.assertEqual(len(service.charged()), 0)
            self.check_code(self.darkroom("plan", job, "--shard", "1/2"), 0)
            self.check_code(self.darkroom("run", job, "--shard", "1/2", "--settle"), 2)
            self.run_shard(job, "1/1", 0)

    def test_the_parts_make_the_whole(self):
        with Service(self) as service:
            job = self.job_of(service, generations=5)
            paid = [self.run_shard(job, f"{part}/3", 3, "--budget-share").summary()["paid"]
                    for part in (1, 2, 3)]
            self.assertEqual(paid, [2, 2, 1])
            planned = self.check_code(self.darkroom("plan", job, "--shard", "3/3", "--budget-share",
                                                    "-o", "out/new"), 0).out
            self.assertIn("The budget of 1 generation ends the run before that.", planned)
            ended = self.run_shard(job, "3/3", 3, "--budget-share")
            self.assertIn("Stopped: this shard's part of the budget (1 generation) is spent",
                          ended.err)
            poor = self.run_shard(self.job_of(service, cost=0.06), "3/3", 3, "--budget-share",
                                  "-o", "out/poor")
            self.assertIn("this shard's part of the budget (0.02 USD) is spent", poor.err)
            self.assertEqual(poor.summary()["paid"], 0)
            job = self.job_of(service, cost=0.25)  # nine generations of 0.026 in all
            paid = [self.run_shard(job, f"{part}/3", 3, "--budget-share", "-o", f"out/cost{part}")
                    .summary()["paid"] for part in (1, 2, 3)]
            self.assertEqual(paid, [3, 3, 3])

    def test_an_option_without_a_shard_is_refused(self):
        self.job("local", [{"prompt": "a boat"}], budget={"generations": 2})
        for command in ("run", "plan"):
            ended = self.check_code(self.darkroom(command, "job.yaml", "--budget-share"), 64)
            self.assertIn("--budget-share goes with --shard I/N", ended.err)

    def test_a_retry_shares_a_budget_that_came_later(self):
        fault = {"on": "imagine", "do": "status", "status": 400, "count": 5,
                 "body": json.dumps({"error": {"code": "bad_request", "message": "never"}})}
        with Service(self, faults=[fault]) as service:
            job = self.job_of(service)
            self.run_shard(job, "1/4", 2)
            paid = len(service.charged())
            self.job_of(service, generations=4 * (paid + 1))
            ended = self.darkroom("retry", "out/job-shard-1-of-4", "--class", "rejected")
            self.check_code(ended, 3)
            self.assertEqual(len(service.charged()), paid + 1)

    def test_a_retry_keeps_to_the_part(self):
        fault = {"on": "imagine", "count": 1, "do": "status", "status": 400,
                 "body": json.dumps({"error": {"code": "bad_request", "message": "never"}})}
        with Service(self, faults=[fault]) as service:
            job = self.job_of(service, generations=2)
            self.run_shard(job, "1/2", 3, "--budget-share")
            self.check_code(self.darkroom("retry", "out/job-shard-1-of-2"), 3)
            self.assertEqual(len(service.charged()), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
