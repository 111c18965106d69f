import { randomUUID } from "node:crypto";
import { uuidV5 } from "../../../platform/crypto/digest.ts";
import { canonicalJson, type JsonObject } from "./json.ts";

/**
 * `indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f`: the type and an RFC 4122 UUID (STIX 2.1 section 2.9), which on input
 * counts in either case.
 */
const IDENTIFIER =
  /^(?=[a-z0-9-]{3,250}--[0-9a-fA-F]{8}-)[a-z](?:-?[a-z0-9])+--[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-5][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$/;

/** The namespace of deterministic identifiers of cyber-observable objects. */
export const SCO_NAMESPACE = "00abedb4-aa42-466c-9c01-fed23315a9b7";

export function isIdentifier(text: string): boolean {
  return IDENTIFIER.test(text);
}

/** The part before `--`; empty where there is none. */
export function typeOfIdentifier(id: string): string {
  const at = id.indexOf("--");
  return at < 0 ? "" : id.slice(0, at);
}

/** A fresh UUIDv4 identifier, as SDOs, SROs and meta objects SHOULD have. */
export function newIdentifier(type: string): string {
  return `${type}--${randomUUID()}`;
}

/** The identifier that every producer gives to the same observable: UUIDv5 over its ID contributing properties. */
export function observableIdentifier(type: string, contributing: JsonObject): string {
  return `${type}--${uuidV5(SCO_NAMESPACE, canonicalJson(contributing))}`;
}
