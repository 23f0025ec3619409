"""docs/many-machines.md with examples/slurm and examples/kubernetes: every command runs, with
programs that stand in for the schedulers."""
import glob
import json
import os
import re
import shutil
import subprocess
import unittest

import yaml

from stage import PATIENCE, PROGRAM, SOURCE
from test_recipes import SBATCH, Shell, blocks_of, sections

PAGE = os.path.join(SOURCE, "docs", "many-machines.md")
MANIFEST = os.path.join(SOURCE, "examples", "kubernetes", "cars.yaml")
# What parallel(1) does with options that each have a value: here, one line after the other.
PARALLEL = """#!/usr/bin/env python3
import subprocess, sys
at = sys.argv.index(":::")
command, values = sys.argv[1:at], sys.argv[at + 1:]
while command[0].startswith("--"):
    command = command[2:]
for value in values:
    subprocess.run(["sh", "-c", " ".join(command).replace("{}", value)], check=True)
"""
SSH = """#!/bin/sh
echo "$1" >>"$HOME/machines"
shift
exec sh -c "$*"
"""
KUBECTL = """#!/bin/sh
echo "$*" >>"$HOME/kubectl"
"""
STAND_INS = {"sbatch": SBATCH, "parallel": PARALLEL, "ssh": SSH, "kubectl": KUBECTL}


class ManyMachines(Shell):
    def setUp(self):
        super().setUp()
        for name, text in STAND_INS.items():
            self.write(f"bin/{name}", text, 0o755)
        os.symlink(PROGRAM, self.path("bin/darkroom"))
        shutil.copytree(os.path.join(SOURCE, "examples"), self.path("examples"))
        first, = self.blocks("What holds for all of them")
        self.assertRegex(self.bash(first), r"total +12 ")

    def blocks(self, title):
        return blocks_of(sections(PAGE)[title], "sh")

    def in_copy(self, script):
        return self.bash("cd cars\n" + script)

    def check_all_paid(self, pattern="cars/out/cars-shard-?-of-4"):
        shards = glob.glob(self.path(pattern))
        self.assertEqual(len(shards), 4)
        self.assertEqual(sum(self.status(shard)["paid"] for shard in shards), 12)

    def test_slurm_and_the_pieces(self):
        subprocess.run(["bash", "-n", self.path("cars/cars.sbatch")], check=True,
                       timeout=PATIENCE)
        for block in self.blocks("SLURM"):
            self.in_copy(block)
        self.check_all_paid()
        for block in reversed(self.blocks("One data set of all pieces")):
            self.in_copy(block)
        self.check_paid_for("cars/out/cars", 12, 12)
        for folders in ("export", "export-?"):
            samples = 0
            for index in glob.glob(self.path(f"cars/{folders}/index.json")):
                with open(index, encoding="utf-8") as file:
                    samples += sum(shard["nsamples"] for shard in json.load(file)["shardlist"])
            self.assertEqual(samples, 12, folders)

    def test_the_page_of_the_slurm_example(self):
        with open(self.path("cars/README.md"), encoding="utf-8") as file:
            for block in blocks_of(file.read(), "sh"):
                self.in_copy(block)
        self.check_all_paid()
        self.check_paid_for("cars/out/cars", 12, 12)

    def test_a_part_of_the_array_alone_is_refused(self):
        script = self.path("cars/cars.sbatch")
        with open(script, encoding="utf-8") as file:
            text = file.read()
        self.write("cars/cars.sbatch", text.replace("--array=1-4", "--array=3-3"))
        ended = subprocess.run(["sbatch", "cars.sbatch"], cwd=self.path("cars"), check=False,
                               env=self.environment, timeout=PATIENCE)
        self.assertNotEqual(ended.returncode, 0)
        self.assertEqual(glob.glob(self.path("cars/out/*")), [])

    def test_parallel_over_ssh(self):
        shared, own = self.blocks("GNU parallel over ssh")
        self.in_copy(shared)
        self.check_all_paid()
        shutil.rmtree(self.path("cars/out"))
        self.in_copy(own)
        self.check_all_paid()
        with open(self.path("machines"), encoding="utf-8") as file:
            self.assertEqual(sorted(file.read().split()), ["node1", "node2", "node3", "node4"])

    def test_cron(self):
        text, = blocks_of(sections(PAGE)["cron on several machines"], "text")
        fields = text.strip().split(None, 5)
        self.assertEqual(len(fields), 6)
        self.bash(fields[5].replace("/srv/cars", self.path("cars")))
        self.assertEqual(os.listdir(self.path("cars/out")), ["cars-shard-2-of-4"])

    def test_kubernetes(self):
        for block in self.blocks("Kubernetes"):
            self.in_copy(block)
        with open(self.path("kubectl"), encoding="utf-8") as file:
            calls = file.read()
        with open(MANIFEST, encoding="utf-8") as file:
            job = yaml.safe_load(file)
        self.assertEqual((job["apiVersion"], job["kind"]), ("batch/v1", "Job"))
        spec, pod = job["spec"], job["spec"]["template"]["spec"]
        self.assertEqual(spec["completionMode"], "Indexed")
        self.assertEqual(pod["restartPolicy"], "Never")  # what podFailurePolicy needs
        container, = pod["containers"]
        for rule in spec["podFailurePolicy"]["rules"]:
            if "onExitCodes" in rule:
                self.assertEqual(rule["onExitCodes"]["containerName"], container["name"])
        mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        self.assertEqual(mounts.keys(), {volume["name"] for volume in pod["volumes"]})
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        self.assertIn("configmap " + volumes["job"]["configMap"]["name"] + " ", calls)
        self.assertIn("secret generic " + volumes["token"]["secret"]["secretName"] + " ", calls)
        environment = {one["name"]: one["value"] for one in container["env"]}
        self.assertEqual(environment, {"JOB_COMPLETION_COUNT": str(spec["completions"])})
        grace, = re.findall(r"--grace=(\d+)s", " ".join(container["args"]))
        self.assertLess(int(grace), pod["terminationGracePeriodSeconds"])
        self.run_pods(spec["completions"], container, environment, mounts)
        self.check_all_paid("pictures/cars-shard-?-of-4")

    def run_pods(self, count, container, environment, mounts):
        """Runs each pod of the job here, with a folder for each of its mounts."""
        shutil.copytree(self.path("cars"), self.path("job"))
        os.mkdir(self.path("pictures"))
        os.mkdir(self.path("token"))
        self.write("token/token", "a-token\n", 0o600)
        arguments = []
        for text in container["args"]:
            for name, path in mounts.items():
                text = re.sub(rf"(^|=){path}(/|$)", rf"\1{self.path(name)}\2", text)
            arguments.append(text)
        pods = [subprocess.Popen([*container["command"], *arguments], cwd=self.path("pictures"),
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 env={**self.environment, **environment,
                                      "JOB_COMPLETION_INDEX": str(index)})
                for index in range(count)]
        self.assertEqual([pod.wait(PATIENCE) for pod in pods], [0] * count)


if __name__ == "__main__":
    unittest.main()
