"""The instructions that parts of a task take, counted by callgrind and never timed.

Each part runs with two sizes: the difference has no start of the program in it. The figures are
what it takes today with g++ 12; where it takes less, lower them.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.environ["DARKROOM_PARTS"]
PATIENCE = 300  # seconds; it takes one or two
SKIPPED = 77
FREE = 0.1  # the libraries of another system differ

# The part, its two sizes, what one is, and the instructions of one.
PARTS = [
    ("streams", 5, 15, 100, "a line of a stream, read", 19_400),
    ("facts", 100, 500, 4, "a fact, written and read", 34_500),
    ("lines", 200, 1000, 1, "a line of the manifest, written", 51_600),
]


def instructions(part, count):
    with tempfile.TemporaryDirectory() as directory:
        counted = subprocess.run(
            ["valgrind", "--tool=callgrind", "--callgrind-out-file=" + directory + "/out",
             PROGRAM, part, str(count)],
            capture_output=True, text=True, timeout=PATIENCE, check=False,
            env={"PATH": os.environ["PATH"], "LANG": "C", "HOME": directory})
    found = re.search(r"Collected : (\d+)", counted.stderr)
    if counted.returncode != 0 or not found:
        raise AssertionError(f"{part} {count} was not counted: {counted.stdout}{counted.stderr}")
    return int(found[1])


class Instructions(unittest.TestCase):
    def test_parts_of_a_task(self):
        for part, few, many, at_once, what, recorded in PARTS:
            with self.subTest(what):
                more = instructions(part, many) - instructions(part, few)
                each = more / (many - few) / at_once
                print(f"instructions for {what}: {each:.0f}")
                self.assertGreater(each, recorded / 2, "the figure is far too high now: lower it")
                self.assertLessEqual(each, (1 + FREE) * recorded, what)


if __name__ == "__main__":
    if not shutil.which("valgrind"):
        print("NO INSTRUCTIONS WERE COUNTED: valgrind is missing; see examples/packages.sh test")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
