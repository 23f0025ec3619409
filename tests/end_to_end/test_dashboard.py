"""The page of a run at work, in a real browser: it shows the run, survives, and steers it."""
import json
import os
import pty
import re
import select
import signal
import socket
import stat
import subprocess
import unittest
import urllib.error
import urllib.request

from browser_stage import BrowserStage
from stage import PATIENCE, PROGRAM, Service, prompts

HEAD = "document.querySelector('.live-headline').textContent"
WAITS = "document.querySelector('.live-waits').textContent"
PAUSE = ".live-controls .main"
WIDE, NARROW = [1400, 900], [400, 800]


def value(expression):
    return {"eval": expression}


def wait(expression):
    return {"wait": expression}


class Dashboard(BrowserStage):
    def begin(self, service, jobs, *options, **more):
        """Begins a run; returns it and the address of its page."""
        self.job(service.url, jobs, **more)
        run = self.start("run", "job.yaml", "--dashboard", "--progress", "plain", "--json",
                         *options)
        said = run.wait_for("stderr", "submitted")
        self.assertIn("Dashboard: its address is in out/job/dashboard", said)
        self.assertNotIn("http://127", said)
        address = self.path("out/job/dashboard")
        self.assertEqual(stat.S_IMODE(os.stat(address).st_mode), 0o600)
        with open(address, encoding="utf-8") as file:
            return run, re.fullmatch(r"(http://127\.0\.0\.1:\d+/[0-9a-f]{32}/)\n", file.read())[1]

    def use(self, url, *parts):
        """Plays the parts on the page; each returns the values of its "eval" acts."""
        return self.play_story(parts, url=url)

    def play(self, url, *acts, **part):
        return self.use(url, {"acts": list(acts), **part})[0]

    def ask(self, url, body=None, **headers):
        request = urllib.request.Request(url, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(), error.headers

    def test_it_shows_the_run_until_its_end(self):
        jobs = prompts(24, then=["upscale1"])  # 11 s, in which even a slow browser has opened it
        with Service(self, "--latency", "600ms", "--image-size", "256") as service:
            run, url = self.begin(service, jobs, limits={"concurrency": 2})
            seen = self.play(
                url, wait("document.querySelectorAll('.live-card').length > 0"),
                wait("[...document.querySelectorAll('.live-preview img')]"
                     ".some((image) => image.naturalWidth > 0)"),  # a preview
                wait("document.querySelectorAll('.live-landed img').length > 0"),
                value(f"/^\\d+ of 48 steps done$/.test({HEAD})"),
                value("document.querySelectorAll('.live-charts svg').length"),
                wait(f"{HEAD} === 'All done.'"),
                value("document.querySelector('.live-controls').offsetParent === null"),
                value("document.querySelectorAll('.live-log li').length > 20"),
                value("document.title"))
            self.assertEqual(seen, [True, 4, True, True, "job: at work"])
            self.assertEqual(self.check_code(run.end(), 0).summary()["images"], 48)

    def test_it_pauses_resumes_and_sets_limits_and_survives_a_reload(self):
        with Service(self, "--latency", "300ms") as service:
            run, url = self.begin(service, prompts(40), limits={"concurrency": 1})
            seen = self.play(
                url, {"click": PAUSE}, wait(f"{WAITS} === 'It is paused.'"),
                wait("document.querySelectorAll('.live-card').length === 0"),
                {"reload": True}, wait(f"typeof gallery !== 'undefined' && {WAITS} === 'It is paused.'"),
                value(f"document.querySelector('{PAUSE}').textContent"),
                {"set": [".live-limit >> nth=1 >> input", "3"]},
                wait("gallery.live.state().concurrency === 3"),
                {"set": [".live-limit >> nth=0 >> input", "nonsense"]},
                wait("document.getElementById('toast').textContent.includes('needs a rate')"),
                {"elsewhere": [wait(f"{WAITS} === 'It is paused.'"),
                               value("gallery.live.state().changes.map((one) => one.what)"),
                               {"click": PAUSE}]},  # a second viewer
                wait(f"{HEAD} === 'All done.'"))
            self.assertEqual(seen, ["Resume", ["paused", "limits.concurrency=3"]])
            self.check_code(run.end(), 0)
            self.assertEqual(len(service.charged()), 40)

    def test_it_cancels_a_branch_and_stops(self):
        with Service(self, "--latency", "1s") as service:
            run, url = self.begin(service, prompts(20, then=["upscale1"]),
                                  limits={"concurrency": 1})
            seen = self.play(
                url, wait("document.querySelectorAll('.live-card').length > 0"),
                {"hover": ".live-card"}, {"click": ".live-card .tool"},
                wait("gallery.live.state().changes.length > 0"),
                value("gallery.live.state().changes[0].what.replace(/\\d+/, 'N')"),
                {"click": ".live-stop"}, wait(f"{HEAD} === 'Interrupted.'"), accepts=True)
            # Which step the first card shows depends on the machine's speed.
            self.assertIn(seen, (["p/N cancelled"], ["p/N/upscale1 cancelled"]))
            self.check_code(run.end(), 7)

    def test_it_is_readable_and_accessible_in_every_size_and_theme(self):
        jobs = [{"id": "boats", "prompt": "{{text}}, {{n}}", "then": ["upscale2"],
                 "matrix": {"text": ["a trawler in a foggy harbour", "西湖断桥，水墨画"],
                            "n": [f"no {number}" for number in range(60)]}},
                {"id": "bad", "prompt": "a banned hat"}]
        faults = [{"on": "imagine", "prompt": "banned", "do": "status", "status": 400,
                   "body": json.dumps({"error": {"code": "bad_request", "message": "Banned"}})}]
        with Service(self, "--latency", "1500ms", "--image-size", "256", faults=faults) as service:
            run, url = self.begin(service, jobs, budget={"cost": 9}, limits={"concurrency": 3},
                                  prices={"currency": "USD", "default": 0.026})
            ready = [wait("document.querySelectorAll('.live-landed img').length > 3"),
                     wait("[...document.querySelectorAll('.live-preview img')]"
                          ".some((image) => image.naturalWidth > 0)")]
            self.use(url, *({"acts": [*ready, {"shot": f"live-{size[0]}-{scheme}"}, {"axe": True},
                                      value("document.documentElement.scrollWidth <= innerWidth")],
                             "size": size, "scheme": scheme}
                            for size in (WIDE, NARROW) for scheme in ("light", "dark")))
            self.darkroom("ctl", "out/job", "stop")
            self.check_code(run.end(), 7)

    def test_its_address_is_a_secret_and_in_no_log(self):
        with Service(self, "--latency", "300ms") as service:
            run, url = self.begin(service, prompts(40), "--log", "run.log",
                                  limits={"concurrency": 1})
            secret = url.split("/")[3]
            root = url.replace(secret + "/", "")
            guessed = secret[:-1] + ("1/" if secret.endswith("0") else "0/")
            for path in ("", "favicon.ico", guessed, secret, "events", "orders"):
                self.assertEqual(self.ask(root + path)[0], 404, path)
            status, page, headers = self.ask(url)
            self.assertEqual(status, 200)
            self.assertEqual(headers["referrer-policy"], "no-referrer")
            self.assertIn(b"connect-src 'self'", page)
            pause = json.dumps({"order": "pause"}).encode()
            typed = {"content-type": "application/json"}
            for headers, status in (({"content-type": "text/plain"}, 403),
                                    ({**typed, "origin": "https://evil.example"}, 403),
                                    ({**typed, "host": "evil.example"}, 421),
                                    ({**typed, "origin": root[:-1]}, 200)):
                self.assertEqual(self.ask(url + "orders", pause, **headers)[0], status, headers)
            self.assertEqual(self.ask(url + "orders", b"{", **typed)[0], 400)
            self.assertEqual(self.ask(url + "orders", b"x" * 70000, **typed)[0], 413)
            for path in ("journal.db", "../job.yaml", "%2e%2e/job.yaml", "manifest.jsonl",
                         "images/none.png", "run.lock", "thumbs/x.webp?file=journal.db",
                         "images/%00.png"):
                self.assertEqual(self.ask(url + path)[0], 404, path)
            self.darkroom("ctl", "out/job", "stop")
            self.check_code(run.end(), 7)
            with open(self.path("run.log"), encoding="utf-8") as file:
                self.assertNotIn(secret, file.read())
            self.assertNotIn(secret, self.darkroom("status", "out/job", "--json").out)

    def test_on_a_terminal_it_becomes_the_gallery(self):
        with Service(self, "--latency", "600ms", "--image-size", "256") as service:
            self.job(service.url, prompts(24), limits={"concurrency": 2})
            terminal, theirs = pty.openpty()
            run = subprocess.Popen([PROGRAM, "run", "job.yaml", "--dashboard", "-y", "--progress",
                                    "plain"], cwd=self.directory, env=self.environment,
                                   stdout=subprocess.DEVNULL, stderr=theirs)
            os.close(theirs)
            self.addCleanup(os.close, terminal)
            self.addCleanup(run.wait)
            self.addCleanup(run.kill)
            shown = self.read_until(terminal, r"Dashboard: (http://\S+/)\s")
            seen = self.play(
                shown[1], wait(f"{HEAD} === 'All done.'"),
                wait("typeof gallery !== 'undefined' && !document.querySelector('.live') &&"
                     " document.querySelectorAll('.card img').length > 0"),
                wait("[...document.querySelectorAll('.card img')]"
                     ".every((image) => image.naturalWidth > 0)"),
                value("document.getElementById('count').textContent"), {"reload": True},
                {"click": ".card >> nth=0"},
                wait("document.querySelector('#viewer .stage-image')?.naturalWidth > 0"),
                loses_server=True)
            self.assertEqual(seen, ["24 results"])
            self.read_until(terminal, "Ctrl-C ends it")
            self.assertEqual(self.ask(shown[1] + "events")[0], 404)
            self.assertEqual(self.ask(shown[1] + "orders", b"{}")[0], 405)
            self.assertEqual(self.ask(shown[1], host="evil.example")[0], 421)
            again = self.darkroom("run", "job.yaml")  # nobody holds the directory
            self.check_code(again, 0)
            run.send_signal(signal.SIGINT)
            self.assertEqual(run.wait(PATIENCE), 0)

    def read_until(self, terminal, pattern):
        text = ""
        while not (found := re.search(pattern, text)):
            ready = select.select([terminal], [], [], PATIENCE)[0]
            self.assertTrue(ready, text)
            text += os.read(terminal, 65536).decode()
        return found

    def test_addresses_to_listen_at(self):
        with Service(self) as service:
            self.job(service.url, prompts(1))
            for words in (["--dashboard=[::1]:0"], ["--dashboard", "127.0.0.1:0"]):
                ended = self.check_code(self.darkroom("run", "job.yaml", *words, "-q"), 0)
                self.assertIn("Dashboard: its address is in out/job/dashboard", ended.err)
                self.assertFalse(os.path.exists(self.path("out/job/dashboard")))
            with socket.create_server(("127.0.0.1", 0)) as other:
                taken = f"127.0.0.1:{other.getsockname()[1]}"
                before = self.darkroom("status", "out/job", "--json").out
                ended = self.check_code(self.darkroom("run", "job.yaml", f"--dashboard={taken}"), 64)
                self.assertIn("Address already in use", ended.err)
                self.assertEqual(self.darkroom("status", "out/job", "--json").out, before)
            for address in ("nowhere:80", "here"):
                words = ("run", "job.yaml", f"--dashboard={address}")
                ended = self.check_code(self.darkroom(*words), 64)
                self.assertIn("--dashboard", ended.err)

    def test_what_waits_for_a_pick_can_be_chosen_on_it(self):
        jobs = prompts(100, then=[{"pick": {"from": "upscale*"}}])
        with Service(self, "--latency", "400ms") as service:
            run, url = self.begin(service, jobs, limits={"concurrency": 2})
            seen = self.play(
                url, wait("document.querySelectorAll('.live-landed img').length > 0"),
                {"reload": True}, {"click": '.card >> nth=0 >> [data-action="upscale3"]'},
                {"save": "s"})
            self.assertEqual([*json.loads(seen[0][1])["picks"].values()], [["upscale3"]])
            self.darkroom("ctl", "out/job", "stop")
            self.check_code(run.end(), 7)


if __name__ == "__main__":
    unittest.main()
