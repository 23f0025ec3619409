"""Callbacks of `darkroom serve`: repeated, without redirects, and after a kill."""
import json
import pathlib
import signal
import time
import unittest

from hook import Hook, post
from stage import PATIENCE, Service, Stage


class Callbacks(Stage):
    def test_a_failed_callback_is_repeated_and_a_doubled_one_comes_twice(self):
        with Service(self) as service, Hook(500, 200) as hook:
            post(service.url, {"prompt": "a cat", "callback_url": hook.url})
            self.assertEqual(hook.next(), hook.next())
        faults = self.write("callback-faults.json", json.dumps({"faults": [
            {"on": "callback", "prompt": "lost", "do": "lost"},
            {"on": "callback", "prompt": "twice", "do": "doubled"}]}))
        with Service(self, "--faults", faults) as service, Hook(200) as hook:
            post(service.url, {"prompt": "lost", "callback_url": hook.url})
            post(service.url, {"prompt": "twice", "callback_url": hook.url})
            self.assertEqual(hook.next()["task_id"], hook.next()["task_id"])
            self.assertTrue(hook.bodies.empty())

    def test_a_redirect_is_a_failure_and_leads_nowhere(self):
        with Hook(200) as elsewhere, Hook(307, 200, location=elsewhere.url) as hook:
            with Service(self) as service:
                post(service.url, {"prompt": "a cat", "callback_url": hook.url})
                self.assertEqual(hook.next(), hook.next())
            self.assertTrue(elsewhere.bodies.empty())

    def wait_until_noted(self, calls):
        """Waits until the service has in its archive that so many were received."""
        deadline = time.monotonic() + PATIENCE
        archive = pathlib.Path(self.path("data", "tasks.jsonl"))
        while archive.read_text(encoding="utf-8").count('"called"') < calls:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)

    def test_callbacks_that_are_due_when_the_service_is_killed_are_made_by_the_next_one(self):
        kept = ("--data", self.path("data"), "--latency", "300ms")
        with Hook(500) as hook:
            killed = Service(self, *kept)
            ended = json.loads(post(killed.url, {"prompt": "one", "callback_url": hook.url}))
            self.assertEqual(hook.next()["task_id"], ended["task_id"])  # and is refused with 500
            running = json.loads(post(killed.url, {"prompt": "two", "callback_url": hook.url}))
            killed.running.signal(signal.SIGKILL)
            killed.running.end()
            hook.forget()
            hook.statuses[:] = [200]
            with Service(self, *kept):
                reported = [hook.next(), hook.next()]
                self.assertEqual({body["task_id"] for body in reported},
                                 {ended["task_id"], running["task_id"]})
                self.assertEqual([body["success"] for body in reported], [True, True])
                self.wait_until_noted(2)
            with Service(self, *kept):  # what was received is not posted again
                pass
            self.assertTrue(hook.bodies.empty())

    def test_a_service_that_may_not_call_a_host_refuses_its_hooks(self):
        with Hook(200) as hook, Service(self, "--callback-allow", "*.example.org") as service:
            with self.assertRaises(OSError) as refused:
                post(service.url, {"prompt": "a cat", "callback_url": hook.url})
            self.assertEqual(refused.exception.code, 400)
            self.assertTrue(hook.bodies.empty())


if __name__ == "__main__":
    unittest.main()
