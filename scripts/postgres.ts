import { spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, isReady, run, startThrowaway } from "./throwaway.ts";

const DEBIAN = "/usr/lib/postgresql";

export interface TestServer {
  /** Superuser's URL of a throwaway server on 127.0.0.1. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a throwaway PostgreSQL server: nothing in it is meant to outlive the tests, so it does not sync. */
export function startPostgres(): Promise<TestServer | { readonly skipped: string }> {
  return startThrowaway({ name: "PostgreSQL", debian: "postgresql", find: newestBin }, start);
}

function newestBin(): string | undefined {
  if (!existsSync(DEBIAN)) return undefined;
  const versions = readdirSync(DEBIAN).filter((name) => existsSync(join(DEBIAN, name, "bin", "initdb")));
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? undefined : join(DEBIAN, newest, "bin");
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

async function start(bin: string): Promise<TestServer> {
  // The server refuses to run as root; Debian's package made a user for it.
  const user = process.getuid?.() === 0 ? await idsOf("postgres") : undefined;
  const folder = mkdtempSync(join(tmpdir(), "lianfang-postgres-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    if (user !== undefined) chownSync(folder, user.uid, user.gid);
    const data = join(folder, "data");
    await run(
      join(bin, "initdb"),
      ["-D", data, "-U", "lianfang", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"],
      {
        cwd: folder,
        ...user,
      },
    );
    const port = await freePort();
    const stop = await serve(bin, data, folder, port, user);
    return {
      url: `postgres://lianfang@127.0.0.1:${port}/postgres`,
      async stop() {
        await stop();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

async function serve(
  bin: string,
  data: string,
  folder: string,
  port: number,
  user?: User,
): Promise<() => Promise<void>> {
  const settings = ["listen_addresses=127.0.0.1", `port=${port}`, `unix_socket_directories=${folder}`];
  const quick = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"];
  const server = spawn(
    join(bin, "postgres"),
    ["-D", data, ...[...settings, ...quick].flatMap((s) => ["-c", s])],
    {
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
      ...user,
    },
  );
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  // A test run that is cut short must not leave a server behind, nor one that still writes into a removed folder.
  const stopAtOnce = (): void => {
    spawnSync(join(bin, "pg_ctl"), ["-D", data, "-m", "immediate", "-w", "stop"], { cwd: folder, ...user });
  };
  process.prependOnceListener("exit", stopAtOnce);
  server.once("exit", () => process.off("exit", stopAtOnce));
  await isReady(server, "ready to accept connections");
  return async () => {
    // "Fast" shutdown: open connections are closed, not waited for.
    server.kill("SIGINT");
    await ended;
  };
}

async function idsOf(name: string): Promise<User> {
  const [uid, gid] = await Promise.all(
    ["-u", "-g"].map(async (flag) => Number((await run("id", [flag, name])).stdout)),
  );
  if (uid === undefined || gid === undefined) throw new Error(`there is no user ${name}`);
  return { uid, gid };
}
