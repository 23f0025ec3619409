"""The requests of the vendor's clients, as they send them, against `darkroom serve`.

Bodies and headers are those of the Python, TypeScript and Go SDK, the command line, the MCP tools,
the Dify plug-in and the web client; a row is one request of one client.
"""
import base64
import dataclasses
import json
import unittest
import urllib.error
import urllib.request

from stage import PATIENCE, Service, Stage

ROAD = "http://samples.darkroom.invalid/road.png"
BEAR = "http://samples.darkroom.invalid/bear.png"
# Eight by eight grey pixels as a JPEG: the web client's masks are grey JPEGs.
ONE_CODE = bytes([1] + [0] * 15 + [0])  # of a Huffman table: the bit 0 means 0
GREY = base64.b64encode(
    b"\xff\xd8\xff\xdb\0\x43\0" + b"\1" * 64 + b"\xff\xc0\0\x0b\x08\0\x08\0\x08\1\1\x11\0"
    + b"\xff\xc4\0\x14\0" + ONE_CODE + b"\xff\xc4\0\x14\x10" + ONE_CODE
    + b"\xff\xda\0\x08\1\1\0\0\x3f\0\x3f\xff\xd9").decode()

JSON = {"accept": "application/json", "content-type": "application/json"}
LINES = {"accept": "application/x-ndjson", "content-type": "application/json"}
HEADERS = {
    "mcp": {**JSON, "user-agent": "python-httpx/0.28.1"},
    "command line": {**JSON, "user-agent": "python-httpx/0.28.1"},
    "python sdk": {**JSON, "user-agent": "acedatacloud-python/2026.7"},
    "typescript sdk": {**JSON, "user-agent": "acedatacloud-typescript/2026.7"},
    "go sdk": {**JSON, "user-agent": "acedatacloud-go"},
    "dify": JSON,
    "web, work": {**LINES, "origin": "https://hub.example"},
    "web, tasks": {**JSON, "x-record-exempt": "true", "origin": "https://hub.example"},
    "article": LINES,
    "curl": {"content-type": "application/json"},
}

STARTED = {"success", "task_id"}
PICTURE = {"success", "task_id", "image_id", "image_url", "raw_image_url", "progress"}
GRID = PICTURE | {"actions"}
CLIPS = {"success", "task_id", "image_url", "video_id", "video_urls", "progress"}
RECORD = {"id", "type", "trace_id", "created_at", "started_at", "finished_at", "elapsed",
          "request", "response", "user_id", "application_id", "api_id", "credential_id"}
PAGE = {"items", "count"}
ADDED = {"mode", "action", "prompt", "stream", "timeout", "version", "image_id", "trace_id",
         "check_image", "retry_times", "translation", "callback_url", "check_prompt",
         "image_origin", "application_id"}  # to the request of every record
SHORTER = {"prompts", "cost", "started_at", "finished_at", "elapsed"}
FAILURE = {"error", "trace_id"}


@dataclasses.dataclass
class Shape:
    """A request of a client, and the members of the answer's body. Words in braces in the request
    are replaced by what the service has made before."""

    client: str
    path: str
    body: dict
    members: set
    whole: bool = False  # the answer has no others
    status: int = 200
    found: int = None  # the items of a page


def imagine(client, members, **body):
    return Shape(client, "imagine", body, members)


def tasks(client, members, found=None, **body):
    return Shape(client, "tasks", body, members, found=found)


def batch(client, found, **body):
    return tasks(client, PAGE, found, action="retrieve_batch", **body)


MCP_PICTURE = {"mode": "fast", "translation": False, "split_images": False, "action": "generate"}
SHAPES = {
    # The MCP tools and the SDKs force `async`, unless there is a callback.
    "mcp_imagine": imagine("mcp", STARTED, prompt="a lion", **MCP_PICTURE, **{"async": True}),
    "mcp_imagine_with_all": imagine(
        "mcp", STARTED, prompt="a lion --sref 7", **MCP_PICTURE, timeout=480, version="8.2",
        hd=True, quality="4", style_reference=True, moodboard=True, **{"async": True}),
    "mcp_transform": imagine("mcp", STARTED, action="upscale2", image_id="{grid}", mode="fast",
                             **{"async": True}),
    "mcp_transform_region": imagine(
        "mcp", STARTED, action="variation_region", image_id="{grid}", mode="fast",
        prompt="a calm face", mask="{mask}", **{"async": True}),
    "mcp_blend": imagine("mcp", STARTED, prompt=f"{ROAD} {BEAR}", mode="fast", action="generate",
                         **{"async": True}),
    "mcp_with_reference": imagine("mcp", STARTED, prompt=f"{ROAD} a beach --iw 2", mode="fast",
                                  action="generate", **{"async": True}),
    "mcp_edit": Shape("mcp", "edits", {
        "action": "generate", "image_url": ROAD, "prompt": "add a car", "mode": "fast",
        "split_images": True, "callback_url": None, "mask": "{mask}", "async": True}, STARTED),
    "mcp_generate_video": Shape("mcp", "videos", {
        "action": "generate", "prompt": "it drives", "image_url": ROAD, "mode": "fast",
        "resolution": "480p", "loop": False, "async": True}, STARTED),
    "mcp_extend_video": Shape("mcp", "videos", {
        "action": "extend", "video_id": "{video}", "video_index": 1, "prompt": "on and on",
        "mode": "turbo", "async": True}, STARTED),
    "mcp_describe": Shape("mcp", "describe", {"image_url": ROAD}, {"descriptions"}, whole=True),
    "mcp_translate": Shape("mcp", "translate", {"content": "雨后的小巷"}, {"content"}, whole=True),
    "mcp_shorten": Shape("mcp", "shorten", {"prompt": "a very long road into a deep green valley"},
                         SHORTER, whole=True),
    "mcp_seed": Shape("mcp", "seed", {"image_id": "{grid}"}, {"seed"}, whole=True),
    "mcp_get_task": tasks("mcp", RECORD, action="retrieve", id="{task}"),
    "mcp_get_task_by_trace": tasks("mcp", RECORD, action="retrieve", trace_id="{trace}"),
    "mcp_get_tasks": batch("mcp", 1, offset=0, limit=12, ids=["{task}", "nobody"]),
    "mcp_list_tasks": batch("mcp", 3, offset=0, limit=3),
    # The command line waits for the answer, and leaves out what is null.
    "command_line_imagine": imagine("command line", GRID, prompt="a lion", mode="turbo",
                                    action="generate", translation=True, split_images=False,
                                    timeout=480, version="7", quality=".5"),
    "command_line_transform": imagine("command line", GRID, action="variation3",
                                      image_id="{grid}", mode="relax"),
    "command_line_edit": Shape("command line", "edits", {
        "action": "generate", "image_url": ROAD, "prompt": "add a car", "mode": "fast",
        "split_images": False}, PICTURE),
    "command_line_edits_with_an_action": Shape("command line", "edits", {
        "action": "vary", "mode": "fast", "image_url": ROAD}, PICTURE),
    "command_line_video": Shape("command line", "videos", {
        "action": "generate", "prompt": "waves", "image_url": ROAD, "mode": "fast",
        "resolution": "720p", "loop": True, "end_image_url": BEAR}, CLIPS),
    "command_line_extend": Shape("command line", "videos", {
        "action": "extend", "video_id": "{video}", "video_index": 0, "prompt": "on",
        "mode": "fast"}, CLIPS),
    "command_line_wait": tasks("command line", RECORD, id="{task}", action="retrieve"),
    "command_line_tasks": batch("command line", 2, ids=["{task}"], trace_ids=["{trace}"]),
    # The SDKs pass on the caller's members.
    "python_sdk_imagine": imagine("python sdk", STARTED, prompt="a lion", **{"async": True}),
    "typescript_sdk_edits": Shape("typescript sdk", "edits", {
        "image_url": ROAD, "prompt": "add a car", "async": True}, STARTED),
    "go_sdk_videos": Shape("go sdk", "videos", {
        "action": "generate", "image_url": ROAD, "async": True}, STARTED),
    "go_sdk_seed": Shape("go sdk", "seed", {"image_id": "{grid}"}, {"seed"}, whole=True),
    "typescript_sdk_task": tasks("typescript sdk", RECORD, id="{task}", action="retrieve"),
    "python_sdk_unknown_task": Shape("python sdk", "tasks", {"id": "nobody", "action": "retrieve"},
                                     set(), whole=True),
    "newer_sdk_images": Shape("typescript sdk", "images", {"prompt": "a lion"}, FAILURE,
                              status=404),
    # The web client takes lines, but asks for a task: one line.
    "web_imagine": imagine("web, work", STARTED, prompt="a lion --ar 3:2", action="generate",
                           mode="fast", version="8.2", hd=False, quality="1", **{"async": True}),
    "web_follow_up": imagine("web, work", STARTED, action="variation_strong", image_id="{single}",
                             mode="fast", version="8.1", hd=True, **{"async": True}),
    "web_region": imagine("web, work", STARTED, action="variation_region", image_id="{single}",
                          mode="fast", prompt="a hat", mask=GREY, **{"async": True}),
    "web_videos": Shape("web, work", "videos", {
        "action": "generate", "prompt": "waves", "image_url": ROAD, "mode": "fast",
        "async": True}, STARTED),
    "web_task": tasks("web, tasks", RECORD, action="retrieve", id="{task}"),
    "web_tasks": batch("web, tasks", 1, ids=["{task}"]),
    "web_history": batch("web, tasks", 2, user_id="{user}", application_id="{application}",
                         type="imagine", limit=2, offset=0, created_at_min=1.0,
                         created_at_max=4102444800),
    "web_history_of_another": batch("web, tasks", 0, user_id="another", limit=12),
    "dify_imagine": imagine("dify", STARTED, prompt="a lion", version="8.2", mode="fast",
                            action="generate", **{"async": True}),
    # As printed in guides.
    "article_stream": imagine("article", GRID, prompt="a beautiful cat --v 6"),
    "guide_task_id": tasks("curl", RECORD, action="retrieve", task_id="{task}"),
    "guide_empty_id": batch("curl", 1, id="", ids=["{task}"]),
    "guide_trace_ids": batch("curl", 1, trace_ids=["{trace}"]),
    "limits_of_8_1": Shape("web, work", "imagine", {
        "prompt": "a lion", "action": "generate", "mode": "turbo", "version": "8.1",
        "async": True}, FAILURE, status=400),
}

GRID_ACTIONS = ["upscale1", "upscale2", "upscale3", "upscale4", "reroll",
                "variation1", "variation2", "variation3", "variation4"]
SINGLE_ACTIONS = ["upscale_2x", "upscale_4x", "variation_subtle", "variation_strong",
                  "zoom_out_2x", "zoom_out_1_5x", "pan_left", "pan_right", "pan_up", "pan_down"]


def filled(value, made):
    if isinstance(value, dict):
        return {key: filled(each, made) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, made) for each in value]
    return value.format(**made) if isinstance(value, str) and value.startswith("{") else value


class VendorClients(Stage):
    @classmethod
    def setUpClass(cls):
        """One service for all rows: none of them changes what another one needs."""
        cls.stage = Stage()
        cls.addClassCleanup(cls.stage.doCleanups)
        cls.stage.setUp()
        cls.service = Service(cls.stage, "--latency", "0ms", "--clips", "webp", "--cors")
        cls.addClassCleanup(cls.service.stop)
        cls.made = cls.first_images()

    @classmethod
    def send(cls, path, body, headers, method="POST", token="Bearer t"):
        request = urllib.request.Request(
            f"{cls.service.url}/midjourney/{path}",
            json.dumps(body).encode() if body is not None else None,
            {**headers, "authorization": token} if token else headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    @classmethod
    def first_images(cls):
        def answer(path, **body):
            status, headers, text = cls.send(path, body, JSON)
            assert status == 200, text
            return json.loads(text), headers

        grid, headers = answer("imagine", prompt="a lion")
        single, _ = answer("imagine", action="upscale1", image_id=grid["image_id"])
        clip, _ = answer("videos", image_url=ROAD)
        record, _ = answer("tasks", id=grid["task_id"])
        with urllib.request.urlopen(f"{cls.service.url}/samples/road.png",
                                    timeout=PATIENCE) as sample:
            mask = base64.b64encode(sample.read()).decode()
        return {"grid": grid["image_id"], "single": single["image_id"], "video": clip["video_id"],
                "task": grid["task_id"], "trace": headers["x-trace-id"], "mask": mask,
                "user": record["user_id"], "application": record["application_id"]}

    def play(self, shape):
        body = filled(shape.body, self.made)
        status, headers, text = self.send(shape.path, body, HEADERS[shape.client])
        self.assertEqual(status, shape.status, text)
        self.assertTrue(headers["x-trace-id"])
        lines = text.decode().splitlines()
        stream = HEADERS[shape.client].get("accept") == LINES["accept"] and status == 200
        self.assertEqual(headers["content-type"].split(";")[0],
                         LINES["accept"] if stream else JSON["accept"])
        if shape.members == STARTED:
            self.assertEqual(len(lines), 1)
        answer = json.loads(lines[-1])
        self.assertLessEqual(shape.members, set(answer))
        if shape.whole:
            self.assertEqual(set(answer), shape.members)
        if shape.found is not None:
            self.assertEqual(len(answer["items"]), shape.found)
            for item in answer["items"]:
                self.assertLessEqual(RECORD, set(item))
        if shape.members == STARTED:
            self.check_record(answer["task_id"], body)

    def check_record(self, task_id, body):
        """Checks that the task can be polled to its end, and that its record has what was sent."""
        record = {}
        while not record.get("finished_at"):  # each answer is a state that the service is in
            _, _, text = self.send("tasks", {"id": task_id, "action": "retrieve"}, JSON)
            record = json.loads(text)
            self.assertEqual(record["id"], task_id)
        self.assertTrue(record["response"]["success"], record)
        for key, value in body.items():
            self.assertEqual(record["request"][key], value)
        self.assertLessEqual(ADDED, set(record["request"]))

    def test_every_offered_action_is_taken(self):
        for image, offered in (("grid", GRID_ACTIONS), ("single", SINGLE_ACTIONS)):
            for action in offered + ["variation_region"]:
                with self.subTest(action):
                    self.play(imagine("mcp", STARTED, action=action, image_id="{%s}" % image,
                                      mode="fast", **{"async": True}))

    def test_the_dummy_callback_of_older_clients_is_refused_in_clear_words(self):
        status, _, text = self.send("imagine", {
            "prompt": "a lion", "callback_url": "https://api.acedata.cloud/health"}, JSON)
        self.assertEqual(status, 400)
        error = json.loads(text)["error"]
        self.assertEqual(error["code"], "bad_request")
        self.assertIn("--callback-allow api.acedata.cloud", error["message"])

    def test_a_token_without_the_word_bearer_is_refused(self):
        status, _, text = self.send("seed", {"image_id": self.made["grid"]}, JSON, token="t")
        self.assertEqual(status, 401, text)

    def test_a_browser_may_send_what_the_web_client_sends(self):
        asked = "authorization,content-type,x-record-exempt"
        status, headers, _ = self.send("tasks", None, {
            "origin": "https://hub.example", "access-control-request-method": "POST",
            "access-control-request-headers": asked}, method="OPTIONS", token=None)
        self.assertEqual(status, 200)
        self.assertEqual(headers["access-control-allow-origin"], "*")
        self.assertEqual(headers["access-control-allow-headers"], asked)
        status, headers, _ = self.send("tasks", {"id": "x"}, HEADERS["web, tasks"])
        self.assertEqual((status, headers["access-control-allow-origin"]), (200, "*"))


def add_shapes():
    for name, shape in SHAPES.items():
        setattr(VendorClients, f"test_{name}", lambda self, shape=shape: self.play(shape))


add_shapes()

if __name__ == "__main__":
    unittest.main(verbosity=2)
