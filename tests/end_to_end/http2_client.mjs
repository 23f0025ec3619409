// An independent client of HTTP/2: sends requests at the same time over one connection.
//
//     node http2_client.mjs ORIGIN CERTIFICATE|- REQUEST…
//
// A request is JSON: {"method", "path", "headers", "body"}. Prints a JSON array, in the order of the
// requests: {"status", "headers", "bytes", "text", "reset"}, with the code of a reset or null.
import fs from 'node:fs';
import http2 from 'node:http2';

const [origin, certificate, ...requests] = process.argv.slice(2);
const session = http2.connect(origin, certificate === '-' ? {} : {ca: fs.readFileSync(certificate)});
session.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});

function ask({method = 'GET', path, headers = {}, body = ''}) {
  return new Promise((resolve) => {
    const answer = {status: null, headers: {}, bytes: 0, text: '', reset: null};
    const stream = session.request(
        {':method': method, ':path': path, ...headers}, {endStream: !body});
    const pieces = [];
    stream.on('response', (fields) => {
      answer.status = fields[':status'];
      answer.headers = Object.fromEntries(Object.entries(fields));
    });
    stream.on('data', (piece) => pieces.push(piece));
    stream.on('error', () => {});
    stream.on('close', () => {
      const whole = Buffer.concat(pieces);
      answer.bytes = whole.length;
      answer.text = whole.toString('utf8').slice(0, 4096);
      answer.reset = stream.rstCode || null;
      resolve(answer);
    });
    if (body) stream.end(body); // a GET has ended already
  });
}

console.log(JSON.stringify(await Promise.all(requests.map((text) => ask(JSON.parse(text))))));
session.close();
