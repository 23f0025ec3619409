"""Programs that run darkroom and follow it line by line: examples/drive."""
import os
import shutil
import signal
import subprocess
import unittest

from stage import PATIENCE, PROGRAM, SOURCE, Service, Stage, prompts

DRIVERS = {"Python": "drive.py", "Node": "drive.mjs"}


@unittest.skipUnless(shutil.which("node"), "no node: examples/packages.sh test")
class Drive(Stage):
    def drive(self, name, *arguments):
        process = subprocess.Popen(
            [os.path.join(SOURCE, "examples", "drive", name), *arguments], cwd=self.directory,
            env={**self.environment, "DARKROOM": PROGRAM}, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        return process

    def test_a_driver_prints_each_picture_and_ends_as_the_run_does(self):
        for language, name in DRIVERS.items():
            with self.subTest(language), Service(self) as service:
                self.job(service.url, prompts(3, then=["upscale1"]), name=language.lower())
                process = self.drive(name, "job.yaml", "--limit", "2")
                out, err = process.communicate(timeout=PATIENCE)
                self.assertEqual((process.returncode, err), (0, ""))
                lines = out.splitlines()
                self.assertEqual(len(lines), 5)
                self.assertEqual(lines[-1], "4 done, 4 paid")
                self.assertTrue(any(line.startswith("p/1 upscale1 -> images/") for line in lines))
                self.check_images(4, f"out/{language.lower()}")

    def test_failures_and_wrong_files_end_it_with_the_code_of_the_run(self):
        banned = {"on": "imagine", "prompt": "car 1", "do": "status", "status": 400,
                  "body": '{"error": {"code": "bad_request", "message": "Banned prompt"}}'}
        for language, name in DRIVERS.items():
            with self.subTest(language), Service(self, faults=[banned]) as service:
                self.job(service.url, prompts(2), name=language.lower())
                process = self.drive(name, "job.yaml")
                out, err = process.communicate(timeout=PATIENCE)
                self.assertEqual(process.returncode, 2, err)
                self.assertIn("Banned prompt", err)
                self.assertIn("1 done, 1 paid", out)
                process = self.drive(name, "none.yaml")
                out, err = process.communicate(timeout=PATIENCE)
                self.assertEqual(process.returncode, 66, err)
                self.assertIn("none.yaml", err)

    def test_a_driver_that_is_stopped_stops_the_run_calmly(self):
        for language, name in DRIVERS.items():
            with self.subTest(language), Service(self, "--latency", "300ms") as service:
                self.job(service.url, prompts(30), name=language.lower(),
                         limits={"concurrency": 1})
                process = self.drive(name, "job.yaml")
                self.assertIn(" -> ", process.stdout.readline())
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=PATIENCE)
                again = self.darkroom("run", "job.yaml", "--json", "--if-busy", "wait")
                self.check_code(again, 0)
                self.assertEqual(len(service.charged()), 30)
                self.assertLess(again.summary()["paid"], 30)


if __name__ == "__main__":
    unittest.main()
