// Standard input: a JSON list of ELK graphs. Standard output: the same graphs with positions.
// First argument: the file of elkjs, which the caller has found.
"use strict";

const ELK = require(process.argv[2]);

async function main() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const graphs = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  const elk = new ELK();
  const done = [];
  for (const graph of graphs) done.push(await elk.layout(graph));
  // "$H" is a counter of ELK's own, which differs from call to call.
  process.stdout.write(JSON.stringify(done, (key, value) => (key === "$H" ? undefined : value)));
}

main().catch((error) => {
  process.stderr.write(`${(error && error.message) || error}\n`);
  process.exitCode = 1;
});
