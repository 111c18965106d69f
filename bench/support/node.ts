import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const ROOT = join(import.meta.dirname, "../..");
const LONGEST_START = 120_000;
const LONGEST_STOP = 30_000;

export interface BenchNodeOptions {
  /** Through bin/lianfang.js, as a person starts it; else the command line itself. */
  readonly launcher?: boolean;
  /** SIGUSR2 makes its main thread collect garbage. */
  readonly collectable?: boolean;
  /** Folder into which every thread writes its CPU profile when it ends. */
  readonly profiles?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A node in a process of its own on a data folder, for measuring it from outside. */
export class BenchNode {
  readonly url: string;
  readonly data: string;
  /** From the start of the process to the first good answer of /readyz. */
  readonly readySeconds: number;
  /** The process that does the work. */
  readonly pid: number;
  readonly launcherPid: number;
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess, pid: number, url: string, data: string, readySeconds: number) {
    this.child = child;
    this.pid = pid;
    this.launcherPid = child.pid ?? pid;
    this.url = url;
    this.data = data;
    this.readySeconds = readySeconds;
  }

  /** Rejects with what it said when it ends by itself or is not ready after two minutes. */
  static async start(folder: string, options: BenchNodeOptions = {}): Promise<BenchNode> {
    const data = join(folder, "data");
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const collect = "--expose-gc --import=data:text/javascript,process.on('SIGUSR2',()=>gc())";
    const profiling =
      options.profiles === undefined ? [] : ["--cpu-prof", "--cpu-prof-dir", options.profiles];
    const script = join(ROOT, options.launcher === true ? "bin/lianfang.js" : "src/app/cli.ts");
    const began = performance.now();
    const child = spawn(process.execPath, [...profiling, script, "serve"], {
      cwd: folder,
      env: {
        ...process.env,
        UV_THREADPOOL_SIZE: "12",
        LIANFANG_DATA: data,
        LIANFANG_HTTP__PORT: String(port),
        LIANFANG_HTTP__PER_MINUTE: "100000",
        LIANFANG_LOG__LEVEL: "warn",
        ...(options.collectable === true ? { NODE_OPTIONS: collect } : {}),
        ...options.env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-4_000);
      });
    while (!(await answers(`${url}/readyz`))) {
      if (child.exitCode !== null) throw new Error(`the node ended: ${said}`);
      if (performance.now() - began > LONGEST_START) {
        child.kill("SIGKILL");
        throw new Error(`the node is not ready after ${LONGEST_START / 1000} s: ${said}`);
      }
      await wait(20);
    }
    const seconds = Math.round(performance.now() - began) / 1000;
    const own = child.pid ?? 0;
    return new BenchNode(child, options.launcher === true ? childOf(own) : own, url, data, seconds);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise((done) => this.child.once("exit", done));
    this.child.kill("SIGTERM");
    const patience = setTimeout(() => {
      for (const pid of new Set([this.pid, this.launcherPid]))
        if (existsSync(`/proc/${pid}`)) process.kill(pid, "SIGKILL");
    }, LONGEST_STOP);
    await gone;
    clearTimeout(patience);
  }

  /** CPU seconds of all its threads so far. */
  cpuSeconds(): number {
    return cpuSecondsOf(`/proc/${this.pid}/stat`).seconds;
  }

  /** CPU seconds so far by the name of a thread, of the threads that live; `rest` are those that ended. */
  threadSeconds(): Map<string, number> {
    const by = new Map<string, number>();
    let sum = 0;
    for (const thread of readdirSync(`/proc/${this.pid}/task`)) {
      const { name, seconds } = cpuSecondsOf(`/proc/${this.pid}/task/${thread}/stat`);
      const called = thread === String(this.pid) ? "main" : name;
      by.set(called, (by.get(called) ?? 0) + seconds);
      sum += seconds;
    }
    return by.set("rest", this.cpuSeconds() - sum);
  }
}

/** What a file like /proc/self/stat says; nothing of a thread that ended meanwhile. */
function cpuSecondsOf(file: string): { name: string; seconds: number } {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return { name: "", seconds: 0 };
  }
  const end = text.lastIndexOf(")");
  const fields = text.slice(end + 2).split(" ");
  // utime and stime, in hundredths of a second on every Linux that Node runs on.
  const seconds = (Number(fields[11]) + Number(fields[12])) / 100;
  return { name: text.slice(text.indexOf("(") + 1, end), seconds };
}

function answers(address: string): Promise<boolean> {
  return fetch(address).then(
    (answer) => answer.ok,
    () => false,
  );
}

function childOf(pid: number): number {
  const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  return Number(first);
}

function freePort(): Promise<number> {
  const probe = createServer();
  return new Promise((done) => {
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => done(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** What a process holds: resident, its highest, and its share split into own and file-backed memory. */
export function memoryOf(pid: number): {
  rssMiB: number;
  highestMiB: number;
  pssMiB: number;
  pssAnonymousMiB: number;
  pssFileMiB: number;
} {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const mebibytes = (text: string, name: string) =>
    Math.round(Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? Number.NaN) / 1024);
  return {
    rssMiB: mebibytes(status, "VmRSS"),
    highestMiB: mebibytes(status, "VmHWM"),
    pssMiB: mebibytes(rollup, "Pss"),
    pssAnonymousMiB: mebibytes(rollup, "Pss_Anon"),
    pssFileMiB: mebibytes(rollup, "Pss_File"),
  };
}
