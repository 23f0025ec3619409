"""Hooks: what happens when a run has ended, and that it changes nothing of the run."""
import ctypes
import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import time
import unittest

from hook import Hook
from stage import PATIENCE, PROGRAM, Service, Stage, prompts

REFUSED = {"on": "imagine", "prompt": "car 0", "do": "fail", "code": "bad_request",
           "message": "banned word"}
SECRET = "the-secret-of-the-hook"


def shell(script, *arguments):
    """Returns a command that keeps what it gets."""
    return ["sh", "-c", script, "sh", *arguments]


def forbid_pidfd_open():
    """Lets the calls of pidfd_open fail with EPERM, as the sandbox of a container may."""
    class Filter(ctypes.Structure):
        _fields_ = [("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte),
                    ("value", ctypes.c_uint)]

    class Program(ctypes.Structure):
        _fields_ = [("size", ctypes.c_ushort), ("filters", ctypes.POINTER(Filter))]

    pidfd_open, no_new_privileges, set_seccomp, by_filter = 434, 38, 22, 2
    filters = (Filter * 4)((0x20, 0, 0, 0), (0x15, 0, 1, pidfd_open), (0x06, 0, 0, 0x00050001),
                           (0x06, 0, 0, 0x7fff0000))
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(no_new_privileges, 1, 0, 0, 0)
    assert library.prctl(set_seccomp, by_filter, ctypes.byref(Program(4, filters)), 0, 0) == 0


class HookStage(Stage):
    def read(self, *names):
        with open(self.path(*names), encoding="utf-8") as file:
            return file.read()

    def exists(self, name):
        return os.path.exists(self.path(name))

    def run_with(self, hooks, code=0, arguments=(), faults=()):
        with Service(self, faults=faults) as service:
            job = self.job(service.url, prompts(2), hooks=hooks)
            return self.check_code(self.darkroom("run", job, *arguments), code)


class Commands(HookStage):
    def test_a_command_gets_the_summary_and_the_run_keeps_its_exit_code(self):
        script = ('cat > got.json; printf "%s\\n" "$@" > arguments; env > environment; '
                  'pwd > where; echo to-stdout; echo to-stderr >&2; exit 3')
        self.environment["OTHER"] = "other"
        ended = self.run_with({"on_finish": shell(script, "a b", "$HOME;")},
                              arguments=("--json", "--log", "log.txt"))
        self.assertEqual(self.read("got.json"), ended.out)
        self.assertEqual(len(ended.out.splitlines()), 1)
        self.assertEqual(ended.summary()["exit"], 0)
        self.assertEqual(self.read("arguments"), "a b\n$HOME;\n")
        self.assertEqual(os.path.realpath(self.read("where").strip()),
                         os.path.realpath(self.directory))
        variables = self.read("environment").splitlines()
        self.assertIn("OTHER=other", variables)
        self.assertFalse([line for line in variables if line.startswith("TOKEN=")], variables)
        self.assertIn("to-stdout", ended.err)
        self.assertIn("to-stderr", ended.err)
        warning = "warning: hooks.on_finish: 'sh' ended with exit code 3"
        self.assertEqual(ended.err.count(warning), 1, ended)
        self.assertIn(warning, self.read("log.txt"))

    def test_a_failure_has_a_hook_of_its_own(self):
        hooks = {"on_finish": shell("cat > finish.json"),
                 "on_failure": {"command": shell("cat > failure.json"), "deadline": "1m"}}
        ended = self.run_with(hooks)
        self.assertNotIn("warning", ended.err)
        self.assertTrue(self.exists("finish.json"))
        self.assertFalse(self.exists("failure.json"))
        os.unlink(self.path("finish.json"))
        self.run_with(hooks, 2, ("-o", "other"), [REFUSED])
        for name in ("finish.json", "failure.json"):
            self.assertEqual(json.loads(self.read(name))["exit"], 2, name)

    def test_a_retry_has_hooks(self):
        with Service(self, faults=[{**REFUSED, "count": 1}]) as service:
            job = self.job(service.url, prompts(2), hooks={"on_finish": shell("cat >> all")})
            self.check_code(self.darkroom("run", job), 2)
            self.check_code(self.darkroom("retry", "out/job", "--class", "rejected"), 0)
        exits = [json.loads(line)["exit"] for line in self.read("all").splitlines()]
        self.assertEqual(exits, [2, 0])

    def wait_until_gone(self, process):
        """Waits until no program has this number; one that nobody has waited for is gone, too."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                state = self.read(f"/proc/{process}/stat").rpartition(")")[2].split()[0]
            except FileNotFoundError:
                return
            if state == "Z":
                return
            os.sched_yield()
        self.fail(f"{process} is still at work")

    def test_a_deadline_ends_a_command_with_its_children(self):
        for word in ("", "trap '' TERM; "):
            script = f'{word}sleep 1000 & echo $! > child; echo $$ > own; wait; wait'
            ended = self.run_with({"on_finish": {"command": shell(script), "deadline": "2s"}},
                                  arguments=("-o", "deaf" if word else "good"))
            self.assertIn("hooks.on_finish: 'sh' took longer than 2s", ended.err)
            for name in ("child", "own"):
                self.wait_until_gone(int(self.read(name)))

    def test_where_pidfd_open_is_forbidden_it_still_waits_without_spinning(self):
        with Service(self) as service:
            for hook, words in ((shell("sleep 2; cat > kept"), ""),
                                ({"command": ["sleep", "60"], "deadline": "1500ms"},
                                 "took longer than 1500ms")):
                job = self.job(service.url, prompts(2), hooks={"on_finish": hook})
                with open(self.path("said"), "w+", encoding="utf-8") as said:
                    process = subprocess.Popen(
                        [PROGRAM, "run", job], cwd=self.directory, env=self.environment,
                        stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                        preexec_fn=forbid_pidfd_open)
                    _, status, used = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
                self.assertEqual(process.returncode, 0)
                self.assertIn(words, self.read("said"))
                self.assertLess(used.ru_utime + used.ru_stime, 1)
            self.assertIn('"exit":0', self.read("kept"))

    def test_a_command_that_cannot_be_run_is_refused_before_anything_is_paid(self):
        self.write("plain.sh", "#!/bin/sh\n")
        self.environment["PATH"] = f"{self.directory}:{self.environment['PATH']}"
        os.mkdir(self.path("folder"))
        cases = (("no-such-program", "no program 'no-such-program' in PATH"),
                 ("./plain.sh", "'./plain.sh' cannot be executed"),
                 ("plain.sh", "no program 'plain.sh' in PATH"),
                 ("folder", "no program 'folder' in PATH"),
                 ("./none", "no program './none'"))
        with Service(self) as service:
            for name, words in cases:
                for key in ("on_finish", "on_failure"):
                    job = self.job(service.url, prompts(2), hooks={key: [name, "x"]})
                    ended = self.check_code(self.darkroom("run", job, "--json"), 66)
                    self.assertRegex(ended.err, rf"(?m)^\S*/job\.yaml:1:\d+: error: hooks\.{key}: ")
                    self.assertIn(words, ended.err)
                    error, = ended.summary()["errors"]
                    self.assertIn(words, error["message"])
                    self.assertEqual(error["line"], 1)
            self.assertEqual(service.requests(), 0)
        self.assertFalse(self.exists("out"))

    def test_a_run_that_is_interrupted_or_never_begins_has_no_hooks(self):
        hooks = {key: shell("touch ran") for key in ("on_finish", "on_failure")}
        with Service(self, "--latency", "300ms") as service:
            job = self.job(service.url, prompts(3), hooks=hooks)
            self.check_code(self.darkroom("run", job, "-n"), 0)
            self.check_code(self.darkroom("plan", job), 0)
            running = self.start("run", job, "--progress", "plain")
            running.wait_for("stderr", "submitted")
            self.check_code(self.darkroom("run", job), 6)
            self.check_code(self.darkroom("run", job, "--if-busy", "skip"), 0)
            running.signal(signal.SIGTERM)
            self.check_code(running.end(), 7)
            self.check_code(self.darkroom("run", job, "--token-file", "none"), 66)
            self.assertFalse(self.exists("ran"))
            self.check_code(self.darkroom("run", job), 0)
            self.assertTrue(self.exists("ran"))

    def test_the_directory_of_a_run_is_free_for_its_hook(self):
        script = (f'{PROGRAM} status out/job --json > status.json && '
                  f'{PROGRAM} export out/job --to csv -o rows.csv')
        ended = self.run_with({"on_finish": shell(script)})
        self.assertNotIn("warning", ended.err)
        self.assertNotIn("rows.csv", ended.out)
        status = json.loads(self.read("status.json"))
        self.assertIsNone(status["running"])
        self.assertEqual(status["ended"]["exit"], 0)
        self.assertEqual(len(self.read("rows.csv").splitlines()), 3)

    def test_ctrl_c_ends_the_hook_and_the_run_keeps_its_exit_code(self):
        script = "echo $$ > own; echo started >&2; sleep 1000"
        hooks = {"on_finish": shell(script), "on_failure": shell("touch ran")}
        with Service(self, faults=[REFUSED]) as service:
            os.rename(self.path(self.job(service.url, prompts(2), name="a", hooks=hooks)),
                      self.path("a.yaml"))
            self.job(service.url, prompts(2), name="b")
            running = self.start("run", "a.yaml")
            running.wait_for("stderr", "started")
            running.signal()
            ended = self.check_code(running.end(), 2)
            self.assertIn("hooks.on_finish: 'sh' was stopped together with darkroom", ended.err)
            self.assertIn("hooks.on_failure was left out", ended.err)
            self.wait_until_gone(int(self.read("own")))
            running = self.start("run", "a.yaml", "job.yaml")
            running.wait_for("stderr", "started")
            running.signal()
            self.check_code(running.end(), 7)
        self.assertFalse(self.exists("ran"))
        self.assertFalse(self.exists("out/b"))

    def test_standard_error_stays_json_lines_with_the_end_as_the_last(self):
        ended = self.run_with({"on_finish": shell("echo some words; exit 4")},
                              arguments=("--progress", "json", "--log", "log.jsonl",
                                         "--log-format", "json"))
        for lines in (ended.err.splitlines(), self.read("log.jsonl").splitlines()):
            events = [json.loads(line) for line in lines]
            self.assertEqual([event["event"] for event in events].count("end"), 1)
            self.assertEqual(events[-1]["event"], "end")
            warned = [event["message"] for event in events if event["event"] == "warning"]
            self.assertEqual(warned, ["hooks.on_finish: 'sh' ended with exit code 4"])
        self.assertIn("'sh': some words", ended.err)

    def test_the_users_own_settings_have_hooks_and_a_job_has_the_last_word(self):
        os.makedirs(self.path(".config", "darkroom"))
        self.write(".config/darkroom/config.yaml", json.dumps(
            {"hooks": {"on_finish": shell("touch own"), "on_failure": shell("touch failure")}}))
        self.run_with({"on_finish": shell("touch jobs")}, 2, faults=[REFUSED])
        self.assertFalse(self.exists("own"))
        self.assertTrue(self.exists("jobs"))
        self.assertTrue(self.exists("failure"))


class Webhooks(HookStage):
    def setUp(self):
        super().setUp()
        self.environment["HOOK_SECRET"] = SECRET

    def hooks_at(self, url, **more):
        return {"on_finish": {"url": url, **more}}

    def test_a_webhook_gets_the_summary_with_a_signature(self):
        self.write("secret", SECRET + "\n", 0o600)
        for source in ({"env": "HOOK_SECRET"}, {"file": "secret"}, {"command": ["echo", SECRET]}):
            with Hook(204) as hook:
                ended = self.run_with(self.hooks_at(hook.url, secret=source),
                                      arguments=("--json",))
            (headers, body), = hook.posts
            self.assertEqual(body.decode() + "\n", ended.out)
            self.assertEqual(headers["content-type"], "application/json")
            self.assertTrue(headers["user-agent"].startswith("darkroom/"), headers)
            expected = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
            self.assertEqual(headers["x-darkroom-signature"], "sha256=" + expected)
            self.assertNotIn("authorization", headers)
            self.assertNotIn("warning", ended.err)
        os.chmod(self.path("secret"), 0o644)
        with Hook(204) as hook:
            ended = self.run_with(self.hooks_at(hook.url, secret={"file": "secret"}))
        self.assertEqual(ended.err.count("other users can read the secret file"), 1, ended)

    def test_a_webhook_without_a_secret_has_no_signature(self):
        with Hook(200) as hook:
            self.run_with(self.hooks_at(hook.url))
        self.assertNotIn("x-darkroom-signature", hook.posts[0][0])

    def test_what_may_be_a_moment_only_is_tried_three_times(self):
        for statuses, tries, words in (((500, 200), 2, None), ((429, 502, 200), 3, None),
                                       ((503,), 3, "it answered 503"),
                                       ((404,), 1, "it answered 404")):
            with self.subTest(statuses), Hook(*statuses) as hook:
                ended = self.run_with(self.hooks_at(hook.url + "/path-that-is-secret"))
                self.assertEqual(len(hook.posts), tries)
                self.assertEqual(len({body for _, body in hook.posts}), 1)
            self.assertEqual("warning: hooks.on_finish: " in ended.err, words is not None, ended)
            self.assertIn(words or "", ended.err)
            self.assertNotIn("path-that-is-secret", ended.err)

    def test_a_listener_that_asks_for_time_gets_it_within_the_deadline(self):
        for status in (429, 503):
            with Hook(status, 204, retry_after="2") as hook:
                ended = self.run_with(self.hooks_at(hook.url))
            self.assertNotIn("warning", ended.err)
            self.assertGreater(hook.times[1] - hook.times[0], 1.9)
        with Hook(503, 204, retry_after="3600") as hook:
            begun = time.monotonic()
            ended = self.run_with(self.hooks_at(hook.url, deadline="20s"))
            self.assertLess(time.monotonic() - begun, 15)
        self.assertEqual(len(hook.posts), 1)
        self.assertIn("it answered 503, and is not to be asked again for 1h", ended.err)
        with Hook(500, 204, retry_after="3600") as hook:  # nobody says that of a 500
            self.assertNotIn("warning", self.run_with(self.hooks_at(hook.url)).err)

    def test_a_redirect_is_not_followed(self):
        with Hook(200) as other, Hook(307, location=other.url) as hook:
            ended = self.run_with(self.hooks_at(hook.url))
        self.assertEqual((len(hook.posts), len(other.posts)), (1, 0))
        self.assertIn("it answered 307, and redirects are not followed", ended.err)

    def test_a_listener_that_is_silent_or_gone_is_a_warning(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
            ended = self.run_with(self.hooks_at(url, deadline="400ms"))
            self.assertIn("has not taken the summary: not within 400ms", ended.err)
        ended = self.run_with(self.hooks_at(url))
        self.assertIn("warning: hooks.on_finish: ", ended.err)
        self.assertIn("refused", ended.err)

    def test_a_secret_is_in_no_file_and_no_output(self):
        with Hook(500) as hook:
            ended = self.run_with(
                self.hooks_at(hook.url, secret={"env": "HOOK_SECRET"}),
                arguments=("--json", "-v", "--log", "log.txt", "--keep-exchanges", "9"))
            self.check_code(self.darkroom("report", "out/job", "-o", "report.json"), 0)
        self.assertEqual(len(hook.posts), 3)
        self.assertNotIn(SECRET, ended.out + ended.err)
        seen = 0
        for folder, _, files in os.walk(self.directory):
            for name in files:
                with open(os.path.join(folder, name), "rb") as file:
                    self.assertNotIn(SECRET.encode(), file.read(), name)
                seen += 1
        self.assertGreater(seen, 5)

    def test_a_bug_report_hides_secrets_and_addresses_of_hooks(self):
        with Hook(200) as hook, Service(self) as service:
            url = hook.url + "/services/T0/B0"
            job = self.job(service.url, [{"prompt": f"a cat with {SECRET}"}],
                           hooks=self.hooks_at(url, secret={"env": "HOOK_SECRET"}))
            self.check_code(self.darkroom("run", job), 0)
            self.check_code(self.darkroom("report", "out/job", "-o", "report.json"), 0)
        report = self.read("report.json")
        self.assertIn("a cat with TOKEN", report)
        self.assertNotIn(SECRET, report)
        self.assertNotIn("/services/T0/B0", report)

    def test_a_secret_that_cannot_be_read_is_refused_before_anything_is_paid(self):
        del self.environment["HOOK_SECRET"]
        self.write("empty", "")
        with Hook(200) as hook, Service(self) as service:
            for secret, words in (({"env": "HOOK_SECRET"}, "HOOK_SECRET is not set; set it\n"),
                                  ({"file": "none"}, "the secret cannot be read"),
                                  ({"file": "empty"}, "is empty: it must hold the secret"),
                                  ({"command": ["false"]}, "ended with exit code 1")):
                job = self.job(service.url, prompts(1),
                               hooks=self.hooks_at(hook.url, secret=secret))
                ended = self.check_code(self.darkroom("run", job), 66)
                self.assertRegex(ended.err, r"(?m)^\S*/job\.yaml:1:\d+: error: hooks\.on_finish: ")
                self.assertIn(words, ended.err)
            self.assertEqual(service.requests(), 0)
        self.assertEqual(hook.posts, [])
        self.assertFalse(self.exists("out"))


class Strangers(HookStage):
    """A run directory may come from somebody else."""

    def test_a_kept_text_runs_no_hook_without_a_word(self):
        self.job("local", [{"prompt": "a cat"}],
                 hooks={"on_finish": shell("touch ran"),
                        "on_failure": {"url": "http://127.0.0.1:9/", "secret": {"env": "TOKEN"}}})
        self.check_code(self.darkroom("run", "job.yaml"), 0)
        os.unlink(self.path("ran"))
        os.unlink(self.path("job.yaml"))
        ended = self.check_code(self.darkroom("retry", "out/job"), 64)
        self.assertIn("at the end it runs the command: sh -c touch ran", ended.err)
        self.assertIn("after a failure the summary goes to http://127.0.0.1:9/, signed with the "
                      "environment variable TOKEN", ended.err)
        self.assertIn("--trust", ended.err)
        self.assertFalse(self.exists("ran"))
        self.check_code(self.darkroom("retry", "out/job", "--trust"), 0)
        self.assertTrue(self.exists("ran"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
