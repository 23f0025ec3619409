"""One set of numbers: the summary, the status, the plan and failed.jsonl agree after every kind of
end, and failures that the job file no longer wants are in none of them."""
import json
import re
import signal
import unittest

from stage import Service, Stage

REFUSED = {"do": "status", "status": 400,
           "body": json.dumps({"error": {"code": "bad_request", "message": "banned word"}})}
BROKEN = {"do": "fail", "code": "api_error", "message": "the drawing failed"}


class Counts(Stage):
    def jobs(self, count, **more):
        return [{"id": f"n{number}", "prompt": f"picture {number}.", **more}
                for number in range(count)]

    def run_job(self, code, *arguments, command=("run", "job.yaml")):
        ended = self.check_code(
            self.darkroom(*command, "--json", "--progress", "bars", *arguments), code)
        self.bars = re.findall(r"\]  (\d+)/(\d+)  \d+%(?:  (\d+) failed)?(?:  (\d+) skipped)?",
                               ended.err)
        return ended.summary()

    def check_counts(self, summary, done, failed=0, skipped=0, unknown=0, pending=0):
        """All four say these numbers."""
        wanted = {"done": done, "failed": failed, "skipped": skipped, "unknown": unknown,
                  "pending": pending}
        self.assertEqual(summary["steps"], wanted)
        self.assertEqual([int(number or 0) for number in self.bars[-1]],
                         [done, sum(wanted.values()), failed, skipped])
        status = self.check_code(self.darkroom("status", "out/job", "--json"), 0).summary()
        self.assertEqual(status["steps"], wanted)
        self.assertEqual(status["total"], sum(wanted.values()))
        following = self.check_code(self.darkroom("plan", "job.yaml", "--json"), 0).summary()["next"]
        self.assertEqual([following[key] for key in
                          ("done", "failed", "skipped", "unknown", "new")],
                         [done, failed, skipped, unknown, pending])
        self.assertEqual(len(self.lines("out/job", "failed.jsonl")), failed)
        self.assertEqual(len(status["failures"]), failed)

    def test_a_run_that_is_done(self):
        with Service(self) as service:
            self.job(service.url, self.jobs(3, then=["upscale1"]))
            self.check_counts(self.run_job(0), 6)

    def test_a_run_with_failures(self):
        with Service(self, faults=[{"on": "imagine", "prompt": "picture 1.", **REFUSED}]) as service:
            self.job(service.url, self.jobs(3, then=["upscale1"]))
            self.check_counts(self.run_job(2), 4, failed=1, skipped=1)

    def test_a_picture_that_was_given_up_is_a_failure(self):
        fault = {"on": "file", "prompt": "picture 1.", "do": "corrupt"}
        with Service(self, faults=[fault]) as service:
            self.job(service.url, self.jobs(2), retry={"attempts": 2})
            self.check_counts(self.run_job(2), 1, failed=1)

    def test_a_run_with_an_unknown_step(self):
        faults = [{"on": "imagine", "prompt": "picture 1.", "do": "reset_after"},
                  {"on": "listing", "do": "list", "newest": 0}]
        with Service(self, faults=faults) as service:
            self.job(service.url, self.jobs(3), service={"timeouts": {"total": "2s"}},
                     retry={"settle": "1s"})
            self.check_counts(self.run_job(2), 2, unknown=1)

    def test_a_run_that_the_budget_has_ended(self):
        with Service(self) as service:
            self.job(service.url, self.jobs(5, then=["upscale1"]), budget={"generations": 3},
                     limits={"concurrency": 1})
            summary = self.run_job(3)
            self.check_counts(summary, 3, pending=7)
            self.check_counts(self.run_job(3), 3, pending=7)

    def test_after_a_failed_write_the_run_says_what_the_journal_has(self):
        ends = set()
        with Service(self, "--latency", "200ms", "--image-size", "512") as service:
            for blocks in (100, 140, 180, 220, 300):
                name = f"disk{blocks}"
                # With the ledger, the next run would wait for what this one leaves open.
                self.job(service.url, self.jobs(4, then=["upscale1"]), name=name, ledger="none")
                ended = self.darkroom("run", "job.yaml", "--json", file_size_max=blocks * 1024)
                self.check_code(ended, 74)
                summary = ended.summary()
                status = self.check_code(self.darkroom("status", f"out/{name}", "--json"),
                                         0).summary()
                with self.subTest(blocks=blocks):
                    self.assertEqual(summary["steps"], status["steps"])
                    self.assertEqual(summary["paid"], status["paid"])
                    self.assertEqual(summary["cost"], status["cost"])
                ends.add((summary["steps"]["done"], summary["paid"]))
        self.assertGreater(len(ends), 1, "the limits make no difference")

    def test_retry_shows_the_pictures_that_it_loads_again(self):
        fault = {"on": "file", "prompt": "picture 1.", "do": "corrupt"}
        with Service(self, faults=[fault]) as service:
            self.job(service.url, self.jobs(2), retry={"attempts": 2})
            self.check_code(self.darkroom("run", "job.yaml"), 2)
            shown = self.check_code(self.darkroom("retry", "out/job", "-n", "--json"), 0).summary()
            self.assertEqual((shown["steps"], shown["new"], len(shown["failures"])), (1, 0, 1))

    def test_accounts_that_reached_their_caps_are_not_out_of_balance(self):
        self.environment["OTHER_TOKEN"] = "another-token"
        accounts = [{"name": "p", "token": {"env": "TOKEN"}, "cost_cap": 0.06},
                    {"name": "q", "token": {"env": "OTHER_TOKEN"}, "cost_cap": 0.03}]
        with Service(self) as service:
            self.write("job.yaml", json.dumps({
                "version": 1, "name": "job", "service": {"url": service.url, "accounts": accounts},
                "jobs": self.jobs(6)}))
            plan = self.check_code(self.darkroom("plan", "job.yaml"), 0)
            self.assertIn("The accounts may spend 0.09 USD in all: that ends the run before that.",
                          plan.out)
            ended = self.check_code(self.darkroom("run", "job.yaml"), 3)
            plan = self.check_code(self.darkroom("plan", "job.yaml"), 0)
            self.assertIn("The accounts may spend 0.09 USD in all (0.078 is spent)", plan.out)
            self.assertIn("no account may spend more", ended.err)
            self.assertIn("Raise `cost_cap`", ended.err)
            self.assertNotIn("Top up", ended.err)

    def test_a_run_that_goes_on_begins_with_what_there_is(self):
        faults = [{"on": "imagine", "prompt": "picture 1.", "count": 1, **BROKEN},
                  {"on": "imagine", "prompt": "picture 2.", **REFUSED}]
        with Service(self, faults=faults) as service:
            self.job(service.url, self.jobs(4, then=["upscale1"]), retry={"attempts": 1})
            self.check_counts(self.run_job(2), 4, failed=2, skipped=2)
            self.check_counts(self.run_job(2), 4, failed=2, skipped=2)
            self.job(service.url, self.jobs(5, then=["upscale1"]), retry={"attempts": 1})
            self.check_counts(self.run_job(2), 6, failed=2, skipped=2)
            again = self.run_job(2, command=("retry", "out/job"))
            self.check_counts(again, 8, failed=1, skipped=1)

    def test_texts_are_counted_alike(self):
        with Service(self) as service:
            self.job(service.url, [{"id": "a", "prompt": "a fox", "then": ["describe"]}])
            summary = self.run_job(0)
            self.check_counts(summary, 2)
            status = self.check_code(self.darkroom("status", "out/job", "--json"), 0).summary()
            listed = self.lines("out/job", "manifest.jsonl")
            self.assertEqual(sorted(line["kind"] for line in listed), ["image", "text"])
            self.assertEqual((summary["images"], status["images"]), (1, 1))
            self.job(service.url, [{"id": "a", "prompt": "a fox", "then": ["describe"]}],
                     output={"texts": "files"})
            self.assertEqual(self.run_job(0)["images"], 0)
            status = self.check_code(self.darkroom("status", "out/job", "--json"), 0).summary()
            self.assertEqual((len(self.manifest()), status["images"]), (2, 1))

    def test_equal_items_count_once(self):
        with Service(self) as service:
            self.job(service.url, [{"id": "a", "prompt": "a {fox, hen, fox, fox}"}])
            self.check_counts(self.run_job(0), 2)

    def test_what_the_file_no_longer_wants_leaves(self):
        faults = [{"on": "imagine", "prompt": "picture 1.", **REFUSED},
                  {"on": "imagine", "prompt": "picture 2.", **BROKEN}]
        with Service(self, faults=faults) as service:
            self.job(service.url, self.jobs(5), retry={"attempts": 1})
            self.check_counts(self.run_job(2), 3, failed=2)
            self.job(service.url, self.jobs(2), retry={"attempts": 1})
            self.check_counts(self.run_job(2), 1, failed=1)
            listed = self.check_code(self.darkroom("retry", "out/job", "-n", "--class", "generation"),
                                     0).out
            self.assertIn("0 failed steps would be tried again", listed)

    def test_a_step_that_is_unknown_and_no_longer_wanted_is_still_counted(self):
        faults = [{"on": "imagine", "prompt": "picture 1.", "do": "reset_after"},
                  {"on": "listing", "do": "list", "newest": 0}]
        with Service(self, faults=faults) as service:
            self.job(service.url, self.jobs(2), service={"timeouts": {"total": "2s"}})
            self.check_counts(self.run_job(2), 1, unknown=1)
            self.job(service.url, self.jobs(1), service={"timeouts": {"total": "2s"}})
            self.check_counts(self.run_job(2), 1, unknown=1)


class Parts(Stage):
    """A run of a part counts that part, and says what has failed outside of it."""

    def failed_run(self, service):
        jobs = [{"id": "day", "prompt": "broken day"}, {"id": "night", "prompt": "broken night"},
                {"id": "bad", "prompt": "banned word"}, {"id": "good", "prompt": "a fox"}]
        self.job(service.url, jobs, retry={"attempts": 1})
        self.check_code(self.darkroom("run", "job.yaml", "-q"), 2)

    def check_part(self, code, *command, done=0, failed=0):
        """The summary has the part, failed.jsonl the file, and the words the difference."""
        ended = self.check_code(self.darkroom(*command, "--json", "--progress", "bars"), code)
        steps = ended.summary()["steps"]
        self.assertEqual((steps["done"], steps["failed"]), (done, failed))
        self.assertIn(f"{done} of {done + failed} step", ended.err)
        outside = re.search(r"\n(\d+) failed steps? of the job file (?:is|are) outside of this part; "
                            r"out/job/failed.jsonl has (?:it|them), too\.\n", ended.err)
        listed = len(self.lines("out/job", "failed.jsonl"))
        self.assertEqual(listed, failed + int(outside.group(1) if outside else 0), ended)
        status = self.check_code(self.darkroom("status", "out/job", "--json"), 0).summary()
        self.assertEqual(status["steps"]["failed"], listed)
        self.assertEqual(len(status["failures"]), listed)
        plan = [word for word in command if word not in ("run", "job.yaml")]
        if command[0] == "run":
            following = self.darkroom("plan", "job.yaml", "--json", *plan).summary()["next"]
            self.assertEqual((following["done"], following["failed"]), (done, failed))
        return ended

    def faults(self, broken=9):
        return [{"on": "imagine", "prompt": "broken", "count": broken, **BROKEN},
                {"on": "imagine", "prompt": "banned", **REFUSED}]

    def test_the_failures_outside_of_the_part_are_counted_apart(self):
        with Service(self, faults=self.faults()) as service:
            self.failed_run(service)
            ended = self.check_part(2, "run", "job.yaml", "--only", "day", failed=1)
            self.assertIn("\nSee out/job/failed.jsonl; 'darkroom retry out/job' tries it again.\n",
                          ended.err)
            ended = self.check_part(2, "run", "job.yaml", "--only", "bad", failed=1)
            self.assertIn("the service refuses what 1 step asks for. Edit the job file and run it "
                          "again.\n", ended.err)
            ended = self.check_part(0, "run", "job.yaml", "--only", "good", done=1)
            self.assertIn("3 failed steps of the job file are outside", ended.err)
            self.check_part(2, "run", "job.yaml", "--limit", "2", failed=2)
            self.assertNotIn("outside", self.check_part(2, "run", "job.yaml", done=1,
                                                        failed=3).err)

    def test_a_retry_of_a_part_says_what_it_leaves(self):
        with Service(self, faults=self.faults(broken=2)) as service:
            self.failed_run(service)
            ended = self.check_part(0, "retry", "out/job", "--only", "day", done=1)
            self.assertIn("2 failed steps of the job file are outside", ended.err)
            status = self.darkroom("status", "out/job").out
            self.assertIn("'darkroom retry out/job' tries the other again.", status)
            self.assertNotIn("outside", status)  # the next retry has the whole file again

    def test_the_status_offers_a_retry_of_what_it_would_try(self):
        with Service(self, faults=self.faults(broken=3)) as service:
            self.failed_run(service)
            self.check_part(0, "run", "job.yaml", "--only", "good", done=1)
            status = self.darkroom("status", "out/job").out
            self.assertNotIn("tries", status)
            self.assertIn("\n3 failed steps are outside of the part that was run last: run the "
                          "whole file, then 'darkroom retry out/job'.\n", status)
            self.check_part(2, "run", "job.yaml", "--only", "day", failed=1)
            status = self.darkroom("status", "out/job").out
            self.assertIn("'darkroom retry out/job' tries it again.\n2 failed steps are outside",
                          status)
            self.check_part(2, "retry", "out/job", failed=1)
            self.check_code(self.darkroom("run", "job.yaml", "-q"), 2)
            self.check_code(self.darkroom("retry", "out/job", "-q"), 2)
            self.assertEqual(len(self.lines("out/job", "failed.jsonl")), 1)

    def test_picks_that_wait_outside_of_the_part_are_counted(self):
        with Service(self) as service:
            self.job(service.url, [{"id": "a", "prompt": "a fox"},
                                   {"id": "b", "prompt": "a hen",
                                    "then": [{"pick": {"from": "upscale*"}}]}])
            self.check_code(self.darkroom("run", "job.yaml", "-q"), 0)
            self.check_part(0, "run", "job.yaml", "--only", "a", done=1)
            status = self.check_code(self.darkroom("status", "out/job", "--json"), 0).summary()
            self.assertEqual(status["waiting"], 1)


class Words(Stage):
    """The closing words name what is there."""

    def test_the_manifest_is_named_once_it_has_lines(self):
        with Service(self, "--image-size", "512", faults=[
                {"on": "imagine", "prompt": "banned", **REFUSED}]) as service:
            for number, (prompt, code, size) in enumerate((("banned word", 2, None),
                                                           ("a fox", 74, 100 * 1024),
                                                           ("a fox", 0, None))):
                with self.subTest(code):
                    self.job(service.url, [{"prompt": prompt}], name=f"job{number}")
                    ended = self.darkroom("run", "job.yaml", "--progress", "plain",
                                          file_size_max=size)
                    self.check_code(ended, code)
                    has_lines = bool(self.manifest(f"out/job{number}"))
                    self.assertEqual(has_lines, code == 0)
                    self.assertEqual("Manifest  " in ended.err, has_lines, ended)
                    self.assertEqual("Pictures  " in ended.err, has_lines, ended)


class Retry(Stage):
    """`retry` tries what can work, and what it is asked for."""

    def failed_run(self, service):
        jobs = [{"id": "day", "prompt": "broken day"}, {"id": "night", "prompt": "broken night"},
                {"id": "bad", "prompt": "banned word"}, {"id": "good", "prompt": "a fox"}]
        self.job(service.url, jobs, retry={"attempts": 1})
        self.check_code(self.darkroom("run", "job.yaml", "-q"), 2)

    def retry(self, code, *arguments):
        return self.check_code(self.darkroom("retry", "out/job", *arguments), code)

    def paid(self, code, *arguments):
        return self.retry(code, "--json", "-q", *arguments).summary()["paid"]

    def faults(self):
        return [{"on": "imagine", "prompt": "broken", "count": 2, **BROKEN},
                {"on": "imagine", "prompt": "banned", **REFUSED}]

    def test_a_refused_prompt_is_left_unless_it_is_asked_for(self):
        with Service(self, faults=self.faults()) as service:
            self.failed_run(service)
            listed = self.retry(0, "-n").out
            self.assertIn("day/0  generation, api_error", listed)
            self.assertIn("prompt: broken night", listed)
            self.assertNotIn("banned", listed)
            self.assertIn("2 failed steps would be tried again. With all that is still to be "
                          "done, that run would buy up to 2 generations, 0.052 USD", listed)
            before = service.counts("/midjourney/imagine")
            ended = self.retry(2, "--progress", "plain")
            self.assertIn("2 failed steps tried again", ended.err)
            self.assertIn("1 rejected step left", ended.err)
            self.assertEqual(service.counts("/midjourney/imagine") - before, 2)
            self.assertEqual(self.paid(2, "--class", "rejected"), 0)
            self.assertEqual(service.counts("/midjourney/imagine") - before, 3)

    def test_a_job_can_be_chosen_and_later_runs_have_the_whole_again(self):
        with Service(self, faults=self.faults()) as service:
            self.failed_run(service)
            self.assertEqual(self.paid(0, "--only", "night"), 1)
            self.assertEqual({line["job"] for line in self.lines("out/job", "failed.jsonl")},
                             {"day", "bad"})
            self.assertEqual(self.paid(2), 1)

    def test_values_can_be_changed(self):
        with Service(self, faults=self.faults()) as service, Service(self) as other:
            self.failed_run(service)
            self.assertEqual(self.paid(2, "--service", other.url, "--rate", "9/s",
                                       "--set", "retry.attempts=2"), 2)
            self.assertEqual(len(other.charged()), 2)

    def test_a_wrong_class_is_refused(self):
        with Service(self, faults=self.faults()) as service:
            self.failed_run(service)
            self.retry(64, "--class", "bad")
            self.assertIn("no such job", self.retry(64, "--only", "nigth").err)


class StillToLoad(Stage):
    def test_what_is_paid_and_not_loaded_is_said_so_and_loaded_by_the_next_run(self):
        gone = {"on": "file", "do": "status", "status": 503, "count": 3}
        with Service(self, faults=[gone]) as service:
            self.job(service.url, [{"id": "cars", "prompt": "a car"}],
                     retry={"attempts": 9, "base": "1h", "cap": "1h"})
            running = self.start("run", "job.yaml", "--progress", "plain", "--grace", "0s")
            running.wait_for("stderr", "waiting")
            running.signal(signal.SIGTERM)
            ended = self.check_code(running.end(), 7)
            self.assertIn("Interrupted. 1 of 1 step done (1 still to load).", ended.err)
            status = self.check_code(self.darkroom("status", "out/job"), 0).out
            self.assertIn("1 of 1 step done (1 still to load)", status)
            plan = self.check_code(self.darkroom("plan", "job.yaml"), 0).out
            self.assertIn("The run directory has 1 step done (1 still to load).", plan)
            self.job(service.url, [{"id": "cars", "prompt": "a car"}],
                     retry={"attempts": 9, "base": "1ms", "cap": "1ms"})
            ended = self.check_code(self.darkroom("run", "job.yaml", "--progress", "plain"), 0)
            self.assertRegex(ended.err, r"Z  cars/0  waiting    again (in|with) ")
            self.assertIn("1 of 1 step done.", ended.err)
            self.assertEqual(len(service.charged()), 1)


if __name__ == "__main__":
    unittest.main()
