"""The README, the pages and the examples are true."""
import glob
import json
import os
import re
import shlex
import shutil
import subprocess
import unittest

from stage import PATIENCE, PROGRAM, SOURCE, Service, Stage

SET_UP = {"examples/quickstart.sh", "examples/package.sh", "tests/run.sh"}
INSTALL = "apt install "  # tests/package/test_installed.py does it, in a system of its own


def blocks_of(path, language):
    """Returns the fenced blocks of a Markdown file in one language."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def cases_of_tests():
    """Returns the names of all test cases, and of all files below tests/."""
    names = set()
    for path in glob.glob(os.path.join(SOURCE, "tests", "**", "*.*"), recursive=True):
        names.add(os.path.relpath(path, os.path.join(SOURCE, "tests")))
        if path.endswith((".cpp", ".py")):
            with open(path, encoding="utf-8") as file:
                names.update(re.findall(r"_TEST_CASE\(\s*(\w+)|def (test_\w+)\(", file.read()))
    return {name for found in names for name in ([found] if isinstance(found, str) else found)}


class Readme(Stage):
    README = os.path.join(SOURCE, "README.md")

    def test_every_command_does_what_it_says(self):
        """Runs the commands in order, in one directory, with the job file above them."""
        bin_directory = self.path("bin")
        os.mkdir(bin_directory)
        os.symlink(PROGRAM, os.path.join(bin_directory, "darkroom"))
        self.environment["PATH"] = bin_directory + ":" + self.environment["PATH"]
        files = blocks_of(self.README, "yaml")
        self.assertTrue(files)
        self.write("first.yaml", files[0])
        executed = 0
        for block in blocks_of(self.README, "sh"):
            for line in block.splitlines():
                command = line.split("#")[0].strip()
                if not command:
                    continue
                if command in SET_UP:
                    self.check_set_up(command)
                    continue
                if command.startswith(INSTALL):
                    self.check_package(command.removeprefix(INSTALL))
                    continue
                ended = subprocess.run(["bash", "-c", command], cwd=self.directory,
                                       env=self.environment, capture_output=True, text=True,
                                       timeout=PATIENCE, check=False)
                self.assertEqual(ended.returncode, 0, f"{command}\n{ended.stdout}{ended.stderr}")
                executed += 1
        self.assertGreaterEqual(executed, 4)

    def check_set_up(self, command):
        """Checks only that the script is well-formed, since it runs the build or the tests."""
        path = os.path.join(SOURCE, shlex.split(command)[0])
        self.assertTrue(os.access(path, os.X_OK), command)
        subprocess.run(["bash", "-n", path], check=True, timeout=PATIENCE)

    def check_package(self, file):
        """The package that is installed has the version of the program."""
        version = self.darkroom("--version").out.split()[1]
        self.assertEqual(file, f"./darkroom_{version}_amd64.deb")

    def test_every_link_leads_somewhere(self):
        documents = [self.README, ChineseReadme.README, os.path.join(SOURCE, "SECURITY.md"),
                     *glob.glob(os.path.join(SOURCE, "docs", "*.md"))]
        for document in documents:
            with open(document, encoding="utf-8") as file:
                links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", file.read())
            for link in links:
                if "://" in link:
                    continue
                target = os.path.join(os.path.dirname(document), link)
                self.assertTrue(os.path.exists(target), f"{document}: {link}")

    def test_every_option_is_documented(self):
        with open(os.path.join(SOURCE, "docs", "cli.md"), encoding="utf-8") as file:
            text = file.read()
        for command in ("init", "run", "plan", "validate", "diff", "status", "pick", "merge",
                        "export", "retry", "resolve", "audit", "schema", "serve", "help"):
            shown = self.check_code(self.darkroom(command, "--help"), 0).out
            options = shown[shown.index("Usage:"):]
            for option in set(re.findall(r"--[a-z][a-z-]+", options)):
                self.assertIn(f"`{option}", text, f"{option} of {command}")


class ChineseReadme(unittest.TestCase):
    """README.zh-CN.md says what README.md says: the same commands, sections and links."""
    README = os.path.join(SOURCE, "README.zh-CN.md")

    def test_its_blocks_are_the_same_apart_from_comments(self):
        for language in ("sh", "yaml"):
            ours, theirs = ([re.sub(r" *#.*", "", block) for block in blocks_of(page, language)]
                            for page in (self.README, Readme.README))
            self.assertTrue(ours)
            self.assertEqual(ours, theirs)

    def test_it_has_the_same_sections_rows_and_links(self):
        def shape(path):
            with open(path, encoding="utf-8") as file:
                text = re.sub(r"(?ms)^```.*?^```$", "", file.read())
            return {"headings": re.findall(r"(?m)^#+ ", text),
                    "rows": len(re.findall(r"(?m)^\|", text)),
                    "links": [link for link in re.findall(r"\]\(([^)\s]+)\)", text)
                              if not link.startswith("README")],
                    "points": len(re.findall(r"(?m)^\d\. ", text)),
                    "names": sorted(set(re.findall(r"`[^`]+`", text)))}

        self.assertEqual(shape(self.README), shape(Readme.README))

    def test_each_names_the_other_at_its_top(self):
        for page, other in ((self.README, Readme.README), (Readme.README, self.README)):
            with open(page, encoding="utf-8") as file:
                self.assertIn(f"]({os.path.basename(other)})", "".join(file.readlines()[:4]))


class Quickstart(Stage):
    @unittest.skipUnless(PROGRAM == os.path.join(SOURCE, "build", "release", "bin", "darkroom"),
                         "it would build the program first")
    def test_it_ends_in_pictures_and_pays_once(self):
        for paid in (5, 0):
            ended = subprocess.run(
                [os.path.join(SOURCE, "examples", "quickstart.sh"), self.path("my pictures")],
                cwd=self.directory, env=self.environment, capture_output=True, text=True,
                timeout=PATIENCE, check=False)
            self.assertEqual(ended.returncode, 0, f"{ended.stdout}{ended.stderr}")
            self.assertIn("gallery   ", ended.stdout)
            os.remove(self.path("my pictures", "gallery.html"))
            shutil.rmtree(self.path("my pictures", "thumbs"))
            self.check_images(5, "my pictures")
            summary = re.search(r"summary +(.+)", ended.stdout).group(1)
            with open(summary, encoding="utf-8") as file:
                self.assertEqual(json.load(file)["paid"], paid)


class Examples(Stage):
    def test_every_example_runs_against_the_built_in_service(self):
        examples = sorted(glob.glob(os.path.join(SOURCE, "examples", "*.yaml")))
        self.assertTrue(examples)
        for example in examples:
            name = os.path.basename(example)
            with self.subTest(name):
                self.check_code(self.darkroom("validate", "--strict", example), 0)
                ended = self.darkroom("run", example, "--service", "local", "-o", name + ".out",
                                      "--json", "--rate", "50/s", "-q")
                self.check_code(ended, 0)
                self.check_images(ended.summary()["images"], name + ".out")


class JobFilePage(Stage):
    """docs/job-file.md and docs/prompts.md: each whole job file in them runs, each key has a row."""

    # These would need a callback from outside, an image of an earlier run, or a database.
    PLANNED_ONLY = re.compile(r"public_url:|image_id:|patience:")

    def blocks(self):
        for name in ("job-file.md", "prompts.md"):
            for block in blocks_of(os.path.join(SOURCE, "docs", name), "yaml"):
                if block.startswith("version: "):
                    yield block

    def test_the_table_that_is_shown_is_the_one_that_runs(self):
        with open(os.path.join(SOURCE, "tests", "end_to_end", "beside", "prompts.csv"),
                  encoding="utf-8") as file:
            self.assertEqual(blocks_of(os.path.join(SOURCE, "docs", "job-file.md"), "csv"),
                             [file.read()])

    def copy_files(self):
        for folder in (("end_to_end", "beside"), ("jobs", "files")):
            shutil.copytree(os.path.join(SOURCE, "tests", *folder), self.directory,
                            dirs_exist_ok=True)

    def test_every_entry_for_a_file_of_your_own_is_planned(self):
        """The entries of the table "You have | Write", as the page shows them."""
        self.copy_files()
        with open(os.path.join(SOURCE, "docs", "job-file.md"), encoding="utf-8") as file:
            section = re.search(r"### Files of your own\n(.*?)\n### ", file.read(), re.DOTALL)
        entries = re.findall(r"^\| .+? \| `(- \{.*\})` \|$", section.group(1), re.MULTILINE)
        self.assertGreaterEqual(len(entries), 15)
        for number, entry in enumerate(entries):
            with self.subTest(entry):
                text = "version: 1\nservice: {url: local}\njobs:\n  " + entry.replace("\\|", "|")
                file = self.write(f"own-{number}.yaml", text + "\n")
                self.check_code(self.darkroom("validate", "--strict", file), 0)
                planned = self.check_code(self.darkroom("plan", file, "--list"), 0)
                self.assertGreater(len(planned.out.splitlines()), 1)

    def test_every_job_file_runs(self):
        self.copy_files()
        self.environment.update(STUDIO_TOKEN="studio", ACEDATACLOUD_API_TOKEN="acedata",
                                HOOK_SECRET="secret")
        self.write("token", self.environment["TOKEN"])
        blocks = list(self.blocks())
        self.assertGreater(len(blocks), 10)
        with Service(self) as service:
            for number, block in enumerate(blocks):
                with self.subTest(block):
                    file = self.write(f"block-{number}.yaml", block)
                    self.check_code(self.darkroom("validate", "--strict", file), 0)
                    self.check_code(self.darkroom("plan", file, "--list"), 0)
                    if self.PLANNED_ONLY.search(block):
                        continue
                    token = [] if "accounts:" in block else ["--token-file", "token"]
                    ended = self.darkroom("run", file, "--service", service.url, "-q", "--json",
                                          "-o", f"block-{number}", *token)
                    self.check_code(ended, 0)
                    self.assertGreater(ended.summary()["steps"]["done"], 0)

    def keys(self):
        """Returns every key of the schema, except the prices of single actions."""
        with open(os.path.join(SOURCE, "docs", "job.schema.json"), encoding="utf-8") as file:
            schema = json.load(file)
        prices = schema["definitions"].pop("prices")["properties"]
        keys = {key for key in prices if key in ("currency", "default", "generate", "upscale")}

        def walk(value):
            if isinstance(value, list):
                for one in value:
                    walk(one)
            if isinstance(value, dict):
                keys.update(value.get("properties", {}))
                for one in value.values():
                    walk(one)

        walk(schema)
        return keys

    def test_every_key_has_a_row_and_an_example_that_runs(self):
        examples = "\n".join(self.blocks())
        with open(os.path.join(SOURCE, "docs", "job-file.md"), encoding="utf-8") as file:
            rows = [line for line in file if line.startswith("| ")]
        keys = self.keys()
        self.assertGreater(len(keys), 60)
        for key in sorted(keys):
            self.assertRegex(examples, rf"(?m)(^|[\s{{-]){key}:", f"no example has '{key}'")
            named = re.compile(rf"`([A-Za-z_]+\.)?{key}`|`\{{([a-z]+, )*{key}[,:}}]")
            self.assertTrue([row for row in rows if named.search(row)], f"no row for '{key}'")


class SecurityPage(Stage):
    """SECURITY.md: each row of "who may do what" names tests that there are."""

    def test_every_row_names_its_tests(self):
        with open(os.path.join(SOURCE, "SECURITY.md"), encoding="utf-8") as file:
            rows = [line.strip("| \n").split(" | ") for line in file if line.startswith("| ")]
        rows = [row for row in rows if row[0] not in ("who", "---")]
        self.assertGreater(len(rows), 8)
        cases = cases_of_tests()
        for row in rows:
            named = re.findall(r"`(\w+)`", row[3])
            self.assertTrue(named, row)
            self.assertEqual(set(named) - cases, set(), row)


class ContractPage(Stage):
    """docs/contract.md: the contract row by row, with its sources and its tests."""

    def rows(self):
        with open(os.path.join(SOURCE, "docs", "contract.md"), encoding="utf-8") as file:
            rows = [line.strip("| \n").split(" | ") for line in file
                    if line.startswith("| ") and not line.startswith("| ---")]
        return [row for row in rows if row[0] not in ("Contract", "§14")]

    def test_every_row_of_the_contract_is_there(self):
        firsts = [row[0] for row in self.rows()]
        sections = {first.split()[0].split(".")[0] for first in firsts if first.startswith("§")}
        self.assertEqual(sections, {f"§{number}" for number in [*range(2, 14), 16]})
        conflicts = [first.split()[0] for first in firsts if not first.startswith("§")]
        self.assertEqual(conflicts, [str(number) for number in range(1, 23)])

    def test_the_fault_script_of_its_page_is_one(self):
        scripts = [block for block in blocks_of(os.path.join(SOURCE, "docs", "faults.md"), "yaml")
                   if "faults:" in block]
        self.assertEqual(len(scripts), 1)
        with Service(self, "--faults", self.write("faults.yaml", scripts[0])) as service:
            self.assertEqual(service.strikes(), [0] * scripts[0].count("do:"))

    def test_every_source_and_every_test_of_a_row_exists(self):
        cases = cases_of_tests()
        self.assertGreater(len(cases), 500)
        for row in self.rows():
            served = 1 if len(row) == 3 else 2
            for source in re.findall(r"`([^`]+)`", row[served]):
                self.assertTrue(os.path.exists(os.path.join(SOURCE, "runner/studio", source)),
                                f"{row[0]}: {source}")
            tests = re.findall(r"`([^`]+)`", row[-1])
            self.assertTrue(tests, row[0])
            for test in tests:
                in_room = test if "/" in test else f"studio/{test}"
                self.assertTrue(test in cases or in_room in cases, f"{row[0]}: {test}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
