"""Stories about pages, which are played in Chromium."""
import json
import os
import shutil
import subprocess
import tempfile

from stage import PATIENCE, SOURCE, Stage

NODE_MODULES = os.path.join(SOURCE, "build", "npm", "node_modules")
HERE = os.path.dirname(os.path.abspath(__file__))


class BrowserStage(Stage):
    """A test case with a browser, which all tests of the class share. Views are kept in the directory
    DARKROOM_SHOTS."""

    @classmethod
    def setUpClass(cls):
        for package in ("playwright-core", "axe-core"):
            if not os.path.isdir(os.path.join(NODE_MODULES, package)):
                raise AssertionError(f"no {package} in {NODE_MODULES}: run 'examples/packages.sh "
                                     "test', which installs it and needs the network once")
        cls.shots = os.environ.get("DARKROOM_SHOTS") or tempfile.mkdtemp(prefix="darkroom-shots-")
        os.makedirs(cls.shots, exist_ok=True)
        cls.browser = subprocess.Popen(
            ["node", os.path.join(HERE, "gallery.mjs"), NODE_MODULES, cls.shots],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    @classmethod
    def tearDownClass(cls):
        cls.browser.communicate(timeout=PATIENCE)
        if not os.environ.get("DARKROOM_SHOTS"):
            shutil.rmtree(cls.shots)

    def reverse_lines(self, *parts):
        """Brings the lines of a list into an order in which a run can have made them, too."""
        with open(self.path(*parts), encoding="utf-8") as file:
            lines = file.readlines()
        self.write("/".join(parts), "".join(reversed(lines)))

    def play_story(self, parts, **place):
        """Plays the parts on the page at `page` (a file) or `url`; see gallery.mjs. Each returns the
        values of its acts. No part may have errors, requests to elsewhere, or findings of axe."""
        story = {**place, "parts": [{"name": f"{self._testMethodName}-{at}", **part}
                                    for at, part in enumerate(parts)]}
        self.browser.stdin.write(json.dumps(story) + "\n")
        self.browser.stdin.flush()
        seen = json.loads(self.browser.stdout.readline())
        for part in seen:
            for kind in ("errors", "requests", "axe"):
                self.assertEqual(part[kind], [], part["name"])
        return [part["values"] for part in seen]
