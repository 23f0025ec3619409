"""Five people work with the program for a while. Each sentence that it prints about money and state
is compared with the service's ledger and with the files on disk."""
import json
import os
import re
import signal
import unittest

from stage import Service, Stage

PRICE = 0.026
REFUSED = {"do": "status", "status": 400,
           "body": json.dumps({"error": {"code": "bad_request", "message": "banned word"}})}
BROKEN = {"do": "fail", "code": "api_error", "message": "the drawing failed"}
COUNTS = re.compile(r"(\d+) of (\d+) steps? done(?:, (\d+) failed)?(?:, (\d+) skipped)?"
                    r"(?:, (\d+) unknown)?(?:, (\d+) in flight)?"
                    r"(?:, (\d+) (?:left for the next run|to come))?")
THIS_RUN = re.compile(r"This run: (\d+) generations? paid \(([\d.]+) USD\), (\d+) images? "
                      r"\(([^)]*)\), (\d+) retr(?:y|ies), in ")
PAID = re.compile(r"(\d+) images?; (\d+) generations? paid, ([\d.]+) (?:pretend )?USD\n")
TOTAL = re.compile(r"total +(\d+) +([\d.]+)\n")


def numbers(match):
    return [float(number or 0) for number in match.groups()]


class Tour(Stage):
    directory_of_run = "out/job"

    def pictures(self):
        """Returns the pictures on disk. One that has several names is one."""
        found = set()
        for folder, _, files in os.walk(self.path(self.directory_of_run, "images")):
            found |= {os.stat(os.path.join(folder, file)).st_ino for file in files}
        return found

    def check_counts(self, text, **expected):
        """Checks a sentence about the steps: these, and none of the others."""
        match = COUNTS.search(text)
        self.assertTrue(match, text)
        keys = ("done", "total", "failed", "skipped", "unknown", "in_flight", "left")
        self.assertEqual({key: value for key, value in zip(keys, numbers(match)) if value}, expected)
        listed = self.lines(self.directory_of_run, "failed.jsonl")
        self.assertEqual(len(listed), expected.get("failed", 0))

    def run_and_check(self, service, code, *command, **expected):
        """Runs a job: what it says about itself is what the ledger and the disk say."""
        charged, pictures = len(service.charged()), len(self.pictures())
        ended = self.check_code(self.darkroom(*command, "--progress", "plain"), code)
        paid = len(service.charged()) - charged
        said = numbers(THIS_RUN.search(re.sub(r"\([^)]*B\)", "(0)", ended.err)))
        self.assertEqual(said[0], paid, ended)
        self.assertAlmostEqual(said[1], paid * PRICE)
        self.assertEqual(said[2], len(self.pictures()) - pictures, ended)
        self.check_counts(ended.err[ended.err.rindex("of", 0, ended.err.index("This run")) - 9:],
                          **expected)
        self.check_status(service, **expected)
        return ended

    def check_status(self, service, **expected):
        text = self.check_code(self.darkroom("status", self.directory_of_run), 0).out
        self.check_counts(text, **expected)
        images, paid, cost = numbers(PAID.search(text))
        self.assertEqual(images, len(self.pictures()))
        self.assertEqual(paid, len(service.charged()))
        self.assertAlmostEqual(cost, paid * PRICE)
        return text

    def plan(self, steps, *words):
        """Checks what the next run is said to pay; None: nothing."""
        text = self.check_code(self.darkroom("plan", "job.yaml"), 0).out
        if steps is None:
            self.assertIn("nothing is left to pay", text)
        else:
            said = numbers(TOTAL.search(text))
            self.assertEqual(said[0], steps, text)
            self.assertAlmostEqual(said[1], steps * PRICE)
        for word in words:
            self.assertIn(word, text)
        return text

    def test_a_person_makes_first_pictures_and_wants_one_more(self):
        job = [{"id": "cars", "prompt": "a {fox, hen, cow}", "then": ["upscale1"]}]
        with Service(self) as service:
            self.job(service.url, job)
            self.plan(6)
            ended = self.run_and_check(service, 0, "run", "job.yaml", done=6, total=6)
            self.assertIn("Pictures  out/job/images", ended.err)
            self.plan(None, "The run directory has 6 steps done.")
            job[0]["prompt"] = "a {fox, hen, cow, cat}"
            self.job(service.url, job)
            self.plan(2, "The run directory has 6 steps done.")
            self.run_and_check(service, 0, "run", "job.yaml", done=8, total=8)
            self.run_and_check(service, 0, "run", "job.yaml", done=8, total=8)
            text = self.check_status(service, done=8, total=8)
            self.assertIn("  cars: 0.208 USD (4 generate, 4 upscale1)\n", text)
            self.assertRegex(text, r"\nEnded 20[^\n]*: done \(exit 0\)\n")

    def test_a_rehearsal_costs_nothing_and_says_so(self):
        self.job("local", [{"id": "cars", "prompt": "a {fox, hen}"}])
        text = self.check_code(self.darkroom("plan", "job.yaml"), 0).out
        self.assertIn("cost pretend USD\n", text)
        self.assertIn("; about 2s at ", text)
        ended = self.check_code(self.darkroom("run", "job.yaml", "--progress", "plain"), 0)
        self.assertIn("2 generations paid (0.052 pretend USD)", ended.err)
        self.assertIn("paid, 0.052 pretend USD\n", self.darkroom("status", "out/job").out)
        self.assertNotIn("warning", ended.err)
        with Service(self) as service:
            self.job(service.url, [{"id": "cars", "prompt": "a {fox, hen}"}])
            real = self.check_code(self.darkroom("run", "job.yaml"), 0)
            self.assertIn("warning: out/job has pictures of the built-in service", real.err)
            real = self.check_code(self.darkroom("run", "job.yaml", "-o", "out/real"), 0)
            self.assertNotIn("warning", real.err)
            self.assertEqual(len(service.charged()), 2)

    def test_somebody_mends_what_failed(self):
        faults = [{"on": "imagine", "prompt": "hen", **REFUSED},
                  {"on": "imagine", "prompt": "cow", "count": 1, **BROKEN}]
        job = [{"id": "a", "prompt": "a {fox, hen, cow}", "then": ["upscale1"]}]
        with Service(self, faults=faults) as service:
            self.job(service.url, job, retry={"attempts": 1})
            ended = self.run_and_check(service, 2, "run", "job.yaml", done=2, total=6, failed=2,
                                       skipped=2)
            self.assertIn("the service refuses what 1 step asks for. Edit the job file and run it "
                          "again. 'darkroom retry out/job' tries the other again.", ended.err)
            self.plan(None, "The run directory has 2 steps done, 2 failed, 2 skipped.")
            ended = self.run_and_check(service, 2, "retry", "out/job", done=4, total=6, failed=1,
                                       skipped=1)
            self.assertIn("1 failed step tried again", ended.err)
            self.assertIn("1 rejected step left", ended.err)
            self.assertNotIn("darkroom retry", ended.err)  # it cannot work
            job[0]["prompt"] = "a {fox, goose, cow}"
            self.job(service.url, job)
            self.plan(2)
            self.run_and_check(service, 0, "run", "job.yaml", done=6, total=6)
            self.assertNotIn("hen", self.darkroom("status", "out/job").out)

    def test_a_night_with_an_outage_is_made_good_by_the_next(self):
        faults = [{"on": "imagine", "do": "status", "status": 503, "count": 6,
                   "body": json.dumps({"error": {"code": "api_error", "message": "no instance"}})}]
        job = [{"id": "a", "prompt": "a {fox, hen, cow}"}]
        with Service(self, faults=faults) as service:
            self.job(service.url, job, retry={"attempts": 2})
            ended = self.run_and_check(service, 2, "run", "job.yaml", total=3, left=3)
            self.assertIn("Run the same command again", ended.err)
            self.plan(3)
            quiet = self.check_code(self.darkroom("run", "job.yaml", "-q"), 0)
            self.assertEqual((quiet.out, quiet.err), ("", ""))
            self.check_status(service, done=3, total=3)
            self.assertEqual(len(service.charged()), 3)

    def test_a_table_with_a_budget_and_rows_that_come_and_go(self):
        def rows(*names):
            self.write("animals.csv", "animal\n" + "".join(f"{name}\n" for name in names))

        job = [{"id": "t", "prompts": {"file": "animals.csv", "prompt": "a {{animal}}"}}]
        budget = {"generations": 3}
        with Service(self) as service:
            rows("fox", "hen", "fox", "cow", "dog")
            self.job(service.url, job, budget=budget, limits={"concurrency": 1})
            self.plan(4, "The budget of 3 generations ends the run before that.",
                      "1 of 5 items repeats another and shares its picture.")
            ended = self.run_and_check(service, 3, "run", "job.yaml", done=3, total=4, left=1)
            self.assertIn("Raise `budget` to go on.", ended.err)
            rows("fox", "cat", "dog")
            self.job(service.url, job, budget={"generations": 5})
            self.plan(2, "The run directory has 1 step done.")
            self.run_and_check(service, 0, "run", "job.yaml", done=3, total=3)
            text = self.check_status(service, done=3, total=3)
            self.assertIn("  t: 0.078 USD (3 generate)\n", text)
            self.assertIn("  no longer wanted, or paid again: 0.052 USD (2 generations)\n", text)
            rows("fox", "hen", "fox", "cow", "dog")
            self.plan(None)
            self.run_and_check(service, 0, "run", "job.yaml", done=4, total=4)

    def test_a_script_stops_a_run_and_goes_on(self):
        job = [{"id": "a", "prompt": "{{n}}", "matrix": {"n": [f"picture {n}" for n in range(12)]}}]
        with Service(self, "--latency", "300ms") as service:
            self.job(service.url, job, limits={"concurrency": 2})
            running = self.start("run", "job.yaml", "--json", "--progress", "json")
            running.wait_for("stderr", '"image_saved"')
            live = self.check_code(self.darkroom("status", "out/job", "--json"), 0).summary()
            self.assertEqual(live["running"]["pid"], running.process.pid)
            self.assertEqual(live["steps"]["done"] + live["steps"]["pending"], 12)
            running.signal(signal.SIGTERM)
            ended = self.check_code(running.end(), 7)
            summary = ended.summary()
            last = json.loads(ended.err.splitlines()[-1])
            self.assertEqual((last["event"], last["reason"], last["exit"]), ("end", "interrupted", 7))
            self.assertEqual(last["steps"], summary["steps"])
            self.assertEqual(summary["paid"], len(service.charged()))
            self.assertEqual(summary["images"], len(self.pictures()))
            self.assertEqual(summary["steps"]["done"], len(self.manifest()))
            self.assertEqual(sum(summary["steps"].values()), 12)
            following = self.darkroom("plan", "job.yaml", "--json").summary()["next"]
            self.assertEqual(following["new"], summary["steps"]["pending"])
            self.assertAlmostEqual(following["cost"], following["new"] * PRICE)
            summary = self.check_code(self.darkroom("run", "job.yaml", "--json", "-q"), 0).summary()
            self.assertEqual(summary["paid"], following["new"])
            self.assertAlmostEqual(summary["cost"], following["cost"])
            self.assertEqual(len(service.charged()), 12)
            self.check_images(12)


if __name__ == "__main__":
    unittest.main()
