"""Signals at every moment of a run, and two runs that want the same directory."""
import json
import os
import signal
import socket
import subprocess
import unittest

from stage import PATIENCE, PROGRAM, Ended, Service, Stage, prompts


class Signals(Stage):
    def start_long(self, service, *more):
        """Starts a run and waits until its first request is open."""
        self.job(service.url, prompts(3))
        running = self.start("run", "job.yaml", "--progress", "plain", *more)
        running.wait_for("stderr", "submitted")
        return running

    def test_each_stop_signal_ends_a_run_calmly(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number), Service(self, "--latency", "300ms") as service:
                name = f"out-{number}"
                running = self.start_long(service, "-o", name)
                running.signal(number)
                ended = self.check_code(running.end(), 7)
                self.assertIn("Stopping: nothing more is submitted", ended.err)
                paid = len(service.charged())
                again = self.check_code(
                    self.darkroom("run", "job.yaml", "-q", "--json", "-o", name), 0)
                self.assertEqual(again.summary()["paid"], 3 - paid)
                self.assertEqual(len(service.charged()), 3)

    def test_an_ignored_hangup_stays_ignored(self):
        with Service(self, "--latency", "300ms") as service:
            self.job(service.url, prompts(2))
            process = subprocess.Popen(
                [PROGRAM, "run", "job.yaml", "--progress", "plain"], cwd=self.directory,
                env=self.environment, stderr=subprocess.PIPE, restore_signals=False,
                preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
            with process.stderr:
                for line in process.stderr:
                    if b"submitted" in line:
                        process.send_signal(signal.SIGHUP)
                        break
                process.stderr.read()
            self.assertEqual(process.wait(PATIENCE), 0)

    def test_the_built_in_service_ends_at_a_hangup(self):
        service = Service(self)
        service.running.signal(signal.SIGHUP)
        self.check_code(service.running.end(), 0)

    def test_a_signal_before_the_run_begins_is_calm(self):
        """The token command blocks: the program has read its job file, and no run listens yet."""
        with Service(self) as service:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                with self.subTest(number):
                    fifo = f"token-{number}"
                    os.mkfifo(self.path(fifo))
                    self.job(service.url, prompts(1), service={"token": {"command": ["cat", fifo]}})
                    running = self.start("run", "job.yaml")
                    writer = os.open(self.path(fifo), os.O_WRONLY)  # once the command reads it
                    running.signal(number)
                    running.wait_for("stderr", "Stopped.")
                    os.close(writer)  # the command ends, too
                    ended = self.check_code(running.end(), 7)
                    self.assertIn("Stopped. This run has sent nothing.", ended.err)
            self.assertEqual(service.requests(), 0)


class Places(Stage):
    """A directory, a disk and an output that are not as they should be."""

    def in_a_removed_directory(self, *arguments):
        gone = self.path("gone")
        os.mkdir(gone)
        program = f'rmdir "{gone}" && exec "$0" "$@"'
        ended = subprocess.run(["sh", "-c", program, PROGRAM, *arguments], cwd=gone,
                               env=self.environment, capture_output=True, text=True, check=False)
        return self.check_code(Ended(ended.returncode, ended.stdout, ended.stderr),
                               ended.returncode)

    def test_a_working_directory_that_was_removed(self):
        job = self.path(self.job("local", prompts(1)))
        self.write("table.csv", "a,b\n1,2\n")
        for code, arguments in ((0, ("plan", job)), (0, ("run", job, "-n")), (0, ("run", job)),
                                (0, ("status", self.path("out/job"))),
                                (0, ("retry", self.path("out/job"), "-n")),
                                (0, ("validate", job)), (66, ("run", "job.yaml")),
                                (66, ("status", "out/job")), (74, ("run", job, "-o", "other")),
                                (74, ("init",)), (74, ("init", "--from", self.path("table.csv"))),
                                (74, ("run", job, "--log", "log.txt"))):
            ended = self.in_a_removed_directory(*arguments)
            self.assertEqual(ended.code, code, (arguments, ended))
        self.check_images(1)

    def test_a_limit_of_the_size_of_files_is_an_error_of_the_disk(self):
        with Service(self, "--image-size", "512") as service:
            job = self.job(service.url, prompts(2))
            program = 'ulimit -f 200 && exec "$0" "$@"'
            ended = subprocess.run(["sh", "-c", program, PROGRAM, "run", job, "-q"],
                                   cwd=self.directory, env=self.environment, capture_output=True,
                                   text=True, check=False)
            self.assertEqual(ended.returncode, 74, ended)
            self.check_code(self.darkroom("run", job, "-q"), 0)
            self.check_images(2)
            self.check_paid(service, "out/job")

    def test_a_summary_that_cannot_be_written_is_74_and_the_run_is_whole(self):
        job = self.job("local", prompts(1))
        with open("/dev/full", "wb") as full:
            ended = subprocess.run([PROGRAM, "run", job, "-q", "--json"], cwd=self.directory,
                                   env=self.environment, stdout=full, stderr=subprocess.PIPE,
                                   check=False)
        self.assertEqual(ended.returncode, 74, ended)
        self.assertIn(b"cannot write to standard output", ended.stderr)
        self.check_images(1)

    def test_a_recording_is_not_written_over_a_file(self):
        job = self.job("local", prompts(1))
        self.write("bug.jsonl", "mine")
        ended = self.check_code(self.darkroom("run", job, "--record", "bug.jsonl"), 64)
        self.assertIn("--record bug.jsonl: it exists; name another file", ended.err)
        with open(self.path("bug.jsonl"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "mine")


class Busy(Stage):
    def hold(self, service):
        """Starts a run that goes on until `let_go`, and returns it."""
        self.job(service.url, prompts(1))
        running = self.start("run", "job.yaml", "--progress", "plain")
        running.wait_for("stderr", "submitted")
        return running

    def test_the_holder_is_named_with_its_host(self):
        with Service(self, "--latency", "60s") as service:
            held = self.hold(service)
            ended = self.check_code(self.darkroom("run", "job.yaml", "-q"), 6)
            self.assertIn(f"process {held.process.pid} on {socket.gethostname()} works on it",
                          ended.err)
            with open(self.path("out/job/run.lock"), encoding="utf-8") as file:
                self.assertEqual(file.read(), f"{held.process.pid} {socket.gethostname()}\n")

    def test_a_busy_directory_can_be_passed_over(self):
        with Service(self, "--latency", "60s") as service:
            self.hold(service)
            ended = self.check_code(
                self.darkroom("run", "job.yaml", "-q", "--if-busy", "skip"), 0)
            self.assertIn("the run directory is in use; left out", ended.err)
            self.assertEqual(len(service.charged()), 0)

    def test_a_busy_directory_can_be_waited_for(self):
        with Service(self, "--latency", "2s") as service:
            held = self.hold(service)
            waiting = self.start("run", "job.yaml", "-q", "--json", "--if-busy", "wait=5m")
            waiting.wait_for("stderr", "this run begins afterwards, or ends in 5m")
            self.check_code(held.end(), 0)
            ended = self.check_code(waiting.end(), 0)
            self.assertEqual(json.loads(ended.out)["paid"], 0)
            self.assertEqual(len(service.charged()), 1)

    def test_a_wait_has_an_end(self):
        with Service(self, "--latency", "60s") as service:
            self.hold(service)
            self.check_code(self.darkroom("run", "job.yaml", "-q", "--if-busy", "wait=1s"), 6)

    def test_a_wrong_word_is_refused(self):
        self.job("local", prompts(1))
        for word in ("later", "wait=", "wait=soon"):
            ended = self.check_code(self.darkroom("run", "job.yaml", "--if-busy", word), 64)
            self.assertIn("use fail, skip, wait or a time", ended.err)


if __name__ == "__main__":
    unittest.main()
