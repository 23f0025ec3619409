#!/usr/bin/env python3
"""A plain client with aiohttp. A task is one request, read to the end of its stream, and the
download of its picture into a file, with its SHA-256.

    client.py URL PEM TASKS OPEN RATE DIRECTORY
"""
import asyncio
import hashlib
import json
import pathlib
import ssl
import sys

import aiohttp


async def generate(session, url, task):
    """Sends one request and returns the link of its picture."""
    body = {"action": "generate", "prompt": f"boat {task}"}
    headers = {"Authorization": "Bearer bench", "Accept": "application/x-ndjson"}
    async with session.post(url + "/midjourney/imagine", json=body, headers=headers) as answer:
        answer.raise_for_status()
        async for line in answer.content:
            last = line
    return json.loads(last)["raw_image_url"]


async def download(session, url, path):
    async with session.get(url) as answer:
        answer.raise_for_status()
        digest = hashlib.sha256()
        with open(path, "wb") as file:
            async for piece in answer.content.iter_chunked(1 << 16):
                file.write(piece)
                digest.update(piece)
        return digest.hexdigest()


async def work(session, url, numbers, directory):
    while True:
        task = await numbers.get()
        if task is None:
            return
        link = await generate(session, url, task)
        await download(session, link, directory / f"{task}.png")


async def main():
    url, pem, tasks, open_tasks, rate, directory = sys.argv[1:]
    secure = ssl.create_default_context(cafile=pem)
    connector = aiohttp.TCPConnector(limit=0, ssl=secure)
    async with aiohttp.ClientSession(connector=connector,
                                     timeout=aiohttp.ClientTimeout(total=None)) as session:
        numbers = asyncio.Queue(maxsize=1)
        workers = [asyncio.create_task(work(session, url, numbers, pathlib.Path(directory)))
                   for _ in range(int(open_tasks))]
        loop = asyncio.get_running_loop()
        started = loop.time()
        for task in range(int(tasks)):
            due = started + task / int(rate)
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            await numbers.put(task)
        for _ in workers:
            await numbers.put(None)
        await asyncio.gather(*workers)


asyncio.run(main())
