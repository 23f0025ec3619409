"""What was drawn for each picture stands in the plan, the manifest and the sidecars."""
import glob
import json
import os
import unittest

from stage import Service, Stage


class Drawn(Stage):
    def files(self):
        os.makedirs(self.path("wildcards"), exist_ok=True)
        self.write("wildcards/my colours.txt", "# warm\n3::red\ndeep blue\n")
        self.write("t.csv", "subject\na hen\na fox\n")

    def jobs(self, prompt):
        return [{"id": "d", "prompts": {"file": "t.csv", "prompt": prompt},
                 "then": ["upscale1"]}]

    def listed(self, job):
        out = self.check_code(self.darkroom("plan", job, "--list", "--json"), 0).out
        return [json.loads(line) for line in out.splitlines()]

    def test_plan_manifest_and_sidecar_agree(self):
        self.files()
        with Service(self) as service:
            job = self.job(service.url, self.jobs("__my colours__ {{subject}}, {ink, oil}"),
                           output={"sidecar": "json"})
            plan = [line for line in self.listed(job) if line["path"] == ""]
            self.assertEqual(len(plan), 8)
            self.assertEqual(plan[0]["drawn"], {
                "prompt.1": {"text": "red", "wildcard": "my colours", "line": 2, "weight": 3},
                "prompt.2": {"text": "ink", "option": 1}})
            self.assertEqual([line["row"]["line"] for line in plan], [2] * 4 + [3] * 4)
            self.assertEqual({os.path.basename(line["row"]["file"]) for line in plan}, {"t.csv"})
            self.assertEqual(plan[7]["variables"], {"subject": "a fox"})
            self.check_code(self.darkroom("run", job, "-q"), 0)
            lines = self.manifest()
            self.assertEqual(len(lines), 16)
            planned = {line["item"]: line["drawn"] for line in plan}
            for line in lines:
                self.assertEqual(line["drawn"], planned[line["item"]])
            sidecars = glob.glob(self.path("out/job/images/**/*.json"), recursive=True)
            self.assertEqual(len(sidecars), 16)
            for name in sidecars:
                with open(name, encoding="utf-8") as file:
                    sidecar = json.load(file)
                self.assertEqual(sidecar["drawn"], planned[sidecar["item"]])

    def test_a_new_way_to_draw_the_same_text_changes_the_labels_unpaid(self):
        self.files()
        with Service(self) as service:
            self.check_code(self.darkroom("run", self.job(
                service.url, self.jobs("{{subject}} in ink")), "-q"), 0)
            charged = service.charged()
            self.assertEqual({str(line["drawn"]) for line in self.manifest()}, {"{}"})
            self.check_code(self.darkroom("run", self.job(
                service.url, self.jobs("{{subject}} in {ink}")), "-q"), 0)
            self.assertEqual(service.charged(), charged)
            for line in self.manifest():
                self.assertEqual(line["drawn"], {"prompt.1": {"text": "ink", "option": 1}})


if __name__ == "__main__":
    unittest.main()
