"""The fault matrix: the requests, money, attempts and messages that each fault causes.

Each row is one fault: a run makes one picture, and one thing fails.
"""
import dataclasses
import json
import os
import time
import unittest

from stage import PATIENCE, SLOWNESS, Service, Stage, prompts

IMAGINE, TASKS, FILES = "/midjourney/imagine", "/midjourney/tasks", "/files"
ATTEMPTS = 3
SETTLE = f"{500 * SLOWNESS}ms"
SILENCE = f"{300 * SLOWNESS}ms"


@dataclasses.dataclass
class Row:
    """A fault and its effects."""

    fault: dict
    words: tuple  # on standard error
    imagine: int = 1  # paid requests that the service has received
    asked: bool = False  # whether /midjourney/tasks was asked
    files: int = 1  # requests for the image
    attempts: int = 1  # in the manifest or failed.jsonl
    exit: int = 0
    failed: tuple = ()  # class and code in failed.jsonl
    later: bool = False  # whether the run sends one more request, after the one that fails
    unknown: int = 0  # steps at the end
    options: dict = dataclasses.field(default_factory=dict)  # of the job file


def once(do, **more):
    return {"on": "imagine", "count": 1, "do": do, **more}


def status(number, body="", **more):
    return once("status", status=number, body=body, **more)


def error(code, message):
    return json.dumps({"success": False, "error": {"code": code, "message": message}})


def timeouts(total="60s", **more):
    return {"service": {"timeouts": {"total": total, **more}}}


def sent_again(fault, **more):
    """A request that no task came of, and a later one that shows it: it is sent again, and what
    was lost uses up no attempt."""
    return Row(fault, ("lost",), 3, True, files=2, later=True, **more)


def unknown(fault, *words):
    """A request that no task came of, and nothing later that shows it: it stays unknown."""
    return Row(fault, (*words, "ends when the service lists a later task"), 1, True, files=0,
               exit=2, unknown=1)


WAITS = timeouts(total=f"{2 * SLOWNESS}s", idle=SILENCE, first_event=SILENCE)


REQUESTS = {
    "reset_before_the_service_took_it": sent_again(once("reset_before")),
    "reset_before_with_nothing_later": unknown(once("reset_before"), "p/0"),
    "reset_after_the_service_took_it": Row(once("reset_after"), (), 1, True),
    "cut_before_the_first_line": Row(once("cut", after_lines=0), (), 1, True),
    "cut_between_lines": Row(once("cut", after_lines=1), (), 1, True),
    "cut_inside_the_first_line": Row(once("cut", after_bytes=40), (), 1, True),
    "cut_inside_the_last_line": Row(once("cut", after_bytes=1200), (), 1, True),
    "end_without_any_line": Row(once("end", after_lines=0), (), 1, True),
    "end_without_a_final_line": Row(once("end", after_lines=2), (), 1, True),
    "silent_from_the_start": Row(once("stall", after_lines=0), (), 1, True,
                                 options=timeouts(first_event=SILENCE, idle=SILENCE)),
    "silent_between_lines": Row(once("stall", after_lines=1), (), 1, True,
                                options=timeouts(idle=SILENCE)),
    "429_with_seconds": Row(status(429, retry_after="1s"), (), 2),
    "429_with_a_date": Row(status(429, retry_after="1s", retry_after_date=True), (), 2),
    "429_again_and_again": Row({**status(429), "count": ATTEMPTS + 2}, (), ATTEMPTS + 3),
    "500_in_the_services_words": Row(status(500, error("api_error", "upstream gave up")),
                                     ("upstream gave up",), 2, attempts=2),
    "500_in_nobodys_words": sent_again(status(500)),
    "502": sent_again(status(502)),
    "502_with_nothing_later": unknown(status(502), "p/0"),
    "503": sent_again(status(503)),
    "503_in_the_services_words": Row(status(503, error("api_error", "too much to do")),
                                     ("too much to do",), 2, attempts=2),
    "504_without_a_task_with_nothing_later": unknown(status(504), "p/0"),
    "504_with_a_task": Row(once("status_after", status=504), (), 1, True),
    "html_instead_of_json": sent_again(status(200, "<h1>Please wait</h1>")),
    "html_with_nothing_later": unknown(status(200, "<h1>Please wait</h1>"), "text/html"),
    "html_with_502": sent_again(status(502, "<h1>Bad gateway</h1>")),
    "a_failed_task": Row(once("fail", message="no luck"), ("no luck",), 2, True, attempts=2),
    "a_task_that_always_fails": Row({**once("fail", message="no luck"), "count": 0},
                                    ("no luck",), ATTEMPTS, True, files=0, attempts=ATTEMPTS,
                                    exit=2, failed=("generation", "api_error")),
    "a_refused_prompt": Row(status(400, error("bad_request", "banned word")), ("banned word",),
                            files=0, exit=2, failed=("rejected", "bad_request")),
    "a_task_refused_in_the_stream": Row(once("fail", code="bad_request", message="banned word"),
                                        ("banned word",), files=0, exit=2,
                                        failed=("rejected", "bad_request")),
    "dribbled_bytes": Row(once("dribble", bytes=16, time="1ms"), ()),
    "a_line_of_3_mb": Row(once("long_line"), ()),
}


class FaultMatrix(Stage):
    def play(self, row):
        with Service(self, "--latency", "1ms", faults=[row.fault]) as service:
            job = self.job(service.url, prompts(1 + row.later), **{
                **row.options, "limits": {"concurrency": 1},
                "retry": {"attempts": ATTEMPTS, "base": "10ms", "settle": SETTLE}})
            ended = self.darkroom("run", job, "--json", "--progress", "plain")
            self.check_code(ended, row.exit)
            self.check_row(row, service, ended)

    def test_a_504_may_wait_in_a_queue_and_a_later_run_sends_it_again(self):
        with Service(self, "--latency", "1ms", faults=[status(504)]) as service:
            job = self.job(service.url, prompts(2), limits={"concurrency": 1}, **WAITS,
                           retry={"attempts": ATTEMPTS, "base": "10ms", "settle": SETTLE})
            ended = self.check_code(self.darkroom("run", job, "--json"), 2)
            self.assertEqual(ended.summary()["steps"]["unknown"], 1)
            self.assertEqual(service.counts(IMAGINE), 2)
            deadline = time.monotonic() + PATIENCE / 4
            while ended.code == 2:
                self.assertLess(time.monotonic(), deadline, ended)
                ended = self.darkroom("run", job, "--json")
            self.check_code(ended, 0)
            self.assertEqual(service.counts(IMAGINE), 3)
            self.check_images(2)
            self.check_paid(service, "out/job")

    def check_row(self, row, service, ended):
        for word in row.words:
            self.assertIn(word, ended.err)
        self.assertEqual(service.counts(IMAGINE), row.imagine, "paid requests")
        self.assertEqual(service.counts(TASKS) > 0, row.asked, "look-ups")
        self.assertEqual(service.counts(FILES), row.files, "downloads")
        pictures = 0 if row.failed or row.unknown else 1 + row.later
        self.assertEqual(len(service.charged()), pictures, "charged")
        self.check_images(pictures)
        self.check_paid(service, "out/job")
        failed = self.lines("out/job/failed.jsonl")
        self.assertEqual([(line["class"], line["code"]) for line in failed],
                         [row.failed] if row.failed else [])
        attempts = {line["item"]: line["attempts"] for line in failed or self.manifest()}
        wanted = {} if row.unknown else {0: row.attempts, **({1: 1} if row.later else {})}
        self.assertEqual(attempts, wanted)
        self.assertEqual(ended.summary()["steps"]["unknown"], row.unknown)
        self.assertEqual(len(ended.summary()["unknown_steps"]), row.unknown)


@dataclasses.dataclass
class Spoilt:
    """A fault of a download, and what it costs."""

    fault: dict
    code: str
    kind: str = "download"
    files: int = ATTEMPTS  # requests for the image when it never comes; 0: it comes in the end
    tasks_once: int = 0  # look-ups for a fresh link after the first fault, and after all of them
    tasks: int = 0


def spoilt(do, code, **more):
    own = {name: more.pop(name) for name in ("kind", "files", "tasks_once", "tasks")
           if name in more}
    return Spoilt({"on": "file", "do": do, **more}, code, **own)


# A link that leads to something else is asked for once more, a damaged image before its last
# attempt; an attempt that made progress uses up none.
ASKED_ONCE = {"files": 2, "tasks_once": 1, "tasks": 1}
DOWNLOADS = {
    "cut": spoilt("cut", "connection_closed", after_bytes=500, files=0),
    "short": spoilt("short_body", "damaged_image", after_bytes=2000, tasks=1),
    "one_wrong_byte": spoilt("corrupt", "damaged_image", tasks=1),
    "a_wrong_byte_in_its_header": spoilt("corrupt", "damaged_image", after_bytes=20, tasks=1),
    "a_web_page": spoilt("html", "not_an_image", **ASKED_ONCE),
    "nothing": spoilt("empty", "not_an_image", **ASKED_ONCE),
    "stalled": spoilt("stall", "timed_out", after_bytes=500, files=0),
    "too_small": spoilt("wrong_size", "wrong_size", **ASKED_ONCE),
    "status_500": spoilt("status", "http_500", status=500),
}
DEAD_LINKS = {str(number): spoilt("expired", f"http_{number}", kind="expired", status=number,
                                  tasks_once=1, tasks=ATTEMPTS - 1)
              for number in (403, 404, 410)}


class Downloads(Stage):
    """A paid picture that does not arrive complete is downloaded again, now or in the next run,
    and never bought again."""

    def run_job(self, service):
        job = self.job(service.url, prompts(1), **timeouts(idle=SILENCE),
                       retry={"attempts": ATTEMPTS, "base": "10ms"})
        return self.darkroom("run", job, "--json", "--progress", "plain")

    def play(self, row):
        with self.subTest("once"), Service(self, faults=[{**row.fault, "count": 1}]) as service:
            ended = self.check_code(self.run_job(service), 0)
            self.assertIn(f"{row.kind}, {row.code}", ended.err)
            self.assertEqual(service.strikes(), [1])
            self.assertEqual(service.counts(FILES), 2)
            self.assertEqual(service.counts(IMAGINE), 1)
            self.assertEqual(service.counts(TASKS), row.tasks_once)
            self.assertEqual(ended.summary()["retries"], 1)
            self.check_delivered(service)
        with self.subTest("too often"), \
                Service(self, faults=[{**row.fault, "count": ATTEMPTS}]) as service:
            os.rename(self.path("out"), self.path("out-of-once"))
            if row.files:
                self.check_failure(row, service)
            again = self.check_code(self.run_job(service), 0)
            self.assertEqual(again.summary()["paid"], 0 if row.files else 1)
            self.assertEqual(service.counts(IMAGINE), 1)
            if not row.files:
                self.assertEqual(service.counts(FILES), ATTEMPTS + 1)
                self.assertEqual(service.strikes(), [ATTEMPTS])
            self.check_delivered(service)

    def check_failure(self, row, service):
        ended = self.check_code(self.run_job(service), 2)
        self.assertEqual(service.counts(FILES), row.files)
        self.assertEqual(service.counts(TASKS), row.tasks)
        self.assertEqual(ended.summary()["paid"], 1)
        self.assertEqual(self.manifest(), [])
        self.assertFalse(os.path.exists(self.path("out/job/images/p")))
        failed = self.lines("out/job/failed.jsonl")
        self.assertEqual([(line["class"], line["code"]) for line in failed],
                         [(row.kind, row.code)])
        self.assertTrue(failed[0]["url"].startswith(service.url))
        self.assertIn("run again", ended.err)

    def check_delivered(self, service):
        self.check_images(1)
        self.check_paid(service, "out/job")
        self.assertEqual(self.lines("out/job/failed.jsonl"), [])

    def test_a_redirect_loop_ends(self):
        with Service(self, faults=[{"on": "file", "do": "redirect_loop"}]) as service:
            ended = self.check_code(self.run_job(service), 2)
            self.assertIn("redirect", ended.err)
            self.assertLessEqual(service.counts(FILES), 11 * ATTEMPTS)
            self.assertEqual(len(service.charged()), 1)
            self.check_images(0)
            self.assertEqual([line["class"] for line in self.lines("out/job/failed.jsonl")],
                             ["download"])

    def test_a_cut_download_resumes_where_it_was_cut(self):
        cut = {"on": "file", "count": 1, "do": "cut", "after_bytes": 5000}
        with Service(self, faults=[cut]) as service:
            self.check_code(self.run_job(service), 0)
            self.check_delivered(service)
            whole = self.manifest()[0]["bytes"]
            self.assertEqual(service.ledger()["totals"]["file_bytes"], whole - 5000)


def add_tests(case, rows, prefix):
    for name, row in rows.items():
        setattr(case, f"test_{prefix}_{name}", lambda self, row=row: self.play(row))


def add_downloads():
    for name, row in DOWNLOADS.items():
        setattr(Downloads, f"test_{name}", lambda self, row=row: self.play(row))
    for name, row in DEAD_LINKS.items():
        setattr(Downloads, f"test_a_dead_link_{name}", lambda self, row=row: self.play(row))


add_tests(FaultMatrix, REQUESTS, "request")
add_downloads()

if __name__ == "__main__":
    unittest.main(verbosity=2)
