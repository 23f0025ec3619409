"""HTTP/2: many requests over each connection, and what its own words say about money."""
import json
import os
import select
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import unittest

from stage import PATIENCE, Gateway, Service, Stage, prompts

HERE = os.path.dirname(os.path.abspath(__file__))
PEM = os.path.join(HERE, "localhost.pem")
KEY = os.path.join(HERE, "localhost.key")
SETTLE = "500ms"


def relay(client, server, ends_at=lambda client: False):
    """One thread does both ways: OpenSSL does not allow two on one connection."""
    other = {client: server, server: client}
    while True:
        has_rest = isinstance(client, ssl.SSLSocket) and client.pending()
        ready = [client] if has_rest else select.select(other, [], [])[0]
        for source in ready:
            piece = source.recv(65536)
            if not piece or ends_at(client):
                return
            other[source].sendall(piece)


class OnlyHttp1:
    """A server of TLS that knows nothing of HTTP/2, in front of a service; `with` ends it."""

    def __init__(self, port):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(PEM, KEY)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.listener.getsockname()[1]}"
        self.upstream = ("127.0.0.1", port)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:  # the end
                return
            threading.Thread(target=self.carry, args=(plain,), daemon=True).start()

    def carry(self, plain):
        try:
            with self.context.wrap_socket(plain, server_side=True) as client, \
                    socket.create_connection(self.upstream) as server:
                relay(client, server, self.ends_at)
        except OSError:  # one of both is gone
            pass

    def ends_at(self, client):
        """Is asked about each piece. True: it goes no further."""
        return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


class BreaksHttp2(OnlyHttp1):
    """Offers HTTP/2 as well, and breaks it once `breaks` is set."""

    def __init__(self, port):
        super().__init__(port)
        self.context.set_alpn_protocols(["h2"])
        self.breaks = threading.Event()

    def ends_at(self, client):
        if not self.breaks.is_set() or client.selected_alpn_protocol() is None:
            return False
        client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        # Bytes that nobody reads would make a reset of the end, which overtakes the answer.
        client.shutdown(socket.SHUT_WR)
        while client.recv(65536):
            pass
        return True


class Tunnels:
    """A proxy that opens tunnels; `with` ends it. `asked` has the first line of each request."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.asked = []
        threading.Thread(target=self.accept, daemon=True).start()

    accept = OnlyHttp1.accept

    def carry(self, client):
        try:
            with client:
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = client.recv(65536)
                    if not piece:
                        return
                    head += piece
                self.asked.append(head.decode().split("\r\n")[0])
                host, port = head.split()[1].decode().rsplit(":", 1)
                with socket.create_connection((host, int(port))) as server:
                    client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
                    relay(client, server)
        except OSError:  # one of both is gone
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


class Http2(Stage):
    def job_over(self, gateway, count, **more):
        return self.job(gateway.url, prompts(count), service=gateway.service(),
                        limits={"concurrency": 40}, retry={"settle": SETTLE}, **more)

    def run_to_the_end(self, service, gateway, count):
        """Runs until nothing is unknown: a lost request needs a later one to be told of. Returns
        what the first run has printed."""
        first = None
        for more in range(5):
            job = self.job_over(gateway, count + more)
            ended = self.darkroom("run", job, "--json", "--progress", "plain")
            first = first or ended
            if ended.code == 0:
                self.check_images(count + more)
                self.check_paid(service, "out/job")
                return first
        raise AssertionError(ended)

    def test_requests_share_connections_up_to_the_servers_limit(self):
        with Service(self, "--latency", "1s") as service, Gateway(service.url, 10) as gateway:
            ended = self.darkroom("run", self.job_over(gateway, 40), "--json")
            self.check_code(ended, 0)
            self.check_images(40)
            self.check_paid(service, "out/job")
            gateway.end()
            self.assertGreaterEqual(gateway.seen["requests"], 40)
            self.assertLess(gateway.seen["connections"], 40)
            self.assertGreaterEqual(gateway.seen["connections"], 4)
            self.assertGreater(gateway.seen["most"], 10)

    def test_a_goodbye_lets_what_was_taken_end_and_what_was_not_be_sent_again(self):
        with Service(self, "--latency", "1s") as service, Gateway(service.url) as gateway:
            running = self.start("run", self.job_over(gateway, 20), "--json", "--progress",
                                 "plain")
            running.wait_for("stderr", "submitted")
            gateway.order("goodbye")
            self.check_code(running.end(), 0)
            self.check_images(20)
            self.check_paid(service, "out/job")

    def test_a_lost_connection_costs_nothing_twice(self):
        with Service(self, "--latency", "1s") as service, Gateway(service.url) as gateway:
            running = self.start("run", self.job_over(gateway, 20), "--json", "--progress",
                                 "plain")
            running.wait_for("stderr", "p/19")
            gateway.order("cut")
            ended = running.end()
            self.assertIn("unknown", ended.err)
            self.run_to_the_end(service, gateway, 20)

    def job_of_250(self, gateway):
        return self.job(gateway.url, prompts(250), service=gateway.service(),
                        limits={"concurrency": 250, "rate": "1000/s"}, retry={"settle": SETTLE})

    def test_250_requests_on_a_lost_connection_are_found_by_one_walk(self):
        with Service(self) as service, Gateway(service.url, 250) as gateway:
            gateway.order("cut_at 250")
            ended = self.darkroom("run", self.job_of_250(gateway), "--json", "--progress", "plain")
            self.check_code(ended, 0)
            self.assertEqual(ended.err.count("failed: unknown"), 250, "each is in doubt, once")
            self.check_images(250)
            self.check_paid(service, "out/job")
            self.assertEqual(service.counts("/midjourney/imagine"), 250)
            # One walk is four requests: three pages, and the top once more. A second one may be
            # needed, since the first begins as soon as something is lost.
            self.assertLess(service.counts("/midjourney/tasks"), 20)

    def test_250_requests_at_a_goodbye(self):
        with Service(self) as service, Gateway(service.url, 250) as gateway:
            gateway.order("goodbye_at 250 100")
            ended = self.darkroom("run", self.job_of_250(gateway), "--json", "--progress", "plain")
            self.check_code(ended, 0)
            self.assertNotIn("unknown", ended.err)
            self.check_images(250)
            self.check_paid(service, "out/job")
            self.assertEqual(service.counts("/midjourney/imagine"), 250)
            self.assertEqual(service.counts("/midjourney/tasks"), 0, "nothing was lost")
            gateway.end()
            self.assertGreater(gateway.seen["left"], 40)

    def test_50_of_250_requests_are_refused(self):
        with Service(self) as service, Gateway(service.url, 250) as gateway:
            gateway.order("refuse 50")
            ended = self.darkroom("run", self.job_of_250(gateway), "--json", "--progress", "plain")
            self.check_code(ended, 0)
            self.assertEqual(ended.err.count("request_refused"), 50)
            self.check_images(250)
            self.check_paid(service, "out/job")
            self.assertEqual(service.counts("/midjourney/imagine"), 250)
            self.assertEqual(service.counts("/midjourney/tasks"), 0, "nothing was lost")

    def test_a_refused_request_was_not_taken_and_is_sent_again_at_once(self):
        with Service(self) as service, Gateway(service.url) as gateway:
            gateway.order("refuse 3")
            ended = self.darkroom("run", self.job_over(gateway, 5), "--json", "--progress",
                                  "plain")
            self.check_code(ended, 0)
            self.assertIn("request_refused", ended.err)
            self.assertEqual(service.counts("/midjourney/tasks"), 0, "nothing was lost")
            self.check_images(5)
            self.check_paid(service, "out/job")
            gateway.end()
            self.assertEqual(gateway.seen["refused"], 3)

    def test_auto_falls_back(self):
        with Service(self) as service, OnlyHttp1(int(service.url.rsplit(":")[-1])) as server:
            job = self.job(server.url, prompts(2), service={"ca_file": PEM, "http": "auto"})
            self.check_code(self.darkroom("run", job), 0)
            self.check_images(2)

    def check_broken(self, service, server, ended):
        self.check_code(ended, 0)
        self.assertEqual(ended.err.count(f"{server.url} offers HTTP/2 and does not speak it"), 1)
        self.check_images(5)
        self.check_paid(service, "out/job")
        self.assertEqual(service.counts("/midjourney/imagine"), 5)

    def job_over_tls(self, server):
        return self.job(server.url, prompts(5), retry={"settle": SETTLE},
                        service={"ca_file": PEM, "http": "auto"})

    def test_auto_goes_on_with_http_1_where_http_2_is_offered_in_vain(self):
        with Service(self) as service, BreaksHttp2(int(service.url.rsplit(":")[-1])) as server:
            server.breaks.set()
            ended = self.darkroom("run", self.job_over_tls(server), "--progress", "plain")
            self.check_broken(service, server, ended)
            self.assertNotIn("unknown", ended.err, "nothing was lost")

    def test_auto_looks_up_what_a_server_had_taken_that_breaks_http_2(self):
        with Service(self, "--latency", "1s") as service, \
                BreaksHttp2(int(service.url.rsplit(":")[-1])) as server:
            running = self.start("run", self.job_over_tls(server), "--progress", "plain")
            running.wait_for("stderr", "accepted")
            server.breaks.set()
            ended = running.end()
            self.check_broken(service, server, ended)
            self.assertIn("failed: unknown", ended.err)

    def test_a_server_that_does_not_speak_it_is_named(self):
        with Service(self) as service, OnlyHttp1(int(service.url.rsplit(":")[-1])) as server:
            job = self.job(server.url, prompts(9), service={"ca_file": PEM, "http": 2},
                           retry={"attempts": 100, "base": "60s"})
            ended = self.check_code(self.darkroom("run", job, "--json"), 65)
            self.check_named(server, ended)
            self.assertEqual(ended.summary()["steps"], {"done": 0, "failed": 0, "skipped": 0,
                                                        "unknown": 0, "pending": 9})
            self.assertEqual(service.requests(), 0)
            status = self.check_code(self.darkroom("status", "out/job"), 0)
            self.assertIn("stopped, the service does not speak HTTP/2", status.out)
            job = self.job(server.url, prompts(9), service={"ca_file": PEM, "http": "auto"})
            self.check_code(self.darkroom("run", job), 0)
            self.check_paid(service, "out/job")

    def test_what_is_unknown_stays_so_where_the_service_cannot_be_asked(self):
        faults = [{"on": "imagine", "do": "reset_after"}, {"on": "listing", "do": "list",
                                                           "newest": 0, "count": 1}]
        with Service(self, faults=faults) as service, \
                OnlyHttp1(int(service.url.rsplit(":")[-1])) as server:
            def job(version):
                return self.job(server.url, prompts(1), retry={"settle": SETTLE},
                                service={"ca_file": PEM, "http": version})
            running = self.start("run", job("auto"), "--progress", "plain")
            running.wait_for("stderr", "failed: unknown")
            running.signal(signal.SIGKILL)
            running.end()
            requests = service.requests()
            ended = self.check_code(self.darkroom("run", job(2), "--json"), 65)
            self.check_named(server, ended)
            self.assertEqual(ended.summary()["steps"]["unknown"], 1)
            self.assertEqual(service.requests(), requests)
            self.check_code(self.darkroom("run", job("auto")), 0)
            self.check_paid(service, "out/job")

    def check_named(self, server, ended):
        self.assertIn(f"Stopped: service.http is 2, and {server.url} does not speak HTTP/2",
                      ended.err)
        self.assertIn("Set service.http to auto or 1.1", ended.err)


class BuiltIn(Stage):
    """The built-in service speaks HTTP/2 itself."""

    TLS = ("--tls-cert", PEM, "--tls-key", KEY)
    GENERATION = {"method": "POST", "path": "/midjourney/imagine",
                  "headers": {"authorization": "Bearer t", "content-type": "application/json",
                              "accept": "application/x-ndjson"}}

    def check_run(self, url, **service):
        # Each run has its own directory of the disk.
        shutil.rmtree(self.path("out"), ignore_errors=True)
        job = self.job(url, prompts(6, then=["upscale2", {"action": "variation1",
                                                          "then": ["upscale4"]}]),
                       service={"http": 2, **service})
        ended = self.check_code(self.darkroom("run", job, "--json"), 0)
        self.assertEqual(ended.summary()["steps"]["done"], 24)
        self.check_images(24)

    def test_local_and_serve_without_tls(self):
        self.check_run("local")
        with Service(self) as service:
            self.check_run(service.url)
            self.check_paid(service, "out/job")

    def test_serve_with_tls(self):
        context = ssl.create_default_context(cafile=PEM)
        for version in (2, "auto"):
            with Service(self, *self.TLS) as service:
                self.check_run(service.url, ca_file=PEM, http=version)
                entries = service.ledger(context)["entries"]
                self.assertEqual(sum(entry["charges"] for entry in entries), 24)

    def test_through_a_proxy_that_the_job_file_names_for_this_machine(self):
        for version in (2, "auto"):
            with Service(self, *self.TLS) as service, Tunnels() as proxy:
                self.environment["OUR_PROXY"] = proxy.address
                self.check_run(service.url, ca_file=PEM, http=version, proxy={"env": "OUR_PROXY"})
                port = service.url.rsplit(":", 1)[1]
                self.assertEqual(set(proxy.asked), {f"CONNECT 127.0.0.1:{port} HTTP/1.1"})
        with Service(self) as service, Tunnels() as proxy:
            self.environment.update(OUR_PROXY=proxy.address, NO_PROXY="127.0.0.1")
            job = self.job(service.url, prompts(1), service={"proxy": {"env": "OUR_PROXY"}})
            ended = self.check_code(self.darkroom("run", job), 0)
            self.assertIn("go past the proxy of service.proxy", ended.err)
            self.assertEqual(proxy.asked, [])

    def test_each_way_of_delivery(self):
        for delivery in ("poll", "callback", "wait"):
            with Service(self) as service:
                self.check_run(service.url, delivery=delivery)
                self.check_paid(service, "out/job")

    def ask(self, url, *requests, certificate="-"):
        asked = subprocess.run(
            ["node", os.path.join(HERE, "http2_client.mjs"), url, certificate,
             *(json.dumps(request) for request in requests)],
            capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(asked.returncode, 0, asked.stderr)
        return json.loads(asked.stdout)

    def generation(self, prompt):
        return {**self.GENERATION, "body": json.dumps({"action": "generate", "prompt": prompt})}

    def test_a_client_of_another_make(self):
        for arguments, certificate in (((), "-"), (self.TLS, PEM)):
            with Service(self, *arguments) as service:
                url = service.url
                answers = self.ask(url, *(self.generation(f"car {n}") for n in range(20)),
                                   {"path": "/nowhere"}, certificate=certificate)
                lines = [json.loads(answer["text"].splitlines()[-1]) for answer in answers[:20]]
                self.assertEqual([answer["status"] for answer in answers], [200] * 20 + [404])
                self.assertTrue(all(line["success"] for line in lines))
                path = "/files" + lines[0]["raw_image_url"].split("/files")[1]
                head, whole, part = self.ask(
                    url, {"method": "HEAD", "path": path}, {"path": path},
                    {"path": path, "headers": {"range": "bytes=10-19"}}, certificate=certificate)
                self.assertEqual((head["status"], head["bytes"]), (200, 0))
                self.assertEqual(int(head["headers"]["content-length"]), whole["bytes"])
                self.assertEqual((part["status"], part["bytes"]), (206, 10))
                self.assertNotIn("connection", whole["headers"])

    def test_a_fault_strikes_one_stream_of_a_connection(self):
        faults = [{"on": "imagine", "prompt": do, "do": do, **more} for do, more in (
            ("reset_before", {}), ("reset_after", {}), ("cut", {"after_lines": 1}))]
        with Service(self, faults=faults) as service:
            *struck, whole = self.ask(service.url, self.generation("reset_before"),
                                      self.generation("reset_after"), self.generation("cut"),
                                      self.generation("nothing"))
            self.assertEqual([answer["reset"] for answer in struck], [2, 2, 2])  # INTERNAL_ERROR
            self.assertEqual([answer["text"].count("\n") for answer in struck], [0, 0, 1])
            self.assertEqual((whole["status"], whole["reset"]), (200, None))
            self.assertEqual(len(service.charged()), 3)

    @unittest.skipUnless(shutil.which("curl"), "curl is missing")
    def test_curl(self):
        for arguments, option in (((), "--http2-prior-knowledge"), (self.TLS, "--http2"),
                                  (self.TLS, "--http1.1"), ((), "--http1.1")):
            with Service(self, *arguments) as service:
                url = service.url.replace("127.0.0.1", "localhost")
                asked = subprocess.run(
                    ["curl", "-sS", "--cacert", PEM, option, "-w", "\n%{http_version}", "-d",
                     json.dumps({"action": "generate", "prompt": "a " + "long " * 20000}), "-H",
                     "content-type: application/json", "-H", "authorization: Bearer t",
                     f"{url}/midjourney/imagine"], capture_output=True, text=True,
                    timeout=PATIENCE)
                self.assertEqual(asked.returncode, 0, asked.stderr)
                answer, version = asked.stdout.rsplit("\n", 1)
                self.assertTrue(json.loads(answer)["success"], answer)
                self.assertEqual(version, "1.1" if option == "--http1.1" else "2")


if __name__ == "__main__":
    unittest.main(verbosity=2)
