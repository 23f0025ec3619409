"""`verify` finds what is damaged or missing, and the next run loads it again without paying."""
import fcntl
import json
import os
import re
import unittest

from stage import Service, Stage, prompts


class Verify(Stage):
    def verify(self, code, *arguments, directory="out/job"):
        ended = self.check_code(self.darkroom("verify", directory, "--json", *arguments), code)
        return json.loads(ended.out)

    def states(self, found):
        return {problem["file"]: problem["state"] for problem in found["problems"]}

    def content(self, file, directory="out/job"):
        with open(self.path(directory, file), "rb") as stream:
            return stream.read()

    def put(self, file, content, directory="out/job"):
        with open(self.path(directory, file), "wb") as stream:
            stream.write(content)

    def flip(self, file):
        """Changes one bit: the size stays."""
        content = bytearray(self.content(file))
        content[len(content) // 2] ^= 1
        self.put(file, bytes(content))
        return bytes(content)

    def parts(self):
        path = self.path("out/job/parts")
        return sorted(os.listdir(path)) if os.path.isdir(path) else []

    def run_unpaid(self, service, job):
        """Runs again; returns the summary once it is shown that nothing was charged."""
        charged, submitted = service.charged(), service.counts("/midjourney/imagine")
        ended = self.check_code(self.darkroom("run", job, "--json", "--progress", "json"), 0)
        summary = ended.summary()
        self.saved_again = ended.err.count('"event":"image_saved"')
        self.assertEqual((summary["paid"], summary["cost"]), (0, 0))
        self.assertEqual(service.charged(), charged)
        self.assertEqual(service.counts("/midjourney/imagine"), submitted)
        return summary

    def test_what_is_damaged_cut_or_gone_is_loaded_again_unpaid(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(6, then=["upscale2"]))
            self.check_code(self.darkroom("run", job, "-q"), 0)
            whole = self.verify(0)
            self.assertEqual((whole["files"], whole["problems"]), (12, []))
            files = [line["file"] for line in self.manifest()]
            before = {file: self.content(file) for file in files}
            damaged = self.flip(files[0])
            self.put(files[1], before[files[1]][:100])
            self.put(files[2], b"")
            os.remove(self.path("out/job", files[3]))
            found = self.verify(2)
            self.assertEqual(self.states(found), {files[0]: "damaged", files[1]: "damaged",
                                                  files[2]: "damaged", files[3]: "missing"})
            self.assertEqual((found["files"], found["damaged"], found["missing"]), (12, 3, 1))
            kept = {problem["file"]: problem["kept"] for problem in found["problems"]}
            self.assertEqual(self.content(kept[files[0]]), damaged, "the only copy is kept")
            self.assertEqual(kept[files[3]], None)
            again = self.verify(2)
            self.assertEqual(set(self.states(again).values()), {"missing"})
            summary = self.run_unpaid(service, job)
            self.assertEqual(summary["images"], 4)
            self.assertEqual(self.saved_again, 4)
            self.assertEqual(self.verify(0)["files"], 12)
            self.assertEqual({file: self.content(file) for file in files}, before)
            self.assertEqual(self.parts(), [])
            self.check_images(12)
            self.assertEqual(self.run_unpaid(service, job)["images"], 0)

    def said(self, *command):
        """Returns how many files a command says that the next run loads again."""
        out = self.check_code(self.darkroom(*command), 0).out
        found = re.search(r"^(\d+) saved files? (?:is|are) missing or damaged; the next run loads "
                          r"(?:it|them) again, at no cost\.$", out, re.MULTILINE)
        return int(found.group(1)) if found else 0

    def check_said(self, count):
        self.assertEqual(self.said("status", "out/job"), count)
        self.assertEqual(self.said("plan", "job.yaml"), count)
        self.assertEqual(self.said("run", "-n", "job.yaml"), count)

    def test_status_and_plan_say_what_the_next_run_loads_again(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(4, then=["upscale2"]))
            self.check_code(self.darkroom("run", job, "-q"), 0)
            self.check_said(0)
            files = {(line["item"], line["path"]): line["file"] for line in self.manifest()}
            self.flip(files[0, ""])
            self.check_said(0)  # only who reads the file can know
            self.verify(2)
            self.check_said(1)
            os.remove(self.path("out/job", files[0, "upscale2"]))
            self.put(files[2, ""], self.content(files[2, ""])[:100])
            self.check_said(3)
            self.assertEqual(self.said("plan", "job.yaml", "--limit", "1"), 2)
            self.assertEqual(self.run_unpaid(service, job)["images"], 3)
            self.check_said(0)
            self.verify(0)

    def test_what_nobody_wants_is_not_loaded_again_until_somebody_does(self):
        with Service(self) as service:
            self.check_code(self.darkroom("run", self.job(service.url, prompts(3)), "-q"), 0)
            job = self.job(service.url, prompts(1))
            self.check_code(self.darkroom("run", job, "-q"), 0)
            self.flip(self.lines("out/job", "unwanted.jsonl")[0]["file"])
            out = self.check_code(self.darkroom("verify", "out/job"), 2).out
            self.assertNotIn("The next 'darkroom run' loads", out)
            self.assertIn("\n1 file is of a step that the job file no longer wanted: it is loaded "
                          "again, at no cost, once it is wanted.\n", out)
            self.check_said(0)
            self.assertEqual(self.run_unpaid(service, job)["images"], 0)
            job = self.job(service.url, prompts(3))
            self.check_said(1)
            self.assertEqual(self.run_unpaid(service, job)["images"], 1)

    def test_a_link_that_has_expired_is_renewed(self):
        gone = {"on": "file", "nth": 3, "do": "status", "status": 410}
        with Service(self, faults=[gone]) as service:
            job = self.job(service.url, prompts(2))
            self.check_code(self.darkroom("run", job, "-q"), 0)
            self.flip(self.manifest()[0]["file"])
            self.verify(2)
            self.run_unpaid(service, job)
            self.assertEqual(service.strikes(), [1])
            self.verify(0)

    def test_tiles_and_texts_are_made_again(self):
        jobs = [{"id": "p", "prompt": "a fox", "then": ["describe"]}]
        with Service(self) as service:
            job = self.job(service.url, jobs, output={"split_grids": True, "texts": "files"})
            self.check_code(self.darkroom("run", job, "-q"), 0)
            lines = {(line["kind"], line["tile"]): line["file"] for line in self.manifest()}
            self.flip(lines["image", 3])
            self.flip(lines["text", None])
            found = self.verify(2)
            self.assertEqual(set(self.states(found)), {lines["image", 3], lines["text", None]})
            self.run_unpaid(service, job)
            self.assertEqual(self.verify(0)["files"], 6)
            self.assertEqual(self.parts(), [])

    def test_a_dry_run_moves_nothing(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(1))
            self.check_code(self.darkroom("run", job, "-q"), 0)
            file = self.manifest()[0]["file"]
            damaged = self.flip(file)
            self.assertEqual(self.verify(2, "-n")["problems"][0]["kept"], None)
            self.assertEqual(self.content(file), damaged)
            out = self.check_code(self.darkroom("verify", "out/job", "-n"), 2).out
            self.assertIn("What is still in its place is not loaded again", out)
            self.assertEqual(self.run_unpaid(service, job)["images"], 0)
            self.put(file, damaged[:100])
            out = self.check_code(self.darkroom("verify", "out/job", "-n"), 2).out
            self.assertIn("The next 'darkroom run' loads 1 file again, at no cost.\n", out)
            self.assertNotIn("in its place", out)
            self.assertEqual(self.run_unpaid(service, job)["images"], 1)

    def test_further_names_of_a_picture_are_looked_at_too(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(1))
            self.check_code(self.darkroom("run", job, "-q"), 0)
            [line] = self.manifest()
            copy = "images/again.png"
            os.link(self.path("out/job", line["file"]), self.path("out/job", copy))
            with open(self.path("out/job/manifest.jsonl"), "a", encoding="utf-8") as file:
                file.write(json.dumps({**line, "file": copy, "same_as": line["file"]}) + "\n")
            self.assertEqual(self.verify(0)["files"], 2)
            self.flip(copy)
            found = self.verify(2)
            self.assertEqual(self.states(found), {line["file"]: "damaged", copy: "damaged"})
            self.assertEqual(len([name for name in self.parts() if name.endswith(".part")]), 1)
            self.assertFalse(os.path.exists(self.path("out/job", copy)))

    def test_pictures_behind_a_link_are_read_and_never_moved(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(1))
            self.check_code(self.darkroom("run", job, "-q"), 0)
            file = self.manifest()[0]["file"]
            os.rename(self.path("out/job", file), self.path("elsewhere.png"))
            os.symlink(self.path("elsewhere.png"), self.path("out/job", file))
            self.verify(0)
            damaged = self.flip(file)
            ended = self.check_code(self.darkroom("verify", "out/job", "--json"), 2)
            self.assertIn("cannot be moved", ended.err)
            self.assertEqual(self.content(file), damaged)

    def test_it_works_beside_a_run_and_for_several_directories(self):
        with Service(self) as service:
            for name in ("a", "b"):
                job = self.job(service.url, prompts(2), name=name)
                self.check_code(self.darkroom("run", job, "-q"), 0)
            with open(self.path("out/a/run.lock"), "rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                ended = self.check_code(self.darkroom("verify", "out/a", "out/b/"), 0)
            self.assertRegex(ended.out, r"out/a: 2 files, .*: all as they were saved\n"
                                        r"out/b: 2 files, .*: all as they were saved\n")
            os.remove(self.path("out/b", self.manifest("out/b")[1]["file"]))
            ended = self.check_code(self.darkroom("verify", "out/a", "out/b"), 2)
            self.assertIn("1 missing", ended.out)
            self.assertRegex(ended.out, r"  images/.*  missing\n")

    def test_what_stands_in_unwanted_is_read_too(self):
        with Service(self) as service:
            self.check_code(self.darkroom("run", self.job(service.url, prompts(3)), "-q"), 0)
            self.check_code(self.darkroom("run", self.job(service.url, prompts(1)), "-q"), 0)
            line = self.lines("out/job", "unwanted.jsonl")[0]
            self.assertEqual(self.verify(0)["files"], 3)
            self.flip(line["file"])
            self.assertEqual(self.states(self.verify(2)), {line["file"]: "damaged"})

    def test_images_that_no_list_has_are_no_good_end(self):
        jobs = [{"id": "p", "prompt": "a fox", "repeat": 3, "then": ["describe"]}]
        with Service(self) as service:
            job = self.job(service.url, jobs)
            self.check_code(self.darkroom("run", job, "-q"), 0)
            self.assertEqual(self.verify(0)["unlisted"], 0)
            with open(self.path("out/job/manifest.jsonl"), "r+b") as file:
                whole = file.read()
                file.truncate(len(whole.splitlines(keepends=True)[0]))
            self.assertEqual(self.verify(2)["unlisted"], 5)
            ended = self.check_code(self.darkroom("verify", "out/job"), 2)
            self.assertIn("5 saved images are in no list", ended.out)
            self.check_code(self.darkroom("run", job, "-q"), 0)
            self.assertEqual(self.verify(0)["unlisted"], 0)

    def test_what_is_no_run_directory_is_66(self):
        self.check_code(self.darkroom("verify", "nowhere"), 66)
        with Service(self) as service:
            self.check_code(self.darkroom("run", self.job(service.url, prompts(1)), "-q"), 0)
            os.remove(self.path("out/job/manifest.jsonl"))
            self.assertIn("manifest.jsonl is gone",
                          self.check_code(self.darkroom("verify", "out/job"), 66).err)



class SharedPictures(Stage):
    def test_both_names_of_a_damaged_picture_are_back_after_one_run(self):
        with Service(self) as service:
            job = self.job(service.url, [{"id": "a", "prompt": "a {fox, fox}"}])
            self.check_code(self.darkroom("run", job, "-q"), 0)
            first, second = (self.path("out/job", line["file"]) for line in self.manifest())
            self.assertNotEqual(first, second)
            self.assertTrue(os.path.samefile(first, second))
            with open(first, "r+b") as file:
                file.write(b"damage")
            self.check_code(self.darkroom("verify", "out/job"), 2)
            self.check_code(self.darkroom("run", job, "-q"), 0)
            self.check_code(self.darkroom("verify", "out/job"), 0)
            self.check_images(2)
            self.assertEqual(len(service.charged()), 1)


if __name__ == "__main__":
    unittest.main()
