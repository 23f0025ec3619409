"""What somebody meets who has never used the program: its help, its answers to slips of the fingers,
and the first job file that it writes."""
import json
import os
import unittest

from stage import Stage

COMMANDS = ("init", "validate", "plan", "run", "schedule", "status", "retry", "pick", "gallery", "export", "merge",
            "verify", "clean", "diff", "resolve", "ctl", "ledger", "audit", "report", "schema", "serve", "completion",
            "help", "version")


class Help(Stage):
    def test_the_list_of_commands_is_one_screen(self):
        shown = self.check_code(self.darkroom("--help"), 0).out
        lines = shown.splitlines()
        self.assertLessEqual(len(lines), 38, shown)
        self.assertLessEqual(max(map(len, lines)), 80, shown)
        for command in COMMANDS:
            self.assertEqual(sum(line.startswith(f"  {command} ") for line in lines), 1, command)
        self.assertIn("docs/cli.md", shown)

    def test_the_help_of_a_command_begins_with_examples_and_ends_with_exit_codes(self):
        for command in COMMANDS[:-2]:
            with self.subTest(command):
                shown = self.check_code(self.darkroom(command, "-h"), 0).out
                self.assertLess(shown.index("Examples:"), shown.index("Usage:"))
                self.assertLess(shown.index("Usage:"), shown.index("Exit codes:"))

    def test_defaults_are_shown(self):
        self.assertIn("=job.yaml", self.darkroom("init", "--help").out)
        self.assertRegex(self.darkroom("run", "--help").out, r"--progress \S+=auto")

    def test_help_and_version_are_commands_too(self):
        shown = self.darkroom("--help").out
        self.assertEqual(self.check_code(self.darkroom("help"), 0).out.strip(), shown.strip())
        self.assertEqual(self.check_code(self.darkroom("help", "plan"), 0).out.strip(),
                         self.darkroom("plan", "--help").out.strip())
        versions = {self.check_code(self.darkroom(word), 0).out
                    for word in ("version", "--version", "-V")}
        self.assertEqual(len(versions), 1, versions)
        self.assertRegex(versions.pop(), r"^darkroom \d+\.\d+\.\d+\n$")

    def test_without_a_word_it_lists_the_commands_as_an_error(self):
        ended = self.check_code(self.darkroom(), 64)
        self.assertEqual(ended.out, "")
        self.assertIn("  run ", ended.err)


class Slips(Stage):
    def check_slip(self, words, code, said):
        ended = self.check_code(self.darkroom(*words), code)
        self.assertEqual(ended.out, "")
        self.assertIn(said, ended.err)

    def test_a_word_that_is_nearly_right_is_recognised(self):
        self.write("cars.yaml", "version: 1\njobs: [{prompt: a}]\n")
        os.makedirs(self.path("sub"))
        self.write("sub/boats.yaml", "version: 1\njobs: [{prompt: a}]\n")
        for words, code, said in (
                (["rnu", "cars.yaml"], 64, "there is no command 'rnu', did you mean 'run'?"),
                (["help", "plam"], 64, "there is no command 'plam', did you mean 'plan'?"),
                (["run", "cars.yaml", "--otput", "x"], 64,
                 "'run' has no option --otput, did you mean '--output'?"),
                (["plan", "--only-job=x", "cars.yaml"], 64, "'plan' has no option --only-job"),
                (["plan", "cars.yaml", "--lits"], 64, "did you mean '--list'?"),
                (["schema", "cars.yaml"], 64, "'schema' takes no further argument 'cars.yaml'"),
                (["plan", "cra.yaml"], 66, "(did you mean 'cars.yaml'?)"),
                (["plan", "sub/boat.yaml"], 66, "(did you mean 'sub/boats.yaml'?)"),
                (["plan", "elsewhere.txt"], 66, "'elsewhere.txt': No such file"),
        ):
            with self.subTest(words):
                self.check_slip(words, code, said)

    def test_a_job_file_alone_is_answered_with_what_to_type(self):
        self.check_slip(["cars.yaml"], 64, "'darkroom run cars.yaml' runs it")
        self.check_slip(["cars.yml", "-q"], 64, "'darkroom plan cars.yml' prints what would")


class FirstJobFile(Stage):
    """`darkroom init`"""

    def check_first(self, file, items):
        """The file has no errors and no warnings, and its pictures come free of charge."""
        checked = self.check_code(self.darkroom("validate", file), 0)
        self.assertIn(" 0 warnings", checked.out)
        ended = self.check_code(self.darkroom("run", file, "--json", "-q"), 0)
        self.assertEqual(json.loads(ended.out)["images"], items)

    def test_it_runs_as_it_is(self):
        ended = self.check_code(self.darkroom("init", "cars.yaml"), 0)
        self.assertIn("'darkroom run cars.yaml'", ended.out)
        with open(self.path("cars.yaml"), encoding="utf-8") as file:
            text = file.read()
        self.assertTrue(text.startswith("# yaml-language-server: $schema=job.schema.json\n"))
        self.assertIn("darkroom run cars.yaml", text)
        self.check_first("cars.yaml", 2)

    def test_every_line_that_is_commented_out_is_right_too(self):
        text = self.check_code(self.darkroom("init", "-"), 0).out
        wanted = ("prices:", "budget:", "repeat:", "chain:", "split_images:", "captions:")
        lines = []
        for line in text.splitlines():
            shown = line.lstrip().removeprefix("# ")
            indent = len(line) - len(line.lstrip())
            lines.append(" " * indent + shown if shown.startswith(wanted) else line)
        self.assertEqual(sum(line.lstrip().startswith(wanted) for line in lines), len(wanted))
        self.write("all.yaml", "\n".join(lines))
        checked = self.check_code(self.darkroom("validate", "all.yaml"), 0)
        self.assertIn(" 0 warnings", checked.out)

    def test_it_never_writes_over_a_file(self):
        self.write("job.yaml", "mine")
        ended = self.check_code(self.darkroom("init"), 64)
        self.assertIn("job.yaml exists already", ended.err)
        with open(self.path("job.yaml"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "mine")

    def test_it_begins_with_the_columns_of_a_table(self):
        os.makedirs(self.path("jobs"))
        self.write("with prompt.csv", "id,prompt\n1,a fox\n2,\"a hen, asleep\"\n")
        self.write("other.tsv", "subject\tstyle\na fox\tKlee\n")
        self.write("lines.txt", "a fox\na hen\nan owl\n")
        self.write("rows.jsonl", '{"caption": "a fox", "n": 1}\n')
        for table, file, variable, items in (
                ("with prompt.csv", "a.yaml", "{{prompt}}", 2),
                ("other.tsv", "jobs/b.yaml", "{{subject}}", 1),
                ("lines.txt", "c.yaml", "{{prompt}}", 3),
                ("rows.jsonl", "d.yaml", "{{caption}}", 1)):
            with self.subTest(table):
                self.check_code(self.darkroom("init", file, "--from", table), 0)
                with open(self.path(file), encoding="utf-8") as written:
                    self.assertIn(f'prompt: "{variable}"', written.read())
                self.check_first(file, items)

    def test_a_table_that_cannot_be_read_is_refused_and_nothing_is_written(self):
        self.write("empty.csv", "")
        self.write("notes.md", "a fox\n")
        for table, code in (("none.csv", 66), ("empty.csv", 65), ("notes.md", 64)):
            with self.subTest(table):
                ended = self.check_code(self.darkroom("init", "x.yaml", "--from", table), code)
                self.assertIn(table, ended.err)
                self.assertFalse(os.path.exists(self.path("x.yaml")))


if __name__ == "__main__":
    unittest.main()
