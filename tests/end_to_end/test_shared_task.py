"""Two steps have one task: `merge` and `status` print both, and nothing is sent for either."""
import json
import signal
import time
import unittest

from stage import PATIENCE, Service, Stage, prompts

IMAGINE = "/midjourney/imagine"
PRICE = 0.026
# The answer to a second request is lost, and the list never shows its task: the step adopts the
# equal task of another run.
HIDDEN = [{"on": "imagine", "nth": 2, "do": "reset_after"},
          {"on": "listed", "count": 1, "do": "hide"}]
SILENT = {"on": "imagine", "prompt": "lamp", "count": 1, "do": "stall", "after_lines": 0,
          "time": "10m"}


class SharedTask(Stage):
    def run_to(self, directory, job, code=0, **more):
        """Without the ledger, which lets no two directories have one task."""
        job = self.job(self.url, job, limits={"concurrency": 1}, ledger="none", **more)
        ended = self.darkroom("run", job, "-o", directory, "--json")
        return self.check_code(ended, code).summary()

    def merge(self, *sources, output):
        """Merges twice, and returns the text and what `--json` prints for an equal directory."""
        text = self.check_code(self.darkroom("merge", *sources, "-o", output), 0).out
        same = self.check_code(self.darkroom("merge", *sources, "-o", output + "-2", "--json"), 0)
        return text, same.summary()

    def status(self, directory):
        """Returns the text and what `--json` prints."""
        text = self.check_code(self.darkroom("status", directory), 0).out
        return text, self.check_code(self.darkroom("status", directory, "--json"), 0).summary()

    def tasks(self, directory):
        return {(line["job"], line["repeat"]): line["task_id"] for line in self.manifest(directory)}

    def check_shared(self, directory, task, steps):
        text, status = self.status(directory)
        self.assertEqual(status["shared_tasks"], [{"task_id": task, "steps": steps}])
        self.assertIn(f"Task {task} belongs to 2 steps, but was paid once: {', '.join(steps)}\n",
                      text)
        self.assertEqual((status["steps"]["done"], status["images"]), (2, 2))

    def check_alone(self, directory):
        text, status = self.status(directory)
        self.assertEqual(status["shared_tasks"], [])
        self.assertNotIn("belongs to", text)

    def test_equal_prompts_of_two_runs_adopt_one_task(self):
        with Service(self, faults=HIDDEN) as service:
            self.url = service.url
            lost = self.run_to("b", prompts(1, repeat=2), 2)
            self.assertEqual((lost["paid"], lost["steps"]["unknown"]), (1, 1))
            self.assertEqual(self.run_to("a", prompts(1))["paid"], 1)
            adopted = self.run_to("b", prompts(1, repeat=2))
            self.assertEqual((adopted["paid"], adopted["steps"]["done"]), (0, 2))
            first, hidden, second = [entry["task_id"] for entry in service.ledger()["entries"]]
            self.assertEqual(service.charged(), {first, hidden, second})
            self.assertEqual(self.tasks("a"), {("p", 0): second})
            self.assertEqual(self.tasks("b"), {("p", 0): first, ("p", 1): second})
            for directory in ("a", "b"):
                self.check_alone(directory)
            asked = service.requests()
            text, merged = self.merge("a", "b", output="both")
            self.assertIn(f"Task {second} belongs to 2 steps, but was paid once: ", text)
            self.assertEqual(merged["shared_tasks"], [second])
            self.assertEqual((merged["steps"], merged["doubles"], merged["missing"]), (2, 1, 0))
            self.assertEqual(merged["paid"] + merged["paid_again"], len(service.charged()))
            self.assertAlmostEqual(merged["cost"] + merged["cost_again"], 3 * PRICE)
            self.check_shared("both", second, ["p/0", "p/0#2"])
            self.assertEqual(service.requests(), asked)
            self.check_nothing_is_bought(service, "both", prompts(1, repeat=2))
            self.check_shared("both", second, ["p/0", "p/0#2"])

    def check_nothing_is_bought(self, service, directory, job):
        bought = service.counts(IMAGINE)
        self.assertEqual(self.run_to(directory, job)["paid"], 0)
        self.assertEqual(service.counts(IMAGINE), bought)
        self.check_images(2, directory)

    def test_of_two_equal_steps_the_first_directory_s_is_kept_and_no_task_is_shared(self):
        with Service(self, faults=HIDDEN) as service:
            self.url = service.url
            self.run_to("b", prompts(1, repeat=2), 2)
            self.run_to("a", prompts(1))
            self.run_to("b", prompts(1, repeat=2))
            text, merged = self.merge("b", "a", output="both")
            self.assertEqual(merged["shared_tasks"], [])
            self.assertNotIn("belongs to", text)
            self.assertEqual(merged["paid"] + merged["paid_again"], len(service.charged()))
            self.assertEqual(self.tasks("both"), self.tasks("b"))
            self.check_alone("both")

    def lose_lamp(self, service):
        """Kills a run whose only request has no answer."""
        job = self.job(service.url, [{"id": "lamp", "prompt": "a lamp"}])
        running = self.start("run", job, "-o", "b", "--progress", "plain")
        deadline = time.monotonic() + PATIENCE
        while service.ledger()["totals"]["accepted"] < 2:
            self.assertLess(time.monotonic(), deadline, "the service has not taken it")
        running.signal(signal.SIGKILL)
        running.end()

    def test_a_person_gives_a_step_the_task_of_another_directory(self):
        with Service(self, faults=[SILENT]) as service:
            self.url = service.url
            self.run_to("a", [{"id": "boat", "prompt": "a boat"}])
            task = self.tasks("a")["boat", 0]
            self.lose_lamp(service)
            self.check_code(self.darkroom("resolve", "b", "lamp/0", "--task", task), 0)
            settled = self.run_to("b", [{"id": "lamp", "prompt": "a lamp"}])
            self.assertEqual((settled["paid"], settled["steps"]["done"]), (0, 1))
            self.assertEqual(self.tasks("b"), {("lamp", 0): task})
            self.assertEqual(self.manifest("a")[0]["sha256"], self.manifest("b")[0]["sha256"])
            text, merged = self.merge("a", "b", output="both")
            self.assertRegex(text, rf"\nTask {task} belongs to 2 steps, but was paid once: "
                                   r"lamp[ /]0, boat[ /]0\n")
            self.assertEqual((merged["shared_tasks"], merged["doubles"]), ([task], 0))
            self.check_shared("both", task, ["lamp/0", "boat/0"])
            charged = service.charged()
            self.assertEqual((len(charged), task in charged), (2, True))
            self.assertEqual(merged["paid"], len(charged))
            self.check_nothing_is_bought(service, "both", [{"id": "boat", "prompt": "a boat"},
                                                           {"id": "lamp", "prompt": "a lamp"}])
            strays = self.check_code(self.darkroom("audit", "both", "--json"), 2).summary()
            self.assertEqual([json.loads(entry["request"])["prompt"]
                              for entry in service.ledger()["entries"]
                              if entry["task_id"] in {one["task_id"] for one in strays["tasks"]}],
                             ["a lamp"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
