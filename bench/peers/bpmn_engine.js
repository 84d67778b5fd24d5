// Peer: npm bpmn-engine on PostgreSQL. Its state is kept as JSON, recovered and resumed for each step, with a row for the
// case, the task and the event; the source of the diagram is kept out of the state.
//
// bpmn_engine.js SECONDS CASES FACTS.json ANSWERS.json SERVICE.bpmn, address by PG_HOST, PG_USER, PG_DATABASE.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { createRequire } = require("node:module");
const { EventEmitter } = require("node:events");
const load = createRequire(path.join(process.env.PEER_MODULES, "x.js"));
const { Engine } = load("bpmn-engine");
const { Client } = load("pg");

const [seconds, cases, factsFile, answersFile, diagramFile] = process.argv.slice(2);
const read = (name) => JSON.parse(fs.readFileSync(name, "utf8"));
const facts = read(factsFile);
const answers = read(answersFile);
// The same diagram; durations and conditions as this engine reads them.
const source = fs
  .readFileSync(diagramFile, "utf8")
  .replaceAll(/>"(PT\dH)"</g, ">$1<")
  .replace(">satisfaction &gt;= 3<", ' language="javascript">next(null, environment.output.satisfaction >= 3)<');

const TABLES = `
CREATE TABLE peer_case (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, version int NOT NULL, ended_at timestamptz, state bytea NOT NULL);
CREATE TABLE peer_task (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, case_id bigint NOT NULL, name text NOT NULL, status int NOT NULL, opened_at timestamptz NOT NULL, closed_at timestamptz);
CREATE INDEX peer_task_open ON peer_task (name, opened_at, id) WHERE status = 0;
CREATE INDEX peer_task_case ON peer_task (case_id);
CREATE TABLE peer_event (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, case_id bigint NOT NULL, task_id bigint, at timestamptz NOT NULL)`;

// Runs to the next rest. Resolves with the name of the open task, or null when the case has ended.
function run(engine, begin, act) {
  return new Promise((resolve, reject) => {
    const listener = new EventEmitter();
    let acted = false;
    listener.on("activity.wait", (api) => {
      if (api.type !== "bpmn:UserTask") return;
      if (act && !acted && api.id === act) {
        acted = true;
        setImmediate(() => {
          Object.assign(api.environment.output, answers[act]);
          api.signal(answers[act]);
        });
        return;
      }
      setImmediate(resolve, api.id);
    });
    engine.once("error", reject);
    engine.once("end", () => resolve(null));
    (begin ? engine.execute({ listener }) : engine.resume({ listener })).catch(reject);
  });
}

async function main() {
  const [parsed] = await new Engine({ name: "service", source }).getDefinitions();
  const sourceContext = parsed.environment.options.source;
  const db = new Client({ host: process.env.PG_HOST, user: process.env.PG_USER, database: process.env.PG_DATABASE });
  await db.connect();
  await db.query(TABLES);
  const ask = (name, text, values) => db.query({ name, text, values });
  let bytes = 0;

  async function stateOf(engine) {
    const state = await engine.getState();
    for (const definition of state.definitions) delete definition.source;
    engine.stop();
    const text = JSON.stringify(state);
    bytes = Math.max(bytes, text.length);
    return Buffer.from(text);
  }

  async function open(id, name) {
    await ask("open", "INSERT INTO peer_task (case_id, name, status, opened_at) VALUES ($1, $2, 0, now())", [id, name]);
  }

  async function begin() {
    const engine = new Engine({ name: "service", sourceContext, variables: structuredClone(facts) });
    const name = await run(engine, true, null);
    const state = await stateOf(engine);
    await db.query("BEGIN");
    const added = await ask("begin", "INSERT INTO peer_case (version, state) VALUES (1, $1) RETURNING id", [state]);
    await open(added.rows[0].id, name);
    await db.query("COMMIT");
    return { id: added.rows[0].id, name };
  }

  async function step(waiting) {
    await db.query("BEGIN");
    const row = (await ask("load", "SELECT state, version FROM peer_case WHERE id = $1 FOR UPDATE", [waiting.id])).rows[0];
    const engine = new Engine({ name: "service", sourceContext });
    engine.recover(JSON.parse(row.state.toString()));
    const name = await run(engine, false, waiting.name);
    const state = await stateOf(engine);
    await ask("save", "UPDATE peer_case SET state = $1, version = version + 1, ended_at = $2 WHERE id = $3 AND version = $4", [state, name ? null : new Date(), waiting.id, row.version]);
    const done = await ask("done", "UPDATE peer_task SET status = 1, closed_at = now() WHERE case_id = $1 AND status = 0 RETURNING id", [waiting.id]);
    if (name) await open(waiting.id, name);
    await ask("event", "INSERT INTO peer_event (case_id, task_id, at) VALUES ($1, $2, now())", [waiting.id, done.rows[0].id]);
    await db.query("COMMIT");
    waiting.name = name;
  }

  const all = [];
  for (let n = 0; n < +cases; n++) all.push(await begin());
  let steps = 0;
  let spent = 0;
  let ended = 0;
  for (let turn = 0; spent < +seconds || ended === 0; turn++) {
    const place = turn % all.length;
    const begun = process.hrtime.bigint();
    await step(all[place]);
    spent += Number(process.hrtime.bigint() - begun) / 1e9;
    steps++;
    if (!all[place].name) {
      ended++;
      all[place] = await begin();
    }
  }
  console.log(JSON.stringify({ steps, seconds: spent, ended, bytes }));
  await db.end();
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
