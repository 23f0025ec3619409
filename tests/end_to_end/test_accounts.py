"""Several accounts share the work of one run; each token has its own allowances."""
import collections
import json
import os
import unittest
import urllib.request

from stage import PATIENCE, Service, Stage, prompts

IMAGINE = "/midjourney/imagine"
NAMES = ("a", "b", "c", "d")
UPSCALES = [{"action": [f"upscale{number}" for number in range(1, 5)]}]


class Accounts(Stage):
    def setUp(self):
        super().setUp()
        self.tokens = {name: f"token-of-account-{name}" for name in NAMES}
        for name, token in self.tokens.items():
            self.environment[f"TOKEN_{name}"] = token

    def service(self, *arguments, port=0, **rules):
        """Starts a service where each token may run three at once; `rules` are by account."""
        self.write("tokens.json", json.dumps(
            [{"token": token, "running": 3, "rate": 0, **rules.get(name, {})}
             for name, token in self.tokens.items()]))
        service = Service(self, "--tokens", self.path("tokens.json"), *arguments, port=port)
        service.token = next(iter(self.tokens.values()))
        return service

    def pool(self, service, jobs, **of_each):
        """Writes a job file with the four accounts; `of_each` has further keys by account."""
        accounts = [{"name": name, "token": {"env": f"TOKEN_{name}"}, "concurrency": 3,
                     "rate": "1000/s", **of_each.get(name, {})} for name in NAMES]
        job = {"version": 1, "name": "job", "service": {"url": service.url, "accounts": accounts},
               "retry": {"base": "10ms", "settle": "1s"}, "jobs": jobs}
        return self.write("job.yaml", json.dumps(job))

    def run_it(self, job, code, *arguments):
        ended = self.darkroom("run", job, "--json", *arguments)
        self.check_code(ended, code)
        for token in self.tokens.values():
            self.assertNotIn(token, ended.out + ended.err)
        return ended

    def made(self):
        return collections.Counter(line["account"] for line in self.manifest())

    def check_owners(self):
        owner = {line["image_id"]: line["account"] for line in self.manifest()}
        for line in self.manifest():
            if line["parent_image_id"]:
                self.assertEqual(line["account"], owner[line["parent_image_id"]], line["path"])

    def test_a_hundred_and_twenty_requests_spread_over_four_accounts(self):
        with self.service() as service:
            job = self.pool(service, prompts(24, then=UPSCALES))
            ended = self.run_it(job, 0)
            self.check_images(120)
            self.check_paid(service, "out/job")
            self.assertEqual(service.ledger()["requests"][IMAGINE], {"200": 120})  # and no 429
            for name in NAMES:
                # A busy machine answers unevenly; tests in simulated time check exact shares.
                self.assertAlmostEqual(self.made()[name], 30, delta=15, msg=str(self.made()))
            self.check_owners()
            reported = {account["name"]: account for account in ended.summary()["accounts"]}
            self.assertEqual({name: reported[name]["paid"] for name in NAMES}, dict(self.made()))
            self.assertIn("Account 'a': ", ended.err)
            status = self.check_code(self.darkroom("status", "out/job"), 0)
            self.assertRegex(status.out, r"account 'd': \d+ generations paid, ")
            plan = self.check_code(self.darkroom("plan", job, "--all"), 0)
            self.assertIn("4 accounts: a 3 at once, 1000/s; b 3", plan.out)
            self.assertEqual(self.run_it(job, 0).summary()["paid"], 0)
        for folder, _, files in os.walk(self.path("out")):
            for name in files:
                with open(os.path.join(folder, name), "rb") as file:
                    self.assertNotIn(b"token-of-account", file.read(), name)

    def tasks_of(self, service, name):
        """Returns the tasks that the service shows this account: its own."""
        request = urllib.request.Request(
            service.url + "/midjourney/tasks",
            json.dumps({"action": "retrieve_batch", "limit": 100}).encode(),
            {"content-type": "application/json", "authorization": f"Bearer {self.tokens[name]}"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return {record["id"] for record in json.load(answer)["items"]}

    def test_every_kind_of_job_is_shared_and_follow_ups_stay_with_the_owner(self):
        road = "http://samples.darkroom.invalid/road.png"
        then = ["describe", "seed", {"action": "video", "prompt": "it sails"},
                {"action": "upscale1", "then": ["describe"]}]
        jobs = [{"id": "p", "prompt": "boat {{n}}", "matrix": {"n": list(range(6))}, "then": then},
                {"id": "e", "kind": "edit", "images": [road], "prompt": "a red sail",
                 "repeat": 4, "then": ["describe", "seed"]},
                {"id": "v", "kind": "video", "images": [road], "prompt": "it goes", "repeat": 4},
                {"id": "d", "kind": "describe", "images": [road], "repeat": 4},
                {"id": "s", "kind": "shorten", "prompt": "a very long road", "repeat": 4},
                {"id": "t", "kind": "translate", "prompt": "雨", "repeat": 4}]
        with self.service("--clips", "webp") as service:
            job = self.pool(service, jobs)
            paid = 6 * 6 + 4 * 3 + 4 * 4
            self.assertEqual(self.run_it(job, 0).summary()["paid"], paid)
            self.check_charged(service, self.manifest())
            self.check_owners()
            for name in NAMES:
                lines = [line for line in self.manifest() if line["account"] == name]
                named = {line["task_id"] for line in lines if line["task_id"]}
                nameless = sum(not line["task_id"] for line in lines)  # texts
                shown = self.tasks_of(service, name)
                self.assertEqual(named - shown, set(), name)
                self.assertEqual(len(shown), len(named) + nameless, name)
            kinds = collections.Counter(line["kind"] for line in self.manifest())
            self.assertEqual(kinds, {"image": 6 * 2 + 4, "video": 6 * 4 + 4 * 4,
                                     "text": 6 * 3 + 4 * 2 + 4 * 3})
            self.assertEqual(self.run_it(job, 0).summary()["paid"], 0)

    def test_one_that_is_used_up_half_way_leaves_its_share_to_the_others(self):
        with self.service(b={"balance": 3}) as service:
            # one at a time: the answer at the end of a balance depends on what is running
            job = self.pool(service, prompts(60), b={"concurrency": 1})
            ended = self.run_it(job, 0)
            self.check_images(60)
            self.check_paid(service, "out/job")
            self.assertEqual(self.made()["b"], 3)
            self.assertRegex(ended.err, r"account 'b' is parked: account, used_up \(403\).*3 accounts")
            parked = {account["name"]: account["parked"]
                      for account in ended.summary()["accounts"]}
            self.assertIn("used_up", parked.pop("b"))
            self.assertEqual(set(parked.values()), {None})

    def test_follow_ups_of_a_used_up_account_resume_once_it_is_topped_up(self):
        data = ("--data", self.path("data"))
        with self.service(*data, b={"balance": 9}) as service:
            port = int(service.url.rsplit(":", 1)[1])
            ended = self.run_it(self.pool(service, prompts(12, then=UPSCALES)), 2)
            done = len(self.manifest())
            self.assertEqual(ended.summary()["stranded"], 60 - done)
            self.assertEqual(self.made()["b"], 9)
            self.assertIn("for want of their account", ended.err)
        with self.service(*data, port=port) as service:
            again = self.run_it(self.pool(service, prompts(12, then=UPSCALES)), 0)
            self.assertEqual(again.summary()["paid"], 60 - done)
            self.check_images(60)
            self.check_owners()

    def test_a_refused_account_is_passed_over_and_four_refused_ones_are_the_end(self):
        with self.service(c={"state": "disabled"}) as service:
            self.run_it(self.pool(service, prompts(20)), 0)
            self.check_images(20)
            self.assertEqual(set(self.made()), {"a", "b", "d"})
            for name in NAMES:
                self.environment[f"TOKEN_{name}"] = f"wrong-{name}"
            ended = self.run_it(self.pool(service, prompts(21)), 5)
            self.assertIn("no account is left", ended.err)
            self.assertEqual(ended.summary()["paid"], 0)

    def test_a_cap_is_kept_and_a_removed_account_is_reported(self):
        with self.service() as service:
            job = self.pool(service, prompts(12), b={"cost_cap": 0.052})
            self.run_it(job, 0)
            self.assertEqual(self.made()["b"], 2)
            longer = prompts(12, then=[{"action": "upscale1"}])
            self.run_it(self.pool(service, longer, b={"name": "z"}), 2)
            ended = self.run_it(self.pool(service, longer, b={"name": "z"}), 2)
            self.assertIn("account 'b' is not in the job file", ended.err)
            self.assertEqual(ended.summary()["stranded"], 2)
            self.run_it(self.pool(service, longer), 0)
            self.check_images(24)
            self.check_paid(service, "out/job")

    def test_tokens_are_looked_at_before_anything_is_sent(self):
        with self.service() as service:
            job = self.pool(service, prompts(1), b={"token": {"env": "TOKEN_a"}})
            rows = [((), "'a' and 'b' have the same token"),
                    (("--token-file", "tokens.json"), "service.accounts"),
                    (("--set", "service.accounts.1.token.env=NONE"), "NONE is not set")]
            for arguments, words in rows:
                ended = self.check_code(self.darkroom("run", job, *arguments), 64)
                self.assertIn(words, ended.err)
            self.assertEqual(service.requests(), 0)
            self.assertFalse(os.path.exists(self.path("out")))


if __name__ == "__main__":
    unittest.main(verbosity=2)
