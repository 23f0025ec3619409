"""The gallery in use, in a real browser: it shows what the run has, and asks nobody for anything."""
import json
import os
import re
import shutil
import unittest

from browser_stage import BrowserStage
from stage import Service, Stage

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> {{policy}} <!-- data -->"
LAYOUT = "图 #1 100%/{job}/{item:06}-{path}-{image_id}{ext}"
WIDE, NARROW = [1400, 900], [400, 800]

JOBS = [
    {"id": "cars", "prompt": "{{car}} speeds inside {{place}}, {dawn, dusk}",
     "matrix": {"car": ["Lamborghini", "Ferrari"], "place": ["a volcano", "the moon"]},
     "params": {"ar": "16:9"},
     "then": [{"action": "upscale2", "then": ["zoom_out_2x"]},
              {"action": "variation1", "download": False, "then": ["upscale3"]}]},
    {"id": "portraits", "prompt": "a portrait of {{who}}, soft light", "params": {"ar": "2:3"},
     "matrix": {"who": ["an old sailor", "a young astronaut"]}, "then": ["upscale1"]},
    {"id": "shanshui", "prompt": "{{season}}天的西湖断桥，水墨画，留白", "params": {"ar": "3:4"},
     "matrix": {"season": ["春", "秋"]}, "then": ["upscale4"]},
    {"id": "cafe", "prompt": "a cafe\u0301 in the rain"},  # an e with a combining accent
    {"id": "refused", "prompt": "a {{thing}}", "matrix": {"thing": ["banned hat", "banned coat"]}},
    {"id": "hostile", "prompt": "{{text}}", "matrix": {"text": [HOSTILE]}},
]
FAULTS = [{"on": "imagine", "prompt": "banned", "do": "status", "status": 400,
           "body": json.dumps({"error": {"code": "bad_request",
                                         "message": "Banned prompt detected: <b>hat</b>"}})}]

SHOWN = "document.getElementById('count').textContent"
CARDS = "document.querySelectorAll('.card').length"
LABEL = ("[...document.activeElement.querySelectorAll('.card-caption > *, .card-why, .card-of')]"
         ".filter((part) => part.offsetParent).map((part) => part.textContent).join(' / ')")


def keys(*names):
    return [{"key": name} for name in names]


def value(expression):
    return {"eval": expression}


def text_of(selector):
    return value(f"(document.querySelector({json.dumps(selector)}) || {{}}).textContent")


class Gallery(BrowserStage):
    """All tests look at the same run, which is made once."""

    made = None

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        if cls.made:
            shutil.rmtree(cls.made)

    def setUp(self):
        super().setUp()
        if Gallery.made is None:
            with Service(self, "--image-size", "256", faults=FAULTS) as service:
                self.job(service.url, JOBS, name="autumn", output={"layout": LAYOUT},
                         prices={"currency": "USD", "default": 0.026})
                ended = self.check_code(self.darkroom("run", "job.yaml", "--gallery"), 2)
                self.assertIn("Gallery: out/autumn/gallery.html", ended.err)
            self.reverse_lines("out/autumn/manifest.jsonl")
            self.check_code(self.darkroom("gallery", "out/autumn"), 0)
            Gallery.made = shutil.copytree(self.directory, self.directory + "-made")
        else:
            shutil.copytree(Gallery.made, self.directory, dirs_exist_ok=True)

    def use(self, *parts, page="out/autumn/gallery.html"):
        """Plays the parts; each returns the values of its "eval" acts."""
        return self.play_story(parts, page=self.path(page))

    def play(self, *acts, page="out/autumn/gallery.html", **part):
        return self.use({"acts": list(acts), **part}, page=page)[0]

    def all_rows(self):
        return len(self.manifest("out/autumn")) + len(self.lines("out/autumn", "failed.jsonl"))

    def test_search_finds_words_in_every_script(self):
        rows = self.all_rows()
        seen = self.play(
            value(SHOWN), {"fill": "lamborghini moon"}, {"wait": f"{SHOWN}.startsWith('8 of')"},
            {"fill": "西湖"}, {"wait": f"{SHOWN}.startsWith('4 of')"},
            {"fill": "水墨 秋"}, {"wait": f"{SHOWN}.startsWith('2 of')"},
            {"fill": "CAFÉ"}, {"wait": f"{SHOWN}.startsWith('1 of')"},  # composed, in capitals
            {"fill": '"old sailor" -upscale'}, {"wait": f"{SHOWN}.startsWith('1 of')"},
            {"fill": "nothing like it"}, {"wait": f"{SHOWN}.startsWith('0 of')"},
            text_of("#empty h2"), {"shot": "empty-1400-light"}, {"click": "#empty button"},
            value(SHOWN))
        self.assertEqual(seen, [f"{rows} results", "Nothing matches", f"{rows} results"])

    def test_filters_narrow_each_other_and_show_what_each_would_leave(self):
        option = "[data-value=\"{}\"]".format
        seen = self.play(
            *keys("f"), value("document.activeElement.dataset.value"),
            {"shot": "filters-1400-light"},
            {"click": option("job=cars")}, value(SHOWN),
            {"click": option("var:car=Ferrari")}, {"click": option("drawn:prompt.1=dusk")},
            {"click": option("action=upscale2")}, value(SHOWN),
            value("[...document.querySelectorAll('.chip')].map((chip) => chip.textContent)"),
            value("document.querySelector('[data-value=\"action=upscale3\"]').closest('label')"
                  ".querySelector('.option-count').textContent"),
            {"click": ".chip >> nth=0"}, value("document.querySelectorAll('.chip').length"),
            {"click": ".panel-head .quiet"}, value(SHOWN),
            {"click": ".swatch >> nth=0"}, value(f"{SHOWN} !== '{self.all_rows()} results'"))
        rows = self.all_rows()
        self.assertEqual(seen, [
            "state=delivered", f"32 of {rows} results", f"2 of {rows} results",
            ["Jobcars", "Actionupscale2", "carFerrari", "prompt.1dusk"], "2", 3, f"{rows} results",
            True])

    def test_groups_have_a_prompt_each(self):
        seen = self.play(*keys("g"),
                         value("[...document.querySelectorAll('.group-head h2')].slice(0, 2)"
                               ".map((head) => head.textContent)"),
                         {"axe": True}, {"shot": "groups-1400-light"})
        self.assertEqual(seen, [["Lamborghini speeds inside a volcano, dawn --ar 16:9",
                                 "Lamborghini speeds inside a volcano, dusk --ar 16:9"]])

    def test_a_picture_has_an_address_and_shows_its_lineage(self):
        line = next(line for line in self.manifest("out/autumn")
                    if line["path"] == "variation1/upscale3")
        tree = "[...document.querySelectorAll('.tree-name')].map((name) => name.textContent)"
        seen = self.play(
            value("document.querySelector('#viewer').open"), value(tree),
            text_of(".tree-step[aria-current] .tree-name"), text_of(".side .prompt"),
            value("Object.fromEntries([...document.querySelectorAll('.facts dt')]"
                  ".map((name) => [name.textContent, name.nextSibling.textContent]))"),
            {"shot": "picture-1400-light"},
            *keys("ArrowUp"), text_of(".tree-step[aria-current] .tree-name"),
            *keys("ArrowDown"), text_of(".tree-step[aria-current] .tree-name"),
            {"click": ".tree-step >> text=zoom_out_2x"},
            {"wait": "document.querySelector('.tree-step[aria-current]').textContent"
                     " === 'zoom_out_2x'"},
            value("location.hash.length"), *keys("Escape"),
            value("[document.querySelector('#viewer').open, location.hash]"),
            value("document.activeElement.closest('.card') !== null"),
            hash=f"p/{line['key'][:16]}")
        facts = seen[4]
        self.assertEqual(seen[:4], [
            True, ["generate", "upscale2", "zoom_out_2x", "variation1not kept", "upscale3"],
            "upscale3", line["root_prompt"]])
        self.assertEqual((facts["Action"], facts["Cost"], facts["Image"]),
                         ("upscale3", "0.026 USD", line["image_id"]))
        self.assertEqual(facts["Step"], f"cars/{line['item']}/variation1/upscale3")
        # The variation was not kept, so the step above that is shown is the generation.
        self.assertEqual(seen[5:], ["generate", "upscale2", len("#p/") + 16, [False, ""], True])

    def test_a_picture_is_zoomed_moved_and_copied(self):
        view = "document.querySelector('#viewer .stage-image').style.transform"
        seen = self.play(
            *keys("ArrowRight", "Enter"), {"wait": "document.querySelector('#viewer').open"},
            value(view), {"wheel": ["#viewer .stage", -400]}, value(view),
            value("document.querySelector('#viewer .stage').classList.contains('zoomed')"),
            {"drag": ["#viewer .stage", 60, 30]}, value(view), *keys("0"),
            value("document.querySelector('#viewer .stage').classList.contains('zoomed')"),
            *keys("ArrowRight"), text_of(".position"), *keys("y"),
            {"wait": "document.getElementById('toast').textContent === 'Prompt copied'"},
            *keys("r"), {"wait": "document.getElementById('toast').textContent === 'Request copied'"},
            *keys("i"), value("document.querySelector('.side').offsetWidth"))
        self.assertNotEqual(seen[0], seen[1])
        self.assertNotEqual(seen[1], seen[3])
        self.assertEqual(seen[2:3] + seen[4:], [True, False, f"2 / {self.all_rows()}", 0])

    def test_pictures_are_compared_with_linked_views(self):
        widths = ("[...document.querySelectorAll('#compare .stage-image')]"
                  ".map((image) => Math.round(image.offsetWidth / 8))")
        seen = self.play(
            *keys("ArrowRight", "x", "ArrowRight", "x", "ArrowRight", "x"), text_of("#tray .main"),
            {"axe": True}, {"shot": "selected-1400-light"}, *keys("c"),
            {"wait": "document.querySelectorAll('#compare .stage-image').length === 3"},
            {"shot": "compare-1400-light"}, {"axe": True},
            {"wheel": ["#compare .stage >> nth=1", -300]}, value(f"new Set({widths}).size"),
            *keys("l"), {"wheel": ["#compare .stage >> nth=0", -300]},
            value(f"new Set({widths}).size"),
            value("location.hash.split(',').length"), *keys("Escape"),
            value("document.querySelector('#compare').open"), *keys("Escape"),
            value("document.getElementById('tray').hidden"))
        self.assertEqual(seen, ["Compare 3", 1, 2, 3, False, True])

    def test_the_keyboard_moves_through_the_grid(self):
        seen = self.play(
            *keys("ArrowDown"), value(LABEL), *keys("ArrowRight"), value(LABEL),
            *keys("ArrowDown"), value("Number(document.activeElement.closest('.card').ariaPosInSet)"
                                      " > 2"),
            *keys("End"), value(LABEL), *keys("Home"), value(LABEL), *keys("?"),
            value("document.getElementById('help').open"), {"axe": True},
            {"shot": "help-1400-light"}, *keys("Escape", "/"),
            value("document.activeElement.id"))
        prompt = "Lamborghini speeds inside a volcano, dawn --ar 16:9"
        first, second = f"{prompt} / generate", f"{prompt} / upscale2"
        last = f"{HOSTILE} / generate"  # as the job file has them
        self.assertEqual(seen, [first, second, True, last, first, True, "search"])

    def test_failures_have_a_reason_and_advice(self):
        seen = self.play(
            {"click": ".failed-count"}, value(SHOWN),
            value("[...document.querySelector('.card.failed .card-link').children].slice(0, 4)"
                  ".map((part) => part.textContent)"),
            {"shot": "failed-1400-light"}, {"axe": True}, {"click": ".card >> nth=1"},
            text_of(".problem h3"), text_of(".problem-advice"), {"axe": True},
            {"shot": "failure-1400-light"})
        self.assertEqual(seen, [
            f"2 of {self.all_rows()} results",
            ["rejected, bad_request", "Banned prompt detected: <b>hat</b>", "a banned hat",
             "change the prompt or its parameters, then run again"],
            "Failed: rejected, bad_request", "change the prompt or its parameters, then run again"])

    def test_hostile_texts_stay_texts(self):
        seen = self.play(
            {"fill": "onerror"}, {"wait": f"{SHOWN}.startsWith('1 of')"}, {"hover": ".card"},
            value("document.querySelector('.card-prompt').textContent"),
            {"click": ".card-link"}, {"wait": "document.querySelector('.side .prompt') !== null"},
            text_of(".side .prompt"),
            value("document.querySelectorAll('.side img[src=x], .card img[src=x]').length"))
        self.assertEqual(seen, [HOSTILE, HOSTILE, 0])

    def test_it_is_calm_at_every_size_and_in_the_dark(self):
        overflow = "document.documentElement.scrollWidth - innerWidth"
        for_all = [{"acts": [
            {"wait": f"{CARDS} > 0"}, value(overflow), {"axe": True},
            {"shot": f"grid-{size[0]}-{scheme}"}, *keys("ArrowRight", "Enter"),
            {"wait": "document.querySelector('#viewer .stage-image')?.complete"},
            {"axe": True}, {"shot": f"picture-{size[0]}-{scheme}"}, *keys("Escape", "f"),
            {"axe": True}, {"shot": f"filters-{size[0]}-{scheme}"}],
            "size": size, "scheme": scheme} for size in (WIDE, NARROW)
            for scheme in ("light", "dark")]
        for values in self.use(*for_all):
            self.assertLessEqual(values[0], 0)

    def test_the_theme_can_be_chosen(self):
        ground = "getComputedStyle(document.body).backgroundColor"
        seen = self.play(value(ground), *keys("t"), value(ground), *keys("t"), value(ground),
                         *keys("t"), value(ground), scheme="dark")
        dark, light = seen[0], seen[1]
        self.assertNotEqual(dark, light)
        self.assertEqual(seen[2:], [dark, dark])

    def test_chinese_has_its_own_forms(self):
        seen = self.play({"fill": "断桥"}, {"wait": f"{SHOWN}.startsWith('4 of')"},
                         {"hover": ".card >> nth=0"},
                         value("document.querySelector('.card-prompt').lang"),
                         *keys("Enter", "Enter"),
                         {"wait": "document.querySelector('#viewer').open"},
                         {"shot": "chinese-1400-light"}, text_of(".side .prompt"))
        self.assertEqual(seen, ["zh-Hans", "春天的西湖断桥，水墨画，留白 --ar 3:4"])

    def test_what_is_no_longer_wanted_is_hidden_at_first(self):
        with Service(self, "--image-size", "256") as service:
            self.job(service.url, JOBS[1:4], name="autumn", output={"layout": LAYOUT})
            self.check_code(self.darkroom("run", "job.yaml", "-q"), 0)
        unwanted = len(self.lines("out/autumn", "unwanted.jsonl"))
        self.assertGreater(unwanted, 0)
        self.check_code(self.darkroom("gallery", "out/autumn"), 0)
        rows = len(self.manifest("out/autumn")) + len(self.lines("out/autumn", "failed.jsonl"))
        seen = self.play(value(SHOWN), *keys("f"),
                         {"click": "[data-value=\"state=no longer wanted\"]"}, value(SHOWN))
        self.assertTrue(seen[0].endswith(f" of {self.shown_total(unwanted)} results"), seen)
        self.assertTrue(seen[1].startswith(f"{unwanted} of "), (seen, rows))

    def shown_total(self, unwanted):
        history = self.lines("out/autumn", "failed.jsonl")
        return len(self.manifest("out/autumn")) + unwanted + max(len(history), 2)

    def test_stars_picks_and_notes_are_kept_and_saved_along_with_earlier_picks(self):
        lines = self.manifest("out/autumn")
        first = next(line for line in lines if line["item"] == 0 and line["job"] == "cars"
                     and line["path"] == "")
        earlier = {"version": 1, "picks": {first["key"]: ["upscale2"]},
                   "images": {"0" * 64: {"picked": False, "stars": 2, "note": "older"}}}
        self.write("out/autumn/picks.json", json.dumps(earlier))
        self.check_code(self.darkroom("gallery", "out/autumn"), 0)
        seen = self.play(
            *keys("ArrowRight", "4", "p"), text_of(".card .marks"),
            *keys("Enter"), {"wait": "document.querySelector('#viewer').open"},
            value("document.querySelectorAll('.star[aria-pressed=true]').length"),
            {"click": ".note"}, {"type": "更亮 <b>"}, {"click": "#viewer .position"},
            {"axe": True}, {"shot": "picks-1400-light"}, {"save": "s"}, {"reload": True},
            text_of("#viewer .picking .value"), value("document.querySelector('.note').value"),
            *keys("4"), value("document.querySelectorAll('.star[aria-pressed=true]').length"),
            *keys("Escape", "f"), {"click": "[data-value=\"mark=picked\"]"}, value(SHOWN))
        self.assertEqual(seen[:2], ["★★★★", 4])
        name, text = seen[2]
        self.assertEqual(name, "picks.json")
        self.assertEqual(json.loads(text), {
            **earlier, "images": {**earlier["images"], first["sha256"]: {
                "picked": True, "stars": 4, "note": "更亮 <b>"}}})
        self.assertEqual(seen[4:], ["更亮 <b>", 0, f"1 of {self.all_rows()} results"])

    @unittest.skipUnless(shutil.which("ffmpeg"), "no ffmpeg here")
    def test_texts_and_videos_have_cards_too(self):
        jobs = [{"id": "v", "kind": "video", "prompt": "it sails", "resolution": "480p",
                 "images": ["http://samples.darkroom.invalid/road.png"]},
                {"id": "s", "kind": "shorten", "prompt": "a very long way to say a boat"},
                {"id": "t", "kind": "translate", "prompt": "雨后的小巷"}]
        with Service(self, "--clips", "mp4") as service:
            self.job(service.url, jobs, name="mixed")
            self.check_code(self.darkroom("run", "job.yaml", "-q", "--gallery"), 0)
        texts = [line["result"] for line in self.manifest("out/mixed") if line["kind"] == "text"]
        seen = self.play(
            {"wait": "[...document.querySelectorAll('.card video')]"
                     ".every((film) => film.readyState > 0)"},
            value("document.querySelectorAll('.card video').length"),
            value("[...document.querySelectorAll('.card-text')].map((text) => text.textContent)"),
            {"axe": True}, {"shot": "texts-and-videos-1400-light"},
            {"click": ".card:has(video) >> nth=0"},
            {"wait": "document.querySelector('#viewer video')?.readyState > 0"},
            *keys("Escape"), {"click": ".card.words >> nth=0"},
            {"wait": "document.querySelector('#viewer .stage-words')"},
            text_of("#viewer .stage-words"), {"shot": "text-1400-light"},
            page="out/mixed/gallery.html")
        videos = [line for line in self.manifest("out/mixed") if line["kind"] == "video"]
        self.assertEqual(seen[0], len(videos))
        self.assertEqual(sorted(seen[1]), sorted(texts))
        self.assertIn(seen[2], texts)

    def test_a_page_elsewhere_finds_the_pictures(self):
        os.makedirs(self.path("pages & more"))
        ended = self.check_code(
            self.darkroom("gallery", "out/autumn/", "-o", "pages & more/autumn.html"), 0)
        self.assertEqual(ended.out, "pages & more/autumn.html\n")
        seen = self.play(
            {"wait": "document.querySelector('.card img').naturalWidth > 0"},
            value("document.querySelector('.card img').getAttribute('src')"),
            page="pages & more/autumn.html")
        self.assertTrue(seen[0].startswith("../out/autumn/thumbs/"), seen)


class GalleryFiles(Stage):
    """The command, without a browser."""

    def run_job(self, jobs=None):
        with Service(self) as service:
            self.job(service.url, jobs or [{"id": "p", "prompt": "a {{n}}", "matrix": {"n": [1, 2]}}])
            self.check_code(self.darkroom("run", "job.yaml", "-q"), 0)

    def thumbs(self):
        return {name: os.stat(self.path("out/job/thumbs", name)).st_mtime_ns
                for name in os.listdir(self.path("out/job/thumbs")) if name.endswith(".webp")}

    def test_a_thumbnail_is_made_once_and_again_when_the_picture_has_changed(self):
        self.run_job()
        self.check_code(self.darkroom("gallery", "out/job"), 0)
        lines = self.manifest()
        before = self.thumbs()
        self.assertEqual(set(before), {line["sha256"] + ".webp" for line in lines})
        self.check_code(self.darkroom("gallery", "out/job"), 0)
        self.assertEqual(self.thumbs(), before)
        os.remove(self.path("out/job/thumbs", lines[0]["sha256"] + ".webp"))
        self.check_code(self.darkroom("gallery", "out/job"), 0)
        after = self.thumbs()
        self.assertEqual(set(after), set(before))
        self.assertEqual([name for name in after if after[name] != before[name]],
                         [lines[0]["sha256"] + ".webp"])

    def test_a_damaged_picture_has_a_note_and_no_thumbnail(self):
        self.run_job()
        lines = self.manifest()
        with open(self.path("out/job", lines[0]["file"]), "r+b") as file:
            file.truncate(100)
        os.remove(self.path("out/job", lines[1]["file"]))
        ended = self.check_code(self.darkroom("gallery", "out/job"), 0)
        self.assertIn(f"{lines[0]['file']}: it is not as it was saved", ended.err)
        self.assertIn(lines[1]["file"], ended.err)
        self.assertEqual(ended.err.count("it has no thumbnail"), 2)
        self.assertEqual(self.thumbs(), {})

    def test_errors_are_those_of_the_other_commands(self):
        self.assertIn("no run directory", self.check_code(self.darkroom("gallery", "out/x"), 66).err)
        self.run_job()
        self.check_code(self.darkroom("gallery", "out/job", "-o", "none/such/page.html"), 66)
        os.makedirs(self.path("out/job/gallery.html"))
        self.check_code(self.darkroom("gallery", "out/job"), 74)
        self.assertFalse(os.path.exists(self.path("out/job/gallery.html.part")))

    def test_the_page_names_no_address_outside_and_allows_none(self):
        self.run_job()
        self.check_code(self.darkroom("gallery", "out/job"), 0)
        with open(self.path("out/job/gallery.html"), encoding="utf-8") as file:
            page = file.read()
        found = set(re.findall(r"(?:https?:)?//[a-z][\w.-]*", page))
        self.assertLessEqual({name for name in found if "." in name}, {"http://www.w3.org"})
        self.assertIn("default-src 'none'; img-src 'self' file:; media-src 'self' file:; "
                      "style-src 'sha256-", page)
        self.assertNotIn("innerHTML", page)

    def test_it_works_beside_a_run_and_at_its_end(self):
        with Service(self, "--latency", "300ms") as service:
            self.job(service.url, [{"id": "p", "prompt": "a {{n}}", "matrix": {"n": [*range(40)]}}],
                     limits={"concurrency": 2})
            run = self.start("run", "job.yaml", "--progress", "json", "--gallery")
            run.wait_for("stderr", "image_saved")
            self.check_code(self.darkroom("gallery", "out/job", "-o", "early.html"), 0)
            with open(self.path("early.html"), encoding="utf-8") as file:
                self.assertIn('"running":true', file.read())
            ended = self.check_code(run.end(), 0)
        # Its last line is for scripts, and the page is there all the same.
        self.assertEqual(json.loads(ended.err.splitlines()[-1])["event"], "end")
        self.assertEqual(len(self.thumbs()), 40)
        with open(self.path("out/job/gallery.html"), encoding="utf-8") as file:
            self.assertIn('"running":false', file.read())

    def test_a_directory_without_anything_has_a_page_too(self):
        with Service(self) as service:
            self.job(service.url, [{"id": "p", "prompt": "a tree"}])
            self.check_code(self.darkroom("run", "job.yaml", "-q"), 0)
        for name in ("manifest.jsonl",):
            os.remove(self.path("out/job", name))  # the journal has the rows as well
        self.assertEqual(self.check_code(self.darkroom("gallery", "out/job"), 0).out,
                         "out/job/gallery.html\n")
        self.assertEqual(len(self.thumbs()), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
