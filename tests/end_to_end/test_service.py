"""`darkroom serve` itself: fault scripts in YAML, and recordings that are played again."""
import unittest

from stage import Service, Stage, prompts

YAML_FAULTS = """seed: 3
faults:
  - {on: imagine, prompt: car 0, count: 1, do: cut, after_lines: 1}   # JSON is YAML too
  - on: imagine
    prompt: car 1
    do: fail
    code: bad_request
    message: 'no: not that one'
"""


class FaultScripts(Stage):
    def test_faults_are_written_in_yaml(self):
        script = self.write("faults.yaml", YAML_FAULTS)
        with Service(self, "--faults", script) as service:
            file = self.job(service.url, prompts(3))
            self.check_code(self.darkroom("run", file), 2)
            self.check_images(2)
            self.assertEqual(service.strikes(), [1, 1])
        self.assertEqual(self.lines("out/job/failed.jsonl")[0]["message"], "no: not that one")

    def test_a_wrong_script_is_told_with_its_line_and_column(self):
        for text, part in ((YAML_FAULTS.replace("do: fail", "do: fall"), "faults.yaml:6:5: fault 2:"),
                           ("faults:\n\t- do: cut\n", "faults.yaml:2:1:"),
                           ("fault: []\n", "no list 'faults'")):
            self.write("faults.yaml", text)
            ended = self.check_code(self.darkroom("serve", "--faults", "faults.yaml"), 65)
            self.assertIn(part, ended.err)


if __name__ == "__main__":
    unittest.main()
