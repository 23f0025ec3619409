#!/usr/bin/env python3
"""The model of the ledger of many machines, checked by spin.

The model is ledger.pml. Each check searches every state that can be reached: none is left out, and
a search that ends early is a failure. Each mutant is a fault of the design, and each weak
assumption one about the world: spin must find what it leads to. A model that does nothing has too
few states.

  check.py                 everything that a test run needs, in half a minute
  check.py --large         more machines, steps and places: minutes and gigabytes
  check.py --trail NAME    the shortest way to the failure of a mutant, one action a line
"""
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

MODEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ledger.pml")
DEPTH = 500_000  # more than any search needs: one that reaches it is a failure
MEGABYTES = 1_000
LARGE_DEPTH = 5_000_000
LARGE_MEGABYTES = 9_000

# The shortest times that leave the order of events free.
SHORT = "TTL=2 GUARD=1 WINDOW=0 GAP=0 RUN=0 TOTAL=1"
SHORTEST = "TTL=1 GUARD=1 WINDOW=0 GAP=0 RUN=0 TOTAL=1 LAG=0 QUIET=1"
LATE = SHORT + " LATE_CALLS BUDGET=1"
TWINS = SHORT + " EQUAL NAMES_ARE_LOST"

# A name, definitions for the model, and the least number of states.
CHECKS = [
    ("two machines, one shard of two steps, money for both", "BUDGET=2", 1_000_000),
    ("money for one of the steps, and empty directories", "BUDGET=1 ASKS_FOR_ALL", 300_000),
    ("a shard for each step", SHORTEST + " SHARDS=2", 200_000),
    ("calls that come a second time", LATE, 1_000_000),
    ("two steps that ask for the same", TWINS, 1_000_000),
]
# After this many faults there are none: everything ends, and nothing goes on without time passing.
ENDINGS = [
    ("everything ends after six faults", "PROGRESS FAULTS=6 NAMES_ARE_LOST", 50_000),
    ("so it does with two shards", "PROGRESS FAULTS=4 SHARDS=2", 100_000),
    ("and with equal steps and late calls", "PROGRESS FAULTS=4 EQUAL LATE_CALLS", 50_000),
]
LARGE = [
    ("empty directories, money for both steps", "ASKS_FOR_ALL", 3_000_000),
    ("a shard for each step, the usual times", "SHARDS=2", 1_000_000),
    ("names that the store loses", "NAMES_ARE_LOST", 2_000_000),
    ("two places", "PLACES=2", 1_000_000),
    ("late calls, the usual times", "LATE_CALLS BUDGET=1", 1_000_000),
    ("late calls, money for both steps", SHORT + " LATE_CALLS", 3_000_000),
    ("equal steps, the usual times", "EQUAL", 3_000_000),
    ("equal steps and late calls", SHORTEST + " EQUAL LATE_CALLS", 3_000_000),
    ("equal steps in two shards", SHORT + " EQUAL SHARDS=2", 1_000_000),
    ("three machines", "MACHINES=3 BUDGET=1", 3_000_000),
    ("three steps", SHORTEST + " STEPS=3 BUDGET=2", 2_000_000),
    ("three equal steps, money for two", SHORTEST + " STEPS=3 EQUAL BUDGET=2 WIRES=1", 3_000_000),
]

MUTANTS = [
    ("NO_GUARD", "nothing is asked before the first byte", "BUDGET=1"),
    ("CLOCK_STANDS_STILL", "the guard's clock stands still in a freeze", "BUDGET=1"),
    ("RENEWED_BY_ANSWER", "the guard counts from the answer to a renewal", SHORT),
    ("TAKEN_AGAIN", "take_shard() asked again counts as a renewal", "BUDGET=1"),
    ("EPOCH_UNCHECKED", "a holder of the past may call", "BUDGET=1"),
    ("PLACES_BY_TIME", "a place ends with the lease",
     "TTL=2 GUARD=1 WINDOW=0 GAP=0 RUN=2 TOTAL=3"),
    ("NO_QUIET", "no quiet time after a take-over", "BUDGET=1"),
    ("EARLY_LISTING", "absent in a listing from before the take-over", "BUDGET=1"),
    ("NONCE_FORGOTTEN", "a repeated question is granted", "BUDGET=1 ASKS_FOR_ALL"),
    ("JOURNAL_WITHOUT_NONCE", "what this journal never sent is freed", "BUDGET=1"),
    ("SETTLE_WITHOUT_STATE", "what is settled is settled again", LATE),
    ("SETTLE_WITHOUT_NONCE", "settle() names the step, not its attempt", LATE + " BUDGET=2"),
    ("LOSE_WITHOUT_NONCE", "lose() names the step, not its attempt", LATE + " BUDGET=2"),
    ("SETTLE_WITHOUT_TASK", "what has found a task is freed", TWINS),
    ("ADOPTED_WITHOUT_NAME", "a task is taken by two steps", TWINS),
    ("NO_TWINS", "absent while an equal request may yet come", TWINS),
]
WEAK = [
    ("GAP=3", "frozen for long between the guard and the write", "BUDGET=1"),
    ("LINGER=2", "a request stays in the network for longer", "BUDGET=1"),
    ("LAG=2", "the listing shows a task later than retry.settle", "BUDGET=1"),
    ("STORE_GOES_BACK", "the store forgets what it has committed", "BUDGET=1"),
]
# Without these, the checks could pass because nothing ever happens, or ends.
REACHED = [
    ("ALL_PAID", "every step is paid", "BUDGET=2"),
    ("ALL_PAID", "every equal step is paid", TWINS),
    ("NEVER_LISTED", "nothing ends if nobody looks for what was lost", "PROGRESS FAULTS=2"),
]


class Failed(Exception):
    pass


def spin_output(command, directory):
    done = subprocess.run(command, cwd=directory, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT)
    return done.stdout


def must_work(command, directory):
    done = subprocess.run(command, cwd=directory, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT)
    if done.returncode != 0 or "error" in done.stdout.lower():
        raise Failed("%s: %s" % (" ".join(command), done.stdout))


def defines(text):
    """The last of several definitions of one name counts."""
    values = dict(word.partition("=")[::2] for word in text.split())
    return ["-D%s%s" % (name, "=" + value if value else "") for name, value in values.items()]


def search(text, directory, options, limits=(DEPTH, MEGABYTES), table=20):
    """Returns the verifier's words about the model with these definitions."""
    shutil.copy(MODEL, directory)
    must_work(["spin", *defines(text), "-a", "ledger.pml"], directory)
    must_work(["gcc", "-w", "-DNOREDUCE", "-DMEMLIM=%d" % limits[1], *options, "-o", "pan",
               "pan.c"], directory)
    cycles = ["-l"] if "-DNP" in options else []
    return spin_output(["./pan", "-m%d" % limits[0], "-w%d" % table, *cycles], directory)


def number(pattern, output):
    found = re.search(pattern, output)
    if not found:
        raise Failed("the verifier says nothing of '%s':\n%s" % (pattern, output))
    return float(found[1])


def figures(output):
    return {"states": int(number(r"(\d+(?:\.\d+e\+\d+)?) states, stored", output)),
            "depth": int(number(r"depth reached (\d+)", output)),
            "megabytes": number(r"([\d.]+)\s+total actual memory usage", output)}


def check_all(text, least, directory, options, limits=(DEPTH, MEGABYTES), table=20):
    output = search(text, directory, options, limits, table)
    known = figures(output)
    whole = ("errors: 0" in output and "Search not completed" not in output and
             "max search depth too small" not in output and "MEMLIM" not in output and
             "pan:1:" not in output and "pan: out of memory" not in output)
    if not whole or known["depth"] >= limits[0] - 1:
        raise Failed("not every state is as it must be:\n" + output)
    if known["states"] < least:
        raise Failed("%d states are too few, at least %d are known" % (known["states"], least))
    return "%(states)9d states, depth %(depth)6d, %(megabytes)4.0f MB" % known


def check_found(text, directory, options):
    output = search(text, directory, options)
    found = re.search(r"pan:1: assertion violated .*\(at depth (\d+)\)", output)
    if not found or "errors: 1" not in output:
        raise Failed("no assertion was violated:\n" + output)
    return "found at depth %6d, after %7d states" % (int(found[1]), figures(output)["states"])


def used_seconds():
    return sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


def run(title, work):
    """Runs one check in a directory of its own, and says what it did. Returns whether it passed."""
    began, used = time.monotonic(), used_seconds()
    try:
        with tempfile.TemporaryDirectory() as directory:
            words, passed = work(directory), True
    except Failed as failure:
        words, passed = "FAILED: %s" % failure, False
    print("%-52s %s, %.1f s (%.1f s of the processor)"
          % (title, words, time.monotonic() - began, used_seconds() - used), flush=True)
    return passed


def test():
    fast, quick = ["-O1", "-DSAFETY"], ["-O0", "-DSAFETY"]
    passed = []
    for title, text, least in CHECKS:
        passed.append(run(title, lambda directory:
                          check_all(text, least, directory, fast, table=23)))
    for title, text, least in ENDINGS:
        options = ["-O0", "-DNP", "-DNOFAIR"]
        passed.append(run(title, lambda directory: check_all(text, least, directory, options)))
    for name, title, text in MUTANTS + WEAK + REACHED:
        passed.append(run(title, lambda directory:
                          check_found(text + " " + name, directory, quick)))
    return passed


def test_large():
    options = ["-O2", "-DSAFETY", "-DCOLLAPSE"]
    limits = LARGE_DEPTH, LARGE_MEGABYTES
    return [run(title, lambda directory: check_all(text, least, directory, options, limits, 26))
            for title, text, least in LARGE]


def action_of(line, source):
    """Returns the name of the call or event whose statement stands in this line of the model."""
    for text in reversed(source[:line]):
        named = re.match(r"inline (\w+)\(", text)
        if named:
            return named[1]
        if text.startswith("active "):
            break
    return "a tick"


def print_trail(name):
    known = {one[0]: one[2] for one in MUTANTS + WEAK + REACHED}
    if name not in known:
        sys.exit("check.py: '%s' is none of %s" % (name, ", ".join(known)))
    with open(MODEL, encoding="utf-8") as file:
        source = file.read().split("\n")
    with tempfile.TemporaryDirectory() as directory:
        text = known[name] + " " + name
        output = search(text, directory, ["-O2", "-DSAFETY", "-DBFS", "-DCOLLAPSE"],
                        (LARGE_DEPTH, LARGE_MEGABYTES))
        print(re.search(r"pan:1: (.*)", output)[0][:100])
        steps = spin_output(["spin", *defines(text), "-t", "-p", "-g", "ledger.pml"], directory)
    before, now, who = {}, {}, None
    for line in steps.split("\n") + ["end"]:
        step = re.match(r"\s*(\d+):\s+proc\s+\d+ \((\w+):\d+\) \S*?:?(\d+) ", line)
        if line == "end" or (step and not (who and who.startswith(step[1] + " "))):
            if who:
                changes = ["%s = %s" % one for one in now.items() if before.get(one[0]) != one[1]]
                print("; ".join([who] + changes))
            before = dict(now)
            if step:
                who = "%s %s" % (step[1], action_of(int(step[3]), source))
        changed = re.match(r"\s+((?:state|owner|phase|left|is_charged)(?:\[\d+\])?) = (\w+)$", line)
        if changed:
            now[changed[1]] = changed[2]


def main():
    if sys.argv[1:2] == ["--trail"] and len(sys.argv) == 3:
        return print_trail(sys.argv[2])
    if sys.argv[1:] not in ([], ["--large"]):
        sys.exit("check.py: use check.py [--large | --trail NAME]")
    if not shutil.which("spin"):
        sys.exit("check.py: spin is missing; run examples/packages.sh test")
    began = used_seconds()
    passed = test_large() if sys.argv[1:] else test()
    print("%d of %d are as they must be; %.0f s of the processor"
          % (sum(passed), len(passed), used_seconds() - began))
    sys.exit(0 if all(passed) else 1)


if __name__ == "__main__":
    main()
