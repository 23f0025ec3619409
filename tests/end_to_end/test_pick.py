"""A run waits, a person picks, and the next run goes on and pays for nothing twice."""
import json
import os
import re
import unittest

from stage import Service, Stage

HOSTILE = "</script><img src=x onerror=alert(1)> & \"quoted\" 'twice'"
JOBS = [{"id": "cars", "prompt": "{{car}}", "matrix": {"car": ["a red car", HOSTILE]},
         "then": [{"pick": {"from": "upscale*", "count": "1..2"}, "then": ["zoom_out_2x"]}]}]


class Pick(Stage):
    def begin(self, service):
        self.job(service.url, JOBS)
        ended = self.check_code(self.darkroom("run", "job.yaml", "--json", "--progress", "plain"), 0)
        self.assertEqual(ended.summary()["waiting"], 2)
        self.assertIn("Waiting for picks: 2 branches", ended.err)
        self.assertIn("'darkroom pick out/job'", ended.err)

    def pick(self, *arguments, code=0):
        return self.check_code(self.darkroom("pick", "out/job", *arguments), code)

    def waiting(self):
        return [json.loads(line) for line in self.pick("--list", "--json").out.splitlines()]

    def test_a_run_waits_resumes_with_the_picks_and_is_charged_once(self):
        with Service(self) as service:
            self.begin(service)
            self.assertEqual([spot["step"] for spot in self.waiting()], ["cars/0", "cars/1"])
            status = json.loads(self.darkroom("status", "out/job", "--json").out)
            self.assertEqual(status["waiting"], 2)
            self.pick("--set", "cars/0=upscale2", "--set", f"{self.waiting()[1]['key'][:8]}="
                      "upscale1,upscale3")
            self.assertEqual(self.waiting(), [])
            ended = self.check_code(self.darkroom("run", "job.yaml", "--json"), 0)
            self.assertEqual(ended.summary()["waiting"], 0)
            self.assertEqual(ended.summary()["steps"]["done"], 8)
            self.assertEqual(ended.summary()["paid"], 6)
            self.assertEqual(sorted(line["path"] for line in self.manifest()), [
                "", "", "upscale1", "upscale1/zoom_out_2x", "upscale2", "upscale2/zoom_out_2x",
                "upscale3", "upscale3/zoom_out_2x"])
            self.check_paid(service, "out/job")
            self.assertEqual(self.darkroom("run", "job.yaml", "--json").summary()["paid"], 0)
            # The step has the same key if the job file lists it instead of picking it.
            listed = [{**JOBS[0], "then": [{"action": "upscale2", "then": ["zoom_out_2x"]}]}]
            self.job(service.url, listed)
            self.assertEqual(self.darkroom("run", "job.yaml", "--json").summary()["paid"], 2)

    def test_the_page_has_the_candidates_and_shows_a_prompt_as_text(self):
        with Service(self) as service:
            self.begin(service)
        ended = self.pick()
        self.assertEqual(ended.out, "out/job/pick.html\n")
        with open(self.path("out/job/pick.html"), encoding="utf-8") as file:
            source = file.read()
        head = re.search(r'<script type="application/json" id="head">(.*?)</script>', source)
        head = json.loads(head.group(1))
        self.assertEqual(head["choices"], [
            {"key": spot["key"], "grid": True, "picks": [
                {"least": 1, "most": 2, "actions": [f"upscale{tile}" for tile in range(1, 5)]}]}
            for spot in self.waiting()])
        self.assertEqual((head["picking"], head["waiting"], head["picks"]), (True, 2, None))
        self.assertNotIn("<img src=x", source)
        self.assertIn("\\u003cimg src=x onerror=alert(1)> & ", source)
        for spot in self.waiting():
            self.assertTrue(os.path.isfile(self.path("out/job", spot["file"])))

    def test_a_saved_page_is_read_completely_or_not_at_all(self):
        with Service(self) as service:
            self.begin(service)
        first, second = [spot["key"] for spot in self.waiting()]
        self.write("half.json", json.dumps({"version": 1, "picks": {
            first: ["upscale1"], second: ["upscale1", "upscale2", "upscale3"]}}))
        self.assertIn("3 picked for cars/1, where 1 to 2", self.pick("--from", "half.json",
                                                                     code=65).err)
        self.assertEqual(len(self.waiting()), 2)
        self.write("picks.json", json.dumps({"version": 1, "picks": {first: ["upscale1"]}}))
        self.pick("--from", "picks.json")
        self.assertEqual([spot["key"] for spot in self.waiting()], [second])
        self.pick("--set", "cars/0=")
        self.assertEqual(len(self.waiting()), 2)

    def test_a_pattern_picks_for_all_pictures_that_offer_the_action(self):
        with Service(self) as service:
            self.begin(service)
            self.assertIn("picked for 2 pictures; 0 branches are still waiting",
                          self.pick("--set", "cars/*=upscale2").out)
            self.assertIn("no picture of 'cars/*' offers a pick of levitate",
                          self.check_code(self.darkroom("pick", "out/job", "--set",
                                                        "cars/*=levitate"), 64).err)
            self.check_code(self.darkroom("run", "job.yaml"), 0)
            self.check_code(self.darkroom("run", "job.yaml"), 0)
            picked = {line["path"]: line["picked"] for line in self.manifest()}
            self.assertEqual(picked, {"": False, "upscale2": True,
                                      "upscale2/zoom_out_2x": False})
            best = self.manifest()[0]
            marks = {"version": 1, "picks": {},
                     "images": {best["sha256"]: {"picked": True, "stars": 5, "note": "雨"}}}
            self.write("picks.json", json.dumps(marks))
            self.assertIn("stars, picks or notes for 1 picture",
                          self.pick("--from", "picks.json").out)
            self.check_code(self.darkroom("run", "job.yaml"), 0)
            self.assertEqual(self.manifest()[0]["picked"], True)
            with open(self.path("out/job/picks.json"), encoding="utf-8") as file:
                kept = json.load(file)
            self.assertEqual(kept["images"], marks["images"])
            self.assertEqual(len(kept["picks"]), 2)

    def test_an_impossible_pick_is_refused_with_the_possible_ones(self):
        with Service(self) as service:
            self.begin(service)
        for arguments, code, words in [
                (["--set", "cars/9=upscale1"], 64, "is no picture with a pick"),
                (["--set", "cars/0=zoom_out_2x"], 64, "pick of upscale1, upscale2"),
                (["--set", "cars/0=upscale1,upscale2,upscale3"], 64, "where 1 to 2 of"),
                (["--set", "upscale1"], 64, "use --set KEY=ACTION"),
                (["--list", "--set", "cars/0=upscale1"], 64, "--list only lists"),
                (["--from", "none.json"], 66, "none.json"),
                (["--from", "job.yaml"], 65, "no file of picks")]:
            with self.subTest(arguments):
                self.assertIn(words, self.pick(*arguments, code=code).err)
        self.assertIn("no run directory",
                      self.check_code(self.darkroom("pick", "."), 66).err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
