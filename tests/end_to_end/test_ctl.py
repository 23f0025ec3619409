"""A person steers a run that is at work: pause, resume, stop, other limits, branches left out."""
import json
import os
import re
import stat
import unittest

from stage import Service, Stage, prompts


class Ctl(Stage):
    def begin(self, service, count=6):
        """Begins a run with one generation at a time, and waits until it has sent the first."""
        self.job(service.url, prompts(count), limits={"concurrency": 1})
        run = self.start("run", "job.yaml", "--progress", "plain", "--json")
        run.wait_for("stderr", "submitted")
        return run

    def order(self, *words):
        return self.check_code(self.darkroom("ctl", "out/job", *words), 0).out

    def status(self):
        return json.loads(self.darkroom("status", "out/job", "--json").out)

    def changes(self):
        return [change["what"] for change in self.status()["running"]["changes"]]

    def pause(self, run):
        """Pauses the run, and waits until nothing is open."""
        self.assertIn("nothing more is submitted", self.order("pause"))
        before = run.wait_for("stderr", "Paused:").split("Paused:")[0]
        run.wait_for("stderr", re.findall(r"(\S+ +)submitted", before)[-1] + "saved")

    def end(self, run, code):
        return self.check_code(run.end(), code).summary()

    def test_a_paused_run_sends_nothing_until_it_is_resumed(self):
        with Service(self, "--latency", "300ms") as service:
            run = self.begin(service)
            self.pause(run)
            status = self.status()
            self.assertEqual([change["what"] for change in status["running"]["changes"]],
                             ["paused"])
            self.assertEqual(status["in_flight"], 0)
            self.assertIn("Changed by hand: paused\n", self.darkroom("status", "out/job").out)
            sent = len(service.charged())
            self.assertLess(sent, 6)
            self.assertIn("paused already", self.order("pause"))
            self.assertEqual(len(service.charged()), sent)
            self.order("resume")
            self.assertEqual(self.end(run, 0)["steps"]["done"], 6)
            self.assertEqual(len(service.charged()), 6)
        self.assertFalse(os.path.exists(self.path("out/job/control")))

    def test_a_cancelled_step_is_left_to_the_next_run(self):
        with Service(self, "--latency", "300ms") as service:
            run = self.begin(service)
            self.pause(run)
            self.order("cancel", "p/5")
            self.order("set", "limits.concurrency=3")
            self.assertEqual(self.changes(), ["paused", "p/5 cancelled", "limits.concurrency=3"])
            self.order("resume")
            steps = self.end(run, 2)["steps"]
            self.assertEqual((steps["done"], steps["pending"]), (5, 1))
            self.assertEqual(len(service.charged()), 5)
            self.check_code(self.darkroom("run", "job.yaml"), 0)  # it is gone with the run
            self.assertEqual(len(service.charged()), 6)

    def test_stop_is_as_a_signal(self):
        with Service(self, "--latency", "300ms") as service:
            run = self.begin(service, 50)
            self.assertIn("Stopping", self.order("stop"))
            self.assertLess(self.end(run, 7)["steps"]["done"], 50)

    def test_only_its_user_reaches_the_socket_however_long_the_path_is(self):
        os.makedirs(self.path("runtime"), mode=0o700)
        for runtime in ("", self.path("runtime")):
            self.environment["XDG_RUNTIME_DIR"] = runtime
            place = f"{'d' * 120}/{bool(runtime)}"
            with self.subTest(runtime), Service(self, "--latency", "300ms") as service:
                self.job(service.url, prompts(50))
                run = self.start("run", "job.yaml", "--progress", "plain", "-o", place)
                run.wait_for("stderr", "submitted")
                with open(self.path(place, "control"), encoding="utf-8") as file:
                    socket = file.read().strip()
                self.assertEqual(os.path.dirname(socket),
                                 runtime or f"/tmp/darkroom-{os.geteuid()}")
                self.assertEqual(stat.S_IMODE(os.stat(socket).st_mode), 0o600)
                self.check_code(self.darkroom("ctl", place, "stop"), 0)
                self.check_code(run.end(), 7)
                self.assertFalse(os.path.exists(socket))

    def test_a_run_that_was_killed_takes_no_orders_and_the_next_one_does(self):
        with Service(self, "--latency", "300ms") as service:
            self.begin(service, 50).abandon()
            with open(self.path("out/job/control"), encoding="utf-8") as file:
                left = file.read().strip()
            self.assertTrue(os.path.exists(left))
            ended = self.check_code(self.darkroom("ctl", "out/job", "pause"), 66)
            self.assertIn("no run that takes orders", ended.err)
            run = self.begin(service, 50)
            self.assertFalse(os.path.exists(left))
            self.order("stop")
            self.end(run, 7)

    def test_orders_that_are_none(self):
        with Service(self, "--latency", "300ms") as service:
            run = self.begin(service, 50)
            for words, text in ((["set", "limits.rate=fast"], "needs a rate above zero"),
                                (["set", "limits.concurrency=0"], "'concurrency' needs"),
                                (["set", "budget.cost=1"], "limits.rate and limits.concurrency"),
                                (["set", "limits.rate"], "set PATH=VALUE"),
                                (["cancel", "q/1"], "no job is called 'q'"),
                                (["cancel"], "cancel STEP"),
                                (["pause", "now"], "takes nothing more"),
                                (["explode"], "is no order")):
                with self.subTest(words):
                    ended = self.check_code(self.darkroom("ctl", "out/job", *words), 64)
                    self.assertIn(text, ended.err)
            self.assertEqual(self.changes(), [])
            self.order("stop")
            self.end(run, 7)
        self.check_code(self.darkroom("ctl", "nowhere", "pause"), 66)


if __name__ == "__main__":
    unittest.main()
