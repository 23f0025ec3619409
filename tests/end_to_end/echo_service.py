"""`echo`, a service with another API, for the proof that the program's wall lets it through."""
import base64
import hashlib
import json
import struct
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def picture(text):
    """A PNG of 4 x 4 pixels in a colour that follows from the text."""
    def chunk(kind, content):
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    colour = hashlib.sha256(text.encode()).digest()[:3]
    rows = b"".join(b"\0" + colour * 4 for _ in range(4))
    head = struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) +
            chunk(b"IEND", b""))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        text = self.rfile.read(int(self.headers["content-length"]))
        service, body = self.server.echo, json.loads(text)
        with service.lock:
            service.requests.append((self.path, body))
        if self.path == "/echo/find":
            found = [service.records[key] for key in body["ids"] if key in service.records]
            return self.answer([{"found": found}])
        record = service.take(self.path.rsplit("/", 1)[1], body["ask"])
        trouble = service.trouble(body["ask"])
        if trouble == "no answer":
            return self.leave()
        if trouble == "only the id":
            self.answer([{"id": record["id"], "state": "taken"}], missing=1000)
            return self.leave()
        return self.answer([record])

    def answer(self, lines, missing=0):
        body = "".join(json.dumps(line) + "\n" for line in lines).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body) + missing))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def leave(self):
        """Ends the connection in the middle of an answer."""
        self.close_connection = True


class Echo:
    """The service on a free port; `with` ends it. `troubles`: words of a prompt -> what goes wrong
    with the first request that has them."""

    def __init__(self, troubles=None):
        self.lock = threading.Lock()
        self.troubles = dict(troubles or {})
        self.records, self.requests = {}, []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.echo = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def take(self, operation, ask):
        with self.lock:
            name = f"e{len(self.records) + 1}"
            record = {"id": name, "state": "done"}
            if "indecent" in ask.get("words", ""):
                record.update(state="indecent", why="nobody may see this")
            elif operation == "name":
                record["title"] = f"picture {ask['of']}"
            else:
                content = picture(json.dumps([operation, ask]))
                record.update(picture=base64.b64encode(content).decode(),
                              offers=["again", "name"])
            self.records[name] = record
            return record

    def trouble(self, ask):
        with self.lock:
            return self.troubles.pop(ask.get("words"), None)

    def counts(self, path):
        with self.lock:
            return sum(1 for asked, _ in self.requests if asked == path)

    def asked(self, path):
        with self.lock:
            return [body for asked, body in self.requests if asked == path]

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
