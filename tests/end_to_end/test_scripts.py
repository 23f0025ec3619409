"""What scripts read: JSON at every exit, nothing else beside it, all of it as its schema says."""
import fcntl
import json
import os
import re
import resource
import signal
import subprocess
import unittest

from stage import PATIENCE, PROGRAM, SLOWNESS, SOURCE, Ended, Service, Stage, prompts

NODE_MODULES = os.path.join(SOURCE, "build", "npm", "node_modules")
SCHEMAS = ("events", "summary", "status", "manifest")
REFUSED = {"do": "status", "status": 400,
           "body": json.dumps({"error": {"code": "bad_request", "message": "banned word"}})}
USED_UP = {"do": "status", "status": 403,
           "body": json.dumps({"error": {"code": "used_up", "message": "no credit is left"}})}
SAMPLE = "http://samples.darkroom.invalid/road.png"


def objects(text):
    """Returns the objects of a text that holds one a line, and nothing else."""
    found = [json.loads(line) for line in text.splitlines()]
    assert all(isinstance(one, dict) for one in found), text
    return found


class Scripts(Stage):
    """Each object that a test looks at is kept, and judged by its schema in the end."""

    def setUp(self):
        super().setUp()
        self.seen = []

    def schema(self, name):
        return json.loads(self.darkroom("schema", "--of", name).out)

    def keep(self, schema, *values):
        self.seen += [(schema, value) for value in values]

    def judge(self):
        """Checks all that was kept by the shipped schemas, with an independent validator."""
        judge = os.path.join(SOURCE, "tests", "schema", "judge_lines.mjs")
        names = {name for name, _ in self.seen}
        ended = subprocess.run(
            ["node", judge, NODE_MODULES], capture_output=True, text=True, timeout=PATIENCE,
            input=json.dumps({"schemas": {name: self.schema(name) for name in names},
                              "values": self.seen}), check=False)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        for (name, value), wrong in zip(self.seen, json.loads(ended.stdout)):
            self.assertIsNone(wrong, f"{name}: {value}")

    def check_events(self, ended, code, reason):
        """Checks that standard error is JSON lines whose last one says how it ended."""
        self.assertEqual(ended.code, code, ended)
        events = objects(ended.err)
        self.keep("events", *events)
        self.assertEqual([(events[-1]["event"], events[-1]["exit"], events[-1]["reason"])],
                         [("end", code, reason)], ended)
        self.assertEqual([one["event"] for one in events].count("end"), 1, ended)
        return events

    def check_object(self, ended, code, schema="summary"):
        """Checks that standard output is one object."""
        self.assertEqual(ended.code, code, ended)
        found = objects(ended.out)
        self.assertEqual(len(found), 1, ended)
        self.assertEqual(found[0]["exit"], code, ended)
        if schema:
            self.keep(schema, *found)
        return found[0]

    def both(self, code, reason, *arguments, prepare=lambda: None, start=None):
        """Runs a command for each promise, and returns the object and the events."""
        start = start or (lambda *words: self.darkroom(*words))
        prepare()
        alone = self.check_object(start(*arguments, "--json"), code)
        prepare()
        ended = start(*arguments, "--json", "--progress", "json")
        events = self.check_events(ended, code, reason)
        self.assertEqual(self.check_object(ended, code).keys(), alone.keys())
        return alone, events


class Exits(Scripts):
    """A row for each documented exit code."""

    def fresh(self, number=iter(range(1000))):
        """Returns the name of a run directory that nobody has used."""
        return self.path(f"fresh-{next(number)}")

    def run_fresh(self, *arguments):
        return self.darkroom("run", "job.yaml", "-o", self.fresh(), *arguments)

    def ends(self, code, reason, **more):
        return self.both(code, reason, start=self.run_fresh, **more)

    def test_ends_of_a_run(self):
        with Service(self) as service:
            self.job(service.url, prompts(2))
            summary, _ = self.ends(0, "all_done")
            self.assertEqual((summary["paid"], summary["steps"]["done"]), (2, 2))
        with Service(self, faults=[{"on": "imagine", **REFUSED}]) as service:
            self.job(service.url, prompts(2))
            summary, events = self.ends(2, "some_failed")
            self.assertEqual(summary["steps"]["failed"], 2)
            self.assertIn("failed", [one["event"] for one in events])
            self.job(service.url, prompts(20), limits={"failures": 3, "concurrency": 1})
            self.ends(4, "too_many_failures")
        with Service(self) as service:
            self.job(service.url, prompts(3), budget={"generations": 1})
            self.ends(3, "budget_spent")
        with Service(self, faults=[{"on": "imagine", **USED_UP}]) as service:
            self.job(service.url, prompts(1))
            _, events = self.ends(3, "account_empty")
            self.assertIn("error", [one["event"] for one in events])
        with Service(self, token="another-token") as service:
            self.job(service.url, prompts(1))
            self.ends(5, "account_refused")
        self.judge()

    def test_a_disk_that_is_full_in_the_midst_of_a_run(self):
        with Service(self, "--image-size", "1024") as service:
            self.job(service.url, prompts(1))

            def start(*arguments):
                return self.darkroom("run", "job.yaml", "-o", self.fresh(), *arguments,
                                     file_size_max=100_000)
            _, events = self.both(74, "disk_failed", start=start)
            self.assertIn("error", [one["event"] for one in events])
        self.judge()

    def test_a_run_that_is_interrupted(self):
        with Service(self, "--latency", "10s") as service:
            self.job(service.url, prompts(3))

            def start(*arguments):
                running = self.start("run", "job.yaml", "-o", self.fresh(), "--grace", "0s",
                                     *arguments)
                running.wait_for("stderr", "submitted")
                running.signal(signal.SIGTERM)
                return running.end()
            summary, _ = self.both(7, "interrupted", start=start)
            self.assertEqual(summary["steps"]["done"], 0)
        self.judge()

    def test_a_signal_before_the_run_begins(self):
        """The token command blocks: the program has read its job file, and no run listens yet."""
        number = iter(range(10))

        def start(*arguments):
            fifo = self.path(f"token-{next(number)}")
            os.mkfifo(fifo)
            self.job("http://127.0.0.1:1", prompts(1),
                     service={"token": {"command": ["cat", fifo]}})
            running = self.start("run", "job.yaml", *arguments)
            writer = os.open(fifo, os.O_WRONLY)  # once the command reads it
            running.signal(signal.SIGINT)
            running.wait_for("stderr", "Stopped.")
            os.close(writer)  # the command ends, too
            return running.end()
        _, events = self.both(7, "interrupted", start=start)
        self.assertRegex(events[0]["at"], "^20[2-9]")
        self.judge()

    def test_early_ends(self):
        bad = self.write("bad.yaml", "version: 1\nservice: {url: local}\njobs:\n"
                                     "  - propmt: a fox --bogus\n")
        job = self.job("http://127.0.0.1:1", prompts(1))
        no_token = self.write("token.yaml", json.dumps(
            {"version": 1, "name": "t", "jobs": prompts(1),
             "service": {"url": "http://127.0.0.1:1", "token": {"env": "NO_SUCH_TOKEN"}}}))
        self.write("file", "no directory")
        local = self.write("local.yaml", json.dumps(
            {"version": 1, "name": "local", "service": {"url": "local"}, "jobs": prompts(1)}))
        self.check_code(self.darkroom("run", local, "-o", "old", "-q"), 0)
        open(self.path("old/journal.db"), "wb").close()
        rows = [(64, "usage", "run", job, "--bogus"),
                (64, "usage", "run"),
                (64, "usage", "run", job, "--grace", "soon"),
                (64, "usage", "run", no_token),
                (64, "usage", "ru", job),
                (64, "usage", "retry", "old", "--class", "nothing"),
                (65, "bad_file", "run", bad),
                (66, "no_input", "run", "missing.yaml"),
                (66, "no_input", "retry", "missing"),
                (74, "disk_failed", "run", local, "-o", "file"),
                (78, "contradiction", "run", local, "-o", "old"),
                (78, "contradiction", "retry", "old")]
        for code, reason, *command in rows:
            with self.subTest(command):
                alone, events = self.both(code, reason, *command)
                self.assertEqual(list(alone), ["exit", "errors"])
                self.assertTrue(alone["errors"])
                errors = [one for one in events if one["event"] == "error"]
                self.assertEqual([{key: one[key] for key in alone["errors"][0]} for one in errors],
                                 alone["errors"])
        self.judge()

    def test_findings_have_their_places(self):
        bad = self.write("bad.yaml", "version: 1\nservice: {url: local}\njobs:\n"
                                     "  - propmt: a fox\n    prompt: a fox --bogus\n")
        alone, events = self.both(65, "bad_file", "run", bad)
        self.assertEqual(alone["errors"], [{
            "message": "unknown key 'propmt' in 'jobs'", "file": self.path("bad.yaml"), "line": 4,
            "column": 5, "hint": "did you mean 'prompt'?"}])
        self.assertEqual([one["event"] for one in events], ["error", "warning", "end"])
        checked = objects(self.darkroom("validate", bad, "none.yaml", "--json").out)
        self.assertEqual([(one["file"], one["exit"]) for one in checked],
                         [("bad.yaml", 65), ("none.yaml", 66)])
        self.assertEqual([(one["severity"], one["line"]) for one in checked[0]["findings"]],
                         [("error", 4), ("warning", 5)])
        self.assertEqual(set(checked[0]["findings"][0]),
                         {"message", "file", "line", "column", "hint", "severity"})

    def test_a_directory_that_is_busy(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(1))
            self.check_code(self.darkroom("run", job, "-q"), 0)
            with open(self.path("out/job/run.lock"), "rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self.both(6, "busy", "run", job)
                skipped, _ = self.both(0, "no_run", "run", job, "--if-busy", "skip")
                self.assertEqual(skipped, {"exit": 0, "errors": []})
                self.both(6, "busy", "run", job, "--if-busy", "wait=10ms")
        self.judge()

    def test_an_internal_error(self):
        """With almost no open files there is not even an event loop. Sanitizers need files, too, to
        see which memory can be read."""
        if SLOWNESS > 1:
            self.skipTest("a build with sanitizers needs more files")
        def start(*arguments):
            def limit():
                resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4))
            ended = subprocess.run([PROGRAM, *arguments], cwd=self.directory, check=False,
                                   env=self.environment, preexec_fn=limit, capture_output=True,
                                   stdin=subprocess.DEVNULL, timeout=PATIENCE)
            return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())
        job = self.job("http://127.0.0.1:1", prompts(1))
        self.both(1, "internal_error", "run", job, start=start)
        self.judge()

    def test_a_reader_that_is_gone(self):
        job = self.job("http://127.0.0.1:1", prompts(1))
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "wb") as out:
            ended = subprocess.run([PROGRAM, "plan", job, "--json"], cwd=self.directory,
                                   env=self.environment, stdout=out, stderr=subprocess.PIPE,
                                   check=False, timeout=PATIENCE)
        self.assertEqual((ended.returncode, ended.stderr), (141, b""))


class Objects(Scripts):
    def test_every_command_with_json_prints_one_object(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(2))
            self.check_code(self.darkroom("run", job, "-q"), 0)
            for command in (["status", "out/job"], ["plan", job], ["run", job, "-n"],
                            ["diff", job, job], ["audit", "out/job"], ["retry", "out/job", "-n"],
                            ["resolve", "out/job", "--all", "--not-taken"], ["validate", job],
                            ["merge", "out/job", "-o", "all"]):
                with self.subTest(command):
                    ended = self.check_code(self.darkroom(*command, "--json"), 0)
                    self.assertEqual(len(objects(ended.out)), 1)
            for command in (["status", "none"], ["plan", "none"], ["diff", "none", "none"],
                            ["audit", "none"], ["retry", "none"], ["merge", "none", "-o", "m"],
                            ["resolve", "none", "--all", "--not-taken"],
                            ["pick", "none", "--list"]):
                with self.subTest(command):
                    ended = self.darkroom(*command, "--json")
                    self.check_object(ended, 66)
        self.judge()

    def test_several_files_are_an_object_each(self):
        with Service(self) as service:
            names = []
            for name in ("first", "second"):
                self.job(service.url, prompts(1), name=name)
                os.rename(self.path("job.yaml"), self.path(f"{name}.yaml"))
                names.append(f"{name}.yaml")
            ended = self.check_code(self.darkroom("run", *names, "--json", "--progress", "json"),
                                    0)
            self.assertEqual([one["name"] for one in objects(ended.out)], ["first", "second"])
            events = objects(ended.err)
            self.assertEqual([(one["event"], one["name"]) for one in events
                              if one["event"] in ("start", "end")],
                             [("start", "first"), ("end", "first"), ("start", "second"),
                              ("end", "second")])
            self.write("out/file", "")
            os.rename(self.path("out/second"), self.path("away"))
            os.rename(self.path("out/file"), self.path("out/second"))
            ended = self.check_code(self.darkroom("run", *names, "--json", "--progress", "json"),
                                    74)
            self.assertEqual([one["exit"] for one in objects(ended.out)], [0, 74])
            self.assertEqual(objects(ended.err)[-1]["reason"], "disk_failed")
            self.keep("summary", *objects(ended.out))
            self.keep("events", *events, *objects(ended.err))
        self.judge()

    def test_a_token_command_cannot_break_the_lines(self):
        with Service(self) as service:
            command = "echo one >&2; echo two >&2; echo token-of-the-tests"
            job = self.job(service.url, prompts(1),
                           service={"token": {"command": ["sh", "-c", command]}})
            events = self.check_events(self.darkroom("run", job, "--progress", "json"), 0,
                                       "all_done")
            self.assertEqual([one["message"] for one in events if one["event"] == "note"][:2],
                             ["'sh': one", "'sh': two"])
            self.assertIn("one\ntwo\n", self.darkroom("run", job, "-o", "other").err)
        self.judge()


class Schemas(Scripts):
    """Lines of real runs, judged by the schemas that are shipped."""

    def watch(self, code, reason, job, *arguments, directory="out/job"):
        ended = self.darkroom("run", job, "--json", "--progress", "json", *arguments)
        events = self.check_events(ended, code, reason)
        self.check_object(ended, code)
        self.keep_directory(directory)
        return {one["event"] for one in events}

    def keep_directory(self, directory="out/job"):
        self.keep("manifest", *self.manifest(directory))
        status = self.check_code(self.darkroom("status", directory, "--json"), 0)
        self.keep("status", *objects(status.out))

    def test_the_shipped_schemas_are_those_of_the_documents(self):
        for name in (*SCHEMAS, "job"):
            path = os.path.join(SOURCE, "docs", f"{name}.schema.json")
            with open(path, encoding="utf-8") as file:
                self.assertEqual(self.darkroom("schema", "--of", name).out, file.read())
        self.check_code(self.darkroom("schema", "--of", "tables"), 64)

    def test_the_schemas_know_the_documented_exit_codes_and_no_others(self):
        with open(os.path.join(SOURCE, "docs", "cli.md"), encoding="utf-8") as file:
            table = file.read().split("### Exit codes")[1].split("### ")[0]
        documented = sorted(int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE))
        for name in ("events", "summary", "status"):
            self.assertEqual(sorted(self.schema(name)["definitions"]["exit"]["enum"]), documented)

    def test_a_key_without_a_schema_is_found(self):
        self.keep("events", {"event": "note", "at": "2026-01-01T00:00:00.000Z", "message": "",
                             "more": 1})
        with self.assertRaisesRegex(AssertionError, "additional"):
            self.judge()

    def test_pictures_videos_texts_and_picks(self):
        jobs = [{"id": "p", "prompt": "a {fox, hen} in {{place}}", "matrix": {"place": ["a bog"]},
                 "then": ["describe", {"action": "upscale1"}]},
                {"id": "d", "kind": "describe", "images": [SAMPLE]},
                {"id": "v", "kind": "video", "prompt": "it moves", "images": [SAMPLE]},
                {"id": "k", "prompt": "a choice",
                 "then": [{"pick": {"from": "upscale*", "count": 1}}]}]
        with Service(self) as service:
            job = self.job(service.url, jobs, output={"split_grids": True})
            names = self.watch(0, "all_done", job)
            self.assertEqual(names & {"start", "submitted", "accepted", "progress", "finished",
                                      "image_saved", "text_saved", "end"},
                             {"start", "submitted", "accepted", "progress", "finished",
                              "image_saved", "text_saved", "end"})
            texts = [value for schema, value in self.seen
                     if schema == "events" and value["event"] == "text_saved"]
            self.assertEqual(len(texts), 3)
            self.assertEqual({one["file"] for one in texts}, {None})
            results = {line["result"] for line in self.manifest() if line["kind"] == "text"}
            self.assertEqual({one["result"] for one in texts}, results)
            self.job(service.url, jobs, output={"split_grids": True, "texts": "files"})
            self.watch(0, "all_done", job, "-o", "files", directory="files")
        self.judge()

    def test_failures_unknown_steps_and_other_accounts(self):
        faults = [{"on": "imagine", "prompt": "car 0", **REFUSED},
                  {"on": "imagine", "prompt": "car 1", "count": 1, "do": "status", "status": 429},
                  {"on": "imagine", "prompt": "car 2", "do": "reset_after"},
                  {"on": "listing", "do": "list", "newest": 0},
                  {"on": "imagine", "prompt": "car 4", "count": 2, "do": "fail",
                   "code": "api_error", "message": "the drawing failed"},
                  {"on": "file", "prompt": "car 3", "do": "corrupt"}]
        with Service(self, faults=faults) as service:
            job = self.job(service.url, prompts(5, then=["upscale2"]),
                           service={"timeouts": {"total": "2s"}}, retry={"attempts": 2})
            names = self.watch(2, "some_failed", job)
            self.assertLessEqual({"waiting", "failed", "skipped", "note"}, names)
            status = [value for schema, value in self.seen if schema == "status"][-1]
            self.assertEqual(len(status["unknown_steps"]), 1)
            ended = self.darkroom("retry", "out/job", "--json", "--progress", "json")
            events = self.check_events(ended, 2, "some_failed")
            requeued = [one for one in events if one["event"] == "requeued"]
            self.assertEqual([(one["job"], one["item"]) for one in requeued], [("p", 4)])
            self.check_object(ended, 2)
        self.judge()

    def check_sums(self, events):
        """The events of a run add up to what its end says; returns that."""
        def micros(one):
            return round(one["cost"] * 1_000_000)

        finished = [one for one in events if one["event"] == "finished"]
        again = [one for one in events if one["event"] == "charged_again"]
        ours = [one for one in finished if not one["by_earlier_run"]] + again
        end = events[-1]
        self.assertEqual((len(ours), sum(map(micros, ours))), (end["paid"], micros(end)))
        start = next(one for one in events if one["event"] == "start")
        status = self.darkroom("status", "out/job", "--json").summary()
        self.assertEqual((start["paid"] + len(finished + again),
                          micros(start) + sum(map(micros, finished + again))),
                         (status["paid"], micros(status)))
        return end

    def test_the_costs_add_up_over_a_kill(self):
        with Service(self, "--latency", "1s") as service:
            job = self.job(service.url, prompts(1))
            self.check_code(self.darkroom("run", job, "-q"), 0)
            job = self.job(service.url, prompts(7), limits={"concurrency": 3})
            running = self.start("run", job, "--progress", "plain")
            running.wait_for("stderr", "car 3")
            running.signal(signal.SIGKILL)
            running.end()
            ended = self.darkroom("run", job, "--json", "--progress", "json")
            events = self.check_events(ended, 0, "all_done")
            end = self.check_sums(events)
            earlier = [one for one in events if one.get("by_earlier_run")]
            self.assertGreater(len(earlier), 0)
            self.assertEqual(end["paid"] + len(earlier), 6)
            self.assertEqual(len(service.charged()), 7)
            self.assertEqual(end["cost"], self.check_object(ended, 0)["cost"])
        self.judge()

    def test_the_costs_add_up_when_a_failure_was_taken_back(self):
        false = {"prompt": "car 0", "count": 1, "do": "false_fail", "code": "api_error",
                 "message": "no luck"}
        faults = [{"on": "imagine", **false, "after_lines": 1},
                  {"on": "record", **false, "times": 1}]
        with Service(self, faults=faults) as service:
            job = self.job(service.url, prompts(2))
            ended = self.darkroom("run", job, "--json", "--progress", "json")
            events = self.check_events(ended, 0, "all_done")
            end = self.check_sums(events)
            self.assertEqual((end["paid"], len(service.charged())), (3, 3))
            self.assertEqual(len(self.check_object(ended, 0)["charged_again"]), 1)
            self.assertIn("charged_again", [one["event"] for one in events])
            self.keep_directory()
            self.check_sums(self.check_events(
                self.darkroom("run", job, "--progress", "json"), 0, "all_done"))
        self.judge()

    def test_the_costs_add_up_when_a_run_is_stopped_at_once(self):
        with Service(self, "--latency", "100ms") as service:
            job = self.job(service.url, prompts(400), limits={"concurrency": 40, "rate": "1000/s"})
            for _ in range(4):
                running = self.start("run", job, "--progress", "json")
                running.wait_for("stderr", '"finished"')
                running.signal()
                running.wait_for("stderr", "Stopping")
                running.signal()
                self.check_sums(self.check_events(running.end(), 7, "interrupted"))

    def test_several_accounts(self):
        tokens = {"day": "token-of-the-day", "night": "token-of-the-night"}
        self.write("tokens.json", json.dumps(
            [{"token": tokens["day"], "rate": 0, "balance": 1},
             {"token": tokens["night"], "rate": 0}]), 0o600)
        self.environment.update({name.upper(): token for name, token in tokens.items()})
        with Service(self, "--tokens", self.path("tokens.json")) as service:
            accounts = [{"name": name, "token": {"env": name.upper()}, "concurrency": 1}
                        for name in tokens]
            job = self.write("job.yaml", json.dumps(
                {"version": 1, "name": "job", "jobs": prompts(5),
                 "service": {"url": service.url, "accounts": accounts}}))
            names = self.watch(0, "all_done", job)
            self.assertIn("parked", names)
            summary = [value for schema, value in self.seen if schema == "summary"][-1]
            self.assertEqual([one["name"] for one in summary["accounts"]], ["day", "night"])
        self.judge()


if __name__ == "__main__":
    unittest.main()
