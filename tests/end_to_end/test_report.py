"""`report` makes a file for a bug report: what a maintainer asks for, and no token in any form."""
import base64
import json
import os
import stat
import unittest
import urllib.parse

from image_host import ImageHost
from stage import Service, Stage, prompts

REFUSED = {"do": "status", "status": 400,
           "body": json.dumps({"error": {"code": "bad_request", "message": "banned word"}})}


class Bundle(Stage):
    def report(self, *arguments, directory="out/job"):
        ended = self.check_code(self.darkroom("report", directory, "-o", "-", *arguments), 0)
        return json.loads(ended.out), ended

    def test_it_has_what_a_maintainer_asks_for(self):
        with Service(self, faults=[{"on": "imagine", "prompt": "car 1", **REFUSED}]) as service:
            job = self.job(service.url, prompts(4))
            self.check_code(self.darkroom("run", job, "-q", "--keep-exchanges", "5", "--set",
                                          "limits.failures=9"), 2)
            found, ended = self.report()
            self.assertEqual(list(found), ["darkroom_report", "at", "program", "directory",
                                           "settings", "counts", "failed", "open", "journal",
                                           "exchanges", "problems"])
            self.assertRegex(found["program"]["version"], r"^\d+\.\d+\.\d+$")
            self.assertEqual(found["directory"]["name"], "job")
            self.assertLess(0, found["directory"]["files"]["journal.db"])
            settings = found["settings"]
            self.assertEqual((settings["path"], settings["set"]),
                             ("job.yaml", [["limits.failures", "9"]]))
            self.assertIn("{{thing}} in a volcano", settings["text"])
            counts = found["counts"]
            self.assertEqual((counts["steps"]["finished"], counts["steps"]["failed"]), (3, 1))
            self.assertEqual((counts["paid"], counts["images"], counts["last_run"]), (3, 3, 1))
            [failed] = found["failed"]
            self.assertEqual((failed["code"], failed["prompt"]),
                             ("bad_request", "car 1 in a volcano"))
            kinds = [fact["kind"] for fact in found["journal"]]
            self.assertEqual(kinds.count("image_saved"), 3)
            self.assertEqual(found["problems"], [])
            self.assertIn(len(found["exchanges"]), range(5, 11))
            self.assertNotIn(self.directory, ended.out)
            self.assertEqual(len(ended.out.splitlines()) > 20, True, "a line each row")

    def test_the_kept_exchanges_are_the_last_ones_and_private(self):
        with Service(self) as service:
            job = self.job(service.url, prompts(9))
            self.check_code(self.darkroom("run", job, "-q"), 0)
            self.assertEqual([name for name in os.listdir(self.path("out/job"))
                              if name.startswith("exchanges")], [], "off by default")
            self.assertEqual(self.report()[0]["exchanges"], [])
            self.check_code(self.darkroom("run", self.job(service.url, prompts(12)), "-q",
                                          "--keep-exchanges", "4"), 0)
            exchanges = self.report()[0]["exchanges"]
            self.assertEqual(len(exchanges), 4 + 2, "three more pictures are six exchanges")
            self.assertIn("car ", json.dumps(exchanges))
            self.assertNotIn("base64", json.dumps(exchanges), "pictures are left out")
            for name in ("exchanges.jsonl", "exchanges-older.jsonl"):
                mode = stat.S_IMODE(os.stat(self.path("out/job", name)).st_mode)
                self.assertEqual(mode, 0o600)
            self.check_code(self.darkroom("run", job, "-q", "--keep-exchanges", "4", "--record",
                                          "bug.jsonl"), 64)
            self.check_code(self.darkroom("run", job, "-q", "--keep-exchanges", "1001"), 64)

    def test_the_file_is_new_private_and_named(self):
        with Service(self) as service:
            self.check_code(self.darkroom("run", self.job(service.url, prompts(1)), "-q"), 0)
            ended = self.check_code(self.darkroom("report", "out/job/"), 0)
            self.assertRegex(ended.out, r"^darkroom-report-job-\d{8}T\d{6}\.json\n$")
            self.assertIn("Look through it", ended.err)
            self.assertEqual(stat.S_IMODE(os.stat(self.path(ended.out.strip())).st_mode), 0o600)
            said = self.check_code(self.darkroom("report", "out/job", "-o", "bug.json", "--json"),
                                   0).summary()
            self.assertEqual(said["file"], "bug.json")
            self.assertEqual(said["bytes"], os.path.getsize(self.path("bug.json")))
            again = self.check_code(self.darkroom("report", "out/job", "-o", "bug.json"), 64)
            self.assertIn("is there already", again.err)
            self.check_code(self.darkroom("report", "out/job", "-o", "none/bug.json"), 74)
            self.check_code(self.darkroom("report", "nowhere"), 66)

    def test_a_directory_that_contradicts_itself_can_be_told_of(self):
        with Service(self) as service:
            self.check_code(self.darkroom("run", self.job(service.url, prompts(1)), "-q"), 0)
        open(self.path("out/job/journal.db"), "wb").close()
        found, _ = self.report()
        self.assertTrue(found["problems"])
        self.assertEqual(found["settings"], None)


class Redacted(Stage):
    """A service that repeats the token wherever it can, and prompts that have it in them."""

    def change(self, answer, asked):
        token = self.environment["TOKEN"]
        answer["image_id"] = f"{token}-{answer['image_id']}"
        answer["trace_id"] = f"Bearer {token}"
        answer["actions"].append(token)
        answer["note"] = f"{token} {urllib.parse.quote(token, safe='')}"

    def plain_forms(self):
        token = self.environment["TOKEN"]
        return [token, urllib.parse.quote(token), urllib.parse.quote(token, safe=""),
                urllib.parse.quote_plus(token), token.replace("/", "\\/"),
                json.dumps(token)[1:-1]]

    def coded_forms(self):
        """Returns the token in base64 at each alignment."""
        token = self.environment["TOKEN"]
        return [base64.b64encode(before + token.encode()).decode() for before in (b"", b"x", b"xy")]

    def test_no_form_of_the_token_is_in_the_bundle(self):
        token = self.environment["TOKEN"] = "s3cr3t/of+the=tests&more"
        texts = [f"a fox {form}" for form in self.plain_forms() + self.coded_forms()]
        texts.append("a hen " + base64.b64encode(f"user:{token}".encode()).decode())
        with ImageHost(change=self.change, name=f"{token}-" + "{:012}") as host:
            job = self.job(host.url, [{"id": f"n{number}", "prompt": text}
                                      for number, text in enumerate(texts)])
            self.check_code(self.darkroom("run", job, "-q", "--keep-exchanges", "100"), 0)
        with open(self.path("out/job/exchanges.jsonl"), encoding="utf-8") as file:
            kept = file.read()
        self.assertIn("a fox", kept)
        bundle = self.check_code(self.darkroom("report", "out/job", "-o", "-"), 0).out
        self.assertIn("a fox", bundle)
        self.assertIn("a hen", bundle)
        for form in self.plain_forms() + [code[4:-4] for code in self.coded_forms()]:
            self.assertNotIn(form, bundle)
            self.assertNotIn(form, kept)
        self.assertLess(3 * len(texts), len(json.loads(bundle)["journal"]))

    def test_a_token_that_is_not_known_is_warned_of_and_can_be_given(self):
        token = self.environment["TOKEN"]
        with Service(self) as service:
            job = self.job(service.url, [{"id": "p", "prompt": f"a fox {token}"}],
                           service={"token": {"command": ["sh", "-c", f"echo {token}"]}})
            self.check_code(self.darkroom("run", job, "-q"), 0)
        self.write("token", token, 0o600)
        ended = self.darkroom("report", "out/job", "-o", "-", "--token-file", "token")
        self.assertEqual(ended.code, 0)
        self.assertNotIn(token, ended.out)
        self.assertIn("a fox TOKEN", ended.out)
        unknown = self.darkroom("report", "out/job", "-o", "-")
        self.assertIn("is not known here", unknown.err)

    def test_names_and_passwords_in_addresses_are_removed(self):
        with Service(self) as service:
            job = self.job(service.url, [{"id": "p", "prompt": "see http://me:pass@host/x"}])
            self.check_code(self.darkroom("run", job, "-q"), 0)
        bundle = self.check_code(self.darkroom("report", "out/job", "-o", "-"), 0).out
        self.assertNotIn("me:pass", bundle)
        self.assertIn("http://TOKEN@host/x", bundle)


if __name__ == "__main__":
    unittest.main()
