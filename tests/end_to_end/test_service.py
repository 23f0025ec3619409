"""`darkroom serve` itself: fault scripts in YAML, and replayed recordings."""
import json
import os
import shutil
import socket
import stat
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from stage import PATIENCE, Service, Stage, prompts

YAML_FAULTS = """seed: 3
faults:
  - {on: imagine, prompt: car 0, count: 1, do: cut, after_lines: 1}   # JSON is YAML too
  - on: imagine
    prompt: car 1
    do: fail
    code: bad_request
    message: 'no: not that one'
"""


YAML_RECORDS = '''faults:
  - on: record
    prompt: lamp
    do: change
    set: {request.version: "6.1", request.seed: 7, error: {code: 0, message: ""}}
    show: {created_at: ms, request.prompt: [squeezed, long_dash]}
    rename: {id: task_id}
  - {on: listing, nth: 1, do: list, newest: 1}
  - {on: imagine, prompt: boat, do: false_fail, code: timeout, message: late}
'''


class FaultScripts(Stage):
    def test_faults_are_written_in_yaml(self):
        script = self.write("faults.yaml", YAML_FAULTS)
        with Service(self, "--faults", script) as service:
            file = self.job(service.url, prompts(3))
            self.check_code(self.darkroom("run", file), 2)
            self.check_images(2)
            self.assertEqual(service.strikes(), [1, 1])
        self.assertEqual(self.lines("out/job/failed.jsonl")[0]["message"], "no: not that one")

    def ask(self, service, path, **body):
        request = urllib.request.Request(
            f"{service.url}/midjourney/{path}", json.dumps(body).encode(),
            {"content-type": "application/json", "authorization": "Bearer t"})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def test_records_and_listings_are_changed_as_a_script_says(self):
        script = self.write("faults.yaml", YAML_RECORDS)
        with Service(self, "--faults", script) as service:
            _, lamp = self.ask(service, "imagine", prompt="a  lamp --v 6")
            status, boat = self.ask(service, "imagine", prompt="a boat")
            self.assertEqual((status, boat["error"]["code"]), (504, "timeout"))
            _, record = self.ask(service, "tasks", id=lamp["task_id"])
            self.assertEqual(record["task_id"], lamp["task_id"])
            self.assertNotIn("id", record)
            self.assertIsInstance(record["created_at"], int)
            self.assertGreater(record["created_at"], 1.7e12)
            self.assertEqual(record["error"], {"code": 0, "message": ""})
            self.assertEqual(record["request"]["prompt"], "a lamp \u2014v 6")
            self.assertEqual((record["request"]["version"], record["request"]["seed"]), ("6.1", 7))
            _, record = self.ask(service, "tasks", id=boat["task_id"])
            self.assertTrue(record["response"]["success"])  # the failure was none
            for count in (1, 2):
                _, page = self.ask(service, "tasks", action="retrieve_batch")
                self.assertEqual(len(page["items"]), count)
            self.assertEqual(service.strikes(), [1, 1, 1])

    def test_errors_in_a_script_have_a_line_and_a_column(self):
        for text, part in ((YAML_FAULTS.replace("do: fail", "do: fall"), "faults.yaml:6:5: fault 2:"),
                           ("faults:\n\t- do: cut\n", "faults.yaml:2:1:"),
                           (YAML_RECORDS.replace("newest", "newset"), "did you mean 'newest'?"),
                           (YAML_RECORDS.replace("squeezed", "sqeezed"), "faults.yaml:6:"),
                           ("fault: []\n", "no list 'faults'")):
            self.write("faults.yaml", text)
            ended = self.check_code(self.darkroom("serve", "--faults", "faults.yaml"), 65)
            self.assertIn(part, ended.err)


class Stops(Stage):
    def test_it_stops_while_it_paints(self):
        service = Service(self, "--image-size", "4096")
        request = urllib.request.Request(
            service.url + "/midjourney/imagine", json.dumps({"prompt": "a boat"}).encode(),
            {"content-type": "application/json", "authorization": "Bearer t"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            link = urllib.parse.urlsplit(json.load(answer)["raw_image_url"])
        with socket.create_connection((link.hostname, link.port), PATIENCE) as reader:
            head = f"GET {link.path}?{link.query} HTTP/1.1\r\nHost: localhost\r\n\r\n"
            reader.sendall(head.encode())
            service.ledger()  # when this answers, the picture is being painted
            self.check_code(service.stop(), 0)


# One of each: cut, lost after acceptance, refused for a while, failed for good, a damaged picture.
FAULTS_TO_RECORD = (
    {"on": "imagine", "prompt": "car 0", "count": 1, "do": "cut", "after_lines": 1},
    {"on": "imagine", "prompt": "car 1", "count": 1, "do": "reset_after"},
    {"on": "imagine", "prompt": "car 2", "count": 1, "do": "status", "status": 429},
    {"on": "imagine", "prompt": "car 3", "do": "fail", "code": "bad_request", "message": "no"},
    {"on": "file", "prompt": "car 4", "count": 1, "do": "short_body", "after_bytes": 900},
    {"on": "imagine", "prompt": "car 5", "do": "status", "status": 400,
     "body": '{"error": {"code": "bad_request", "message": "bad"}, "token": "token-of-the-tests"}'})


class Replays(Stage):
    def outcome(self):
        """Returns the result of a run, without times and addresses."""
        lasting = ("item", "step", "prompt", "file", "sha256", "task_id", "image_id", "seed",
                   "attempts", "class", "code", "message")
        return [sorted(json.dumps({key: line[key] for key in lasting if key in line})
                       for line in lines)
                for lines in (self.manifest(), self.lines("out/job/failed.jsonl"))]

    def record(self, **more):
        with Service(self, faults=FAULTS_TO_RECORD) as service:
            file = self.job(service.url, prompts(7, then=["upscale2"]), **more)
            self.check_code(self.darkroom("run", file, "--record", "bug.jsonl"), 2)
        outcome = self.outcome()
        self.assertEqual([len(lines) for lines in outcome], [10, 2])
        shutil.rmtree(self.path("out"))
        return outcome

    def test_a_recorded_run_is_replayed_to_the_same_end_without_the_service(self):
        outcome = self.record()
        self.assertEqual(stat.S_IMODE(os.stat(self.path("bug.jsonl")).st_mode), 0o600)
        with open(self.path("bug.jsonl"), encoding="utf-8") as file:
            self.assertNotIn(self.environment["TOKEN"], file.read())
        running = self.start("serve", "--listen", "127.0.0.1:0", "--replay", "bug.jsonl",
                             "--replay-speed", "4")
        file = self.job(running.first_line(), prompts(7, then=["upscale2"]))
        self.check_code(self.darkroom("run", file), 2)
        self.assertEqual(self.outcome()[1], outcome[1])
        self.assertEqual([json.loads(line)["sha256"] for line in self.outcome()[0]],
                         [json.loads(line)["sha256"] for line in outcome[0]])
        self.assertEqual(self.outcome()[0], outcome[0])

    def test_the_times_of_the_answers_are_replayed(self):
        with Service(self, "--latency", "600ms") as service:
            file = self.job(service.url, prompts(1))
            self.check_code(self.darkroom("run", file, "--record", "slow.jsonl"), 0)
        shutil.rmtree(self.path("out"))
        running = self.start("serve", "--listen", "127.0.0.1:0", "--replay", "slow.jsonl")
        begun = time.monotonic()
        file = self.job(running.first_line(), prompts(1))
        self.check_code(self.darkroom("run", file), 0)
        self.assertGreaterEqual(time.monotonic() - begun, 0.6)

    def test_a_file_that_is_not_a_recording_is_refused_and_no_recording_is_overwritten(self):
        self.write("bug.jsonl", "{}\n")
        ended = self.check_code(self.darkroom("serve", "--replay", "bug.jsonl"), 65)
        self.assertIn("bug.jsonl: line 1 is not of a recording", ended.err)
        with Service(self) as service:
            file = self.job(service.url, prompts(1))
            ended = self.darkroom("run", file, "--record", "bug.jsonl")
            self.check_code(ended, 64)
            self.assertEqual(service.requests(), 0)


class Accounts(Stage):
    def test_accounts_share_the_work_and_the_others_go_on_if_one_is_banned(self):
        with Service(self, "--accounts", "4", "--slots", "3", "--latency", "40ms") as service:
            file = self.job(service.url, prompts(32, then=["upscale2"]),
                            limits={"concurrency": 16})
            running = self.start("run", file)
            deadline = time.monotonic() + PATIENCE
            while sum(account["served"] for account in self.accounts(service)) < 24:
                self.assertLess(time.monotonic(), deadline)
                threading.Event().wait(0.01)
            urllib.request.urlopen(urllib.request.Request(
                f"{service.url}/__service/accounts/account-1", b'{"banned": true}',
                {"content-type": "application/json"}, method="PATCH"), timeout=PATIENCE).close()
            self.check_code(running.end(), 0)
            self.check_images(64)
            for account in self.accounts(service):
                self.assertLessEqual(account["peak"], 3)
                self.assertGreater(account["served"], 0)
            self.check_owners(service.ledger()["entries"])

    def accounts(self, service):
        with urllib.request.urlopen(f"{service.url}/__service/accounts",
                                    timeout=PATIENCE) as answer:
            return json.load(answer)

    def check_owners(self, entries):
        """Checks that a follow-up has the account of its image, unless that was banned."""
        drawn_by = {entry["task_id"]: entry["account"] for entry in entries}
        image_of = {line["image_id"]: line["task_id"] for line in self.manifest()}
        follow_ups = [entry for entry in entries if "image_id" in entry["request"]]
        self.assertEqual(len(follow_ups), 32)
        for entry in follow_ups:
            request = entry["request"]
            request = json.loads(request) if isinstance(request, str) else request
            owner = drawn_by[image_of[request["image_id"]]]
            self.assertIn(entry["account"], (owner,) if owner != "account-1" else drawn_by.values())


if __name__ == "__main__":
    unittest.main()
