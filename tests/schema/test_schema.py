"""The schema of job files and the loader agree. An independent validator reads the schema."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.environ["DARKROOM_SOURCE"]
PROGRAM = os.environ["DARKROOM_PROGRAM"]
MODULES = os.environ["DARKROOM_NODE_MODULES"]
SCHEMA = os.path.join(SOURCE, "docs", "job.schema.json")
BAD = os.path.join(SOURCE, "tests", "jobs", "bad")
PATIENCE = 120  # for a machine under load; everything here takes a second

# Errors that no schema of one YAML tree can express, by the loader's messages. The test fails if the
# schema refuses one of them after all, or if no bad file has it any more.
LOADER_ONLY = [
    ("the prompt language is a grammar of its own",
     [r"'\{' is never closed", r"'\}' without '\{'", r"is not a variable: a name has",
      r"is not a pick: it", r"a pick of \d+", r"is not a weight", r"has one prompt: write an entry",
      r"of this 'prompt' is empty", r"'__.*is not allowed here"]),
    ("a name that is defined elsewhere in the file",
     [r"undefined variable", r"is not a key of 'matrix'", r"is not a value of",
      r"in 'matrix' and in 'va",
      r"id '.*' is taken", r"there is already an account"]),
    ("two values compared, or multiplied",
     [r"'cap' .* is below 'base'", r"'exclude' leaves nothing", r"has more than \d+ items",
      r"job has \d+ items", r"more than \d+ steps below",
      r"the smaller number comes first", r"gives a choice of", r"'name' is '.*' at every start"]),
    ("what an action's parent offers, over any number of levels",
     [r"can't follow '", r"matches nothing that", r"after '.*', which gives a single",
      r"is taken twice from the same image", r"can be picked twice"]),
     ("where the service is, against how it delivers",
      [r"'callback' needs 'public_url'"]),
    ("an address with a variable in it, once filled in", [r"^\d+:\d+: error: '.*' is not an http"]),
    ("decimal places: a validator divides inexactly", [r"six decimals at most\), not '0"]),
    ("the parts of an address that others fetch or call",
     [r"can't be fetched: ", r"'public_url': "]),
    ("an encoding that the system knows, a format that a file's name says",
     [r"is not an encoding", r"'delimiter' is for"]),
    ("a longest time", [r"a time from 1ms to 10m", r"a time from 1h to"]),
    ("the rules of cron, and the zones that the system knows",
     [r"'cron' (has|names) ", r"there is no time zone"]),
    ("the first element of a list", [r"begins with the name of a program"]),
    ("what 'defaults' may give", [r"'action: .*' needs a"]),
    ("a file that is there", [r"no file matches", r"is a folder without"]),
    ("how a text is escaped, which YAML readers see to", [r"an escape for a"]),
    ("another file", [r"^included/", r"^rows/", r"cannot include", r"includes itself",
                      r"'rows[^']*': ", r"'rows[^']*' has no ", r"wildcard",
                      r"the mask '"]),
]


def agreed_kind(line):
    """Returns the kind of LOADER_ONLY that an error line belongs to, and its pattern; else None."""
    for kind, patterns in LOADER_ONLY:
        for pattern in patterns:
            if re.search(pattern, line):
                return kind, pattern
    return None


def output_of(*arguments, **options):
    return subprocess.run(arguments, capture_output=True, text=True, timeout=PATIENCE, check=False,
                          **options)


def judge(names, directory):
    """Returns the validator's errors for each file, None if there are none. Starts it once."""
    if not os.path.isdir(os.path.join(MODULES, "ajv")):
        raise AssertionError(f"no validator in {MODULES}: run 'examples/packages.sh test', which "
                             "installs it and needs the network once")
    here = os.path.dirname(os.path.abspath(__file__))
    ended = output_of("node", os.path.join(here, "judge.mjs"), MODULES, SCHEMA, cwd=directory,
                 input=json.dumps(names))
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def load(names, directory):
    """Returns whether the loader accepts each file. Starts it once for all."""
    environment = {**os.environ, "XDG_CONFIG_HOME": os.path.join(directory, "none")}
    ended = output_of(PROGRAM, "validate", *names, cwd=directory, env=environment)
    verdicts = re.findall(r"^(.*): (valid|\d+ errors?), ", ended.stdout, re.MULTILINE)
    return {name: verdict == "valid" for name, verdict in verdicts}


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class Agreement(unittest.TestCase):
    maxDiff = None

    def test_both_take_every_example_and_every_file_of_the_documents(self):
        with tempfile.TemporaryDirectory() as directory:
            for folder in (("end_to_end", "beside"), ("jobs", "files")):
                shutil.copytree(os.path.join(SOURCE, "tests", *folder), directory,
                                dirs_exist_ok=True)  # what the documents' files name
            names = sorted(glob.glob(os.path.join(SOURCE, "examples", "*.yaml")))
            documents = [os.path.join(SOURCE, "README.md"),
                         *sorted(glob.glob(os.path.join(SOURCE, "docs", "*.md")))]
            for document in documents:
                blocks = re.findall(r"^```yaml\n(.*?)^```$", text_of(document), re.M | re.S)
                for number, block in enumerate(blocks):
                    if not re.search(r"^version: 1$", block, re.M):
                        continue  # not a whole file
                    name = f"{os.path.basename(document)}-{number}.yaml"
                    with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
                        file.write(block)
                    names.append(name)
            self.assertGreater(len(names), 7)
            loaded = load(names, directory)
            for name, wrong in judge(names, directory).items():
                with self.subTest(name):
                    self.assertTrue(loaded[name])
                    self.assertIsNone(wrong)

    def test_both_accept_unusual_but_valid_values(self):
        lines = [f'service: {{url: "{url}"}}' for url in
                 ("http://h:", "https://h:065535/v1/", "HTTP://[::1]:80",
                  "https://a_b.example/x%20")]
        lines += [f'output: {{layout: "{layout}"}}' for layout in
                  ("a..b/{key}{ext}", "{item:04}", "{{x}}-{key}", "{job}/{variable:n}{ext}")]
        lines += ['defaults: {prefix: "\\ud83d\\ude00"}', 'defaults: {images: ["Https://u:p@h/é.png"]}']
        with tempfile.TemporaryDirectory() as directory:
            names = []
            for line in lines:
                names.append(f"{len(names)}.yaml")
                with open(os.path.join(directory, names[-1]), "w", encoding="utf-8") as file:
                    file.write(f"version: 1\n{line}\njobs: [{{prompt: p, vars: {{n: x}}}}]\n")
            loaded = load(names, directory)
            for name, wrong in judge(names, directory).items():
                with self.subTest(lines[int(name[:-5])]):
                    self.assertTrue(loaded[name])
                    self.assertIsNone(wrong)

    def test_both_refuse_every_bad_file_except_for_errors_only_the_loader_can_know(self):
        names = sorted(os.path.basename(path) for path in glob.glob(os.path.join(BAD, "*.yaml")))
        self.assertGreater(len(names), 190)
        loaded = load(names, BAD)
        judged = judge(names, BAD)
        unused = {pattern for _, patterns in LOADER_ONLY for pattern in patterns}
        for name in names:
            line = text_of(os.path.join(BAD, name[:-5] + ".txt")).splitlines()[0]
            with self.subTest(name, line=line):
                self.assertFalse(loaded[name])
                kind = agreed_kind(line)
                if kind is None:
                    self.assertIsNotNone(judged[name], "the schema takes what the loader refuses")
                elif judged[name] is None:
                    unused.discard(kind[1])
                else:
                    self.assertIn(name, REFUSED_ALL_THE_SAME, f"{kind[0]}: {judged[name]}")
        self.assertEqual(unused, set(), "marked as for the loader only, and no file shows it")


# Files of a marked kind that the schema can refuse.
REFUSED_ALL_THE_SAME = {
    "image-ftp.yaml", "image-local-file.yaml", "video-end-image.yaml",  # no variable in it
}


class Keys(unittest.TestCase):
    """Every mapping of the schema has the keys that the loader has."""
    SCHEMA = json.loads(text_of(SCHEMA))
    # The definition, the path below it, and a job file with such a mapping.
    PLACES = [
        ([], "KEYS"),
        (["service"], "service: {KEYS}"),
        (["account"], "service: {accounts: [{KEYS}]}"),
        (["service", "timeouts"], "service: {timeouts: {KEYS}}"),
        (["service", "callback"], "service: {delivery: callback, callback: {KEYS}}"),
        (["limits"], "limits: {KEYS}"),
        (["retry"], "retry: {KEYS}"),
        (["budget"], "budget: {KEYS}"),
        (["shared_ledger"], "ledger: {KEYS}"),
        (["prices"], "prices: {KEYS}"),
        (["output"], "output: {KEYS}"),
        (["schedule"], "schedule: {KEYS}"),
        (["hooks"], "hooks: {KEYS}"),
        (["hook", 2], "hooks: {on_finish: {KEYS}}"),
        (["defaults"], "{jobs: [], defaults: {KEYS}}"),
        (["job"], "jobs: [{KEYS}]"),
        (["table", 2], "jobs: [{prompts: {KEYS}}]"),
        (["job", "sample"], "jobs: [{sample: {KEYS}}]"),
        (["branch", 1], "jobs: [{then: [{KEYS}]}]"),
        (["branch", 1, "pick"], "jobs: [{then: [{pick: {KEYS}}]}]"),
    ]

    def keys_of_schema(self, way):
        node = self.SCHEMA["definitions"][way[0]] if way else self.SCHEMA
        for step in way[1:]:
            node = node["oneOf"][step] if isinstance(step, int) else node["properties"][step]
        return set(node["properties"])

    def keys_of_loader(self, text):
        """Returns the loader's keys: it lists them for an unknown key that resembles none."""
        job = text.replace("KEYS", "zzzzzzzzzzzz: 1")
        ended = output_of(PROGRAM, "validate", "-", input=job + "\n")
        found = re.search(r"unknown key 'zzzzzzzzzzzz'[^:]*: it takes (.*)$", ended.stderr, re.M)
        self.assertIsNotNone(found, ended.stderr)
        return set(found.group(1).split(", "))

    def refused(self, text, key):
        """Returns whether the loader knows the key only to refuse it with a better message."""
        job = text.replace("KEYS", f"{key}: x")
        ended = output_of(PROGRAM, "validate", "-", input=job + "\n")
        return bool(re.search(rf"not supported yet: '{key}'|'{key}' is decided by", ended.stderr))

    def test_each_mapping_has_the_same_keys_in_both(self):
        for way, text in self.PLACES:
            with self.subTest(text):
                ours, theirs = self.keys_of_schema(way), self.keys_of_loader(text)
                self.assertEqual(ours - theirs, set(), "the loader does not know them")
                missing = {key for key in theirs - ours if not self.refused(text, key)}
                self.assertEqual(missing, set(), "the schema does not have them")

    def test_every_closed_mapping_of_the_schema_is_compared(self):
        def closed(node):
            if isinstance(node, dict):
                own = node.get("additionalProperties") is False
                return own + sum(closed(child) for child in node.values())
            return sum(closed(child) for child in node) if isinstance(node, list) else 0
        # `sample` is in `defaults` too; the forms of a token have one key each.
        self.assertEqual(closed(self.SCHEMA), len(self.PLACES) + 1 + 3)

    def test_the_shipped_file_is_what_the_program_prints(self):
        ended = output_of(PROGRAM, "schema")
        self.assertEqual(ended.stdout, text_of(SCHEMA))
        self.assertEqual(ended.returncode, 0)

    def test_every_value_with_a_default_is_described(self):
        for name in ("service", "limits", "retry", "output"):
            for key, value in self.SCHEMA["definitions"][name]["properties"].items():
                self.assertTrue("description" in value or "allOf" in value, f"{name}.{key}")


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
