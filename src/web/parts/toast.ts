import type { message } from "antd";
import type { ApiProblem } from "../api.ts";
import { faultWords, translate } from "../i18n.ts";

type MessageApi = ReturnType<typeof message.useMessage>[0];
let shownBy: MessageApi | undefined;

/** The shell lends its place for short words. */
export function showToastsIn(place: MessageApi | undefined): void {
  shownBy = place;
}

/** The words of a refusal, with the id that finds it in the log. */
export function problemWords(problem: ApiProblem): string {
  const words = translate(`problem:${problem.code}`);
  const first = problem.faults[0];
  const detail =
    first === undefined ? "" : ` (${first.path === "" ? "" : `${first.path}: `}${faultWords(first)})`;
  return problem.requestId !== undefined && problem.status >= 500
    ? `${words}${detail} [${problem.requestId}]`
    : words + detail;
}

/** Short words that come and go, read out by screen readers. */
export const toast = {
  done(text: string): void {
    void shownBy?.success(text, 3);
  },
  told(text: string): void {
    void shownBy?.info(text, 8);
  },
  failed(problem: ApiProblem): void {
    void shownBy?.error(problemWords(problem), 8);
  },
};
