/** What people do with teams and channels: they come and go, are renamed, archived and shared. */
import type { Edges } from "../edges.ts";
import { ApiFault } from "./api-fault.ts";
import type { Directory } from "./directory.ts";
import type {
  ChangeListener,
  Channel,
  ChannelChange,
  ChannelKind,
  Organisation,
  Place,
  Team,
  TeamChange,
} from "./tenant-model.ts";

/** Places by id or name, what was deleted too; each throws 404 where there is none, 400 where it is not of the kind. */
export interface TeamActs {
  /** Throws 409, as do the next and `restoreChannel`, where the team has one of that name. */
  addChannel(team: string, name: string, kind?: ChannelKind): Channel;
  renameChannel(channel: string, name: string): Channel;
  /** Gone with all that was said in it, until it is restored. */
  deleteChannel(channel: string): Channel;
  restoreChannel(channel: string): Channel;
  /** With another team; a second time does nothing. Throws 400 for a channel that is not a shared one. */
  shareChannel(channel: string, withTeam: string): Channel;
  unshareChannel(channel: string, withTeam: string): Channel;
  /** With a General channel; everybody of the organisation is in it. The app is not. */
  addTeam(organisation: string, name: string): Team;
  renameTeam(team: string, name: string): Team;
  /** For reading only, until it is not. A second time does nothing. */
  archiveTeam(team: string): Team;
  unarchiveTeam(team: string): Team;
  /** Gone with its channels, until it is restored. */
  deleteTeam(team: string): Team;
  restoreTeam(team: string): Team;
}

type ChannelPlace = Extract<Place, { kind: "channel" }>;
interface TeamPlace {
  readonly organisation: Organisation;
  readonly team: Team;
}

export function createTeamActs(needs: {
  readonly edges: Pick<Edges, "now" | "randomBytes" | "randomUuid">;
  readonly directory: Directory;
  readonly emit: ChangeListener;
}): TeamActs {
  const { edges, directory, emit } = needs;
  const deletedChannels = new Map<string, ChannelPlace>();
  const deletedTeams = new Map<string, TeamPlace>();
  /** Ids of the teams that a channel is shared with, by the channel's id. */
  const guests = new Map<string, Set<string>>();

  function resolveTeam(name: string): TeamPlace {
    const target = directory.resolveTarget(name);
    if (target.kind !== "team") throw new ApiFault(400, "BadRequest", `"${name}" is not a team.`);
    return { organisation: target.organisation, team: target.team };
  }

  function resolveChannel(name: string): ChannelPlace {
    const place = directory.resolvePlace(name);
    if (place.kind !== "channel") throw new ApiFault(400, "BadRequest", `"${name}" is not a channel.`);
    return place;
  }

  function demandFreeName(team: Team, name: string, own?: Channel): void {
    const isSame = (channel: Channel) => channel.name.toLowerCase() === name.toLowerCase();
    if (!team.channels.some((channel) => channel !== own && isSame(channel))) return;
    throw new ApiFault(409, "Conflict", `"${team.name}" has a channel "${name}" already.`);
  }

  function tellChannel(
    cause: ChannelChange["cause"],
    { organisation, team, channel }: ChannelPlace,
    guest: TeamPlace | null = null,
  ): Channel {
    emit({ kind: "channel", cause, organisation, team, channel, guest });
    return channel;
  }

  function tellTeam(cause: TeamChange["cause"], { organisation, team }: TeamPlace): Team {
    emit({ kind: "team", cause, organisation, team });
    return team;
  }

  function createChannel(name: string, kind: ChannelKind, id: string): Channel {
    return { id, name, kind, createdAtMs: edges.now(), memberIds: null };
  }

  function share(cause: "shared" | "unshared", channelName: string, teamName: string): Channel {
    const place = resolveChannel(channelName);
    const guest = resolveTeam(teamName);
    const { channel } = place;
    if (channel.kind !== "shared" || guest.team === place.team) {
      const message = `"${channelName}" cannot be shared with "${teamName}": only a shared channel can, with another team.`;
      throw new ApiFault(400, "BadRequest", message);
    }
    const ids = guests.get(channel.id) ?? new Set();
    guests.set(channel.id, ids);
    if (ids.has(guest.team.id) === (cause === "shared")) return channel;
    if (cause === "shared") ids.add(guest.team.id);
    else ids.delete(guest.team.id);
    return tellChannel(cause, place, guest);
  }

  function setArchived(name: string, isArchived: boolean): Team {
    const place = resolveTeam(name);
    if (place.team.isArchived === isArchived) return place.team;
    place.team.isArchived = isArchived;
    return tellTeam(isArchived ? "archived" : "unarchived", place);
  }

  return {
    addChannel(teamName, name, kind = "standard") {
      const { organisation, team } = resolveTeam(teamName);
      demandFreeName(team, name);
      const id = `19:${edges.randomBytes(16).toString("hex")}@thread.tacv2`;
      const channel = createChannel(name, kind, id);
      directory.addChannel(team, channel);
      return tellChannel("created", { kind: "channel", organisation, team, channel });
    },
    renameChannel(channelName, name) {
      const place = resolveChannel(channelName);
      demandFreeName(place.team, name, place.channel);
      place.channel.name = name;
      return tellChannel("renamed", place);
    },
    deleteChannel(name) {
      const place = resolveChannel(name);
      const { team, channel } = place;
      if (team.channels[0] === channel) {
        throw new ApiFault(400, "BadRequest", "The General channel of a team cannot be deleted.");
      }
      directory.removeChannel(team, channel);
      deletedChannels.set(channel.id, place);
      return tellChannel("deleted", place);
    },
    restoreChannel(name) {
      const place = demandDeleted(
        [...deletedChannels.values()].filter(({ team }) => directory.findTeam(team.id)),
        ({ team, channel }) => [channel.id, channel.name, `${team.name}/${channel.name}`],
        { what: "channel", name },
      );
      demandFreeName(place.team, place.channel.name);
      directory.addChannel(place.team, place.channel);
      deletedChannels.delete(place.channel.id);
      return tellChannel("restored", place);
    },
    shareChannel: (channel, withTeam) => share("shared", channel, withTeam),
    unshareChannel: (channel, withTeam) => share("unshared", channel, withTeam),
    addTeam(organisationName, name) {
      const organisation = directory.customers.find((one) =>
        [one.id, one.name, one.domain].includes(organisationName),
      );
      if (!organisation) {
        throw new ApiFault(404, "NotFound", `There is no organisation "${organisationName}".`);
      }
      const generalId = `19:${edges.randomBytes(32).toString("base64url")}1@thread.tacv2`;
      const team: Team = {
        ...{ id: edges.randomUuid(), name, createdAtMs: edges.now(), isArchived: false },
        channels: [createChannel("General", "standard", generalId)],
        memberIds: organisation.people.map(({ id }) => id),
      };
      directory.addTeam(organisation, team);
      return tellTeam("created", { organisation, team });
    },
    renameTeam(teamName, name) {
      const place = resolveTeam(teamName);
      place.team.name = name;
      return tellTeam("renamed", place);
    },
    archiveTeam: (team) => setArchived(team, true),
    unarchiveTeam: (team) => setArchived(team, false),
    deleteTeam(name) {
      const place = resolveTeam(name);
      directory.removeTeam(place.team);
      deletedTeams.set(place.team.id, place);
      return tellTeam("deleted", place);
    },
    restoreTeam(name) {
      const place = demandDeleted([...deletedTeams.values()], ({ team }) => [team.id, team.name], {
        ...{ what: "team", name },
      });
      directory.addTeam(place.organisation, place.team);
      deletedTeams.delete(place.team.id);
      return tellTeam("restored", place);
    },
  };
}

/** The one that was deleted last, where several have the name. */
function demandDeleted<T>(
  deleted: readonly T[],
  readNames: (one: T) => readonly string[],
  { what, name }: { readonly what: string; readonly name: string },
): T {
  const found = deleted.findLast((one) => readNames(one).includes(name));
  if (found) return found;
  throw new ApiFault(404, "NotFound", `There is no deleted ${what} "${name}".`);
}
