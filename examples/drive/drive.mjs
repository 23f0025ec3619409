#!/usr/bin/env node
// Runs a job file with darkroom, and follows it: drive.mjs JOB.yaml [MORE OPTIONS OF run]
//
// Each line of `--progress json` is an object; docs/events.schema.json describes them. The last one
// has the counts of the run.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** Yields the events of a run. */
async function* run(...options) {
  const program = process.env.DARKROOM ?? "darkroom";
  const child = spawn(program, ["run", ...options, "--yes", "--progress", "json"],
    { stdio: ["ignore", "inherit", "pipe"] });
  const failure = new Promise((_, reject) => child.on("error", reject));
  failure.catch(() => {}); // it is thrown below, if it comes
  try {
    const lines = createInterface({ input: child.stderr })[Symbol.asyncIterator]();
    for (;;) {
      const { value, done } = await Promise.race([lines.next(), failure]);
      if (done) return;
      yield JSON.parse(value);
    }
  } finally {
    if (child.exitCode === null) child.kill("SIGTERM"); // what is open may finish
  }
}

const options = process.argv.slice(2);
if (options.length === 0) {
  console.error("usage: drive.mjs JOB.yaml [MORE OPTIONS OF run]");
  process.exit(64);
}
process.exitCode = 1;
for await (const event of run(...options)) {
  if (event.event === "image_saved")
    console.log(`${event.job}/${event.item} ${event.path} -> ${event.file}`);
  else if (["failed", "warning", "error"].includes(event.event)) console.error(event.message);
  else if (event.event === "end") {
    console.log(`${event.steps.done} done, ${event.paid} paid`);
    process.exitCode = event.exit;
  }
}
