// The same service as copying_service.py over HTTP/2, or HTTP/1.1 for a client that does not offer
// HTTP/2: it answers with bytes that are made once.
//
//     node copying_service_http2.js CERTIFICATE KEY PICTURE LATENCY_SECONDS [WAY_MILLISECONDS]
//
// Each stream is opened with its task's number, as the service does. All bytes of a connection come
// WAY_MILLISECONDS late, in each direction. Prints its address.
'use strict';
const fs = require('fs');
const http = require('http');
const http2 = require('http2');
const net = require('net');

const [certificate, key, picturePath, latency, way] = process.argv.slice(2);
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

// What answer() needs of a stream, over HTTP/1.1.
function answerHttp1(request, response) {
  response.respond = (fields) => {
    const {':status': status, ...others} = fields;
    response.writeHead(status, others);
  };
  response.resume = () => request.resume();
  request.on('end', () => response.emit('end'));
  answer(response, {':method': request.method, ':path': request.url});
  if (request.method === 'GET') request.resume();
}

function passLate(from, to) {
  from.setNoDelay();
  from.on('data', (bytes) => setTimeout(() => to.write(bytes), Number(way)));
  from.on('close', () => setTimeout(() => to.destroy(), Number(way)));
  from.on('error', () => {});
}

const server = http2.createSecureServer({
  cert: fs.readFileSync(certificate), key: fs.readFileSync(key),
  settings: {maxConcurrentStreams: 250}});
server.on('stream', answer);
const http1 = http.createServer(answerHttp1);
server.on('unknownProtocol', (socket) => http1.emit('connection', socket));

function listen(listener) {
  listener.listen(0, '127.0.0.1', 4096, () => {
    base = `https://localhost:${listener.address().port}`;
    console.log(base);
  });
}

if (way) {
  server.listen(0, '127.0.0.1', 4096, () => listen(net.createServer((client) => {
    const behind = net.connect(server.address().port, '127.0.0.1');
    passLate(client, behind);
    passLate(behind, client);
  })));
} else {
  listen(server);
}
