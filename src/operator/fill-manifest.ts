/** The app manifest as a template: `${{NAME}}` stands for a value of the environment, as in the Agents Toolkit. */

const PLACEHOLDER = /\$\{\{\s*([A-Za-z_]\w*)\s*\}\}/g;

/** May be empty: the real app needs no suffix after its name. */
const MAY_BE_EMPTY: readonly string[] = ["APP_NAME_SUFFIX"];

export interface FilledManifest {
  /** The manifest with every value in place; a placeholder without a value stays as it was. */
  readonly manifest: unknown;
  /** Names that the manifest asks for, each once, in its order. */
  readonly names: readonly string[];
  /** Those of them that have no value. */
  readonly missing: readonly string[];
}

/**
 * Puts values into the strings of a parsed manifest. A value may hold any character: it goes into the parsed tree,
 * never into JSON text. Does not throw.
 * https://learn.microsoft.com/en-us/microsoftteams/platform/toolkit/teamsfx-multi-env
 */
export function fillManifest(
  template: unknown,
  values: Readonly<Record<string, string | undefined>>,
): FilledManifest {
  const names = new Set<string>();
  const missing = new Set<string>();
  const fillText = (text: string) =>
    text.replaceAll(PLACEHOLDER, (placeholder, name: string) => {
      names.add(name);
      const value = values[name];
      if (value !== undefined && (value !== "" || MAY_BE_EMPTY.includes(name))) return value;
      missing.add(name);
      return placeholder;
    });
  const fill = (node: unknown): unknown => {
    if (typeof node === "string") return fillText(node);
    if (Array.isArray(node)) return node.map(fill);
    if (typeof node !== "object" || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, fill(value)]));
  };
  const manifest = fill(template);
  return { manifest, names: [...names], missing: [...missing] };
}
