/** One page of a list, with the link to the next. */
import { ApiFault } from "./api-fault.ts";
import type { ApiRequest } from "./api-route.ts";

export interface PageRule {
  /** Where the link leads to: this listener, as Graph's base. */
  readonly baseUrl: string;
  readonly defaultSize: number;
  readonly maxSize: number;
}

/**
 * `$top` and `$skiptoken` of the query decide. Throws 400 for either being wrong. Only what is on the page is formatted.
 * Source: https://learn.microsoft.com/graph/paging
 */
export function readPage<T>(
  items: readonly T[],
  request: ApiRequest,
  rule: PageRule,
  format: (item: T) => unknown = (item) => item,
): object {
  const { baseUrl, defaultSize, maxSize } = rule;
  const top = request.query.get("$top") ?? String(defaultSize);
  const size = /^\d+$/.test(top) ? Number(top) : 0;
  if (size < 1 || size > maxSize) {
    throw new ApiFault(
      400,
      "BadRequest",
      `Invalid page size specified: '${top}'. Must be between 1 and ${maxSize} inclusive.`,
    );
  }
  const token = request.query.get("$skiptoken") ?? request.query.get("$skipToken");
  const start = token === null ? 0 : Number(Buffer.from(token, "base64url").toString("utf8"));
  if (!Number.isInteger(start)) throw new ApiFault(400, "BadRequest", "The skip token is invalid.");
  const end = start + size;
  const value = items.slice(start, end).map(format);
  if (end >= items.length) return { "@odata.count": value.length, value };
  const query = new URLSearchParams(request.query);
  query.delete("$skipToken");
  query.set("$skiptoken", formatSkipToken(end));
  const link = `${baseUrl}${request.path}?${query.toString().replaceAll("%24", "$")}`;
  return { "@odata.count": value.length, "@odata.nextLink": link, value };
}

/** Goes on behind so many of a list. */
export function formatSkipToken(start: number): string {
  return Buffer.from(String(start)).toString("base64url");
}

/** Options of OData that a resource may take or not. */
const ODATA = ["$top", "$skip", "$filter", "$orderby", "$search", "$select", "$expand", "$count", "$format"];

/**
 * What does not begin with `$` is passed over, as by Graph. Of the rest, what Graph itself does not take here is
 * refused by 400, and what it takes, but not the emulation (`absent`), by 501.
 * Source: https://learn.microsoft.com/graph/query-parameters
 */
export function demandKnownOptions(
  request: ApiRequest,
  known: readonly string[],
  absent: readonly string[] = ODATA,
): void {
  for (const name of request.query.keys()) {
    if (!name.startsWith("$") || known.includes(name)) continue;
    if (absent.includes(name)) {
      const call = `${request.method} ${request.path}`;
      throw new ApiFault(501, "NotEmulated", `${call}: query option ${name} is not emulated.`);
    }
    throw new ApiFault(400, "BadRequest", `Query option '${name}' is not allowed.`);
  }
}
