import { randomBytes, randomInt } from "node:crypto";
import { hash, verify } from "@node-rs/argon2";
import { Secret, TOTP } from "otpauth";
import { sha256Hex } from "../../platform/crypto/digest.ts";

/** argon2id with OWASP's parameters (19 MiB, 2 passes); the text holds its own parameters and salt. */
const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export function hashPassword(password: string): Promise<string> {
  return hash(password.normalize("NFKC"), ARGON2);
}

export function isPassword(password: string, hashed: string): Promise<boolean> {
  return verify(hashed, password.normalize("NFKC"));
}

let decoy: Promise<string> | undefined;
/** Spends the time of a real check, so that an unknown name answers no faster than a wrong password. */
export async function pretendToCheck(password: string): Promise<void> {
  decoy ??= hashPassword(randomBytes(16).toString("hex"));
  await isPassword(password, await decoy);
}

const LETTERS = "abcdefghjkmnpqrstuvwxyz23456789";
/** A password to hand over once: 4 groups of 5 without look-alikes, 98 bits. */
export function oneTimePassword(): string {
  const group = () => Array.from({ length: 5 }, () => LETTERS[randomInt(LETTERS.length)]).join("");
  return Array.from({ length: 4 }, group).join("-");
}

/** A bearer secret and what is kept of it. 256 random bits need no slow hash. */
export function newToken(prefix = ""): { secret: string; sha256: string } {
  const secret = prefix + randomBytes(32).toString("base64url");
  return { secret, sha256: sha256Hex(secret) };
}

const STEP_SECONDS = 30;

/** Base32 secret of 160 bits (RFC 4226 section 4 R6). */
export function newTotpSecret(): string {
  return new Secret({ size: 20 }).base32;
}

/** The otpauth address that an authenticator app reads from a QR code. */
export function totpUri(secret: string, account: string, node: string): string {
  return new TOTP({
    issuer: `Lianfang ${node}`,
    label: account,
    secret: Secret.fromBase32(secret),
  }).toString();
}

/**
 * The time step that the code belongs to, one step of clock drift either way, or undefined when it is wrong or its
 * step was used already (RFC 6238 section 5.2: a code is taken once).
 */
export function totpStep(secret: string, code: string, at: number, lastStep: number): number | undefined {
  const totp = new TOTP({ secret: Secret.fromBase32(secret), period: STEP_SECONDS });
  const drift = totp.validate({ token: code, timestamp: at, window: 1 });
  if (drift === null) return undefined;
  const step = Math.floor(at / 1000 / STEP_SECONDS) + drift;
  return step > lastStep ? step : undefined;
}
