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


if __name__ == "__main__":
    unittest.main(verbosity=2)
