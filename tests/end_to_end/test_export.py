"""`darkroom export`: what others read, checked with readers that know nothing of darkroom."""
import csv
import glob
import hashlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import unittest
from urllib.parse import unquote

from stage import PATIENCE, PROGRAM, SOURCE, Service, Stage

HOSTILE = ["../../etc/passwd", "- rf /", "CON", "=1+1", "two\nlines", "一只狐狸", "<b>\"x\"</b>", "@SUM(A1)"]
PIXELS = """
import hashlib, json, sys
from PIL import Image
for path in json.load(sys.stdin):
    with Image.open(path) as image:
        image.load()
        print(json.dumps([path, image.format, image.size, hashlib.sha256(image.convert("RGBA").tobytes()).hexdigest()]))
"""


def python_with_pil():
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import PIL"], capture_output=True, check=False).returncode == 0:
            return python
    return None


def pixels_of(paths):
    """Returns format, size and the digest of the pixels of each picture, by Pillow."""
    shown = subprocess.run([python_with_pil(), "-c", PIXELS], input=json.dumps(paths), text=True,
                           capture_output=True, check=True, timeout=PATIENCE).stdout
    return {path: (kind, tuple(size), digest)
            for path, kind, size, digest in map(json.loads, shown.splitlines())}


def tree(directory, hidden=False):
    """Returns the bytes of all files below a directory, by name."""
    found = {}
    for folder, _, names in os.walk(directory):
        for name in names:
            if name.startswith(".") and not hidden:
                continue
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, directory)] = file.read()
    return found


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def read(path):
    with open(path, "rb") as file:
        return file.read()


def read_lines(path):
    return read(path).decode().splitlines(keepends=True)


RUNS = {}  # the run directories, made once


def make_runs(stage):
    """Makes two run directories: cars with follow-ups and a repeat, and one with hostile names."""
    with Service(stage) as service:
        jobs = [{"id": "cars", "prompt": "{{car}} in {{place}} --v 6.1", "repeat": 2,
                 "matrix": {"car": ["a Lada", "a Fiat", "a Saab"], "place": ["fog", "snow"]},
                 "then": ["upscale2"]}]
        stage.check_code(stage.darkroom("run", stage.job(service.url, jobs), "-q"), 0)
        rows = [{"id": "hostile", "prompt": "{{text}} at dusk", "matrix": {"text": HOSTILE}},
                {"id": "same", "prompt": "{{text}} at dusk", "matrix": {"text": HOSTILE[:2]}}]
        stage.check_code(stage.darkroom("run", stage.job(service.url, rows), "-q", "-o",
                                        "out/hostile"), 0)


def setUpModule():
    stage = Stage()
    stage.setUp()
    unittest.addModuleCleanup(stage.doCleanups)
    make_runs(stage)
    RUNS["out"] = stage.path("out")


class Export(Stage):
    def setUp(self):
        super().setUp()
        shutil.copytree(RUNS["out"], self.path("out"))

    def export(self, *words, code=0):
        return self.check_code(self.darkroom("export", *words), code)

    def check_sums(self, directory):
        """sha256sum agrees, and the list is whole."""
        subprocess.run(["sha256sum", "-c", "--quiet", "--strict", "SHA256SUMS"], check=True,
                       cwd=self.path(directory), timeout=PATIENCE)
        with open(self.path(directory, "SHA256SUMS"), encoding="utf-8") as file:
            listed = {line[66:-1] for line in file}
        self.assertEqual(listed, set(tree(self.path(directory))) - {"SHA256SUMS", "SHA256SUMS.sig"})

    def check_pictures(self, directory, lines):
        """Each exported picture can be read, and has the pixels of the one in the run."""
        exported = [self.path(directory, name) for name in tree(self.path(directory))
                    if name.endswith(".png")]
        pixels = sorted(digest for _, _, digest in pixels_of(exported).values())
        originals = pixels_of([self.path(run, line["file"]) for run, line in lines])
        by_path = [originals[self.path(run, line["file"])][2] for run, line in lines]
        self.assertEqual(pixels, sorted(by_path))


class FewOpenFiles(Export):
    def test_every_format_comes_with_few_files_open_at_a_time(self):
        for form in ("imagefolder", "webdataset", "folder"):
            for words in ([], ["--copy"]) if form != "webdataset" else ([],):
                out = f"out/{form}{len(words)}"
                limited = ["prlimit", "--nofile=48", PROGRAM, "export", "out/job", "out/hostile",
                           "--to", form, "-o", out, *words]
                ended = subprocess.run(limited, cwd=self.path(), env=self.environment,
                                       capture_output=True, text=True, timeout=PATIENCE, check=False)
                self.assertEqual(ended.returncode, 0, ended.stderr)
                self.check_sums(out)


class Tables(Export):
    def test_csv_and_json_lines_have_the_rows_of_the_manifest(self):
        manifest = self.manifest()
        shown = self.export("out/job", "--to", "csv").out
        rows = list(csv.DictReader(io.StringIO(shown, newline="")))
        self.assertEqual(len(rows), len(manifest))
        for row, line in zip(rows, manifest):
            variables = line.pop("variables")
            self.assertEqual({name: row.pop("variables." + name) for name in variables}, variables)
            self.assertEqual(set(row), set(line))
            for key, cell in row.items():
                value = line[key]
                expected = ("" if value is None else value if isinstance(value, str)
                            else json.dumps(value, separators=(",", ":"), ensure_ascii=False))
                self.assertEqual(cell, expected, key)
        self.assertEqual(self.export("out/job", "--to", "jsonl").out.splitlines(),
                         read(self.path("out/job/manifest.jsonl")).decode().splitlines())

    def test_hostile_cells_read_back_and_can_be_made_safe(self):
        lines = self.manifest("out/hostile")
        self.assertEqual(len(lines), len(HOSTILE) + 2)
        shown = self.export("out/hostile", "--to", "csv").out
        rows = list(csv.DictReader(io.StringIO(shown, newline="")))
        self.assertEqual([row["variables.text"] for row in rows],
                         [line["variables"]["text"] for line in lines])
        safe = list(csv.reader(io.StringIO(
            self.export("out/hostile", "--to", "csv", "--safe-cells").out, newline="")))
        self.assertFalse([cell for row in safe for cell in row if cell[:1] in tuple("=+-@\t\r")
                          and cell])

    def test_several_directories_jobs_and_variables(self):
        both = [json.loads(line) for line in
                self.export("out/job", "out/hostile/", "--to", "jsonl").out.splitlines()]
        self.assertEqual({line["directory"] for line in both}, {"out/job", "out/hostile"})
        self.assertEqual(len(both), len(self.manifest()) + len(self.manifest("out/hostile")))
        for words, wanted in (
                (["--job", "ca*"], lambda line: line["job"] == "cars"),
                (["--job", "same", "--job", "c?rs"], lambda line: line["job"] == "same"),
                (["--where", "car=a Fiat"], lambda line: line["variables"].get("car") == "a Fiat"),
                (["--where", "car=a Fiat", "--where", "place=fog"],
                 lambda line: list(line["variables"].values()) == ["a Fiat", "fog"]),
                (["--where", "text==1+1"], lambda line: line["variables"].get("text") == "=1+1")):
            with self.subTest(words):
                shown = self.export("out/job", "out/hostile", "--to", "jsonl", *words).out
                self.assertEqual([json.loads(line) for line in shown.splitlines()],
                                 [line for line in both if wanted(line)])
                self.assertTrue(shown)

    def test_picks_choose(self):
        lines = self.manifest()
        root = next(line for line in lines if not line["path"])
        child = next(line for line in lines if line["parent_image_id"] == root["image_id"])
        other = next(line for line in lines if line["item"] == 4)
        picks = {"version": 1, "picks": {root["key"]: ["upscale2"]},
                 "images": {other["sha256"]: {"picked": True}, root["sha256"]: {"picked": False}}}
        self.write("out/job/picks.json", json.dumps(picks))
        shown = self.export("out/job", "--to", "jsonl", "--picked").out
        self.assertEqual({json.loads(line)["key"] for line in shown.splitlines()},
                         {child["key"], other["key"]})

    def test_a_file_is_never_written_over(self):
        ended = self.export("out/job", "--to", "csv", "-o", "tables/all.csv")
        self.assertIn("tables/all.csv: 24 rows", ended.out)
        shown = subprocess.run([PROGRAM, "export", "out/job", "--to", "csv"], env=self.environment,
                               cwd=self.directory, capture_output=True, check=True).stdout
        self.assertEqual(read(self.path("tables/all.csv")), shown)
        self.assertEqual(shown.count(b"\r\n"), 25)
        self.assertIn("is there already", self.export("out/job", "--to", "csv", "-o",
                                                      "tables/all.csv", code=64).err)
        self.assertEqual(os.listdir(self.path("tables")), ["all.csv"])

    def test_a_line_that_is_being_written_is_left_out(self):
        with open(self.path("out/job/manifest.jsonl"), "a", encoding="utf-8") as file:
            file.write('{"schema":1,"key":"')
        self.assertEqual(len(self.export("out/job", "--to", "jsonl").out.splitlines()), 24)

    def test_a_merged_directory_is_one_of_its_own(self):
        self.check_code(self.darkroom("merge", "out/job", "out/hostile", "-o", "out/both"), 0)
        shown = self.export("out/both", "--to", "jsonl").out.splitlines()
        merged = self.manifest("out/both")
        self.assertEqual([json.loads(line) for line in shown], merged)
        self.assertEqual(json.loads(self.export("out/both", "--to", "folder", "-o", "both",
                                                "--json").out)["pictures"], len(merged))

    def test_a_directory_of_version_0_1_is_read(self):
        old = os.path.join(SOURCE, "tests", "end_to_end", "written_by_0_1")
        runs = [os.path.dirname(path) for path in
                glob.glob(os.path.join(old, "**", "manifest.jsonl"), recursive=True)]
        self.assertTrue(runs)
        for run in runs:
            lines = read_lines(os.path.join(run, "manifest.jsonl"))
            rows = list(csv.DictReader(io.StringIO(
                self.export(run, "--to", "csv").out, newline="")))
            self.assertEqual([row["key"] for row in rows],
                             [json.loads(line)["key"] for line in lines if line.endswith("\n")])

    def test_a_list_without_a_journal_is_enough_and_nothing_is_not(self):
        os.remove(self.path("out/job/journal.db"))
        self.assertEqual(len(self.export("out/job", "--to", "jsonl").out.splitlines()), 24)
        os.remove(self.path("out/job/manifest.jsonl"))
        self.export("out/job", "--to", "jsonl", code=66)


class ImageFolder(Export):
    def lines_of(self, directory, split):
        return self.lines(directory, split, "metadata.jsonl")

    def check_layout(self, directory, splits):
        """The rules of Hugging Face: each line names a file of its folder, each file has a line,
        and all lines have the same members."""
        members = set()
        for split in splits:
            lines = self.lines_of(directory, split)
            names = [line["file_name"] for line in lines]
            self.assertEqual(len(names), len(set(names)))
            self.assertEqual(sorted(names + ["metadata.jsonl"]),
                             sorted(os.listdir(self.path(directory, split))))
            members |= {tuple(line) for line in lines}
            for line in lines:
                self.assertIsInstance(line["text"], str)
                self.assertEqual(sha256(read(self.path(directory, split, line["file_name"]))),
                                 line["source_sha256"])
        self.assertEqual(len(members), 1)
        self.assertEqual(sorted(name for name in os.listdir(self.path(directory))
                                if os.path.isdir(self.path(directory, name))), sorted(splits))

    def test_it_is_as_hugging_face_reads_it(self):
        ended = self.export("out/job", "--to", "imagefolder", "-o", "data", "--json")
        self.assertEqual(json.loads(ended.out)["pictures"], 24)
        self.check_layout("data", ["train"])
        self.check_sums("data")
        self.check_pictures("data", [("out/job", line) for line in self.manifest()])
        texts = {line["text"] for line in self.lines_of("data", "train")}
        self.assertEqual(texts, {f"a {car} in {place}" for car in ("Lada", "Fiat", "Saab")
                                 for place in ("fog", "snow")})
        card = read(self.path("data/README.md")).decode()
        self.assertRegex(card, r"\A---\nlicense: \w+")
        for word in ("24 pictures", "v 6.1", "duckdb", "`text`", "split: train"):
            self.assertIn(word, card)

    def test_an_item_and_all_below_it_is_in_one_split_whatever_else_is_exported(self):
        splits = ("train=0.5,test=0.5",)
        self.export("out/job", "--to", "imagefolder", "-o", "all", "--split", *splits)
        self.check_layout("all", ["test", "train"])
        places = {}
        for split in ("train", "test"):
            for line in self.lines_of("all", split):
                self.assertEqual(places.setdefault(line["item"], split), split)
        self.export("out/job", "--to", "imagefolder", "-o", "some", "--split", *splits,
                    "--where", "place=snow")
        some = 0
        for split in ("train", "test"):
            for line in self.lines_of("some", split):
                self.assertEqual(places[line["item"]], split)
                some += 1
        self.assertEqual(some, 12)

    def test_pairs_name_the_picture_above(self):
        self.export("out/job", "--to", "imagefolder", "-o", "pairs", "--pairs")
        by_sha = {line["sha256"]: line for line in self.manifest()}
        lines = self.lines_of("pairs", "train")
        self.assertEqual(len(lines), 12)
        for line in lines:
            above, below = (by_sha[sha256(read(self.path("pairs/train", line[name])))]
                            for name in ("input_file_name", "output_file_name"))
            self.assertEqual(below["parent_image_id"], above["image_id"])
        self.check_sums("pairs")

    def test_hostile_names_stay_in_the_export(self):
        self.export("out/hostile", "out/job", "--to", "imagefolder", "-o", "data")
        self.check_layout("data", ["train"])
        for name in tree(self.path("data/train")):
            self.assertRegex(name, r"\A[\w.-]+\Z")
            self.assertNotRegex(name, r"\A[-.]")

    def test_tiles_are_the_quarters_of_their_grid(self):
        python = python_with_pil()
        self.export("out/job", "--to", "imagefolder", "-o", "tiles", "--tiles")
        self.check_layout_of_tiles(python)
        self.check_sums("tiles")

    def check_layout_of_tiles(self, python):
        lines = self.lines_of("tiles", "train")
        self.assertEqual(len(lines), 12 * 4 + 12)
        cut = [[self.path("out/job", line["source_file"]),
                self.path("tiles/train", line["file_name"]), line["tile"]]
               for line in lines if line["tile"]]
        script = """
import json, sys
from PIL import Image
for grid, tile, number in json.load(sys.stdin):
    with Image.open(grid) as whole, Image.open(tile) as part:
        w, h = whole.size[0] // 2, whole.size[1] // 2
        x, y = (number - 1) % 2 * w, (number - 1) // 2 * h
        assert whole.convert("RGBA").crop((x, y, x + w, y + h)).tobytes() == part.convert("RGBA").tobytes()
"""
        subprocess.run([python, "-c", script], input=json.dumps(cut), text=True, check=True,
                       timeout=PATIENCE)

    def test_equal_pictures_come_once_if_asked(self):
        shown = json.loads(self.export("out/hostile", "--to", "imagefolder", "-o", "once",
                                       "--dedup", "--json").out)
        self.assertEqual((shown["pictures"], shown["duplicates"]), (len(HOSTILE), 2))


class WebDataset(Export):
    def test_without_the_library_nothing_is_begun(self):
        os.mkdir(self.path("broken"))
        self.write("broken/libarchive.so.13", "no library")
        self.environment["LD_LIBRARY_PATH"] = self.path("broken")
        ended = self.darkroom("export", "out/job", "--to", "webdataset", "-o", "shards")
        self.assertIn("libarchive, which writes tar files, is missing",
                      self.check_code(ended, 64).err)
        self.assertFalse(os.path.exists(self.path("shards")))

    def check_shards(self, directory):
        """The rules of WebDataset: the files of a sample follow each other, and share their name up
        to the first dot, which no other sample has."""
        index = json.loads(read(self.path(directory, "index.json")))
        samples = []
        for shard, theirs in zip(index["shards"], index["shardlist"]):
            path = self.path(directory, shard["name"])
            content = read(path)
            self.assertEqual((len(content), sha256(content)), (shard["bytes"], shard["sha256"]))
            before = len(samples)
            with tarfile.open(path) as tar:
                for member in tar:
                    self.assertEqual((member.mtime, member.uid, member.gid, member.mode,
                                      member.uname, member.gname, member.type),
                                     (0, 0, 0, 0o644, "", "", tarfile.REGTYPE))
                    key, extension = member.name.split(".", 1)
                    if not samples or samples[-1]["key"] != key:
                        samples.append({"key": key})
                    samples[-1][extension] = tar.extractfile(member).read()
            self.assertEqual((len(samples) - before, theirs),
                             (shard["samples"], {"url": shard["name"], "nsamples": shard["samples"]}))
        self.assertEqual(len({sample["key"] for sample in samples}), len(samples))
        self.assertEqual(index["samples"], len(samples))
        for sample in samples:
            line = json.loads(sample["json"])
            self.assertEqual(sha256(sample["png"]), line["sha256"])
        return samples

    def test_the_samples_are_those_of_the_runs(self):
        self.export("out/job", "out/hostile", "--to", "webdataset", "-o", "shards",
                    "--shard-size", "60kB")
        samples = self.check_shards("shards")
        self.check_sums("shards")
        self.assertGreater(len(glob.glob(self.path("shards/train-*.tar"))), 2)
        lines = self.manifest() + self.manifest("out/hostile")
        self.assertEqual(sorted(json.loads(sample["json"])["key"] for sample in samples),
                         sorted(line["key"] for line in lines))
        texts = {sample["txt"].decode() for sample in samples}
        self.assertIn("a Lada in fog", texts)
        self.assertIn("一只狐狸 at dusk", texts)

    def test_equal_input_gives_equal_bytes(self):
        self.export("out/job", "out/hostile", "--to", "webdataset", "-o", "one")
        lines = read_lines(self.path("out/job/manifest.jsonl"))
        with open(self.path("out/job/manifest.jsonl"), "w", encoding="utf-8") as file:
            file.writelines(reversed(lines))
        self.environment.update(LC_ALL="C", TZ="Asia/Tokyo")
        self.export("out/hostile", "out/job", "--to", "webdataset", "-o", "two")
        self.assertEqual(tree(self.path("one")), tree(self.path("two")))

    def test_splits_have_shards_of_their_own(self):
        self.export("out/job", "--to", "webdataset", "-o", "split", "--split", "train=0.5,val=0.5")
        self.check_shards("split")
        places = {}
        for split in ("train", "val"):
            with tarfile.open(self.path("split", f"{split}-000000.tar")) as tar:
                for member in tar.getmembers():
                    if member.name.endswith(".json"):
                        item = json.load(tar.extractfile(member))["item"]
                        self.assertEqual(places.setdefault(item, split), split)


class Folder(Export):
    def test_people_find_pictures_by_name_and_on_a_page(self):
        self.export("out/job", "out/hostile", "--to", "folder", "-o", "folder", "--captions", "text")
        self.check_sums("folder")
        self.check_pictures("folder", [("out/job", line) for line in self.manifest()] +
                            [("out/hostile", line) for line in self.manifest("out/hostile")])
        names = os.listdir(self.path("folder"))
        self.assertIn("job-cars-000000-upscale2-a-Lada-in-fog.png", names)
        self.assertIn("job-cars-000000-r2-a-Lada-in-fog.txt", names)
        reserved = re.compile(r"\A(con|prn|aux|nul|com\d|lpt\d)(\.|\Z)", re.IGNORECASE)
        for name in names:
            self.assertNotRegex(name, r'[\x00-\x1f<>:"/\\|?*=]|\A-|[ .]\Z')
            self.assertNotRegex(name, reserved)
        page = read(self.path("folder/contact-sheet.html")).decode()
        self.assertNotRegex(page, r"<script|://|<b>")
        sources = re.findall(r'<img [^>]*src="\./([^"]+)"', page)
        self.assertEqual(len(sources), 24 + len(HOSTILE) + 2)
        self.assertEqual({unquote(source) for source in sources},
                         {name for name in names if name.endswith(".png")})

    def test_names_without_a_directory_in_front_keep_hostile_jobs_away(self):
        self.export("out/hostile", "--to", "folder", "-o", "folder")
        for name in tree(self.path("folder"), hidden=True):
            self.assertNotIn("/", name)


class Safety(Export):
    def test_links_are_the_default_and_copies_a_word_away(self):
        self.export("out/job", "--to", "folder", "-o", "links")
        self.export("out/job", "--to", "folder", "-o", "copies", "--copy")
        for directory, links in (("links", 2), ("copies", 1)):
            for name in glob.glob(self.path(directory, "*.png")):
                self.assertEqual(os.stat(name).st_nlink, links)
        self.assertEqual(tree(self.path("links")), tree(self.path("copies")))

    def test_no_wrong_byte_is_exported(self):
        lines = self.manifest()
        missing, short, changed = lines[0], lines[5], lines[10]
        os.remove(self.path("out/job", missing["file"]))
        with open(self.path("out/job", short["file"]), "r+b") as file:
            file.truncate(100)
        with open(self.path("out/job", changed["file"]), "r+b") as file:
            file.seek(changed["bytes"] // 2)
            file.write(b"?!?!")
        for words in (["imagefolder", "--copy"], ["imagefolder", "--verify"], ["webdataset"],
                      ["folder", "--copy"]):
            with self.subTest(words):
                out = "out-" + "-".join(words)
                ended = self.export("out/job", "--to", words[0], "-o", out, *words[1:], code=2)
                self.assertIn("1 missing", ended.out)
                self.assertIn("2 changed", ended.out)
                self.assertIn(missing["file"] + " is left out", ended.err)
                self.check_sums(out)
                self.assertIn("21 pictures", ended.out)
        # A link without --verify has the size that was listed; the sums tell of the rest.
        self.export("out/job", "--to", "folder", "-o", "linked", code=2)
        checked = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=self.path("linked"),
                                 capture_output=True, text=True, check=False)
        self.assertEqual(checked.stdout.count("FAILED"), 1)

    def test_nothing_is_written_where_something_else_is(self):
        os.makedirs(self.path("mine"))
        self.write("mine/notes.txt", "mine")
        before = tree(self.directory, hidden=True)
        for out, said in (("mine", "neither empty nor an export"),
                          ("out/job/images/x", "lies in the run directory"),
                          ("out/job", "lies in the run directory"),
                          ("out/job/export", "lies in the run directory")):
            with self.subTest(out):
                ended = self.export("out/job", "--to", "folder", "-o", out, code=64)
                self.assertIn(said, ended.err)
        self.assertEqual(tree(self.directory, hidden=True), before)

    def test_other_options_are_refused_and_equal_ones_go_on(self):
        words = ["out/job", "--to", "imagefolder", "-o", "data"]
        self.export(*words)
        before = tree(self.path("data"), hidden=True)
        self.assertIn("captions \"text\" instead of \"none\"",
                      self.export(*words, "--captions", "none", code=64).err)
        self.assertIn("format", self.export("out/job", "--to", "folder", "-o", "data",
                                            code=64).err)
        self.assertEqual(json.loads(self.export(*words, "--json").out)["kept"], 24)
        self.assertEqual(tree(self.path("data"), hidden=True), before)

    def test_what_a_later_manifest_no_longer_lists_leaves_the_export(self):
        words = ["out/job", "--to", "imagefolder", "-o", "data"]
        self.export(*words)
        self.write("data/train/mine.txt", "mine")
        lines = read_lines(self.path("out/job/manifest.jsonl"))
        with open(self.path("out/job/manifest.jsonl"), "w", encoding="utf-8") as file:
            file.writelines(lines[:-4])
        self.export(*words)
        self.assertEqual(len(glob.glob(self.path("data/train/*.png"))), 20)
        self.assertTrue(os.path.exists(self.path("data/train/mine.txt")))

    def test_a_limit_of_bytes_and_a_dry_run(self):
        sizes = [line["bytes"] for line in self.manifest()]
        limit = sum(sizes) // 2
        counted = self.export("out/job", "--to", "folder", "-n", "--max-bytes", str(limit),
                              "--json").out
        self.assertFalse(os.path.exists(self.path("folder")))
        shown = json.loads(self.export("out/job", "--to", "folder", "-o", "folder", "--max-bytes",
                                       str(limit), "--json").out)
        self.assertEqual(shown["pictures"] + shown["over"], 24)
        self.assertEqual(shown["bytes"] + shown["over_bytes"], sum(sizes))
        self.assertLessEqual(shown["bytes"], limit)
        self.assertGreater(shown["over"], 0)
        for key in ("pictures", "bytes", "over", "over_bytes"):
            self.assertEqual(json.loads(counted)[key], shown[key])

    def test_options_of_other_formats_are_refused(self):
        for words in (["csv", "--tiles"], ["jsonl", "--safe-cells"], ["folder", "--split", "a=1"],
                      ["imagefolder", "--shard-size", "1GB"], ["webdataset", "--link"],
                      ["folder", "--pairs"], ["imagefolder", "--split", "train=0.9"],
                      ["imagefolder", "--max-bytes", "many"], ["csv", "--where", "x"],
                      ["imagefolder"], ["parquet"]):
            with self.subTest(words):
                self.export("out/job", "--to", *words, code=64)


class Provenance(Export):
    def test_a_signature_is_checked_by_openssl_and_by_verify(self):
        for words in (["genpkey", "-algorithm", "ed25519", "-out", "key.pem"],
                      ["pkey", "-in", "key.pem", "-pubout", "-out", "public.pem"],
                      ["genpkey", "-algorithm", "ed25519", "-out", "other.pem"],
                      ["pkey", "-in", "other.pem", "-pubout", "-out", "strange.pem"]):
            subprocess.run(["openssl", *words], cwd=self.directory, check=True, capture_output=True,
                           timeout=PATIENCE)
        self.export("out/job", "--to", "imagefolder", "-o", "data", "--sign", "key.pem")
        subprocess.run(["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "public.pem",
                        "-in", "data/SHA256SUMS", "-sigfile", "data/SHA256SUMS.sig"], check=True,
                       cwd=self.directory, capture_output=True, timeout=PATIENCE)
        verify = ("verify", "--signature")
        self.assertIn("signed, and all as", self.check_code(
            self.darkroom(*verify, "public.pem", "data"), 0).out)
        self.assertIn("not signed with this key", self.check_code(
            self.darkroom(*verify, "strange.pem", "data"), 2).out)
        self.check_code(self.darkroom(*verify, "key.pem", "data"), 65)
        self.check_code(self.darkroom(*verify, "none.pem", "data"), 66)
        name = glob.glob(self.path("data/train/*.png"))[0]
        os.remove(name)
        self.write("data/train/more.png", "more")
        checked = self.check_code(self.darkroom(*verify, "public.pem", "data"), 2).out
        self.assertIn("1 missing, 0 changed, 1 not listed", checked)
        with open(self.path("data/SHA256SUMS"), "a", encoding="utf-8") as file:
            file.write("\n")
        self.check_code(self.darkroom(*verify, "public.pem", "data"), 2)

    def test_copies_say_that_a_model_has_made_them(self):
        self.export("out/job", "--to", "folder", "-o", "noted", "--provenance")
        lines = [("out/job", line) for line in self.manifest()]
        self.check_pictures("noted", lines)
        self.check_sums("noted")
        type_of_source = b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
        for name, content in tree(self.path("noted")).items():
            if name.endswith(".png"):
                self.assertIn(type_of_source, content)
                self.assertIn(b"XML:com.adobe.xmp", content)
        for _, line in lines:
            self.assertEqual(sha256(read(self.path("out/job", line["file"]))),
                             line["sha256"])


class Kill(Export):
    """An export that is killed and started again ends as one that was not."""

    def make_larger(self, copies):
        """Lists each picture some more times, under other keys and names."""
        lines = self.manifest()
        with open(self.path("out/job/manifest.jsonl"), "a", encoding="utf-8") as file:
            for number in range(1, copies):
                for line in lines:
                    name = f"images/{number}/{os.path.basename(line['file'])}"
                    os.makedirs(os.path.dirname(self.path("out/job", name)), exist_ok=True)
                    os.link(self.path("out/job", line["file"]), self.path("out/job", name))
                    more = {**line, "file": name, "item": line["item"] + 100 * number,
                            "key": sha256((line["key"] + name).encode())}
                    file.write(json.dumps(more, separators=(",", ":"), ensure_ascii=False) + "\n")

    def check_killed(self, *words, kills=3):
        self.export("out/job", "--to", *words, "-o", "whole")
        whole = tree(self.path("whole"), hidden=True)
        struck = 0
        for number in range(kills):
            out = f"killed-{number}"
            process = subprocess.Popen([PROGRAM, "export", "out/job", "--to", *words, "-o", out],
                                       cwd=self.directory, env=self.environment,
                                       stdout=subprocess.DEVNULL)
            deadline = time.monotonic() + PATIENCE
            wanted = len(whole) * (number + 1) // (kills + 2)
            while process.poll() is None and time.monotonic() < deadline:
                present = sum(len(names) for _, _, names in os.walk(self.path(out)))
                if present > wanted:
                    process.send_signal(signal.SIGKILL)
                    break
            struck += process.wait(PATIENCE) == -signal.SIGKILL
            self.export("out/job", "--to", *words, "-o", out)
            self.assertEqual(tree(self.path(out), hidden=True), whole)
        self.assertGreater(struck, 0)

    def test_links_go_on(self):
        self.make_larger(100)
        self.check_killed("imagefolder", "--split", "train=0.8,test=0.2")

    def test_copies_go_on(self):
        self.make_larger(8)
        self.check_killed("folder", "--copy")

    def test_shards_go_on_and_finished_ones_are_kept(self):
        self.make_larger(25)
        self.check_killed("webdataset", "--shard-size", "200kB")
        shards = sorted(glob.glob(self.path("whole/train-*.tar")))
        before = [os.stat(shard).st_ino for shard in shards]
        os.remove(shards[-1])
        self.export("out/job", "--to", "webdataset", "--shard-size", "200kB", "-o", "whole")
        after = [os.stat(shard).st_ino for shard in shards]
        self.assertEqual(before[:-1], after[:-1])


del Export  # it has no tests of its own

if __name__ == "__main__":
    unittest.main()
