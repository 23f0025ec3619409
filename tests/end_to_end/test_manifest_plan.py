"""The manifest says what the present job file wants: rows are inserted, deleted, moved, relabelled
and repeated, jobs renamed, and after each run the lines are those of a model that knows nothing of
the program. The money is what the service charged."""
import hashlib
import json
import os
import random
import signal
import unittest

from stage import Service, Stage

PRICE = 0.026


class Model:
    """The lines that a job file wants, made from it alone. A row is (prompt, label)."""

    def __init__(self, jobs):
        self.jobs = jobs  # (id, rows, actions), in the order of the file

    def wanted(self):
        """Gives (job, item, label, path, what is asked), in the order of the plan."""
        for job, rows, actions in self.jobs:
            for item, (prompt, label) in enumerate(rows):
                path = ""
                yield job, item, label, path, (prompt, path)
                for action in actions:
                    path = f"{path}/{action}" if path else action
                    yield job, item, label, path, (prompt, path)

    def asked(self):
        return {asked for *_, asked in self.wanted()}


class Plans(Stage):
    def put(self, url, jobs, **more):
        content = []
        for job, rows, actions in jobs:
            table = "prompt,label\n" + "".join(f"{prompt},{label}\n" for prompt, label in rows)
            self.write(f"{job}.csv", table)
            content.append({"id": job, "prompts": {"file": f"{job}.csv", "prompt": "{{prompt}}"},
                            "chain": actions} if actions else
                           {"id": job, "prompts": {"file": f"{job}.csv", "prompt": "{{prompt}}"}})
        self.job(url, content, **more)
        return Model(jobs)

    def run_job(self, *arguments, code=0):
        return self.check_code(self.darkroom("run", "job.yaml", "-q", *arguments), code)

    def unwanted(self, directory="out/job"):
        return self.lines(directory, "unwanted.jsonl")

    @staticmethod
    def row_of(line):
        return (line["job"], line["item"], line["variables"]["label"], line["path"],
                (line["root_prompt"], line["path"]))

    def check_manifest(self, model, directory="out/job", in_order=True):
        """Compares the manifest with the model, and each line with its file."""
        lines = self.manifest(directory)
        found, wanted = [self.row_of(line) for line in lines], list(model.wanted())
        if not in_order:
            found, wanted = sorted(found), sorted(wanted)
        self.assertEqual(found, wanted)
        first = {}
        files = set()
        for line in lines:
            self.assertEqual(line["drawn"], {})
            self.assertIsNone(line["picked"])
            same = first.setdefault(line["key"], line["file"])
            if same == line["file"] and line["same_as"] is None:
                self.assertEqual(line["cost"], PRICE)
            else:
                self.assertEqual((line["same_as"], line["cost"]), (same, 0))
            is_shared = line["same_as"] == line["file"]
            name = f"images/{line['job']}/{line['item']:06}-"
            self.assertTrue(not is_shared or line["file"].startswith(name), line)
            self.assertTrue(is_shared or line["file"] not in files, "each has a file of its own")
            files.add(line["file"])
        self.check_files(directory)

    def check_files(self, directory="out/job"):
        lines = self.manifest(directory) + self.unwanted(directory)
        for line in lines:
            with open(self.path(directory, line["file"]), "rb") as file:
                self.assertEqual(hashlib.sha256(file.read()).hexdigest(), line["sha256"])
        names = {line["file"] for line in lines}
        found = {os.path.relpath(os.path.join(folder, file), self.path(directory))
                 for folder, _, files in os.walk(self.path(directory, "images")) for file in files}
        self.assertEqual(found, names, "no file without a line, no line without a file")

    def check_money(self, service, *directories):
        """The costs of both files are what the service charged, and each charge has one line."""
        lines = [line for directory in directories or ("out/job",)
                 for line in self.manifest(directory) + self.unwanted(directory)]
        paid = [line["task_id"] for line in lines if line["cost"]]
        self.assertEqual(sorted(paid), sorted(service.charged()))
        self.assertAlmostEqual(sum(line["cost"] for line in lines), PRICE * len(paid))

    def state(self, directory="out/job"):
        found = []
        for name in ("manifest.jsonl", "unwanted.jsonl"):
            path = self.path(directory, name)
            if os.path.exists(path):
                with open(path, "rb") as file:
                    found.append((path, os.stat(path).st_mtime_ns, file.read()))
        return found


class Moves(Plans):
    def move(self, service, before, after, bought):
        """Runs one plan, then another one twice: the second run has nothing to buy."""
        self.put(service.url, before)
        self.run_job()
        charged = len(service.charged())
        model = self.put(service.url, after)
        self.run_job()
        self.assertEqual(len(service.charged()) - charged, bought)
        self.check_manifest(model, in_order=not bought)
        self.run_job()
        self.check_manifest(model)
        self.check_money(service)
        unwanted = {(line["root_prompt"], line["path"]) for line in self.unwanted()
                    if line["same_as"] is None}
        self.assertEqual(unwanted, Model(before).asked() - model.asked())

    def test_a_row_is_inserted(self):
        with Service(self) as service:
            self.move(service, [("a", [("fox", "1"), ("hen", "2")], [])],
                      [("a", [("owl", "0"), ("fox", "1"), ("hen", "2")], [])], 1)

    def test_a_row_is_deleted_and_comes_back_unpaid(self):
        with Service(self) as service:
            rows = [("fox", "1"), ("hen", "2"), ("owl", "3")]
            self.move(service, [("a", rows, ["upscale1"])], [("a", rows[1:], ["upscale1"])], 0)
            names = {line["key"]: line["file"] for line in self.unwanted()}
            model = self.put(service.url, [("a", rows[1:] + rows[:1], ["upscale1"])])
            self.run_job()
            self.check_manifest(model)
            self.assertEqual(self.unwanted(), [])
            self.assertEqual({line["key"]: line["file"] for line in self.manifest()
                              if line["root_prompt"] == "fox"}, names)
            self.check_money(service)

    def test_rows_are_moved_and_relabelled(self):
        with Service(self) as service:
            self.move(service, [("a", [("fox", "1"), ("hen", "2"), ("owl", "3")], [])],
                      [("a", [("owl", "three"), ("fox", "one"), ("hen", "two")], [])], 0)

    def test_a_job_is_renamed_and_split_in_two(self):
        with Service(self) as service:
            rows = [("fox", "1"), ("hen", "2"), ("owl", "3")]
            self.move(service, [("a", rows, [])], [("b", rows[2:], []), ("c", rows[:2], [])], 0)

    def test_repeated_rows_and_jobs_share_pictures(self):
        with Service(self) as service:
            self.move(service, [("a", [("fox", "1"), ("hen", "2"), ("fox", "3")], ["upscale2"])],
                      [("a", [("fox", "1"), ("fox", "2"), ("hen", "3")], ["upscale2"]),
                       ("b", [("hen", "1"), ("owl", "2"), ("fox", "3")], ["upscale2"])], 2)

    def test_the_first_of_equal_rows_is_deleted(self):
        with Service(self) as service:
            self.move(service, [("a", [("fox", "1"), ("hen", "2"), ("fox", "3")], [])],
                      [("a", [("hen", "2"), ("fox", "3")], [])], 0)

    def test_an_action_is_taken_away(self):
        with Service(self) as service:
            rows = [("fox", "1"), ("hen", "2")]
            self.move(service, [("a", rows, ["upscale1"])], [("a", rows, [])], 0)

    def test_any_edits_in_a_row(self):
        chance = random.Random(19)
        animals = ["fox", "hen", "owl", "cat", "dog"]
        with Service(self) as service:
            for step in range(8):
                jobs = [(job, [(chance.choice(animals), f"{step}-{n}")
                               for n in range(chance.randrange(1, 5))],
                         ["upscale1"] if chance.random() < 0.5 else [])
                        for job in chance.sample("abc", chance.randrange(1, 4))]
                model = self.put(service.url, jobs)
                self.run_job()
                self.check_manifest(model, in_order=False)
                self.run_job()
                self.check_manifest(model)
                self.check_money(service)


class WhenLinesMove(Plans):
    ROWS = [("fox", "1"), ("hen", "2"), ("owl", "3")]

    def test_a_run_that_changes_nothing_leaves_the_files_alone(self):
        with Service(self) as service:
            self.put(service.url, [("a", self.ROWS + self.ROWS[:1], ["upscale1"])])
            self.run_job()
            self.put(service.url, [("a", self.ROWS[::-1], ["upscale1"])])
            self.run_job()
            before = self.state()
            self.run_job()
            self.run_job("--settle")
            self.assertEqual(self.state(), before)

    def test_a_part_moves_no_line(self):
        with Service(self) as service:
            self.put(service.url, [("a", self.ROWS, []), ("b", self.ROWS, [])])
            self.run_job()
            before = self.state()
            model = self.put(service.url, [("b", self.ROWS[1:], []), ("a", self.ROWS[::-1], [])])
            self.run_job("--only", "a")
            self.run_job("--limit", "2")
            self.assertEqual(self.state(), before)
            self.run_job()
            self.check_manifest(model)
            self.check_money(service)

    def test_another_job_in_the_directory_moves_no_line_at_first(self):
        with Service(self) as service:
            self.put(service.url, [("a", self.ROWS, [])])
            self.run_job("-o", "mine")
            before = self.state("mine")
            model = self.put(service.url, [("a", self.ROWS[:1], [])], name="other")
            self.run_job("-o", "mine")
            self.assertEqual(self.state("mine"), before)
            self.run_job("-o", "mine")
            self.check_manifest(model, "mine")
            self.assertEqual(len(self.unwanted("mine")), 2)
            self.check_money(service, "mine")

    def test_a_shard_moves_the_lines_of_its_part(self):
        with Service(self) as service:
            rows = [(f"{animal} {n}", f"{n}") for n in range(4) for animal in ("fox", "hen")]
            self.put(service.url, [("a", rows, [])])
            parts = [f"out/job-shard-{part}-of-2" for part in (1, 2)]
            for part in (1, 2):
                self.run_job("--shard", f"{part}/2")
            model = self.put(service.url, [("b", rows[:0:-1], [])])
            for part in (1, 2):
                self.run_job("--shard", f"{part}/2")
            found = [self.row_of(line) for part in parts for line in self.manifest(part)]
            self.assertEqual(sorted(found), sorted(model.wanted()))
            for part in parts:
                items = [line["item"] for line in self.manifest(part)]
                self.assertEqual(items, sorted(items))
                self.check_files(part)
            self.assertEqual(sum(len(self.unwanted(part)) for part in parts), 1)
            self.check_money(service, *parts)
            self.check_code(self.darkroom("merge", *parts, "-o", "all"), 0)
            self.check_manifest(model, "all")
            self.check_money(service, "all")


class Crashes(Plans):
    """Between the steps of a rewrite the directory has any mixture of old and new files."""


    def states(self, url):
        """Makes a directory with an old and a new pair of files; returns both and the model."""
        rows = [("fox", "1"), ("hen", "2"), ("fox", "3"), ("owl", "4")]
        self.put(url, [("a", rows, [])])
        self.run_job()
        self.put(url, [("a", rows[1:], [])])
        self.run_job()
        old = self.contents()
        model = self.put(url, [("b", [("cat", "0"), *rows[:2]], [])])
        self.run_job()
        self.run_job()
        return old, self.contents(), model

    def contents(self):
        return {path: content for path, _, content in self.state()}

    def check_mended(self, model, service, *arguments):
        self.run_job(*arguments)
        self.check_money(service)
        self.check_files()
        self.run_job()
        self.check_manifest(model)
        self.check_money(service)

    def test_a_mixture_of_old_and_new_files_is_mended(self):
        with Service(self) as service:
            old, new, model = self.states(service.url)
            manifest, unwanted = (self.path("out/job", name)
                                  for name in ("manifest.jsonl", "unwanted.jsonl"))
            for first, second in ((old, new), (new, old)):
                for arguments in ((), ("--limit", "1")):
                    with self.subTest(arguments=arguments, new_manifest=first is new):
                        for path, content in ((manifest, first.get(manifest)),
                                              (unwanted, second.get(unwanted))):
                            if content is None:
                                if os.path.exists(path):
                                    os.remove(path)
                            else:
                                with open(path, "wb") as file:
                                    file.write(content)
                        self.check_mended(model, service, *arguments)

    def test_a_torn_last_line_is_mended(self):
        with Service(self) as service:
            _, new, model = self.states(service.url)
            manifest = self.path("out/job", "manifest.jsonl")
            for size in (1, 100, 700):
                with open(manifest, "wb") as file:
                    file.write(new[manifest][:-size])
                self.check_mended(model, service)

    def test_runs_that_are_killed_while_lines_move_lose_nothing(self):
        chance = random.Random(5)
        rows = [(f"{animal} {n % 7}", f"{n}") for n in range(25) for animal in ("fox", "hen")]
        with Service(self) as service:
            for _ in range(12):
                chance.shuffle(rows)
                model = self.put(service.url, [("a", rows[:chance.randrange(20, 50)], [])])
                running = self.start("run", "job.yaml", "--progress", "plain")
                word = chance.choice(["submitted", "saved", "done"])
                try:
                    running.wait_for("stderr", word)
                    running.signal(signal.SIGKILL)
                except AssertionError:  # there was nothing left to do
                    pass
                running.end()
            self.run_job()
            self.check_manifest(model, in_order=False)
            self.run_job()
            self.check_manifest(model)
            self.check_money(service)


if __name__ == "__main__":
    unittest.main()
