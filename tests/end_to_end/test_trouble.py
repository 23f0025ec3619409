"""Failures: exit codes, stops, and resuming."""
import json
import os
import signal
import unittest

from stage import Service, Stage, prompts


class ExitCodes(Stage):
    def test_a_bad_job_file_is_65_and_all_its_errors_are_printed_with_their_places(self):
        self.write("bad.yaml", "version: 1\nlimts: {}\njobs:\n  - id: a\n    promt: x\n")
        for command in ("validate", "run", "plan"):
            ended = self.check_code(self.darkroom(command, "bad.yaml"), 65)
            self.assertIn("bad.yaml:2:1: error: ", ended.err)
            self.assertIn("bad.yaml:5:5: error: ", ended.err)
            self.assertIn("did you mean 'prompt'", ended.err)
        self.assertFalse(os.path.exists(self.path("out")))

    def test_validate_accepts_good_files_and_refuses_bad_ones(self):
        good = self.job("local", prompts(3))
        self.write("bad.yaml", "version: 2\njobs: []\n")
        self.assertIn("valid, 3 items", self.check_code(self.darkroom("validate", good), 0).out)
        self.check_code(self.darkroom("validate", good, "bad.yaml"), 65)

    def test_wrong_usage_is_64_and_the_message_says_what_to_type(self):
        self.job("local", prompts(1))
        rows = [
            (["rn", "job.yaml"], "did you mean 'run'"),
            (["run"], "FILE"),
            (["run", "job.yaml", "--set", "nonsense"], "PATH=VALUE"),
            (["run", "job.yaml", "--only", "q"], "no such job"),
            (["run", "job.yaml", "--progress", "loud"], "bars"),
            (["run", "job.yaml", "job.yaml", "-o", "x"], "one job file"),
            (["run", "job.yaml", "--service", ""], "must not be empty"),
            (["run", "job.yaml", "--concurrency", "0"], "--concurrency: error:"),
            (["validate", "job.yaml", "--rate", "fast"], "--rate: error: 'rate' needs"),
            (["plan", "job.yaml", "--service", "x"], "--service: error: 'url' needs"),
            (["plan", "job.yaml", "--shard", "0/3"], "numbered from 1"),
            (["plan", "job.yaml", "--shard", "auto"], "neither SLURM_ARRAY_TASK_ID nor"),
            (["run", "job.yaml", "--limit", "-1"], "no whole number"),
            (["run", "job.yaml", "--limit", "99999999999999999999"], "no whole number"),
            (["serve", "--listen", "nowhere"], "HOST:PORT"),
        ]
        for arguments, words in rows:
            ended = self.check_code(self.darkroom(*arguments), 64)
            self.assertIn(words, ended.err)

    def test_a_shard_is_taken_from_the_cluster_that_starts_it(self):
        job = self.job("local", prompts(10))
        slurm = {"SLURM_ARRAY_TASK_ID": "14", "SLURM_ARRAY_TASK_MIN": "10",
                 "SLURM_ARRAY_TASK_STEP": "2", "SLURM_ARRAY_TASK_COUNT": "5"}
        rows = [
            (slurm, "auto", "3/5"),
            ({"SLURM_ARRAY_TASK_ID": "4", "SLURM_ARRAY_TASK_COUNT": "5"}, "auto", "5/5"),
            ({"JOB_COMPLETION_INDEX": "0", "JOB_COMPLETION_COUNT": "4"}, "auto", "1/4"),
            ({**slurm, "SLURM_ARRAY_TASK_MAX": "18"}, "auto", "3/5"),
            ({**slurm, "SLURM_ARRAY_TASK_MAX": "19"}, "auto/5", "3/5"),
            ({"JOB_COMPLETION_INDEX": "3"}, "auto/4", "4/4"),
        ]
        for variables, shard, same in rows:
            wanted = self.check_code(self.darkroom("plan", job, "--shard", same, "--list"), 0).out
            before = dict(self.environment)
            self.environment.update(variables)
            ended = self.check_code(self.darkroom("plan", job, "--shard", shard, "--list"), 0)
            self.environment = before
            self.assertEqual(ended.out, wanted, f"{variables} {shard}")
        # Only tasks 14 and 18 of an array are restarted; then only task 14.
        again = {**slurm, "SLURM_ARRAY_TASK_MIN": "14", "SLURM_ARRAY_TASK_COUNT": "2",
                 "SLURM_ARRAY_TASK_MAX": "18", "SLURM_ARRAY_TASK_STEP": "1"}
        alone = {**again, "SLURM_ARRAY_TASK_COUNT": "1", "SLURM_ARRAY_TASK_MAX": "14"}
        for variables, shard, words in (
                ({"JOB_COMPLETION_INDEX": "x", "JOB_COMPLETION_COUNT": "4"}, "auto", "no number"),
                ({**slurm, "SLURM_ARRAY_TASK_ID": "13"}, "auto", "do not fit together"),
                (again, "auto", "numbers are left out"),
                (alone, "auto/5", "has 1 task, not 5")):
            before = dict(self.environment)
            self.environment.update(variables)
            ended = self.check_code(self.darkroom("plan", job, "--shard", shard), 64)
            self.environment = before
            self.assertIn(words, ended.err)

    def test_very_many_items_are_run_only_when_that_is_said_to_be_meant(self):
        many = "{" + ",".join(f"a{n}" for n in range(350)) + "}"
        self.write("many.yaml", "version: 1\nservice: {url: local}\nbudget: {generations: 0}\n"
                   f"jobs:\n  - prompt: '{many} {many}'\n")
        ended = self.check_code(self.darkroom("run", "many.yaml"), 64)
        self.assertIn("stands for 122500 items", ended.err)
        self.assertIn("--yes", ended.err)
        self.assertFalse(os.path.exists(self.path("out")))
        self.check_code(self.darkroom("run", "many.yaml", "--limit", "100001", "--yes"), 3)
        self.check_code(self.darkroom("run", "many.yaml", "--limit", "5"), 3)
        self.assertRegex(self.check_code(self.darkroom("plan", "many.yaml"), 0).out, "free")

    def test_a_proxy_whose_variable_is_not_set_is_64_and_nothing_goes_around_it(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(1), service={"proxy": {"env": "OUR_PROXY"}})
            for value in (None, ""):
                if value is not None:
                    self.environment["OUR_PROXY"] = value
                ended = self.check_code(self.darkroom("run", job), 64)
                self.assertIn("names the environment variable OUR_PROXY, which is not set",
                              ended.err)
            self.assertEqual(service.requests(), 0)
            self.check_code(self.darkroom("run", job, "--service", "local"), 0)

    def test_a_missing_file_is_66(self):
        self.check_code(self.darkroom("run", "missing.yaml"), 66)
        self.check_code(self.darkroom("validate", "missing.yaml"), 66)
        self.check_code(self.darkroom("status", "nowhere"), 66)
        self.check_code(self.darkroom("retry", "nowhere"), 66)

    def test_a_certificate_file_that_is_none_is_66_before_anything_is_sent(self):
        job = self.job("https://127.0.0.1:1", prompts(1), service={"ca_file": "nope.pem"})
        self.assertIn("nope.pem", self.check_code(self.darkroom("run", job), 66).err)

    def test_a_run_directory_without_its_journal_buys_nothing_again(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(2))
            self.check_code(self.darkroom("run", job, "-o", "lost"), 0)
            with open(self.path("lost/manifest.jsonl"), encoding="utf-8") as file:
                listed = file.read()
            os.remove(self.path("lost/journal.db"))
            ended = self.check_code(self.darkroom("run", job, "-o", "lost"), 66)
            self.assertIn("journal.db", ended.err)
            self.assertEqual(service.ledger()["totals"]["accepted"], 2)
            with open(self.path("lost/manifest.jsonl"), encoding="utf-8") as file:
                self.assertEqual(file.read(), listed)

    def test_a_refused_token_is_5_and_nothing_is_sent_without_one(self):
        with Service(self, token="the-right-one") as service:
            job = self.job(service.url, prompts(3))
            self.check_code(self.darkroom("run", job), 5)
            self.assertEqual(service.ledger()["totals"]["accepted"], 0)
            before = service.requests()
            del self.environment["TOKEN"]
            ended = self.darkroom("run", job, "-o", "never")
            self.assertEqual(ended.code, 64, ended)
            self.assertIn("TOKEN is not set", ended.err)
            self.assertEqual(service.requests(), before)
            self.assertFalse(os.path.exists(self.path("never")))
            self.write("token", "  the-right-one\n")
            self.assertEqual(self.darkroom("run", job, "--token-file", "token").code, 0)
            self.check_images(3)

    def test_too_many_failures_in_a_row_are_4(self):
        refuse = {"on": "imagine", "do": "status", "status": 400,
                  "body": json.dumps({"error": {"code": "bad_request", "message": "never"}})}
        self.write("faults.json", json.dumps({"faults": [refuse]}))
        with Service(self, "--faults", self.path("faults.json")) as service:
            job = self.job(service.url, prompts(40), limits={"failures": 3, "concurrency": 1})
            ended = self.check_code(self.darkroom("run", job, "--json"), 4)
            self.assertEqual(ended.summary()["steps"]["failed"], 3)
            self.assertIn("too many failures", ended.err)

    def test_a_token_can_come_from_a_command(self):
        with Service(self, token="spoken") as service:
            said = {"token": {"command": ["sh", "-c", "echo spoken"]}}
            self.check_code(self.darkroom("run", self.job(service.url, prompts(1), service=said)),
                            0)
            silent = {"token": {"command": ["false"]}}
            ended = self.darkroom("run", self.job(service.url, prompts(1), service=silent))
            self.assertEqual(ended.code, 64, ended)
            self.assertIn("'false' ended with exit code 1", ended.err)

    def test_a_run_directory_has_one_master(self):
        with Service(self, "--latency", "10m") as service:
            job = self.job(service.url, prompts(1))
            first = self.start("run", job, "--progress", "plain", "--grace", "0s")
            first.wait_for("stderr", "submitted")
            ended = self.check_code(self.darkroom("run", job), 6)
            self.assertIn(str(first.process.pid), ended.err)
            first.signal()
            self.check_code(first.end(), 7)

    def test_a_directory_that_cannot_be_written_is_74(self):
        self.write("file", "in the way")
        ended = self.darkroom("run", self.job("local", prompts(1)), "-o", "file/out")
        self.check_code(ended, 74)


class Stops(Stage):
    def test_the_first_signal_lets_open_generations_finish_and_the_next_run_resumes(self):
        with Service(self, "--latency", "300ms") as service:
            job = self.job(service.url, prompts(12), limits={"concurrency": 2})
            running = self.start("run", job, "--json", "--progress", "plain")
            running.wait_for("stderr", "saved")
            running.signal(signal.SIGTERM)
            stopped = self.check_code(running.end(), 7)
            self.assertIn("Stopping", stopped.err)
            summary = stopped.summary()
            self.assertGreaterEqual(summary["paid"], 1)
            self.assertLess(summary["paid"], 12)
            self.assertEqual(summary["images"], summary["paid"])
            self.check_images(summary["images"])

            rest = self.check_code(self.darkroom("run", job, "--json"), 0).summary()
            self.assertEqual(rest["paid"] + summary["paid"], 12)
            self.assertEqual(service.ledger()["totals"]["charged"], 12)
            self.check_images(12)

    def test_the_second_signal_exits_at_once_and_open_requests_are_found_again(self):
        with Service(self, "--latency", "2s") as service:
            job = self.job(service.url, prompts(2))
            running = self.start("run", job, "--json", "--progress", "plain")
            running.wait_for("stderr", "accepted")
            running.signal()
            running.wait_for("stderr", "Stopping:")
            running.signal()
            stopped = self.check_code(running.end(), 7)
            self.assertEqual(stopped.summary()["paid"], 0)
            self.check_code(self.darkroom("run", job), 0)
            self.assertEqual(service.ledger()["totals"]["charged"], 2)
            self.check_images(2)

    def test_a_run_stops_while_its_own_service_paints(self):
        for name, more in (("twice", ()), ("grace", ("--grace", "0s"))):
            job = self.job("local", prompts(16), name=name)
            running = self.start("run", job, "--json", "--progress", "plain", *more)
            running.wait_for("stderr", "saved")
            running.signal()
            if not more:
                running.wait_for("stderr", "Stopping:")
                running.signal()
            stopped = self.check_code(running.end(), 7).summary()
            rest = self.check_code(self.darkroom("run", job, "--json"), 0).summary()
            self.assertEqual(rest["paid"] + stopped["paid"] + stopped["steps"]["unknown"], 16)
            self.check_images(16, f"out/{name}")

    def test_after_the_grace_time_open_requests_are_left_to_the_next_run(self):
        with Service(self, "--latency", "4s") as service:
            job = self.job(service.url, prompts(2))
            running = self.start("run", job, "--json", "--progress", "plain", "--grace", "100ms")
            running.wait_for("stderr", "accepted")
            running.signal()
            stopped = self.check_code(running.end(), 7).summary()
            self.assertEqual(stopped["paid"], 0)
            self.assertGreaterEqual(stopped["steps"]["unknown"], 1)
            self.check_code(self.darkroom("run", job), 0)
            self.assertEqual(service.ledger()["totals"]["charged"], 2)
            self.check_images(2)


class Preflight(Stage):
    def test_a_plan_that_is_larger_than_the_disk_is_warned_of(self):
        free = os.statvfs(self.directory)
        pictures = 2 * free.f_bavail * free.f_frsize // 4_750_000 + 1
        job = self.job("http://127.0.0.1:1", [{"id": "a", "prompt": "x", "repeat": pictures}],
                       limits={"failures": 1}, retry={"attempts": 1})
        ended = self.check_code(self.darkroom("run", job, "--yes"), 4)
        self.assertIn("are free in", ended.err)
        small = self.job("http://127.0.0.1:1", prompts(1), name="small",
                         limits={"failures": 1}, retry={"attempts": 1})
        self.assertNotIn("are free in", self.check_code(self.darkroom("run", small), 4).err)


class FailedSteps(Stage):
    FAULTS = {"faults": [{"on": "imagine", "prompt": "car 1", "count": 1, "do": "status",
                          "status": 400,
                          "body": json.dumps({"error": {"code": "bad_request",
                                                        "message": "no such car"}})}]}

    def test_failed_steps_are_printed_listed_and_retried(self):
        self.write("faults.json", json.dumps(self.FAULTS))
        with Service(self, "--faults", self.path("faults.json")) as service:
            job = self.job(service.url, prompts(3, then=["upscale1"]))
            ended = self.check_code(self.darkroom("run", job, "--json"), 2)
            self.assertIn("no such car", ended.err)
            self.assertIn("the service refuses what 1 step asks for. Edit the job file and run "
                          "it again.", ended.err)
            self.assertNotIn("darkroom retry", ended.err)
            steps = ended.summary()["steps"]
            self.assertEqual((steps["done"], steps["failed"], steps["skipped"]), (4, 1, 1))
            failed = self.lines("out/job/failed.jsonl")
            self.assertEqual([line["code"] for line in failed], ["bad_request"])

            status = self.check_code(self.darkroom("status", "out/job", "--json"), 0).summary()
            self.assertEqual(status["steps"]["failed"], 1)
            self.assertEqual(status["failures"][0]["step"], "p/1")
            self.assertIn("p/1", self.darkroom("status", "out/job").out)

            unchanged = self.check_code(self.darkroom("run", job, "--json"), 2).summary()
            self.assertEqual(unchanged["paid"], 0, "a failed step is not tried again by itself")

            os.remove(self.path("job.yaml"))
            retried = self.check_code(
                self.darkroom("retry", "out/job", "--trust", "--json", "--class", "rejected"),
                0).summary()
            self.assertEqual((retried["paid"], retried["steps"]["done"]), (2, 6))
            self.check_images(6)
            self.assertEqual(self.lines("out/job/failed.jsonl"), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
