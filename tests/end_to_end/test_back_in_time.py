"""A run directory whose journal is lost, or older than its other files, buys nothing."""
import os
import shutil
import signal
import unittest

from stage import Service, Stage, prompts

IMAGINE = "/midjourney/imagine"


class BackInTime(Stage):
    def files(self, directory="out/job"):
        """Returns the contents of a run directory, without what every start writes."""
        found = {}
        for folder, _, names in os.walk(self.path(directory)):
            for name in names:
                if name in ("run.lock", "journal.db-shm"):
                    continue
                with open(os.path.join(folder, name), "rb") as file:
                    content = file.read()
                if name != "journal.db-wal" or content:  # a reader may leave an empty one
                    found[os.path.join(folder, name)] = content
        return found

    def check_refused(self, service, job, words, directory="out/job"):
        """Checks that each command refuses the directory, sends nothing and changes nothing."""
        asked, before = service.requests(), self.files(directory)
        for command in (["run", job, "-o", directory, "--yes"], ["retry", directory],
                        ["status", directory], ["merge", directory, "-o", "merged"]):
            ended = self.check_code(self.darkroom(*command), 78)
            self.assertIn(words, ended.err, command)
            self.assertIn("bring the newer journal.db back", ended.err)
            self.assertEqual(service.requests(), asked, command)
            self.assertEqual(self.files(directory), before, command)
            self.assertFalse(os.path.exists(self.path("merged")))

    def accept(self, job, directory="out/job"):
        return self.check_code(self.darkroom("run", job, "-o", directory, "--accept-manifest",
                                             "--json", "--progress", "plain"), 0)

    def test_an_empty_journal_is_refused_and_the_manifest_shows_what_is_paid(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(4, then=["upscale2"]))
            self.check_code(self.darkroom("run", job), 0)
            open(self.path("out/job/journal.db"), "wb").close()
            self.check_refused(service, job, "journal.db is empty, but there is")
            ended = self.accept(job)
            self.assertIn("taken from the manifest as paid: 8 steps with 8 images, 0.208",
                          ended.err)
            self.assertEqual(ended.summary()["paid"], 0)
            self.check_images(8)
            self.check_paid(service, "out/job")
            again = self.check_code(self.darkroom("run", job, "--json"), 0).summary()
            self.assertEqual((again["paid"], again["steps"]["done"]), (0, 8))
            self.assertEqual(self.darkroom("status", "out/job").code, 0)

    def test_an_older_journal_is_refused_and_only_the_rest_is_bought_in_the_end(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(6))
            self.check_code(self.darkroom("run", job, "--limit", "2"), 0)
            shutil.copy(self.path("out/job/journal.db"), self.path("older.db"))
            self.check_code(self.darkroom("run", job, "--limit", "5"), 0)
            shutil.copy(self.path("older.db"), self.path("out/job/journal.db"))
            self.check_refused(service, job, "the file marks is of run 2")
            os.remove(self.path("out/job/marks"))
            self.check_refused(service, job, "manifest.jsonl lists 3 images")
            image = self.manifest()[4]["file"]
            with open(self.path("out/job", image), "wb") as file:
                file.write(b"other bytes")
            ended = self.accept(job)
            self.assertIn("taken from the manifest as paid: 3 steps with 2 images", ended.err)
            self.assertIn("gone or with other bytes than the manifest says: 1 file, loaded again",
                          ended.err)
            self.assertEqual(ended.summary()["paid"], 1)
            self.check_paid(service, "out/job")
            self.assertEqual(service.counts(IMAGINE), 6)

    def test_a_killed_run_without_its_log_is_refused(self):
        with Service(self, "--latency", "100ms") as service:
            job = self.job(service.url, prompts(12), limits={"concurrency": 2})
            running = self.start("run", job, "--progress", "plain")
            running.wait_for("stderr", "saved")
            running.signal(signal.SIGKILL)
            running.end()
            shutil.copytree(self.path("out/job"), self.path("copy"))
            os.remove(self.path("copy/journal.db-wal"))
            with Service(self) as other:  # the killed run may still have a request on its way
                refused = self.job(other.url, prompts(12), name="refused")
                self.check_refused(other, refused, "journal.db is here without its journal.db-wal",
                                   "copy")
            job = self.job(service.url, prompts(12), limits={"concurrency": 2})
            self.check_code(self.darkroom("run", job), 0)  # with its log all is well
            self.check_images(12)
            self.check_paid(service, "out/job")

    def test_a_directory_that_nothing_is_wrong_with_accepts_nothing(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(2))
            self.check_code(self.darkroom("run", job), 0)
            ended = self.accept(job)
            self.assertIn("taken from the manifest as paid: 0 steps", ended.err)
            self.assertEqual(ended.summary()["paid"], 0)

    def test_a_journal_that_is_gone_is_still_66_and_may_be_made_again(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(2))
            self.check_code(self.darkroom("run", job), 0)
            os.remove(self.path("out/job/journal.db"))
            self.check_code(self.darkroom("run", job), 66)
            self.assertEqual(self.accept(job).summary()["paid"], 0)
            self.check_paid(service, "out/job")


if __name__ == "__main__":
    unittest.main()
