"""The base of the end-to-end tests: the real program, real sockets, an empty directory.

Nothing sleeps to wait for something: a test waits for a line of output, for the end of a process
or for a state it can ask for, each with a deadline.
"""
import hashlib
import json
import os
import resource
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.request

PROGRAM = os.environ["DARKROOM_PROGRAM"]
SOURCE = os.environ["DARKROOM_SOURCE"]
SLOWNESS = 3 if os.environ.get("DARKROOM_SANITIZED") else 1  # of a build with sanitizers
PATIENCE = (1 + SLOWNESS) / 2 * float(os.environ.get("DARKROOM_PATIENCE", "120"))  # seconds

OWN_FILES = {"journal.db", "journal.db-wal", "journal.db-shm", "manifest.jsonl", "failed.jsonl",
             "unwanted.jsonl", "run.lock", "marks", "control", "dashboard",
             "service/tasks.jsonl"}


def clean_environment(directory, **extra):
    """Returns an environment without the settings of the person who runs the tests."""
    kept = {key: os.environ[key] for key in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS")
            if key in os.environ}
    return {**kept, "HOME": directory, "LANG": "C.UTF-8", "TERM": "dumb", **extra}


class Ended:
    """A process that has ended, with its exit code and what it printed."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def summary(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Running:
    """A process whose output is read line by line, with a deadline."""

    def __init__(self, arguments, directory, environment, stdin=None, file_size_max=None):
        def limit():  # a write beyond it fails, as on a full disk; its signal stays ignored
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_size_max, file_size_max))

        self.process = subprocess.Popen(
            [PROGRAM, *arguments], cwd=directory, env=environment,
            preexec_fn=limit if file_size_max else None, restore_signals=not file_size_max,
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if stdin is not None:  # less than a pipe holds
            self.process.stdin.write(stdin.encode())
            self.process.stdin.close()
        self.text = {"stdout": b"", "stderr": b""}
        self.selector = selectors.DefaultSelector()
        for name in self.text:
            stream = getattr(self.process, name)
            os.set_blocking(stream.fileno(), False)
            self.selector.register(stream, selectors.EVENT_READ, name)

    def _read_some(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0:
            self.process.kill()
            raise AssertionError(f"too slow; so far: {self.text}")
        for key, _ in self.selector.select(left):
            piece = os.read(key.fileobj.fileno(), 65536)
            self.text[key.data] += piece
            if not piece:
                self.selector.unregister(key.fileobj)

    def wait_for(self, name, word):
        """Waits until `word` is printed; returns everything printed so far."""
        deadline = time.monotonic() + PATIENCE
        while word.encode() not in self.text[name]:
            if not self.selector.get_map():
                raise AssertionError(f"ended without {word!r}: {self.text}")
            self._read_some(deadline)
        return self.text[name].decode()

    def first_line(self):
        return self.wait_for("stdout", "\n").splitlines()[0]

    def signal(self, number=signal.SIGINT):
        self.process.send_signal(number)

    def abandon(self):
        """Ends the process, also after a failed test."""
        self.process.kill()
        self.process.wait(PATIENCE)
        self.selector.close()
        self.process.stdout.close()
        self.process.stderr.close()

    def end(self):
        deadline = time.monotonic() + PATIENCE
        while self.selector.get_map():
            self._read_some(deadline)
        code = self.process.wait(PATIENCE)
        self.abandon()
        return Ended(code, self.text["stdout"].decode(), self.text["stderr"].decode())


class Service:
    """`darkroom serve` on a free port, with these faults; `with` ends it.

    `token`: the only one that it accepts, without limits.
    """

    def __init__(self, stage, *arguments, faults=(), seed=1, port=0, token=None):
        self.token = token
        if token:
            name = f"tokens-{len(os.listdir(stage.directory))}.json"
            stage.write(name, json.dumps([{"token": token, "running": 0, "rate": 0}]), 0o600)
            arguments = (*arguments, "--tokens", stage.path(name))
        if faults:
            name = f"faults-{len(os.listdir(stage.directory))}.json"
            stage.write(name, json.dumps({"seed": seed, "faults": list(faults)}))
            arguments = (*arguments, "--faults", stage.path(name))
        self.running = stage.start("serve", "--listen", f"127.0.0.1:{port}", "--image-size",
                                   "64", "--latency", "10ms", *arguments)
        self.url = self.running.first_line()

    def ledger(self, context=None):
        return self._ask("ledger", context)

    def strikes(self):
        """Returns how often each fault was applied."""
        return self._ask("stats")["fault_strikes"]

    def _ask(self, page, context=None):
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        request = urllib.request.Request(f"{self.url}/__service/{page}", headers=headers)
        with urllib.request.urlopen(request, timeout=PATIENCE, context=context) as answer:
            return json.load(answer)

    def charged(self):
        """Returns the task ids that were paid; each may be charged once only."""
        paid = {entry["task_id"]: entry["charges"] for entry in self.ledger()["entries"]
                if entry["charges"]}
        twice = {task: charges for task, charges in paid.items() if charges != 1}
        assert not twice, f"charged more than once: {twice}"
        return set(paid)

    def counts(self, path):
        """Returns the number of requests to `path`."""
        return sum(self.ledger()["requests"].get(path, {}).values())

    def requests(self):
        """Returns the number of all requests to the API, except those for the ledger."""
        counts = self.ledger()["requests"]
        return sum(sum(by_status.values()) for path, by_status in counts.items()
                   if not path.startswith("/__service"))

    def stop(self):
        self.running.signal(signal.SIGTERM)
        return self.running.end()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        ended = self.stop()
        if kind is None:  # it ends with 0, unless the test has killed it
            assert ended.code in (0, -signal.SIGKILL), ended


class Gateway:
    """A gateway that speaks HTTP/2 in front of a service, by Node; `with` ends it."""

    def __init__(self, upstream, streams_max=100):
        here = os.path.dirname(os.path.abspath(__file__))
        self.certificate = os.path.join(here, "localhost.pem")
        self.process = subprocess.Popen(
            ["node", os.path.join(here, "http2_gateway.mjs"), upstream, self.certificate,
             os.path.join(here, "localhost.key"), str(streams_max)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        self.seen = None  # what it has seen, once it has ended

    def order(self, line):
        """Returns when the order is done; see http2_gateway.mjs."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"

    def service(self):
        """Returns what a job file has to say of it."""
        return {"url": self.url, "ca_file": self.certificate, "http": 2}

    def end(self):
        if self.seen is None:
            self.seen = json.loads(self.process.communicate(timeout=PATIENCE)[0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


class Stage(unittest.TestCase):
    """A test case with a directory of its own, which is removed at its end."""

    maxDiff = None

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="darkroom-test-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.environment = clean_environment(self.directory, TOKEN="token-of-the-tests")
        self.gateways = {}  # by the address behind

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path(name), mode)
        return name

    def start(self, *arguments, **more):
        running = Running(arguments, self.directory, self.environment, **more)
        self.addCleanup(running.abandon)
        return running

    def darkroom(self, *arguments, **more):
        return self.start(*arguments, **more).end()

    def service_at(self, url):
        """Returns what a job file says of a service. With DARKROOM_HTTP2 all requests to it go
        over HTTP/2: to the service itself, or through a gateway."""
        way = os.environ.get("DARKROOM_HTTP2")
        if way != "gateway":
            return {"url": url, "http": 2} if way else {"url": url}
        if url not in self.gateways:
            self.gateways[url] = Gateway(url)
            self.addCleanup(self.gateways[url].end)
        return self.gateways[url].service()

    def job(self, url, jobs, **more):
        """Writes job.yaml for a service: JSON is YAML too."""
        content = {"version": 1, "name": "job",
                   "service": {**self.service_at(url), "token": {"env": "TOKEN"}, **more.pop("service", {})},
                   "limits": {"concurrency": 8, "rate": "200/s", **more.pop("limits", {})},
                   "retry": {"base": "10ms", "settle": "1s", **more.pop("retry", {})},
                   "jobs": jobs, **more}
        return self.write("job.yaml", json.dumps(content))

    def lines(self, *names):
        path = self.path(*names)
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def manifest(self, directory="out/job"):
        return self.lines(directory, "manifest.jsonl")

    def all_lines(self, directory="out/job"):
        """Returns what was paid, wanted or not."""
        return self.manifest(directory) + self.lines(directory, "unwanted.jsonl")

    def check_images(self, count, directory="out/job"):
        """Checks that every line of both lists has its file, and every file its line."""
        listed = set()
        for line in self.all_lines(directory):
            with open(self.path(directory, line["file"]), "rb") as file:
                content = file.read()
            self.assertEqual(hashlib.sha256(content).hexdigest(), line["sha256"], line["file"])
            self.assertEqual(len(content), line["bytes"])
            listed.add(line["file"])
        found = set()
        for folder, _, files in os.walk(self.path(directory)):
            found |= {os.path.relpath(os.path.join(folder, file), self.path(directory))
                      for file in files}
        self.assertEqual(found - OWN_FILES, listed)
        self.assertEqual(len(self.all_lines(directory)), count)

    def check_paid(self, service, *directories):
        """Checks that the charged tasks are the listed ones, each once."""
        lines = [line for directory in directories for line in self.all_lines(directory)]
        listed = [line["task_id"] for line in lines if line["task_id"]]
        self.assertEqual(len(listed), len(set(listed)), "a task is listed twice")
        self.check_charged(service, lines)

    def check_charged(self, service, lines):
        """Checks that these lines of manifests are what was charged. The answer to a request for
        a text does not name its task: such lines are counted."""
        listed = {line["task_id"] for line in lines if line["task_id"]}
        nameless = [line for line in lines if not line["task_id"]]
        self.assertEqual({line["kind"] for line in nameless} - {"text"}, set())
        charged = service.charged()
        self.assertEqual(listed - charged, set(), "delivered, but not in the ledger")
        self.assertEqual(len(charged - listed), len(nameless), "paid for, but not delivered")

    def check_code(self, ended, code):
        self.assertEqual(ended.code, code, ended)
        self.assertNotIn("internal error", ended.err)
        self.assertNotIn(self.environment["TOKEN"], ended.out + ended.err)
        return ended


def prompts(count, **more):
    return [{"id": "p", "prompt": "{{thing}} in a volcano",
             "matrix": {"thing": [f"car {number}" for number in range(count)]}, **more}]
