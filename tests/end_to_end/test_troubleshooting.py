"""docs/troubleshooting.md: every message on it is provoked, and printed as it stands there."""
import json
import os
import re
import signal
import unittest

from stage import SOURCE, Service, Stage

HERE = os.path.dirname(os.path.abspath(__file__))
REFUSED = "--set", "jobs.0.suffix=--wrong"


def messages():
    """Returns the blocks of each section of the page, by its title."""
    with open(os.path.join(SOURCE, "docs", "troubleshooting.md"), encoding="utf-8") as file:
        parts = re.split(r"^### (.+)$", file.read(), flags=re.MULTILINE)
    return {title: re.findall(r"^```text\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
            for title, text in zip(parts[1::2], parts[2::2])}


class Messages(Stage):
    def check(self, title, *endings):
        """Checks that each block of a section was printed by its run; … is anything."""
        blocks = messages()[title]
        self.assertEqual(len(blocks), len(endings), title)
        for block, ended in zip(blocks, endings):
            self.assertNotIn(self.environment["TOKEN"], ended.err)
            for line in block.splitlines():
                self.assertRegex(ended.err, ".*".join(map(re.escape, line.split("…"))))

    def fails(self, code, *arguments, url="http://127.0.0.1:1", faults=(), **more):
        """Runs a job of one picture at a service where it fails."""
        self.job(url, [{"prompt": "a heron"}], retry={"attempts": 2}, **more)
        if not faults:
            return self.check_code(self.darkroom("run", "job.yaml", *arguments), code)
        with Service(self, faults=faults) as service:
            return self.check_code(self.darkroom("run", "job.yaml", "--service", service.url,
                                                 *arguments), code)

    def test_the_token_is_missing(self):
        self.write("env.yaml", "version: 1\nservice: {token: {env: ACEDATACLOUD_API_TOKEN}}\n"
                               "jobs: [{prompt: a heron}]\n")
        self.write("bare.yaml", "version: 1\njobs: [{prompt: a heron}]\n")
        self.write("file.yaml", "version: 1\nservice: {token: {file: token}}\n"
                                "jobs: [{prompt: a heron}]\n")
        self.check("The token is missing", *(
            self.check_code(self.darkroom("run", f"{name}.yaml"), code)
            for name, code in (("env", 64), ("bare", 64), ("file", 66))))

    def test_the_job_file_has_a_mistake(self):
        self.write("bad.yaml", "version: 1\nservice: {url: local}\njobs:\n  - promt: a heron\n"
                               "    then: [upscael4]\n")
        self.write("indent.yaml", "version: 1\njobs:\n  - prompt: a heron\n  repeat: 2\n")
        self.write("prompts.csv", "prompt\na heron\n")
        self.check("The job file has a mistake", *(
            self.check_code(self.darkroom("run", name), 65)
            for name in ("bad.yaml", "indent.yaml", "prompts.csv")))

    def test_the_run_directory_is_in_use(self):
        with Service(self, "--latency", "10m") as service:
            self.job(service.url, [{"prompt": "a heron"}])
            first = self.start("run", "job.yaml", "--progress", "plain")
            first.wait_for("stderr", "submitted")
            self.check("The run directory is in use",
                       self.check_code(self.darkroom("run", "job.yaml"), 6))
            first.signal(signal.SIGINT)
            first.signal(signal.SIGINT)
            first.end()

    def at_an_account(self, code, title, **account):
        self.write("tokens.json", json.dumps([{"rate": 0, **account}]), 0o600)
        with Service(self, "--tokens", self.path("tokens.json"), "--no-service-paths") as service:
            self.check(title, self.fails(code, url=service.url))

    def test_the_token_is_refused(self):
        self.at_an_account(5, "The token is refused", token="a-token-of-somebody-else")

    def test_no_balance_is_left(self):
        self.at_an_account(3, "No balance is left", token=self.environment["TOKEN"], balance=0)

    def test_too_many_requests(self):
        with Service(self, "--running-max", "1", "--latency", "500ms") as service:
            self.job(service.url, [{"prompt": "a heron", "repeat": 2}])
            ended = self.check_code(self.darkroom("run", "job.yaml"), 0)
            self.check("Too many requests", ended)
            self.assertEqual(len(service.charged()), 2)

    def test_the_budget_is_spent(self):
        self.check("The budget is spent", self.fails(3, budget={"generations": 0}))

    def test_nothing_answers(self):
        self.check("Nothing answers", self.fails(2), self.fails(
            2, "--service", "https://api.darkroom.invalid", "-o", "out/unnamed"))

    def test_the_certificate_is_not_trusted(self):
        with Service(self, "--tls-cert", os.path.join(HERE, "localhost.pem"), "--tls-key",
                     os.path.join(HERE, "localhost.key")) as service:
            url = service.url.replace("127.0.0.1", "localhost")
            self.check("The certificate is not trusted", self.fails(2, "--service", url))

    def test_something_else_answers(self):
        self.check("Something else answers", self.fails(2, faults=[
            {"on": "any", "do": "status", "status": 403, "body": "<h1>Sign in</h1>"}]))

    def test_the_service_refuses_a_prompt(self):
        with Service(self) as service:
            self.check("The service refuses a prompt", self.fails(2, *REFUSED, url=service.url))
            self.assertEqual(service.charged(), set())

    def test_the_service_could_not_make_a_picture(self):
        self.check("The service could not make a picture", self.fails(2, faults=[
            {"on": "imagine", "do": "status", "status": 500,
             "body": json.dumps({"error": {"code": "api_error", "message": "upstream"}})}]))

    def test_it_is_unknown_what_became_of_a_request(self):
        with Service(self, faults=[{"on": "imagine", "do": "reset_after"},
                                   {"on": "tasks", "do": "status", "status": 503,
                                    "body": "<h1>Unavailable</h1>"}]) as service:
            self.job(service.url, [{"prompt": "a heron"}])
            running = self.start("run", "job.yaml", "--progress", "plain")
            running.wait_for("stderr", "asking the service for its outcome")
            running.signal(signal.SIGINT)
            running.signal(signal.SIGINT)
            self.check("It is unknown what became of a request",
                       self.check_code(running.end(), 7))

    def test_a_paid_picture_was_not_loaded(self):
        self.job("http://127.0.0.1:1", [{"prompt": "a {torn, lost} heron"}],
                 retry={"attempts": 2})
        faults = [{"on": "file", "prompt": "torn", "do": "corrupt"},
                  {"on": "file", "prompt": "lost", "do": "status", "status": 404, "body": "gone"}]
        with Service(self, faults=faults) as service:
            self.check("A paid picture was not loaded", self.check_code(self.darkroom(
                "run", "job.yaml", "--service", service.url), 2))

    def test_the_disk_is_full(self):
        with Service(self, "--image-size", "1024") as service:
            self.job(service.url, [{"prompt": "a heron"}])
            ended = self.darkroom("run", "job.yaml", file_size_max=600_000)
            self.check("The disk is full", self.check_code(ended, 74))

    def test_others_can_read_the_token(self):
        self.write("token", self.environment["TOKEN"], 0o644)
        self.check("Others can read the token", self.fails(2, "--token-file", "token"))

    def test_every_section_has_a_test(self):
        for title in messages():
            self.assertTrue(hasattr(self, "test_" + re.sub(r"\W+", "_", title.lower())), title)
        self.assertGreaterEqual(len(messages()), 16)


if __name__ == "__main__":
    unittest.main(verbosity=2)
