"""Downloads from hosts that are not perfect: what is asked for, what is kept and what it says."""
import dataclasses
import os
import resource
import threading
import time
import unittest

from image_host import ImageHost, Turn, picture
from stage import PATIENCE, Stage, prompts

IMAGINE, TASKS = "/midjourney/imagine", "/midjourney/tasks"
ATTEMPTS = 3
WHOLE = picture(noise=1000)
PAGE = b"<!doctype html><title>Please wait</title>"
DATE = "Tue, 03 Nov 2026 08:00:00 GMT"
HTML = [("Content-Type", "text/html")]
DAMAGED = WHOLE[:500] + bytes([WHOLE[500] ^ 1]) + WHOLE[501:]


def no_change(answer, asked):
    del answer, asked


def with_link(link, until=1):
    """The answer has this link; the record has the right one from the `until`th question on."""
    def change(answer, asked):
        if asked < until:
            answer["raw_image_url"] = answer["image_url"] = link
    return change


def with_size(side, until=1):
    def change(answer, asked):
        if asked < until:
            answer["raw_image_width"] = answer["raw_image_height"] = side
    return change


def with_tiles(pick, until=99):
    def change(answer, asked):
        if asked < until:
            answer["sub_image_urls"] = pick(answer["sub_image_urls"])
    return change


@dataclasses.dataclass
class Row:
    """The answers of an image host, and their effects."""

    turns: list
    ranges: list  # of each request for the image
    tasks: int = 0  # questions to /midjourney/tasks
    failed: tuple = ()  # class and code
    words: tuple = ()
    kept: bytes = None  # in parts/, named in failed.jsonl
    change: object = no_change
    image: bytes = WHOLE


ROWS = {
    "whole": Row([Turn()], [None]),
    "cut_with_a_strong_tag": Row([Turn(cut=300)], [None, "bytes=300-"]),
    "cut_with_a_date": Row([Turn(cut=300, etag=None, modified=DATE),
                            Turn(etag=None, modified=DATE)], [None, "bytes=300-"]),
    "cut_with_a_weak_tag_and_a_date": Row(
        [Turn(cut=300, etag='W/"v1"', modified=DATE), Turn(etag='W/"v1"', modified=DATE)],
        [None, "bytes=300-"]),
    "cut_without_a_validator": Row([Turn(cut=300, etag=None)], [None, None]),
    "cut_with_a_weak_tag": Row([Turn(cut=300, etag='W/"v1"')], [None, None]),
    "another_version_as_a_whole": Row([Turn(cut=300), Turn(etag='"v2"')], [None, "bytes=300-"]),
    "another_version_as_a_part": Row([Turn(cut=300), Turn(part_etag='"v2"')],
                                     [None, "bytes=300-", None]),
    "a_part_with_a_weak_tag": Row([Turn(cut=300), Turn(part_etag='W/"v1"')],
                                  [None, "bytes=300-", None]),
    "a_part_without_a_tag": Row([Turn(cut=300), Turn(part_etag="")],
                                [None, "bytes=300-", None]),
    "gzip_unasked": Row([Turn(coded=True)], [None]),
    "gzip_that_is_cut": Row([Turn(coded=True, cut=100), Turn(coded=True)], [None, None]),
    "a_part_in_gzip": Row([Turn(cut=300), Turn(coded=True)], [None, "bytes=300-", None]),
    "a_coding_that_is_none": Row([Turn(headers=[("Content-Encoding", "gzip")])], [None]),
    "a_coding_that_nobody_knows": Row(
        [Turn(headers=[("Content-Encoding", "br")])] * ATTEMPTS, [None] * ATTEMPTS, 1,
        ("download", "bad_coding"), ("'br', which was not asked for",)),
    "cut_again_and_again_with_progress": Row(
        [Turn(cut=100)] * 8, [None] + [f"bytes={number * 100}-" for number in range(1, 9)]),
    "cut_without_progress": Row([Turn(cut=0)] * ATTEMPTS, [None] * ATTEMPTS, 0,
                                ("download", "connection_closed")),
    "429_more_often_than_attempts": Row(
        [Turn(429, [("Retry-After", "0")], b"")] * (ATTEMPTS + 2), [None] * (ATTEMPTS + 3)),
    "bytes_after_the_end": Row([Turn()], [None], image=WHOLE + b"tail",
                               words=("4 bytes after its end",)),
    "a_page_once": Row([Turn(headers=HTML, body=PAGE)], [None, None], 1),
    "a_page_for_good": Row([Turn(headers=HTML, body=PAGE)] * 9, [None, None], 1,
                           ("download", "not_an_image"), ("text/html",), PAGE),
    "a_page_that_says_png": Row([Turn(body=PAGE)] * 9, [None, None], 1,
                                ("download", "not_an_image"), ("<!doctype ht",), PAGE),
    "damaged_once": Row([Turn(body=DAMAGED)], [None, None]),
    "damaged_for_good": Row([Turn(body=DAMAGED)] * 9, [None] * ATTEMPTS, 1,
                            ("download", "damaged_image"), ("CRC mismatch",), DAMAGED),
    "another_size_than_the_answer_said": Row([], [None, None], 1, change=with_size(32)),
    "another_size_than_the_record_says": Row(
        [], [None, None], 1, ("download", "wrong_size"),
        ("64x64 pixels, the service said 32x32",), WHOLE, change=with_size(32, 99)),
    "a_relative_link": Row([], [None], 1, change=with_link("/files/1.png")),
    "a_relative_link_for_good": Row([], [], 1, ("expired", "bad_url"), ("/files/1.png",),
                                    change=with_link("/files/1.png", 99)),
    "no_link_at_first": Row([], [None], 2, change=with_link("", 2)),
    "no_link_ever": Row([], [], 2, ("expired", "no_link"),
                        ("the service gave no link to the picture",), change=with_link("", 99)),
    "a_host_that_is_gone": Row([], [None], 1, change=with_link("http://gone.invalid/1.png")),
    "nobody_listens": Row([], [None], 1, change=with_link("http://127.0.0.1:1/1.png")),
    "a_dead_link": Row([Turn(404, body=b"")], [None, None], 1),
    "a_dead_link_for_good": Row([Turn(410, body=b"")] * 9, [None] * ATTEMPTS, ATTEMPTS - 1,
                                ("expired", "http_410")),
}


class Downloads(Stage):
    """One paid picture, and a host that does something else than to send it."""

    def run_job(self, host, count=1, **more):
        options = {"retry": {"attempts": ATTEMPTS, "base": "10ms", "settle": "300ms"},
                   **more}
        job = self.job(host.url, prompts(count, **options.pop("item", {})), **options)
        return self.darkroom("run", job, "--json", "--progress", "plain")

    def play(self, row):
        with ImageHost(row.turns, row.image, row.change) as host:
            ended = self.check_code(self.run_job(host), 2 if row.failed else 0)
            self.assertEqual(host.ranges(), row.ranges)
            self.assertEqual(host.counts(IMAGINE), 1)
            self.assertEqual(host.counts(TASKS), row.tasks)
            codings = {headers.get("Accept-Encoding") for _, headers in host.gets}
            self.assertLessEqual(codings, {"identity"})
        for word in row.words:
            self.assertIn(word, ended.err)
        failed = self.lines("out/job/failed.jsonl")
        self.assertEqual([(line["class"], line["code"]) for line in failed],
                         [row.failed] if row.failed else [])
        self.check_kept(row, failed)
        self.assertEqual(len(self.manifest()), 0 if row.failed else 1)
        for line in self.manifest():
            with open(self.path("out/job", line["file"]), "rb") as file:
                self.assertEqual(file.read(), row.image)

    def check_kept(self, row, failed):
        for line in failed:
            self.assertEqual(line["url"] is None, line["code"] == "no_link", line)
            self.assertEqual(line["file"] is not None, row.kept is not None, line)
        if row.kept is None:
            return
        with open(self.path("out/job", failed[0]["file"]), "rb") as file:
            self.assertEqual(file.read(), row.kept)
        self.assertEqual(len(os.listdir(self.path("out/job/parts"))), 2)  # the part and its note

    def test_a_refused_file_goes_when_the_picture_comes(self):
        with ImageHost([Turn(body=PAGE)] * 2) as host:
            self.check_code(self.run_job(host), 2)
            self.assertTrue(self.lines("out/job/failed.jsonl")[0]["file"].startswith("parts/"))
            again = self.check_code(self.run_job(host), 0)
            self.assertEqual(again.summary()["paid"], 0)
            self.assertEqual(host.counts(IMAGINE), 1)
        self.check_images(1)
        self.assertFalse(os.path.exists(self.path("out/job/parts")))

    def test_a_later_run_continues(self):
        busy = Turn(503, body=b"")
        with ImageHost([Turn(cut=500), busy, busy, busy], WHOLE) as host:
            self.check_code(self.run_job(host), 2)
            self.assertEqual(host.ranges(), [None] + ["bytes=500-"] * 3)
            self.check_code(self.run_job(host), 0)
            self.assertEqual(host.ranges()[4:], ["bytes=500-"])
        self.check_images(1)

    def test_a_killed_run_has_noted_how_far_it_came(self):
        image, held = picture(noise=7 << 20), threading.Event()
        with ImageHost([Turn(cut=6 << 20, hold=held)], image) as host:
            job = self.job(host.url, prompts(1))
            running = self.start("run", job, "--progress", "plain")
            self.wait_for_note()
            running.process.kill()
            running.end()
            held.set()
            self.check_code(self.run_job(host), 0)
            self.assertEqual(len(host.gets), 2)
            first = int(host.ranges()[1].removeprefix("bytes=").removesuffix("-"))
            self.assertGreaterEqual(first, 4 << 20)
            self.assertLessEqual(first, 6 << 20)
            self.assertEqual(host.counts(IMAGINE), 1)
        self.check_images(1)

    def wait_for_note(self):
        deadline = time.monotonic() + PATIENCE
        parts = self.path("out/job/parts")
        while not os.path.isdir(parts) or \
                not any(name.endswith(".note") for name in os.listdir(parts)):
            self.assertLess(time.monotonic(), deadline, "no note came")
            os.sched_yield()

    def test_429_slows_all_downloads_from_the_host(self):
        with ImageHost([Turn(429, [("Retry-After", "1")], b"")]) as host:
            ended = self.check_code(
                self.run_job(host, 6, limits={"concurrency": 1, "downloads": 1}), 0)
            self.assertEqual(len(host.gets), 7)
            self.assertGreaterEqual(host.times[1] - host.times[0], 0.99)
            self.assertEqual(ended.summary()["retries"], 1)
        self.check_images(6)

    @unittest.skipIf("DARKROOM_SANITIZED" in os.environ,
                     "without a free descriptor the sanitizer takes good objects for bad ones")
    def test_too_few_open_files_drop_nothing(self):
        count, held = 12, threading.Event()
        image = picture()
        turns = [Turn(cut=20, hold=held)] * 4
        with ImageHost(turns, image) as host:
            job = self.job(host.url, prompts(count), limits={"concurrency": 4, "downloads": 4},
                           retry={"attempts": 2, "base": "10ms"})
            running = self.start("run", job, "--json", "--progress", "plain")
            running.wait_for("stderr", "finished")
            process = running.process.pid
            _, hard = resource.prlimit(process, resource.RLIMIT_NOFILE)
            resource.prlimit(process, resource.RLIMIT_NOFILE, (3, hard))
            held.set()
            running.wait_for("stderr", "too_many_open_files")
            resource.prlimit(process, resource.RLIMIT_NOFILE, (hard, hard))
            ended = self.check_code(running.end(), 0)
            self.assertEqual(host.counts(IMAGINE), count)
            self.assertEqual(ended.summary()["steps"]["failed"], 0)
        self.check_images(count)
        self.assertEqual(self.lines("out/job/failed.jsonl"), [])
        self.assertEqual({line["attempts"] for line in self.manifest()}, {1})


TILES = {
    "whole": (lambda links: links, 99, [None, 1, 2, 3, 4], (), 0),
    "two_gaps": (lambda links: [links[0], None, "", links[3]], 99, [None, 1, 4],
                 ("gave 2 of 4 tiles: tile 2 is missing", "tile 3 is missing"), 2),
    "a_gap_that_is_no_text": (lambda links: [links[0], {"url": 1}, links[2], links[3]], 99,
                              [None, 1, 3, 4], ("gave 3 of 4 tiles: tile 2 is missing",), 1),
    "a_gap_that_the_record_fills": (lambda links: [links[0], None, links[2], links[3]], 1,
                                    [None, 1, 2, 3, 4], (), 1),
    "fewer_than_asked": (lambda links: links[:3], 99, [None, 1, 2, 3],
                         ("gave 3 of 4 tiles: tile 4 is missing",), 1),
    "none": (lambda links: [], 99, [None], ("gave 0 of 4 tiles: tile 1 is missing",), 4),
    "null": (lambda links: None, 99, [None], ("gave 0 of 4 tiles: tile 4 is missing",), 4),
    "more_than_four": (lambda links: links + links, 99, [None, 1, 2, 3, 4],
                       ("more than 5 images: the others are refused",), 0),
}


class Tiles(Stage):
    """A grid with tiles; not every answer names all of them."""

    def play(self, pick, until, tiles, words, tasks):
        with ImageHost(change=with_tiles(pick, until)) as host:
            job = self.job(host.url, prompts(1, split_images=True), retry={"attempts": ATTEMPTS})
            for turn in range(2):
                ended = self.check_code(self.darkroom("run", job, "--progress", "plain"),
                                        2 if words else 0)
                shown = sorted((line["tile"] for line in self.manifest()), key=lambda n: n or 0)
                self.assertEqual(shown, tiles)
                for word in words if turn == 0 else ():
                    self.assertIn(word, ended.err)
                if turn == 0:
                    self.assertEqual(host.counts(TASKS), tasks)
                self.assertEqual(host.counts(IMAGINE), 1)
                self.assertEqual(len(host.gets), len(tiles))
            for line in self.manifest():
                end = "1.png" if line["tile"] is None else f"1-{line['tile']}.png"
                self.assertTrue(line["url"].endswith(end), line)
        self.assertEqual(len(self.lines("out/job/failed.jsonl")), 1 if words else 0)


def add_tests():
    for name, row in ROWS.items():
        setattr(Downloads, f"test_{name}", lambda self, row=row: self.play(row))
    for name, row in TILES.items():
        setattr(Tiles, f"test_{name}", lambda self, row=row: self.play(*row))


add_tests()

if __name__ == "__main__":
    unittest.main(verbosity=2)
