"""Run directories and a service's memory that darkroom 0.1 wrote: opened, resumed and merged."""
import json
import os
import shutil
import sqlite3
import unittest

from stage import SOURCE, Stage

OLD = os.path.join(SOURCE, "tests", "end_to_end", "written_by_0_1")
IMAGINE = "/midjourney/imagine"
KILLED = ["--only", "open", "--only", "pending"]  # what the killed run had sent
REST = ["cars", "tiles", "texts", "shorter", "clip", "choice", "refused", "flaky", "unsaved",
        "branches"]


class OldDirectory(Stage):
    def setUp(self):
        super().setUp()
        for name in ("first", "second", "service", "job.yaml"):
            copy = shutil.copy if name.endswith(".yaml") else shutil.copytree
            copy(os.path.join(OLD, name), self.path(name))
        self.environment |= {"A": "token-a", "B": "token-b"}

    def serve(self):
        running = self.start("serve", "--listen", "127.0.0.1:0", "--data", "service",
                             "--image-size", "64", "--clips", "webp", "--latency", "10ms")
        return running, running.first_line()

    def run_job(self, url, directory, *arguments, code=0):
        ended = self.darkroom("run", "job.yaml", "-o", directory, "--service", url, "--json",
                              "--progress", "plain", *arguments)
        return self.check_code(ended, code).summary()

    def old_lines(self, directory, name="manifest.jsonl"):
        with open(os.path.join(OLD, directory, name), encoding="utf-8") as file:
            return file.read()

    def new_lines(self, directory, name="manifest.jsonl"):
        with open(self.path(directory, name), encoding="utf-8") as file:
            return file.read()

    def test_status_reads_every_state_and_changes_nothing(self):
        ended = self.check_code(self.darkroom("status", "first", "--json"), 0)
        counts = ended.summary()["steps"]
        self.assertEqual({key: counts[key] for key in ("done", "failed", "skipped", "unknown")},
                         {"done": 25, "failed": 2, "skipped": 2, "unknown": 3})
        self.assertEqual(self.new_lines("first"), self.old_lines("first"))

    def fail_with_502(self):
        """Lets the refused step of the first directory have failed as a gateway's 502."""
        with sqlite3.connect(self.path("first", "journal.db")) as journal:
            changed = journal.execute(
                "UPDATE facts SET body = json_set(body, '$.problem.status', 502, "
                "'$.problem.verdict', 'transient') "
                "WHERE kind = 'failed' AND json_extract(body, '$.problem.status') = 400")
            self.assertEqual(changed.rowcount, 1)
        journal.close()

    def test_a_step_that_failed_with_a_502_is_unknown_and_not_bought_blindly(self):
        self.fail_with_502()
        counts = self.check_code(self.darkroom("status", "first", "--json"), 0).summary()["steps"]
        self.assertEqual({key: counts[key] for key in ("done", "failed", "unknown")},
                         {"done": 25, "failed": 1, "unknown": 4})
        service, url = self.serve()
        texts = [self.darkroom("run", "job.yaml", "-o", "first", "--service", url, "--progress",
                               "plain", "--only", "cars").err for _ in range(2)]
        note = "an earlier version gave up 1 step: looked up now"
        self.assertEqual([note in text for text in texts], [True, False], texts)
        self.assertEqual(self.lines("first", "failed.jsonl"), [])
        service.signal()
        self.check_code(service.end(), 0)

    def test_a_resume_finds_what_was_sent_and_pays_for_nothing_twice(self):
        service, url = self.serve()
        summary = self.run_job(url, "first", *KILLED)
        self.assertEqual((summary["steps"]["done"], summary["paid"]), (3, 0))
        self.assertTrue(self.new_lines("first").startswith(self.old_lines("first")))
        listed = self.lines("first", "manifest.jsonl")
        self.assertEqual({line["job"] for line in listed} - set(REST), {"open", "pending"})
        self.assertIn("unsaved", {line["job"] for line in listed})  # paid for, and fetched now
        again = self.run_job(url, "first", *KILLED)
        self.assertEqual((again["steps"]["done"], again["paid"], again["images"]), (3, 0, 0))
        service.signal()
        self.check_code(service.end(), 0)

    def test_the_whole_job_pays_only_for_what_the_old_directory_does_not_have(self):
        service, url = self.serve()
        only = [word for job in REST for word in ("--only", job)]
        summary = self.run_job(url, "first", *only, code=2)  # 'refused' stays refused
        # Of 'choice', one branch was picked: its upscale2 and the zoom below it are new.
        self.assertEqual(summary["paid"], 2)
        self.assertEqual(summary["steps"]["failed"], 1)
        failed = self.lines("first", "failed.jsonl")
        self.assertEqual([line["job"] for line in failed], ["refused"])
        service.signal()
        self.check_code(service.end(), 0)

    def check_drawn(self, line):
        """The present job file says what its choices became, also for old pictures."""
        for label in line["drawn"].values():
            self.assertIn(label["text"], line["root_prompt"])

    def test_the_first_rewrite_of_the_manifest_is_printed_and_leaves_a_copy(self):
        service, url = self.serve()
        paid = {line["task_id"] for line in map(json.loads, self.old_lines("second").splitlines())}
        with open(self.path("job.yaml"), encoding="utf-8") as file:
            text = file.read()
        self.write("job.yaml", text.replace("- id: cars", "- id: old-cars"))
        note = "as version 0.1 left it, it is kept in manifest-0.1.jsonl"
        ended = [self.darkroom("run", "job.yaml", "-o", "second", "--service", url, "--progress",
                               "plain") for _ in range(2)]
        self.assertEqual([note in one.err for one in ended], [True, False], ended)
        self.assertEqual(self.new_lines("second", "manifest-0.1.jsonl"), self.old_lines("second"))
        lines = self.lines("second", "manifest.jsonl") + self.lines("second", "unwanted.jsonl")
        self.assertEqual(paid - {line["task_id"] for line in lines}, set())
        self.assertEqual(len(lines), len({(line["key"], line["tile"]) for line in lines}))
        self.assertIn("old-cars", {line["job"] for line in lines})
        for line in lines:
            self.check_drawn(line)
            self.assertTrue(line["root_prompt"] or line["kind"] == "text")
        self.assertTrue(any(line["drawn"] for line in lines))
        with sqlite3.connect(self.path("second", "journal.db")) as journal:
            (cost,) = journal.execute(
                "SELECT sum(price) FROM steps WHERE phase = 2 AND images > 0").fetchone()
        journal.close()
        self.assertAlmostEqual(sum(line["cost"] for line in lines), cost / 1e6)
        service.signal()
        self.check_code(service.end(), 0)

    def test_old_directories_merge_and_the_result_runs_on(self):
        merged = self.check_code(
            self.darkroom("merge", "first", "second", "-o", "all", "--json"), 0).summary()
        self.assertEqual((merged["sources"], merged["missing"]), (2, 0))
        self.assertEqual(merged["doubles"], 12)  # both have the six cars and their upscales
        keys = {line["key"] for line in self.lines("all", "manifest.jsonl")}
        old = [json.loads(line) for name in ("first", "second")
               for line in self.old_lines(name).splitlines()]
        self.assertEqual(keys, {line["key"] for line in old})
        service, url = self.serve()
        summary = self.run_job(url, "all", code=2)
        self.assertEqual(summary["paid"], 2)
        service.signal()
        self.check_code(service.end(), 0)

    def test_the_same_job_made_again_has_the_same_manifest_but_for_times_and_ids(self):
        added = {"drawn", "root_prompt", "picked", "same_as"}

        def essence(line):
            changing = ("task_id", "trace_id", "image_id", "parent_image_id", "url", "account",
                        "submitted_at", "generated_at", "downloaded_at", "attempts", "sha256",
                        "bytes", "result")
            return json.dumps({key: value for key, value in line.items()
                               if key not in changing and key not in added}, sort_keys=True)

        shutil.rmtree(self.path("service"))
        service, url = self.serve()
        self.run_job(url, "again", "--only", "elsewhere", "--only", "cars")
        self.assertEqual(sorted(map(essence, self.lines("again", "manifest.jsonl"))),
                         sorted(essence(json.loads(line))
                                for line in self.old_lines("second").splitlines()))
        lines = self.lines("again", "manifest.jsonl")
        self.assertEqual([[key for key in line if key not in added] for line in lines],
                         [list(json.loads(line)) for line in
                          self.old_lines("second").splitlines()])
        for line in lines:
            self.assertEqual(added - set(line), set())
            self.check_drawn(line)
            self.assertEqual((line["picked"], line["same_as"]), (None, None))
            self.assertTrue(line["root_prompt"])
        service.signal()
        self.check_code(service.end(), 0)


if __name__ == "__main__":
    unittest.main()
