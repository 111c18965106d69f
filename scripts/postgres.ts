import { execFile, spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const DEBIAN = "/usr/lib/postgresql";

export interface TestServer {
  /** Superuser's URL of a throwaway server on 127.0.0.1. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts a throwaway PostgreSQL server for tests: nothing in it is meant to outlive them, so it does not sync.
 * Installs Debian's package first when it is missing and this is root; says why it skipped otherwise.
 */
export async function startPostgres(): Promise<TestServer | { readonly skipped: string }> {
  let bin = newestBin();
  if (bin === undefined) {
    const failed = await install();
    bin = newestBin();
    if (bin === undefined) return { skipped: failed ?? "no PostgreSQL below /usr/lib/postgresql" };
  }
  try {
    return await start(bin);
  } catch (error) {
    return { skipped: `PostgreSQL did not start: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function newestBin(): string | undefined {
  if (!existsSync(DEBIAN)) return undefined;
  const versions = readdirSync(DEBIAN).filter((name) => existsSync(join(DEBIAN, name, "bin", "initdb")));
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? undefined : join(DEBIAN, newest, "bin");
}

async function install(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "PostgreSQL is not installed (as root: apt-get install postgresql)";
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    await run("apt-get", ["update"], { env });
    await run("apt-get", ["install", "-y", "--no-install-recommends", "postgresql"], {
      env,
      maxBuffer: 2 ** 26,
    });
    return undefined;
  } catch (error) {
    return `PostgreSQL could not be installed: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`;
  }
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
  let said = "";
  await new Promise<void>((resolve, reject) => {
    server.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (said.length < 65_536) said += text;
      if (said.includes("ready to accept connections")) resolve();
    });
    server.once("error", reject);
    server.once("exit", () => reject(new Error(said.trim().split("\n").at(-1) ?? "it ended")));
  });
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

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === "object" && address !== null
          ? resolve(address.port)
          : reject(new Error("no port")),
      );
    });
  });
}
