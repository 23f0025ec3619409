"""Job files that run by themselves: their starts, who starts them, and the names of their runs."""
import datetime
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from stage import PATIENCE, PROGRAM, SOURCE, Service, Stage, clean_environment, prompts

NODE_MODULES = os.path.join(SOURCE, "build", "npm", "node_modules")
# The same starts by an independent library.
CRON_PARSER = """
const { CronExpressionParser } = require("cron-parser");
const questions = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(questions.map(({ rule, zone, from }) => {
  const starts = CronExpressionParser.parse(rule, { tz: zone, currentDate: new Date(from) });
  return [...Array(5)].map(() => starts.next().toDate().toISOString());
})));
"""
ZONES = ["UTC", "Europe/Paris", "America/New_York", "Asia/Shanghai", "Asia/Kolkata",
         "America/St_Johns"]
# The service takes the first request and never says a word about it.
TAKEN_IN_SILENCE = {"on": "imagine", "count": 1, "do": "stall", "after_lines": 0, "time": "10m"}


def random_rule(dice):
    def field(least, most, wide):
        kind = dice.random()
        if kind < wide:
            return "*"
        if kind < 0.8:
            return ",".join(map(str, dice.sample(range(least, most + 1), dice.randint(1, 3))))
        first = dice.randint(least, most)
        last = dice.randint(first, most)
        return f"{first}-{last}" + dice.choice(["", f"/{dice.randint(1, 5)}"])
    return " ".join([field(0, 59, 0.1), field(0, 23, 0.2), field(1, 28, 0.6), field(1, 12, 0.8),
                     field(0, 6, 0.6)])


class WithSystemd(Stage):
    """Has a systemctl that keeps what it is asked, and fails once there is a file ./no-session."""

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("bin"))
        self.write("bin/systemctl", f"""#!/bin/sh
if [ -e {self.directory}/no-session ]; then echo "Failed to connect to bus" >&2; exit 1; fi
echo "$@" >> {self.directory}/asked
""", 0o755)
        self.environment["PATH"] = self.path("bin") + ":" + self.environment["PATH"]

    def asked(self):
        with open(self.path("asked"), encoding="utf-8") as file:
            return file.read().splitlines()

    def units(self):
        return sorted(os.listdir(self.path(".config/systemd/user")))


class Starts(WithSystemd):
    def listed(self, rules, start):
        """Returns the next five starts of each (rule, zone) after a time."""
        for i, (rule, zone) in enumerate(rules):
            self.write(f"{i}.yaml", json.dumps({
                "version": 1, "schedule": {"cron": rule, "timezone": zone},
                "service": {"url": "local"}, "jobs": [{"prompt": "a fox"}]}))
        ended = self.check_code(self.darkroom(
            "schedule", *(f"{i}.yaml" for i in range(len(rules))), "--json", "--from", start), 0)
        return [[start["at"] for start in json.loads(line)["starts"]]
                for line in ended.out.splitlines()]

    def compare(self, rules, start):
        """Compares the starts of each (rule, zone) with those of an independent library."""
        asked = json.dumps([{"rule": rule, "zone": zone, "from": start} for rule, zone in rules])
        other = subprocess.run(["node", "-e", CRON_PARSER], input=asked, text=True,
                               stdout=subprocess.PIPE, timeout=PATIENCE, check=True,
                               cwd=os.path.dirname(NODE_MODULES))
        for rule, ours, theirs in zip(rules, self.listed(rules, start), json.loads(other.stdout)):
            self.assertEqual(ours, theirs, (rule, start))

    @unittest.skipUnless(os.path.exists(NODE_MODULES), "no build/npm: examples/packages.sh test")
    def test_starts_are_those_of_another_reader_of_cron_rules(self):
        dice = random.Random(7)
        for start in ("2026-06-15T11:22:33Z", "2027-12-01T00:00:00Z", "2028-02-27T23:59:59Z"):
            self.compare([(random_rule(dice), dice.choice(ZONES)) for _ in range(100)], start)

    @unittest.skipUnless(os.path.exists(NODE_MODULES), "no build/npm: examples/packages.sh test")
    def test_the_same_holds_where_clocks_are_put_forward_and_back(self):
        dice = random.Random(13)
        for zone, start in (("Europe/Paris", "2027-03-27T12:00:00Z"),
                            ("Europe/Paris", "2027-10-30T12:00:00Z"),
                            ("America/New_York", "2027-03-13T12:00:00Z"),
                            ("America/New_York", "2027-11-06T12:00:00Z"),
                            ("America/St_Johns", "2027-03-13T12:00:00Z"),
                            ("America/St_Johns", "2027-11-06T12:00:00Z")):
            # Most of them at the hours of the change.
            rules = [f"{random_rule(dice).split()[0]} {hours} * * *" for hours in dice.choices(
                ["0", "1", "2", "3", "1,2", "2,3", "*", "0-4", "1-3/2", "*/2"], k=100)]
            self.compare([(rule, zone) for rule in rules], start)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd: examples/packages.sh test")
    def test_the_calendar_of_a_timer_has_the_same_starts(self):
        dice = random.Random(11)
        rules = [(random_rule(dice), "UTC") for _ in range(40)]
        rules += [("0 3 * * *", "Asia/Shanghai"), ("30 2 13 * fri", "Europe/Paris")]
        ours = self.listed(rules, "2026-06-15T11:22:33Z")
        for i, (rule, _) in enumerate(rules):
            self.check_code(self.darkroom("schedule", f"{i}.yaml", "--install", "systemd"), 0)
            with open(self.path(f".config/systemd/user/darkroom-{i}.timer"),
                      encoding="utf-8") as file:
                events = [line.split("=", 1)[1].strip() for line in file
                          if line.startswith("OnCalendar=")]
            starts = set()
            for event in events:
                starts |= self.elapses(event, "2026-06-15 11:22:33 UTC")
            self.assertEqual(sorted(starts)[:5], ours[i], (rule, events))

    def elapses(self, event, base):
        shown = subprocess.run(
            ["systemd-analyze", "calendar", "--iterations=5", f"--base-time={base}", event],
            capture_output=True, text=True, timeout=PATIENCE, check=True,
            env={**os.environ, "TZ": "UTC", "LANG": "C"}).stdout
        times = [line.split(": ", 1)[1] for line in shown.splitlines()
                 if line.strip().startswith(("Next elapse:", "Iteration #", "Iter. #"))]
        return {datetime.datetime.strptime(text, "%a %Y-%m-%d %H:%M:%S UTC")
                .strftime("%Y-%m-%dT%H:%M:%S.000Z") for text in times}

    def test_a_list_says_the_directory_of_each_start(self):
        self.write("nightly.yaml", json.dumps({
            "version": 1, "name": "nightly-{{date}}-{{time}}", "service": {"url": "local"},
            "schedule": {"cron": "0 3,15 * * *", "timezone": "Asia/Shanghai"},
            "jobs": [{"prompt": "a fox"}]}))
        shown = self.check_code(self.darkroom("schedule", "nightly.yaml", "--list", "--from",
                                              "2026-11-30T19:00:00Z"), 0).out.splitlines()
        self.assertEqual(shown[0], "nightly.yaml: 0 3,15 * * * (Asia/Shanghai)")
        self.assertEqual(shown[1], "  2026-12-01 15:00 +08:00  out/nightly-2026-12-01-1500")
        self.assertEqual(len(shown), 6)

    def test_a_name_that_comes_back_is_a_warning_with_its_place_and_both_dates(self):
        self.write("nightly.yaml", """version: 1
name: nightly-{{date:%d}}
service: {url: local}
schedule: {cron: "0 3 * * *"}
jobs: [{prompt: a fox}]
""")
        said = self.check_code(self.darkroom("validate", "nightly.yaml"), 0).err
        self.assertIn("nightly.yaml:2:7: warning: 'name' comes back: it is 'nightly-01' at the "
                      "start of 2030-01-01 03:00 and again at that of 2030-02-01 03:00", said)
        self.assertIn("write '{{date}}' in it", said)
        self.check_code(self.darkroom("validate", "nightly.yaml", "--strict"), 65)

    def test_what_has_no_schedule_is_refused(self):
        self.write("plain.yaml", json.dumps({"version": 1, "jobs": [{"prompt": "a fox"}]}))
        self.assertIn("has no 'schedule'",
                      self.check_code(self.darkroom("schedule", "plain.yaml"), 65).err)
        self.check_code(self.darkroom("schedule", "none.yaml"), 66)
        self.check_code(self.darkroom("schedule", "-"), 64)
        self.check_code(self.darkroom("schedule", "plain.yaml", "--from", "tomorrow"), 64)


class Installed(WithSystemd):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("jobs 100%"))
        # What crontab(1) does, without a daemon.
        self.write("bin/crontab", f"""#!/bin/sh
if [ "$1" = -l ] && [ -f {self.directory}/broken ]; then echo "I/O error" >&2; exit 1; fi
if [ "$1" = -l ] && [ ! -f {self.directory}/tab ]; then echo "no crontab for me" >&2; exit 1; fi
if [ "$1" = -l ]; then exec cat {self.directory}/tab; fi
exec cp "$1" {self.directory}/tab
""", 0o755)

    def nightly(self, service, **schedule):
        """Writes a job file whose name needs care in a unit and in a crontab."""
        return self.write("jobs 100%/night's $job.yaml", json.dumps({
            "version": 1, "name": "night", "service": service,
            "schedule": {"cron": "0 3 * * *", **schedule},
            "limits": {"rate": "200/s"}, "retry": {"base": "10ms", "settle": "1s"},
            "output": {"directory": "../out"}, "jobs": prompts(2)}))

    def unit(self, kind):
        with open(self.path(f".config/systemd/user/darkroom-night-s--job.{kind}"),
                  encoding="utf-8") as file:
            return file.read()

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd: examples/packages.sh test")
    def test_systemd_finds_nothing_wrong_with_the_units(self):
        self.write("token", "secret", 0o600)
        job = self.nightly({"url": "http://127.0.0.1:1", "token": {"file": "../token"}},
                           timezone="Asia/Shanghai", jitter="5m")
        said = self.check_code(self.darkroom("schedule", job, "--install", "systemd"), 0)
        self.assertIn("wrote ", said.out)
        self.assertIn("OnCalendar=*-*-* 03:00:00 Asia/Shanghai\n", self.unit("timer"))
        self.assertIn("RandomizedDelaySec=300\n", self.unit("timer"))
        self.assertIn("Persistent=true\n", self.unit("timer"))
        service = self.unit("service")
        self.assertIn(f"LoadCredential=token:{self.path('token')}\n", service)
        self.assertIn("--token-file %d/token", service)
        self.assertIn("night's $$job.yaml\"", service)
        self.assertIn("SuccessExitStatus=7\n", service)
        self.assertNotIn("secret", service + self.unit("timer") + said.out + said.err)
        units = [self.path(".config/systemd/user", name)
                 for name in sorted(os.listdir(self.path(".config/systemd/user")))]
        os.mkdir(self.path("runtime"), 0o700)
        checked = subprocess.run(
            ["systemd-analyze", "verify", "--user", "--man=no", *units], capture_output=True,
            text=True, timeout=PATIENCE, check=False,
            env={**os.environ, "XDG_RUNTIME_DIR": self.path("runtime"), "HOME": self.directory})
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))

        again = self.check_code(self.darkroom("schedule", job, "--install", "systemd"), 0)
        self.assertIn("wrote ", again.out)
        removed = self.check_code(self.darkroom("schedule", job, "--uninstall"), 0)
        self.assertEqual(removed.out.count("removed "), 2)
        self.assertEqual(os.listdir(self.path(".config/systemd/user")), [])
        self.assertIn("nothing starts it",
                      self.check_code(self.darkroom("schedule", job, "--uninstall"), 0).out)

    def test_units_of_another_file_of_that_name_stay(self):
        first = self.nightly({"url": "local"})
        self.check_code(self.darkroom("schedule", first, "--install", "systemd"), 0)
        before = self.unit("service")
        os.mkdir(self.path("other"))
        other = shutil.copy(self.path(first), self.path("other"))
        self.check_code(self.darkroom("schedule", other, "--uninstall"), 0)
        self.assertEqual(self.unit("service"), before)
        for _ in range(2):
            self.check_code(self.darkroom("schedule", other, "--install", "systemd"), 0)
        self.assertEqual(self.unit("service"), before)
        mine = [name for name in self.units() if name.startswith("darkroom-night-s--job-")]
        self.assertEqual((len(self.units()), len(mine)), (4, 2))
        self.assertRegex(mine[0], r"^darkroom-night-s--job-[0-9a-f]{8}\.service$")
        self.assertEqual(self.asked()[-1], "--user enable --now " + mine[1])
        # The name of each stays when the other is gone.
        self.check_code(self.darkroom("schedule", first, "--uninstall"), 0)
        self.check_code(self.darkroom("schedule", other, "--install", "systemd"), 0)
        self.assertEqual(self.units(), mine)

    def test_names_without_a_letter_that_a_unit_can_have_get_units_of_their_own(self):
        for name in ("夜班.yaml", "白班.yaml"):
            shutil.copy(self.path(self.nightly({"url": "local"})), self.path(name))
            self.check_code(self.darkroom("schedule", name, "--install", "systemd"), 0)
        self.assertEqual(len(self.units()), 4)
        for name in self.units():
            self.assertRegex(name, r"^darkroom-run-[0-9a-f]{8}\.(service|timer)$")

    def test_a_file_that_is_gone_is_uninstalled_by_its_old_path_and_by_its_unit(self):
        for word in ("jobs 100%/night's $job.yaml", "darkroom-night-s--job",
                     "darkroom-night-s--job.timer"):
            job = self.nightly({"url": "local"})
            self.check_code(self.darkroom("schedule", job, "--install", "systemd"), 0)
            os.rename(self.path(job), self.path("moved.yaml"))
            self.assertIn("nothing starts it", self.check_code(
                self.darkroom("schedule", "moved.yaml", "--uninstall"), 0).out)
            removed = self.check_code(self.darkroom("schedule", word, "--uninstall"), 0)
            self.assertEqual(removed.out.count("removed "), 2)
            self.assertEqual(self.units(), [])
            self.assertEqual(self.asked()[-1],
                             "--user disable --now darkroom-night-s--job.timer")
        # With the units goes the line of the crontab, whatever word was given.
        self.write("tab", "5 4 * * * true # mine\n")
        job = self.nightly({"url": "local"})
        for kind in ("systemd", "cron"):
            self.check_code(self.darkroom("schedule", job, "--install", kind), 0)
        removed = self.check_code(
            self.darkroom("schedule", "darkroom-night-s--job", "--uninstall"), 0)
        self.assertIn("removed the line from the crontab", removed.out)
        self.assertEqual((self.units(), self.tab()), ([], "5 4 * * * true # mine\n"))
        # A unit of somebody else is not removed by its name.
        self.write(".config/systemd/user/darkroom-mine.service", "[Service]\nExecStart=true\n")
        self.assertIn("nothing starts it", self.check_code(
            self.darkroom("schedule", "darkroom-mine", "--uninstall"), 0).out)
        self.assertEqual(self.units(), ["darkroom-mine.service"])

    def test_a_moved_file_gets_other_units_and_says_how_to_remove_the_old_ones(self):
        job = self.nightly({"url": "local"})
        self.check_code(self.darkroom("schedule", job, "--install", "systemd"), 0)
        os.mkdir(self.path("new"))
        moved = shutil.move(self.path(job), self.path("new"))
        said = self.check_code(self.darkroom("schedule", moved, "--install", "systemd"), 0)
        self.assertIn("'darkroom schedule darkroom-night-s--job --uninstall' removes it", said.err)
        self.assertEqual(len(self.units()), 4)

    def test_a_timer_that_is_not_enabled_is_no_success(self):
        job = self.nightly({"url": "local"})
        self.write("no-session", "")
        failed = self.check_code(self.darkroom("schedule", job, "--install", "systemd"), 2)
        self.assertEqual(failed.out.count("wrote "), 2)
        self.assertIn("darkroom-night-s--job.timer is not enabled, and starts nothing", failed.err)
        self.assertIn("Failed to connect to bus", failed.err)
        self.assertIn("systemctl --user enable --now darkroom-night-s--job.timer", failed.err)
        failed = self.check_code(self.darkroom("schedule", job, "--uninstall"), 2)
        self.assertEqual(failed.out.count("removed "), 2)
        self.assertIn("systemctl --user stop darkroom-night-s--job.timer", failed.err)
        self.assertEqual(self.units(), [])
        os.remove(self.path("no-session"))
        self.check_code(self.darkroom("schedule", job, "--install", "systemd"), 0)

    def cron_runs(self, code):
        """Runs the line of the crontab as cron does: in an environment that is nearly empty."""
        with open(self.path("tab"), encoding="utf-8") as file:
            line = file.read().splitlines()[-1]
        command = line.split(" ", 5)[5].replace("\\%", "%")
        ended = subprocess.run(
            ["/bin/sh", "-c", command], capture_output=True, text=True, timeout=PATIENCE,
            check=False, cwd="/", env={"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh",
                                       **{key: value for key, value in self.environment.items()
                                          if key.endswith("SAN_OPTIONS")}})
        self.assertEqual(ended.returncode, code, ended)
        return ended.stdout + ended.stderr

    def test_cron_is_quiet_on_success_and_says_what_matters_on_failure(self):
        self.write("token", self.environment["TOKEN"], 0o600)
        self.write("tab", "MAILTO=me\n5 4 * * * true # mine\n")
        banned = {"on": "imagine", "prompt": "car 1", "do": "status", "status": 400, "body":
                  json.dumps({"error": {"code": "bad_request", "message": "Banned prompt"}})}
        with Service(self, faults=[{**banned, "count": 1}]) as service:
            job = self.nightly({**self.service_at(service.url), "token": {"file": "../token"}})
            said = self.check_code(self.darkroom("schedule", job, "--install", "cron"), 0)
            self.assertIn("wrote into the crontab: 0 3 * * * cd ", said.out)
            mail = self.cron_runs(2)
            self.assertIn("Banned prompt", mail)
            self.assertIn("1 failed", mail)
            self.assertNotIn(self.environment["TOKEN"], mail)
            self.assertLess(mail.count("\n"), 12, mail)
            self.check_code(self.darkroom("retry", "out/night", "-q", "--class", "rejected"), 0)
            self.assertEqual(self.cron_runs(0), "")
            self.check_images(2, "out/night")

        self.check_code(self.darkroom("schedule", job, "--install", "cron"), 0)
        self.assertEqual(self.tab().count("\n"), 3, self.tab())
        self.check_code(self.darkroom("schedule", job, "--uninstall"), 0)
        self.assertEqual(self.tab(), "MAILTO=me\n5 4 * * * true # mine\n")

    def tab(self):
        with open(self.path("tab"), encoding="utf-8") as file:
            return file.read()

    def test_a_run_by_itself_needs_a_token_that_it_finds(self):
        job = self.nightly({"url": "http://127.0.0.1:1", "token": {"env": "TOKEN"}})
        refused = self.check_code(self.darkroom("schedule", job, "--install", "systemd"), 64)
        self.assertIn("comes from the variable TOKEN", refused.err)
        self.check_code(self.darkroom("schedule", job, "--install", "cron", "--token-file", "no"),
                        66)
        self.write("token", "secret", 0o600)
        self.check_code(self.darkroom("schedule", job, "--install", "cron", "--token-file",
                                      "token"), 0)
        self.assertIn(f"--token-file '{self.path('token')}'", self.tab())

    def test_cron_is_no_scheduler_for_another_time_zone(self):
        zone = "Asia/Shanghai" if time.localtime().tm_gmtoff != 8 * 3600 else "Europe/Paris"
        job = self.nightly({"url": "local"}, timezone=zone)
        self.environment["TZ"] = zone  # of the shell, which cron does not have
        refused = self.check_code(self.darkroom("schedule", job, "--install", "cron"), 64)
        self.assertIn("use --install systemd", refused.err)
        job = self.nightly({"url": "local"}, jitter="90s")
        self.check_code(self.darkroom("schedule", job, "--install", "cron"), 0)
        self.assertIn('sleep "$(shuf -i 0-90 -n 1)"; cd ', self.tab())


    def test_a_crontab_that_cannot_be_read_is_not_replaced(self):
        before = "5 4 * * * backup-everything\n"
        self.write("tab", before)
        self.write("broken", "")
        job = self.nightly({"url": "local"})
        refused = self.check_code(self.darkroom("schedule", job, "--install", "cron"), 64)
        self.assertIn("the crontab cannot be read, and stays as it is", refused.err)
        self.assertIn("I/O error", refused.err)
        self.assertIn("warning: the crontab cannot be read",
                      self.check_code(self.darkroom("schedule", job, "--uninstall"), 0).err)
        self.assertEqual(self.tab(), before)

    def test_a_path_that_no_unit_can_name_is_refused(self):
        for name in ("line\nExecStartPre=touch evil\n", "back\\"):
            os.mkdir(self.path(name))
            job = shutil.copy(self.path(self.nightly({"url": "local"})), self.path(name))
            refused = self.check_code(self.darkroom("schedule", job, "--install", "systemd"), 64)
            self.assertIn("a unit of systemd cannot name", refused.err)
        self.assertFalse(os.path.exists(self.path(".config/systemd/user")))

    def test_without_a_home_the_units_are_found_again(self):
        job = self.nightly({"url": "local"})
        del self.environment["HOME"]
        self.check_code(self.darkroom("schedule", job, "--install", "systemd"), 64)
        self.environment["XDG_CONFIG_HOME"] = "relative"
        self.check_code(self.darkroom("schedule", job, "--install", "systemd"), 64)
        self.environment["XDG_CONFIG_HOME"] = self.path("settings")
        self.check_code(self.darkroom("schedule", job, "--install", "systemd"), 0)
        self.assertEqual(len(os.listdir(self.path("settings/systemd/user"))), 2)
        self.check_code(self.darkroom("schedule", job, "--uninstall"), 0)
        self.assertEqual(os.listdir(self.path("settings/systemd/user")), [])


class Nights(Stage):
    """Each night has a run directory of its own."""

    def nightly(self, at, count=2, **more):
        self.job(at.url, prompts(count), name="nightly-{{date}}",
                 limits={"concurrency": 1}, **more)

    def tonight(self):
        return next(name for name in sorted(os.listdir(self.path("out")), reverse=True))

    def becomes_old(self, date="2026-01-05"):
        """As if the run of tonight had been that of an earlier night."""
        os.rename(self.path("out", self.tonight()), self.path("out", f"nightly-{date}"))
        self.change(f"out/nightly-{date}", "job_name", lambda _: f"nightly-{date}")
        return f"out/nightly-{date}"

    def change(self, directory, name, change):
        with sqlite3.connect(self.path(directory, "journal.db")) as journal:
            (text,), = journal.execute("SELECT text FROM meta WHERE name = ?", (name,))
            journal.execute("UPDATE meta SET text = ? WHERE name = ?", (change(text), name))
        journal.close()

    def stop_one(self, service):
        running = self.start("run", "job.yaml", "--progress", "plain")
        running.wait_for("stderr", "submitted")
        running.signal(signal.SIGINT)
        self.check_code(running.end(), 7)

    def test_an_unfinished_night_comes_first(self):
        with Service(self, "--latency", "300ms") as service:
            self.nightly(service, schedule={"cron": "0 0 * * *", "timezone": "UTC"})
            self.stop_one(service)
            old = self.becomes_old()
            ended = self.check_code(self.darkroom("run", "job.yaml", "--json"), 0)
            self.assertIn(f"{old} was not finished: it comes first", ended.err)
            self.assertEqual([json.loads(line)["directory"] for line in ended.out.splitlines()],
                             [old, "out/" + self.tonight()])
            self.assertRegex(self.tonight(), r"^nightly-20\d\d-\d\d-\d\d$")
            self.check_images(2, old)
            self.check_images(2, "out/" + self.tonight())
            self.check_paid(service, old, "out/" + self.tonight())
            self.assertEqual(len(service.charged()), 4)
            # Nothing is left of either.
            again = self.check_code(self.darkroom("run", "job.yaml", "--json"), 0)
            self.assertEqual((again.out.count("\n"), again.summary()["paid"]), (1, 0))

    def test_without_a_schedule_a_night_is_not_bought_again_after_midnight(self):
        with Service(self, "--latency", "300ms") as service:
            self.nightly(service)
            self.stop_one(service)
            old = self.becomes_old()
            ended = self.check_code(self.darkroom("run", "job.yaml", "--json"), 0)
            self.assertIn(f"{old} was not finished: it comes first, and the next run begins out/",
                          ended.err)
            self.assertEqual(os.listdir(self.path("out")), [os.path.basename(old)])
            self.assertEqual(len(service.charged()), 2)
            self.check_code(self.darkroom("run", "job.yaml"), 0)
            self.assertEqual(len(service.charged()), 4)

    def test_only_the_newest_unfinished_night_is_looked_at_and_only_of_this_name(self):
        with Service(self, "--latency", "300ms") as service:
            self.nightly(service, schedule={"cron": "@daily", "timezone": "UTC"})
            self.stop_one(service)
            shutil.copytree(self.path("out", self.tonight()),
                            self.path("out", "weekly-2026-01-09"))
            shutil.copytree(self.path("out", self.tonight()),
                            self.path("out", "nightly-2026-01-03"))
            old = self.becomes_old()
            self.write("out/nightly-2026-01-07", "no directory")
            ended = self.check_code(self.darkroom("run", "job.yaml", "-n"), 0)
            self.assertIn(f"{old} was not finished", ended.err)
            self.assertNotIn("weekly", ended.err)
            self.assertNotIn("2026-01-03", ended.err)

    def stopped_night(self, service, **more):
        self.nightly(service, schedule={"cron": "@daily", "timezone": "UTC"}, **more)
        self.stop_one(service)
        return self.becomes_old()

    def test_what_is_not_a_night_of_this_job_is_left_alone(self):
        with Service(self, "--latency", "300ms") as service:
            old = self.stopped_night(service)
            shutil.copytree(self.path(old), self.path("out/nightly-2026-01-04"))  # a copy
            os.mkdir(self.path("archive"))
            shutil.move(self.path(old), self.path("archive/night"))
            os.symlink("../archive/night", self.path(old))
            self.write("other.yaml", json.dumps({
                "version": 1, "name": "nightly-2026-01-07", "service": {"url": "local"},
                "limits": {"rate": "1/h"}, "jobs": [{"prompt": "a {dog, cat}"}]}))
            other = self.start("run", "other.yaml", "--progress", "plain")
            other.wait_for("stderr", "saved")
            other.signal(signal.SIGKILL)
            other.end()
            os.makedirs(self.path("out/nightly-2026-01-08/journal.db"))
            os.mkdir(self.path("out/nightly-2026-01-09"))
            self.write("out/nightly-2026-01-09/journal.db", "garbage")
            before = len(service.charged())
            ended = self.check_code(self.darkroom("run", "job.yaml", "--json"), 0)
            self.assertEqual([json.loads(line)["directory"] for line in ended.out.splitlines()],
                             ["out/" + self.tonight()])
            self.assertIn("warning: out/nightly-2026-01-09 is left alone", ended.err)
            self.assertEqual(len(service.charged()), before + 2)

    def test_a_night_is_not_bought_by_another_file_than_its_own(self):
        rows = "thing\ncar 0\ncar 1\n"
        table = [{"id": "p", "prompts": {"file": "rows.csv", "prompt": "{{thing}}"}}]
        for kind in ("file", "table", "option", "include", "settings"):
            with self.subTest(kind), Service(self, "--latency", "300ms") as service:
                shutil.rmtree(self.path("out"), ignore_errors=True)
                self.write("rows.csv", rows)
                self.write("common.yaml", json.dumps({"defaults": {"suffix": "--v 6"}}))
                os.makedirs(self.path(".config/darkroom"), exist_ok=True)
                self.write(".config/darkroom/config.yaml", json.dumps({"output": {}}))
                more_keys = {"include": ["common.yaml"]} if kind == "include" else {}
                schedule = {"cron": "@daily", "timezone": "UTC"}
                jobs = table if kind == "table" else prompts(2)
                self.job(service.url, jobs, name="nightly-{{date}}", schedule=schedule,
                         limits={"concurrency": 1}, **more_keys)
                self.stop_one(service)
                old = self.becomes_old()
                paid = len(service.charged())
                self.assertLess(paid, 2)
                if kind == "table":
                    self.write("rows.csv", "thing\nship 0\nship 1\n")
                if kind == "include":
                    self.write("common.yaml", json.dumps({"defaults": {"suffix": "--v 5"}}))
                if kind == "settings":
                    self.write(".config/darkroom/config.yaml",
                               json.dumps({"output": {"captions": "text"}}))
                options = ["--set", "jobs.0.suffix=--v 5"] if kind == "option" else []
                if kind == "file":
                    self.job(service.url, prompts(3), name="nightly-{{date}}", schedule=schedule)
                ended = self.check_code(self.darkroom("run", "job.yaml", *options), 0)
                self.assertIn(f"warning: {old} was not finished, and the job may have changed since: "
                              "nothing more is bought for it", ended.err)
                more = 3 if kind == "file" else 2
                self.assertEqual(len(service.charged()), paid + more)
                advice = f"darkroom run {self.path('job.yaml')} --output {old}"
                self.assertIn("To buy the rest as the job is now: " + advice
                              + "".join(f" --set '{set}'" for set in options[1:]), ended.err)
                self.assertNotIn("without --settle", ended.err)
                again = self.check_code(self.darkroom("run", "job.yaml", *options), 0)
                self.assertNotIn(old, again.err)  # it was said once
                self.assertEqual(len(service.charged()), paid + more)
                self.assertEqual(len(self.manifest("out/" + self.tonight())), more)

    def test_files_that_changed_while_a_run_waited_are_not_those_that_it_read(self):
        with Service(self, "--latency", "300ms") as service:
            self.write("common.yaml", json.dumps({"defaults": {"suffix": "--v 6"}}))
            self.nightly(service, 4, schedule={"cron": "@daily", "timezone": "UTC"},
                         include=["common.yaml"])
            first = self.start("run", "job.yaml", "--progress", "plain")
            first.wait_for("stderr", "submitted")
            second = self.start("run", "job.yaml", "--progress", "plain", "--if-busy", "wait=5m")
            second.wait_for("stderr", "this run begins afterwards")
            self.write("common.yaml", json.dumps({"defaults": {"suffix": "--v 5"}}))
            first.signal(signal.SIGKILL)
            first.end()
            second.wait_for("stderr", "accepted")
            second.signal(signal.SIGKILL)
            second.end()
            old = self.becomes_old()
            ended = self.check_code(self.darkroom("run", "job.yaml"), 0)
            self.assertIn(f"warning: {old} was not finished, and the job may have changed since",
                          ended.err)
            self.assertEqual(len(self.manifest("out/" + self.tonight())), 4)
            self.assertLessEqual(len(service.charged()), 4 + 2)  # one of each run was on its way

    def test_a_night_that_was_left_is_finished_when_its_job_is_as_it_was(self):
        with Service(self, "--latency", "300ms") as service:
            old = self.stopped_night(service)
            paid = len(service.charged())
            options = ["--set", "jobs.0.suffix=it's --v 5"]
            ended = self.check_code(self.darkroom("run", "job.yaml", *options), 0)
            self.assertIn(f"--output {old} --set 'jobs.0.suffix=it'\\''s --v 5'", ended.err)
            self.assertEqual(len(service.charged()), paid + 2)
            ended = self.check_code(self.darkroom("run", "job.yaml"), 0)
            self.assertIn(f"{old} was not finished: it comes first", ended.err)
            self.check_images(2, old)

    def test_a_night_is_finished_with_the_other_files_of_its_job(self):
        os.mkdir(self.path("wildcards"))
        self.write("wildcards/kinds.txt", "red\nblue\n")
        self.write("common.yaml", json.dumps({"defaults": {"suffix": "--v 6"}}))
        for kind in ("nothing", "wildcards", "glob"):
            with self.subTest(kind), Service(self, "--latency", "300ms") as service:
                shutil.rmtree(self.path("out"), ignore_errors=True)
                word = "__*__" if kind == "glob" else "__kinds__"
                jobs = [{"prompt": f"a {word} boat {{{{n}}}}", "matrix": {"n": [1, 2]}}]
                self.job(service.url, jobs, name="nightly-{{date}}", include=["common.yaml"],
                         schedule={"cron": "@daily", "timezone": "UTC"}, limits={"concurrency": 1})
                self.stop_one(service)
                old = self.becomes_old()
                if kind == "wildcards":
                    self.write("wildcards/kinds.txt", "red\ngreen\n")
                if kind == "glob":
                    self.write("wildcards/more.txt", "green\n")
                ended = self.check_code(self.darkroom("run", "job.yaml"), 0)
                paid = len(service.charged())
                if kind == "nothing":
                    self.assertIn(f"{old} was not finished: it comes first", ended.err)
                    self.check_images(paid // 2, old)
                else:
                    self.assertIn("the job may have changed since", ended.err)

    def test_a_night_is_not_finished_with_files_that_were_put_in_place(self):
        """All of them are older than the night."""
        def swap(old, new):
            os.rename(self.path(old), self.path(old + ".old"))
            os.rename(self.path(new), self.path(old))

        def point(link, to):
            os.remove(self.path(link))
            os.symlink(to, self.path(link))

        table = {"prompts": {"files": ["now/a.csv"], "prompt": "a {{thing}}"}}
        changes = {
            "a folder": ({}, lambda: swap("data", "other")),
            "a link to a folder": ({}, lambda: point("now", "other")),
            "a file of a glob": ({"prompts": {"files": ["now/*.csv"], "prompt": "a {{thing}}"}},
                                 lambda: os.remove(self.path("data/b.csv"))),
            "a wildcard of a glob": ({"prompt": "a __kind/*__ {{n}}", "prompts": None},
                                     lambda: os.remove(self.path("wildcards/kind/b.txt"))),
            "settings": ({}, lambda: shutil.rmtree(self.path(".config"))),
        }
        for kind, (job, change) in changes.items():
            with self.subTest(kind), Service(self, "--latency", "300ms") as service:
                for folder in ("data", "data.old", "other", "now", "wildcards", "out", ".config"):
                    if os.path.islink(self.path(folder)):
                        os.remove(self.path(folder))
                    shutil.rmtree(self.path(folder), ignore_errors=True)
                for folder in ("data", "other", "wildcards/kind", ".config/darkroom"):
                    os.makedirs(self.path(folder))
                os.symlink("data", self.path("now"))
                for name in ("a", "b"):
                    self.write(f"data/{name}.csv", "thing\ncar 0\ncar 1\n")
                    self.write(f"other/{name}.csv", "thing\nship 0\nship 1\n")
                    self.write(f"wildcards/kind/{name}.txt", name + "\n")
                self.write(".config/darkroom/config.yaml", json.dumps({"output": {}}))
                whole = {key: value for key, value in {**table, **job}.items() if value}
                if "prompt" in whole:
                    whole["matrix"] = {"n": [1, 2, 3]}
                self.job(service.url, [whole], name="nightly-{{date}}",
                         schedule={"cron": "@daily", "timezone": "UTC"}, limits={"concurrency": 1})
                self.stop_one(service)
                self.becomes_old()
                change()
                ended = self.check_code(self.darkroom("run", "job.yaml"), 0)
                self.assertIn("the job may have changed since", ended.err)

    def test_a_part_of_a_job_is_no_reason_to_forget_a_night(self):
        with Service(self, "--latency", "300ms") as service:
            old = self.stopped_night(service)
            for part in (["--settle"], ["--limit", "1"], ["--only", "p"]):
                ended = self.darkroom("run", "job.yaml", *part)
                self.assertNotIn("comes first" if part != ["--settle"] else "internal", ended.err)
            ended = self.check_code(self.darkroom("run", "job.yaml"), 0)
            self.assertIn(f"{old} was not finished: it comes first", ended.err)
            self.check_images(2, old)
            self.assertEqual(len(service.charged()), 4)

    def test_unknown_steps_of_last_night_are_asked_about_at_the_end(self):
        with Service(self, faults=[TAKEN_IN_SILENCE]) as service:
            self.nightly(service, 1, schedule={"cron": "@daily", "timezone": "UTC"},
                         service={"timeouts": {"total": "2s"}})
            running = self.start("run", "job.yaml", "--progress", "plain")
            deadline = time.monotonic() + PATIENCE
            while service.ledger()["totals"]["accepted"] < 1:
                self.assertLess(time.monotonic(), deadline, "the service has taken nothing")
            running.signal(signal.SIGKILL)
            running.end()
            old = self.becomes_old()
            # As a run leaves it that has ended by itself, with a step that stays unknown.
            ending = {"exit": 2, "reason": "some_failed", "at": "2026-01-05T04:00:00.000Z"}
            self.change(old, "last_run",
                        lambda note: json.dumps({**json.loads(note), "ended": ending}))
            ended = self.check_code(self.darkroom("run", "job.yaml", "--json"), 0)
            self.assertEqual([json.loads(line)["directory"] for line in ended.out.splitlines()],
                             ["out/" + self.tonight(), old])
            self.check_images(1, old)
            self.check_paid(service, old, "out/" + self.tonight())
            self.assertEqual(len(service.charged()), 2)

    def test_pictures_of_nights_long_ago_are_removed_when_a_run_has_ended(self):
        with Service(self) as service:
            self.nightly(service, schedule={"cron": "@daily", "timezone": "UTC", "keep": "14d"})
            olds = []
            for date in ("2026-01-05", "2026-01-06", "2026-01-07"):
                self.check_code(self.darkroom("run", "job.yaml"), 0)
                olds.append(self.becomes_old(date))
            for old, days in zip(olds, (20, 13, 30)):
                self.ended(old, days)
            os.mkdir(self.path("out", "nightly-2026-01-08"))  # nothing is in it
            self.write(os.path.join(olds[0], "mine.txt"), "a file of a person")
            liked = self.manifest(olds[2])[0]["sha256"]
            self.write(os.path.join(olds[2], "picks.json"), json.dumps(
                {"version": 1, "picks": {}, "images": {liked: {"picked": True}}}))
            self.assertNotIn("Removed", self.darkroom("run", "job.yaml", "-n").err)
            ended = self.check_code(self.darkroom("run", "job.yaml"), 0)
            self.assertIn("Removed 3 files", ended.err)
            self.assertEqual([self.pictures(old) for old in olds], [0, 2, 1])
            self.assertEqual(self.pictures("out/" + self.tonight()), 2)
            with open(self.path(olds[0], "mine.txt"), encoding="utf-8") as file:
                self.assertEqual(file.read(), "a file of a person")
            again = self.check_code(self.darkroom("run", "job.yaml", "-o", olds[0], "--json"), 0)
            self.assertEqual((again.summary()["paid"], again.summary()["images"]), (0, 0))
            self.assertEqual(len(service.charged()), 8)

    def pictures(self, directory):
        return sum(os.path.exists(self.path(directory, line["file"]))
                   for line in self.manifest(directory))

    def ended(self, directory, days_ago):
        """Moves the end of the last run into the past."""
        at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days_ago)
        ended = {"exit": 0, "reason": "all_done", "at": at.strftime("%Y-%m-%dT%H:%M:%S.000Z")}
        self.change(directory, "last_run",
                    lambda note: json.dumps({**json.loads(note), "ended": ended}))

    def test_a_name_is_that_of_the_start_also_for_those_who_read_it_again(self):
        with Service(self) as service:
            self.nightly(service)
            self.check_code(self.darkroom("run", "job.yaml"), 0)
            old = self.becomes_old()
            self.check_code(self.darkroom("status", old), 0)
            self.check_code(self.darkroom("retry", old), 0)
            self.check_code(self.darkroom("plan", "job.yaml"), 0)
            self.assertEqual(os.listdir(self.path("out")), [os.path.basename(old)])
            self.assertEqual(len(service.charged()), 2)


if __name__ == "__main__":
    unittest.main()
