"""What the next run will pay: the plan and the question before paying look into the run directory,
and what they say is what the service then charges."""
import json
import os
import pty
import unittest

from stage import PROGRAM, Service, Stage, prompts

PRICE = 0.026


class NextRun(Stage):
    def next(self, *arguments):
        """Returns `next` of the plan, which the text says in the same numbers."""
        return self.check_code(self.darkroom("plan", "job.yaml", "--json", *arguments),
                               0).summary()["next"]

    def check_next(self, new, done, failed=0, unknown=0, repeats=0):
        found = self.next()
        self.assertEqual([found[key] for key in ("new", "done", "failed", "unknown", "repeats")],
                         [new, done, failed, unknown, repeats], found)
        self.assertAlmostEqual(found["cost"], new * PRICE)
        return found

    def check_paid(self, service, new):
        """The next run pays this much, and not more."""
        before = len(service.charged())
        ended = self.darkroom("run", "job.yaml", "--json", "-q")
        self.assertEqual(json.loads(ended.out)["paid"], new, ended)
        self.assertEqual(len(service.charged()) - before, new)

    def test_one_prompt_more_costs_one(self):
        with Service(self) as service:
            self.job(service.url, prompts(19))
            self.check_next(19, 0)
            self.check_paid(service, 19)
            self.check_next(0, 19)
            self.assertIn("job: nothing is left to pay\n", self.darkroom("plan", "job.yaml").out)
            self.job(service.url, prompts(20))
            self.check_next(1, 19)
            text = self.check_code(self.darkroom("run", "-n", "job.yaml"), 0).out
            self.assertRegex(text, r"total +1 +0\.026\n")
            self.assertIn("The run directory has 19 steps done.\n", text)
            whole = self.check_code(self.darkroom("plan", "job.yaml", "--all"), 0).out
            self.assertRegex(whole, r"total +20 +0\.52\n")
            self.check_paid(service, 1)

    def test_failed_and_unknown_steps_are_told_apart(self):
        refusal = {"error": {"code": "bad_request", "message": "banned word"}}
        faults = [{"on": "imagine", "prompt": "picture 1", "do": "status", "status": 400,
                   "body": json.dumps(refusal)},
                  {"on": "imagine", "prompt": "picture 2", "do": "reset_after"},
                  {"on": "listing", "do": "list", "newest": 0}]
        with Service(self, faults=faults) as service:
            self.job(service.url, [{"id": f"n{n}", "prompt": f"picture {n}"} for n in range(4)],
                     service={"timeouts": {"total": "2s"}})
            self.darkroom("run", "job.yaml", "-q")
            self.check_next(0, 2, failed=1, unknown=1)
            text = self.darkroom("plan", "job.yaml").out
            self.assertIn("2 steps done, 1 failed, 1 unknown.", text)

    def test_equal_items_with_other_steps_below_pay_for_those(self):
        with Service(self) as service:
            self.job(service.url, [{"id": "a", "prompt": "a lamp"},
                                   {"id": "b", "prompt": "a lamp", "then": ["upscale1", "upscale2"]},
                                   {"id": "c", "prompt": "a lamp", "then": ["upscale2", "upscale3"]}])
            self.check_next(4, 0, repeats=2)
            self.check_paid(service, 4)
            self.check_next(0, 4, repeats=2)
            status = self.check_code(self.darkroom("status", "out/job", "--json"), 0).summary()
            self.assertEqual((status["steps"]["done"], status["total"]), (4, 4))
            self.assertEqual(sum(one["paid"] for one in status["costs"] if one["job"]), 4)

    def test_equal_items_are_counted_once_and_told(self):
        with Service(self) as service:
            self.write("rows.csv", "prompt\n" + "a fox\na hen\na fox\nan owl\na fox\n")
            self.job(service.url, [{"id": "rows", "prompts": "rows.csv"}])
            self.check_next(3, 0, repeats=2)
            self.assertIn("2 of 5 items repeat another and share its picture.",
                          self.darkroom("plan", "job.yaml").out)
            self.check_paid(service, 3)
            self.check_next(0, 3, repeats=2)

    def test_another_directory_is_another_plan(self):
        with Service(self) as service:
            self.job(service.url, prompts(3))
            self.check_code(self.darkroom("run", "job.yaml", "-q", "-o", "mine"), 0)
            self.assertEqual(self.next("-o", "mine")["new"], 0)
            self.assertEqual(self.next()["new"], 3)

    def test_the_budget_that_is_left_is_told(self):
        with Service(self) as service:
            self.job(service.url, prompts(3), budget={"generations": 4})
            self.check_paid(service, 3)
            self.job(service.url, prompts(5), budget={"generations": 4})
            self.assertIn("The budget of 4 generations (3 generations and 0.078 are spent) ends "
                          "the run before that.", self.darkroom("plan", "job.yaml").out)

    def ask(self, answer):
        """Runs the job on a terminal and answers the question; returns what was shown."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.directory)
            os.execve(PROGRAM, [PROGRAM, "run", "job.yaml", "--progress", "none"],
                      self.environment)
        shown = b""
        asked = False
        while True:
            try:
                piece = os.read(terminal, 4096)
            except OSError:  # the program has closed it
                break
            if not piece:
                break
            shown += piece
            if b"Go on?" in shown and not asked:
                asked = True
                os.write(terminal, answer)
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()

    def test_the_question_says_what_the_run_would_pay(self):
        with Service(self) as service:
            self.job(service.url, prompts(2))
            code, shown = self.ask(b"y\n")
            self.assertIn("job: 2 generations, 0.052 USD. Go on?", shown)
            self.assertEqual(code, 0, shown)
            code, shown = self.ask(b"n\n")
            self.assertNotIn("Go on?", shown)  # nothing is left to pay
            self.assertEqual(code, 0, shown)
            self.job(service.url, prompts(3))
            code, shown = self.ask(b"n\n")
            self.assertIn("job: 1 generation, 0.026 USD; 2 steps done already. Go on?", shown)
            self.assertEqual(code, 7, shown)
            self.assertEqual(len(service.charged()), 2)


if __name__ == "__main__":
    unittest.main()
