"""The page of picks in use: its script runs, and it saves what `pick --set` would write."""
import json
import os
import shutil
import subprocess
import unittest

from stage import PATIENCE, SOURCE, Service, Stage

NODE_MODULES = os.path.join(SOURCE, "build", "npm", "node_modules")
HERE = os.path.dirname(os.path.abspath(__file__))
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"

# Cards 0 and 1 belong to one picture, 2 and 3 to the next; 4 has two tiles, 5 several on each.
JOBS = [{"id": "cars", "prompt": "{{car}}", "matrix": {"car": ["a red car", HOSTILE]},
         "then": [{"pick": {"from": "upscale*", "count": "1..2"}, "then": ["zoom_out_2x"]},
                  {"pick": {"from": ["variation*", "reroll"]}}]},
        {"id": "tree", "prompt": "a tree",
         "then": [{"pick": {"from": ["upscale2", "upscale4"]}}]},
        {"id": "house", "prompt": "a house",
         "then": [{"pick": {"from": ["upscale*", "variation*", "reroll"], "count": 2}}]}]


def click(card, value):
    return {"click": [card, value]}


def keys(text):
    return [{"key": key} for key in text]


class PickPage(Stage):
    """All tests begin with the same run, which is made once."""

    @classmethod
    def setUpClass(cls):
        if not os.path.isdir(os.path.join(NODE_MODULES, "jsdom")):
            raise AssertionError(f"no browser in {NODE_MODULES}: run 'examples/packages.sh test', "
                                 "which installs it and needs the network once")
        cls.made = None

    @classmethod
    def tearDownClass(cls):
        if cls.made:
            shutil.rmtree(cls.made)

    def setUp(self):
        super().setUp()
        if PickPage.made is None:
            with Service(self) as service:
                self.job(service.url, JOBS)
                self.check_code(self.darkroom("run", "job.yaml", "-q"), 0)
            PickPage.made = shutil.copytree(self.directory, self.directory + "-made")
        else:
            shutil.copytree(PickPage.made, self.directory, dirs_exist_ok=True)

    def use(self, *acts):
        """Writes a new page and acts on it."""
        self.check_code(self.darkroom("pick", "out/job"), 0)
        ended = subprocess.run(
            ["node", os.path.join(HERE, "pick_page.mjs"), NODE_MODULES,
             self.path("out/job/pick.html")],
            input=json.dumps(acts), capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        seen = json.loads(ended.stdout)
        self.assertEqual(seen["troubles"], [])
        return seen

    def picks(self, directory="out/job"):
        with open(self.path(directory, "picks.json"), encoding="utf-8") as file:
            return file.read()

    def check_saved_like(self, seen, *sets):
        """Checks that the saved file gives the same bytes as these --set in a copy of the run."""
        self.assertEqual([one["name"] for one in seen["saved"]], ["picks.json"])
        self.write("saved.json", seen["saved"][0]["file"])
        shutil.rmtree(self.path("out/twin"), ignore_errors=True)
        shutil.copytree(self.path("out/job"), self.path("out/twin"))
        options = [word for one in sets for word in ("--set", one)]
        self.check_code(self.darkroom("pick", "out/twin", *options), 0)
        self.check_code(self.darkroom("pick", "out/job", "--from", "saved.json"), 0)
        self.assertEqual(self.picks(), self.picks("out/twin"))
        saved, written = json.loads(seen["saved"][0]["file"]), json.loads(self.picks())
        self.assertEqual({key: sorted(names) for key, names in saved["picks"].items()},
                         {key: sorted(names) for key, names in written["picks"].items()})
        self.assertEqual(saved["version"], written["version"])

    def test_clicks_are_saved_as_set_would_write_them(self):
        seen = self.use(click(0, "upscale2"), click(0, "upscale4"), click(1, "reroll"),
                        click(2, "upscale1"), {"button": True})
        first, last = seen["shown"][0], seen["shown"][-1]
        self.assertEqual(first["status"], "0 of 6 picked")
        self.assertEqual((first["can_save"], first["asks_before_leaving"]), (False, False))
        self.assertEqual(seen["shown"][-2]["asks_before_leaving"], True)
        self.assertEqual(last["status"], "3 of 6 picked")
        self.assertEqual((last["then"], last["asks_before_leaving"]), (True, False))
        self.check_saved_like(seen, "cars/0=upscale2,upscale4,reroll", "cars/1=upscale1")

    def test_a_later_page_keeps_earlier_picks(self):
        self.check_saved_like(self.use(click(0, "upscale3"), {"button": True}), "cars/0=upscale3")
        # The first card is picked, so the other one of the same picture comes first now.
        seen = self.use(click(0, "variation2"), click(3, "upscale4"), {"button": True})
        self.check_saved_like(seen, "cars/0=variation2", "tree/0=upscale4")
        self.assertEqual(len(json.loads(self.picks())["picks"]), 2)

    def test_never_more_than_the_most_can_be_picked(self):
        seen = self.use(click(0, "upscale1"), click(0, "upscale2"), click(0, "upscale3"),
                        click(0, "upscale1"), click(0, "upscale3"))
        states = [one["states"][0] for one in seen["shown"]]
        self.assertEqual(states, [
            "Pick 1 to 2", "Picked: upscale1", "Picked: upscale1, upscale2",
            "Not more than 2: take one back first", "Picked: upscale2",
            "Picked: upscale2, upscale3"])
        self.assertEqual(seen["shown"][3]["checked"][0], ["upscale1", "upscale2"])

    def test_of_one_the_new_choice_replaces_the_old(self):
        seen = self.use(click(1, "variation1"), click(1, "reroll"), click(1, "reroll"))
        self.assertEqual([one["checked"][1] for one in seen["shown"]],
                         [[], ["variation1"], ["reroll"], []])
        self.assertEqual([one["can_save"] for one in seen["shown"]], [False, True, True, False])

    def test_too_few_are_not_saved(self):
        seen = self.use(click(0, "upscale1"), click(5, "variation3"), {"button": True},
                        *keys("s"), click(5, "upscale3"), {"button": True})
        half = seen["shown"][3]
        self.assertEqual(half["states"][5], "1 more to pick")
        self.assertEqual(half["status"], "1 of 6 picked; 1 with too few: pick more there, or take "
                                       "the pick back")
        self.assertEqual((half["can_save"], half["then"]), (False, False))
        self.check_saved_like(seen, "cars/0=upscale1", "house/0=upscale3,variation3")

    def test_the_keyboard_is_enough(self):
        seen = self.use(*keys("j2"), *keys("jj"), *keys("n4"), *keys("nn"), *keys("n54"),
                        *keys("o"), *keys("k"), *keys("12"), *keys("s"))
        where = [tuple(one["focus"]) for one in seen["shown"]]
        self.assertEqual(where[1:], [
            (0, "upscale1"), (0, "upscale2"), (1, "variation1"), (2, "upscale1"),
            (3, "variation1"), (3, "variation4"),
            (4, "upscale2"),  # its first tile has nothing to pick, and its second the key 2
            (5, "upscale1"), (1, "variation1"), (1, "reroll"), (1, "variation4"),
            (1, "variation4"), (0, "upscale1"), (0, "upscale1"), (0, "upscale2"),
            (0, "upscale2")])
        last = seen["shown"][-1]
        self.assertEqual(last["checked"],
                         [["upscale1"], ["variation4"], [], ["variation4"], [], []])
        self.assertEqual(len(seen["opened"]), 1)
        self.assertTrue(os.path.isfile(self.path("out/job", seen["opened"][0])))
        self.check_saved_like(seen, "cars/0=upscale1,variation4", "cars/1=variation4")

    def test_a_tile_has_the_key_of_its_number_and_with_several_each_has_its_own(self):
        seen = self.use(*keys("jjjjj"), *keys("14"), *keys("j"), *keys("29"))
        self.assertEqual(seen["shown"][6]["checked"][4], [])
        self.assertEqual(seen["shown"][-1]["checked"][4:], [["upscale4"], ["variation1", "reroll"]])


if __name__ == "__main__":
    unittest.main(verbosity=2)
