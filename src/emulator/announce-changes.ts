/** Teams tells a conversation by itself what became of its people, its channels and its team. */
import type { EventFacts, PostEvent, SystemEventName } from "./system-events.ts";
import type {
  Change,
  ChangeListener,
  ChannelChange,
  MembersChange,
  Organisation,
  Place,
  Team,
  TeamChange,
} from "./tenant-model.ts";

const TEAM_EVENTS: Partial<Record<TeamChange["cause"], SystemEventName>> = {
  created: "teamCreated",
  renamed: "teamRenamed",
  archived: "teamArchived",
  unarchived: "teamUnarchived",
};

/** Listens last, so that the change itself is told first. Of an app's coming it is silent: that comes by hand. */
export function createAnnouncer(post: PostEvent): ChangeListener {
  function announceTeam({ cause, organisation, team }: TeamChange): void {
    const event = TEAM_EVENTS[cause];
    const general = readGeneral(organisation, team);
    if (event && general) post(event, general, readFacts(general, team.name));
  }

  function announceChannel({ cause, organisation, team, channel }: ChannelChange): void {
    const own: Place = { kind: "channel", organisation, team, channel };
    const general = readGeneral(organisation, team);
    if (cause === "renamed") post("channelRenamed", own, readFacts(own, channel.name));
    if (cause === "shared" || cause === "unshared") post("channelSharingUpdated", own, readFacts(own, ""));
    // Of a channel that not everybody may see, not everybody is told.
    if (!general || channel.kind !== "standard") return;
    const facts = { ...readFacts(general, channel.name), channelId: channel.id };
    if (cause === "created") post("channelAdded", general, facts);
    if (cause === "deleted") post("channelDeleted", general, facts);
  }

  function announceMembers({ cause, target, people, actor }: MembersChange): void {
    const place = target.kind === "team" ? readGeneral(target.organisation, target.team) : target;
    if (!place) return;
    const hasLeft = cause === "removed" && place.kind === "chat" && people.every((one) => one === actor);
    const event = cause === "added" ? "membersAdded" : hasLeft ? "membersLeft" : "membersDeleted";
    post(event, place, { by: actor, members: people, name: "" });
  }

  return (change: Change) => {
    if (change.kind === "team") announceTeam(change);
    if (change.kind === "channel") announceChannel(change);
    if (change.kind === "members") announceMembers(change);
  };
}

function readGeneral(organisation: Organisation, team: Team): Place | undefined {
  const [channel] = team.channels;
  return channel && { kind: "channel", organisation, team, channel };
}

/** Whoever is first in the place: somebody must have done it. */
export function readFacts(place: Place, name: string): EventFacts {
  const memberIds =
    place.kind === "channel" ? (place.channel.memberIds ?? place.team.memberIds) : place.chat.memberIds;
  const { people } = place.organisation;
  const by = people.find(({ id }) => memberIds.includes(id)) ?? people[0];
  return { by: by ?? { id: "", name: "", jobTitle: "", mail: "" }, members: [], name };
}
