"""The manual page and the completions of shells: they know all that --help knows, and work in real
shells."""
import os
import pty
import re
import select
import subprocess
import time
import unittest

from stage import PATIENCE, SOURCE, Stage

SHELLS = ("bash", "zsh", "fish")


class Pages(Stage):
    """What `darkroom completion SHELL` and `darkroom help --man` print."""

    def setUp(self):
        super().setUp()
        self.completions = {}
        for shell in SHELLS:
            self.completions[shell] = self.path({"zsh": "_darkroom"}.get(shell, f"darkroom.{shell}"))
            text = self.check_code(self.darkroom("completion", shell), 0).out
            with open(self.completions[shell], "w", encoding="utf-8") as file:
                file.write(text)

    def shell(self, *command):
        """Runs a command here and returns what it prints; standard error must stay empty."""
        ended = subprocess.run(command, cwd=self.directory, env=self.environment, text=True,
                               capture_output=True, timeout=PATIENCE, check=False,
                               stdin=subprocess.DEVNULL)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""), command)
        return ended.stdout

    def commands_of_help(self):
        listed = self.check_code(self.darkroom("--help"), 0).out.split("Subcommands:\n")[1]
        commands = re.findall(r"^  ([a-z]+) +\S", listed.split("\n\n")[0], re.MULTILINE)
        self.assertGreaterEqual(len(commands), 21)
        return commands

    def options_of_help(self, command):
        shown = self.check_code(self.darkroom(command, "--help"), 0).out
        return set(re.findall(r"^  (?:-\w,)?(--[a-z][a-z-]*)", shown[shown.index("Usage:"):],
                              re.MULTILINE))

    def files(self):
        for name in ("cars.yaml", "my cars.yaml", "notes.txt"):
            self.write(name, "")
        os.makedirs(self.path("out/cars"))


class Manual(Pages):
    def rendered(self):
        """Returns the page as text, each paragraph on a line. groff must warn of nothing."""
        self.write("darkroom.1", self.check_code(self.darkroom("help", "--man"), 0).out)
        page = self.shell("groff", "-man", "-ww", "-rLL=400n", "-Tutf8", "-P-c", "darkroom.1")
        return re.sub(".\x08", "", page)  # bold letters are printed twice

    def test_it_is_set_without_a_warning(self):
        page = self.rendered()
        for title in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "COMMANDS", "EXIT STATUS",
                      "ENVIRONMENT", "FILES", "SEE ALSO"):
            self.assertRegex(page, rf"(?m)^{title}$")
        self.assertIn("KEY=ACTION[,ACTION…]", page)

    def test_it_has_every_command_with_its_options_and_examples(self):
        page = self.rendered()
        sections = re.split(r"(?m)^   darkroom ([a-z]+)$", page)
        self.assertEqual(sections[1::2], self.commands_of_help())
        for command, text in zip(sections[1::2], sections[2::2]):
            with self.subTest(command):
                for option in self.options_of_help(command) - {"--help"}:
                    self.assertRegex(text, rf"(?m)^ +(-\w, )?{option}\b")
                examples = self.darkroom(command, "--help").out.split("Usage:")[0]
                for line in re.findall(r"^  (\S.*)$", examples, re.MULTILINE):
                    self.assertIn(line, text)
        self.assertRegex(sections[0], r"(?m)^ +-h, --help")

    def test_it_has_the_exit_codes_of_the_documents(self):
        page = self.rendered()
        section = page[page.index("\nEXIT STATUS"):page.index("\nENVIRONMENT")]
        with open(os.path.join(SOURCE, "docs", "cli.md"), encoding="utf-8") as file:
            table = file.read().split("### Exit codes\n")[1].split("\n### ")[0]
        codes = re.findall(r"^\| (\d+) \|", table, re.MULTILINE)
        self.assertGreater(len(codes), 10)
        self.assertEqual(re.findall(r"(?m)^ {7}(\d+) ", section), codes)


class Scripts(Pages):
    """The scripts know each name, and each shell reads them."""

    def test_shells_read_them(self):
        for shell, check in (("bash", ["--norc", "-n"]), ("zsh", ["-f", "-n"]),
                             ("fish", ["--no-config", "-n"])):
            self.shell(shell, *check, self.completions[shell])

    def test_each_knows_every_command_and_option_of_the_help(self):
        texts = {}
        for shell, path in self.completions.items():
            with open(path, encoding="utf-8") as file:
                texts[shell] = file.read()
        for command in self.commands_of_help():
            options = self.options_of_help(command)
            bash = re.search(rf"(?m)^    {command}\) names='(.*)' ;;$", texts["bash"]).group(1)
            common = re.search(r"names\+=' (.*)'", texts["bash"]).group(1)
            self.assertEqual(options - set(f"{bash} {common}".split()), set(), command)
            zsh = re.search(rf"(?ms)^    {command}\)$(.*?);;$", texts["zsh"]).group(1)
            zsh_names = set(re.findall(r"'(?:\*|\([^)]*\))(--[a-z-]*[a-z])", zsh))
            self.assertEqual(options - zsh_names, set(), command)
            fish = set(re.findall(rf"(?m)^complete -c darkroom(?: -n '__darkroom_in {command}')?"
                                  r"(?: -s \w)? -l ([a-z-]+)", texts["fish"]))
            self.assertEqual({option[2:] for option in options} - fish, set(), command)

    def test_a_misspelt_shell_is_answered_with_those_there_are(self):
        ended = self.check_code(self.darkroom("completion", "tcsh"), 64)
        self.assertIn("bash", ended.err)
        self.assertEqual(ended.out, "")


class Bash(Pages):
    """The function is called as bash does it: `=` is a word of its own."""

    def offered(self, *words):
        script = ('source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _darkroom\n'
                  'for word in "${COMPREPLY[@]}"; do printf "%s\\n" "$word"; done')
        out = self.shell("bash", "--norc", "-c", script, self.completions["bash"], "darkroom",
                         *words)
        return out.splitlines()

    def test_it_completes_commands_and_options(self):
        self.assertEqual(self.offered("ru"), ["run"])
        self.assertEqual(self.offered("--no-color", "val"), ["validate"])
        self.assertEqual(sorted(self.offered("")), sorted(self.commands_of_help()))
        self.assertEqual(self.offered("run", "--das"), ["--dashboard"])
        self.assertEqual(self.offered("plan", "--das"), [])
        self.assertIn("--help", self.offered("plan", "-"))
        self.assertEqual(self.offered("help", "gal"), ["gallery"])

    def test_it_completes_fixed_words(self):
        self.assertEqual(self.offered("run", "--progress", "b"), ["bars"])
        self.assertEqual(self.offered("run", "--progress", "=", "b"), ["bars"])
        self.assertEqual(len(self.offered("run", "--progress", "=")), 5)
        self.assertEqual(self.offered("run", "--progress=b"), ["--progress=bars"])
        self.assertEqual(self.offered("ctl", "out", "pa"), ["pause"])
        self.assertEqual(self.offered("run", "--if-busy", "s"), ["skip"])

    def test_it_completes_files_of_the_right_kind(self):
        self.files()
        for command in ("run", "plan", "validate"):
            self.assertEqual(set(self.offered(command, "")), {"out", "cars.yaml", "my cars.yaml"})
        self.assertEqual(self.offered("run", "cars.yaml", "my"), ["my cars.yaml"])
        self.assertEqual(self.offered("run", "my\\ c"), ["my cars.yaml"])
        self.assertEqual(self.offered("run", '"my c'), ["my cars.yaml"])
        self.assertEqual(self.offered("run", "--log", "no"), ["notes.txt"])
        self.assertEqual(self.offered("run", "--log", "=", "no"), ["notes.txt"])
        self.assertEqual(self.offered("run", "--rate", "1/s", "ca"), ["cars.yaml"])
        self.assertEqual(self.offered("run", "--rate", ""), [])
        self.assertEqual(self.offered("run", "-o", ""), ["out"])
        self.assertEqual(self.offered("status", ""), ["out"])
        self.assertEqual(self.offered("status", "out/"), ["out/cars"])
        self.assertEqual(self.offered("ctl", ""), ["out"])


class Fish(Pages):
    def offered(self, line):
        script = 'source $argv[1]; complete -C $argv[2]'
        out = self.shell("fish", "--no-config", "-c", script, self.completions["fish"],
                         f"darkroom {line}")
        return [found.split("\t")[0] for found in out.splitlines()]

    def test_it_completes_commands_and_options(self):
        self.assertEqual(self.offered("ru"), ["run"])
        self.assertEqual(sorted(self.offered("")), sorted(self.commands_of_help()))
        self.assertEqual(self.offered("run --das"), ["--dashboard"])
        self.assertEqual(self.offered("plan --das"), [])
        self.assertEqual(self.offered("run help --das"), ["--dashboard"])

    def test_it_completes_values(self):
        self.files()
        self.assertEqual(self.offered("run --progress b"), ["bars"])
        self.assertEqual(self.offered("run --progress=b"), ["--progress=bars"])
        self.assertEqual(self.offered("help gal"), ["gallery"])
        self.assertEqual(set(self.offered("run ")), {"out/", "cars.yaml", "my cars.yaml"})
        self.assertEqual(self.offered("run my"), ["my cars.yaml"])
        self.assertEqual(self.offered("run --log no"), ["notes.txt"])
        self.assertEqual(self.offered("run --rate "), [])
        self.assertEqual(self.offered("status "), ["out/"])
        self.assertEqual(self.offered("run -o "), ["out/"])


class Typed(Pages):
    """A person types in bash and in zsh, with the key Tab. `darkroom` is a function that says which
    words it got."""

    SET_UP = {
        "bash": ["bash", "--norc", "--noprofile", "-i"],
        "zsh": ["zsh", "-f", "-i"],
    }
    BEGIN = {
        "bash": "source ./darkroom.bash; ",
        "zsh": "fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -d dump; ",
    }
    TELL = 'darkroom() { printf "GOT"; printf ":%s" "$@"; echo :END; }; echo REA""DY\n'

    def read_until(self, end, text=""):
        deadline = time.monotonic() + PATIENCE
        while end not in text:
            left = deadline - time.monotonic()
            self.assertGreater(left, 0, f"no {end!r} in {text!r}")
            if select.select([self.terminal], [], [], left)[0]:
                text += os.read(self.terminal, 65536).decode(errors="replace")
        return text

    def type_in(self, shell, *lines):
        """Types each line with Tab at its end; returns the words of each."""
        self.terminal, inside = pty.openpty()
        process = subprocess.Popen(
            self.SET_UP[shell], cwd=self.directory, stdin=inside, stdout=inside, stderr=inside,
            env={**self.environment, "TERM": "xterm"}, start_new_session=True)
        os.close(inside)
        try:
            os.write(self.terminal, (self.BEGIN[shell] + self.TELL).encode())
            self.read_until("READY")
            got = []
            for line in lines:
                os.write(self.terminal, f"darkroom {line}\t\r".encode())
                text = self.read_until(":END")
                got.append(re.search(r"GOT:(.*):END", text).group(1).split(":"))
            return got
        finally:
            process.kill()
            process.wait(PATIENCE)
            os.close(self.terminal)

    def test_tab_completes_the_word(self):
        self.files()
        for shell in self.SET_UP:
            with self.subTest(shell):
                got = self.type_in(
                    shell, "ru", "run --das", "run --progress ba", "run --progress=ba", "run my",
                    "status ou", "help gal", "run --log no", "ctl out pa", "plan --strict ca")
                self.assertEqual(
                    [[word.rstrip("/") for word in words] for words in got],
                    [["run"], ["run", "--dashboard"], ["run", "--progress", "bars"],
                     ["run", "--progress=bars"], ["run", "my cars.yaml"], ["status", "out"],
                     ["help", "gallery"], ["run", "--log", "notes.txt"], ["ctl", "out", "pause"],
                     ["plan", "--strict", "cars.yaml"]])


if __name__ == "__main__":
    unittest.main()
