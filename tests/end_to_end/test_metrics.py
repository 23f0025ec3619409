"""The numbers of a run for Prometheus: in a file, and at an address."""
import json
import os
import re
import socket
import unittest
import urllib.error
import urllib.request

from stage import PATIENCE, SOURCE, Service, Stage, prompts

SAMPLE = re.compile(r'(darkroom_[a-z_]+)\{((?:[a-z]+="(?:[^"\\\n]|\\.)*",?)*)\} ([-+0-9.e]+)')


def read(text):
    """Reads every line, as strictly as the format is; returns the values by name and last label."""
    values, types, open_family = {}, {}, None
    for line in text.splitlines():
        if line.startswith("# HELP "):
            open_family = line.split()[2]
            assert open_family not in types, line
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == open_family and kind in ("gauge", "counter"), line
            types[name] = kind
            assert (kind == "counter") == name.endswith("_total"), line
        else:
            found = SAMPLE.fullmatch(line)
            assert found and found[1] == open_family, line
            labels = re.findall(r'([a-z]+)="((?:[^"\\]|\\.)*)"', found[2])
            assert [name for name, _ in labels][:2] == ["run", "directory"], line
            key = (found[1].removeprefix("darkroom_"), *(value for _, value in labels[2:]))
            assert key not in values, line
            values[key] = float(found[3])
    assert text.endswith("\n")
    return values


class MetricsOfARun(Stage):
    def test_a_file_has_them_during_the_run_and_says_how_it_ended(self):
        faults = [{"on": "imagine", "prompt": "banned", "do": "status", "status": 400,
                   "body": '{"error": {"code": "bad_request", "message": "Banned"}}'}]
        with Service(self, "--latency", "400ms", faults=faults) as service:
            jobs = prompts(3) + [{"id": "bad", "prompt": "a banned hat"}]
            self.job(service.url, jobs, prices={"currency": "USD", "default": 0.026},
                     limits={"concurrency": 1})
            run = self.start("run", "job.yaml", "--metrics", "night.prom", "--progress", "plain")
            run.wait_for("stderr", "submitted")
            during = read(self.text("night.prom"))
            self.assertEqual(during[("concurrency_limit",)], 1)
            self.assertNotIn(("exit_code",), during)
            self.check_code(run.end(), 2)
        after = read(self.text("night.prom"))
        self.assertEqual(after[("exit_code",)], 2)
        self.assertEqual([after[("steps", state)] for state in ("done", "failed", "left")], [3, 1, 0])
        self.assertEqual(after[("generations_paid_total",)], 3)
        self.assertEqual(after[("images_saved_total",)], 3)
        self.assertAlmostEqual(after[("cost_total", "USD")], 0.078)
        self.assertEqual(after[("failed_steps_total", "rejected")], 1)
        self.assertGreaterEqual(after[("end_time_seconds",)], after[("start_time_seconds",)])
        self.assertFalse(os.path.exists(self.path("night.prom.part")))

    def test_an_address_serves_them(self):
        with Service(self, "--latency", "300ms") as service:
            self.job(service.url, prompts(40), limits={"concurrency": 1})
            with socket.create_server(("127.0.0.1", 0)) as free:
                place = f"127.0.0.1:{free.getsockname()[1]}"
                ended = self.check_code(self.darkroom("run", "job.yaml", "--metrics", place), 64)
                self.assertIn("Address already in use", ended.err)
            run = self.start("run", "job.yaml", "--metrics", place, "--progress", "plain")
            run.wait_for("stderr", "finished")
            with urllib.request.urlopen(f"http://{place}/metrics", timeout=PATIENCE) as answer:
                self.assertEqual(answer.headers["content-type"],
                                 "text/plain; version=0.0.4; charset=utf-8")
                seen = read(answer.read().decode())
            self.assertGreaterEqual(seen[("requests_total",)], 1)
            self.assertEqual(seen[("generation_places",)], 1)
            for path, body, status in (("/", None, 404), ("/metrics", b"x", 405)):
                with self.assertRaises(urllib.error.HTTPError) as refused:
                    urllib.request.urlopen(f"http://{place}{path}", body, PATIENCE)
                refused.exception.close()
                self.assertEqual(refused.exception.code, status)
            self.check_code(self.darkroom("ctl", "out/job", "stop"), 0)
            self.check_code(run.end(), 7)

    def test_a_later_run_counts_what_earlier_ones_did_whatever_it_shows(self):
        self.job("local", prompts(2))
        self.check_code(self.darkroom("run", "job.yaml", "-q"), 0)
        self.check_code(self.darkroom("run", "job.yaml", "-q", "--metrics", "a.prom", "--log",
                                      "a.log", "--log-format", "json"), 0)
        seen = read(self.text("a.prom"))
        self.assertEqual((seen[("steps", "done")], seen[("steps", "left")]), (2, 0))
        log = self.lines("a.log")
        self.assertEqual((log[0]["event"], log[0]["done"]), ("start", 2))
        self.assertEqual((log[-1]["event"], log[-1]["exit"]), ("end", 0))

    def test_names_that_are_no_utf_8_give_a_text_that_is(self):
        self.job("local", prompts(1))
        odd = os.fsdecode(b'o\xff"\n')
        self.check_code(self.darkroom("run", "job.yaml", "-q", "-o", odd, "--metrics", "a.prom"), 0)
        self.assertIn('directory="o\ufffd\\"\\n"', self.text("a.prom"))
        read(self.text("a.prom"))

    def test_the_board_for_grafana_shows_what_there_is(self):
        """Every number of a panel is one that a run gives, and every rate is that of a counter."""
        with open(os.path.join(SOURCE, "docs", "grafana.json"), encoding="utf-8") as file:
            board = json.load(file)
        faults = [{"on": "imagine", "prompt": "banned", "do": "status", "status": 400,
                   "body": '{"error": {"code": "bad_request", "message": "Banned"}}'}]
        with Service(self, faults=faults) as service:
            self.job(service.url, [{"id": "bad", "prompt": "a banned hat"}], budget={"cost": 1})
            self.check_code(self.darkroom("run", "job.yaml", "--metrics", "a.prom", "-q"), 2)
        given = {f"darkroom_{key[0]}" for key in read(self.text("a.prom"))}
        expressions = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
        self.assertGreater(len(expressions), 10)
        for expression in expressions:
            [name] = re.findall(r"darkroom_[a-z_]+", expression)
            self.assertIn(name, given | {"darkroom_problems_total"})
            self.assertIn('{run=~"$run"', expression)
            self.assertLessEqual("rate(" in expression, name.endswith("_total"), expression)
        places = [tuple(panel["gridPos"].values()) for panel in board["panels"]]
        self.assertEqual(len(places), len(set(places)))

    def test_places_that_cannot_be_used(self):
        self.job("local", prompts(1))
        ended = self.check_code(self.darkroom("run", "job.yaml", "--metrics", "gone/night.prom"), 74)
        self.assertIn("--metrics: ", ended.err)
        before = self.text("job.yaml")
        for place in ("job.yaml", ".", ":99999", "127.0.0.1:0", "::1:9100", "a:b"):
            ended = self.check_code(self.darkroom("run", "job.yaml", "--metrics", place), 64)
            self.assertIn("--metrics", ended.err)
        self.assertEqual(self.text("job.yaml"), before)
        self.check_code(self.darkroom("run", "job.yaml", "-q", "--metrics", "./a:1"), 0)
        read(self.text("a:1"))
        both = self.darkroom("run", "job.yaml", "job.yaml", "--metrics", "night.prom")
        self.assertIn("--metrics FILE is of one run", self.check_code(both, 64).err)

    def text(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()


if __name__ == "__main__":
    unittest.main()
