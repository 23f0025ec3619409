"""The service says that a task has failed, and it succeeds after all: its step, which was sent
again, is paid twice, and both charges are booked and printed."""
import dataclasses
import json
import unittest

from stage import Service, Stage, prompts

IMAGINE = "/midjourney/imagine"
PRICE = 0.026
FALSE = {"prompt": "car 0", "count": 1, "do": "false_fail", "code": "api_error",
         "message": "no luck"}


@dataclasses.dataclass
class Row:
    """A way in which the service says it first, and how often the record says the same."""

    delivery: str
    first: tuple = ()
    times: int = 1  # the record is read once to confirm the word; at the end it is the truth


ROWS = {
    "in_the_answer": Row("wait", ({"on": "imagine", **FALSE},)),
    "in_the_stream": Row("stream", ({"on": "imagine", **FALSE, "after_lines": 1},)),
    "in_the_callback": Row("callback", ({"on": "callback", **FALSE, "time": "10m"},)),
    "in_the_record": Row("poll", times=2),
}


class ChargedAgain(Stage):
    def service(self, row):
        faults = [*row.first, {"on": "record", **FALSE, "times": row.times}]
        return Service(self, faults=faults)

    def write_job(self, service, row, count, **more):
        return self.job(service.url, prompts(count), service={"delivery": row.delivery}, **more)

    def run_job(self, job, code=0):
        """Returns the summary and the events of a run."""
        ended = self.darkroom("run", job, "--json", "--progress", "json")
        self.check_code(ended, code)
        return ended.summary(), [json.loads(line) for line in ended.err.splitlines()]

    def status(self, directory="out/job"):
        return self.check_code(self.darkroom("status", directory, "--json"), 0).summary()

    def tasks_of(self, service, prompt):
        """Returns the tasks of a prompt in the order of their requests."""
        return [entry["task_id"] for entry in service.ledger()["entries"]
                if json.loads(entry["request"])["prompt"].startswith(prompt)]

    def check_money(self, said, charged):
        self.assertEqual((said["paid"], round(said["cost"], 6)),
                         (charged, round(charged * PRICE, 6)))

    def play(self, row):
        with self.service(row) as service:
            summary, events = self.run_job(self.write_job(service, row, 2))
            taken_back, kept = self.tasks_of(service, "car 0")
            charged = service.charged()
            self.assertEqual(service.counts(IMAGINE), 3)
            self.assertEqual(charged, {taken_back, kept, *self.tasks_of(service, "car 1")})
        self.check_events(events, taken_back, kept)
        charge = self.check_said(summary, taken_back, kept)
        self.check_money(summary, len(charged))
        self.assertEqual((summary["images"], summary["steps"]["done"]), (2, 2))
        self.check_images(2)
        line = self.twice_paid_line()
        self.assertEqual((line["task_id"], line["attempts"], line["cost"]), (kept, 2, 2 * PRICE))
        status = self.status()
        self.assertEqual(status["charged_again"], [charge])
        self.check_money(status, len(charged))
        self.assertEqual(status["costs"], [
            {"job": "p", "action": "generate", "paid": 2, "cost": 2 * PRICE},
            {"job": None, "action": None, "paid": 1, "cost": PRICE}])
        text = self.check_code(self.darkroom("status", "out/job"), 0).out
        self.assertIn("2 images; 3 generations paid, 0.078 USD\n", text)
        self.assertIn("\n".join(self.words(charge)) + "\n", text)

    def twice_paid_line(self):
        line, = [line for line in self.manifest() if line["item"] == 0]
        return line

    def words(self, charge):
        return ["Charged more than once (0.026 USD): the service said that a task had failed, and "
                "it succeeded after all:",
                f"  p/0  {charge['key'][:12]}  task {charge['task_id']}, 0.026 USD; its image is "
                f"of task {charge['kept_task_id']}"]

    def check_said(self, summary, taken_back, kept):
        """Checks the one second charge that a summary names, and returns it."""
        charge, = summary["charged_again"]
        self.assertEqual(charge, {"key": charge["key"], "step": "p/0", "task_id": taken_back,
                                  "kept_task_id": kept, "cost": PRICE})
        self.assertEqual(charge["key"], self.twice_paid_line()["key"])
        return charge

    def check_events(self, events, taken_back, kept):
        """Checks that the charge comes once, and the closing words name both tasks."""
        again, = [one for one in events if one["event"] == "charged_again"]
        self.assertEqual((again["job"], again["item"], again["task_id"], again["cost"]),
                         ("p", 0, taken_back, PRICE))
        own = [one for one in events if one.get("step") == again["step"]]
        finished, = [one for one in own if one["event"] == "finished"]
        self.assertEqual((finished["task_id"], finished["cost"]), (kept, PRICE))
        self.assertEqual([one["event"] for one in own].count("submitted"), 2)
        said = [one["message"] for one in events if one["event"] == "error"]
        charge = {"key": again["step"], "task_id": taken_back, "kept_task_id": kept}
        self.assertEqual(said, self.words(charge))
        self.check_money(events[-1], 3)
        self.assertEqual((events[-1]["event"], events[-1]["exit"]), ("end", 0))

    def test_the_closing_words_of_a_plain_and_of_a_quiet_run(self):
        for name, options in (("plain", ["--progress", "plain"]), ("quiet", ["--quiet"])):
            with self.subTest(name), self.service(ROWS["in_the_stream"]) as service:
                job = self.write_job(service, ROWS["in_the_stream"], 1)
                ended = self.check_code(self.darkroom("run", job, "-o", name, *options), 0)
                charge, = self.status(name)["charged_again"]
                for words in self.words(charge):
                    self.assertIn(words + "\n", ended.err)

    def test_the_budget_counts_both_charges_and_later_runs_repeat_neither(self):
        row = ROWS["in_the_stream"]
        with self.service(row) as service:
            self.run_job(self.write_job(service, row, 1))
            self.assertEqual(len(service.charged()), 2)
            for budget, charged in (({"generations": 2}, 2), ({"generations": 3}, 3),
                                    ({"cost": 0.1}, 3), ({"cost": 0.12}, 4)):
                job = self.write_job(service, row, 4, budget=budget)
                before = len(service.charged())
                summary, events = self.run_job(job, 3)
                self.assertEqual(events[-1]["reason"], "budget_spent")
                self.assertEqual((events[0]["event"], events[0]["paid"]), ("start", before))
                self.assertEqual(summary["charged_again"], [], "it is no charge of this run")
                self.check_money(summary, charged - before)
                self.assertEqual(len(service.charged()), charged)
                self.check_money(self.status(), charged)
            summary, _ = self.run_job(self.write_job(service, row, 4))
            self.assertEqual((summary["paid"], len(service.charged())), (1, 5))
            self.assertEqual(service.counts(IMAGINE), 5)
            self.check_images(4)

    def test_a_merged_directory_keeps_both_charges(self):
        with self.service(ROWS["in_the_stream"]) as service:
            self.run_job(self.write_job(service, ROWS["in_the_stream"], 2))
            charged = len(service.charged())
        merged = self.check_code(self.darkroom("merge", "out/job", "-o", "all", "--json"), 0)
        self.check_money(merged.summary(), charged)
        self.assertEqual(self.status("all")["charged_again"], self.status()["charged_again"])
        self.assertEqual(len(self.status("all")["charged_again"]), 1)
        self.check_money(self.status("all"), charged)

    def test_a_step_that_has_failed_for_good_is_delivered_and_paid_once(self):
        row = ROWS["in_the_stream"]
        with self.service(row) as service:
            job = self.write_job(service, row, 1, retry={"attempts": 1})
            ended = self.darkroom("run", job, "--json")
            self.check_code(ended, 0)
            summary = ended.summary()
            self.assertEqual(service.counts(IMAGINE), 1)
            self.assertEqual((summary["steps"]["done"], summary["steps"]["failed"]), (1, 0))
            self.assertEqual(summary["charged_again"], [])
            self.check_money(summary, 1)
            self.check_images(1)
            self.check_paid(service, "out/job")
            self.assertEqual(self.lines("out/job/failed.jsonl"), [])


def add_rows():
    for name, row in ROWS.items():
        setattr(ChargedAgain, f"test_a_failure_that_is_taken_back_{name}",
                lambda self, row=row: self.play(row))


add_rows()

if __name__ == "__main__":
    unittest.main(verbosity=2)
