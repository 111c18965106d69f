import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { LineCounter, parseDocument } from "yaml";
import { BUSINESS_KINDS, type DutyPack, DutyPack as DutyPackSchema, MOMENTS } from "./model.ts";

/** Where a pack is wrong: the file, the path inside it (`duties.2.starts.0`) and the line, 1-based. */
export interface PackFault {
  readonly file: string;
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** Thrown by `loadPack`; holds every fault at once. */
export class PackInvalid extends Error {
  override readonly name = "PackInvalid";
  readonly faults: readonly PackFault[];

  constructor(faults: readonly PackFault[]) {
    super(faults.map((fault) => `${fault.file}:${fault.line}: ${fault.path}: ${fault.message}`).join("\n"));
    this.faults = faults;
  }
}

/** The packs that come with the program. */
export const PACKS_FOLDER = fileURLToPath(new URL("../../../../content/duty-packs/", import.meta.url));

/** The pack of that name in `folder`; throws `PackInvalid` with every fault, also when there is no such pack. */
export function loadPack(name: string, folder: string = PACKS_FOLDER): DutyPack {
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(name)) {
    throw new PackInvalid([
      { file: folder, path: "", line: 1, message: `"${name.slice(0, 60)}" is no name of a duty pack` },
    ]);
  }
  return loadPackFile(join(folder, `${name}.yml`));
}

/** A pack from a file of any place, as `lianfang duties --pack FILE.yml` takes it. */
export function loadPackFile(file: string): DutyPack {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new PackInvalid([{ file, path: "", line: 1, message: "there is no such duty pack" }]);
  }
  return parsePack(text, file);
}

/** Reads a pack out of YAML text; `file` is named in the faults. */
export function parsePack(text: string, file: string): DutyPack {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const broken = document.errors.map((error) => ({
    file,
    path: "",
    line: lines.linePos(error.pos[0]).line,
    message: error.message.split("\n")[0] ?? error.code,
  }));
  if (broken.length > 0) throw new PackInvalid(broken);

  const placed = (path: readonly PropertyKey[], message: string): PackFault => ({
    file,
    path: path.map(String).join("."),
    line: lineOf(document, lines, path),
    message,
  });
  const read = DutyPackSchema.safeParse(document.toJS());
  if (!read.success)
    throw new PackInvalid(flat(read.error.issues).map((issue) => placed(issue.path, issue.message)));
  const faults = [...contradictions(read.data)].map((one) => placed(one.path, one.message));
  if (read.data.id !== basename(file, ".yml"))
    faults.push(placed(["id"], `the file must be called ${read.data.id}.yml`));
  if (faults.length > 0) throw new PackInvalid(faults);
  return read.data;
}

type Issue = { path: PropertyKey[]; message: string; errors?: Issue[][] };

/** zod tells a union as one issue; its best branch says what is really missing. */
function flat(
  issues: readonly { path: PropertyKey[]; message: string }[],
  under: PropertyKey[] = [],
): Issue[] {
  return issues.flatMap((issue: Issue) => {
    const path = [...under, ...issue.path];
    const branches = issue.errors;
    if (branches === undefined || branches.length === 0) return [{ path, message: issue.message }];
    const best = branches.reduce((a, b) => (b.length < a.length ? b : a));
    return flat(best, path);
  });
}

function lineOf(
  document: ReturnType<typeof parseDocument>,
  lines: LineCounter,
  path: readonly PropertyKey[],
): number {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const node: unknown = document.getIn(path.slice(0, depth), true);
    if (typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range)) {
      return lines.linePos(Number(node.range[0])).line;
    }
  }
  return 1;
}

interface Contradiction {
  path: (string | number)[];
  message: string;
}

/** What the shape alone cannot tell: names that lead nowhere, and tables by which more impact would weigh less. */
function* contradictions(pack: DutyPack): Generator<Contradiction> {
  const moments = new Set<string>([...MOMENTS, ...pack.milestones.map((one) => one.id)]);
  const measures = new Set(["people", ...pack.measures.map((one) => one.id)]);
  const levels = new Set(pack.levels.map((one) => one.level));
  const unknownSource = (source: string) =>
    Object.hasOwn(pack.sources, source) ? undefined : `no source is called "${source}"`;
  const founded: [string, readonly { source: string }[]][] = [
    ["cells", pack.cells],
    ["thresholds", pack.thresholds],
    ["duties", pack.duties],
  ];
  for (const [part, list] of founded) {
    for (const [at, one] of list.entries()) {
      const message = unknownSource(one.source);
      if (message !== undefined) yield { path: [part, at, "source"], message };
    }
  }
  const floorSource = unknownSource(pack.floor.source);
  if (floorSource !== undefined) yield { path: ["floor", "source"], message: floorSource };
  if (!levels.has(pack.floor.level)) yield { path: ["floor", "level"], message: "no such level" };

  for (const [at, cell] of pack.cells.entries()) {
    if (!levels.has(cell.level)) yield { path: ["cells", at, "level"], message: "no such level" };
    if ("when" in cell) {
      for (const [part, one] of cell.when.entries()) {
        if (!measures.has(one.measure))
          yield {
            path: ["cells", at, "when", part, "measure"],
            message: `no measure is called "${one.measure}"`,
          };
      }
    } else if (
      (cell.aspect === "outage") !==
      (cell.degree === "tolerable" || cell.degree === "beyond-tolerable")
    ) {
      yield { path: ["cells", at, "degree"], message: `"${cell.degree}" is no degree of ${cell.aspect}` };
    }
  }
  for (const [at, threshold] of pack.thresholds.entries()) {
    if (!measures.has(threshold.measure))
      yield { path: ["thresholds", at, "measure"], message: `no measure is called "${threshold.measure}"` };
  }
  for (const [at, duty] of pack.duties.entries()) {
    if (pack.duties.findIndex((one) => one.id === duty.id) !== at)
      yield { path: ["duties", at, "id"], message: "two duties have this id" };
    for (const part of ["starts", "metBy", "until"] as const) {
      for (const [index, moment] of duty[part].entries()) {
        if (!moments.has(moment))
          yield { path: ["duties", at, part, index], message: `no moment is called "${moment}"` };
      }
    }
    const named = duty.limits.flatMap((limit) => limit.levels);
    for (const [index, limit] of duty.limits.entries()) {
      for (const level of limit.levels) {
        if (!levels.has(level))
          yield { path: ["duties", at, "limits", index, "levels"], message: `there is no level ${level}` };
        if (named.filter((one) => one === level).length > 1) {
          yield { path: ["duties", at, "limits", index, "levels"], message: `level ${level} has two limits` };
        }
      }
    }
  }
  yield* notMonotone(pack);
}

/** In a lawful table a worse degree, or the same for weightier business, never gives a lower level. */
function* notMonotone(pack: DutyPack): Generator<Contradiction> {
  const level = (aspect: string, business: string, degree: string): number =>
    Math.max(
      pack.floor.level,
      ...pack.cells.map((cell) =>
        !("when" in cell) &&
        cell.aspect === aspect &&
        cell.degree === degree &&
        cell.business.some((one) => one === business)
          ? cell.level
          : 0,
      ),
    );
  const steps = {
    leak: ["minor", "serious"],
    tampering: ["minor", "serious"],
    outage: ["tolerable", "beyond-tolerable"],
  } as const;
  for (const [aspect, [mild, bad]] of Object.entries(steps)) {
    for (const business of BUSINESS_KINDS) {
      if (level(aspect, business, bad) < level(aspect, business, mild)) {
        yield {
          path: ["cells"],
          message: `${aspect} of ${business}: "${bad}" gives a lower level than "${mild}"`,
        };
      }
    }
    for (const degree of [mild, bad]) {
      for (const [lighter, weightier] of [
        ["non-core", "core"],
        ["core", "core-ci"],
      ] as const) {
        if (level(aspect, weightier, degree) < level(aspect, lighter, degree)) {
          yield {
            path: ["cells"],
            message: `${aspect}, ${degree}: ${weightier} gives a lower level than ${lighter}`,
          };
        }
      }
    }
  }
}
