"""The page of picks in use, in a real browser: it saves what `pick --set` would write."""
import json
import shutil
import unittest

from browser_stage import BrowserStage
from stage import Service

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
WIDE, NARROW = [1400, 900], [400, 800]

# Choices 0 and 1 belong to one picture, 2 and 3 to the next; 4 has two tiles, 5 several on each.
# What is above 6 is not kept. The last job waits for nothing.
JOBS = [{"id": "cars", "prompt": "{{car}}", "matrix": {"car": ["a red car", HOSTILE]},
         "then": [{"pick": {"from": "upscale*", "count": "1..2"}, "then": ["zoom_out_2x"]},
                  {"pick": {"from": ["variation*", "reroll"]}}]},
        {"id": "tree", "prompt": "a tree", "split_images": True,  # its tiles are cards without a choice
         "then": [{"pick": {"from": ["upscale2", "upscale4"]}}]},
        {"id": "house", "prompt": "a house", "params": {"ar": "3:2"},
         "then": [{"pick": {"from": ["upscale*", "variation*", "reroll"], "count": 2}}]},
        {"id": "lake", "prompt": "a lake",
         "then": [{"action": "variation1", "download": False,
                   "then": [{"pick": {"from": "upscale*"}}]}]},
        {"id": "boats", "prompt": "a boat {{n}}", "matrix": {"n": [1, 2]}}]
CARS, HOSTILE_CARS, TREE, HOUSE, LAKE = range(5)

CARDS = "document.querySelectorAll('.card').length"
STATUS = "document.querySelector('.choices-count').textContent"
WORDS = "document.querySelector('.choices-words').textContent"
CHOSEN = "gallery.choices.all.map(gallery.choices.names)"
CAN_SAVE = "!document.querySelector('#choices .main').disabled"
ASKS = "!window.dispatchEvent(new Event('beforeunload', {cancelable: true}))"
WAITING = "document.getElementById('count').textContent"


def value(expression):
    return {"eval": expression}


def click(card, action):
    return {"click": f'.card >> nth={card} >> [data-action="{action}"]'}


def other(card, choice):
    """Brings the actions of another choice of the picture to the card."""
    return {"click": f".card >> nth={card} >> .choose-pill >> nth={choice}"}


def keys(*names):
    return [{"key": name} for name in names]


def state_of(card, choice=0):
    return value(f"document.querySelectorAll('.card')[{card}]"
                 f".querySelectorAll('.choose-pill')[{choice}].textContent")


FOCUS = value("[...document.querySelectorAll('.card')].indexOf("
              "document.activeElement.closest('.card'))")


class PickPage(BrowserStage):
    """All tests begin with the same run, which is made once."""

    made = None

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        if cls.made:
            shutil.rmtree(cls.made)

    def setUp(self):
        super().setUp()
        if PickPage.made is None:
            with Service(self, "--image-size", "256") as service:
                self.job(service.url, JOBS)
                self.check_code(self.darkroom("run", "job.yaml", "-q"), 0)
            self.reverse_lines("out/job/manifest.jsonl")
            PickPage.made = shutil.copytree(self.directory, self.directory + "-made")
        else:
            shutil.copytree(PickPage.made, self.directory, dirs_exist_ok=True)

    def use(self, *acts, page="pick", **part):
        """Writes a new page and acts on it. Returns the values of its "eval" and "save" acts."""
        self.check_code(self.darkroom(page, "out/job"), 0)
        part["acts"] = list(acts)
        return self.play_story([part], page=self.path(f"out/job/{page}.html"))[0]

    def picks(self, directory="out/job"):
        with open(self.path(directory, "picks.json"), encoding="utf-8") as file:
            return file.read()

    def check_saved_like(self, saved, *sets):
        """Checks that the saved file gives the same bytes as these --set in a copy of the run."""
        name, text = saved
        self.assertEqual(name, "picks.json")
        self.write("saved.json", text)
        shutil.rmtree(self.path("out/twin"), ignore_errors=True)
        shutil.copytree(self.path("out/job"), self.path("out/twin"))
        options = [word for one in sets for word in ("--set", one)]
        self.check_code(self.darkroom("pick", "out/twin", *options), 0)
        self.check_code(self.darkroom("pick", "out/job", "--from", "saved.json"), 0)
        self.assertEqual(self.picks(), self.picks("out/twin"))
        saved, written = json.loads(text), json.loads(self.picks())
        self.assertEqual({key: sorted(names) for key, names in saved["picks"].items()},
                         {key: sorted(names) for key, names in written["picks"].items()})
        self.assertEqual(saved["version"], written["version"])

    def test_clicks_are_saved_as_set_would_write_them(self):
        seen = self.use(
            value(STATUS), value(CAN_SAVE), value(ASKS), click(CARS, "upscale2"),
            click(CARS, "upscale4"), other(CARS, 1), click(CARS, "reroll"),
            click(HOSTILE_CARS, "upscale1"), value(ASKS), {"shot": "choices-made-1400-light"},
            {"save": "s"}, value(STATUS), value(ASKS), value(WORDS))
        self.assertEqual(seen[:4], ["0 of 7 chosen", False, False, True])
        self.assertEqual(seen[5:7], ["3 of 7 chosen", False])
        self.assertTrue(seen[7].startswith("Saved. Now darkroom pick out/job --from picks.json"))
        self.check_saved_like(seen[4], "cars/0=upscale2,upscale4,reroll", "cars/1=upscale1")

    def test_a_later_page_keeps_earlier_picks_and_what_was_said_of_pictures(self):
        self.check_saved_like(self.use(click(CARS, "upscale3"), {"save": "s"})[0],
                              "cars/0=upscale3")
        said = {"0" * 64: {"picked": True, "stars": 2, "note": "older"}}
        with_said = {**json.loads(self.picks()), "images": said}
        self.write("out/job/picks.json", json.dumps(with_said))
        # The first choice is made, so the other one of the same picture stands alone now.
        seen = self.use(click(CARS, "variation2"), click(TREE, "upscale4"), {"save": "s"})[0]
        self.assertEqual(json.loads(seen[1])["images"], said)
        self.check_saved_like(seen, "cars/0=variation2", "tree/0=upscale4")
        self.assertEqual(len(json.loads(self.picks())["picks"]), 2)

    def test_never_more_than_the_most_can_be_picked(self):
        acts = [state_of(CARS)]
        for action in ("upscale1", "upscale2", "upscale3"):
            acts += [click(CARS, action), state_of(CARS)]
        acts.append(value(f"{CHOSEN}[0]"))
        for action in ("upscale1", "upscale3"):
            acts += [click(CARS, action), state_of(CARS)]
        self.assertEqual(self.use(*acts), [
            "Choose 1 to 2 of 4", "Chosen: upscale1", "Chosen: upscale1, upscale2",
            "Not more than 2: take one back first", ["upscale1", "upscale2"], "Chosen: upscale2",
            "Chosen: upscale2, upscale3"])

    def test_of_one_the_new_choice_replaces_the_old_and_a_second_click_takes_it_back(self):
        acts = [other(CARS, 1)]
        for action in ("variation1", "reroll", "reroll"):
            acts += [click(CARS, action), value(f"{CHOSEN}[1]"), value(CAN_SAVE)]
        self.assertEqual(self.use(*acts), [["variation1"], True, ["reroll"], True, [], False])

    def test_too_few_are_not_saved(self):
        seen = self.use(click(CARS, "upscale1"), click(HOUSE, "variation3"), *keys("s"),
                        state_of(HOUSE), value(WORDS), value(CAN_SAVE), value(STATUS),
                        click(HOUSE, "upscale3"), {"save": "s"})
        self.assertEqual(seen[:4], [
            "1 more to choose", "1 with too few: choose more there, or take the choice back",
            False, "1 of 7 chosen"])
        self.check_saved_like(seen[4], "cars/0=upscale1", "house/0=upscale3,variation3")

    def test_the_keyboard_is_enough(self):
        opened = value("(() => { const click = HTMLAnchorElement.prototype.click;"
                       " HTMLAnchorElement.prototype.click = function () {"
                       " if (this.download) return click.call(this); window.opened = this.href; };"
                       " return true; })()")
        seen = self.use(
            opened, *keys("j", "2"), FOCUS, *keys("n", "4"), FOCUS, value(CHOSEN),
            *keys("n"), FOCUS, *keys("n"), FOCUS, *keys("k", "m", "1", "1"), FOCUS,
            *keys("j", "6", "5"), value(CHOSEN), *keys("o"), value("window.opened"),
            *keys("Tab"), value("document.activeElement.dataset.action || ''"),
            {"save": "s"})
        self.assertEqual(seen[1:6], [0, 0, [["upscale2"], ["variation4"], [], [], [], [], []], 1, 1])
        self.assertEqual(seen[6:8], [0, [["upscale2"], ["variation4"], [], ["reroll"], [], [], []]])
        self.assertTrue(seen[8].startswith("file:///"))
        self.check_saved_like(seen[-1], "cars/0=upscale2,variation4", "cars/1=reroll")

    def test_a_tile_has_the_key_of_its_number_and_with_several_each_has_its_own(self):
        seen = self.use(*keys("j", "j", "j", "1", "4", "j", "2", "9"), value(f"{CHOSEN}.slice(4, 6)"))
        self.assertEqual(seen, [[["upscale4"], ["variation1", "reroll"]]])

    def test_the_large_picture_has_the_same_choices(self):
        over = '.over [data-action="{}"]'.format
        beside = '.side [data-action="{}"]'.format
        seen = self.use(
            *keys("n", "Enter"), {"wait": "document.querySelector('.stage-image')?.complete"},
            {"click": over("upscale3")}, *keys("1"), {"click": beside("variation2")},
            value(CHOSEN), value("document.querySelector('.side .choose-text').textContent"),
            value("(() => { const [cover, image] = ['.over', '.stage-image'].map((name) =>"
                  " JSON.stringify(document.querySelector(name).getBoundingClientRect()));"
                  " return cover === image; })()"),
            {"axe": True}, {"shot": "choice-large-1400-light"}, *keys("n"),
            value("document.querySelector('.side .prompt').textContent"),
            value("document.querySelectorAll('.side img[src=x], .card img[src=x]').length"),
            {"save": "s"})
        self.assertEqual(seen[:5], [
            [["upscale1", "upscale3"], ["variation2"], [], [], [], [], []],
            "Chosen: upscale1, upscale3", True, HOSTILE, 0])
        self.check_saved_like(seen[5], "cars/0=upscale1,upscale3,variation2")

    def test_what_waits_is_shown_first_and_the_rest_without_the_filter(self):
        rows = len(self.manifest()) + 1  # and the one that is not kept
        seen = self.use(value(WAITING), value(CARDS), {"click": ".chip"}, value(WAITING),
                        *keys("f"), {"click": '[data-value="waits=waits for a pick"]'},
                        value(WAITING), *keys("4"), {"reload": True}, value(STATUS))
        self.assertEqual(seen, [f"5 of {rows} results", 5, f"{rows} results",
                                f"5 of {rows} results", "0 of 7 chosen"])
        seen = self.use(value(WAITING), click(CARS, "upscale2"), value(STATUS), page="gallery")
        self.assertEqual(seen, [f"{rows} results", "1 of 7 chosen"])

    def test_a_picture_that_was_not_kept_can_be_chosen_of_too(self):
        seen = self.use(click(LAKE, "upscale2"),
                        value("document.querySelector('.card-missing').textContent"),
                        {"save": "s"})
        self.assertEqual(seen[0], "No picture was kept of this step")
        self.check_saved_like(seen[1], "lake/0/variation1=upscale2")

    def test_the_browser_keeps_choices_until_they_are_saved(self):
        seen = self.use(click(CARS, "upscale2"), {"reload": True}, value(f"{CHOSEN}[0]"),
                        {"save": "s"}, accepts=True)
        self.assertEqual(seen[0], ["upscale2"])
        self.check_saved_like(seen[1], "cars/0=upscale2")

    def test_it_is_calm_at_every_size_and_in_the_dark(self):
        for size in (WIDE, NARROW):
            for scheme in ("light", "dark"):
                name = f"{size[0]}-{scheme}"
                seen = self.use(
                    {"wait": f"{CARDS} > 0"},
                    value("document.documentElement.scrollWidth - innerWidth"), {"axe": True},
                    {"shot": f"choices-{name}"}, click(CARS, "upscale2"), {"axe": True},
                    {"shot": f"choices-one-{name}"}, *keys("Enter", "ArrowRight", "Enter"),
                    {"wait": "document.querySelector('#viewer .stage-image')?.complete"},
                    {"axe": True}, {"shot": f"choice-large-{name}"}, size=size, scheme=scheme)
                self.assertLessEqual(seen[0], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
