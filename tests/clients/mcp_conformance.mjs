// Runs the protocol's own conformance suite against an MCP server over HTTP, as far as it is about what
// the server has: no prompts, no streams, and none of the tools that the suite would have it offer.
//
// Usage: mcp_conformance.mjs URL [SCENARIO@VERSION...]
// Needs Node 22 and @modelcontextprotocol/conformance 0.2. A server that checks Host and Origin should
// also pass dns-rebinding-protection@2026-07-28.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const SCENARIOS = [
  "server-initialize@2025-06-18",
  "server-initialize@2025-11-25",
  "ping@2025-11-25",
  "tools-list@2025-11-25",
  "resources-list@2025-11-25",
  "server-stateless@2026-07-28",
  "tools-list@2026-07-28",
  "resources-list@2026-07-28",
  "sep-2164-resource-not-found@2026-07-28",
  "caching@2026-07-28",
  "http-header-validation@2026-07-28",
  "server-sse-multiple-streams@2026-07-28",
];
// What the server does not have, and says so.
const LEFT_OUT = new Set(["sep-2549-prompts-list-caching-hints"]);

const here = createRequire(join(process.cwd(), "package.json"));
const suite = join(dirname(here.resolve("@modelcontextprotocol/conformance/package.json")), "dist/index.js");
const [url, ...more] = process.argv.slice(2);
let bad = 0;
for (const each of [...SCENARIOS, ...more]) {
  const [scenario, version] = each.split("@");
  const out = mkdtempSync(join(tmpdir(), "conformance-"));
  const options = ["--url", url, "--scenario", scenario, "--spec-version", version, "-o", out];
  const ran = spawnSync(process.execPath, [suite, "server", ...options], { timeout: 60_000 });
  const [run] = readdirSync(out);
  const checks = run ? JSON.parse(readFileSync(join(out, run, "checks.json"), "utf8")) : [];
  rmSync(out, { recursive: true });
  const passed = checks.filter((check) => check.status === "SUCCESS");
  const failed = checks.filter(
    (check) =>
      check.status === "FAILURE" &&
      !LEFT_OUT.has(check.id) &&
      !check.errorMessage?.startsWith("Not testable"),
  );
  console.log(`${each}: ${passed.length} passed, ${failed.length} failed`);
  for (const check of failed) console.log(`  ${check.id}: ${check.errorMessage}`);
  if (passed.length === 0) console.log(`  nothing was checked: ${ran.stderr}`.slice(0, 2000));
  bad += failed.length + (passed.length === 0);
}
process.exitCode = bad ? 1 : 0;
