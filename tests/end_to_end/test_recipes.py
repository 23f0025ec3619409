"""docs/recipes.md with examples/recipes, and docs/tutorial.md: every command runs, and gives what
the page promises."""
import collections
import glob
import json
import os
import re
import shutil
import stat
import subprocess
import unittest

from stage import PATIENCE, PROGRAM, SOURCE, Service, Stage

PAGE = os.path.join(SOURCE, "docs", "recipes.md")
FOLDER = os.path.join(SOURCE, "examples", "recipes")
WRITTEN_DOWN = """#!/bin/sh
echo "$(basename "$0") $*" >>"$HOME/calls"
"""
# What crontab(1) does, without a daemon.
CRONTAB = """#!/bin/sh
if [ "$1" = -l ]; then test -f "$HOME/tab" || exit 1; exec cat "$HOME/tab"; fi
cat "$1" >"$HOME/tab.new" && exec mv "$HOME/tab.new" "$HOME/tab"
"""
# What sbatch(1) does with an array: here all its tasks at once, and it waits for them.
SBATCH = """#!/bin/sh
range=$(sed -n 's/^#SBATCH --array=//p' "$1")
first=${range%-*} last=${range#*-}
for id in $(seq "$first" "$last"); do
    SLURM_ARRAY_TASK_ID=$id SLURM_ARRAY_TASK_MIN=$first SLURM_ARRAY_TASK_STEP=1 \\
        SLURM_ARRAY_TASK_COUNT=$((last - first + 1)) bash "$1" >"slurm-$id.out" 2>&1 &
    tasks="$tasks $!"
done
for task in $tasks; do wait "$task" || exit 1; done
"""
STAND_INS = {"crontab": CRONTAB, "sbatch": SBATCH, "systemctl": WRITTEN_DOWN,
             "loginctl": WRITTEN_DOWN}


def sections(page=PAGE):
    """Returns the text of each section of a page, by its title."""
    with open(page, encoding="utf-8") as file:
        parts = re.split(r"^## (.+)$", file.read(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def blocks_of(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


class Shell(Stage):
    """A test case that runs blocks of a page, with programs of its own in front of the PATH."""

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("bin"))
        self.environment["PATH"] = self.path("bin") + ":" + self.environment["PATH"]

    def bash(self, script, stdin=""):
        ended = subprocess.run(["bash", "-e", "-c", script], cwd=self.directory, input=stdin,
                               env=self.environment, text=True, timeout=PATIENCE, check=False,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(ended.returncode, 0, f"{script}\n{ended.stdout}")
        self.assertNotIn("internal error", ended.stdout)
        return ended.stdout

    def status(self, directory):
        return self.check_code(self.darkroom("status", directory, "--json"), 0).summary()

    def check_paid_for(self, directory, paid, images):
        """Checks the counts of a run directory in which nothing is left to do."""
        status = self.status(directory)
        self.assertEqual((status["paid"], status["images"]), (paid, images), status)
        self.assertEqual(status["steps"]["done"], status["total"], status)

    def check_shown(self, shown, printed):
        """Checks that each line of a block was printed; … stands for any characters in it."""
        for line in shown.splitlines():
            pattern = ".*".join(map(re.escape, line.split("…")))
            self.assertRegex(printed, pattern)


class Recipes(Shell):
    def setUp(self):
        super().setUp()
        shutil.copytree(FOLDER, self.directory, dirs_exist_ok=True)
        for name, text in STAND_INS.items():
            self.write(f"bin/{name}", text, 0o755)
        os.symlink(PROGRAM, self.path("bin/darkroom"))

    def run_section(self, title, stdin=""):
        """Runs the commands of a section in order; returns what each block has printed."""
        return [self.bash(block, stdin) for block in blocks_of(sections()[title], "sh")]

    def test_nightly_product_shots(self):
        planned, = self.run_section("Nightly product shots")
        self.assertRegex(planned, r"total +8 ")
        self.assertEqual(len(re.findall(r"(?m)^  20.+ 03:00 .+ out/products-20", planned)), 5)
        self.assertIn("This run: 0 generations paid", planned)
        night, = glob.glob(self.path("out/products-20??-??-??"))
        self.check_paid_for(night, 8, 8)
        files = sorted(os.listdir(os.path.join(night, "images")))
        self.assertEqual(files[-2:], ["T-101-generate.png", "T-101-upscale1.png"])
        self.assertIn("T-100-upscale1.png", files)
        prompts = {line["prompt"] for line in self.manifest(night)}
        self.assertIn("a cutting board made of oak on a marble table, product photo, soft light "
                      "--ar 4:5", prompts)

    def test_mail_only_on_failure(self):
        _, quiet, mail = self.run_section("Mail only on failure")
        self.assertEqual(quiet, "")
        with open(self.path("tab"), encoding="utf-8") as file:
            tab = file.read().splitlines()
        self.assertEqual(tab[0], "MAILTO=you@example.org")
        self.assertIn("run --quiet --yes --if-busy skip", tab[-1])
        shown, = blocks_of(sections()["Mail only on failure"], "text")
        self.check_shown(re.sub(r"(?m)^20\S+Z", "…", shown), mail)
        self.assertEqual(mail.count("\n"), shown.count("\n"))
        self.check_code(self.darkroom("schedule", "quiet.yaml", "--uninstall"), 0)
        with open(self.path("tab"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "MAILTO=you@example.org\n")

    def test_systemd_with_credentials(self):
        printed, = self.run_section("systemd with credentials", "a-token-that-is-pasted\n")
        token = self.path(".config/darkroom/token")
        self.assertEqual(stat.S_IMODE(os.stat(token).st_mode), 0o600)
        units = self.path(".config/systemd/user")
        self.assertEqual(sorted(os.listdir(units)),
                         ["darkroom-timer.service", "darkroom-timer.timer"])
        with open(os.path.join(units, "darkroom-timer.service"), encoding="utf-8") as file:
            service = file.read()
        self.assertIn(f"LoadCredential=token:{token}\n", service)
        self.assertNotIn("a-token-that", service + printed)
        with open(self.path("calls"), encoding="utf-8") as file:
            calls = file.read()
        self.assertIn("enable --now darkroom-timer.timer", calls)
        self.assertIn("loginctl enable-linger", calls)
        self.check_paid_for("out/rehearsal", 2, 2)

    def test_four_upscales_and_a_pick(self):
        first, second = self.run_section("Four upscales and a pick")
        self.assertEqual(len(re.findall(r"(?m)^\w+  heron/\d  pick 1\.\.2 of ", first)), 2)
        self.assertIn("out/posters/pick.html", second)
        self.check_paid_for("out/posters", 13, 13)
        self.assertEqual(len(glob.glob(self.path("posters-picked/*.png"))), 3)
        self.assertTrue(os.path.exists(self.path("posters-picked/contact-sheet.html")))

    def test_a_data_set_for_a_lora(self):
        self.run_section("A data set for a LoRA")
        self.check_paid_for("out/lora", 6, 30)
        images = glob.glob(self.path("out/lora/images/**/*.png"), recursive=True)
        self.assertEqual(len(images), 30)
        for image in images:
            self.assertEqual(stat.S_IMODE(os.stat(image).st_mode), 0o600)
            with open(image.removesuffix(".png") + ".txt", encoding="utf-8") as file:
                self.assertRegex(file.read(), r"^a .*blue ink on rice paper$")
        rows = [row for path in glob.glob(self.path("lora-data/*/metadata.jsonl"))
                for row in self.lines(path)]
        self.assertEqual(len(rows), 24)
        self.assertEqual({row["text"][:2] for row in rows}, {"a "})

    def test_a_million_rows_over_machines(self):
        subprocess.run(["bash", "-n", self.path("million.sbatch")], check=True, timeout=PATIENCE)
        planned, _, merged = self.run_section("A million rows over machines")
        self.assertRegex(planned, r"total +12 ")
        self.assertEqual(self.status("out/trial")["paid"], 2)
        shards = glob.glob(self.path("out/million-shard-?-of-4"))
        self.assertEqual(sum(self.status(shard)["paid"] for shard in shards), 12)
        self.assertIn("This run: 0 generations paid", merged)
        self.check_paid_for("out/million", 12, 12)

    def test_machines_share_the_budget(self):
        for shard, part in (("1/2", 2), ("2/2", 1)):
            ended = self.darkroom("run", "million.yaml", "--shard", shard, "--json", "-q",
                                  "--set", "budget.generations=3", "--budget-share")
            self.assertEqual(self.check_code(ended, 3).summary()["paid"], part)

    def test_two_accounts(self):
        self.write("studio.token", "a-token-of-the-studio\n", 0o600)
        self.write("spare.token", "a-token-to-spare\n", 0o600)
        self.run_section("Two accounts")
        accounts = {account["name"]: account for account in
                    self.status("out/accounts")["accounts"]}
        self.assertEqual((accounts["studio"]["paid"], accounts["spare"]["paid"]), (13, 3))
        self.check_paid_for("out/accounts", 16, 16)

    def test_resume_after_a_crash(self):
        printed, = self.run_section("Resume after a crash")
        self.assertIn("Killed: the run of process", printed)
        self.assertIn("12 of 12 steps done", printed)
        self.check_paid_for("out/crash", 12, 12)
        tasks = [line["task_id"] for line in self.manifest("out/crash")]
        self.assertEqual(len(set(tasks)), 12)

    def test_a_bug_report(self):
        printed, = self.run_section("A bug report")
        self.assertIn("exit 2\n", printed)
        with open(self.path("report.json"), encoding="utf-8") as file:
            report = json.load(file)
        self.assertEqual([step["step"] if "step" in step else step["job"]
                          for step in report["failed"]][:1], ["bad"])
        self.assertGreaterEqual(len(report["exchanges"]), 2)
        self.assertEqual(report["problems"], [])

    def test_from_an_excel_sheet(self):
        printed, = self.run_section("From an Excel sheet")
        for found in ("';' between the columns", "UTF-16LE", "Teekanne für grünen Tee",
                      "青花瓷茶壶"):
            self.assertIn(found, printed)
        self.check_paid_for("out/excel", 7, 7)
        prompts = [line["prompt"] for line in self.manifest("out/excel")]
        self.assertEqual(sum("--ar" not in prompt for prompt in prompts), 2)
        self.assertIn("Schüssel, groß; blau, product photo", prompts)


class Page(Stage):
    def test_every_section_with_commands_is_run_by_a_test(self):
        for title, text in sections().items():
            self.assertTrue(blocks_of(text, "sh"), title)
            name = "test_" + re.sub(r"\W+", "_", title.lower())
            self.assertTrue(hasattr(Recipes, name), name)
        self.assertEqual(len(sections()), 10)

    def test_every_file_is_linked_and_every_recipe_is_valid(self):
        with open(PAGE, encoding="utf-8") as file:
            linked = set(re.findall(r"\(\.\./examples/recipes/([^)\s]+)\)", file.read()))
        self.assertEqual(linked, set(os.listdir(FOLDER)))
        for name in sorted(glob.glob(os.path.join(FOLDER, "*.yaml"))):
            self.check_code(self.darkroom("validate", "--strict", name), 0)

    def test_what_the_page_shows_stands_in_the_files(self):
        shown = collections.Counter()
        for title, text in sections().items():
            for block in blocks_of(text, "yaml"):
                with open(os.path.join(FOLDER, re.search(r"recipes/(\S+\.yaml)\)", text)[1]),
                          encoding="utf-8") as file:
                    lines = iter(file.read().splitlines())
                for line in block.splitlines():  # in their order
                    plain = re.split(r" +#", line)[0]
                    self.assertIn(plain, (re.split(r" +#", one)[0] for one in lines), title)
                    shown[title] += 1
        self.assertGreaterEqual(len(shown), 5)


class Tutorial(Shell):
    """The page runs as it is, its job files too. Where it means the real service, the darkroom in
    the PATH adds the address of a service of the test, and a rate that needs no half an hour."""

    def test_the_first_hundred_pictures(self):
        with Service(self, token=self.environment["TOKEN"]) as service:
            self.write("bin/darkroom", f"""#!/bin/sh
case "$*" in
*--service*) set -- "$@" --rate 50/s ;;
"run "*) set -- "$@" --rate 50/s --concurrency 20 --service {service.url} --progress plain ;;
esac
exec {PROGRAM} "$@"
""", 0o755)
            printed = ""
            for text in sections(os.path.join(SOURCE, "docs", "tutorial.md")).values():
                for language, block in re.findall(r"(?ms)^```(\w+)\n(.*?)^```$", text):
                    if language == "yaml":
                        self.write("birds.yaml", block)
                    elif language == "sh":
                        printed = self.bash(block, self.environment["TOKEN"] + "\n")
                    else:
                        self.check_shown(block, printed)
                if "budget: {generations: 100}" in text:
                    self.assertIn("This run: 0 generations paid", printed)
            self.assertEqual(stat.S_IMODE(os.stat(self.path("token")).st_mode), 0o600)
            self.assertEqual(self.status("out/rehearsal")["paid"], 5)
            self.check_paid_for("out/birds", 100, 100)
            self.check_paid(service, "out/birds")
            self.assertEqual(len(glob.glob(self.path("birds/*.png"))), 100)
            self.assertTrue(os.path.exists(self.path("out/birds/gallery.html")))


if __name__ == "__main__":
    unittest.main(verbosity=2)
