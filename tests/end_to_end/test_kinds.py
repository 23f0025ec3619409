"""The service's other endpoints: edits, videos and texts, paid once and listed like pictures."""
import base64
import json
import os
import time
import unittest
import urllib.error
import urllib.request

from stage import PATIENCE, Service, Stage

LIMITS = {"concurrency": 20, "rate": "1000/s"}
IMAGE = "http://127.0.0.1:9/nowhere.png"


class Kinds(Stage):
    def run_job(self, service, jobs, code=0, **more):
        job = self.job(service.url, jobs, limits=LIMITS, service=more.pop("by", {}), **more)
        return self.check_code(self.darkroom("run", job, "--json"), code).summary()

    def results(self):
        return {(line["job"], line["path"]): line["result"] for line in self.manifest()
                if line["kind"] == "text"}

    def check_costs_nothing(self, service, jobs, **more):
        before = service.requests()
        again = self.run_job(service, jobs, **more)
        self.assertEqual((again["paid"], service.requests() - before), (0, 0))

    def test_texts_follow_a_picture_and_are_jobs_of_their_own(self):
        jobs = [{"id": "p", "prompt": "a red car at dawn --ar 3:2", "mode": "turbo",
                 "then": ["seed", {"action": "upscale2", "then": ["describe"]}]},
                {"id": "s", "kind": "shorten", "prompt": "a very very long {{what}}, {a, b}",
                 "matrix": {"what": ["road", "river"]}},
                {"id": "t", "kind": "translate", "prompt": "雨后的小巷"}]
        with Service(self) as service:
            first = self.run_job(service, jobs, defaults={"suffix": "--v 6", "mode": "fast"})
            self.assertEqual((first["paid"], first["images"], first["steps"]["done"]), (9, 2, 9))
            self.check_paid(service, "out/job")
            results = self.results()
            described = results["p", "upscale2/describe"].splitlines()
            self.assertEqual(len(described), 4)
            for text in described:
                self.assertRegex(text, r" --ar \d+:\d+$")
            self.assertRegex(results["p", "seed"], r"^\d+$")
            self.assertRegex(results["s", ""], "road|river")
            self.assertRegex(results["t", ""], "(?i)rain")
            lines = {line["path"]: line for line in self.manifest() if line["job"] == "p"}
            line = lines["upscale2/describe"]
            self.assertEqual(line["parent_image_id"], lines["upscale2"]["image_id"])
            self.assertIsNone(lines[""]["result"])
            for key in ("file", "url", "width", "format", "bytes", "sha256", "mode"):
                self.assertIsNone(line[key], key)
            self.assertEqual(service.counts("/midjourney/describe"), 1)
            self.check_costs_nothing(service, jobs, defaults={"suffix": "--v 6", "mode": "fast"})
            self.assertEqual(self.check_code(self.darkroom("status", "out/job"), 0).err, "")

    def test_a_picture_from_anywhere_is_described(self):
        with Service(self) as service:
            self.run_job(service, [{"id": "p", "prompt": "a boat"}])
            url = self.manifest()[0]["url"]
            jobs = [{"id": "d", "kind": "describe", "images": ["{{url}}"], "matrix": {"url": [url]}}]
            done = self.run_job(service, jobs)
            self.assertEqual((done["paid"], done["images"]), (1, 0))
            self.assertEqual(len(self.results()["d", ""].splitlines()), 4)

    def test_texts_become_files_when_that_is_asked_for_later(self):
        jobs = [{"id": "p", "prompt": "a boat", "then": ["describe"]},
                {"id": "s", "kind": "shorten", "prompt": "a very long road"}]
        with Service(self) as service:
            self.run_job(service, jobs)
            self.check_costs_nothing(service, jobs, output={"texts": "files", "captions": "txt"})
            lines = [line for line in self.manifest() if line["kind"] == "text"]
            self.assertEqual(len(self.manifest()), 3)
            for line in lines:
                self.assertEqual(line["format"], "txt")
                with open(self.path("out/job", line["file"]), encoding="utf-8") as file:
                    self.assertEqual(file.read(), line["result"] + "\n")
            os.remove(self.path("out/job", lines[0]["file"]))
            self.check_costs_nothing(service, jobs, output={"texts": "files", "captions": "txt"})
            self.assertTrue(os.path.exists(self.path("out/job", lines[0]["file"])))

    def test_a_lost_text_is_looked_up_and_not_bought_again(self):
        jobs = [{"id": "p", "prompt": "a boat", "then": ["describe", "seed"]},
                # The body is the same as the picture's: only the endpoint differs.
                {"id": "s", "kind": "shorten", "prompt": "a boat"}]
        faults = [{"on": "text", "count": 3, "do": "reset_after"}]
        with Service(self, faults=faults) as service:
            self.run_job(service, jobs)
            self.assertEqual(service.strikes(), [3])
            self.check_paid(service, "out/job")
            self.assertEqual(set(self.results()), {("p", "describe"), ("p", "seed"), ("s", "")})

    def test_a_refused_text_fails_alone(self):
        jobs = [{"id": "d", "kind": "describe", "images": [IMAGE]},
                {"id": "t", "kind": "translate", "prompt": "雨"}]
        with Service(self) as service:
            self.run_job(service, jobs, code=2)
            failed = self.lines("out/job", "failed.jsonl")
            self.assertEqual([(line["job"], line["action"]) for line in failed],
                             [("d", "describe")])
            self.assertEqual(set(self.results()), {("t", "")})

    def charged_tasks(self, service):
        self.check_charged(service, self.all_lines())

    def test_an_edit_and_its_tiles_are_images(self):
        with Service(self) as service:
            self.run_job(service, [{"id": "p", "prompt": "a boat", "then": ["upscale1"]}])
            url = self.manifest()[-1]["url"]
            jobs = [{"id": "e", "kind": "edit", "images": [url], "prompt": "a red sail",
                     "mask": url, "split_images": True, "then": ["describe"]}]
            done = self.run_job(service, jobs)
            self.assertEqual((done["paid"], done["images"]), (2, 5))
            lines = [line for line in self.manifest() if line["job"] == "e"]
            self.assertEqual([(line["kind"], line["tile"]) for line in lines if line["file"]],
                             [("image", tile) for tile in (None, 1, 2, 3, 4)])
            self.assertEqual(len(self.results()["e", "describe"].splitlines()), 4)
            self.charged_tasks(service)
            self.check_costs_nothing(service, jobs)

    def test_a_mask_is_a_file_and_counts_by_its_bytes(self):
        with Service(self) as service:
            self.run_job(service, [{"id": "p", "prompt": "a boat"}])
            line = self.manifest()[0]
            with open(self.path("out/job", line["file"]), "rb") as picture:
                content = picture.read()
            os.mkdir(self.path("masks"))
            for name in ("first.png", "second.PNG", "other.png"):
                with open(self.path("masks", name), "wb") as mask:
                    mask.write(content)

            def jobs(mask):
                return [{"id": "p", "prompt": "a boat", "then": [
                            {"action": "variation_region", "mask": mask, "prompt": "a sail"}]},
                        {"id": "e", "kind": "edit", "images": [line["url"]], "prompt": "red",
                         "mask": mask}]

            self.assertEqual(self.run_job(service, jobs("masks/first.png"))["paid"], 2)
            # The same bytes are the same step, by whatever name or as base64.
            self.check_costs_nothing(service, jobs("masks/second.PNG"))
            self.check_costs_nothing(service, jobs(base64.b64encode(content).decode()))
            # Also from an included file, with a path relative to that file.
            self.write("masks/below.yaml", json.dumps({"jobs": jobs("second.PNG")}))
            self.job(service.url, [], limits=LIMITS, include="masks/below.yaml")
            with open(self.path("job.yaml"), encoding="utf-8") as file:
                above = {key: value for key, value in json.load(file).items() if key != "jobs"}
            self.write("job.yaml", json.dumps(above))
            done = self.check_code(self.darkroom("run", "job.yaml", "--json"), 0).summary()
            self.assertEqual((done["paid"], done["steps"]["done"]), (0, 3))
            with open(self.path("masks/other.png"), "ab") as mask:
                mask.write(b"more")
            self.assertEqual(self.run_job(service, jobs("masks/other.png"))["paid"], 2)
            with open(self.path("masks/other.png"), "ab") as mask:
                mask.truncate((1 << 20) + 1)
            job = self.job(service.url, jobs("masks/other.png"))
            refused = self.check_code(self.darkroom("run", job), 65)
            self.assertIn("'masks/other.png' has 1048577 bytes, a mask at most 1048576",
                          refused.err)

    def test_videos_are_files_whatever_the_delivery(self):
        for delivery in ("stream", "poll", "callback"):
            with self.subTest(delivery), Service(self, "--clips", "webp") as service:
                jobs = [{"id": delivery, "prompt": "a boat",
                         "then": [{"action": "video", "prompt": "it sails", "mode": "turbo"}]}]
                way = {"by": {"delivery": delivery}, "output": {"directory": delivery}}
                done = self.run_job(service, jobs, **way)
                self.assertEqual((done["paid"], done["images"]), (2, 5))
                directory = f"{delivery}/job"
                self.check_images(5, directory)
                lines = [line for line in self.manifest(directory) if line["kind"] == "video"]
                self.assertEqual([line["tile"] for line in lines], [1, 2, 3, 4])
                self.assertEqual({line["format"] for line in lines}, {"webp"})
                self.assertEqual(len({line["sha256"] for line in lines}), 4)
                self.check_costs_nothing(service, jobs, **way)

    def test_a_damaged_video_is_loaded_again_and_a_lost_one_is_looked_up(self):
        faults = [{"on": "videos", "count": 1, "do": "reset_after"},
                  {"on": "file", "prompt": "it sails", "count": 1, "do": "html"}]
        with Service(self, "--clips", "webp", faults=faults) as service:
            self.run_job(service, [{"id": "p", "prompt": "a boat"}])
            jobs = [{"id": "v", "kind": "video", "images": [self.manifest()[0]["url"]],
                     "prompt": "it sails", "resolution": "480p", "loop": True}]
            done = self.run_job(service, jobs)
            self.assertEqual((done["images"], service.strikes()), (4, [1, 1]))
            self.charged_tasks(service)
            self.check_images(5)
            self.check_costs_nothing(service, jobs)

    def wait_for_the_end_of(self, link):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(link, timeout=PATIENCE).close()
            except urllib.error.HTTPError as ended:
                self.assertEqual(ended.code, 403)
                return
        self.fail("the link does not end")

    def test_what_follows_an_old_picture_gets_a_link_that_lives(self):
        first = [{"id": "p", "prompt": "a boat"}]
        then = ["describe", {"action": "video", "prompt": "it sails"}]
        with Service(self, "--clips", "webp", "--link-life", "1s") as service:
            self.run_job(service, first)
            self.wait_for_the_end_of(self.manifest()[0]["url"])
            done = self.run_job(service, [{**first[0], "then": then}])
            self.assertEqual((done["paid"], done["steps"]["failed"]), (2, 0))
            self.assertEqual(service.ledger()["requests"]["/midjourney/describe"], {"200": 1})
            self.charged_tasks(service)
            self.check_costs_nothing(service, [{**first[0], "then": then}])

    def test_a_dead_link_without_an_expiry_time_is_replaced_when_it_is_refused(self):
        faults = [{"on": "file", "prompt": "a boat", "nth": 2, "do": "expired"}]
        with Service(self, faults=faults) as service:
            self.run_job(service, [{"id": "p", "prompt": "a boat"}])
            done = self.run_job(service, [{"id": "p", "prompt": "a boat", "then": ["describe"]}])
            self.assertEqual((done["paid"], done["steps"]["failed"]), (1, 0))
            self.assertEqual(service.strikes(), [1])
            self.assertEqual(service.ledger()["requests"]["/midjourney/describe"],
                             {"200": 1, "400": 1})
            self.charged_tasks(service)

    def test_a_plan_counts_and_prices_texts(self):
        jobs = [{"id": "p", "prompt": "a boat", "repeat": 2, "then": ["describe"]},
                {"id": "s", "kind": "shorten", "prompt": "a boat"}]
        job = self.job("local", jobs, prices={"describe": 0.005, "shorten": 0.017})
        plan = self.check_code(self.darkroom("plan", job, "--json"), 0).summary()
        self.assertEqual((plan["steps"]["expected"], plan["images"]["expected"]), (5, 2))
        self.assertAlmostEqual(plan["cost"]["expected"], 2 * 0.026 + 2 * 0.005 + 0.017)


if __name__ == "__main__":
    unittest.main(verbosity=2)
