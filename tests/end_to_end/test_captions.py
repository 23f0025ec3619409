"""Captions and sidecars: of every picture, and never over a file that is not theirs."""
import json
import os
import unittest

from stage import Service, Stage


class Captions(Stage):
    def put(self, service, captions="none", sidecar="none", **output):
        self.job(service.url, [
            {"id": "cars", "prompt": "a {red, blue} car", "params": {"ar": "3:2"},
             "then": ["upscale2", "describe"]},
            {"id": "again", "prompt": "a red car", "params": {"ar": "3:2"}},
        ], output={"captions": captions, "sidecar": sidecar, **output})

    def run_job(self):
        return self.check_code(self.darkroom("run", "job.yaml", "-q"), 0)

    def read(self, file, ending):
        path = self.path("out/job", os.path.splitext(file)[0] + ending)
        if not os.path.exists(path):
            return None
        with open(path, encoding="utf-8") as opened:
            return opened.read()

    def pictures(self):
        return [line for line in self.manifest() if line["kind"] == "image"]

    def check_captions(self, ending=""):
        lines = self.pictures()
        for line in lines:
            colour = "red" if "red" in line["root_prompt"] else "blue"
            self.assertEqual(self.read(line["file"], ".txt"), f"a {colour} car{ending}\n")
        return lines

    def test_every_picture_has_one_tiles_and_follow_ups_too(self):
        with Service(self) as service:
            self.put(service, "text", split_grids=True)
            self.run_job()
            lines = self.check_captions()
            self.assertEqual(len(lines), 2 * 5 + 2 + 5)  # grids with tiles, upscales, a repeat
            charged = len(service.charged())
            self.put(service, "prompt", split_grids=True)
            self.run_job()
            self.check_captions(" --ar 3:2")
            self.put(service, "txt", split_grids=True)
            self.run_job()
            self.check_captions(" --ar 3:2")
            self.assertEqual(len(service.charged()), charged)

    def test_they_are_made_later_for_what_is_there(self):
        with Service(self) as service:
            self.put(service)
            self.run_job()
            self.assertEqual([self.read(line["file"], ".txt") for line in self.pictures()],
                             [None] * 5)
            self.put(service, "text", "json")
            self.check_code(self.darkroom("run", "job.yaml", "-q", "--only", "cars"), 0)
            for line in self.check_captions():
                self.assertEqual(json.loads(self.read(line["file"], ".json")), line)

    def test_sidecars_follow_their_lines(self):
        with Service(self) as service:
            self.put(service, sidecar="json")
            self.run_job()
            with open(self.path("job.yaml"), encoding="utf-8") as file:
                content = json.load(file)
            content["jobs"].reverse()
            content["jobs"][0]["id"] = "renamed"
            self.write("job.yaml", json.dumps(content))
            self.run_job()
            self.assertEqual(self.manifest()[0]["job"], "renamed")
            for line in self.pictures():
                self.assertEqual(json.loads(self.read(line["file"], ".json")), line)

    def test_other_files_stay(self):
        with Service(self) as service:
            self.put(service)
            self.run_job()
            lines = self.pictures()
            for ending in (".txt", ".json"):
                name = os.path.splitext(lines[0]["file"])[0] + ending
                self.write(f"out/job/{name}", "my own")
            self.put(service, "text", "json", texts="files")
            self.run_job()
            self.run_job()
            self.assertEqual([self.read(lines[0]["file"], ending) for ending in (".txt", ".json")],
                             ["my own"] * 2)
            self.assertEqual(self.read(lines[1]["file"], ".txt")[:2], "a ")
            texts = [line for line in self.manifest() if line["kind"] == "text"]
            self.assertEqual(len(texts), 2)
            for line in texts:
                self.assertEqual(self.read(line["file"], ".txt"), line["result"] + "\n")

    def test_a_described_text_of_the_same_stem_is_not_written_over(self):
        with Service(self) as service:
            for captions in ("none", "text"):
                self.put(service, captions, texts="files", layout="{job}-{item}")
                self.run_job()
            for line in self.manifest():
                if line["kind"] == "text":
                    self.assertEqual(self.read(line["file"], ".txt"), line["result"] + "\n")

    def test_a_run_that_was_killed_leaves_no_picture_without_one(self):
        with Service(self, "--latency", "30ms") as service:
            jobs = [{"id": "p", "prompt": f"a {{{', '.join(map(str, range(20)))}}} car"}]
            self.job(service.url, jobs, output={"captions": "text"})
            running = self.start("run", "job.yaml", "--progress", "plain")
            running.wait_for("stderr", "saved")
            running.signal(9)
            running.end()
            self.run_job()
            self.assertEqual([self.read(line["file"], ".txt") for line in self.manifest()],
                             [line["root_prompt"] + "\n" for line in self.manifest()])
            self.assertEqual(len(self.manifest()), 20)


if __name__ == "__main__":
    unittest.main()
