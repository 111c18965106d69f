import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sha256Hex } from "./digest.ts";
import { writeDurably } from "./durable-file.ts";

/** The node's own Ed25519 key: signs audit checkpoints. Lives in `data/keys`, readable by its owner only. */
export interface NodeKey {
  /** First 16 hex digits of SHA-256 over the public key's DER: names the key on a checkpoint. */
  readonly id: string;
  readonly publicPem: string;
  /** Base64 of the Ed25519 signature (RFC 8032) over UTF-8 text. */
  sign(text: string): string;
  verify(text: string, signature: string): boolean;
}

export function openNodeKey(dataFolder: string): NodeKey {
  const folder = join(dataFolder, "keys");
  const file = join(folder, "node-ed25519.pem");
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const pair = generateKeyPairSync("ed25519");
    writeDurably(file, pair.privateKey.export({ type: "pkcs8", format: "pem" }) as string, 0o600);
  }
  return nodeKeyOf(createPrivateKey(readFileSync(file, "utf8")));
}

function nodeKeyOf(privateKey: KeyObject): NodeKey {
  const publicKey = createPublicKey(privateKey);
  return {
    id: keyId(publicKey),
    publicPem: publicKey.export({ type: "spki", format: "pem" }) as string,
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString("base64"),
    verify: (text, signature) => verify(null, Buffer.from(text), publicKey, Buffer.from(signature, "base64")),
  };
}

function keyId(publicKey: KeyObject): string {
  return sha256Hex(publicKey.export({ type: "spki", format: "der" })).slice(0, 16);
}
