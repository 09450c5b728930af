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
 * `$top` and `$skiptoken` of the query decide. Throws 400 for either being wrong, also for a token that was given for
 * another path. Only what is on the page is formatted.
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
  const start = token === null ? 0 : readSkipToken(token, request.path);
  const end = start + size;
  const value = items.slice(start, end).map(format);
  if (end >= items.length) return { "@odata.count": value.length, value };
  const query = new URLSearchParams(request.query);
  query.delete("$skipToken");
  query.set("$skiptoken", formatSkipToken(end, request.path));
  const link = `${baseUrl}${request.path}?${query.toString().replaceAll("%24", "$")}`;
  return { "@odata.count": value.length, "@odata.nextLink": link, value };
}

/** Goes on behind so many of the list at a path. */
export function formatSkipToken(start: number, path: string): string {
  // A client may encode the path of a link its own way.
  const place = decodeURIComponent(path).toLowerCase();
  return Buffer.from(JSON.stringify([place, start])).toString("base64url");
}

function readSkipToken(token: string, path: string): number {
  const [, digits = ""] = /,(\d{1,9})\]$/.exec(Buffer.from(token, "base64url").toString("utf8")) ?? [];
  const start = Number(digits);
  if (digits !== "" && formatSkipToken(start, path) === token) return start;
  throw new ApiFault(400, "BadRequest", "The skip token is invalid.");
}

/** Options of OData that a resource may take or not. */
const ODATA = ["$top", "$skip", "$filter", "$orderby", "$search", "$select", "$expand", "$count", "$format"];
const SYSTEM_OPTIONS = [...ODATA, "$skiptoken", "$skipToken", "$deltatoken"];

/**
 * System options mean the same without their `$`, and get it here; what else does not begin with `$` is passed over, as
 * by Graph. Of the rest, what Graph itself does not take here, or only once, is refused by 400, and what it takes, but
 * not the emulation (`absent`), by 501.
 * Source: https://learn.microsoft.com/graph/query-parameters
 */
export function demandKnownOptions(
  request: ApiRequest,
  known: readonly string[],
  absent: readonly string[] = ODATA,
): void {
  for (const [name, value] of [...request.query]) {
    if (!SYSTEM_OPTIONS.includes(`$${name}`)) continue;
    request.query.delete(name, value);
    request.query.append(`$${name}`, value);
  }
  for (const name of request.query.keys()) {
    if (!name.startsWith("$")) continue;
    if (request.query.getAll(name).length > 1) {
      throw new ApiFault(400, "BadRequest", `Query option '${name}' must be specified once at most.`);
    }
    if (known.includes(name)) continue;
    if (absent.includes(name)) {
      const call = `${request.method} ${request.path}`;
      throw new ApiFault(501, "NotEmulated", `${call}: query option ${name} is not emulated.`);
    }
    throw new ApiFault(400, "BadRequest", `Query option '${name}' is not allowed.`);
  }
}
