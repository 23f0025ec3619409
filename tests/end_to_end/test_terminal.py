"""The output of a run, for people and for other programs."""
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import termios
import time
import unittest

from stage import PATIENCE, PROGRAM, Service, Stage, prompts


class Forms(Stage):
    def setUp(self):
        super().setUp()
        self.file = self.job("local", prompts(2))

    def test_off_a_terminal_there_is_a_line_an_event_and_no_escape(self):
        ended = self.check_code(self.darkroom("run", self.file), 0)
        self.assertEqual(ended.out, "")
        self.assertNotIn("\x1b", ended.err)
        for word in ("submitted", "accepted", "finished", "saved", "manifest.jsonl"):
            self.assertIn(word, ended.err)

    def test_the_closing_words_name_the_directory_with_the_pictures(self):
        for layout, named in (("pics/{job}/{key}", "out/job/pics"), ("{job}/{key}", "out/job")):
            file = self.job("local", prompts(1), output={"layout": layout})
            ended = self.check_code(self.darkroom("run", file), 0)
            self.assertRegex(ended.err, rf"Pictures  {named}\n")
            shutil.rmtree(self.path("out"))

    def test_json_progress_is_an_object_a_line(self):
        ended = self.check_code(self.darkroom("run", self.file, "--progress", "json"), 0)
        events = [json.loads(line) for line in ended.err.splitlines()]
        kinds = {event["event"] for event in events}
        self.assertLessEqual({"start", "submitted", "accepted", "finished", "image_saved",
                              "note"}, kinds)
        self.assertTrue(all("at" in event for event in events))

    def test_quiet_and_none_say_nothing_when_all_is_well(self):
        for flags in (["-q"], ["--progress", "none"]):
            ended = self.check_code(self.darkroom("run", self.file, "-o", flags[-1], *flags), 0)
            self.assertEqual((ended.out, ended.err), ("", ""))

    def test_warnings_of_the_job_file_keep_to_the_form(self):
        odd = [{"id": "p", "prompt": "a boat --ar 3:2 --ar 3:2"}]
        file = self.job("local", odd)
        for first, more in (("run", (file,)), ("retry", ("out/job",))):
            for flags in (["-q"], ["--progress", "none"]):
                self.assertEqual(self.check_code(self.darkroom(first, *more, *flags), 0).err, "")
            ended = self.check_code(self.darkroom(first, *more, "--progress", "json"), 0)
            events = [json.loads(line) for line in ended.err.splitlines()]
            [warning] = [one for one in events if one["event"] == "warning"]
            self.assertIn("is given twice", warning["message"])
            self.assertEqual((warning["file"], warning["line"]), (self.path("job.yaml"), 1))
            self.assertIn("is given twice", self.check_code(self.darkroom(first, *more), 0).err)
        self.job("local", [{"id": "p", "promt": "a boat"}])
        for flags in (["-q"], ["--progress", "none"]):
            ended = self.check_code(self.darkroom("run", file, *flags), 65)
            self.assertIn("did you mean 'prompt'?", ended.err)

    def test_colour_can_be_forced_and_refused(self):
        self.environment["FORCE_COLOR"] = "1"
        self.assertIn("\x1b[3", self.darkroom("run", self.file, "-o", "a").err)
        self.assertNotIn("\x1b", self.darkroom("run", self.file, "-o", "b", "--no-color").err)

    def test_a_log_has_every_event_whatever_the_terminal_shows(self):
        self.check_code(self.darkroom("run", self.file, "-q", "--log", "run.log"), 0)
        with open(self.path("run.log"), encoding="utf-8") as file:
            log = file.read()
        self.assertEqual(log.count("  saved  "), 2, log)

    def test_a_log_may_have_an_object_a_line_and_be_rotated(self):
        with Service(self, "--latency", "300ms") as service:
            self.job(service.url, prompts(12), limits={"concurrency": 1})
            run = self.start("run", "job.yaml", "--log", "run.log", "--log-format", "json",
                             "--progress", "plain")
            run.wait_for("stderr", "finished")
            os.rename(self.path("run.log"), self.path("run.log.1"))
            run.process.send_signal(signal.SIGUSR1)
            self.check_code(run.end(), 0)
        first, second = self.lines("run.log.1"), self.lines("run.log")
        self.assertEqual(first[0]["event"], "start")
        self.assertGreater(len(second), 10)
        finished = [one for one in first + second if one["event"] == "finished"]
        self.assertEqual(len({one["step"] for one in finished}), 12)
        self.assertTrue(all(one["task_id"] for one in finished))
        self.assertIn("trace_id", finished[0])

    def test_the_signal_of_a_log_ends_nothing(self):
        self.check_code(self.darkroom("run", self.file, "--log-format", "json"), 64)
        os.mkfifo(self.path("pipe"))
        with Service(self, "--latency", "300ms") as service:
            self.job(service.url, prompts(12), limits={"concurrency": 1})
            reader = os.open(self.path("pipe"), os.O_RDONLY | os.O_NONBLOCK)
            run = self.start("run", "job.yaml", "--log", "pipe", "--progress", "plain")
            run.wait_for("stderr", "finished")
            waiting = self.start("run", "job.yaml", "--log", "run.log", "--if-busy", "wait")
            self.await_log(waiting)
            waiting.process.send_signal(signal.SIGUSR1)
            waiting.process.send_signal(signal.SIGTERM)
            self.check_code(waiting.end(), 7)
            os.close(reader)  # to wait for another one would hold the run up
            for _ in range(3):
                run.process.send_signal(signal.SIGUSR1)
            ended = self.check_code(run.end(), 0)
            self.assertIn("warning: the log ends early", ended.err)

    def await_log(self, run):
        """Waits until the program ignores the signal: before that it has not read its options."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with open(f"/proc/{run.process.pid}/status", encoding="utf-8") as status:
                ignored = int(re.search(r"SigIgn:\s*([0-9a-f]+)", status.read())[1], 16)
            if ignored >> (signal.SIGUSR1 - 1) & 1:
                return
            time.sleep(0.01)
        self.fail("the signal is not ignored")

    def test_a_log_that_cannot_be_written_is_reported_and_stops_nothing(self):
        ended = self.check_code(self.darkroom("run", self.file, "-q", "--log", "/dev/full"), 0)
        self.assertIn("warning: the log ends early: cannot write '/dev/full': No space left",
                      ended.err)
        self.assertEqual(ended.err.count("\n"), 1, ended.err)
        self.check_images(2)

    def test_a_reader_that_goes_away_does_not_stop_the_run(self):
        read, write = os.pipe()
        os.close(read)
        process = subprocess.Popen([PROGRAM, "run", self.file], cwd=self.directory,
                                   env=self.environment, stderr=write, stdout=subprocess.DEVNULL)
        os.close(write)
        self.assertEqual(process.wait(PATIENCE), 0)
        self.check_images(2)


class Results(Stage):
    """Standard output and its readers."""

    def setUp(self):
        super().setUp()
        self.file = self.job("local", prompts(2))

    def start_with_output(self, output, *arguments):
        process = subprocess.Popen([PROGRAM, *arguments], cwd=self.directory, stdout=output,
                                   env=self.environment, stderr=subprocess.PIPE)
        os.close(output)
        return process

    def test_a_listing_whose_reader_goes_away_ends_without_a_word(self):
        read, write = os.pipe()
        os.close(read)
        process = self.start_with_output(write, "plan", self.file, "--list")
        self.assertEqual(process.communicate(timeout=PATIENCE)[1], b"")
        self.assertEqual(process.returncode, 141)

    def test_a_run_without_a_reader_continues_and_keeps_its_exit_code(self):
        read, write = os.pipe()
        os.close(read)
        process = self.start_with_output(write, "run", self.file, "-q", "--json")
        self.assertEqual(process.communicate(timeout=PATIENCE)[1], b"")
        self.assertEqual(process.returncode, 0)
        self.check_images(2)

    def test_a_full_disk_behind_standard_output_is_an_error(self):
        process = self.start_with_output(os.open("/dev/full", os.O_WRONLY), "plan", self.file)
        self.assertIn(b"cannot write to standard output", process.communicate(timeout=PATIENCE)[1])
        self.assertEqual(process.returncode, 74)

    def test_a_reader_that_is_slower_than_a_non_blocking_pipe_gets_everything(self):
        read, write = os.pipe()
        os.set_blocking(write, False)
        full = fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
        process = self.start_with_output(write, "schema")
        deadline = time.monotonic() + PATIENCE
        held = 0
        while held < full and process.poll() is None and time.monotonic() < deadline:
            held = struct.unpack("i", fcntl.ioctl(read, termios.FIONREAD, bytes(4)))[0]
        with os.fdopen(read, "rb") as pipe:
            printed = pipe.read()
        self.assertEqual(process.communicate(timeout=PATIENCE)[1], b"")
        self.assertEqual(process.returncode, 0)
        self.assertEqual(printed.decode(), self.darkroom("schema").out)

    def test_a_dry_run_is_a_plan_in_json_too(self):
        def lasting(text):  # other processes write on the same disk
            return re.sub(r'"free":\d+| of [^,\n]* free', "", text)

        for flags in ([], ["--json"]):
            ended = self.check_code(self.darkroom("run", self.file, "-n", *flags), 0)
            plan = self.darkroom("plan", self.file, *flags)
            self.assertEqual(lasting(ended.out), lasting(plan.out))
        self.assertEqual(json.loads(ended.out)["items"], 2)


class Terminal(Stage):
    def test_on_a_terminal_bars_are_drawn_and_the_cursor_comes_back(self):
        file = self.job("local", prompts(2))
        self.environment["TERM"] = "xterm-256color"
        process_id, terminal = pty.fork()
        if process_id == 0:
            os.chdir(self.directory)
            os.execve(PROGRAM, [PROGRAM, "run", file], self.environment)
        shown = self.read_all(terminal)
        _, status = os.waitpid(process_id, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0, shown)
        self.assertIn("█", shown)
        self.assertIn("2/2", shown)
        self.assertIn("manifest.jsonl", shown)
        self.assertEqual(shown.count("\x1b[?25l"), 1)
        self.assertGreater(shown.rindex("\x1b[?25h"), shown.rindex("\x1b[?25l"))

    def run_at_a_terminal(self, *arguments, stdin=None, typed=""):
        """Standard error is a terminal; so is standard input, unless it is given."""
        ours, theirs = pty.openpty()
        self.environment["TERM"] = "xterm-256color"
        process = subprocess.Popen([PROGRAM, "run", *arguments], cwd=self.directory,
                                   env=self.environment, stdout=subprocess.DEVNULL, stderr=theirs,
                                   stdin=theirs if stdin is None else subprocess.PIPE)
        os.close(theirs)
        if stdin is None:
            os.write(ours, typed.encode())
        else:
            process.stdin.write(stdin.encode())
            process.stdin.close()
        shown = self.read_all(ours)
        return process.wait(PATIENCE), shown

    def test_a_person_is_asked_once_before_anything_is_paid(self):
        with Service(self) as service:
            file = self.job(service.url, prompts(2))
            for typed in ("n\n", "\x04"):
                code, shown = self.run_at_a_terminal(file, typed=typed)
                self.assertEqual(code, 7, shown)
                self.assertIn("job: 2 generations, 0.052 USD. Go on? [y/N]", shown)
                self.assertIn("--yes asks no question", shown)
            self.assertEqual(service.charged(), set())
            code, shown = self.run_at_a_terminal(file, "--progress", "json", typed="n\n")
            events = [json.loads(line) for line in shown.splitlines() if line.startswith("{")]
            self.assertEqual([one["event"] for one in events], ["question", "error", "end"])
            self.assertEqual(code, 7)
            code, shown = self.run_at_a_terminal(file, typed="y\n")
            self.assertEqual(code, 0, shown)
            self.check_paid(service, "out/job")
            code, shown = self.run_at_a_terminal(file)  # everything is paid
            self.assertEqual(code, 0, shown)
            self.assertNotIn("Go on?", shown)
            code, shown = self.run_at_a_terminal(self.job(service.url, prompts(3)), typed="n\n")
            self.assertEqual(code, 7, shown)
            self.assertEqual(len(service.charged()), 2)

    def test_there_is_no_question_about_actions_that_are_not_offered_or_not_picked(self):
        then = ["upscale*", {"pick": {"from": "variation*", "count": 1}}]
        with Service(self) as service:
            file = self.job(service.url, [{"id": "t", "prompt": "a cat", "then": then}])
            code, shown = self.run_at_a_terminal(file, typed="y\n")
            self.assertEqual(code, 0, shown)
            self.assertIn("Go on?", shown)
            charged = len(service.charged())
            self.assertGreater(charged, 1)
            code, shown = self.run_at_a_terminal(file)
            self.assertEqual(code, 0, shown)
            self.assertNotIn("Go on?", shown)
            self.check_code(self.darkroom("pick", "out/job", "--set", "t/0=variation2"), 0)
            code, shown = self.run_at_a_terminal(file, typed="n\n")
            self.assertEqual(code, 7, shown)
            self.assertEqual(len(service.charged()), charged)

    def test_nobody_is_asked_whose_input_is_taken_by_something_else(self):
        with Service(self) as service:
            code, shown = self.run_at_a_terminal(self.job(service.url, prompts(2)), stdin="")
            self.assertEqual(code, 0, shown)
            self.assertNotIn("Go on?", shown)
            file = self.job(service.url, [{"id": "t", "prompts": {"file": "-", "format": "txt"}}])
            code, shown = self.run_at_a_terminal(file, "-o", "table", stdin="a cat\n")
            self.assertEqual(code, 0, shown)
            self.check_images(1, "table")

    @staticmethod
    def read_all(terminal):
        deadline = time.monotonic() + PATIENCE
        shown = b""
        while select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0]:
            try:
                piece = os.read(terminal, 65536)
            except OSError:  # EIO: the other side is closed
                break
            if not piece:
                break
            shown += piece
        os.close(terminal)
        return shown.decode()


class StartUp(Stage):
    def test_the_version_is_there_at_once(self):
        self.darkroom("--version")  # into the page cache
        times = []
        for _ in range(5):
            begun = time.monotonic()
            ended = self.darkroom("--version")
            times.append(time.monotonic() - begun)
        self.assertRegex(ended.out, r"^darkroom \d+\.\d+\.\d+\n$")
        self.assertEqual(ended.code, 0)
        if "DARKROOM_SANITIZED" not in os.environ:
            self.assertLess(min(times), 0.05)


if __name__ == "__main__":
    unittest.main(verbosity=2)
