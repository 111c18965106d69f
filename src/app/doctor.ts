import { accessSync, constants, existsSync, mkdirSync, statfsSync } from "node:fs";
import { createServer } from "node:net";
import { availableParallelism, freemem, totalmem } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Problem } from "../core/problem.ts";
import type { Config } from "../platform/config/config.ts";
import { isNodeRunning } from "./local-socket.ts";

export interface Finding {
  readonly what: string;
  readonly found: string;
  readonly ok: boolean;
  readonly advice?: string;
}

const GIB = 2 ** 30;

/** Looks at the machine and the configuration and says what stands in the way, each with what to do about it. */
export async function doctor(readConfig: () => Config): Promise<Finding[]> {
  const findings: Finding[] = [nodeVersion(), cores(), memory(), browser(), builtConsole()];
  let config: Config;
  try {
    config = readConfig();
    findings.push({ what: "configuration", found: "valid", ok: true });
  } catch (error) {
    const faults = error instanceof Problem ? error.faults : [];
    const text = faults.map((fault) => `${fault.path}: ${fault.message}`).join("; ");
    return [
      ...findings,
      {
        what: "configuration",
        found: text,
        ok: false,
        advice: "mend the settings named; docs/configuration.md lists all",
      },
    ];
  }
  const running = await isNodeRunning(config.data);
  findings.push({ what: "node", found: running ? "running" : "not running", ok: true });
  findings.push(folder(config), disk(config));
  if (!running) findings.push(await port(config));
  findings.push(
    config.mail.smtp === undefined
      ? {
          what: "mail",
          found: "no server: overdue clocks are shown and not mailed",
          ok: true,
          advice: "set mail.smtp",
        }
      : { what: "mail", found: new URL(config.mail.smtp).host, ok: true },
  );
  return findings;
}

function nodeVersion(): Finding {
  const major = Number(process.versions.node.split(".")[0]);
  return {
    what: "Node",
    found: process.version,
    ok: major >= 24,
    ...(major >= 24 ? {} : { advice: "run npm ci; the pinned Node 24 comes with it" }),
  };
}

function cores(): Finding {
  return { what: "processors", found: String(availableParallelism()), ok: true };
}

function memory(): Finding {
  const ok = totalmem() >= 2 * GIB;
  return {
    what: "memory",
    found: `${(totalmem() / GIB).toFixed(1)} GiB, ${(freemem() / GIB).toFixed(1)} free`,
    ok,
    ...(ok ? {} : { advice: "2 GiB is the least that holds both embedded stores" }),
  };
}

function browser(): Finding {
  const found = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) =>
    existsSync(path),
  );
  return {
    what: "browser for tests",
    found: found ?? "none",
    ok: true,
    ...(found === undefined ? { advice: "only the browser tests need it: apt-get install chromium" } : {}),
  };
}

function builtConsole(): Finding {
  const there = existsSync(join(import.meta.dirname, "../../dist/console/index.html"));
  return {
    what: "console",
    found: there ? "built" : "not built",
    ok: there,
    ...(there ? {} : { advice: "node scripts/build-console.ts" }),
  };
}

function folder(config: Config): Finding {
  const path = resolve(config.data);
  try {
    const there = existsSync(path) ? path : dirname(path);
    if (!existsSync(there)) mkdirSync(there, { recursive: true });
    accessSync(there, constants.W_OK);
    return { what: "data folder", found: path, ok: true };
  } catch {
    return {
      what: "data folder",
      found: `${path} cannot be written`,
      ok: false,
      advice: "choose another with data: in the configuration",
    };
  }
}

function disk(config: Config): Finding {
  const path = existsSync(config.data) ? config.data : ".";
  const { bavail, bsize } = statfsSync(path);
  const free = bavail * bsize;
  const wanted = Math.min(config.events.retentionBytes, 5 * GIB);
  return {
    what: "disk",
    found: `${(free / GIB).toFixed(1)} GiB free, events may take ${(config.events.retentionBytes / GIB).toFixed(0)} GiB`,
    ok: free >= wanted,
    ...(free >= wanted ? {} : { advice: "free space, or lower events.retentionBytes" }),
  };
}

async function port(config: Config): Promise<Finding> {
  const { host, port } = config.http;
  const probe = createServer();
  const fault = await new Promise<string | undefined>((done) => {
    probe.once("error", (error) => done(error.message));
    probe.listen(port, host, () => done(undefined));
  });
  probe.close();
  return {
    what: "port",
    found: fault ?? `${host}:${port} is free`,
    ok: fault === undefined,
    ...(fault === undefined
      ? {}
      : { advice: "stop what listens there, or set http.port (LIANFANG_HTTP__PORT=9090)" }),
  };
}
