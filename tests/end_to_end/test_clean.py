"""`clean` removes the pictures of old runs, records that, and never touches what is unsettled."""
import ctypes
import fcntl
import hashlib
import json
import os
import pty
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from stage import PATIENCE, PROGRAM, Service, Stage, prompts

SHARED = ("journal.db-wal", "journal.db-shm")  # SQLite makes them for readers, too
DAC_OVERRIDE, PR_CAPBSET_DROP = 1, 24


class Clean(Stage):
    def tree(self, directory="out"):
        """Returns each path below with its bytes, links as links."""
        found = {}
        for folder, folders, files in os.walk(self.path(directory)):
            for name in folders + files:
                path = os.path.join(folder, name)
                if name in SHARED:
                    continue
                if os.path.islink(path):
                    content = os.readlink(path)
                elif os.path.isdir(path):
                    content = None
                else:
                    with open(path, "rb") as file:
                        content = hashlib.sha256(file.read()).hexdigest()
                found[os.path.relpath(path, self.path(directory))] = content
        return found

    def pictures(self, directory="out/job"):
        return {line["file"] for line in self.all_lines(directory) if line["file"]}

    def there(self, directory="out/job"):
        return {file for file in self.pictures(directory)
                if os.path.exists(self.path(directory, file))}

    def run_job(self, job, code=0, *more):
        return self.check_code(self.darkroom("run", job, "--json", *more), code)

    def clean(self, *arguments, code=0):
        """Returns the objects by their directory."""
        ended = self.check_code(self.darkroom("clean", *arguments, "--json", "-y"), code)
        return {value["directory"]: value for value in map(json.loads, ended.out.splitlines())}

    def check_free(self, service, job, removed, *, downloads=0, code=0):
        """Runs again: nothing is paid, and so many files are downloaded."""
        charged, requests = service.charged(), service.requests()
        ended = self.run_job(job, code)
        self.assertEqual((ended.summary()["paid"], ended.summary()["images"]), (0, downloads))
        self.assertEqual(service.charged(), charged)
        if downloads == 0:
            self.assertEqual(service.requests(), requests)
        said = f"{removed} image{'s were' if removed > 1 else ' was'} removed by clean"
        self.assertEqual(said in ended.err, removed > 0, ended.err)
        return ended


class Removed(Clean):
    def test_what_was_removed_is_neither_paid_nor_loaded_again(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(3, then=["upscale1"]))
            self.run_job(job)
            lines = sorted(self.manifest(), key=str)
            self.assertEqual(len(self.there()), 6)
            size = sum(line["bytes"] for line in lines)
            result = self.clean("out/job")["out/job"]
            self.assertEqual((result["state"], result["files"], result["bytes"]),
                             ("cleaned", 6, size))
            self.assertEqual(self.there(), set())
            self.assertFalse(os.path.exists(self.path("out/job/images")))
            self.check_free(service, job, 6)
            self.assertEqual(sorted(self.manifest(), key=str), lines)
            self.assertEqual(self.clean("out/job")["out/job"]["state"], "empty")
            self.check_free(service, job, 6)
            # A quiet run that nothing is wrong with says nothing.
            self.assertEqual(self.check_code(self.darkroom("run", job, "-q"), 0).err, "")

    def test_the_other_commands_say_that_it_was_removed(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(3))
            self.run_job(job)
            self.check_code(self.darkroom("gallery", "out/job"), 0)
            self.assertEqual(len(os.listdir(self.path("out/job/thumbs"))), 4)
            self.assertEqual(self.clean("out/job")["out/job"]["files"], 7)
            self.assertFalse(os.path.exists(self.path("out/job/thumbs")))
            self.assertTrue(os.path.exists(self.path("out/job/gallery.html")))
            status = json.loads(self.darkroom("status", "out/job", "--json").out)
            self.assertEqual((status["removed"], status["steps"]["done"]), (3, 3))
            shown = self.darkroom("status", "out/job").out
            self.assertIn("3 images were removed by clean", shown)
            self.assertNotIn("missing", shown)
            plan = json.loads(self.darkroom("plan", job, "--json").out)
            self.assertEqual((plan["next"]["done"], plan["next"]["new"]), (3, 0))
            self.assertNotIn("missing", self.darkroom("plan", job).out)
            ended = self.check_code(self.darkroom("verify", "out/job", "--json"), 0)
            found = json.loads(ended.out)
            self.assertEqual((found["removed"], found["missing"], found["problems"]), (3, 0, []))
            self.assertIn("3 removed by clean", self.darkroom("verify", "out/job").out)
            ended = self.check_code(self.darkroom("gallery", "out/job"), 0)
            self.assertEqual(ended.err, "")
            with open(self.path("out/job/gallery.html"), encoding="utf-8") as page:
                text = page.read()
            self.assertEqual(text.count('"rows":3'), 1)
            for line in self.manifest():
                self.assertNotIn(os.path.basename(line["file"]), text)
            ended = self.check_code(self.darkroom("export", "out/job", "--to", "folder", "-o", "x"), 2)
            self.assertEqual(ended.err.count("removed by 'darkroom clean'"), 3)
            self.assertIn("3 removed by 'darkroom clean'", ended.out)
            self.assertNotIn("missing", ended.out + ended.err)
            rows = self.darkroom("export", "out/job", "--to", "jsonl").out
            self.assertEqual(len(rows.splitlines()), 3)

    def test_a_step_below_a_removed_picture_is_still_bought(self):
        with Service(self) as service:
            self.run_job(self.job(service.url, prompts(2)))
            self.clean("out/job")
            job = self.job(service.url, prompts(2, then=["upscale2"]))
            summary = self.run_job(job).summary()
            self.assertEqual((summary["paid"], summary["images"]), (2, 2))
            self.assertEqual(len(service.charged()), 4)
            self.assertEqual(len(self.there()), 2)
            self.check_free(service, job, 2)

    def test_undo_lets_the_next_run_load_the_pictures_again_unpaid(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(3))
            self.run_job(job)
            self.clean("out/job")
            ended = self.check_code(self.darkroom("clean", "out/job", "--undo", "-n"), 0)
            self.assertIn("3 images would be given back", ended.out)
            self.check_free(service, job, 3)
            ended = self.check_code(self.darkroom("clean", "out/job", "--undo", "--json"), 0)
            self.assertEqual(json.loads(ended.out)["files"], 3)
            self.assertIn("3 saved files are missing", self.darkroom("status", "out/job").out)
            self.check_free(service, job, 0, downloads=3)
            self.check_images(3)
            self.assertIn("nothing was removed", self.darkroom("clean", "out/job", "--undo").out)

    def test_every_name_of_a_shared_picture_goes_and_its_bytes_count_once(self):
        with Service(self) as service:
            job = self.job(service.url, [{"id": "a", "prompt": "a {fox, fox, hen}"}])
            self.run_job(job)
            files = self.pictures()
            self.assertEqual((len(files), len(service.charged())), (3, 2))
            unique = sum({line["sha256"]: line["bytes"] for line in self.manifest()}.values())
            result = self.clean("out/job")["out/job"]
            self.assertEqual((result["files"], result["bytes"]), (3, unique))
            self.assertEqual(self.there(), set())
            lines = sorted(self.manifest(), key=str)
            self.check_free(service, job, 2)
            self.assertEqual(sorted(self.manifest(), key=str), lines)
            # The lists are made again from the journal: lines of further names stay as well.
            with open(self.path("out/job/manifest.jsonl"), "r+b") as file:
                file.write(b"x")
            self.run_job(job)
            self.assertEqual({line["file"] for line in self.manifest()}, files)

    def test_a_merged_directory_keeps_the_record(self):
        with Service(self) as service:
            for name, things in (("a", 2), ("b", 3)):
                self.run_job(self.job(service.url, prompts(things), name=name), 0,
                             "--service", service.url)
            self.clean("out/a")
            ended = self.check_code(self.darkroom("merge", "out/a", "out/b", "-o", "out/job",
                                                  "--json"), 0)
            merged = json.loads(ended.out)
            job = self.job(service.url, prompts(3))
            gone = 3 - len(self.there())
            self.assertEqual(merged["missing"], 0)
            self.check_free(service, job, gone)


class WhatGoes(Clean):
    def test_the_kinds_of_files(self):
        jobs = [{"id": "p", "prompt": "a fox", "repeat": 2, "then": ["describe"]}]
        with Service(self) as service:
            job = self.job(service.url, jobs, output={"captions": "text", "sidecar": "json",
                                                      "texts": "files"})
            self.run_job(job)
            self.check_code(self.darkroom("gallery", "out/job"), 0)
            self.write("out/job/parts-of-mine.part", "mine")
            os.makedirs(self.path("out/job/parts"), exist_ok=True)
            part = f"out/job/parts/{'a' * 64}-0.1"
            self.write(part + ".part", "bytes")
            self.write(part + ".note", json.dumps({"bytes": 5, "refused": "damaged"}))
            self.write("out/job/parts/mine.txt", "mine")
            stays = {"journal.db", "manifest.jsonl", "failed.jsonl", "run.lock", "marks",
                     "parts-of-mine.part", "parts/mine.txt"}
            before = {path for path, content in self.tree("out/job").items() if content}
            self.assertEqual(self.clean("out/job", "--parts")["out/job"]["files"], 2)
            after = {path for path, content in self.tree("out/job").items() if content}
            self.assertEqual(before - after, {part[8:] + end for end in (".part", ".note")})
            self.clean("out/job")
            left = {path for path, content in self.tree("out/job").items() if content}
            gone = {line["file"] for line in self.manifest() if line["kind"] == "image"}
            self.assertEqual({path for path in after - left if not path.startswith("thumbs/")},
                             gone)
            self.assertTrue({"gallery.html"} <= left)
            self.assertTrue(any(path.endswith(".json") for path in left))
            self.assertTrue(any(path.endswith(".txt") and path.startswith("images/")
                                for path in left))
            self.clean("out/job", "--all")
            left = {path for path, content in self.tree("out/job").items() if content}
            self.assertEqual(left - SHARED_SET, stays)
            self.check_free(service, job, 4)
            left = {path for path, content in self.tree("out/job").items() if content}
            self.assertEqual(left - SHARED_SET, stays)
            self.check_code(self.darkroom("clean", "out/job", "--undo"), 0)
            self.check_free(service, job, 0, downloads=2)
            self.assertEqual(self.there(), self.pictures())

    def test_a_persons_own_files_and_what_is_behind_links_stay(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(4))
            self.run_job(job)
            files = sorted(self.pictures())
            folder = os.path.dirname(files[0])
            self.write(f"out/job/{folder}/mine.png", "mine")
            self.write("out/job/notes.txt", "mine")
            # One was edited, one replaced by a link, and one's folder leads out of the directory.
            with open(self.path("out/job", files[0]), "ab") as file:
                file.write(b"edited")
            os.makedirs(self.path("elsewhere"))
            shutil.move(self.path("out/job", files[1]), self.path("elsewhere/one.png"))
            os.symlink(self.path("elsewhere/one.png"), self.path("out/job", files[1]))
            outside = self.tree("elsewhere")
            ended = self.check_code(self.darkroom("clean", "out/job", "-y"), 0)
            self.assertIn("1 file that is not as it was saved stays", ended.out)
            left = self.tree("out/job")
            self.assertEqual({path for path in left if path.startswith(folder + "/")},
                             {files[0], files[1], f"{folder}/mine.png"})
            self.assertIn("notes.txt", left)
            self.assertEqual(self.tree("elsewhere"), outside)

    def test_a_link_that_is_given_is_followed_and_its_way_is_said(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(2))
            self.run_job(job)
            os.symlink("out/job", self.path("latest"))
            ended = self.check_code(self.darkroom("clean", "latest", "out/job", "-n"), 0)
            self.assertEqual(ended.out.splitlines()[0].split(":")[0], "latest (a link to out/job)")
            self.assertEqual(ended.out.count("2 files"), 1)
            self.assertEqual(self.clean("latest/")["latest"]["files"], 2)
            self.assertTrue(os.path.islink(self.path("latest")))
            self.check_free(service, job, 2)
            self.check_code(self.darkroom("clean", "latest", "--undo"), 0)
            self.check_free(service, job, 0, downloads=2)

    def test_a_folder_that_is_a_link_is_not_followed(self):
        with Service(self) as service:
            self.run_job(self.job(service.url, prompts(2)))
            shutil.move(self.path("out/job/images"), self.path("elsewhere"))
            os.symlink(self.path("elsewhere"), self.path("out/job/images"))
            outside = self.tree("elsewhere")
            self.assertEqual(self.clean("out/job", "--all")["out/job"]["state"], "empty")
            self.assertEqual(self.tree("elsewhere"), outside)

    def test_hostile_names_remove_nothing_outside(self):
        with Service(self) as service:
            self.run_job(self.job(service.url, prompts(4)))
            lines = self.manifest()
            self.write("secret.txt", "x" * lines[0]["bytes"])
            self.write("out/job/mine.png", "y" * lines[0]["bytes"])
            names = ["../../secret.txt", self.path("secret.txt"), "images/../../../secret.txt",
                     "picks.json"]
            self.write("out/job/picks.json", '{"version":1,"images":{}}')
            with sqlite3.connect(self.path("out/job/journal.db")) as database:
                for line, name in zip(lines, names):
                    size = os.path.getsize(self.path("out/job", name))
                    database.execute("UPDATE images SET file = ?, bytes = ? WHERE file = ?",
                                     (name, size, line["file"]))
            database.close()
            with open(self.path("out/job/manifest.jsonl"), "a", encoding="utf-8") as file:
                for name in names + ["mine.png", "journal.db", "../job/mine.png"]:
                    line = dict(lines[0], file=name, same_as=lines[0]["file"], cost=0)
                    file.write(json.dumps(line, separators=(",", ":")) + "\n")
            before = self.tree(".")
            self.clean("out/job", "--all")
            gone = {path for path in before if path not in self.tree(".")}
            self.assertEqual(gone, set())

    def test_picked_and_starred_pictures_stay(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(4))
            self.run_job(job)
            lines = self.manifest()
            marks = {lines[0]["sha256"]: {"picked": True}, f"{lines[1]['key']}/0": {"stars": 2},
                     lines[2]["sha256"]: {"note": "hm"}}
            self.write("out/job/picks.json", json.dumps({"version": 1, "picks": {},
                                                         "images": marks}))
            liked = {lines[0]["file"], lines[1]["file"]}
            ended = self.check_code(self.darkroom("clean", "out/job", "-y", "--all"), 0)
            self.assertIn("2 pictures that you picked or gave stars stay", ended.out)
            self.assertEqual(self.there(), liked)
            self.check_free(service, job, 2)
            self.assertEqual(self.clean("out/job")["out/job"]["state"], "empty")
            self.write("out/job/picks.json", "{")
            result = self.clean("out/job")["out/job"]
            self.assertEqual(result["state"], "unsettled")
            self.assertIn("picks.json", result["reason"])
            self.assertEqual(self.there(), liked)
            self.clean("out/job", "--picked")
            self.assertEqual(self.there(), set())


    def test_a_picture_that_a_picked_action_has_made_stays(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(2, then=["upscale1"]))
            self.run_job(job)
            grids = [line for line in self.manifest() if line["action"] == "generate"]
            self.write("out/job/picks.json", json.dumps({"version": 1, "picks": {
                grids[0]["key"]: ["upscale1"], grids[1]["key"]: ["upscale2"]}}))
            self.clean("out/job")
            stays = [line for line in self.manifest()
                     if line["parent_image_id"] == grids[0]["image_id"]]
            self.assertEqual(self.there(), {line["file"] for line in stays})


SHARED_SET = set(SHARED)


class Unsettled(Clean):
    def check_whole(self, before, word, *arguments):
        result = self.clean("out/job", "--all", *arguments)["out/job"]
        self.assertEqual(result["state"], "unsettled")
        self.assertIn(word, result["reason"])
        self.assertEqual(self.tree("out/job"), before)
        ended = self.check_code(self.darkroom("clean", "out/job", "-y"), 0)
        self.assertIn("out/job: left as it is, ", ended.out)
        self.assertEqual(self.tree("out/job"), before)

    def test_a_directory_at_which_a_run_works_is_left_whole(self):
        with Service(self) as service:
            self.run_job(self.job(service.url, prompts(2)))
            before = self.tree("out/job")
            with open(self.path("out/job/run.lock"), "r+b") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                lock.truncate(0)
                lock.write(f"{os.getpid()} {os.uname().nodename}\n".encode())
                lock.flush()
                before = self.tree("out/job")
                self.check_whole(before, f"process {os.getpid()}")
                self.check_code(self.darkroom("clean", "out/job", "--undo"), 6)
            self.assertEqual(self.clean("out/job")["out/job"]["state"], "cleaned")

    def test_a_directory_with_an_unknown_step_is_left_whole(self):
        faults = [{"on": "imagine", "prompt": "car 1", "do": "reset_after"},
                  {"on": "listing", "do": "list", "newest": 0}]
        with Service(self, faults=faults) as service:
            job = self.job(service.url, prompts(3), service={"timeouts": {"total": "2s"}})
            self.run_job(job, 2)
            self.assertEqual(len(self.there()), 2)
            self.check_whole(self.tree("out/job"), "1 step is unknown or in flight")

    def test_what_is_in_flight_is_left_whole_during_a_run_and_after_a_kill(self):
        stall = {"on": "imagine", "prompt": "car 2", "do": "stall", "after_lines": 0, "time": "10m"}
        with Service(self, faults=[stall]) as service:
            self.run_job(self.job(service.url, prompts(2)))
            before = self.there()
            running = self.start("run", self.job(service.url, prompts(3)), "--progress", "json")
            running.wait_for("stderr", '"event":"submitted"')
            result = self.clean("out/job", "--all")["out/job"]
            self.assertEqual(result["state"], "unsettled")
            self.assertIn(f"process {running.process.pid} works on it", result["reason"])
            self.assertEqual(self.there(), before)
            running.signal(signal.SIGKILL)
            running.end()
            self.check_whole(self.tree("out/job"), "unknown or in flight")

    def test_a_directory_with_a_paid_image_that_is_not_saved_is_left_whole(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(3))
            self.run_job(job)
            with sqlite3.connect(self.path("out/job/journal.db")) as database:
                step, = database.execute("SELECT step FROM images LIMIT 1").fetchone()
                database.execute("DELETE FROM facts WHERE step = ? AND kind = 'image_saved'", (step,))
                database.execute("DELETE FROM images WHERE step = ?", (step,))
                database.execute("UPDATE steps SET images = 0, unsettled = 1 WHERE key = ?", (step,))
            database.close()
            self.check_whole(self.tree("out/job"), "paid, and not all of it is saved")

    def test_failed_steps_do_not_matter(self):
        refusal = json.dumps({"error": {"code": "bad_request", "message": "no"}})
        faults = [{"on": "imagine", "prompt": "car 1", "do": "status", "status": 400,
                   "body": refusal}]
        with Service(self, faults=faults) as service:
            job = self.job(service.url, prompts(3))
            self.run_job(job, 2)
            self.assertEqual(self.clean("out/job")["out/job"]["files"], 2)
            self.check_free(service, job, 2, code=2)


class Words(Clean):
    def three(self, service):
        for name in ("a", "b", "c"):
            self.run_job(self.job(service.url, prompts(2), name=name))
        return [f"out/{name}" for name in ("a", "b", "c")]

    def set_end(self, directory, hours):
        """Lets the last run have ended so long ago."""
        at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - hours * 3600))
        with sqlite3.connect(self.path(directory, "journal.db")) as database:
            text, = database.execute("SELECT text FROM meta WHERE name = 'last_run'").fetchone()
            note = json.loads(text)
            self.note_end(note, at)
            database.execute("UPDATE meta SET text = ? WHERE name = 'last_run'",
                             (json.dumps(note, separators=(",", ":")),))
        database.close()

    def note_end(self, note, at):
        for key, value in note.items():
            if isinstance(value, dict):
                self.note_end(value, at)
            elif key in ("at", "ended"):
                note[key] = at

    def test_a_dry_run_changes_nothing(self):
        with Service(self) as service:
            directories = self.three(service)
            before = self.tree()
            for more in ((), ("--all",), ("--json",), ("--keep", "1h"), ("--undo",)):
                self.check_code(self.darkroom("clean", *directories, "-n", *more), 0)
            self.assertEqual(self.tree(), before)
            ended = self.darkroom("clean", *directories, "-n")
            self.assertEqual(ended.out.count("2 files"), 3)
            self.clean(*directories)
            self.assertNotEqual(self.tree(), before)

    def test_recent_directories_are_kept(self):
        with Service(self) as service:
            a, b, c = self.three(service)
            for directory, hours in ((a, 30), (b, 50), (c, 10)):
                self.set_end(directory, hours)

            def states(*arguments):
                ended = self.darkroom("clean", a, b, c, f"{a}/", "-n", "--json", *arguments)
                values = map(json.loads, self.check_code(ended, 0).out.splitlines())
                return "".join("k" if value["state"] == "kept" else "-" for value in values)

            for arguments, expected in ((("--keep", "1d"), "--k"), (("--keep", "29h"), "--k"),
                                        (("--keep", "31h"), "k-k"), (("--keep", "1w"), "kkk"),
                                        (("--keep", "9h"), "---"), (("--keep-last", "1"), "--k"),
                                        (("--keep-last", "2"), "k-k"), (("--keep-last", "0"), "---"),
                                        (("--keep-last", "9"), "kkk"), ((), "---"),
                                        (("--keep", "9h", "--keep-last", "1"), "--k"),
                                        (("--keep", "31h", "--keep-last", "1"), "k-k")):
                with self.subTest(arguments):
                    self.assertEqual(states(*arguments), expected)
            self.clean(a, b, c, "--keep-last", "2")
            self.assertEqual([len(self.there(each)) for each in (a, b, c)], [2, 0, 2])

    def test_a_run_that_left_no_word_is_as_old_as_its_journal(self):
        with Service(self) as service:
            a = self.three(service)[0]
            with sqlite3.connect(self.path(a, "journal.db")) as database:
                database.execute("DELETE FROM meta WHERE name = 'last_run'")
            database.close()
            journal = self.path(a, "journal.db")
            os.utime(journal, (time.time() - 7200,) * 2)
            for age, state in (("3h", "kept"), ("1h", "would_clean")):
                ended = self.darkroom("clean", a, "-n", "--json", "--keep", age)
                self.assertEqual(json.loads(ended.out)["state"], state)

    def test_without_a_terminal_it_needs_a_yes(self):
        with Service(self) as service:
            directories = self.three(service)
            before = self.tree()
            ended = self.check_code(self.darkroom("clean", *directories), 64)
            self.assertIn("--yes", ended.err)
            self.assertEqual(self.tree(), before)

    def ask(self, answer, *arguments):
        """Answers the question on a terminal; returns the exit code and what was shown."""
        control, terminal = pty.openpty()
        process = subprocess.Popen([PROGRAM, "clean", *arguments], cwd=self.directory,
                                   env=self.environment, stdin=terminal, stdout=terminal,
                                   stderr=terminal)
        os.close(terminal)
        shown = b""
        try:
            while True:
                piece = os.read(control, 65536)
                if not piece:
                    break
                shown += piece
                if b"[y/N]" in shown and answer:
                    os.write(control, answer)
                    answer = b""
        except OSError:  # the other end is closed
            pass
        os.close(control)
        return process.wait(PATIENCE), shown.decode()

    def test_on_a_terminal_it_shows_first_and_asks(self):
        with Service(self) as service:
            directories = self.three(service)
            before = self.tree()
            code, shown = self.ask(b"n\n", *directories)
            self.assertEqual(code, 7, shown)
            self.assertLess(shown.index("out/c: 2 files"), shown.index("Remove 6 files"))
            self.assertEqual(self.tree(), before)
            code, shown = self.ask(b"y\n", *directories)
            self.assertEqual(code, 0, shown)
            self.assertIn("Removed 6 files", shown)
            self.assertEqual(self.there("out/a"), set())

    def test_slips_are_usage_and_what_is_no_run_directory_is_66(self):
        with Service(self) as service:
            directories = self.three(service)
            before = self.tree()
            os.makedirs(self.path("mine"))
            for arguments, code in ((("--keep", "14"), 64), (("--keep", "soon"), 64),
                                    (("--keep", ""), 64), (("--keep-last", "-1"), 64),
                                    (("--undo", "--all"), 64), (("--undo", "--keep", "1d"), 64),
                                    (("mine",), 66), (("nowhere",), 66)):
                with self.subTest(arguments):
                    self.check_code(self.darkroom("clean", *directories, "-y", *arguments), code)
            self.check_code(self.darkroom("clean", "-y"), 64)
            self.assertEqual(self.tree(), before)


class Crashes(Clean):
    def test_what_is_recorded_and_still_there_goes_with_the_next_clean(self):
        """As after a kill between the record and the removal."""
        with Service(self) as service:
            job = self.job(service.url, prompts(3))
            self.run_job(job)
            shutil.copytree(self.path("out/job/images"), self.path("copy"))
            self.clean("out/job")
            shutil.copytree(self.path("copy"), self.path("out/job/images"))
            self.assertEqual(len(self.there()), 3)
            self.check_free(service, job, 0)
            os.remove(self.path("out/job", sorted(self.there())[0]))
            self.check_free(service, job, 1)
            self.assertEqual(self.clean("out/job")["out/job"]["files"], 2)
            self.check_free(service, job, 3)

    def test_the_record_is_there_before_the_first_file_goes(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(60))
            self.run_job(job)
            files = [self.path("out/job", file) for file in self.pictures()]
            process = subprocess.Popen([PROGRAM, "clean", "out/job", "-y"], cwd=self.directory,
                                       env=self.environment, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            while process.poll() is None and all(map(os.path.exists, files)):
                pass
            process.kill()
            process.wait(PATIENCE)
            gone = 60 - len(self.there())
            self.assertGreater(gone, 0)
            self.check_free(service, job, gone)
            self.clean("out/job")
            self.check_free(service, job, 60)

    def test_a_file_that_cannot_be_removed_is_said_and_stays_recorded(self):
        def without_override():  # root then obeys the rights of a directory, as all others do
            ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, DAC_OVERRIDE, 0, 0, 0)

        with Service(self) as service:
            job = self.job(service.url, prompts(3))
            self.run_job(job)
            folder = os.path.dirname(self.path("out/job", sorted(self.pictures())[0]))
            os.chmod(folder, 0o555)
            ended = subprocess.run([PROGRAM, "clean", "out/job", "-y"], cwd=self.directory,
                                   env=self.environment, preexec_fn=without_override,
                                   capture_output=True, text=True, timeout=PATIENCE, check=False)
            os.chmod(folder, 0o755)
            self.assertEqual(ended.returncode, 74, ended)
            self.assertIn("3 files could not be removed", ended.stderr)
            self.assertEqual(len(self.there()), 3)
            for file in self.there():
                os.remove(self.path("out/job", file))
            self.check_free(service, job, 3)


FILL = "rm -f small/*/journal.db-shm; cat /dev/zero > small/fill 2>/dev/null"
# After a kill there is a log that nobody has written back.
KILLED = """python3 -c 'import os, sqlite3
database = sqlite3.connect("small/job/journal.db")
database.execute("UPDATE meta SET text = text")
database.commit()
os._exit(0)'"""


class Full(Clean):
    """A disk that is full: what needs no record goes first, and makes room for the record."""

    def setUp(self):
        super().setUp()
        os.makedirs(self.path("small"))
        if self.on_disk("true").returncode != 0:
            self.skipTest("no disk can be mounted here")

    def on_disk(self, script, *arguments):
        """Runs a script with a disk of 40 MB at ./small, which is what ./after was. What it leaves
        there is in ./after then. "$@" is the program with its arguments."""
        words = ["unshare", "-rm", "sh", "-c",
                 "mount -t tmpfs -o size=40m tmpfs small || exit 1; "
                 "cp -a after/. small 2>/dev/null; " + script + "; code=$?; "
                 "rm -rf after small/fill && cp -a small after || exit 1; exit $code",
                 PROGRAM, *arguments]
        return subprocess.run(words, cwd=self.directory, env=self.environment, timeout=PATIENCE,
                              capture_output=True, text=True, check=False)

    def three(self, service):
        """Runs a job of three pictures and makes their thumbnails in after/job."""
        job = self.job(service.url, prompts(3))
        self.run_job(job, 0, "-o", "after/job")
        self.check_code(self.darkroom("gallery", "after/job"), 0)
        return job

    def check_recorded(self, service, removed):
        """The next run loads nothing of what is gone."""
        shutil.rmtree(self.path("out"), ignore_errors=True)
        shutil.copytree(self.path("after"), self.path("out"))
        self.check_free(service, "job.yaml", removed)

    def test_thumbnails_make_room_for_the_record(self):
        for before in ("true", KILLED):
            with self.subTest(before), Service(self) as service:
                shutil.rmtree(self.path("after"), ignore_errors=True)
                self.three(service)
                # As large as those of real pictures.
                for name in os.listdir(self.path("after/job/thumbs")):
                    with open(self.path("after/job/thumbs", name), "ab") as file:
                        file.write(bytes(20000))
                ended = self.on_disk(f'{before}; {FILL}; "$0" "$@"', "clean", "small/job", "-y")
                self.assertEqual(ended.returncode, 0, ended)
                self.assertIn("Removed 7 files", ended.stdout)
                self.assertEqual(self.there("after/job"), set())
                self.check_recorded(service, 3)

    def test_without_room_for_the_record_no_picture_goes(self):
        with Service(self) as service:
            self.three(service)
            shutil.rmtree(self.path("after/job/thumbs"))
            ended = self.on_disk(f'{FILL}; "$0" "$@"', "clean", "small/job", "-y", "--json")
            self.assertEqual(ended.returncode, 74, ended)
            self.assertIn("cannot be recorded", ended.stderr)
            self.assertIn("make room", ended.stderr)
            result = json.loads(ended.stdout)
            self.assertEqual((result["state"], result["files"]), ("failed", 0))
            self.assertIn("no picture was removed", result["reason"])
            self.assertEqual(len(self.there("after/job")), 3)
            self.check_recorded(service, 0)

    def test_the_room_that_another_directory_gives_is_used(self):
        with Service(self) as service:
            self.three(service)
            shutil.rmtree(self.path("after/job/thumbs"))
            shutil.copytree(self.path("after/job"), self.path("after/other"))
            os.makedirs(self.path("after/other/thumbs"))
            self.write("after/other/thumbs/index.txt", "x" * 400000)
            ended = self.on_disk(f'{FILL}; "$0" "$@"', "clean", "small/job", "small/other", "-y")
            self.assertEqual(ended.returncode, 0, ended)
            self.assertIn("Removed 7 files", ended.stdout)
            self.assertIn("of 2 directories", ended.stdout)
            self.assertEqual(self.there("after/job"), set())
            self.check_recorded(service, 3)


if __name__ == "__main__":
    unittest.main()
