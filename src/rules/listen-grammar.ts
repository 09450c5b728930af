/** One entry of `listen:`: how it is written, what is wrong with one that is not, and what it means. */
import { z } from "zod";
import type { ListenEntry, ListenKind, ListenQuery } from "../model/listen.ts";

/** Each entry as people write it; `?` may be left out. */
export const LISTEN_FORMS: Readonly<Record<ListenKind, string>> = {
  installed: "installed",
  "all-chats": "chats: all",
  "all-channels": "channels: all",
  user: "user: {id}",
  chat: "chat: {id, search?, mentioning?}",
  channel: "channel: {team, channel, search?, mentioning?}",
  "all-teams": "teams: all",
  team: "team: {id}",
};

const GUID = /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/;
/** Any thread but one of a channel. Source: https://learn.microsoft.com/graph/api/resources/chat (property `id`) */
const CHAT_ID = /^19:[\w.+=~-]+@(?!thread\.tacv2$)[\w.-]+$/;
/** Of today, and of the years before. */
const CHANNEL_ID = /^19:[\w.+=~-]+@thread\.(tacv2|skype)$/;

const all = z.literal("all", "must be `all`");
const content = z
  .enum(["encrypted", "fetch"], "must be `encrypted` or `fetch`")
  .optional()
  .describe(
    "`encrypted`, if nothing is said: notifications bring the message, sealed. `fetch`: they name it, and it is read from Graph when its turn comes.",
  );
const personId = z.string().regex(GUID, "must be the Entra object id of a person, a GUID, not a name");
const teamId = z
  .string()
  .regex(
    GUID,
    "must be the Entra group id of a team, a GUID: `groupId` in the team's link (Get link to team)",
  );
const chatId = z
  .string()
  .regex(
    CHAT_ID,
    "must be the id of a chat as Graph gives it, such as 19:…@thread.v2, not encoded; a channel is written `channel: {team, channel}`",
  );
const channelId = z
  .string()
  .regex(
    CHANNEL_ID,
    "must be the id of a channel as Graph gives it, such as 19:…@thread.tacv2, not encoded and not its name",
  );

const query = {
  search: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .regex(/^[^\u0000-\u001f\u007f]*$/, "must be one line of text")
    .optional()
    .describe("Only messages with these words, as Graph searches."),
  mentioning: personId.optional().describe("Only messages that mention this person, by Entra object id."),
};
const ONE_QUERY = "takes `search` or `mentioning`, not both";
const hasOneQuery = ({ search, mentioning }: { search?: string; mentioning?: string }) =>
  search === undefined || mentioning === undefined;

const FORMS = {
  installed: z.strictObject({
    installed: all.describe("The app's chats, and each channel of each team it is installed in."),
    content,
  }),
  chats: z.strictObject({ chats: all.describe("Every chat of the organisation."), content }),
  channels: z.strictObject({ channels: all.describe("Every channel of the organisation."), content }),
  user: z.strictObject({
    user: z
      .union([personId, z.strictObject({ id: personId.describe("Entra object id.") })])
      .describe("All chats of one person, by Entra object id."),
    content,
  }),
  chat: z.strictObject({
    chat: z
      .union([
        chatId,
        z
          .strictObject({ id: chatId.describe("The chat's id: 19:…@thread.v2."), ...query })
          .refine(hasOneQuery, ONE_QUERY),
      ])
      .describe("One chat."),
    content,
  }),
  channel: z.strictObject({
    channel: z
      .strictObject(
        {
          team: teamId.describe("Entra group id of its team."),
          channel: channelId.describe("The channel's id: 19:…@thread.tacv2."),
          ...query,
        },
        "must be {team: <id>, channel: <id>}",
      )
      .refine(hasOneQuery, ONE_QUERY)
      .describe("One channel."),
    content,
  }),
  teams: z.strictObject({
    teams: all.describe(
      "Every team of the organisation and its channels: made, renamed, deleted; no messages.",
    ),
    content,
  }),
  team: z.strictObject({
    team: z
      .union([teamId, z.strictObject({ id: teamId.describe("Entra group id.") })])
      .describe("One team and its channels: made, renamed, deleted; no messages."),
    content,
  }),
};

export const listenEntry = z.union([
  z.literal("installed").describe("The app's chats, and each channel of each team it is installed in."),
  FORMS.installed,
  FORMS.chats,
  FORMS.channels,
  FORMS.user,
  FORMS.chat,
  FORMS.channel,
  FORMS.teams,
  FORMS.team,
]);

const FORM_LIST = Object.values(LISTEN_FORMS)
  .map((form) => `\`${form}\``)
  .join(", ");

/** Why an entry is none: of the forms it might have the one that it names, not the library's reasons against each. */
export function findListenFaults(entry: unknown): readonly z.core.$ZodIssue[] {
  const isWritten = typeof entry === "object" && entry !== null && !Array.isArray(entry);
  const named = isWritten ? Object.keys(FORMS).filter((key) => Object.hasOwn(entry, key)) : [];
  const [key, ...others] = named as (keyof typeof FORMS)[];
  if (key === undefined) return [createFault(entry, `must be one of ${FORM_LIST}`)];
  if (others.length > 0) {
    const keys = named.map((name) => `\`${name}\``).join(" and ");
    return [createFault(entry, `names ${keys}: give each an entry of its own`)];
  }
  return (FORMS[key].safeParse(entry).error?.issues ?? []).flatMap(chooseBranch);
}

function createFault(input: unknown, message: string): z.core.$ZodIssue {
  return { code: "custom", path: [], message, input };
}

/** An id may stand bare or in an object: what fits neither in kind is told of both. */
function chooseBranch(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union") return [issue];
  const meant = issue.errors.find((branch) => !branch.some(isOtherKind));
  if (!meant) return [{ ...issue, code: "custom", message: "must be an id, or {id: <id>}" }];
  return meant.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

function isOtherKind({ code, path }: z.core.$ZodIssue): boolean {
  return code === "invalid_type" && path.length === 0;
}

export function readListenEntry(entry: z.output<typeof listenEntry>): ListenEntry {
  if (entry === "installed") return { kind: "installed", content: "encrypted", wantedBy: "installed" };
  const { content: given = "encrypted" } = entry;
  if ("installed" in entry) return { kind: "installed", content: given, wantedBy: "installed" };
  if ("chats" in entry) return { kind: "all-chats", content: given, wantedBy: "chats: all" };
  if ("channels" in entry) return { kind: "all-channels", content: given, wantedBy: "channels: all" };
  if ("teams" in entry) return { kind: "all-teams", content: given, wantedBy: "teams: all" };
  if ("user" in entry) {
    const userId = readBareId(entry.user).toLowerCase();
    return { kind: "user", userId, content: given, wantedBy: `user ${userId}` };
  }
  if ("team" in entry) {
    const id = readBareId(entry.team).toLowerCase();
    return { kind: "team", teamId: id, content: given, wantedBy: `team ${id}` };
  }
  if ("chat" in entry) {
    const id = readBareId(entry.chat);
    const asked = typeof entry.chat === "string" ? null : readQuery(entry.chat);
    return {
      kind: "chat",
      chatId: id,
      query: asked,
      content: given,
      wantedBy: `chat ${id}${describe(asked)}`,
    };
  }
  const { channel, team } = entry.channel;
  const asked = readQuery(entry.channel);
  const wantedBy = `channel ${channel}${describe(asked)}`;
  return {
    ...{ kind: "channel", teamId: team.toLowerCase(), channelId: channel, query: asked },
    ...{ content: given, wantedBy },
  };
}

function readBareId(written: string | { readonly id: string }): string {
  return typeof written === "string" ? written : written.id;
}

function readQuery({ search, mentioning }: { search?: string | undefined; mentioning?: string | undefined }) {
  if (search !== undefined) return { kind: "search", text: search } as const;
  return mentioning === undefined
    ? null
    : ({ kind: "mentioning", personId: mentioning.toLowerCase() } as const);
}

function describe(asked: ListenQuery | null): string {
  if (asked === null) return "";
  return asked.kind === "search" ? `, search "${asked.text}"` : `, mentioning ${asked.personId}`;
}

/** Equal for two entries that ask Graph for the same: letter case tells no two resources apart. */
export function formatListenKey(entry: ListenEntry): string {
  return JSON.stringify({ ...entry, content: undefined, wantedBy: undefined }).toLowerCase();
}
