/** Who and what there is in the emulated organisations, found by id or by name. */
import { ApiFault } from "./api-fault.ts";
import type { Channel, InstallTarget, Organisation, Person, Place, Team } from "./tenant-model.ts";

export interface Directory {
  readonly home: Organisation;
  readonly customers: readonly Organisation[];
  /** Any organisation, the bot's home included, by tenant id or domain. */
  findOrganisation(idOrDomain: string): Organisation | undefined;
  /** By Graph's id, or by Bot Framework's `a:…`. */
  readonly findPlace: (conversationId: string) => Place | undefined;
  findPerson(personId: string): { person: Person; organisation: Organisation } | undefined;
  findTeam(teamId: string): { team: Team; organisation: Organisation } | undefined;
  /** By id, or by name: `Help Desk/Outages`, a channel's name that is unique, or a chat's name. Throws 404. */
  resolvePlace(idOrName: string): Place;
  /** Team or chat, by id or by name. Throws 404. */
  resolveTarget(idOrName: string): InstallTarget;
  /** By id or by name. Throws 404. */
  resolvePerson(idOrName: string): Person;
  addTeam(organisation: Organisation, team: Team): void;
  /** The team and all in it are found no more, neither by id nor by name. */
  removeTeam(team: Team): void;
  addChannel(team: Team, channel: Channel): void;
  removeChannel(team: Team, channel: Channel): void;
  listTargets(): InstallTarget[];
}

export function createDirectory(home: Organisation, customers: readonly Organisation[]): Directory {
  const places = new Map<string, Place>();
  const teams = new Map<string, { team: Team; organisation: Organisation }>();
  const enter = (organisation: Organisation, team: Team) => {
    teams.set(team.id, { team, organisation });
    for (const channel of team.channels) {
      places.set(channel.id, { kind: "channel", organisation, team, channel });
    }
  };
  for (const organisation of customers) {
    for (const team of organisation.teams) enter(organisation, team);
    for (const chat of organisation.chats) {
      const place: Place = { kind: "chat", organisation, chat };
      places.set(chat.id, place);
      places.set(chat.botConversationId, place);
    }
  }
  const people = new Map(
    customers.flatMap((organisation) =>
      organisation.people.map((person) => [person.id, { person, organisation }] as const),
    ),
  );
  const demandTeam = (teamId: string) => {
    const found = teams.get(teamId);
    if (found) return found;
    throw new ApiFault(404, "NotFound", `There is no team ${teamId}.`);
  };
  const listTargets = (): InstallTarget[] =>
    customers.flatMap((organisation): InstallTarget[] => [
      ...organisation.teams.map((team): InstallTarget => ({ kind: "team", organisation, team })),
      ...organisation.chats.map((chat): InstallTarget => ({ kind: "chat", organisation, chat })),
    ]);

  return {
    home,
    customers,
    findOrganisation: (idOrDomain) =>
      [home, ...customers].find(({ id, domain }) => id === idOrDomain || domain === idOrDomain),
    findPlace: (conversationId) => places.get(conversationId),
    findPerson: (personId) => people.get(personId),
    findTeam: (teamId) => teams.get(teamId),
    resolvePlace(idOrName) {
      const byId = places.get(idOrName);
      if (byId) return byId;
      const named = [...places.values()].filter((place) => isNamed(place, idOrName));
      return demandOne([...new Set(named)], "conversation", idOrName);
    },
    resolveTarget(idOrName) {
      const team = teams.get(idOrName);
      if (team) return { kind: "team", ...team };
      const place = places.get(idOrName);
      if (place?.kind === "chat" && place.chat.id === idOrName) return place;
      const named = listTargets().filter(
        (target) => (target.kind === "team" ? target.team : target.chat).name === idOrName,
      );
      return demandOne(named, "team or chat", idOrName);
    },
    resolvePerson(idOrName) {
      const byId = people.get(idOrName);
      if (byId) return byId.person;
      const named = [...people.values()].filter(({ person }) => person.name === idOrName);
      return demandOne(named, "person", idOrName).person;
    },
    addTeam(organisation, team) {
      organisation.teams.push(team);
      enter(organisation, team);
    },
    removeTeam(team) {
      const { organisation } = demandTeam(team.id);
      organisation.teams.splice(organisation.teams.indexOf(team), 1);
      teams.delete(team.id);
      for (const { id } of team.channels) places.delete(id);
    },
    addChannel(team, channel) {
      const owner = demandTeam(team.id);
      owner.team.channels.push(channel);
      places.set(channel.id, { kind: "channel", ...owner, channel });
    },
    removeChannel({ channels }, channel) {
      channels.splice(channels.indexOf(channel), 1);
      places.delete(channel.id);
    },
    listTargets,
  };
}

function isNamed(place: Place, name: string): boolean {
  if (place.kind === "chat") return place.chat.name === name;
  const { team, channel } = place;
  return name.endsWith(channel.name) && (name === channel.name || name === `${team.name}/${channel.name}`);
}

function demandOne<T>(found: readonly T[], what: string, name: string): T {
  const [first, second] = found;
  if (first === undefined) throw new ApiFault(404, "NotFound", `There is no ${what} "${name}".`);
  if (second !== undefined) {
    throw new ApiFault(400, "BadRequest", `"${name}" names more than one ${what}: use its id.`);
  }
  return first;
}
