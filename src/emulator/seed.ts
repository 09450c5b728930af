/** The tenant as it is at the start: who works here, where they talk, and what they said before the bot came. */
import type { BotIdentity, Channel, ChannelKind, Chat, Organisation, Person, Team } from "./tenant-model.ts";
import {
  formatChannelId,
  formatGeneralChannelId,
  formatGroupChatId,
  formatMeetingChatId,
  formatPersonalChatId,
  formatPersonalConversationId,
} from "./thread-ids.ts";

export const BOT: BotIdentity = {
  id: "b07b07b0-0000-4000-8000-0000000000b0",
  name: "Earshot",
  homeTenantId: "0e0e0e0e-0000-4000-8000-00000000000e",
  teamsAppId: "6f0c7a52-5d0e-4c1f-9a7b-1d2e3f405162",
};

/** A message of long ago. `thread` makes it a root that later lines of the same thread answer. */
export interface SeedLine {
  readonly conversationId: string;
  readonly personId: string;
  readonly minutesAgo: number;
  readonly text: string;
  readonly thread?: string;
}

export interface Seed {
  /** Where the bot is registered; nobody works there. */
  readonly home: Organisation;
  /** Who has the app; the first is the one that the window shows. */
  readonly customers: readonly Organisation[];
  readonly lines: readonly SeedLine[];
}

const CONTOSO_PEOPLE: readonly Person[] = [
  person("2f1c8d6e-9b34-4e7a-8c51-6d0f3a7be914", "Mira Lindqvist", "Service Desk Lead", "contoso"),
  person("83a5e0b7-1c6d-4f92-b8e4-0a9d57c2f361", "Tomás Herrera", "Network Engineer", "contoso"),
  person("d94b7c15-6e2f-4a08-9f73-c51e80a6b2d4", "Priya Raman", "Product Manager", "contoso"),
  person("5ce2a918-07f4-4bd3-a6c9-e8417d3f05b6", "Jonas Okafor", "Facilities Manager", "contoso"),
  person("b6e80f43-d271-4c5e-93ab-2794fc1d6e08", "Hannah Brandt", "Head of Operations", "contoso"),
];
const FABRIKAM_PEOPLE: readonly Person[] = [
  person("17d3f6a2-58cb-4e90-8b1f-94a60ce7d253", "Elif Demir", "Plant Manager", "fabrikam"),
  person("e05b9c78-3a14-47d6-a2f8-6bd1705e4c39", "Owen Price", "Maintenance Engineer", "fabrikam"),
];

/** More places of the same kind, for whoever needs many: everybody of Contoso is in each. */
export interface Bulk {
  readonly teams?: number;
  /** Of each of these teams, General among them. */
  readonly channelsPerTeam?: number;
  /** Group chats. */
  readonly chats?: number;
  /** Who works at Contoso besides. */
  readonly people?: number;
}

/** A message dated back from `nowMs`. `withSecondOrganisation` adds Fabrikam to Contoso. */
export function createSeed(nowMs: number, withSecondOrganisation: boolean, bulk: Bulk = {}): Seed {
  const foundedAtMs = nowMs - 200 * 24 * 60 * 60_000;
  const contoso = createContoso(foundedAtMs, bulk);
  const fabrikam = createFabrikam(foundedAtMs);
  return {
    home: {
      id: BOT.homeTenantId,
      name: "Earshot HQ",
      domain: "earshothq.onmicrosoft.com",
      catalogAppId: "0e0ca7a0-0000-4000-8000-0000000000ca",
      people: [],
      teams: [],
      chats: [],
    },
    customers: withSecondOrganisation ? [contoso, fabrikam] : [contoso],
    lines: listContosoLines(contoso),
  };
}

function createContoso(foundedAtMs: number, bulk: Bulk): Organisation {
  const [mira, tomas, priya, , hannah] = CONTOSO_PEOPLE.map(({ id }) => id);
  const people = [...CONTOSO_PEOPLE, ...createBulkPeople(bulk)];
  const everybody = people.map(({ id }) => id);
  const helpDesk = createTeam("Help Desk", "a2c47e19-5f80-4d3b-96e1-7b08d5f2c643", everybody, foundedAtMs, [
    ["Outages", "standard"],
    ["Vendors", "shared"],
    ["Leads", "private", [mira, hannah].filter((id) => id !== undefined)],
  ]);
  const facilities = createTeam(
    "Facilities",
    "f81b6d05-2e9c-47a4-b3d8-10e5c97a4f2b",
    everybody,
    foundedAtMs,
    [["Building A", "standard"]],
  );
  return {
    id: "7c9f2b1e-4a35-4d6c-8e21-5b0d93f6a417",
    name: "Contoso",
    domain: "contoso.onmicrosoft.com",
    catalogAppId: "c1d8e7f2-3b60-4a95-8e4d-92f0a5b7361c",
    people,
    teams: [helpDesk, facilities, ...createBulkTeams(bulk, everybody, foundedAtMs)],
    chats: [
      createSharedChat(
        "Lunch crew",
        "group",
        [mira, tomas, priya].filter((id) => id !== undefined),
      ),
      createSharedChat("Weekly stand-up", "meeting", everybody),
      ...formatNames("Chat", bulk.chats).map((name) => createSharedChat(name, "group", everybody)),
      ...people.map(createPersonalChat),
    ],
  };
}

function createBulkTeams(bulk: Bulk, memberIds: readonly string[], createdAtMs: number): Team[] {
  const channels = formatNames("Channel", (bulk.channelsPerTeam ?? 1) - 1);
  return formatNames("Team", bulk.teams).map((name, index) => {
    const id = `b0000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
    return createTeam(
      ...([name, id, memberIds, createdAtMs] as const),
      channels.map((channel) => [channel, "standard"]),
    );
  });
}

function createBulkPeople({ people }: Bulk): Person[] {
  return formatNames("Person", people).map((name, index) =>
    person(`c0000000-0000-4000-8000-${String(index).padStart(12, "0")}`, name, "Clerk", "contoso"),
  );
}

function formatNames(kind: string, amount = 0): string[] {
  return Array.from({ length: amount }, (_, index) => `${kind} ${String(index + 1).padStart(4, "0")}`);
}

function createFabrikam(foundedAtMs: number): Organisation {
  const everybody = FABRIKAM_PEOPLE.map(({ id }) => id);
  return {
    id: "3e6a90d4-b71f-4c28-95a3-d08f2e6c7b51",
    name: "Fabrikam",
    domain: "fabrikam.onmicrosoft.com",
    catalogAppId: "58f2b0c9-7e14-4d3a-a6b8-c39d1e5f7042",
    people: FABRIKAM_PEOPLE,
    teams: [
      createTeam("Operations", "94d0e5b3-6c7a-4f18-8e2d-b5a1f3079c6e", everybody, foundedAtMs, [
        ["Alerts", "standard"],
      ]),
    ],
    chats: [createSharedChat("Plant floor", "group", everybody)],
  };
}

function person(id: string, name: string, jobTitle: string, company: string): Person {
  const plain = name.normalize("NFD").replace(/[^\w ]/g, "");
  return { id, name, jobTitle, mail: `${plain.toLowerCase().replace(" ", ".")}@${company}.example` };
}

function createTeam(
  name: string,
  id: string,
  memberIds: readonly string[],
  createdAtMs: number,
  others: readonly (readonly [name: string, kind: ChannelKind, memberIds?: readonly string[]])[],
): Team {
  const general: Channel = {
    id: formatGeneralChannelId(name),
    name: "General",
    kind: "standard",
    createdAtMs,
    memberIds: null,
  };
  const rest = others.map(([channelName, kind, members]): Channel => ({
    id: formatChannelId(`${name} ${channelName}`),
    name: channelName,
    kind,
    createdAtMs,
    memberIds: members ?? null,
  }));
  return { id, name, memberIds, createdAtMs, isArchived: false, channels: [general, ...rest] };
}

function createSharedChat(name: string, kind: "group" | "meeting", memberIds: readonly string[]): Chat {
  const id = kind === "group" ? formatGroupChatId(name) : formatMeetingChatId(name);
  return { id, kind, name, memberIds, botConversationId: id };
}

function createPersonalChat({ id, name }: Person): Chat {
  return {
    id: formatPersonalChatId(id, BOT.id),
    kind: "personal",
    name: `${name} and ${BOT.name}`,
    memberIds: [id],
    botConversationId: formatPersonalConversationId(id),
  };
}

function listContosoLines({ teams, chats, people }: Organisation): SeedLine[] {
  const [helpDesk, facilities] = teams;
  const at = (team: Team | undefined, name: string) =>
    team?.channels.find((channel) => channel.name === name)?.id ?? "";
  const by = (name: string) => people.find((one) => one.name.startsWith(name))?.id ?? "";
  const lunch = chats.find(({ kind }) => kind === "group")?.id ?? "";
  const standUp = chats.find(({ kind }) => kind === "meeting")?.id ?? "";
  const line = (
    conversationId: string,
    name: string,
    minutesAgo: number,
    text: string,
    thread?: string,
  ): SeedLine => ({
    conversationId,
    personId: by(name),
    minutesAgo,
    text,
    ...(thread ? { thread } : {}),
  });
  return [
    line(
      at(helpDesk, "General"),
      "Mira",
      1500,
      "Welcome to the Help Desk team. Outages has its own channel.",
    ),
    line(at(helpDesk, "Outages"), "Tomás", 190, "VPN concentrator in Lisbon drops sessions.", "vpn"),
    line(at(helpDesk, "Outages"), "Mira", 184, "Same here from home. Is it only Lisbon?", "vpn"),
    line(
      at(helpDesk, "Outages"),
      "Tomás",
      171,
      "Only Lisbon. Firmware rolled back, sessions are stable.",
      "vpn",
    ),
    line(at(helpDesk, "Vendors"), "Priya", 320, "The printer supplier moved the visit to Thursday."),
    line(at(helpDesk, "Leads"), "Hannah", 400, "Rota for December is in the usual place."),
    line(at(facilities, "General"), "Jonas", 610, "Fire drill on Friday at 10:00."),
    line(at(facilities, "Building A"), "Jonas", 95, "Lift 2 is back in service."),
    line(lunch, "Priya", 62, "Noodles at half past twelve?"),
    line(lunch, "Tomás", 60, "I am in."),
    line(standUp, "Hannah", 1380, "Notes of this week are in the meeting's chat."),
  ];
}
