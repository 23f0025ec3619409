#!/usr/bin/env python3
"""Measures the gallery: how fast thumbnails are made, and how smooth a page of many pictures is.

    tests/bench/gallery.py build/release/bin/darkroom [PICTURES]

It makes 300 pictures of a megapixel with the built-in service, and prints the thumbnails a second and
the memory of `darkroom gallery`. Then it writes a run directory of PICTURES (50,000) lines whose
thumbnails are hard links of these, opens its page in Chromium, and prints the size of the page, the
times until the first paint and until the first pictures are shown, and the longest frame while it
scrolls, searches and filters. Needs what `examples/packages.sh test` installs.
"""
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.abspath(sys.argv[1])
PICTURES = int(sys.argv[2]) if len(sys.argv) > 2 else 50_000
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODULES = os.path.join(SOURCE, "build", "npm", "node_modules")
HERE = os.path.dirname(os.path.abspath(__file__))
MADE = 300


def make_pictures(directory):
    """Runs a job; returns the run directory."""
    service = subprocess.Popen(
        [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--image-size", "1024", "--latency", "10ms"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    url = service.stdout.readline().strip()
    job = {"version": 1, "name": "big", "service": {"url": url, "token": {"env": "TOKEN"}},
           "limits": {"concurrency": 8, "rate": "200/s"},
           "jobs": [{"id": "p", "prompt": "a thing number {{n}} in a garden",
                     "matrix": {"n": list(range(MADE))}}]}
    with open(os.path.join(directory, "job.yaml"), "w", encoding="utf-8") as file:
        json.dump(job, file)
    subprocess.run([PROGRAM, "run", "job.yaml", "-q", "-y"], cwd=directory, check=True,
                   env={**os.environ, "TOKEN": "t"})
    service.terminate()
    service.wait()
    return os.path.join(directory, "out", "big")


def gallery(directory):
    """Returns seconds of wall time, of the processors, and MiB of memory."""
    begun = time.monotonic()
    process = subprocess.Popen([PROGRAM, "gallery", directory], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - begun
    assert status == 0, status
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def lines_of(directory):
    with open(os.path.join(directory, "manifest.jsonl"), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def colours_of(directory):
    with open(os.path.join(directory, "thumbs", "index.txt"), encoding="utf-8") as file:
        return dict(line.split() for line in file.read().splitlines()[1:])


def multiply(small, big):
    """Writes a run directory of many lines, each with a key, a picture and a thumbnail of its own."""
    os.makedirs(os.path.join(big, "thumbs"))
    shutil.copy(os.path.join(small, "journal.db"), big)
    lines, colours = lines_of(small), colours_of(small)
    chance = random.Random(1)
    words = "a red old small golden quiet broken fox tower river lantern forest 山 水 風 雨 city".split()
    index = ["darkroom thumbnails 1"]
    shapes = [(1024, 1024), (1456, 816), (816, 1456), (1232, 928)]
    with open(os.path.join(big, "manifest.jsonl"), "w", encoding="utf-8") as file:
        for number in range(PICTURES):
            line = dict(lines[number % len(lines)])
            digest = hashlib.sha256(str(number).encode()).hexdigest()
            item, step = divmod(number, 3)
            chance_of_item = random.Random(item)
            subject, place = chance_of_item.choice(words), chance_of_item.choice(words)
            prompt = " ".join(chance_of_item.choice(words) for _ in range(14))
            action = ("generate", "upscale2", "zoom_out_2x")[step]
            os.link(os.path.join(small, "thumbs", line["sha256"] + ".webp"),
                    os.path.join(big, "thumbs", digest + ".webp"))
            index.append(f"{digest} {colours[line['sha256']]}")
            width, height = chance.choice(shapes)
            line.update(key=hashlib.sha256(b"k%d" % number).hexdigest(), sha256=digest, item=item,
                        job=f"job-{item % 7}", action=action,
                        path=("", "upscale2", "upscale2/zoom_out_2x")[step],
                        prompt=prompt if step == 0 else "", root_prompt=prompt,
                        variables={"subject": subject, "place": place}, width=width, height=height)
            file.write(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n")
    with open(os.path.join(big, "thumbs", "index.txt"), "w", encoding="utf-8") as file:
        file.write("\n".join(index) + "\n")


def main():
    directory = tempfile.mkdtemp(prefix="darkroom-bench-", dir=os.environ.get("TMPDIR"))
    try:
        small = make_pictures(directory)
        sizes = [line["bytes"] for line in lines_of(small)]
        wall, cpu, memory = gallery(small)
        print(f"thumbnails: {MADE} PNGs of 1024x1024, {sum(sizes) / len(sizes) / 1e6:.2f} MB each: "
              f"{MADE / wall:.0f} a second, {1000 * cpu / MADE:.1f} ms of CPU each, "
              f"{memory:.0f} MiB")
        wall, cpu, memory = gallery(small)
        print(f"again, with nothing to make: {wall:.2f} s")
        big = os.path.join(directory, "many")
        multiply(small, big)
        wall, cpu, memory = gallery(big)
        page = os.path.join(big, "gallery.html")
        size = os.path.getsize(page)
        print(f"page: {PICTURES} pictures, {size / 1e6:.1f} MB, {size / PICTURES:.0f} bytes each; "
              f"written in {wall:.1f} s with {memory:.0f} MiB")
        subprocess.run(["node", os.path.join(HERE, "gallery.mjs"), MODULES, page], check=True)
    finally:
        shutil.rmtree(directory)


if __name__ == "__main__":
    main()
