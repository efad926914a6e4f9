// Sends events from stdin through a rule and prints what it finds. First make a module of the rule:
//   jco transpile share.wasm -o share --instantiation sync
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';

const folder = process.argv[2];
const { instantiate } = await import(`${folder}/share.js`);
const module = (path) => new WebAssembly.Module(readFileSync(`${folder}/${path}`));
const start = () => instantiate(module, {})['trommel:filter/event-filter@0.2.0'];

let filter = start();
const rules = filter.describe();

for await (const line of createInterface({ input: process.stdin })) {
  // jco makes exceptions of errors: a fault has a payload, and the instance goes on; after a trap it must be a fresh one.
  try {
    for (const finding of filter.evaluate(Buffer.from(line), undefined)) {
      console.log(JSON.stringify({ ...JSON.parse(finding.columns), rule: rules[finding.rule].id }));
    }
  } catch (error) {
    console.error(`not judged: ${error.payload ? JSON.stringify(error.payload) : error}`);
    if (!error.payload) filter = start();
  }
}
