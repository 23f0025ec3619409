"""Files that are not the program's stay as they are, and a run directory from somebody else can do
nothing that its job file on the disk does not say."""
import json
import os
import sqlite3
import subprocess
import unittest

from stage import PATIENCE, PROGRAM, Service, Stage, prompts

SIDECARS = {"captions": "txt", "sidecar": "json"}
KEY = "0123456789abcdef" * 4


class Foreign(Stage):
    """What the program has not made is left alone, or refused before anything is sent."""

    def put(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        self.write(name, text)

    def text(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def refused(self, service, what, code=74, *arguments):
        """Runs the job into the directory d: it must be refused and send nothing."""
        ended = self.check_code(self.darkroom("run", "job.yaml", "-o", "d", *arguments), code)
        self.assertIn(what, ended.err)
        self.assertEqual(service.requests(), 0)
        return ended

    def test_files_in_parts_that_no_run_made_stay(self):
        mine = ["manifest.jsonl", "sidecar", "a.part", f"{KEY}.part", f"{KEY}-0.1.png", "b.note"]
        for name in mine:
            self.put(f"d/parts/{name}", "mine")
        self.put(f"d/parts/{KEY}-0.1.part/inside", "mine")
        self.put(f"d/parts/{KEY}-0.2.part", "half a picture")
        os.symlink(self.path("d/parts/sidecar"), self.path(f"d/parts/{KEY}-0.3.part"))
        with Service(self) as service:
            self.job(service.url, prompts(2))
            self.check_code(self.darkroom("run", "job.yaml", "-o", "d"), 0)
        for name in mine:
            self.assertEqual(self.text(f"d/parts/{name}"), "mine")
        self.assertEqual(self.text(f"d/parts/{KEY}-0.1.part/inside"), "mine")
        self.assertTrue(os.path.islink(self.path(f"d/parts/{KEY}-0.3.part")))
        self.assertFalse(os.path.exists(self.path(f"d/parts/{KEY}-0.2.part")))  # that was one of ours
        self.assertEqual(len(self.manifest("d")), 2)

    def test_a_directory_of_ours_that_is_a_link_is_refused(self):
        for name in ("parts", "service", "images"):
            with self.subTest(name), Service(self) as service:
                self.put(f"other-{name}/x", "mine")
                os.makedirs(self.path("d"))
                os.symlink(self.path(f"other-{name}"), self.path("d", name))
                self.job(service.url, prompts(1))
                self.refused(service, f"d/{name} is a file or a link, not a directory")
                self.assertEqual(os.listdir(self.path(f"other-{name}")), ["x"])
                os.rename(self.path("d"), self.path(f"d-{name}"))

    def test_a_file_of_ours_that_is_a_link_is_refused(self):
        names = ("run.lock", "manifest.jsonl", "failed.jsonl", "unwanted.jsonl", "marks",
                 "journal.db", "journal.db-wal")
        for name in names:
            with self.subTest(name), Service(self) as service:
                self.write("precious", "mine")
                os.makedirs(self.path("d"))
                os.symlink(self.path("precious"), self.path("d", name))
                self.job(service.url, prompts(1))
                ended = self.darkroom("run", "job.yaml", "-o", "d")
                self.assertIn(ended.code, (66, 74), ended)
                self.assertEqual(service.requests(), 0)
                self.assertEqual(self.text("precious"), "mine")
                self.assertEqual(os.listdir(self.path("d")), [name])
                os.rename(self.path("d"), self.path(f"d-{name}"))

    def test_links_are_refused_also_in_a_directory_that_has_a_journal(self):
        with Service(self) as service:
            self.job(service.url, prompts(1))
            self.check_code(self.darkroom("run", "job.yaml", "-o", "d"), 0)
            asked = service.requests()
            for name in ("run.lock", "manifest.jsonl", "failed.jsonl", "marks"):
                with self.subTest(name):
                    self.write("precious", "mine")
                    os.rename(self.path("d", name), self.path("kept"))
                    os.symlink(self.path("precious"), self.path("d", name))
                    ended = self.check_code(self.darkroom("run", "job.yaml", "-o", "d"), 74)
                    self.assertIn(f"d/{name} is a link", ended.err)
                    self.assertEqual(self.text("precious"), "mine")
                    os.rename(self.path("kept"), self.path("d", name))
            self.assertEqual(service.requests(), asked)

    def test_a_lock_file_of_another_program_stays(self):
        self.put("d/run.lock", "pid=17 host=there\n")
        with Service(self) as service:
            self.job(service.url, prompts(1))
            self.refused(service, "d/run.lock holds something else than a process id")
        self.assertEqual(self.text("d/run.lock"), "pid=17 host=there\n")

    def test_lists_without_a_journal_are_refused(self):
        for name in ("manifest.jsonl", "failed.jsonl", "unwanted.jsonl", "marks"):
            with self.subTest(name), Service(self) as service:
                self.put(f"d-{name}/{name}", '{"image": "mine"}\n')
                self.job(service.url, prompts(1))
                ended = self.check_code(
                    self.darkroom("run", "job.yaml", "-o", f"d-{name}"), 66)
                self.assertIn(f"there is {name}, but journal.db", ended.err)
                self.assertEqual(service.requests(), 0)
                self.assertEqual(os.listdir(self.path(f"d-{name}")), [name])
                self.assertEqual(self.text(f"d-{name}/{name}"), '{"image": "mine"}\n')

    def test_what_else_lies_in_the_directory_stays(self):
        self.put("d/notes.txt", "mine")
        self.put("d/images/old.png", "mine")
        with Service(self) as service:
            self.job(service.url, prompts(1))
            self.check_code(self.darkroom("run", "job.yaml", "-o", "d"), 0)
        self.assertEqual(self.text("d/notes.txt"), "mine")
        self.assertEqual(self.text("d/images/old.png"), "mine")

    def test_the_service_leaves_a_file_that_is_none_of_its_own(self):
        for number, text in enumerate(("my tasks", '{"task": 1}\n', '{"task": 1}\n{"ta', "x\n")):
            with self.subTest(text):
                self.put(f"data-{number}/tasks.jsonl", text)
                ended = self.darkroom("serve", "--listen", "127.0.0.1:0", "--data",
                                      f"data-{number}")
                self.check_code(ended, 74)
                self.assertEqual(self.text(f"data-{number}/tasks.jsonl"), text)
        self.write("precious", "")
        os.makedirs(self.path("linked"))
        os.symlink(self.path("precious"), self.path("linked/tasks.jsonl"))
        ended = self.darkroom("serve", "--listen", "127.0.0.1:0", "--data", "linked")
        self.assertIn("is a link", self.check_code(ended, 74).err)

    def test_a_merge_empties_no_directory_that_only_looks_like_its_own(self):
        with Service(self) as service:
            self.job(service.url, prompts(1))
            self.check_code(self.darkroom("run", "job.yaml"), 0)
        self.put("all.merging/run.lock", "17\n")
        self.put("all.merging/thesis.txt", "mine")
        ended = self.check_code(self.darkroom("merge", "out/job", "-o", "all"), 64)
        self.assertIn("no merge made it", ended.err)
        self.assertEqual(self.text("all.merging/thesis.txt"), "mine")


class Tampered(Stage):
    """A run directory from somebody else."""

    def finished_run(self, **more):
        with Service(self) as service:
            self.job(service.url, prompts(2), **more)
            self.check_code(self.darkroom("run", "job.yaml"), 0)
        return self.manifest()

    def change_file_names(self, change):
        with sqlite3.connect(self.path("out/job/journal.db")) as journal:
            for seq, body in journal.execute(
                    "SELECT seq, body FROM facts WHERE kind = 'image_saved'").fetchall():
                fact = json.loads(body)
                name = change(fact["image"]["file"])
                fact["image"]["file"] = name
                journal.execute("UPDATE facts SET body = ? WHERE seq = ?",
                                (json.dumps(fact), seq))
                journal.execute("UPDATE images SET file = ? WHERE seq = ?", (name, seq))
        journal.close()

    def test_a_name_that_leads_out_writes_nothing_there(self):
        lines = self.finished_run()
        names = {line["file"]: f"../../stolen-{number}.png" for number, line in enumerate(lines)}
        self.change_file_names(names.get)
        os.unlink(self.path("out/job/manifest.jsonl"))
        self.job("http://127.0.0.1:9", prompts(2), output=SIDECARS)
        self.check_code(self.darkroom("run", "job.yaml", "--settle"), 74)
        self.assertEqual([name for name in os.listdir(self.directory) if "stolen" in name], [])

    def test_sidecars_follow_no_link(self):
        lines = self.finished_run()
        images = os.path.dirname(lines[0]["file"])
        os.rename(self.path("out/job", images), self.path("elsewhere"))
        os.symlink(self.path("elsewhere"), self.path("out/job", images))
        os.unlink(self.path("out/job/manifest.jsonl"))
        self.job("http://127.0.0.1:9", prompts(2), output=SIDECARS)
        ended = self.check_code(self.darkroom("run", "job.yaml", "--settle"), 74)
        self.assertIn("a file or a link, not a directory", ended.err)
        self.assertEqual(sorted(os.listdir(self.path("elsewhere"))),
                         sorted(os.path.basename(line["file"]) for line in lines))

    def test_a_merge_follows_no_links_and_compares_the_bytes(self):
        lines = self.finished_run()
        self.write("secret", "x" * lines[0]["bytes"])
        first, second = (self.path("out/job", line["file"]) for line in lines)
        os.unlink(first)
        os.symlink(self.path("secret"), first)
        with open(second, "r+b") as file:
            file.seek(-1, os.SEEK_END)
            last = file.read(1)
            file.seek(-1, os.SEEK_END)
            file.write(bytes([last[0] ^ 1]))
        merged = self.check_code(self.darkroom("merge", "out/job", "-o", "all", "--json"), 0)
        self.assertEqual(merged.summary()["missing"], 2)
        self.assertEqual(merged.summary()["linked"], 0)
        for line in lines:
            self.assertFalse(os.path.lexists(self.path("all", line["file"])))


class Private(Stage):
    """With output.private nobody else can read what a run makes."""

    def modes(self, top):
        modes = {}
        for folder, directories, files in os.walk(self.path(top)):
            for name in (*directories, *files):
                path = os.path.join(folder, name)
                modes[os.path.relpath(path, self.path(top))] = os.stat(path).st_mode & 0o777
        return modes

    def test_files_and_directories_are_the_owners(self):
        os.umask(0o022)
        job = self.job("local", prompts(2), output={"private": True, "captions": "txt",
                                                     "sidecar": "json"})
        running = self.start("run", job, "--service", "local")
        self.check_code(running.end(), 0)
        modes = self.modes("out")
        self.assertIn("job/journal.db", modes)
        for name, mode in modes.items():
            is_directory = os.path.isdir(self.path("out", name))
            self.assertEqual(oct(mode), oct(0o700 if is_directory else 0o600), name)
        self.job("local", prompts(3), output={"directory": "open"})
        self.check_code(self.darkroom("run", job), 0)
        self.assertEqual(self.modes("open")["job/journal.db"], 0o644)


class Stranger(Stage):
    """The text that a run directory keeps is not the user's word."""

    def failed_run(self, url, **more):
        """Makes a run directory whose job file is gone, with a failed step."""
        file = self.job(url, prompts(2), **more)
        self.check_code(self.darkroom("run", file), 2)
        os.rename(self.path(file), self.path("gone.yaml"))

    def strict_service(self):
        return Service(self, faults=[{"on": "imagine", "do": "fail", "code": "bad_request",
                                      "message": "banned word", "count": 1}])

    def refused(self, command, *words):
        ended = self.check_code(self.darkroom(*command), 64)
        for word in (*words, "--trust"):
            self.assertIn(word, ended.err)
        return ended

    def test_retry_runs_no_command_of_a_job_text_that_only_the_directory_has(self):
        with self.strict_service() as service:
            self.failed_run(service.url, service={
                "token": {"command": ["sh", "-c", "echo t; echo x >> ran"]}})
            asked = service.requests()
            os.unlink(self.path("ran"))
            for command in (["retry", "out/job"], ["audit", "out/job"]):
                self.refused(command, f"requests go to {service.url}", "gone",
                             "the output of the command: sh -c echo t; echo x >> ran")
            self.assertFalse(os.path.exists(self.path("ran")))
            self.assertEqual(service.requests(), asked)
            self.check_code(
                self.darkroom("retry", "out/job", "--trust", "--class", "rejected"), 0)
            self.assertTrue(os.path.exists(self.path("ran")))

    def test_the_job_file_on_the_disk_needs_no_word(self):
        with self.strict_service() as service:
            self.failed_run(service.url)
            os.rename(self.path("gone.yaml"), self.path("job.yaml"))
            self.check_code(self.darkroom("retry", "out/job", "--class", "rejected"), 0)

    def test_a_job_file_that_came_with_the_directory_is_no_word_either(self):
        with self.strict_service() as service:
            file = self.job(service.url, prompts(2))
            self.check_code(self.darkroom("run", file, "-o", "."), 2)
            self.refused(["retry", "."], "came with the run directory", "environment variable TOKEN")

    def test_settings_of_the_last_run_are_no_word(self):
        with self.strict_service() as service, Service(self) as other:
            file = self.job(service.url, prompts(2))
            self.check_code(self.darkroom("run", file), 2)
            with sqlite3.connect(self.path("out/job/journal.db")) as journal:
                text, = journal.execute("SELECT text FROM meta WHERE name = 'job_file'").fetchone()
                kept = json.loads(text)
                kept["set"] = [["service.url", other.url], ["limits.rate", "50/s"]]
                journal.execute("UPDATE meta SET text = ? WHERE name = 'job_file'",
                                (json.dumps(kept),))
            journal.close()
            ended = self.refused(["retry", "out/job"], f"--set service.url={other.url}")
            self.assertNotIn("limits.rate", ended.err)
            self.assertEqual(other.requests(), 0)

    def test_a_table_of_the_kept_text_is_shown(self):
        self.write("secret.txt", "my diary\n")
        with self.strict_service() as service:
            file = self.job(service.url, [{"id": "t", "prompts": {"file": "secret.txt"}},
                                          *prompts(2)])
            self.check_code(self.darkroom("run", file), 2)
            os.unlink(self.path(file))
            self.refused(["retry", "out/job"], f"prompts are made of the table {self.path('secret.txt')}")

    def test_the_built_in_service_needs_no_word(self):
        file = self.job("local", prompts(1))
        self.check_code(self.darkroom("run", file), 0)
        os.unlink(self.path(file))
        self.check_code(self.darkroom("retry", "out/job"), 0)


class Terminal(Stage):
    """Nothing that a file says can steer the terminal of the one who looks at it."""

    ESCAPES = "x\x1b]0;owned\x07\u009b2J\u202e"

    def check_clean(self, text):
        bad = [c for c in text if c != "\n" and (ord(c) < 32 or 0x7f <= ord(c) < 0xa0
                                                 or c in "\u202e\u2028")]
        self.assertEqual(bad, [], repr(text))

    def test_every_line_on_standard_output_is_clean(self):
        directory = "d" + self.ESCAPES
        job = {"version": 1, "name": "job", "service": {"url": "local"},
               "prices": {"currency": "EUR"},
               "jobs": [{"id": "p", "prompt": "a cat " + self.ESCAPES.replace("\x07", ""),
                         "then": [{"pick": {"from": "upscale*"}}]}]}
        name = self.write(self.ESCAPES + ".yaml", json.dumps(job))
        bad = self.write(self.ESCAPES + "-bad.yaml", "jobs: 7\n")
        self.check_code(self.darkroom("run", name, "-o", directory, "-y"), 0)
        for code, command in ((0, ["validate", name]), (65, ["validate", bad]), (0, ["plan", name]),
                              (0, ["plan", name, "--list"]), (0, ["plan", name, "--json"]),
                              (0, ["plan", name, "--list", "--json"]), (0, ["status", directory]),
                              (0, ["status", directory, "--json"]), (0, ["pick", directory]),
                              (0, ["pick", directory, "--list"]),
                              (0, ["pick", directory, "--list", "--json"]),
                              (0, ["diff", name, name, "--list"]), (0, ["schema"]),
                              (0, ["merge", directory, "-o", directory + "-all"]),
                              (0, ["merge", directory, "-o", directory + "-2", "--json"]),
                              (0, ["run", name, "-o", directory, "--json", "--progress", "json"])):
            with self.subTest(command):
                ended = self.check_code(self.darkroom(*command), code)
                self.check_clean(ended.out)
                self.check_clean(ended.err)
        self.assertEqual(json.loads(self.darkroom("status", directory, "--json").out)["directory"],
                         directory)


class Room(Stage):
    """The disk has room for what is bought, or nothing is bought."""

    def on_small_disk(self, script, *arguments):
        """Runs a script with a disk of 40 MB at ./small; $D is the program with its arguments."""
        words = ["unshare", "-rm", "sh", "-ec",
                 "mount -t tmpfs -o size=40m tmpfs small; " + script, PROGRAM, *arguments]
        return subprocess.run(words, cwd=self.directory, env=self.environment, timeout=PATIENCE,
                              capture_output=True, text=True)

    def setUp(self):
        super().setUp()
        os.makedirs(self.path("small"))
        if self.on_small_disk("true").returncode != 0:
            self.skipTest("no disk can be mounted here")

    def test_without_the_reserve_nothing_is_bought(self):
        with Service(self) as service:
            self.job(service.url, prompts(3))
            script = 'head -c 30000000 /dev/zero > small/mine; exec "$0" "$@"'
            ended = self.on_small_disk(script, "run", "job.yaml", "-o", "small/job", "-y")
            self.assertEqual(ended.returncode, 74, ended)
            self.assertIn("a reserve of 16.8 MB", ended.stderr)
            self.assertEqual(service.charged(), set())

    def test_with_it_the_run_goes_on(self):
        with Service(self) as service:
            self.job(service.url, prompts(3))
            ended = self.on_small_disk('exec "$0" "$@"', "run", "job.yaml", "-o", "small/job", "-y")
            self.assertEqual(ended.returncode, 0, ended)
            self.assertEqual(len(service.charged()), 3)


if __name__ == "__main__":
    unittest.main()
