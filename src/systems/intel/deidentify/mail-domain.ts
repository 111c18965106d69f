import { foldText } from "./fold.ts";

/** Providers whose domain says nothing about the organisation; an attacker's address may be there, too. */
export const PUBLIC_MAIL: ReadonlySet<string> = new Set([
  "gmail.com",
  "googlemail.com",
  "outlook.com",
  "hotmail.com",
  "live.com",
  "msn.com",
  "yahoo.com",
  "yahoo.com.tw",
  "icloud.com",
  "me.com",
  "proton.me",
  "protonmail.com",
  "gmx.net",
  "gmx.com",
  "aol.com",
  "mail.com",
  "pchome.com.tw",
  "hinet.net",
  "ms1.hinet.net",
  "msa.hinet.net",
  "seed.net.tw",
  "so-net.net.tw",
  "qq.com",
  "163.com",
  "126.com",
]);

export function domainOfEmail(email: string): string {
  const folded = foldText(email.trim()).text;
  const at = folded.lastIndexOf("@");
  return at < 0 ? "" : folded.slice(at + 1);
}
