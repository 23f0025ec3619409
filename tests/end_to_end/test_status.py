"""`status`: a run at work, how the last one ended, the cost of each job, and each failure's row."""
import json
import signal
import socket
import time
import unittest

from stage import PATIENCE, Service, Stage, prompts

REFUSED = {"do": "status", "status": 400,
           "body": json.dumps({"error": {"code": "bad_request", "message": "banned word"}})}


class Status(Stage):
    def status(self, *arguments):
        return self.check_code(self.darkroom("status", *(arguments or ("out/job",)), "--json"),
                               0).summary()

    def until(self, is_so):
        """Asks for the status until it is so, and returns it."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            status = self.status()
            if is_so(status):
                return status
        raise AssertionError(f"never so: {status}")

    def test_a_run_at_work_is_told_with_its_rate_and_what_is_in_flight(self):
        with Service(self, "--latency", "300ms") as service:
            self.job(service.url, prompts(400), limits={"concurrency": 2})
            running = self.start("run", "job.yaml", "--progress", "plain")
            running.wait_for("stderr", "saved")
            looks = []
            status = self.until(lambda one: looks.append(one) or len(looks) > 30 and
                                one["running"]["rate"] and one["in_flight"])
            for look in looks:  # each is one state of the run, however the run goes on
                steps = look["steps"]
                self.assertEqual((look["total"], steps["done"] + steps["pending"]), (400, 400))
            run = status["running"]
            self.assertEqual(run["pid"], running.process.pid)
            self.assertEqual(run["host"], socket.gethostname())
            self.assertLess(run["since"], run["eta"])
            self.assertIsNone(status["ended"])
            self.assertEqual(status["total"], 400)
            self.assertEqual(status["unknown_steps"], [])
            steps = status["steps"]
            self.assertEqual((steps["unknown"], steps["failed"]), (0, 0))
            self.assertEqual(steps["done"] + steps["pending"], 400)
            next_run = self.darkroom("plan", "job.yaml", "--json").summary()["next"]
            self.assertEqual(next_run["unknown"], 0)
            self.assertEqual(next_run["new"] + next_run["done"] + next_run["in_flight"], 400)
            self.assertIn("A run is at work in it", self.darkroom("plan", "job.yaml").out)
            text = self.darkroom("status", "out/job").out
            self.assertRegex(text, r"of 400 steps done(, [12] in flight)?, \d+ to come\n"
                                   rf"Running since .* \(process {run['pid']} on .*\), .* steps a "
                                   r"minute, about .* left\n")
            self.assertNotIn("nknown", text)
            running.signal()
            running.wait_for("stderr", "Stopping:")
            running.signal()
            self.check_code(running.end(), 7)
            status = self.status()
            self.assertIsNone(status["running"])
            self.assertEqual((status["ended"]["exit"], status["ended"]["reason"]),
                             (7, "interrupted"))
            self.assertIn("\nEnded 20", self.darkroom("status", "out/job").out)

    def test_a_run_that_was_killed_has_left_no_word(self):
        with Service(self, "--latency", "300ms") as service:
            self.job(service.url, prompts(400), limits={"concurrency": 2})
            running = self.start("run", "job.yaml", "--progress", "plain")
            running.wait_for("stderr", "saved")
            running.signal(signal.SIGKILL)
            running.end()
            status = self.status()
            self.assertIsNone(status["running"])
            self.assertEqual(status["ended"], {"exit": None, "reason": "killed", "at": None})
            self.assertEqual(status["in_flight"], 0)
            self.assertEqual(status["steps"]["unknown"], len(status["unknown_steps"]))
            self.assertIn("\nKilled: the run of process", self.darkroom("status", "out/job").out)

    def test_each_end_has_its_reason(self):
        faults = [{"on": "imagine", "prompt": "banned", **REFUSED}]
        with Service(self, faults=faults) as service:
            for more, code, reason in (({}, 0, "all_done"),
                                       ({"budget": {"generations": 3}}, 3, "budget_spent")):
                self.job(service.url, prompts(2 if code == 0 else 5), **more)
                self.check_code(self.darkroom("run", "job.yaml", "-q"), code)
                self.assertEqual(self.status()["ended"]["reason"], reason)
            self.job(service.url, [{"prompt": "banned"}])
            self.check_code(self.darkroom("run", "job.yaml", "-q"), 2)
            self.assertEqual(self.status()["ended"]["reason"], "some_failed")
            before = self.status()["ended"]
            self.check_code(self.darkroom("retry", "out/job", "-n"), 0)
            self.assertEqual(self.status()["ended"], before)  # nothing was run

    def test_a_failure_names_the_row_of_its_table(self):
        self.write("cars.csv", 'car,place\nbeetle,moon\n"two\nlines",sea\nbanned,sea\n')
        faults = [{"on": "imagine", "prompt": "banned", **REFUSED}]
        with Service(self, faults=faults) as service:
            self.job(service.url, [
                {"id": "t", "prompts": {"file": "cars.csv", "prompt": "{{car}} at {{place}}"}},
                {"id": "plain", "prompt": "banned too"}])
            self.check_code(self.darkroom("run", "job.yaml", "-q"), 2)
            failures = {one["step"]: one for one in self.status()["failures"]}
            self.assertEqual((failures["t/2"]["table"], failures["t/2"]["line"]), ("cars.csv", 5))
            self.assertEqual(failures["t/2"]["prompt"], "banned at sea")
            self.assertIsNone(failures["plain/0"]["table"])
            self.assertIn("prompt: banned at sea; cars.csv:5\n",
                          self.darkroom("status", "out/job").out)

    def test_the_cost_is_that_of_the_ledger_by_job_and_action(self):
        def costs(status):
            return [(one["job"], one["action"], one["paid"], one["cost"])
                    for one in status["costs"]]

        with Service(self) as service:
            prices = {"generate": 0.02, "upscale": 0.03}
            self.job(service.url, [{"id": "a", "prompt": "a {fox, hen}", "then": ["upscale1"]},
                                   {"id": "b", "prompt": "a boat"}], prices=prices)
            self.check_code(self.darkroom("run", "job.yaml", "-q"), 0)
            status = self.status()
            self.assertEqual(costs(status), [("a", "generate", 2, 0.04), ("a", "upscale1", 2, 0.06),
                                             ("b", "generate", 1, 0.02)])
            self.assertEqual(sum(one["paid"] for one in status["costs"]), len(service.charged()))
            self.assertEqual(status["cost"], 0.12)
            self.job(service.url, [{"id": "c", "prompt": "a {fox, hen}"}], prices=prices)
            self.check_code(self.darkroom("run", "job.yaml", "-q"), 0)
            status = self.status()
            self.assertEqual(costs(status), [("c", "generate", 2, 0.04), (None, None, 3, 0.08)])
            self.assertEqual(status["cost"], 0.12)

    def test_several_directories_one_after_the_other(self):
        with Service(self) as service:
            self.job(service.url, prompts(1))
            for name in ("one", "two"):
                self.check_code(self.darkroom("run", "job.yaml", "-q", "-o", name), 0)
            lines = self.check_code(self.darkroom("status", "one", "two", "--json"), 0).out
            self.assertEqual([json.loads(line)["directory"] for line in lines.splitlines()],
                             ["one", "two"])
            text = self.darkroom("status", "one", "two").out
            self.assertEqual(text.count("1 of 1 step done"), 2)
            self.check_code(self.darkroom("status", "one", "none"), 66)

    def test_watching_ends_with_the_run(self):
        with Service(self, "--latency", "300ms") as service:
            self.job(service.url, prompts(3), limits={"concurrency": 1})
            running = self.start("run", "job.yaml", "--progress", "plain")
            running.wait_for("stderr", "submitted")
            watching = self.start("status", "out/job", "--watch", "--json")
            self.check_code(running.end(), 0)
            seen = [json.loads(line)
                    for line in self.check_code(watching.end(), 0).out.splitlines()]
            self.assertGreaterEqual(len(seen), 2)
            self.assertEqual(seen[0]["running"]["pid"], running.process.pid)
            self.assertIsNone(seen[-1]["running"])
            self.assertEqual(seen[-1]["ended"]["reason"], "all_done")
            self.assertEqual(seen[-1]["steps"]["done"], 3)


if __name__ == "__main__":
    unittest.main()
