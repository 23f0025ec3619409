// The same service as copying_service.py over HTTP/2: it answers with bytes that are made once.
//
//     node copying_service_http2.js CERTIFICATE KEY PICTURE LATENCY_SECONDS
//
// Each stream is opened with its task's number, as the service does. Prints its address.
'use strict';
const fs = require('fs');
const http2 = require('http2');

const [certificate, key, picturePath, latency] = process.argv.slice(2);
const picture = fs.readFileSync(picturePath);
const size = 64; // pixels, each way
let base = '';
let tasks = 0;

function answerTask(stream) {
  const number = ++tasks;
  const task = `task-${number}`;
  stream.respond({':status': 200, 'content-type': 'application/x-ndjson'});
  stream.write(JSON.stringify({task_id: task, progress: 0}) + '\n');
  setTimeout(() => {
    const link = `${base}/${task}.png`;
    stream.end(JSON.stringify({
      success: true, task_id: task, image_id: '1' + String(number).padStart(18, '0'),
      image_url: link, raw_image_url: link, image_width: size, image_height: size,
      raw_image_width: size, raw_image_height: size, progress: 100,
      actions: ['upscale1', 'reroll']}) + '\n');
  }, 1000 * Number(latency));
}

function answer(stream, headers) {
  stream.on('error', () => {});
  if (headers[':method'] === 'GET') {
    stream.respond({':status': 200, 'content-type': 'image/png', 'content-length': picture.length});
    stream.end(picture);
    return;
  }
  stream.resume();
  stream.on('end', () => {
    if (headers[':path'].startsWith('/midjourney/imagine')) return answerTask(stream);
    stream.respond({':status': 200, 'content-type': 'application/json'});
    stream.end('{"items":[],"count":0}');
  });
}

const server = http2.createSecureServer({
  cert: fs.readFileSync(certificate), key: fs.readFileSync(key),
  settings: {maxConcurrentStreams: 250}});
server.on('stream', answer);
server.listen(0, '127.0.0.1', () => {
  base = `https://localhost:${server.address().port}`;
  console.log(base);
});
