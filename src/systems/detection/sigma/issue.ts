import { type Facts, type Reason, type RuleFault, reasonText } from "./model.ts";
import { pathAt } from "./place.ts";
import { type Tree, titleOf } from "./tree.ts";

/** One fault of an author's file. `line` counts from 1; `file` is relative to the folder that was loaded. */
export type Issue = RuleFault;

/** What of a fault follows from where it was found. */
export type Found = Pick<Issue, "file" | "line"> & Partial<Pick<Issue, "path" | "rule" | "severity">>;

export function issueOf(found: Found, reason: Reason, facts: Facts = {}): Issue {
  const message = reasonText(reason, facts);
  return {
    severity: "fault",
    path: "",
    rule: null,
    ...found,
    message,
    key: `detection:fault.${reason}`,
    facts,
  };
}

/** Gathers the faults of one file, so that its author sees all of them at once. */
export class Issues {
  readonly found: Issue[] = [];
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** `path` where the line does not tell it: what is missing stands at no line. */
  add(line: number, reason: Reason, facts: Facts = {}, path = ""): Issue {
    const issue = issueOf({ file: this.#file, line, path }, reason, facts);
    this.found.push(issue);
    return issue;
  }

  /** For what is looked at once more and not told. */
  aside(): Issues {
    return new Issues(this.#file);
  }

  /** Says of each that it is about this document: in which rule it is, and at which place there. */
  settle(tree: Tree): void {
    const rule = titleOf(tree);
    for (const issue of this.found) {
      issue.rule ??= rule;
      if (issue.path === "") issue.path = pathAt(tree, issue.line);
    }
  }
}
