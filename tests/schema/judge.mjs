// Reads job files with a YAML reader of its own and judges each by a schema. Names of files come in
// as a JSON list; what is wrong with each goes out as a JSON object, null for a file that fits.
//   node judge.mjs NODE_MODULES SCHEMA <names.json
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";
import {join, resolve} from "node:path";

const [modules, schemaFile] = process.argv.slice(2);
const require = createRequire(join(resolve(modules), "here.js"));
const Ajv = require("ajv");
const {parseAllDocuments} = require("yaml");

const ajv = new Ajv({allErrors: false, strict: true, allowUnionTypes: true, strictRequired: false,
                     strictTypes: false});
const fits = ajv.compile(JSON.parse(readFileSync(schemaFile, "utf8")));

function judge(name) {
    let text;
    try {
        text = new TextDecoder("utf-8", {fatal: true}).decode(readFileSync(name));
    } catch {
        return "yaml: not UTF-8";
    }
    try {
        const documents = parseAllDocuments(text, {merge: true});
        if (documents.length > 1) return "yaml: more than one document";
        const wrong = documents[0]?.errors[0] ?? documents[0]?.warnings[0];
        if (wrong) return "yaml: " + wrong.message;
        if (fits(documents[0]?.toJS({maxAliasCount: 1000}) ?? null)) return null;
    } catch (error) { // aliases of aliases, and the like
        return "yaml: " + error.message;
    }
    const [first] = fits.errors;
    return `schema: ${first.instancePath || "/"} ${first.message}`;
}

const names = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(Object.fromEntries(names.map((name) => [name, judge(name)]))));
