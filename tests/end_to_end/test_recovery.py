"""Recovery: budgets, stops, full disks, lost answers, and what the next run does."""
import json
import signal
import socket
import time
import unittest

from stage import PATIENCE, SLOWNESS, Service, Stage, prompts

IMAGINE, TASKS = "/midjourney/imagine", "/midjourney/tasks"
QUICK = {"base": "10ms", "cap": "100ms", "settle": f"{500 * SLOWNESS}ms"}


def error(code, message):
    return json.dumps({"success": False, "error": {"code": code, "message": message}})


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Money(Stage):
    def test_a_budget_of_17_means_17_with_failures_a_kill_and_lost_answers(self):
        faults = [{"on": "imagine", "share": 0.2, "do": "fail"},
                  {"on": "imagine", "share": 0.1, "do": "cut", "after_lines": 1},
                  {"on": "imagine", "share": 0.1, "do": "status", "status": 503,
                   "body": error("api_error", "too much to do")},
                  {"on": "imagine", "nth": 3, "do": "status", "status": 502}]
        with Service(self, "--latency", "100ms", faults=faults) as service:
            job = self.job(service.url, prompts(40), budget={"generations": 17},
                           service={"timeouts": {"total": f"{2 * SLOWNESS}s"}},
                           retry={**QUICK, "attempts": 50})
            running = self.start("run", job, "--progress", "plain")
            running.wait_for("stderr", "saved")
            running.signal(signal.SIGKILL)
            running.end()
            self.run_until_known(job, service, 17)
            for expected in (0, 0):
                ended = self.check_code(self.darkroom("run", job, "--json"), 3)
                self.assertIn("budget", ended.err)
                self.assertEqual(len(service.charged()), 17)
                self.check_images(17)
                self.check_paid(service, "out/job")
                self.assertEqual(ended.summary()["paid"], expected)
            more = self.darkroom("run", job, "--json", "--set", "budget.generations=20")
            self.assertEqual(self.check_code(more, 3).summary()["paid"], 3)
            self.check_paid(service, "out/job")

    def run_until_known(self, job, service, budget):
        """Runs `job` until no step is unknown; what is unknown counts as spent meanwhile."""
        deadline = time.monotonic() + PATIENCE
        while True:
            ended = self.check_code(self.darkroom("run", job, "--json"), 3)
            charged, unknown = len(service.charged()), ended.summary()["steps"]["unknown"]
            self.assertLessEqual(charged, budget)
            self.assertGreaterEqual(charged + unknown, budget)
            if not unknown:
                return
            self.assertLess(time.monotonic(), deadline, "a step stays unknown")

    def test_an_empty_account_stops_the_run_and_a_topped_up_one_resumes_it(self):
        empty = {"on": "imagine", "nth": 3, "do": "status", "status": 403,
                 "body": error("used_up", "no credit is left")}
        with Service(self, faults=[empty]) as service:
            job = self.job(service.url, prompts(5), limits={"concurrency": 1})
            ended = self.check_code(self.darkroom("run", job), 3)
            self.assertIn("no credit is left", ended.err)
            self.assertEqual(service.counts(IMAGINE), 3)
            self.check_images(2)
            self.check_code(self.darkroom("run", job), 0)
            self.check_images(5)
            self.check_paid(service, "out/job")

    def test_a_refused_token_is_reported_at_once_although_a_request_is_open(self):
        with Service(self, "--latency", "5s", token="right") as service:
            self.environment["TOKEN"] = "right"
            job = self.job(service.url, prompts(2), limits={"concurrency": 1})
            running = self.start("run", job, "--progress", "plain")
            running.wait_for("stderr", "accepted")
            running.signal(signal.SIGKILL)
            running.end()
            self.environment["TOKEN"] = "wrong-one"
            ended = self.check_code(self.darkroom("run", job, "--json"), 5)
            self.assertEqual(ended.summary()["steps"]["unknown"], 1)
            self.assertEqual(service.ledger()["totals"]["accepted"], 1)


class FullDisk(Stage):
    def test_a_full_disk_is_74_at_once_and_nothing_is_bought_again(self):
        with Service(self, "--image-size", "1024") as service:
            job = self.job(service.url, prompts(3))
            ended = self.darkroom("run", job, "--json", file_size_max=100_000)
            self.check_code(ended, 74)
            self.assertEqual(self.manifest(), [])
            paid = service.charged()
            self.assertTrue(paid)
            self.check_code(self.darkroom("run", job), 0)
            self.check_images(3)
            self.check_paid(service, "out/job")
            self.assertEqual(service.ledger()["totals"]["charged"], 3)


class LostAnswers(Stage):
    """Answers that prove that a request was not accepted, and answers that do not."""

    def check_not_bought_again(self, faults, count=1):
        with Service(self, faults=faults) as service:
            job = self.job(service.url, [{"id": "p", "prompt": "a boat", "repeat": count}],
                           retry=QUICK)
            self.check_code(self.darkroom("run", job), 0)
            self.assertEqual(service.counts(IMAGINE), count)
            self.check_images(count)
            self.check_paid(service, "out/job")
            return service.strikes()

    def test_a_gateways_404_does_not_say_that_a_task_is_unknown(self):
        strikes = self.check_not_bought_again([
            {"on": "imagine", "count": 1, "do": "cut", "after_lines": 1},
            {"on": "tasks", "action": "retrieve", "count": 2, "do": "status", "status": 404,
             "body": "<h1>Not found</h1>"}])
        self.assertEqual(strikes, [1, 2])

    def test_a_listing_without_items_does_not_say_that_there_are_no_tasks(self):
        strikes = self.check_not_bought_again([
            {"on": "imagine", "count": 1, "do": "reset_after"},
            {"on": "tasks", "count": 2, "do": "status", "status": 200,
             "body": error("api_error", "try later")}])
        self.assertEqual(strikes, [1, 2])

    def test_equal_requests_that_are_lost_together_find_a_task_each(self):
        self.check_not_bought_again([{"on": "imagine", "do": "reset_after"}], count=4)

    def test_a_refused_connection_is_tried_again_and_nothing_is_looked_up(self):
        port = free_port()
        job = self.job(f"http://127.0.0.1:{port}", prompts(1),
                       retry={"attempts": 3, "base": "10ms"})
        for _ in range(2):  # each run begins with all its attempts
            ended = self.check_code(self.darkroom("run", job, "--json", "--progress", "plain"), 2)
            self.assertIn("transient, connection_refused: connecting to "
                          f"127.0.0.1:{port}: Connection refused", ended.err)
            self.assertEqual(ended.err.count("p/0  submitted"), 3)
            self.assertEqual(ended.summary()["steps"]["pending"], 1)
            self.assertEqual(self.lines("out/job/failed.jsonl"), [])
        for service, words in (
                ({"url": f"http://localhost:{port}"},
                 rf"connecting to localhost:{port} \((127\.0\.0\.1|::1)\): Connection refused"),
                ({"url": f"http://[::1]:{port}"}, rf"connecting to \[::1\]:{port}: "),
                ({"url": "http://service.invalid", "proxy": {"env": "OUR_PROXY"}},
                 rf"connecting to the proxy localhost:{port} \(")):
            self.environment["OUR_PROXY"] = f"http://localhost:{port}"
            job = self.job(service["url"], prompts(1), name="other", service=service,
                           retry={"attempts": 1})
            self.assertRegex(self.check_code(self.darkroom("run", job), 2).err, words)
        job = self.job(f"http://127.0.0.1:{port}", prompts(1), name="patient",
                       retry={"attempts": 100, "base": "500ms", "cap": "500ms"})
        running = self.start("run", job, "--progress", "plain")
        running.wait_for("stderr", "connection_refused")
        with Service(self, port=port) as service:
            self.check_code(running.end(), 0)
            self.check_images(1, "out/patient")
            self.assertEqual(service.counts(IMAGINE), 1)
            self.assertEqual(service.counts(TASKS), 0)


class LaterRuns(Stage):
    def test_status_prints_unknown_steps_and_the_next_run_follows_them(self):
        with Service(self, "--latency", "3s") as service:
            job = self.job(service.url, prompts(2), limits={"concurrency": 2})
            running = self.start("run", job, "--progress", "plain")
            running.wait_for("stderr", "accepted")
            running.signal()
            running.wait_for("stderr", "Stopping:")
            running.signal()
            self.check_code(running.end(), 7)
            reported = self.check_code(self.darkroom("status", "out/job", "--json"), 0).summary()
            self.assertGreaterEqual(reported["steps"]["unknown"], 1)
            self.assertTrue(reported["unknown_steps"])
            self.assertEqual(reported["failures"], [])
            self.assertIn("unknown", self.darkroom("status", "out/job").out)
            self.check_code(self.darkroom("run", job), 0)
            reported = self.check_code(self.darkroom("status", "out/job", "--json"), 0).summary()
            self.assertEqual((reported["steps"]["done"], reported["steps"]["unknown"]), (2, 0))
            self.check_images(2)
            self.check_paid(service, "out/job")

    def test_retry_buys_failed_steps_and_downloads_paid_images(self):
        faults = [{"on": "imagine", "prompt": "car 0", "action": "variation2", "count": 2,
                   "do": "fail", "message": "no luck"},
                  {"on": "file", "prompt": "car 1", "action": "generate", "count": 2,
                   "do": "corrupt"}]
        with Service(self, faults=faults) as service:
            job = self.job(service.url, prompts(2, chain=["variation2", "upscale4"]),
                           retry={**QUICK, "attempts": 2})
            ended = self.check_code(self.darkroom("run", job, "--json"), 2)
            self.assertEqual(ended.summary()["steps"],
                             {"done": 3, "failed": 2, "skipped": 1, "unknown": 0, "pending": 0})
            failed = self.lines("out/job/failed.jsonl")
            self.assertEqual({line["class"] for line in failed}, {"generation", "download"})
            retried = self.check_code(self.darkroom("retry", "out/job", "--json"), 0).summary()
            self.assertEqual((retried["paid"], retried["images"]), (2, 3))
            self.check_images(6)
            self.check_paid(service, "out/job")
            self.assertEqual(self.lines("out/job/failed.jsonl"), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
