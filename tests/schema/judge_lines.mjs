// Judges JSON values by JSON Schemas. A list of [schema, value] comes in; the first thing that is
// wrong with each goes out, null for one that fits.
//   node judge_lines.mjs NODE_MODULES <values.json
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";
import {join, resolve} from "node:path";

const require = createRequire(join(resolve(process.argv[2]), "here.js"));
const Ajv = require("ajv");

const {schemas, values} = JSON.parse(readFileSync(0, "utf8"));
const options = {allErrors: true, strict: true, allowUnionTypes: true, strictRequired: false,
                 strictTypes: false};
const judges = Object.fromEntries(Object.entries(schemas).map(
    ([name, schema]) => [name, new Ajv(options).compile(schema)]));

/// Of the alternatives, judges by the one whose event this is: that says what is wrong.
function judgeOf(name, value) {
    const {oneOf, ...rest} = schemas[name];
    if (value.event === undefined || !rest.definitions[value.event]) return judges[name];
    const reference = {$ref: `#/definitions/${value.event}`};
    return new Ajv(options).compile({...rest, allOf: [reference]});
}

function judge([name, value]) {
    if (judges[name](value)) return null;
    const alternative = judgeOf(name, value);
    alternative(value);
    const [first] = alternative.errors;
    return `${first.instancePath || "/"} ${first.message} ${JSON.stringify(first.params)}`;
}

process.stdout.write(JSON.stringify(values.map(judge)));
