/** Where the database is. A PostgreSQL URL holds a password, so it is revealed to the one call that connects. */
export type DatabaseAddress =
  | { readonly kind: "sqlite"; readonly file: string }
  | { readonly kind: "postgres"; readonly url: { reveal(): string } };
