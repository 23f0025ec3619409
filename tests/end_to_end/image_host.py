"""A service of one's own, with an image host whose answers a test writes.

Its tasks are finished at once. The image of a task is a PNG of some size, and each request for it
is answered by the next of the test's `turns`; when they are used up, by the whole image.
"""
import gzip
import json
import struct
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ACTIONS = ["upscale1", "upscale2", "upscale3", "upscale4", "reroll"]


def chunk(kind, content):
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


def picture(side=64, noise=0):
    """A grey PNG; `noise` adds that many bytes, so that it takes a while to arrive."""
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + bytes(side) for _ in range(side))
    more = chunk(b"teSt", bytes(number * 37 % 251 for number in range(noise))) if noise else b""
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + more +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Turn:
    """One answer of the image host.

    `status` and `headers` as they are sent; `body`: instead of the image; `cut`: the bytes of the
    body after which the connection ends; `hold`: an event to wait for in the middle; `gzip`: the
    body is coded, whatever was asked for; `etag` and `modified`: validators, or None; `ranges`:
    whether a Range is honoured; `part_etag`: another tag for a part, "" for none.
    """

    def __init__(self, status=200, headers=(), body=None, cut=None, hold=None, coded=False,
                 etag='"v1"', modified=None, ranges=True, part_etag=None):
        self.status, self.headers, self.body, self.cut, self.hold = status, headers, body, cut, hold
        self.coded, self.etag, self.modified = coded, etag, modified
        self.ranges, self.part_etag = ranges, part_etag


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        host = self.server.host
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with host.lock:
            host.requests.append((self.path, body))
        if self.path == "/midjourney/tasks":
            return self.answer_json(host.records(body))
        return self.answer_json(host.make(body))

    def answer_json(self, value):
        text = json.dumps(value).encode() + b"\n"
        self.send_response(200)
        self.send_header("content-type", "application/x-ndjson")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        host = self.server.host
        with host.lock:
            host.gets.append((self.path, dict(self.headers)))
            host.times.append(time.monotonic())
            turn = host.turns.pop(0) if host.turns else Turn()
        whole = host.image if turn.body is None else turn.body
        status, body, part = turn.status, whole, None
        wanted = self.headers.get("range")
        condition = self.headers.get("if-range")
        same = condition in (turn.etag, turn.modified)
        if status == 200 and wanted and turn.ranges and same:
            first = int(wanted.removeprefix("bytes=").removesuffix("-"))
            status, body, part = 206, whole[first:], f"bytes {first}-{len(whole) - 1}/{len(whole)}"
        if turn.coded:
            body = gzip.compress(body)
        self.send_response(status)
        etag = turn.etag if part is None or turn.part_etag is None else turn.part_etag
        for name, value in (("etag", etag), ("last-modified", turn.modified),
                            ("content-range", part),
                            ("content-encoding", "gzip" if turn.coded else None)):
            if value:
                self.send_header(name, value)
        named = {name.lower() for name, _ in turn.headers}
        if "content-type" not in named:
            self.send_header("content-type", "image/png")
        for name, value in turn.headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.send_body(body, turn)

    def send_body(self, body, turn):
        try:
            self.wfile.write(body if turn.cut is None else body[:turn.cut])
            self.wfile.flush()
            if turn.hold:
                turn.hold.wait()
        except OSError:
            pass  # the program has left
        if turn.cut is not None or turn.hold:
            self.close_connection = True


class ImageHost:
    """The service and its image host on a free port; `with` ends it.

    `answers`: changes to the answer of each task, as a function of the answer and of how often the
    task was asked about (0: the answer itself). `name`: the form of task ids, with their number at
    the end.
    """

    def __init__(self, turns=(), image=None, change=lambda answer, asked: None,
                 name="00000000-0000-4000-8000-{:012}"):
        self.name = name
        self.lock = threading.Lock()
        self.turns, self.change = list(turns), change
        self.image = picture() if image is None else image
        self.requests, self.gets, self.times, self.tasks = [], [], [], []
        self.asked = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.host = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def make(self, request):
        with self.lock:
            number = len(self.tasks) + 1
            task_id = self.name.format(number)
            self.tasks.append((task_id, request))
            return self.answer_of(task_id, request, 0)

    def answer_of(self, task_id, request, asked):
        number = int(task_id[-4:])
        answer = {"success": True, "task_id": task_id, "image_id": str(1300000000000000000 + number),
                  "progress": 100, "actions": ACTIONS,
                  "raw_image_url": f"{self.url}/files/{number}.png",
                  "raw_image_width": 64, "raw_image_height": 64,
                  "image_url": f"{self.url}/files/{number}.png"}
        if request.get("split_images"):
            answer["sub_image_urls"] = [f"{self.url}/files/{number}-{tile}.png"
                                        for tile in range(1, 5)]
        self.change(answer, asked)
        return answer

    def records(self, query):
        with self.lock:
            wanted = set(query.get("ids", [])) | {query.get("id")}
            found = []
            for task_id, request in self.tasks:
                if task_id not in wanted and "ids" in query or "id" in query and \
                        task_id != query["id"]:
                    continue
                self.asked[task_id] = self.asked.get(task_id, 0) + 1
                found.append({"id": task_id, "type": "imagine", "created_at": 1763859600.125,
                              "finished_at": 1763859634.5, "request": request,
                              "response": self.answer_of(task_id, request, self.asked[task_id])})
            if "id" in query:
                return found[0] if found else {}
            return {"items": found, "count": len(found)}

    def counts(self, path):
        with self.lock:
            return sum(1 for asked, _ in self.requests if asked == path)

    def ranges(self):
        """The Range of each request for an image, or None."""
        with self.lock:
            return [headers.get("Range") for _, headers in self.gets]

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
