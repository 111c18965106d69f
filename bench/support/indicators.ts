import { randomOf } from "../../src/app/demo/lines.ts";

const ENDINGS = ["com", "net", "org", "info", "top", "xyz", "com.tw"];

/** The same malicious domains at every run, none of which a Country's site has. */
export function badDomains(count: number, seed: number): string[] {
  const random = randomOf(seed);
  const word = () => Math.floor(random() * 2 ** 31).toString(36);
  return Array.from({ length: count }, () => {
    const ending = ENDINGS[Math.floor(random() * ENDINGS.length)];
    return `${word()}-${word()}.${ending}`;
  });
}
