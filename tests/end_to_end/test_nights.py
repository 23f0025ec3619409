"""Some nights of a job file with a schedule, in fast motion: the program sees another calendar."""
import glob
import json
import os
import signal
import subprocess
import time
import unittest

from stage import PATIENCE, Service, Stage, prompts

LIBRARY = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)


@unittest.skipUnless(LIBRARY, "no libfaketime: examples/packages.sh test")
@unittest.skipIf(os.environ.get("DARKROOM_SANITIZED"), "a sanitizer comes first in a program")
class Nights(Stage):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("bin"))
        self.write("bin/crontab", f"""#!/bin/sh
if [ "$1" = -l ] && [ ! -f {self.directory}/tab ]; then echo "no crontab for me" >&2; exit 1; fi
if [ "$1" = -l ]; then exec cat {self.directory}/tab; fi
exec cp "$1" {self.directory}/tab
""", 0o755)
        self.environment["PATH"] = self.path("bin") + ":" + self.environment["PATH"]
        self.write("token", self.environment["TOKEN"], 0o600)

    def install(self, url):
        self.write("nightly.yaml", json.dumps({
            "version": 1, "name": "nightly-{{date}}",
            "service": {**self.service_at(url), "token": {"file": "token"}},
            "schedule": {"cron": "0 3 * * *"},
            "limits": {"rate": "200/s", "concurrency": 1, "failures": 2},
            "retry": {"attempts": 2, "base": "10ms", "cap": "20ms", "settle": "1s"},
            "jobs": prompts(3)}))
        self.check_code(self.darkroom("schedule", "nightly.yaml", "--install", "cron"), 0)

    def at(self, when):
        """Starts the line of the crontab at a time of Shanghai, as cron does there."""
        with open(self.path("tab"), encoding="utf-8") as file:
            command = file.read().splitlines()[-1].split(" ", 5)[5].replace("\\%", "%")
        return subprocess.Popen(
            ["/bin/sh", "-c", "exec env " + command.split("&& ", 1)[1]], cwd=self.directory,
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "TZ": "Asia/Shanghai",
                 "LD_PRELOAD": LIBRARY, "FAKETIME": "@" + when, "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                 "FAKETIME_DONT_RESET": "1"})

    def end(self, process, code):
        """Returns what stands in the mail."""
        with process:
            mail, _ = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, code, mail)
        self.assertNotIn(self.environment["TOKEN"], mail)
        return mail

    def nights(self):
        return {name[-2:]: len(self.manifest(os.path.join("out", name)))
                for name in os.listdir(self.path("out"))}

    def test_each_night_is_paid_once_whatever_happens(self):
        # An outage in the first night; a person looks at nine, when it is over.
        absent = Service(self)
        absent.stop()
        self.install(absent.url)
        self.assertIn("in a row", self.end(self.at("2027-03-01 03:00:00"), 4))
        with Service(self, "--latency", "300ms", token=self.environment["TOKEN"],
                     port=int(absent.url.rsplit(":", 1)[1])) as service:
            self.assertEqual(self.end(self.at("2027-03-01 09:00:00"), 0), "")
            self.assertEqual(self.nights(), {"01": 3})
            self.assertEqual(len(service.charged()), 3)

            # The second night is long: a second start leaves it alone, and it is stopped.
            first = self.at("2027-03-02 03:00:00")
            self.wait_for_charges(service, 4)
            self.end(self.at("2027-03-02 03:10:00"), 0)
            first.send_signal(signal.SIGTERM)
            self.end(first, 7)
            self.assertLess(self.nights()["02"], 3)

            # After midnight nothing is bought twice: it is still the second night.
            self.assertEqual(self.end(self.at("2027-03-03 00:10:00"), 0), "")
            self.assertEqual(self.nights(), {"01": 3, "02": 3})
            self.assertEqual(len(service.charged()), 6)

            # In the third night the token is refused. The fourth finishes it first.
            self.write("token", "another", 0o600)
            mail = self.end(self.at("2027-03-03 03:00:00"), 5)
            self.assertIn("token", mail)
            self.write("token", self.environment["TOKEN"], 0o600)
            self.end(self.at("2027-03-04 03:00:02"), 0)
            self.assertEqual(self.nights(), {"01": 3, "02": 3, "03": 3, "04": 3})
            self.check_paid(service, *(f"out/nightly-2027-03-0{night}" for night in range(1, 5)))
            self.assertEqual(len(service.charged()), 12)

            # And again by day: there is nothing left.
            self.assertEqual(self.end(self.at("2027-03-04 12:00:00"), 0), "")
            self.assertEqual(len(service.charged()), 12)

    def wait_for_charges(self, service, count):
        end = time.monotonic() + PATIENCE
        while len(service.charged()) < count:
            self.assertLess(time.monotonic(), end, "the night does not get so far")


if __name__ == "__main__":
    unittest.main()
