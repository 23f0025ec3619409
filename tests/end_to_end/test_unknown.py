"""Steps whose outcome is unknown: how they are named, and what a person does about them."""
import http.server
import json
import signal
import socket
import threading
import time
import unittest
import urllib.request

from stage import PATIENCE, Service, Stage, prompts

IMAGINE = "/midjourney/imagine"
# The service takes the first request and never says a word about it.
TAKEN_IN_SILENCE = {"on": "imagine", "count": 1, "do": "stall", "after_lines": 0, "time": "10m"}
NO_LISTING = {"on": "tasks", "action": "retrieve_batch", "do": "status", "status": 503}


class Unknown(Stage):
    """A run is killed while its first request has no answer: that step is unknown afterwards."""

    def wait_until_taken(self, service, count):
        deadline = time.monotonic() + PATIENCE
        while service.ledger()["totals"]["accepted"] < count:
            self.assertLess(time.monotonic(), deadline, "the service has taken too few")

    def lose_first(self, service, job):
        running = self.start("run", job, "--progress", "plain")
        self.wait_until_taken(service, 1)
        running.signal(signal.SIGKILL)
        running.end()
        return self.unknown_steps()[0]

    def one_at_a_time(self, service, count=1, **more):
        return self.job(service.url, prompts(count), limits={"concurrency": 1}, **more)

    def status(self):
        return self.check_code(self.darkroom("status", "out/job", "--json"), 0).summary()

    def unknown_steps(self):
        return self.status()["unknown_steps"]

    def resolve(self, *arguments, code=0):
        return self.check_code(self.darkroom("resolve", "out/job", *arguments), code)

    def first_task(self, service):
        return service.ledger()["entries"][0]["task_id"]


class Names(Unknown):
    def test_status_names_the_step_why_it_is_unknown_and_what_helps(self):
        with Service(self, faults=[TAKEN_IN_SILENCE]) as service:
            step = self.lose_first(service, self.one_at_a_time(service))
            self.assertEqual((step["step"], step["job"], step["item"], step["path"]),
                             ("p/0", "p", 0, ""))
            self.assertEqual((step["prompt"], step["task_id"]), ("car 0 in a volcano", None))
            self.assertIn("no answer is recorded", step["reason"])
            self.assertRegex(step["since"], r"^20\d\d-\d\d-\d\dT.*Z$")
            text = self.check_code(self.darkroom("status", "out/job"), 0).out
            key = step["key"][:12]
            for words in (f"  p/0  {key}  generate car 0 in a volcano", "no answer is recorded",
                          "ends when the service lists a later task", "darkroom audit out/job",
                          f"darkroom resolve out/job {key} --not-taken"):
                self.assertIn(words, text)

    def test_the_closing_words_of_a_run_name_it_too(self):
        with Service(self, "--latency", "4s") as service:
            running = self.start("run", self.one_at_a_time(service), "--progress", "plain",
                                 "--json")
            running.wait_for("stderr", "accepted")
            running.signal()
            running.wait_for("stderr", "Stopping:")
            running.signal()
            ended = self.check_code(running.end(), 7)
            step, = ended.summary()["unknown_steps"]
            self.assertEqual(step["task_id"], self.first_task(service))
            self.assertIn(f"ends with the record of task {step['task_id']}", ended.err)
            self.assertIn(f"darkroom resolve out/job {step['key'][:12]} --task ID", ended.err)


class Resolve(Unknown):
    def test_what_was_never_taken_is_sent_again(self):
        with Service(self, faults=[TAKEN_IN_SILENCE, NO_LISTING]) as service:
            job = self.one_at_a_time(service)
            step = self.lose_first(service, job)
            said = self.resolve(step["key"][:8], "--not-taken")
            self.assertIn("p/0", said.out)
            self.assertIn("the next run sends it again", said.out)
            status = self.status()
            self.assertEqual(status["unknown_steps"], [])
            self.assertEqual(status["steps"]["pending"], 1)
            self.assertEqual(self.lines("out/job/failed.jsonl"), [])
            self.check_code(self.darkroom("run", job), 0)
            self.assertEqual(service.counts(IMAGINE), 2)
            self.check_images(1)

    def test_a_task_that_a_person_names_is_delivered_and_not_bought_again(self):
        with Service(self, faults=[TAKEN_IN_SILENCE, NO_LISTING]) as service:
            job = self.one_at_a_time(service)
            self.lose_first(service, job)
            task = self.first_task(service)
            said = self.resolve("p/0", "--task", task, "--json").summary()
            self.assertEqual((said["word"], said["task_id"]), ("task", task))
            self.assertEqual([step["step"] for step in said["resolved"]], ["p/0"])
            self.assertEqual(self.unknown_steps()[0]["task_id"], task)
            self.check_code(self.darkroom("run", job), 0)
            self.assertEqual(service.counts(IMAGINE), 1)
            self.check_images(1)
            self.check_paid(service, "out/job")

    def test_a_task_that_is_not_ours_is_taken_back(self):
        with Service(self, faults=[TAKEN_IN_SILENCE]) as service:
            job = self.one_at_a_time(service)
            self.lose_first(service, job)
            self.resolve("p/0", "--task", "another-ones-task")
            self.assertEqual(self.unknown_steps()[0]["task_id"], "another-ones-task")
            said = self.resolve("p/0", "--not-ours", "another-ones-task")
            self.assertIn("looks for another task", said.out)
            self.assertIsNone(self.unknown_steps()[0]["task_id"])
            self.check_code(self.darkroom("run", job), 0)
            self.assertEqual(service.counts(IMAGINE), 1)
            self.check_paid(service, "out/job")

    def test_a_task_that_was_given_to_the_wrong_step_can_be_given_to_the_right_one(self):
        silence = {**TAKEN_IN_SILENCE, "count": 2}
        with Service(self, faults=[silence]) as service:
            job = self.job(service.url, prompts(2), limits={"concurrency": 2})
            running = self.start("run", job, "--progress", "plain")
            self.wait_until_taken(service, 2)
            running.signal(signal.SIGKILL)
            running.end()
            tasks = {json.loads(entry["request"])["prompt"]: entry["task_id"]
                     for entry in service.ledger()["entries"]}
            right, wrong = tasks["car 1 in a volcano"], tasks["car 0 in a volcano"]
            self.resolve("p/0", "--task", right)
            refused = self.resolve("p/1", "--task", right, code=64)
            self.assertIn("belongs to another step: p/0", refused.err)
            self.resolve("p/0", "--not-ours", right)
            self.resolve("p/1", "--task", right)
            self.resolve("p/0", "--task", wrong)
            self.assertEqual({step["prompt"]: step["task_id"] for step in self.unknown_steps()},
                             tasks)
            self.check_code(self.darkroom("run", job), 0)
            self.assertEqual(service.counts(IMAGINE), 2)
            self.assertEqual({line["prompt"]: line["task_id"] for line in self.manifest()}, tasks)

    def test_all_leaves_out_what_the_service_has_named(self):
        with Service(self, "--latency", "4s", faults=[TAKEN_IN_SILENCE]) as service:
            job = self.job(service.url, prompts(2), limits={"concurrency": 2})
            running = self.start("run", job, "--progress", "plain")
            running.wait_for("stderr", "accepted")
            running.signal()
            running.wait_for("stderr", "Stopping:")
            running.signal()
            self.check_code(running.end(), 7)
            named = [step["step"] for step in self.unknown_steps() if step["task_id"]]
            silent = [step["step"] for step in self.unknown_steps() if not step["task_id"]]
            self.assertEqual((len(named), len(silent)), (1, 1))
            said = self.resolve("--all", "--not-taken", "--json").summary()
            self.assertEqual([step["step"] for step in said["resolved"]], silent)
            self.assertEqual([step["step"] for step in said["left_out"]], named)
            warned = self.resolve(named[0], "--not-taken")
            self.assertIn("it is paid twice", warned.err)
            self.assertIn("no step is unknown", self.resolve("--all", "--not-taken").err)

    def test_a_word_that_cannot_be_true_is_refused_and_changes_nothing(self):
        with Service(self, faults=[{**TAKEN_IN_SILENCE, "prompt": "car 1"}]) as service:
            job = self.one_at_a_time(service, 2)
            running = self.start("run", job, "--progress", "plain")
            running.wait_for("stderr", "p/0  saved")
            running.wait_for("stderr", "p/1  submitted")
            at_work = self.resolve("p/1", "--not-taken", code=6)
            self.assertIn(str(running.process.pid), at_work.err)
            self.wait_until_taken(service, 2)
            running.signal(signal.SIGKILL)
            running.end()
            plan = self.check_code(self.darkroom("plan", job, "--list", "--json"), 0).out
            key = json.loads(plan.splitlines()[0])["key"]
            task = self.first_task(service)
            before = self.status()
            rows = [
                (["p/7", "--not-taken"], "'p/7' is no unknown step of out/job"),
                (["abc", "--not-taken"], "at least eight digits"),
                ([key[:10], "--not-taken"], "is not unknown: p/0 is finished"),
                (["p/1", "--task", task], "belongs to another step: p/0"),
                (["p/1", "--not-ours", task], "belongs to another step: p/0"),
                (["p/1"], "say one thing"),
                (["p/1", "--not-taken", "--task", "x"], "say one thing"),
                (["p/1", "--task", ""], "must not be empty"),
                (["--not-taken"], "name the steps"),
                (["p/1", "--all", "--not-taken"], "name the steps"),
                (["--all", "--task", "x"], "--all goes with --not-taken only"),
                (["p/0", "p/1", "--task", "x"], "give one STEP"),
            ]
            for arguments, words in rows:
                self.assertIn(words, self.resolve(*arguments, code=64).err)
            self.check_code(self.darkroom("resolve", "nowhere", "--all", "--not-taken"), 66)
            self.assertEqual(self.status(), before)


class Audit(Unknown):
    def buy_elsewhere(self, service, prompt):
        request = urllib.request.Request(
            service.url + IMAGINE, json.dumps({"prompt": prompt}).encode(),
            {"authorization": "Bearer " + self.environment["TOKEN"],
             "content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)["task_id"]

    def audit(self, code, *arguments):
        return self.check_code(self.darkroom("audit", "out/job", *arguments), code)

    def test_a_run_that_has_all_its_tasks_is_clean(self):
        with Service(self) as service:
            self.check_code(self.darkroom("run", self.job(service.url, prompts(150))), 0)
            self.assertIn("0 of 150 tasks", self.audit(0).out)
            self.assertEqual(self.audit(0, "--json").summary(),
                             {"directory": "out/job", "records": 150, "strays": 0, "tasks": [],
                              "gaps": []})

    def test_a_task_that_no_step_has_is_listed_and_nothing_changes(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(3))
            self.check_code(self.darkroom("run", job), 0)
            task = self.buy_elsewhere(service, "a boat of somebody else")
            found = self.audit(2, "--json").summary()
            self.assertEqual((found["records"], found["strays"]), (4, 1))
            stray, = found["tasks"]
            self.assertEqual((stray["task_id"], stray["state"], stray["action"], stray["prompt"]),
                             (task, "finished", "generate", "a boat of somebody else"))
            self.assertIn(task, self.audit(2).out)
            self.assertEqual(service.counts(IMAGINE), 4)
            self.assertEqual(self.status()["steps"]["done"], 3)

    def test_a_lost_request_is_a_stray_until_a_person_names_its_task(self):
        with Service(self, faults=[TAKEN_IN_SILENCE]) as service:
            self.lose_first(service, self.one_at_a_time(service))
            task = self.first_task(service)
            self.assertEqual([stray["task_id"] for stray in
                              self.audit(2, "--json").summary()["tasks"]], [task])
            self.resolve("p/0", "--task", task)
            self.audit(0)

    def test_a_list_that_cannot_be_read_is_said_to_be_not_whole(self):
        with Service(self, token="right") as service:
            self.environment["TOKEN"] = "right"
            self.check_code(self.darkroom("run", self.job(service.url, prompts(1))), 0)
            self.environment["TOKEN"] = "wrong-one"
            ended = self.audit(5)
            self.assertIn("is not whole", ended.err)

    def test_texts_are_no_strays_though_they_are_answered_without_an_id(self):
        jobs = [{"id": "p", "prompt": "a fox", "repeat": 2, "then": ["describe"]}]
        with Service(self) as service:
            self.check_code(self.darkroom("run", self.job(service.url, jobs)), 0)
            self.assertIn("0 of 4 tasks", self.audit(0).out)

    def test_a_list_without_any_task_of_the_run_proves_nothing(self):
        faults = [{"on": "listing", "do": "list", "newest": 0}]
        with Service(self, faults=faults) as service:
            self.check_code(self.darkroom("run", self.job(service.url, prompts(2))), 0)
            [gap] = self.audit(2, "--json").summary()["gaps"]
            self.assertIn("none of the tasks that this run has paid for", gap)

    def test_a_run_of_the_built_in_service_is_audited_too(self):
        self.check_code(self.darkroom("run", self.job("local", prompts(2))), 0)
        self.assertIn("0 of 2 tasks", self.audit(0).out)
        self.check_code(self.darkroom("audit", "nowhere"), 66)


class Settle(Unknown):
    def test_settle_looks_up_and_downloads_and_buys_nothing(self):
        with Service(self, faults=[TAKEN_IN_SILENCE]) as service:
            job = self.one_at_a_time(service, 3)
            self.lose_first(service, job)
            settled = self.check_code(self.darkroom("run", job, "--settle", "--json"), 2)
            self.assertIn("nothing was bought", settled.err)
            steps = settled.summary()["steps"]
            self.assertEqual((steps["done"], steps["unknown"], steps["pending"]), (1, 0, 2))
            self.assertEqual(service.counts(IMAGINE), 1)
            self.check_images(1)
            self.check_code(self.darkroom("run", job), 0)
            self.assertEqual(service.counts(IMAGINE), 3)
            self.check_paid(service, "out/job")
            done = self.check_code(self.darkroom("run", job, "--settle", "--json"), 0)
            self.assertEqual(done.summary()["steps"]["done"], 3)


class Gateway(http.server.BaseHTTPRequestHandler):
    """A server that is not the service."""

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        page = b"<h1>Not found</h1>"
        self.send_response(404)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_):
        """Prints nothing."""


class Left(Stage):
    """What no service has taken is left for the next run: it is not unknown, and has not failed."""

    RETRY = {"attempts": 2, "base": "10ms"}

    def check_left(self, ended, count):
        self.assertEqual(self.lines("out/job/failed.jsonl"), [])
        steps = ended.summary()["steps"]
        self.assertEqual((steps["failed"], steps["unknown"], steps["pending"]), (0, 0, count))
        self.assertIn("left for the next run", ended.err)

    def test_a_url_that_is_not_the_service_is_named_and_a_mended_one_is_used(self):
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gateway) as gateway:
            threading.Thread(target=gateway.serve_forever, daemon=True).start()
            url = f"http://127.0.0.1:{gateway.server_port}"
            job = self.job(url, prompts(9), limits={"failures": 3}, retry=self.RETRY)
            ended = self.check_code(self.darkroom("run", job, "--json"), 4)
            gateway.shutdown()
        self.assertIn(f"this is not the service at {url}", ended.err)
        self.assertIn("Check service.url", ended.err)
        self.check_left(ended, 9)
        with Service(self) as service:
            self.check_code(self.darkroom("run", self.job(service.url, prompts(9))), 0)
            self.check_paid(service, "out/job")

    def test_steps_that_never_reached_the_service_are_wanted_by_the_next_run(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        job = self.job(f"http://127.0.0.1:{port}", prompts(2), retry=self.RETRY)
        ended = self.check_code(self.darkroom("run", job, "--json"), 2)
        self.check_left(ended, 2)
        status = self.check_code(self.darkroom("status", "out/job", "--json"), 0).summary()
        self.assertEqual((status["steps"]["pending"], status["unknown_steps"]), (2, []))
        with Service(self, port=port) as service:
            self.check_code(self.darkroom("run", job), 0)
            self.check_paid(service, "out/job")


class MendedUrl(Stage):
    def test_retry_uses_the_job_file_as_it_is_now(self):
        refuse = {"on": "imagine", "do": "status", "status": 400,
                  "body": json.dumps({"error": {"code": "bad_request", "message": "no"}})}
        with Service(self, faults=[refuse]) as wrong:
            self.check_code(self.darkroom("run", self.job(wrong.url, prompts(1))), 2)
        with Service(self) as right:
            self.job(right.url, prompts(1))
            self.check_code(self.darkroom("retry", "out/job", "--class", "rejected"), 0)
            self.check_images(1)
            self.check_paid(right, "out/job")


if __name__ == "__main__":
    unittest.main(verbosity=2)
