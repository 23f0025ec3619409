"""The release program is built so that a fault of memory in it is hard to use: what the compiler and
the linker promise is read from the file itself."""
import os
import re
import subprocess
import unittest

from stage import PROGRAM


def readelf(*options):
    """Returns what readelf prints about the program."""
    return subprocess.run(["readelf", "--wide", *options, PROGRAM], check=True,
                          capture_output=True, text=True).stdout


@unittest.skipIf(os.environ.get("DARKROOM_SANITIZED"), "sanitizers take the place of hardening")
class Hardening(unittest.TestCase):
    def test_it_can_be_loaded_anywhere(self):
        self.assertRegex(readelf("--file-header"), r"Type:\s+DYN")
        self.assertRegex(readelf("--dynamic"), r"FLAGS_1\).*\bPIE\b")

    def test_its_tables_are_bound_and_closed_before_it_starts(self):
        self.assertRegex(readelf("--dynamic"), r"FLAGS_1\).*\bNOW\b")
        self.assertRegex(readelf("--program-headers"), r"(?m)^\s+GNU_RELRO\s")

    def test_no_memory_can_be_written_and_executed(self):
        headers = readelf("--program-headers")
        self.assertRegex(headers, r"(?m)^\s+GNU_STACK\s+(?:0x\w+\s+){5}RW\s")
        loaded = re.findall(r"(?m)^\s+LOAD\s+(?:0x\w+\s+){5}([RWE ]{3})", headers)
        self.assertGreater(len(loaded), 2)
        self.assertFalse([flags for flags in loaded if "W" in flags and "E" in flags])

    def test_it_checks_its_stack_and_its_copies(self):
        asked = set(re.findall(r"UND\s+(\w+)", readelf("--dyn-syms")))
        self.assertIn("__stack_chk_fail", asked)
        self.assertTrue([name for name in asked if re.fullmatch(r"__\w+_chk", name)
                         and name != "__stack_chk_fail"])

    def test_it_gives_no_names_away(self):
        """What others could call or replace: nothing of the program's own rooms."""
        given = [line.split()[-1] for line in readelf("--dyn-syms", "--demangle").splitlines()
                 if " UND " not in line and "darkroom" in line]
        self.assertEqual(given, [])

    @unittest.skipUnless(os.uname().machine == "x86_64", "CET is of x86-64")
    def test_jumps_land_where_functions_begin(self):
        """What other files may call, which is neither a lambda nor a part split off."""
        code = subprocess.run(["objdump", "--disassemble", "--no-show-raw-insn", "--demangle",
                               PROGRAM], check=True, capture_output=True, text=True).stdout
        function = re.compile(r"(?m)^\w+ <(darkroom::\w+::[\w:]*\w)\((?!.*(?:\[clone|\{lambda)).*>:"
                              r"\n\s+\w+:\s+(\w+)")
        begins = function.findall(code)
        self.assertGreater(len(begins), 1000)
        self.assertFalse([name for name, first in begins if first != "endbr64"][:5])


if __name__ == "__main__":
    unittest.main()
