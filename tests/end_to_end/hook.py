"""A hook for the built-in service to call, and a request that names it."""
import http.server
import json
import queue
import threading
import time
import urllib.request

from stage import PATIENCE


class Hook:
    """A plain listener. It answers each POST with the next of `statuses`, and then always with the
    last one; each answer has `location` and `retry_after` if they are given.
    """

    def __init__(self, *statuses, location=None, retry_after=None):
        self.bodies = queue.Queue()
        self.headers = []
        self.times = []  # of the posts
        self.posts = []  # the headers by their names in small letters, and the bytes of the body
        self.statuses = list(statuses)
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                hook.headers.append({name.lower() for name in self.headers})
                text = self.rfile.read(int(self.headers["content-length"]))
                hook.posts.append(({name.lower(): value for name, value in self.headers.items()},
                                   text))
                body = json.loads(text)
                hook.times.append(time.monotonic())
                # The next POST may come as soon as this one is answered, on another thread.
                hook.bodies.put(body)
                self.send_response(hook.next_status())
                if location:
                    self.send_header("location", location)
                if retry_after:
                    self.send_header("retry-after", retry_after)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def next(self):
        return self.bodies.get(timeout=PATIENCE)

    def next_status(self):
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]

    def forget(self):
        while not self.bodies.empty():
            self.bodies.get_nowait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def post(url, body, accept="application/json"):
    request = urllib.request.Request(
        url + "/midjourney/imagine", json.dumps(body).encode(),
        {"content-type": "application/json", "accept": accept, "authorization": "Bearer t"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return answer.read().decode()
