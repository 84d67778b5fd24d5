// Records what the FEEL library inside form-js answers: `node tests/unit/feel/parity.mjs` from the root of the repository
// renews parity.json. Times depend on the zone of the machine, so it is set first.
process.env.TZ = 'UTC';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const { evaluate, unaryTest } = await import('@bpmn-io/feelin');
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const { context, expressions, cells } = JSON.parse(readFileSync(here('./parity_cases.json'), 'utf8'));

// Values without a form in JSON are recorded as the text that `string` gives, under their type.
const plain = (value) => {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && !Number.isFinite(value)) return { unrecordable: String(value) };
  if (['string', 'number', 'boolean'].includes(typeof value)) return value;
  if (Array.isArray(value)) return value.map(plain);
  if (Object.getPrototypeOf(value) === Object.prototype) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]));
  if (typeof value.isValid === 'boolean') return { text: evaluate('string(x)', { x: value }).value };
  return { kind: value.constructor.name };
};
const answer = (ask) => {
  try {
    return { value: plain(ask()) };
  } catch (error) {
    return { error: error.constructor.name };
  }
};

const recorded = {
  expressions: expressions.map((text) => [text, answer(() => evaluate(text, context).value)]),
  cells: cells.map(([text, value]) => [text, value, answer(() => unaryTest(text, { ...context, '?': value }).value)]),
};
const lines = (list) => '[\n' + list.map((one) => '  ' + JSON.stringify(one)).join(',\n') + '\n]';
writeFileSync(here('./parity.json'), `{"expressions": ${lines(recorded.expressions)},\n"cells": ${lines(recorded.cells)}}\n`);
console.log(`${expressions.length} expressions and ${cells.length} cells recorded`);
