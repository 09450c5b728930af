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
  addChannel(team: Team, channel: Channel): void;
  listTargets(): InstallTarget[];
}

export function createDirectory(home: Organisation, customers: readonly Organisation[]): Directory {
  const places = new Map<string, Place>();
  for (const organisation of customers) {
    for (const team of organisation.teams) {
      for (const channel of team.channels) {
        places.set(channel.id, { kind: "channel", organisation, team, channel });
      }
    }
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
  const findTeam = (teamId: string) => {
    for (const organisation of customers) {
      const team = organisation.teams.find(({ id }) => id === teamId);
      if (team) return { team, organisation };
    }
    return undefined;
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
    findTeam,
    resolvePlace(idOrName) {
      const byId = places.get(idOrName);
      if (byId) return byId;
      const named = [...new Set(places.values())].filter((place) =>
        place.kind === "chat"
          ? place.chat.name === idOrName
          : idOrName === place.channel.name || idOrName === `${place.team.name}/${place.channel.name}`,
      );
      return demandOne(named, "conversation", idOrName);
    },
    resolveTarget(idOrName) {
      const found = listTargets().filter((target) => {
        const { id, name } = target.kind === "team" ? target.team : target.chat;
        return id === idOrName || name === idOrName;
      });
      return demandOne(found, "team or chat", idOrName);
    },
    resolvePerson(idOrName) {
      const byId = people.get(idOrName);
      if (byId) return byId.person;
      const named = [...people.values()].filter(({ person }) => person.name === idOrName);
      return demandOne(named, "person", idOrName).person;
    },
    addChannel(team, channel) {
      const owner = findTeam(team.id);
      if (!owner) throw new ApiFault(404, "NotFound", `There is no team ${team.id}.`);
      owner.team.channels.push(channel);
      places.set(channel.id, { kind: "channel", ...owner, channel });
    },
    listTargets,
  };
}

function demandOne<T>(found: readonly T[], what: string, name: string): T {
  const [first, second] = found;
  if (first === undefined) throw new ApiFault(404, "NotFound", `There is no ${what} "${name}".`);
  if (second !== undefined) {
    throw new ApiFault(400, "BadRequest", `"${name}" names more than one ${what}: use its id.`);
  }
  return first;
}
