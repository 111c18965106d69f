import { extensionsOf } from "./common.ts";
import { isIdentifier } from "./identifier.ts";
import { isJsonObject, isList, type Json, type JsonObject } from "./json.ts";
import { OBSERVABLE_OBJECTS } from "./observable-objects.ts";
import { type Check, checkMembers, type Report, string } from "./property.ts";

/** The container of STIX 2.0, deprecated: observables under numbers, which refer to each other by these numbers. */
export function observableContainer(...[value, path, report]: Parameters<Check>): void {
  if (!isJsonObject(value)) {
    report(path, "type", "dictionary");
    return;
  }
  if (Object.keys(value).length === 0) report(path, "empty-dictionary", "dictionary-empty");
  for (const [key, inner] of Object.entries(value)) {
    if (!/^\d+$/.test(key)) report(`${path}.${key}`, "dictionary-key", "container-key");
    if (!isJsonObject(inner) || typeof inner["type"] !== "string")
      report(`${path}.${key}`, "type", "container-object");
    else checkContained(inner, value, `${path}.${key}`, report);
  }
}

const UNNAMED = "00000000-0000-4000-8000-000000000000";

/** Judged as an observable of its own, once each number is replaced by an identifier of the type that it stands for. */
function checkContained(inner: JsonObject, all: JsonObject, path: string, report: Report): void {
  const definition = OBSERVABLE_OBJECTS[String(inner["type"])];
  if (definition === undefined) return;
  const named = resolved(inner, (ref, at) => {
    if (isIdentifier(ref)) return ref;
    const target = Object.hasOwn(all, ref) ? all[ref] : undefined;
    if (target !== undefined && isJsonObject(target) && typeof target["type"] === "string")
      return `${target["type"]}--${UNNAMED}`;
    report(`${path}.${at}`, "observable-container", "container-missing", { ref: ref.slice(0, 40) });
    return undefined;
  });
  const { extensions = {}, ...rest } = definition;
  checkMembers(
    named,
    {
      ...rest,
      properties: {
        type: string,
        id: string,
        extensions: extensionsOf(extensions),
        ...definition.properties,
      },
    },
    path,
    report,
  );
}

/** A copy in which every reference, and each of a list, is replaced; those that resolve to nothing are left out. */
function resolved(object: JsonObject, resolve: (ref: string, at: string) => string | undefined): JsonObject {
  return Object.fromEntries(
    Object.entries(object).flatMap(([name, value]): [string, Json][] => {
      if (name.endsWith("_ref") && typeof value === "string") {
        const id = resolve(value, name);
        return id === undefined ? [] : [[name, id]];
      }
      if (!name.endsWith("_refs") || !isList(value)) return [[name, value]];
      const ids = value.flatMap((each, at): Json[] => {
        if (typeof each !== "string") return [each];
        const id = resolve(each, `${name}.${at}`);
        return id === undefined ? [] : [id];
      });
      return ids.length === 0 && value.length > 0 ? [] : [[name, ids]];
    }),
  );
}
