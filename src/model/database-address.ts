import { hideSecret } from "./secret.ts";

/** Where the database is. A PostgreSQL URL holds a password, so it is revealed to the one call that connects. */
export type DatabaseAddress =
  | { readonly kind: "sqlite"; readonly file: string }
  | { readonly kind: "postgres"; readonly url: { reveal(): string } };

/** The form of `DATABASE_URL`. */
export function isDatabaseUrl(candidate: string): boolean {
  if (candidate.startsWith("sqlite:")) return candidate.length > "sqlite:".length;
  return /^postgres(ql)?:\/\/./.test(candidate) && URL.canParse(candidate);
}

export function readDatabase(url: string): DatabaseAddress {
  return url.startsWith("sqlite:")
    ? { kind: "sqlite", file: url.slice("sqlite:".length) }
    : { kind: "postgres", url: hideSecret(url) };
}
