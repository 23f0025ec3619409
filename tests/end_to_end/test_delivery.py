"""Five ways of delivery give the same manifest for the same job, and cost the same."""
import unittest

from stage import Service, Stage, prompts

WAYS = {
    "stream": {"delivery": "stream"},
    "wait": {"delivery": "wait"},
    "poll": {"delivery": "poll"},
    "callback": {"delivery": "callback"},
    "stream and callback": {"delivery": "stream", "callback": {"listen": "127.0.0.1:0"}},
}
# These keys differ from one run to the next, whatever the delivery.
OF_THIS_RUN = {"parent_image_id", "task_id", "trace_id", "image_id", "url", "file", "bytes",
               "sha256", "submitted_at", "generated_at", "downloaded_at"}
LIMITS = {"concurrency": 40, "rate": "1000/s"}


def job_of(count):
    return prompts(count, chain=["upscale2", "zoom_out_2x"])


class Delivery(Stage):
    def run_by(self, service, way, count, directory):
        job = self.job(service.url, job_of(count), service=WAYS[way], limits=LIMITS)
        return self.check_code(self.darkroom("run", job, "-o", directory), 0)

    def reported(self, directory):
        kept = [{key: value for key, value in line.items() if key not in OF_THIS_RUN}
                for line in self.manifest(directory)]
        return sorted(kept, key=lambda line: line["key"])

    def test_five_ways_of_delivery_come_to_the_same(self):
        first = None
        for number, way in enumerate(WAYS):
            with self.subTest(way), Service(self) as service:
                directory = f"out/{number}"
                self.run_by(service, way, 30, directory)
                self.check_paid(service, directory)
                self.assertEqual(len(self.manifest(directory)), 90)
                ledger = sorted(entry["charges"] for entry in service.ledger()["entries"])
                counts = service.counts("/midjourney/imagine")
                first = first or (self.reported(directory), ledger, counts)
                self.assertEqual((self.reported(directory), ledger, counts), first)

    def test_a_lost_or_doubled_callback_costs_nothing(self):
        for number, fault in enumerate(("lost", "doubled")):
            faults = [{"on": "callback", "count": 1, "do": fault}]
            with self.subTest(fault), Service(self, faults=faults) as service:
                self.run_by(service, "callback", 2, f"out/{number}")
                self.check_paid(service, f"out/{number}")
                self.assertEqual(len(self.manifest(f"out/{number}")), 6)

    def test_a_killed_run_resumes_with_another_delivery(self):
        with Service(self, "--latency", "1s") as service:
            for way, other in (("poll", "callback"), ("callback", "stream")):
                with self.subTest(way):
                    directory = f"out/{way}"
                    wanted = prompts(3, prompt=f"{{{{thing}}}} by {way}")
                    job = self.job(service.url, wanted, service=WAYS[way], limits=LIMITS)
                    running = self.start("run", job, "-o", directory, "--progress", "plain")
                    for item in range(3):
                        running.wait_for("stderr", f"p/{item}  accepted")
                    running.process.kill()
                    running.end()
                    job = self.job(service.url, wanted, service=WAYS[other], limits=LIMITS)
                    self.check_code(self.darkroom("run", job, "-o", directory), 0)
                    self.assertEqual(len(self.manifest(directory)), 3)
            self.check_paid(service, "out/poll", "out/callback")


if __name__ == "__main__":
    unittest.main(verbosity=2)
