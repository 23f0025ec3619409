"""HTTP/2: many requests over each connection, and what its own words say about money."""
import os
import unittest

from stage import Gateway, Service, Stage, prompts

HERE = os.path.dirname(os.path.abspath(__file__))
PEM = os.path.join(HERE, "localhost.pem")
SETTLE = "500ms"


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

    def serve_http_1(self):
        """Returns the address of a server that speaks TLS, but no HTTP/2."""
        return self.start("serve", "--listen", "127.0.0.1:0", "--image-size", "64", "--latency",
                          "10ms", "--tls-cert", PEM, "--tls-key",
                          os.path.join(HERE, "localhost.key")).first_line()

    def test_auto_falls_back(self):
        job = self.job(self.serve_http_1(), prompts(2),
                       service={"ca_file": PEM, "http": "auto"})
        self.environment["SSL_CERT_FILE"] = PEM
        self.check_code(self.darkroom("run", job), 0)
        self.check_images(2)

    def test_a_server_that_does_not_speak_it_is_named(self):
        job = self.job(self.serve_http_1(), prompts(1), service={"ca_file": PEM, "http": 2},
                       retry={"attempts": 2})
        ended = self.check_code(self.darkroom("run", job, "--progress", "plain"), 2)
        self.assertIn("no_http2", ended.err)
        self.assertIn("does not speak HTTP/2", ended.err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
