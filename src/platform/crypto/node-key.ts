import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
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
  /** Encrypts text for this node alone: AES-256-GCM, with a key derived (HKDF) for the purpose. Base64. */
  seal(purpose: string, text: string): string;
  /** What `seal` made of the same purpose; throws where it is another node's, another purpose's or was altered. */
  unseal(purpose: string, sealed: string): string;
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
    seal(purpose, text) {
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv("aes-256-gcm", derivedKey(privateKey, purpose), nonce);
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64");
    },
    unseal(purpose, sealed) {
      const bytes = Buffer.from(sealed, "base64");
      const decipher = createDecipheriv(
        "aes-256-gcm",
        derivedKey(privateKey, purpose),
        bytes.subarray(0, NONCE),
        { authTagLength: TAG },
      );
      decipher.setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
      return Buffer.concat([decipher.update(bytes.subarray(NONCE + TAG)), decipher.final()]).toString("utf8");
    },
  };
}

const NONCE = 12;
const TAG = 16;

function derivedKey(privateKey: KeyObject, purpose: string): Buffer {
  const secret = privateKey.export({ type: "pkcs8", format: "der" });
  return Buffer.from(hkdfSync("sha256", secret, "lianfang seal", purpose, 32));
}

function keyId(publicKey: KeyObject): string {
  return sha256Hex(publicKey.export({ type: "spki", format: "der" })).slice(0, 16);
}
