// A gateway that speaks HTTP/2 over TLS in front of a service of HTTP/1.1, as many services have.
//
//     node http2_gateway.mjs UPSTREAM CERTIFICATE KEY STREAMS_MAX
//
// Prints its address. On standard input it takes orders, a line each: `goodbye` (ends all
// connections, which finish their requests), `cut` (ends them at once), `refuse N` (does not take
// the next N requests), `cut_at N` (keeps answers back until the service has begun to answer the Nth
// request from now on, and then ends all connections at once), `goodbye_at N TAKEN` (takes so many
// requests of each connection at most; with the Nth it says goodbye to all connections, and which
// one was the last that it took). What it has seen is printed at the end of its input.
import fs from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import readline from 'node:readline';

const [upstreamText, certificate, key, streamsMax] = process.argv.slice(2);
const upstream = new URL(upstreamText);
const sessions = new Set();
const seen = {connections: 0, requests: 0, refused: 0, left: 0, most: 0};
const ownToOne = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade']);
let open = 0;
let toRefuse = 0;
let toAnswer = 0; // until the cut; answers wait meanwhile
let waitingAnswers = [];
let toArrive = 0; // until the goodbye
let toTake = 0; // of each connection meanwhile

function fieldsOf(headers) {
  return Object.fromEntries(
      Object.entries(headers).filter(([name]) => !name.startsWith(':') && !ownToOne.has(name)));
}

function reset(stream, code) {
  if (!stream.destroyed) stream.close(code);
}

function pass(stream, headers) {
  seen.requests++;
  seen.most = Math.max(seen.most, ++open);
  const request = http.request({
    host: upstream.hostname, port: upstream.port, method: headers[':method'],
    path: headers[':path'], headers: {...fieldsOf(headers), host: headers[':authority']},
  });
  const lost = () => reset(stream, http2.constants.NGHTTP2_INTERNAL_ERROR);
  request.on('error', lost);
  request.on('response', (response) => {
    if (toAnswer > 0) {
      waitingAnswers.push(response);
      if (--toAnswer === 0) cut();
      return;
    }
    if (stream.destroyed) return response.destroy();
    stream.respond({':status': response.statusCode, ...fieldsOf(response.headers)});
    response.on('error', lost);
    response.pipe(stream);
  });
  stream.on('error', () => {});
  stream.on('close', () => {
    open--;
    request.destroy();
  });
  stream.pipe(request);
}

function cut() {
  for (const session of sessions) session.destroy();
}

// Takes a request, or leaves it; with the last one it says which were taken.
function takeOrLeave(stream, headers) {
  const session = stream.session;
  session.taken = (session.taken ?? 0) + 1;
  if (session.taken <= toTake) {
    session.lastTaken = stream.id;
    pass(stream, headers);
  } else {
    seen.left++;
    stream.on('error', () => {});
  }
  if (--toArrive > 0) return;
  for (const each of sessions) each.goaway(http2.constants.NGHTTP2_NO_ERROR, each.lastTaken);
}

const server = http2.createSecureServer({
  cert: fs.readFileSync(certificate), key: fs.readFileSync(key),
  settings: {maxConcurrentStreams: Number(streamsMax)}});
server.on('session', (session) => {
  seen.connections++;
  sessions.add(session);
  session.on('error', () => {});
  session.on('close', () => sessions.delete(session));
});
server.on('stream', (stream, headers) => {
  if (toRefuse > 0) {
    toRefuse--;
    seen.refused++;
    stream.on('error', () => {});
    return reset(stream, http2.constants.NGHTTP2_REFUSED_STREAM);
  }
  if (toArrive > 0) return takeOrLeave(stream, headers);
  pass(stream, headers);
});
server.on('sessionError', () => {});

const orders = readline.createInterface({input: process.stdin});
orders.on('line', (line) => {
  const [order, number, more] = line.split(' ');
  if (order === 'goodbye') for (const session of sessions) session.close();
  if (order === 'cut') cut();
  if (order === 'cut_at') toAnswer = Number(number);
  if (order === 'goodbye_at') [toArrive, toTake] = [Number(number), Number(more)];
  if (order === 'refuse') toRefuse = Number(number);
  console.log('done');
});
orders.on('close', () => {
  console.log(JSON.stringify(seen));
  process.exit(0);
});
server.listen(0, '127.0.0.1', () => console.log(`https://127.0.0.1:${server.address().port}`));
