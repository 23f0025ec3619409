"""The installed library: a program is built against it, in both ways, and runs a job."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

SOURCE = os.environ["DARKROOM_SOURCE"]
BUILD = os.environ["DARKROOM_BUILD"]
PATIENCE = 300


class Library(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="darkroom-library-")
        cls.addClassCleanup(shutil.rmtree, cls.root, ignore_errors=True)
        cls.environment = {"PATH": os.environ["PATH"], "HOME": cls.root, "LANG": "C.UTF-8"}
        # The commands of the page, in a copy of what they name.
        shutil.copytree(os.path.join(SOURCE, "examples"), cls.path("examples"))
        os.mkdir(cls.path("build"))
        os.symlink(BUILD, cls.path("build", "release"))
        with open(os.path.join(SOURCE, "docs", "library.md"), encoding="utf-8") as page:
            blocks = re.findall(r"(?ms)^```sh\n(.*?)^```", page.read())
        cls.driven = cls.call("bash", "-ec", blocks[0]).stdout
        cls.embedded = cls.call("bash", "-ec", blocks[1]).stdout
        # What is installed may be moved as a whole.
        os.rename(cls.path(".local"), cls.path("moved"))

    @classmethod
    def path(cls, *names):
        return os.path.join(cls.root, *names)

    @classmethod
    def call(cls, *words, code=0, **extra):
        ended = subprocess.run(words, cwd=cls.root, env={**cls.environment, **extra}, text=True,
                               capture_output=True, timeout=PATIENCE, check=False)
        if ended.returncode != code:
            raise AssertionError(f"{words}: {ended}")
        return ended

    def job(self, name, pictures):
        with open(self.path(name + ".yaml"), "w", encoding="utf-8") as file:
            json.dump({"version": 1, "service": {"url": "local"},
                       "limits": {"rate": "50/s", "concurrency": 1},
                       "jobs": [{"id": "p", "prompt": "a {{colour}} fox", "matrix": {
                           "colour": [f"shade {number}" for number in range(pictures)]}}]}, file)
        return name + ".yaml"

    def charged(self, name):
        with open(self.path("out", name, "service", "tasks.jsonl"), encoding="utf-8") as file:
            return sum('"fact":"accepted"' in line for line in file)

    def test_the_page_shows_both_ways(self):
        pictures = re.compile(r" -> \S+\.png$", re.M)
        self.assertGreater(len(pictures.findall(self.driven)), 2)
        # The driver has made them: they are not bought again.
        self.assertRegex(self.embedded, r"\n[1-9]\d* done, 0 pictures, 0 paid\n$")

    def test_a_program_runs_a_job_and_runs_it_again_for_nothing(self):
        job = self.job("whole", 2)
        first = self.call(self.path("build", "embed", "embed"), job)
        self.assertIn("whole: 2 items, up to 2 steps, at most 0.052 pretend USD", first.stdout)
        self.assertEqual(first.stdout.count(" -> out/whole/images/"), 2)
        self.assertIn("2 done, 2 pictures, 2 paid", first.stdout)
        self.assertIn("Done. 2 of 2 steps done.", first.stderr)
        again = self.call(self.path("build", "embed", "embed"), job)
        self.assertIn("2 done, 0 pictures, 0 paid", again.stdout)
        self.assertEqual(self.charged("whole"), 2)

    def test_an_observer_can_cancel_the_run(self):
        job = self.job("part", 6)
        part = self.call(self.path("build", "embed", "embed"), job, "2", code=7)
        done = part.stdout.count(" -> ")
        self.assertIn(done, (2, 3))
        self.assertIn(f"{done} done, {done} pictures, {done} paid", part.stdout)
        rest = self.call(self.path("build", "embed", "embed"), job)
        self.assertIn(f"6 done, {6 - done} pictures, {6 - done} paid", rest.stdout)
        self.assertEqual(self.charged("part"), 6)

    def test_what_cannot_be_used_is_an_exception_with_all_findings(self):
        self.assertIn("none.yaml", self.call(self.path("build", "embed", "embed"), "none.yaml",
                                             code=66).stderr)
        with open(self.path("bad.yaml"), "w", encoding="utf-8") as file:
            file.write("version: 2\njobs: [{prompts: none.csv}]\n")
        bad = self.call(self.path("build", "embed", "embed"), "bad.yaml", code=65).stderr
        self.assertIn("bad.yaml:1:10: error: 'version' needs 1", bad)
        self.assertIn("none.csv", bad)

    def test_another_thread_can_cancel_and_settings_change_the_job(self):
        with open(self.path("thread.cpp"), "w", encoding="utf-8") as file:
            file.write(r'''
#include <darkroom/run.hpp>
#include <cstdio>
#include <future>
#include <thread>
namespace embed = darkroom::embed;
struct Seen : embed::Observer {
    std::promise<void> first;
    bool has_first = false;
    int saved = 0;
    void on_event(embed::Event const& event) override {
        if (event.kind == embed::Event::Kind::submitted && !has_first) {
            has_first = true;
            first.set_value();
        }
        saved += event.kind == embed::Event::Kind::saved;
    }
};
int main() {
    embed::Settings settings;
    settings.set = {{"limits.rate", "20/s"}};
    settings.limit = 4;
    settings.directory = "elsewhere";
    auto const job = embed::Job::load("thread.yaml", settings);
    Seen seen;
    embed::Run run(job);
    std::thread other([&] { seen.first.get_future().wait(); run.cancel(); });
    auto const result = run.run(seen);
    other.join();
    run.cancel(); // of a run that has ended: nothing
    std::printf("%d %s %d %d\n", result.exit_code, job.directory().c_str(), int(job.plan().items),
                int(result.images) == seen.saved);
    embed::Run late(job);
    late.cancel(); // before it has begun
    embed::Observer nobody;
    std::printf("%d\n", late.run(nobody).exit_code);
    settings.limit = 1;
    embed::Run rest(embed::Job::load("thread.yaml", settings));
    std::printf("%d\n", rest.run(nobody).exit_code);
}
''')
        self.job("thread", 50)
        flags = self.call("pkg-config", "--cflags", "--libs", "darkroom",
                          PKG_CONFIG_PATH=self.path("moved", "lib", "pkgconfig")).stdout.split()
        self.call("g++", "-std=c++17", "thread.cpp", "-o", "thread", *flags)
        self.assertEqual(self.call(self.path("thread")).stdout.splitlines(),
                         ["7 elsewhere 4 1", "7", "0"])


if __name__ == "__main__":
    unittest.main()
