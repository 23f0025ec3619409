"""A second service, with other actions, other bodies and pictures in its answers, through the same
program: tests/support/services/echo has all that is known of it."""
import json
import os
import unittest

from echo_service import Echo, picture
from stage import Stage

DRAW, AGAIN, NAME, FIND = "/echo/draw", "/echo/again", "/echo/name", "/echo/find"


class AnotherService(Stage):
    def job_at(self, echo, jobs, **more):
        return self.job(echo.url, jobs, service={"api": "echo"}, output={"texts": "files"}, **more)

    def saved(self, line):
        with open(self.path("out/job", line["file"]), "rb") as file:
            return file.read()

    def test_a_job_file_runs_and_a_resume_pays_nothing(self):
        jobs = [{"id": "p", "prompt": "{{thing}} at dusk", "size": "large",
                 "matrix": {"thing": ["a boat", "a car"]},
                 "then": [{"action": "again", "prompt": "redder", "then": ["name"]}]}]
        with Echo() as echo:
            job = self.job_at(echo, jobs)
            self.check_code(self.darkroom("validate", job), 0)
            self.check_code(self.darkroom("run", job), 0)
            self.check_images(6)
            self.assertEqual(echo.asked(DRAW)[0]["ask"]["size"], "large")
            by_action = {}
            for line in self.manifest():
                by_action.setdefault(line["action"], []).append(line)
            self.assertEqual({action: len(lines) for action, lines in by_action.items()},
                             {"draw": 2, "again": 2, "name": 2})
            for line in by_action["draw"]:
                ask = {"words": line["prompt"], "size": "large"}
                self.assertEqual(self.saved(line), picture(json.dumps(["draw", ask])))
                self.assertEqual(line["format"], "png")
            titles = {f"picture {line['image_id']}" for line in by_action["again"]}
            self.assertEqual({line["result"] for line in by_action["name"]}, titles)
            paid = [echo.counts(path) for path in (DRAW, AGAIN, NAME)]
            self.assertEqual(paid, [2, 2, 2])
            self.check_code(self.darkroom("run", job), 0)
            self.assertEqual([echo.counts(path) for path in (DRAW, AGAIN, NAME)], paid)
            self.assertEqual(echo.counts(FIND), 0)

    def test_a_lost_picture_comes_back_by_the_id_of_its_task(self):
        with Echo() as echo:
            job = self.job_at(echo, [{"id": "p", "prompt": "a boat"}])
            self.check_code(self.darkroom("run", job), 0)
            file = self.path("out/job", self.manifest()[0]["file"])
            os.remove(file)
            self.check_code(self.darkroom("run", job), 0)
            self.check_images(1)
            self.assertEqual((echo.counts(DRAW), echo.counts(FIND)), (1, 1))

    def test_an_answer_that_broke_off_after_the_id_is_found_again(self):
        with Echo({"a boat": "only the id"}) as echo:
            job = self.job_at(echo, [{"id": "p", "prompt": "a boat"}])
            self.check_code(self.darkroom("run", job), 0)
            self.check_images(1)
            self.assertEqual(echo.counts(DRAW), 1)
            self.assertGreaterEqual(echo.counts(FIND), 1)

    def test_what_the_service_cannot_be_asked_about_stays_unknown(self):
        with Echo({"a boat": "no answer"}) as echo:
            job = self.job_at(echo, [{"id": "p", "prompt": "a boat"}])
            for _ in range(2):
                self.check_code(self.darkroom("run", job), 2)
                steps = self.darkroom("status", "out/job", "--json").summary()["steps"]
                self.assertEqual((steps["unknown"], steps["done"]), (1, 0))
            self.assertEqual((echo.counts(DRAW), echo.counts(FIND)), (1, 0))

    def test_an_error_under_a_status_of_200_is_one(self):
        with Echo() as echo:
            job = self.job_at(echo, [{"id": "p", "prompt": "an indecent boat"}])
            self.check_code(self.darkroom("run", job), 2)
            failed = self.lines("out/job/failed.jsonl")
            self.assertEqual([(line["class"], line["code"]) for line in failed],
                             [("rejected", "indecent")])
            self.assertEqual(echo.counts(DRAW), 1)

    def test_its_actions_and_fields_are_checked_by_its_own_tables(self):
        for change, message in (({"then": ["upscale1"]}, "unknown action 'upscale1'"),
                                ({"size": "middling"}, "'size' needs"),
                                ({"mode": "fast"}, "unknown key 'mode'")):
            job = self.job("http://127.0.0.1:1", [{"id": "p", "prompt": "a boat", **change}],
                           service={"api": "echo"})
            ended = self.darkroom("validate", "--strict", job)
            self.check_code(ended, 65)
            self.assertIn(message, ended.out + ended.err)


class OfTheFirst(Stage):
    def test_the_shipped_service_is_still_there(self):
        job = self.write("job.yaml", json.dumps(
            {"version": 1, "service": {"url": "local"},
             "jobs": [{"id": "p", "prompt": "a boat --ar 16:9", "then": ["upscale1"]}]}))
        self.check_code(self.darkroom("validate", "--strict", job), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
