"""Several runs at once on one token, with a ledger: one allowance, one budget, no task twice."""
import contextlib
import glob
import json
import os
import shutil
import signal
import sqlite3
import stat
import time
import unittest

from stage import PATIENCE, Service, Stage, prompts

IMAGINE = "/midjourney/imagine"
TOKEN = "token-of-the-tests"
PRICE = 0.026
# The answer to a second request is lost, and the list never shows its task.
HIDDEN = [{"on": "imagine", "nth": 2, "do": "reset_after"},
          {"on": "listed", "count": 1, "do": "hide"}]


class Ledger(Stage):
    def service(self, *arguments, running=5, rate=1, **more):
        """Starts a service whose one token may run so many at once and submit so many a second."""
        self.write("tokens.json", json.dumps([{"token": TOKEN, "running": running, "rate": rate}]))
        service = Service(self, "--tokens", self.path("tokens.json"), *arguments, **more)
        service.token = TOKEN
        return service

    def run_in(self, directory, job, *arguments):
        return self.start("run", job, "-o", directory, "--json", *arguments)

    def named(self, number, url, jobs, **more):
        """Writes a job file of its own for each process."""
        os.rename(self.path(self.job(url, jobs, **more)), self.path(f"job-{number}.yaml"))
        return f"job-{number}.yaml"

    def ledger_file(self):
        found = glob.glob(self.path(".local/state/darkroom/ledger-*.db"))
        self.assertEqual(len(found), 1, found)
        return found[0]

    def check_no_429(self, service, submitted):
        self.assertEqual(service.ledger()["requests"][IMAGINE], {"200": submitted})

    def race(self, processes, steps, running, rate):
        with self.service("--latency", "700ms", running=running, rate=rate) as service:
            limits = {"concurrency": running, "rate": f"{rate}/s"}
            runs = [self.run_in(f"out/{number}", self.named(
                        number, service.url,
                        [{"id": "p", "prompt": f"boat {number} {{{{n}}}}",
                          "matrix": {"n": list(range(steps))}}], limits=limits),
                        "--ledger", "sqlite")
                    for number in range(processes)]
            for run in runs:
                self.check_code(run.end(), 0)
            self.check_no_429(service, processes * steps)
            self.check_paid(service, *(f"out/{number}" for number in range(processes)))

    def test_two_processes_share_five_places_and_one_request_a_second(self):
        self.race(2, 4, 5, 1)

    def test_four_processes_share_three_places(self):
        self.race(4, 6, 3, 20)

    def test_a_directory_under_another_name_pays_for_nothing_again(self):
        """Such as one that came back from a backup: the ledger takes it for another run's."""
        with self.service("--latency", "1s") as service:
            job = self.job(service.url, prompts(1))
            run = self.start("run", job, "--progress", "plain", "--ledger", "sqlite", "--grace",
                             "0s")
            run.wait_for("stderr", "accepted")
            run.signal(signal.SIGTERM)
            self.check_code(run.end(), 7)
            with contextlib.closing(sqlite3.connect(self.path("out/job/journal.db"))) as journal:
                journal.execute("UPDATE meta SET text = 'another' WHERE name = 'directory'")
                self.assertEqual(journal.total_changes, 1)
                journal.commit()
            ended = self.check_code(self.darkroom("run", job, "--json", "--ledger", "sqlite"), 0)
            self.assertEqual(ended.summary()["images"], 1)
            self.assertEqual(len(service.charged()), 1)
            self.assertEqual(service.ledger()["requests"][IMAGINE], {"200": 1})

    def check_older_copy(self, restore):
        """A directory has 2 of 4 pictures when it is copied, buys the others, and is restored."""
        with self.service(rate=0) as service:
            job = self.job(service.url, prompts(4), limits={"concurrency": 2})

            def run_to(code, *arguments):
                ended = self.darkroom("run", job, "-o", "out", "--json", "--ledger", "sqlite",
                                      *arguments)
                return self.check_code(ended, code)

            stopped = run_to(3, "--set", "budget.generations=2").summary()
            self.assertEqual(stopped["images"], 2)
            shutil.copytree(self.path("out"), self.path("copy"))
            self.assertEqual(run_to(0).summary()["paid"], 2)
            restore(self.path("copy"), self.path("out"))
            ended = run_to(0)
            again = ended.summary()
            self.assertEqual((again["images"], again["paid"]), (2, 0))
            self.assertNotIn("submitted", ended.err)
            self.assertEqual(ended.err.count("looked up  generate"), 2)
            self.assertEqual(len(self.manifest("out")), 4)
            self.assertEqual(service.ledger()["requests"][IMAGINE], {"200": 4})
            self.check_paid(service, "out")

    def test_files_of_an_older_copy_in_their_old_places_pay_for_nothing_again(self):
        def restore(copy, out):
            for name in os.listdir(out):
                path = os.path.join(out, name)
                if name in ("journal.db", "marks"):  # the same files, with what they had before
                    with open(os.path.join(copy, name), "rb") as old, open(path, "r+b") as file:
                        file.truncate(0)
                        file.write(old.read())
                elif not os.path.isdir(path):
                    os.remove(path)

        self.check_older_copy(restore)

    def test_a_directory_made_new_of_an_older_copy_pays_for_nothing_again(self):
        def restore(copy, out):
            shutil.rmtree(out)
            os.rename(copy, out)

        self.check_older_copy(restore)

    def test_two_copies_at_work_pay_for_each_step_once(self):
        with self.service("--latency", "1s", rate=0) as service:
            job = self.job(service.url, prompts(4), limits={"concurrency": 2})
            self.check_code(self.darkroom("run", job, "-o", "out", "--ledger", "sqlite",
                                          "--set", "budget.generations=1"), 3)
            shutil.copytree(self.path("out"), self.path("copy"))
            runs = [self.run_in(directory, job, "--ledger", "sqlite")
                    for directory in ("out", "copy")]
            for run in runs:  # one may end while the other has not said what its tasks are
                self.assertIn(run.end().code, (0, 2))
            for directory in ("out", "copy"):
                self.check_code(self.run_in(directory, job, "--ledger", "sqlite").end(), 0)
                self.assertEqual(len(self.manifest(directory)), 4)
            self.assertEqual(service.ledger()["requests"][IMAGINE], {"200": 4})

    def test_a_run_that_waits_says_for_whom(self):
        with self.service("--latency", "60s", running=1) as service:
            limits = {"concurrency": 1}
            jobs = [self.named(number, service.url, [{"id": "p", "prompt": f"boat {number}"}],
                               limits=limits) for number in range(2)]
            first = self.start("run", jobs[0], "-o", "first", "--ledger", "sqlite", "--progress",
                               "plain")
            first.wait_for("stderr", "submitted")
            second = self.start("run", jobs[1], "-o", "second", "--ledger", "sqlite", "--progress",
                                "plain")
            second.wait_for("stderr", "waiting: all places of the account are taken; "
                                      f"process {first.process.pid} has 1")
            first.signal(signal.SIGKILL)
            first.end()
            third = self.start("run", jobs[1], "-o", "third", "--ledger", "sqlite", "--progress",
                               "plain")
            third.wait_for("stderr", "waiting: all places of the account are taken; "
                                     "runs that were killed have 1, until 20")
            for run in (second, third):
                run.signal(signal.SIGTERM)
                self.check_code(run.end(), 7)

    def test_the_file_is_the_users_alone_and_names_neither_service_nor_token(self):
        with self.service() as service:
            job = self.job(service.url, prompts(1))
            self.check_code(self.darkroom("run", job, "--ledger", "sqlite"), 0)
            file = self.ledger_file()
            self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o600)
            self.assertEqual(stat.S_IMODE(os.stat(os.path.dirname(file)).st_mode), 0o700)
            with open(file, "rb") as opened:
                content = opened.read()
            for word in (TOKEN, service.url, "volcano"):
                self.assertNotIn(word.encode(), content)

    def test_without_a_word_and_with_none_there_is_no_file(self):
        with self.service() as service:
            job = self.job(service.url, prompts(1), ledger="sqlite")
            self.check_code(self.darkroom("run", job, "--ledger", "none"), 0)
            self.assertFalse(os.path.exists(self.path(".local/state")))
            self.check_code(self.darkroom("run", job), 0)
            self.ledger_file()

    def test_equal_prompts_of_two_runs_never_share_a_task(self):
        with self.service(rate=0, faults=HIDDEN) as service:
            def run_to(directory, repeat, code):
                job = self.job(service.url, prompts(1, repeat=repeat), limits={"concurrency": 1},
                               ledger="sqlite")
                ended = self.darkroom("run", job, "-o", directory, "--json")
                return self.check_code(ended, code).summary()

            self.assertEqual(run_to("b", 2, 2)["steps"]["unknown"], 1)
            self.assertEqual(run_to("a", 1, 0)["paid"], 1)
            again = run_to("b", 2, 2)  # the task of 'a' is not b's, and the list never shows b's own
            self.assertEqual((again["paid"], again["steps"]["unknown"]), (0, 1))
            first, _, second = [entry["task_id"] for entry in service.ledger()["entries"]]
            self.assertEqual([line["task_id"] for line in self.manifest("a")], [second])
            self.assertEqual([line["task_id"] for line in self.manifest("b")], [first])
            status = self.check_code(self.darkroom("status", "b", "--json"), 0)
            unknown, = json.loads(status.out)["unknown_steps"]
            key = unknown["key"]
            refused = self.check_code(self.darkroom("resolve", "b", key, "--task", second), 64)
            self.assertIn("belongs to a step of another run directory", refused.err)
            os.remove(self.ledger_file())
            taken = self.check_code(self.darkroom("resolve", "b", key, "--task", second), 0)
            self.assertIn("warning: the ledger does not say whose the task is", taken.err)

    def test_one_lost_answer_of_two_equal_runs_ends_with_both_pictures(self):
        lost = [{"on": "imagine", "nth": 1, "do": "reset_after"}]
        with self.service("--latency", "1s", rate=0, faults=lost) as service:
            jobs = [self.named(number, service.url, prompts(1), ledger="sqlite")
                    for number in range(2)]
            runs = [self.run_in(f"out/{number}", jobs[number]) for number in range(2)]
            for run in runs:
                self.check_code(run.end(), 0)
            tasks = {line["task_id"] for number in range(2)
                     for line in self.manifest(f"out/{number}")}
            self.assertEqual(tasks, service.charged())
            self.assertEqual(len(tasks), 2)

    def test_a_run_that_is_killed_gives_its_places_back(self):
        with self.service("--latency", "1s", running=2, rate=0) as service:
            more = {"limits": {"concurrency": 2},
                    "service": {"timeouts": {"total": "4s", "idle": "4s", "first_event": "4s"}},
                    "ledger": "sqlite"}
            killed = self.run_in("out/a", self.named("a", service.url, prompts(2), **more))
            deadline = time.monotonic() + PATIENCE
            while service.counts(IMAGINE) < 2 and time.monotonic() < deadline:
                time.sleep(0.02)
            killed.signal(signal.SIGKILL)
            killed.end()
            other = self.named("b", service.url, [{"id": "p", "prompt": "another"}], **more)
            self.check_code(self.run_in("out/b", other).end(), 0)
            self.check_no_429(service, 3)
            self.check_code(self.run_in("out/a", "job-a.yaml").end(), 0)
            self.check_paid(service, "out/a", "out/b")
            self.assertEqual(len(service.charged()), 3)

    @contextlib.contextmanager
    def locked(self, file):
        """Nobody else can write to the database, as long as this lasts."""
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            yield
            database.execute("ROLLBACK")

    def wait_until(self, condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)

    def test_a_run_that_dies_before_it_looks_does_not_hide_what_was_never_sent(self):
        with self.service("--latency", "2s", rate=0) as service:
            job = self.job(service.url, prompts(2), limits={"concurrency": 1})
            run = self.start("run", job, "--progress", "plain")
            run.wait_for("stderr", "accepted")

            def granted():
                with contextlib.closing(sqlite3.connect(self.ledger_file())) as ledger:
                    return ledger.execute("SELECT count(*) FROM steps").fetchone()[0]

            with self.locked(self.path("out/job/journal.db")):  # the intent cannot be written
                self.wait_until(lambda: granted() == 2)
                run.signal(signal.SIGKILL)
                run.end()
            with self.locked(self.ledger_file()):
                run = self.start("run", job, "--json")
                self.wait_until(lambda: os.path.exists(self.path("out/job/marks.new")))
                run.signal(signal.SIGKILL)
                run.end()
            self.check_code(self.darkroom("run", job, "--json"), 0)
            self.check_paid(service, "out/job")
            self.assertEqual(service.ledger()["requests"][IMAGINE], {"200": 2})

    def sent(self, directory):
        """Returns how many requests have left, by the marks of the last run."""
        with open(self.path(directory, "marks"), "rb") as file:
            words = memoryview(file.read()).cast("Q")
        return sum(word >> 32 == words[2] for word in words[11:])

    def test_marks_that_an_older_copy_was_written_over_show_nothing(self):
        """The file stays the same one, with what it had before."""
        for ledger in ("none", "sqlite"):
            with self.subTest(ledger), self.service("--latency", "200ms", running=0,
                                                    rate=0) as service:
                job = self.job(service.url, prompts(12), name=f"marks-{ledger}",
                               limits={"concurrency": 2})
                directory = f"out/marks-{ledger}"
                run = self.start("run", job, "--progress", "plain", "--ledger", ledger)
                run.wait_for("stderr", "saved")
                shutil.copy(self.path(directory, "marks"), self.path("older"))
                before = self.sent(directory)
                self.wait_until(lambda: self.sent(directory) >= before + 3)
                service.running.signal(signal.SIGSTOP)
                run.signal(signal.SIGKILL)
                run.end()
                service.running.signal(signal.SIGCONT)
                self.wait_until(lambda: service.counts(IMAGINE) == self.sent(directory))
                shutil.copyfile(self.path("older"), self.path(directory, "marks"))
                ended = self.darkroom("run", job, "--ledger", ledger)
                self.assertIn(ended.code, (0, 2), ended)
                self.assertIn("the file marks is older than journal.db", ended.err)
                # A step that was killed between its grant and its first byte stays in doubt.
                ended = self.darkroom("run", job, "--ledger", ledger)
                self.assertIn(ended.code, (0, 2), ended)
                self.assertGreaterEqual(len(self.manifest(directory)), 10)
                self.check_paid(service, directory)

    def test_two_runs_never_exceed_the_budget_of_the_day(self):
        with self.service(running=0, rate=0) as service:
            budget = {"per_day": 5 * PRICE, "per_month": 100}
            runs = [self.run_in(f"out/{number}", self.named(
                        number, service.url, [{"id": "p", "prompt": f"boat {number} {{{{n}}}}",
                                               "matrix": {"n": list(range(8))}}], budget=budget))
                    for number in range(2)]
            for run in runs:
                self.check_code(run.end(), 3)
            self.assertEqual(len(service.charged()), 5)
            self.check_paid(service, "out/0", "out/1")
            again = self.check_code(self.run_in("out/0", "job-0.yaml").end(), 3)
            self.assertIn("the budget is spent: 0.13 USD of 0.13 USD a day for all runs of the account; "
                          "the next day begins at ", again.err)
            self.assertEqual(len(service.charged()), 5)

    def test_a_broken_file_is_replaced_but_not_where_the_budget_is_in_it(self):
        with self.service(running=0, rate=0) as service:
            job = self.job(service.url, prompts(1), ledger="sqlite")
            self.check_code(self.darkroom("run", job), 0)
            with open(self.ledger_file(), "wb") as file:
                file.write(b"x" * 8192)
            capped = self.named("c", service.url, prompts(2), budget={"per_day": 1})
            refused = self.check_code(self.darkroom("run", capped, "-o", "out/job"), 78)
            self.assertIn("the ledger cannot be used", refused.err)
            job = self.job(service.url, prompts(2), ledger="sqlite")
            mended = self.check_code(self.darkroom("run", job), 0)
            self.assertIn("the ledger was broken", mended.err)
            self.assertEqual(len(service.charged()), 2)
            refused = self.check_code(self.darkroom("run", capped, "-o", "out/new"), 78)
            self.assertEqual(len(service.charged()), 2)

    def remove_file_at_work(self, service, run):
        """Removes the ledger's file while nobody can write to it. Returns how many requests were
        granted, which may all be sent."""
        deadline = time.monotonic() + PATIENCE
        while service.counts(IMAGINE) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        file = self.ledger_file()
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as ledger:
            ledger.execute("BEGIN IMMEDIATE")
            granted = ledger.execute("SELECT count(*) FROM steps").fetchone()[0]
            os.remove(file)
        return granted

    def spent(self):
        with contextlib.closing(sqlite3.connect(self.ledger_file())) as ledger:
            return ledger.execute("SELECT sum(cost) FROM spent").fetchone()[0] / 1_000_000

    def test_a_run_that_loses_its_ledger_buys_nothing_more_of_the_day(self):
        with self.service("--latency", "300ms", running=0, rate=0) as service:
            job = self.job(service.url, prompts(30), limits={"concurrency": 1},
                           budget={"per_day": 100})
            run = self.run_in("out/a", job)
            granted = self.remove_file_at_work(service, run)
            stopped = self.check_code(run.end(), 78)
            self.assertIn("was removed or replaced at work", stopped.err)
            self.assertEqual(len(service.charged()), granted)
            new = self.check_code(self.darkroom("run", job, "-o", "out/new"), 78)
            self.assertIn("it has replaced an earlier one", new.err)
            self.assertEqual(len(service.charged()), granted)

    def test_a_ledger_that_was_lost_is_repaired_from_the_directories(self):
        with self.service(running=0, rate=0) as service:
            budget = {"per_day": 5 * PRICE}
            jobs = [self.named(number, service.url,
                               [{"id": "p", "prompt": f"boat {number} {{{{n}}}}",
                                 "matrix": {"n": list(range(8))}}], budget=budget)
                    for number in range(2)]
            for number, most in ((0, 2), (1, 1)):
                self.check_code(self.darkroom("run", jobs[number], "-o", f"out/{number}", "--set",
                                              f"budget.generations={most}"), 3)
            os.remove(self.ledger_file())
            refused = self.check_code(self.darkroom("run", jobs[0], "-o", "out/0"), 78)
            self.assertIn("'darkroom ledger repair DIR…'", refused.err)
            shown = self.check_code(self.darkroom("ledger", "status"), 0)
            self.assertIn("It has replaced an earlier one", shown.out)
            missing = self.check_code(self.darkroom("ledger", "repair", "out/0", "out/2"), 66)
            self.assertIn("out/2 is no run directory", missing.err)
            self.check_code(self.darkroom("ledger", "repair", "out/0", "out/1"), 0)
            self.assertAlmostEqual(self.spent(), 3 * PRICE)
            shown = self.check_code(self.darkroom("ledger", "status"), 0)
            self.assertRegex(shown.out, r"account [0-9a-f]{8}: 0 open \(0 in places\), 0.078 within "
                                        r"24 hours, 0.078 within 31 days\n$")
            self.check_code(self.darkroom("run", jobs[1], "-o", "out/1"), 3)
            self.assertEqual(len(service.charged()), 5)
            self.check_paid(service, "out/0", "out/1")

    def test_what_a_run_pays_alone_is_entered_by_the_next_one(self):
        with self.service("--latency", "300ms", running=0, rate=0) as service:
            job = self.job(service.url, prompts(6), limits={"concurrency": 1}, ledger="sqlite")
            run = self.run_in("out/a", job)
            self.remove_file_at_work(service, run)
            alone = self.check_code(run.end(), 0)
            self.assertEqual(alone.err.count("goes on without the ledger"), 1)
            again = self.check_code(self.run_in("out/a", job).end(), 0)
            self.assertIn("the ledger was removed or replaced", again.err)
            self.assertAlmostEqual(self.spent(), 6 * PRICE)
            self.check_code(self.run_in("out/a", job).end(), 0)
            self.assertAlmostEqual(self.spent(), 6 * PRICE)
            self.check_paid(service, "out/a")

    def test_what_was_paid_without_the_ledger_counts_for_the_day(self):
        with self.service(running=0, rate=0) as service:
            alone = self.job(service.url, prompts(3), ledger="none")
            self.check_code(self.darkroom("run", alone, "-o", "out"), 0)
            capped = self.job(service.url, prompts(8), budget={"per_day": 5 * PRICE})
            self.check_code(self.darkroom("run", capped, "-o", "out"), 3)
            self.assertEqual(len(service.charged()), 5)
            free = self.check_code(self.darkroom("run", capped, "-o", "out", "--set",
                                                 "budget.per_day=null"), 0)
            self.assertNotIn("the budget is spent", free.err)
            self.check_paid(service, "out")

    def test_without_a_place_for_it_one_line_says_so(self):
        self.write("file", "")
        self.environment["XDG_STATE_HOME"] = self.path("file")
        with self.service(running=0, rate=0) as service:
            job = self.job(service.url, prompts(1), ledger="sqlite")
            ended = self.check_code(self.darkroom("run", job), 0)
            self.assertEqual(ended.err.count("no ledger: "), 1)


if __name__ == "__main__":
    unittest.main()
