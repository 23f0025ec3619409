"""The programs and hooks of the published article against `darkroom serve`; and a killed run with
its own service.
"""
import importlib.util
import json
import os
import subprocess
import sys
import threading
import time
import unittest

from hook import Hook, post
from stage import PATIENCE, SOURCE, Service, Stage, prompts

# As printed in the article, except the address and the token.
PROGRAM_OF_THE_ARTICLE = """import requests

url = '{url}/midjourney/imagine'
headers = {{
    'content-type': 'application/json',
    'accept': 'application/x-ndjson',
    'authorization': 'Bearer {token}'
}}
body = {{
    "prompt": "a beautiful cat --v 6"
}}
r = requests.post(url, headers=headers, json=body, stream=True)
for line in r.iter_lines():
    print(line.decode())
"""
NODE_PROGRAM_OF_THE_ARTICLE = """const axios = require("axios");

const url = "{url}/midjourney/imagine";
const headers = {{
  "content-type": "application/json",
  accept: "application/x-ndjson",
  authorization: "Bearer {token}",
}};
const body = {{
  prompt: "a beautiful cat --v 6",
  action: "generate",
}};

axios
  .post(url, body, {{ headers: headers, responseType: "stream" }})
  .then((response) => {{
    console.log(response.status);
    response.data.on("data", (chunk) => {{
      console.log(chunk.toString());
    }});
  }})
  .catch((error) => {{
    console.error(error);
  }});
"""
NODE_MODULES = os.path.join(SOURCE, "build", "npm", "node_modules")
FIELDS = {"image_url", "image_width", "image_height", "image_id", "raw_image_url",
          "raw_image_width", "raw_image_height", "progress", "actions", "task_id", "success"}
GRID_ACTIONS = ["upscale1", "upscale2", "upscale3", "upscale4", "reroll",
                "variation1", "variation2", "variation3", "variation4"]


class Article(Stage):
    @unittest.skipUnless(importlib.util.find_spec("requests"), "python3-requests is not installed")
    def test_the_article_s_program_prints_a_json_object_a_line(self):
        with Service(self) as service:
            program = self.write("article.py", PROGRAM_OF_THE_ARTICLE.format(
                url=service.url, token=self.environment["TOKEN"]))
            ended = subprocess.run([sys.executable, program], cwd=self.directory,
                                   env=self.environment, capture_output=True, text=True,
                                   timeout=PATIENCE, check=True)
        self.check_article_lines(ended.stdout.splitlines())

    def test_the_article_s_node_program_prints_a_json_object_a_line(self):
        with Service(self) as service:
            program = self.write("article.js", NODE_PROGRAM_OF_THE_ARTICLE.format(
                url=service.url, token=self.environment["TOKEN"]))
            ended = subprocess.run(["node", program], cwd=self.directory,
                                   env={**self.environment, "NODE_PATH": NODE_MODULES},
                                   capture_output=True, text=True, timeout=PATIENCE, check=True)
        status, *lines = [line for line in ended.stdout.splitlines() if line]
        self.assertEqual((status, ended.stderr), ("200", ""))
        self.check_article_lines(lines)

    def check_article_lines(self, printed):
        """Checks what both programs of the article print."""
        lines = [json.loads(line) for line in printed]
        self.assertEqual([line["progress"] for line in lines], [31, 78, 100])
        for line in lines:
            self.assertLessEqual(FIELDS, set(line))
            self.assertTrue(line["success"])
        self.assertEqual(len({line["task_id"] for line in lines}), 1)
        self.assertEqual(len({line["image_id"] for line in lines}), 3)
        self.assertEqual([line["actions"] for line in lines], [[], [], GRID_ACTIONS])

    def test_the_hook_gets_the_article_s_bodies(self):
        with Service(self) as service, Hook(200) as hook:
            for prompt, success in (("a cat sitting on a table", True), ("a cat -c x", False)):
                answer = json.loads(post(service.url, {"prompt": prompt,
                                                       "callback_url": hook.url}))
                body = hook.next()
                self.assertEqual(body["task_id"], answer["task_id"])
                self.assertIs(body["success"], success)
                if success:
                    self.assertLessEqual(FIELDS, set(body))
                    self.assertEqual(body["actions"], GRID_ACTIONS)
                else:
                    self.assertEqual(body["error"], {
                        "code": "bad_request",
                        "message": "Unrecognized argument(s): `-c`, `x`"})
            self.assertNotIn("authorization", set().union(*hook.headers))

    def test_a_stream_with_a_hook_posts_each_line(self):
        with Service(self) as service, Hook(200) as hook:
            answer = post(service.url, {"prompt": "a cat", "callback_url": hook.url},
                          "application/x-ndjson")
            self.assertEqual(answer.count("\n"), 1)
            bodies = [hook.next()]
            while bodies[-1]["progress"] < 100:
                bodies.append(hook.next())
            # While the hook is slow, a later line may replace an earlier one, but never the last.
            progress = [body["progress"] for body in bodies]
            self.assertEqual(progress, sorted(progress))
            self.assertEqual({body["task_id"] for body in bodies},
                             {json.loads(answer)["task_id"]})


class OwnService(Stage):
    """`service: {url: local}`: the service ends and starts with the run."""

    def facts(self):
        return self.lines("out/job/service/tasks.jsonl")

    def kill_when(self, running, there):
        deadline = time.monotonic() + PATIENCE
        while not there():
            self.assertLess(time.monotonic(), deadline, "the run does not get so far")
            self.assertIsNone(running.process.poll(), "the run ended before it was killed")
            select_nothing(0.01)
        running.process.kill()
        running.end()

    def test_a_killed_run_finds_its_images_and_tasks_again(self):
        file = self.job("local", prompts(6, then=["upscale2"]), limits={"concurrency": 2})
        started = self.start("run", file)

        def some_ended():
            path = self.path("out/job/service/tasks.jsonl")
            if not os.path.exists(path):
                return False
            with open(path, encoding="utf-8") as journal:
                return journal.read().count('"fact":"ended"') >= 3

        self.kill_when(started, some_ended)
        ended = self.check_code(self.darkroom("run", file), 0)
        self.assertNotIn("failed", ended.out)
        self.check_images(12)
        accepted = [fact["id"] for fact in self.facts() if fact["fact"] == "accepted"]
        charged = [fact["id"] for fact in self.facts() if fact["fact"] == "ended"]
        self.assertEqual(len(accepted), 12)
        self.assertEqual(sorted(accepted), sorted(charged))

    def test_a_missing_image_is_found_although_the_service_has_moved(self):
        file = self.job("local", prompts(2))
        self.check_code(self.darkroom("run", file), 0)
        os.unlink(self.path("out/job", self.manifest()[0]["file"]))
        self.check_code(self.darkroom("run", file), 0)
        self.check_images(2)
        self.assertEqual(sum(fact["fact"] == "accepted" for fact in self.facts()), 2)


def select_nothing(seconds):
    """A pause between two checks of a file, since nothing reports when it changes."""
    threading.Event().wait(seconds)


if __name__ == "__main__":
    unittest.main()
