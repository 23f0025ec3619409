"""The main use: prompts go in, verified pictures come out, and nothing is paid twice."""
import json
import os
import socket
import unittest

from stage import Service, Stage, prompts


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


VARIATION_THEN_UPSCALE = [{"action": "variation2", "then": ["upscale4"]}]


class TheMainJob(Stage):
    def test_200_prompts_become_600_pictures_and_a_second_run_sends_nothing(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(200, then=VARIATION_THEN_UPSCALE),
                           limits={"concurrency": 40, "rate": "1000/s"})
            ended = self.check_code(self.darkroom("run", job, "--json", "-q"), 0)
            self.assertEqual(ended.err, "")
            summary = ended.summary()
            self.assertEqual(list(summary), ["name", "directory", "items", "steps", "waiting",
                                             "images", "bytes", "paid", "cost", "retries", "seconds",
                                             "exit", "unknown_steps", "charged_again"])
            self.assertEqual((summary["unknown_steps"], summary["charged_again"]), ([], []))
            self.assertEqual(summary["steps"], {"done": 600, "failed": 0, "skipped": 0,
                                                "unknown": 0, "pending": 0})
            self.assertEqual(summary["items"], 200)
            self.assertEqual((summary["paid"], summary["images"]), (600, 600))
            self.assertAlmostEqual(summary["cost"], 600 * 0.026)
            self.assertEqual(summary["exit"], 0)
            self.assertEqual(os.path.abspath(self.path(summary["directory"])),
                             self.path("out/job"))
            self.check_images(600)
            self.assertEqual(service.ledger()["totals"]["charged"], 600)

            before = service.requests()
            again = self.check_code(self.darkroom("run", job, "--json"), 0).summary()
            self.assertEqual(service.requests(), before, "a second run sends no request")
            self.assertEqual((again["paid"], again["images"]), (0, 0))
            self.assertEqual(again["steps"]["done"], 600)
            self.check_images(600)

    def test_the_manifest_says_where_each_picture_comes_from(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(1, then=VARIATION_THEN_UPSCALE))
            self.check_code(self.darkroom("run", job), 0)
            by_path = {line["path"]: line for line in self.manifest()}
            self.assertEqual(set(by_path), {"", "variation2", "variation2/upscale4"})
            first, last = by_path[""], by_path["variation2/upscale4"]
            self.assertEqual(first["prompt"], "car 0 in a volcano")
            self.assertEqual(first["variables"], {"thing": "car 0"})
            self.assertIsNone(first["parent_image_id"])
            self.assertEqual(by_path["variation2"]["parent_image_id"], first["image_id"])
            self.assertEqual(last["action"], "upscale4")
            self.assertEqual(last["schema"], 1)

    def test_grids_are_split_when_asked_and_nothing_else_is(self):
        with Service(self, "--image-size", "64") as service:
            job = self.job(service.url, prompts(2, then=["upscale2"]),
                           output={"split_grids": True})
            summary = self.check_code(self.darkroom("run", job, "--json"), 0).summary()
            self.assertEqual((summary["paid"], summary["images"]), (4, 12))
            self.check_images(12)
            whole = {(line["item"], line["path"]): line for line in self.manifest()
                     if line["tile"] is None}
            tiles = [line for line in self.manifest() if line["tile"] is not None]
            self.assertEqual(sorted((line["item"], line["path"], line["tile"]) for line in tiles),
                             [(item, "", tile) for item in (0, 1) for tile in (1, 2, 3, 4)])
            for line in tiles:
                grid = whole[(line["item"], "")]
                self.assertEqual((2 * line["width"], 2 * line["height"], line["format"]),
                                 (grid["width"], grid["height"], "png"))
            os.remove(self.path("out/job", tiles[0]["file"]))
            before = service.requests()
            self.check_code(self.darkroom("run", job), 0)
            self.assertEqual(service.requests(), before, "a tile is cut again from its grid")
            self.check_images(12)

    def test_an_edited_file_costs_only_its_difference(self):
        with Service(self) as service:
            self.check_code(self.darkroom("run", self.job(service.url, prompts(3))), 0)
            job = self.job(service.url, prompts(5))
            summary = self.check_code(self.darkroom("run", job, "--json"), 0).summary()
            self.assertEqual(summary["paid"], 2)
            self.check_images(5)

    def test_over_tls_with_an_authority_of_ones_own(self):
        here = os.path.dirname(os.path.abspath(__file__))
        certificate = os.path.join(here, "localhost.pem")
        with Service(self, "--tls-cert", certificate, "--tls-key",
                     os.path.join(here, "localhost.key")) as service:
            self.assertTrue(service.url.startswith("https://"), service.url)
            trusting = self.job(service.url, prompts(2), service={"ca_file": certificate})
            self.check_code(self.darkroom("run", trusting), 0)
            self.check_images(2)
            doubting = self.job(service.url, prompts(1), name="doubting",
                                retry={"attempts": 1, "base": "1ms"})
            ended = self.darkroom("run", doubting)
            self.assertIn(ended.code, (2, 4), ended)
            self.assertIn("certificate", ended.err)
            self.assertEqual(self.manifest("out/doubting"), [])

    def test_over_ipv6(self):
        if not has_ipv6():
            self.skipTest("this machine has no IPv6")
        with Service(self, "--listen", "[::1]:0") as service:
            self.assertTrue(service.url.startswith("http://[::1]:"), service.url)
            self.check_code(self.darkroom("run", self.job(service.url, prompts(3))), 0)
            self.check_images(3)

    def test_previews_are_reported_and_never_downloaded(self):
        with Service(self, "--latency", "500ms") as service:
            job = self.job(service.url, prompts(4))
            ended = self.check_code(self.darkroom("run", job, "--progress", "json"), 0)
            percents = [event["percent"] for event in map(json.loads, ended.err.splitlines())
                        if event["event"] == "progress"]
            self.assertTrue(any(0 < percent < 100 for percent in percents), percents)
            files = [path for path in service.ledger()["requests"] if "/files" in path]
            self.assertEqual(sum(map(service.counts, files)), 4)
            self.check_images(4)

    def test_a_job_file_from_standard_input_and_a_directory_of_ones_own(self):
        job = json.dumps({"version": 1, "service": {"url": "local"}, "jobs": prompts(1)})
        ended = self.darkroom("run", "-", "--output", "here", "--json", "--rate", "100/s",
                              stdin=job)
        self.check_code(ended, 0)
        self.assertEqual(ended.summary()["directory"], "here")
        self.check_images(1, "here")


class WhatItCosts(Stage):
    def test_a_budget_of_17_means_17(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(40), budget={"generations": 17})
            ended = self.check_code(self.darkroom("run", job, "--json"), 3)
            self.assertEqual(ended.summary()["paid"], 17)
            self.assertEqual(ended.summary()["steps"]["pending"], 23)
            self.assertEqual(service.ledger()["totals"]["charged"], 17)
            again = self.check_code(self.darkroom("run", job, "--json"), 3)
            self.assertEqual(again.summary()["paid"], 0)
            self.assertEqual(service.ledger()["totals"]["charged"], 17)
            self.check_images(17)

    def test_the_plan_prints_what_the_run_then_pays(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(4, then=VARIATION_THEN_UPSCALE))
            plan = json.loads(self.check_code(self.darkroom("plan", job, "--json"), 0).out)
            self.assertEqual(service.requests(), 0)
            self.assertEqual(plan["steps"], {"min": 12, "expected": 12, "max": 12})
            listed = self.check_code(self.darkroom("plan", job, "--list"), 0).out.splitlines()
            self.assertEqual(len(listed), 12)
            paid = self.check_code(self.darkroom("run", job, "--json"), 0).summary()
            self.assertAlmostEqual(paid["cost"], plan["cost"]["expected"])
            self.assertEqual(paid["paid"], 12)

    def test_the_plan_says_if_the_budget_is_too_small(self):
        def budget(then, **budget):
            job = self.job("local", prompts(4, then=then), budget=budget)
            planned = json.loads(self.check_code(self.darkroom("plan", job, "--json"), 0).out)
            self.assertEqual((planned["budget"].pop("per_day"), planned["budget"].pop("per_month")),
                             (None, None))
            return planned["budget"], self.darkroom("plan", job).out.splitlines()[-1]
        self.assertEqual(budget([], generations=3), (
            {"generations": 3, "cost": None},
            "The budget of 3 generations ends the run before that."))
        self.assertEqual(budget([], generations=4, cost=0.1), (
            {"generations": 4, "cost": 0.1},
            "The budget of 4 generations and 0.10 pretend USD ends the run before that."))
        self.assertEqual(budget(["upscale*"], cost=0.5)[1],
                         "The budget of 0.50 pretend USD ends the run before that.")
        self.assertNotIn("budget", budget(["upscale*"], generations=20)[1])
        # Only the maximum is above the budget: 4 first pictures and 0 to 4 of each.
        picks = [{"pick": {"from": "upscale*", "count": "1..3"}}]
        self.assertEqual(budget(picks, generations=13)[1],
                         "The budget of 13 generations may end the run before that.")

    def test_diff_prints_what_an_edit_adds_and_drops(self):
        self.job("local", prompts(3))
        os.rename(self.path("job.yaml"), self.path("old.yaml"))
        self.job("local", prompts(5))
        ended = self.check_code(self.darkroom("diff", "old.yaml", "job.yaml", "--json"), 0)
        difference = json.loads(ended.out)
        self.assertEqual(difference["added"], {"steps": 2, "cost": 0.052})
        self.assertEqual(difference["kept"]["steps"], 3)
        self.assertEqual(difference["dropped"]["steps"], 0)
        back = self.check_code(self.darkroom("diff", "job.yaml", "old.yaml", "--list"), 0)
        # In the order of the files; dropped steps come first.
        self.assertEqual([line for line in back.out.splitlines() if "p/" in line],
                         ["- p/3", "- p/4", "  p/0", "  p/1", "  p/2"])
        self.assertFalse(os.path.exists(self.path("out")))


if __name__ == "__main__":
    unittest.main(verbosity=2)
