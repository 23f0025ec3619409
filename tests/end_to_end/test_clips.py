"""Clips of `darkroom serve`: MP4 if there is a real ffmpeg, WebP if it fails."""
import json
import os
import shutil
import signal
import subprocess
import unittest
import urllib.error
import urllib.request

from stage import PATIENCE, Service, Stage

VIDEO = [{"id": "v", "kind": "video", "prompt": "it sails", "resolution": "480p",
          "images": ["http://samples.darkroom.invalid/road.png"]}]
# Reads all input, and writes the shortest valid MP4: a box of each kind.
FAKE = """#!/bin/sh
for film; do :; done
cat >/dev/null
{often}
printf '\\000\\000\\000\\024ftypisom\\000\\000\\002\\000mp41' >"$film"
printf '\\000\\000\\000\\014moovmmmm\\000\\000\\000\\014mdatdddd' >>"$film"
"""
ONLY_ONCE = 'if [ -e "$0.used" ]; then echo "out of ideas" >&2; exit 1; fi; : >"$0.used"'


class Clips(Stage):
    def set_ffmpeg(self, script=None):
        """Installs this script as the only ffmpeg; None: removes it."""
        folder = self.path("programs")
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        for name in ("sh", "cat"):
            os.symlink(shutil.which(name), os.path.join(folder, name))
        if script:
            self.write("programs/ffmpeg", script)
            os.chmod(self.path("programs/ffmpeg"), 0o755)
        self.environment["PATH"] = folder

    def run_job(self, service):
        self.check_code(self.darkroom("run", self.job(service.url, VIDEO)), 0)
        self.check_images(4)
        return self.manifest()

    def link_of(self, service):
        """Returns the link of the first clip from /tasks."""
        task = self.manifest()[0]["task_id"]
        request = urllib.request.Request(
            service.url + "/midjourney/tasks", json.dumps({"id": task}).encode(),
            {"content-type": "application/json", "authorization": "Bearer t"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)["response"]["video_urls"][0]

    def fetch(self, url, **headers):
        request = urllib.request.Request(url, headers=headers)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.read(), answer.headers

    @unittest.skipUnless(shutil.which("ffmpeg") and shutil.which("ffprobe"), "no ffmpeg here")
    def test_an_mp4_is_played_by_others_and_taken_by_the_runner(self):
        with Service(self, "--clips", "mp4") as service:
            lines = self.run_job(service)
            self.assertEqual({line["format"] for line in lines}, {"mp4"})
            self.assertEqual(len({line["sha256"] for line in lines}), 4)
            for line in lines:
                self.assertTrue(line["url"].endswith(".mp4"), line["url"])
                self.assertTrue(line["file"].endswith(".mp4"), line["file"])
                self.check_film(self.path("out/job", line["file"]))
            whole, headers = self.fetch(lines[0]["url"])
            self.assertEqual(headers["content-type"], "video/mp4")
            rest, part = self.fetch(lines[0]["url"], range="bytes=1000-")
            self.assertEqual((rest, part["etag"]), (whole[1000:], headers["etag"]))

    def check_film(self, path):
        with open(path, "rb") as file:
            content = file.read()
        self.assertLess(content.index(b"moov"), content.index(b"mdat"))  # plays while it loads
        probed = json.loads(subprocess.run(
            ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-show_format", "-of",
             "json", path], capture_output=True, check=True, timeout=PATIENCE).stdout)
        stream, = probed["streams"]
        self.assertEqual((stream["codec_name"], stream["pix_fmt"]), ("h264", "yuv420p"))
        self.assertEqual((int(stream["nb_read_frames"]), stream["height"]), (50, 64))
        self.assertAlmostEqual(float(probed["format"]["duration"]), 5.0, places=2)
        hashes = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-f", "framemd5", "-"],
                                capture_output=True, check=True, timeout=PATIENCE, text=True).stdout
        frames = {line.rsplit(",", 1)[1] for line in hashes.splitlines() if line[0] != "#"}
        self.assertGreater(len(frames), 40)  # the camera moves

    def test_without_ffmpeg_clips_are_webp_and_mp4_alone_is_refused(self):
        self.set_ffmpeg()
        with Service(self) as service:
            self.assertEqual({line["format"] for line in self.run_job(service)}, {"webp"})
        ended = self.check_code(self.darkroom("serve", "--clips", "mp4"), 64)
        self.assertIn("ffmpeg: No such file or directory", ended.err)

    def test_an_ffmpeg_that_fails_later_on_leaves_webp_behind_other_links(self):
        self.set_ffmpeg(FAKE.format(often=ONLY_ONCE))
        service = Service(self)
        lines = self.run_job(service)
        self.assertEqual({line["format"] for line in lines}, {"webp"})
        self.assertTrue(self.link_of(service).endswith("_v0.webp"))
        ended = service.stop()
        self.assertEqual(ended.err.count("animated WebP from now on"), 1)
        self.assertIn("out of ideas", ended.err)

    def test_webp_can_be_asked_for(self):
        self.set_ffmpeg(FAKE.format(often=""))
        with Service(self, "--clips", "webp") as service:
            self.assertEqual({line["format"] for line in self.run_job(service)}, {"webp"})

    def test_clips_of_an_earlier_process_without_its_ffmpeg_are_webp(self):
        self.set_ffmpeg(FAKE.format(often=""))
        data = ("--data", self.path("data"))
        with Service(self, *data) as service:
            self.assertEqual({line["format"] for line in self.run_job(service)}, {"mp4"})
            old = self.link_of(service)
            port = int(service.url.rsplit(":", 1)[1])
        with Service(self, *data, port=port) as service:
            self.assertEqual(self.link_of(service), old)  # the old link still works
            self.fetch(old)
            service.running.signal(signal.SIGKILL)
            service.running.end()
        self.set_ffmpeg()
        with Service(self, *data, port=port) as service:
            fresh = self.link_of(service)
            self.assertEqual(fresh, old.replace(".mp4", ".webp"))
            self.assertEqual(self.fetch(fresh)[0][8:12], b"WEBP")
            with self.assertRaises(urllib.error.HTTPError) as gone:
                self.fetch(old)
            self.assertEqual(gone.exception.code, 404)


if __name__ == "__main__":
    unittest.main(verbosity=2)
