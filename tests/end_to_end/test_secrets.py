"""The token: where it may come from, and that nothing of a run shows it."""
import base64
import json
import os
import subprocess
import unittest
import urllib.error
import urllib.parse
import urllib.request

from image_host import ImageHost
from stage import PATIENCE, PROGRAM, Service, Stage, prompts

SHARED = "other users can read the token file"
PLAIN = "without encryption"


class Sources(Stage):
    def run_in_shell(self, command):
        ended = subprocess.run(["bash", "-c", command], cwd=self.directory, check=False,
                               env={**self.environment, "PROGRAM": PROGRAM}, timeout=PATIENCE,
                               capture_output=True, text=True, stdin=subprocess.DEVNULL)
        self.assertNotIn("the-right-one", ended.stdout + ended.stderr)
        return ended

    def test_a_token_comes_from_a_pipe_a_substitution_and_standard_input(self):
        commands = ('"$PROGRAM" run job.yaml -o "$0" --token-file <(echo the-right-one)',
                    'echo the-right-one | "$PROGRAM" run job.yaml -o "$0" --token-file /dev/stdin',
                    'printf the-right-one > t; "$PROGRAM" run job.yaml -o "$0" '
                    '--token-file /dev/stdin < t')
        with Service(self, token="the-right-one") as service:
            self.job(service.url, prompts(1))
            for number, command in enumerate(commands):
                ended = self.run_in_shell(command.replace("$0", f"out{number}"))
                self.assertEqual(ended.returncode, 0, ended)
                self.check_images(1, f"out{number}")
            before = service.requests()
            for command, words in (('--token-file <(true)', "is empty"),
                                   ('--token-file /dev/null', "is empty"),
                                   ('--token-file /dev/stdin < /dev/null', "is empty"),
                                   ('--token-file <(echo two; echo lines)', "more than a token"),
                                   ('--token-file /dev/zero', "has more than 65.5 kB"),
                                   ('--token-file .', "directory")):
                ended = self.run_in_shell(f'"$PROGRAM" run job.yaml -o none {command}')
                self.assertIn(ended.returncode, (64, 66), ended)
                self.assertIn(words, ended.stderr)
            self.assertEqual(service.requests(), before)
            self.assertFalse(os.path.exists(self.path("none")))

    def test_a_token_file_that_others_can_read_is_warned_of_once(self):
        with Service(self, token="the-right-one") as service:
            job = self.job(service.url, prompts(1))
            self.write("token", "the-right-one\n", 0o640)
            for arguments in (["run", job], ["run", job, "--quiet"], ["audit", "out/job"],
                              ["run", job, "--progress", "json"]):
                ended = self.check_code(self.darkroom(*arguments, "--token-file", "token"), 0)
                self.assertEqual(ended.err.count(SHARED), 1, ended)
                self.assertIn("chmod 600 token", ended.err)
            for line in ended.err.splitlines():
                json.loads(line)
            os.chmod(self.path("token"), 0o600)
            ended = self.check_code(self.darkroom("run", job, "--token-file", "token"), 0)
            self.assertNotIn("warning", ended.err)

    def test_a_token_that_leaves_the_machine_without_tls_is_warned_of_once(self):
        retry = {"attempts": 1, "base": "10ms"}
        for url, count in (("http://service.invalid:9", 1), ("https://service.invalid:9", 0)):
            job = self.job(url, prompts(2), retry=retry)
            ended = self.check_code(self.darkroom("run", job, "-o", f"out{count}"), 2)
            self.assertEqual(ended.err.count(PLAIN), count, ended)
        with Service(self) as service:
            ended = self.check_code(self.darkroom("run", self.job(service.url, prompts(1))), 0)
            self.assertNotIn("warning", ended.err)


class Repeats(Stage):
    """A service that repeats the token wherever it can."""

    def change(self, answer, asked):
        if asked == 0 and self.is_silent:
            task = answer["task_id"]
            answer.clear()
            answer.update(success=True, task_id=task)
            return
        token = self.environment["TOKEN"]
        answer["image_id"] = f"{token}-{answer['image_id']}"
        answer["trace_id"] = f"Bearer {token}"
        answer["actions"].append(token)
        answer["note"] = token
        answer["raw_image_url"] += f"?key={token}&basic=" + base64.b64encode(
            f"user:{token}".encode()).decode()

    def check_hidden(self):
        """Checks that no file below the directory, by name or by content, shows the token."""
        token = self.environment["TOKEN"]
        codes = [base64.b64encode(before + token.encode())[4:-4] for before in (b"", b"x", b"xy")]
        for folder, folders, files in os.walk(self.directory):
            for name in folders + files:
                self.assertNotIn(token, name)
            for name in files:
                with open(os.path.join(folder, name), "rb") as file:
                    content = file.read()
                for secret in (token.encode(), *codes):
                    self.assertNotIn(secret, content, name)

    def run_hidden(self, host, **service):
        job = self.job(host.url, prompts(2, then=["upscale1"]), service=service,
                       output={"sidecar": "json", "captions": "txt",
                               "layout": "images/{item}-{image_id}{ext}"})
        ended = self.check_code(self.darkroom("run", job, "--json", "-v", "--log", "log.txt",
                                              "--progress", "json", "--record", "bug.jsonl"), 0)
        self.assertEqual(ended.summary()["images"], 4)
        self.check_code(self.darkroom("status", "out/job", "--json"), 0)
        self.check_code(self.darkroom("plan", job, "--list"), 0)
        return ended

    def test_a_token_in_ids_and_links_is_in_no_output_and_the_run_goes_on(self):
        token = self.environment["TOKEN"]
        for self.is_silent, delivery in ((False, "stream"), (True, "poll")):
            name = f"{token}-" + "{:012}"
            with ImageHost(change=self.change, name=name) as host:
                self.run_hidden(host, delivery=delivery)
            self.check_hidden()
            self.assertEqual(len(self.manifest()), 4)
            follow_ups = [body["image_id"] for path, body in host.requests if "image_id" in body]
            self.assertEqual(len(follow_ups), 2)
            for image_id in follow_ups:
                self.assertTrue(image_id.startswith(token + "-13"), image_id)
            self.assertEqual(len(host.gets), 4)
            for path, _ in host.gets:  # the service's own host: the link goes there as it came
                self.assertIn(f"?key={token}&", path)
            if delivery == "poll":
                asked = [body for path, body in host.requests if path == "/midjourney/tasks"]
                self.assertTrue(asked)
                for body in asked:
                    for task in body.get("ids", [body.get("id")]):
                        self.assertTrue(task.startswith(token), task)
            for name in ("out/job", "bug.jsonl", "log.txt"):
                subprocess.run(["rm", "-r", self.path(name)], check=True)

    def test_a_token_in_a_failure_is_in_no_output(self):
        token = self.environment["TOKEN"]

        def fail(answer, asked):
            del asked
            words = f"no {token}, Basic " + base64.b64encode(f"user:{token}".encode()).decode()
            answer.clear()
            answer.update(success=False, task_id=f"{token}-1", trace_id=token,
                          error={"code": "bad_request", "message": words})

        with ImageHost(change=fail) as host:
            job = self.job(host.url, prompts(2))
            ended = self.check_code(self.darkroom("run", job, "--log", "log.txt", "--progress",
                                                  "plain", "--record", "bug.jsonl"), 2)
        self.assertIn("no TOKEN, Basic", ended.err)
        self.assertEqual(len(self.lines("out/job/failed.jsonl")), 2)
        self.check_code(self.darkroom("status", "out/job"), 0)
        self.check_hidden()

    def test_no_other_host_gets_a_token_in_a_link(self):
        self.is_silent = False
        with ImageHost() as images:
            def elsewhere(answer, asked):
                self.change(answer, asked)
                answer["raw_image_url"] = answer["raw_image_url"].replace(host.url, images.url)

            with ImageHost(change=elsewhere) as host:
                job = self.job(host.url, prompts(1))
                self.check_code(self.darkroom("run", job), 0)
        self.assertEqual(len(images.gets), 1)
        self.assertIn("key=TOKEN-", images.gets[0][0])
        self.check_hidden()


class Serves(Stage):
    def serve(self, *arguments):
        running = self.start("serve", "--image-size", "64", "--latency", "10ms", *arguments)
        url = running.first_line()
        running.wait_for("stderr", "Serving.")
        return running, url

    def words_of(self, *arguments):
        running, _ = self.serve(*arguments)
        running.signal()
        return self.check_code(running.end(), 0).err

    def ask(self, url, host=None, method="GET", body=None, **headers):
        if host:
            headers["host"] = host
        request = urllib.request.Request(url, body, {key.replace("_", "-"): value
                                                     for key, value in headers.items()},
                                         method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def test_a_port_that_others_reach_is_warned_of_if_every_token_is_good(self):
        tokens = self.write("tokens.json", '[{"token": "right-token"}]', 0o600)
        open_port = "whoever reaches this port"
        for arguments, warned in ((("--listen", "0.0.0.0:0"), True),
                                  (("--listen", "127.0.0.1:0"), False),
                                  (("--listen", "0.0.0.0:0", "--tokens", tokens), False),
                                  (("--listen", "0.0.0.0:0", "--token", "right-token"), False)):
            self.assertEqual(open_port in self.words_of(*arguments), warned, arguments)
        os.chmod(self.path("tokens.json"), 0o644)
        words = self.words_of("--listen", "127.0.0.1:0", "--tokens", tokens)
        self.assertEqual(words.count(SHARED), 1, words)

    def test_help_says_that_others_see_a_token_on_the_command_line(self):
        words = " ".join(self.check_code(self.darkroom("serve", "--help"), 0).out.split())
        self.assertIn("'ps' shows it", words)
        self.assertIn("--tokens tokens.json", words)
        for option in ("--host", "--fetch-inputs", "--callback-allow"):
            self.assertIn(option, words)

    def test_tokens_come_through_a_pipe(self):
        self.write("tokens.json", '[{"token": "right-token"}]', 0o600)
        pipe = self.path("pipe")
        os.mkfifo(pipe, 0o600)
        with subprocess.Popen(["cp", self.path("tokens.json"), pipe]):
            _, url = self.serve("--listen", "127.0.0.1:0", "--tokens", pipe)
        self.assertEqual(self.ask(f"{url}/__service/stats")[0], 401)
        self.assertEqual(self.ask(f"{url}/__service/stats",
                                  authorization="Bearer right-token")[0], 200)

    def test_a_host_is_let_in_by_its_name(self):
        for arguments in ((), ("--host", "studio.example")):
            _, url = self.serve("--listen", "127.0.0.1:0", *arguments)
            page = f"{url}/__service/stats"
            self.assertEqual(self.ask(page)[0], 200)
            self.assertEqual(self.ask(page, host="localhost")[0], 200)
            status, text = self.ask(page, host="evil.example")
            self.assertEqual((status, json.loads(text)["error"]["code"]), (421, "bad_request"))
            self.assertIn("--host", json.loads(text)["error"]["message"])
            status, _ = self.ask(page, host="studio.example:80")
            self.assertEqual(status, 200 if arguments else 421)

    def test_a_replay_is_guarded_too(self):
        with Service(self) as service:
            file = self.job(service.url, prompts(1))
            self.check_code(self.darkroom("run", file, "--record", "bug.jsonl"), 0)
        running, url = self.serve("--listen", "127.0.0.1:0", "--replay", "bug.jsonl")
        self.assertEqual(self.ask(f"{url}/x", host="evil.example")[0], 421)
        self.assertEqual(self.ask(f"{url}/x")[0], 404)
        running.signal()
        running.end()
        words = self.words_of("--listen", "0.0.0.0:0", "--replay", "bug.jsonl")
        self.assertIn("can read the recording", words)

    def test_input_images_are_not_fetched_if_nobody_wants_it(self):
        with ImageHost() as images:
            for inputs, status in (("none", 400), ("any", 200)):
                _, url = self.serve("--listen", "127.0.0.1:0", "--fetch-inputs", inputs)
                for link in (f"{images.url}/a.png", "http://samples.darkroom.invalid/road.png"):
                    body = json.dumps({"prompt": f"{link} a boat"}).encode()
                    answer, _ = self.ask(f"{url}/midjourney/imagine", None, "POST", body,
                                         content_type="application/json",
                                         authorization="Bearer t")
                    self.assertEqual(answer, status if link.startswith(images.url) else 200)
            self.assertEqual(len(images.gets), 1)

    def test_a_page_of_another_origin_can_make_the_service_do_nothing(self):
        _, url = self.serve("--listen", "127.0.0.1:0")
        body = b'{"prompt": "a boat"}'
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            status, text = self.ask(f"{url}/midjourney/imagine", None, "POST", body,
                                    content_type=kind, authorization="Bearer t")
            self.assertEqual((status, json.loads(text)["error"]["code"]), (415, "bad_request"))
        _, text = self.ask(f"{url}/__service/ledger")
        self.assertEqual(json.loads(text)["totals"]["accepted"], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
