"""Makes this folder's files with a program: make.py PROGRAM. They were made by darkroom 0.1.

The two run directories hold a step in every state that a run can leave behind, and the service
that they were made with. `test_old_directory.py` opens, resumes and merges copies of them, so a
change of a stored format shows there. Make the files again only for a new version, in a folder of
its own: these stay as they are.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.abspath(sys.argv[1])
FAULTS = {"seed": 1, "faults": [
    {"on": "imagine", "prompt": "refused", "do": "status", "status": 400,
     "body": json.dumps({"success": False, "error": {"code": "bad_request", "message": "no"}})},
    {"on": "imagine", "prompt": "flaky", "nth": 1, "do": "fail"},
    {"on": "file", "prompt": "unsaved", "do": "html"}]}


def serve(*arguments):
    service = subprocess.Popen(
        [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data", "service", "--image-size", "64",
         "--clips", "webp", *arguments], cwd=HERE, stdout=subprocess.PIPE, text=True)
    return service, service.stdout.readline().strip()


def run(url, *arguments):
    environment = {"PATH": os.environ["PATH"], "HOME": HERE, "A": "token-a", "B": "token-b"}
    return subprocess.Popen(
        [PROGRAM, "run", "job.yaml", "--service", url, "--progress", "plain", *arguments],
        cwd=HERE, env=environment, stderr=subprocess.PIPE, text=True)


def wait_for(running, word):
    for line in running.stderr:
        print(line, end="")
        if word in line:
            return
    raise AssertionError(f"ended without {word!r}")


def main():
    for name in ("first", "second", "service"):
        shutil.rmtree(os.path.join(HERE, name), ignore_errors=True)
    with open(os.path.join(HERE, "faults.json"), "w", encoding="utf-8") as file:
        json.dump(FAULTS, file)
    service, url = serve("--latency", "20ms", "--faults", "faults.json")
    first = run(url, "-o", "first", "--only", "cars", "--only", "tiles", "--only", "texts",
                "--only", "shorter", "--only", "clip", "--only", "choice", "--only", "refused",
                "--only", "flaky", "--only", "unsaved", "--only", "branches")
    print(first.communicate()[1], first.returncode)
    second = run(url, "-o", "second", "--only", "elsewhere", "--only", "cars")
    print(second.communicate()[1], second.returncode)
    service.send_signal(signal.SIGTERM)
    service.wait()
    picks = subprocess.run([PROGRAM, "pick", "first", "--list", "--json"], cwd=HERE, text=True,
                           capture_output=True, check=True).stdout
    key = json.loads(picks.splitlines()[0])["key"]
    subprocess.run([PROGRAM, "pick", "first", "--set", f"{key}=upscale2"], cwd=HERE, check=True)
    # Two requests are open when the run is killed: one with its task's id, one without.
    service, url = serve("--latency", "10s", "--faults", "faults.json")
    left_open = run(url, "-o", "first", "--only", "open", "--only", "pending",
                    "--set", "service.timeouts.first_event=2s")
    wait_for(left_open, "accepted")
    left_open.send_signal(signal.SIGKILL)
    left_open.wait()
    service.kill()
    service.wait()
    for name in ("faults.json", "first/journal.db-shm", "first/run.lock", "second/run.lock",
                 "service/lock"):
        if os.path.exists(os.path.join(HERE, name)):
            os.remove(os.path.join(HERE, name))


if __name__ == "__main__":
    main()
