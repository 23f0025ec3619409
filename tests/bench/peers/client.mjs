// A plain client with Node's fetch. A task is one request, read to the end of its stream, and the
// download of its picture into a file, with its SHA-256.
//
//     node client.mjs URL PEM TASKS OPEN RATE DIRECTORY     (with NODE_EXTRA_CA_CERTS=PEM)
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const [url, , tasks, open, rate, directory] = process.argv.slice(2);

/** Sends one request and returns the link of its picture. */
async function generate(task) {
  const answer = await fetch(url + "/midjourney/imagine", {
    method: "POST",
    headers: {
      authorization: "Bearer bench",
      "content-type": "application/json",
      accept: "application/x-ndjson",
    },
    body: JSON.stringify({ action: "generate", prompt: `boat ${task}` }),
  });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const lines = (await answer.text()).trimEnd().split("\n");
  return JSON.parse(lines.at(-1)).raw_image_url;
}

async function download(link, path) {
  const answer = await fetch(link);
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const bytes = Buffer.from(await answer.arrayBuffer());
  await writeFile(path, bytes);
  return createHash("sha256").update(bytes).digest("hex");
}

let next = 0;
const started = performance.now();

async function work() {
  while (next < Number(tasks)) {
    const task = next++;
    const due = started + (task * 1000) / Number(rate);
    if (due > performance.now()) await sleep(due - performance.now());
    const link = await generate(task);
    await download(link, join(directory, `${task}.png`));
  }
}

await Promise.all(Array.from({ length: Number(open) }, work));
