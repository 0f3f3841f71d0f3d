// Talks to an MCP server with the official TypeScript clients, in both eras of the protocol.
//
// Usage: mcp_session.mjs URL | COMMAND [ARGUMENT...]
// The server must hold the sample corpus. Needs @modelcontextprotocol/client and @modelcontextprotocol/sdk.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

// The packages are looked up where the command is run, so that this file may stand elsewhere.
const here = createRequire(join(process.cwd(), "package.json"));
const today = { ...here("@modelcontextprotocol/client"), ...here("@modelcontextprotocol/client/stdio") };
const before = {
  ...here("@modelcontextprotocol/sdk/client/index.js"),
  ...here("@modelcontextprotocol/sdk/client/streamableHttp.js"),
  ...here("@modelcontextprotocol/sdk/client/stdio.js"),
};

const QUERY = "how do I bleed a radiator";
const words = process.argv.slice(2);

async function converse(packages, options) {
  const client = new packages.Client({ name: "session", version: "1.0.0" }, options);
  const transport = words[0].startsWith("http")
    ? new packages.StreamableHTTPClientTransport(new URL(words[0]))
    : new packages.StdioClientTransport({ command: words[0], args: words.slice(1), env: process.env });
  await client.connect(transport);
  assert.equal(client.getServerVersion().name, "trommel");
  assert.match(client.getInstructions(), /documents/);

  const { tools } = await client.listTools();
  assert.deepEqual(tools.map((tool) => tool.name), ["search", "get", "why", "status"]);
  assert(tools.every((tool) => tool.annotations.readOnlyHint));

  // The client checks structured content against the tool's output schema.
  const call = (name, given) => client.callTool({ name, arguments: given });
  const found = await call("search", { query: QUERY, k: 3 });
  assert(!found.isError, JSON.stringify(found));
  const [hit] = found.structuredContent.hits;
  assert(found.content[0].text.includes(hit.id));
  const document = await call("get", { id: hit.id, lines: "1-5" });
  assert.deepEqual(document.structuredContent.lines, { first: 1, last: 5 });
  const why = await call("why", { query: QUERY, id: hit.id });
  assert.equal(why.structuredContent.found, true);
  const status = await call("status", {});
  assert(status.structuredContent.collections.length > 0);

  const wrong = await call("search", { query: QUERY, k: "many", colections: [] });
  assert(wrong.isError && wrong.content[0].text.includes("collections"));
  await assert.rejects(call("serch", {}), { code: -32602 });

  assert.deepEqual((await client.listResources()).resources, []);
  const { resourceTemplates } = await client.listResourceTemplates();
  assert.equal(resourceTemplates[0].uriTemplate, "trommel://{collection}/{+id}");
  const { contents } = await client.readResource({ uri: hit.uri });
  assert(contents[0].text);
  await assert.rejects(client.readResource({ uri: "trommel://nowhere/nothing" }));

  const version = client.getNegotiatedProtocolVersion?.() ?? transport.protocolVersion;
  await client.close();
  return version;
}

for (const [name, packages, options, version] of [
  ["sdk", before, {}, "2025-11-25"],
  ["client legacy", today, {}, "2025-11-25"],
  ["client auto", today, { versionNegotiation: { mode: "auto" } }, "2026-07-28"],
  ["client pinned", today, { versionNegotiation: { mode: { pin: "2026-07-28" } } }, "2026-07-28"],
]) {
  const spoken = await converse(packages, options);
  assert(spoken === version || spoken === undefined, spoken);
  console.log(`typescript ${name}: ${spoken}`);
}
