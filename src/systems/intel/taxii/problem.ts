import { PROBLEMS, type Problem } from "../../../core/problem.ts";
import type { RenderedProblem } from "../../../platform/http/route.ts";
import { TAXII_TYPE } from "./media-type.ts";

/** A refusal as TAXII's error message (TAXII 2.1 section 3.6.1). `http_status` is text there. */
export function taxiiProblem(problem: Problem, requestId: string): RenderedProblem {
  const told = [problem.detail, ...problem.faults.map((fault) => `${fault.path}: ${fault.message}`)];
  const description = [...new Set(told)].filter((part) => part !== undefined).join("; ");
  return {
    contentType: TAXII_TYPE,
    body: {
      title: PROBLEMS[problem.code].title,
      ...(description === "" ? {} : { description }),
      error_id: requestId,
      error_code: problem.code,
      http_status: String(problem.status),
    },
    // TAXII clients must know HTTP Basic (section 8.5.1): the key is the password, the user name is free.
    ...(problem.status === 401 ? { headers: { "www-authenticate": 'Basic realm="TAXII", Bearer' } } : {}),
  };
}
