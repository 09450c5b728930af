/** Which keys `listener.yaml` may have at a place of it, as its schema says: what to write instead of one that means nothing. */
import { buildListenerSchema } from "./rule-grammar.ts";

/** As much of JSON Schema as the grammar makes. */
interface Schema {
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** Where several forms may stand there: the keys of the form that has most in common with what does. */
export function createKnownKeys(): (path: readonly PropertyKey[], input: unknown) => string[] {
  const schema: Schema = buildListenerSchema();
  return (path, input) => {
    let forms = listForms(schema);
    let value = input;
    for (const part of path) {
      forms = forms.flatMap((form) => listForms(readPart(form, part)));
      value = readOwn(value, part);
    }
    const [likeliest] = forms
      .map((form) => Object.keys(form.properties ?? {}))
      .toSorted((a, b) => countOwn(value, b) - countOwn(value, a) || b.length - a.length);
    return likeliest ?? [];
  };
}

function listForms(schema: Schema | undefined): Schema[] {
  if (!schema) return [];
  return schema.anyOf ? schema.anyOf.flatMap(listForms) : [schema];
}

function readPart({ properties = {}, items }: Schema, part: PropertyKey): Schema | undefined {
  if (typeof part === "number") return items;
  return Object.hasOwn(properties, part) ? properties[String(part)] : undefined;
}

function readOwn(value: unknown, part: PropertyKey): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
  return (value as Record<PropertyKey, unknown>)[part];
}

function countOwn(value: unknown, keys: readonly string[]): number {
  return keys.filter((key) => readOwn(value, key) !== undefined).length;
}
