/** Who is in a team or chat, and who lets the bot in: people come and go, block it, and switch it off. */
import { ApiFault } from "./api-fault.ts";
import type { BotBlocks } from "./bot-blocks.ts";
import type { Directory } from "./directory.ts";
import type { ChangeListener, InstallTarget, Organisation, Person } from "./tenant-model.ts";

/** People, teams, chats and organisations by id or name; each throws 404 where there is none. */
export interface MemberActs {
  /**
   * Somebody of the organisation comes into a team, or into a group or meeting chat; resolves when the bot was told.
   * Throws 400 where the person is in it already, or for a talk with the bot. `by`: who does it. Default: who is first.
   */
  addMember(request: MemberRequest): Promise<void>;
  /** Out of it, and of the team's channels. Throws 400 where the person is not in it, or is the last. */
  removeMember(request: MemberRequest): Promise<void>;
  /** The person blocks the bot in their talk: neither hears the other. */
  blockBot(person: string): void;
  unblockBot(person: string): void;
  /** An administrator switches the bot off in the whole organisation; it stays installed. */
  disableBot(organisation: string): void;
  enableBot(organisation: string): void;
}

export interface MemberRequest {
  readonly person: string;
  /** The team or chat. */
  readonly place: string;
  readonly by?: string;
}

export function createMemberActs(needs: {
  readonly directory: Directory;
  readonly blocks: BotBlocks;
  readonly emit: ChangeListener;
  /** Resolves when the bot was told of every change of a place up to now. */
  readonly whenTold: () => Promise<void>;
}): MemberActs {
  const { directory, blocks, emit, whenTold } = needs;

  function refuse(message: string): never {
    throw new ApiFault(400, "BadRequest", message);
  }

  function resolve({ person: personName, place, by }: MemberRequest) {
    const person = directory.resolvePerson(personName);
    const target = directory.resolveTarget(place);
    const { organisation } = target;
    const name = target.kind === "team" ? target.team.name : target.chat.name;
    if (target.kind === "chat" && target.chat.kind === "personal") {
      refuse("Nobody comes into a talk with the bot, and nobody leaves it.");
    }
    if (!organisation.people.includes(person)) refuse(`${person.name} is not of ${organisation.name}.`);
    const memberIds = readMemberIds(target);
    const actor = by
      ? directory.resolvePerson(by)
      : organisation.people.find(({ id }) => memberIds.includes(id) && id !== person.id);
    return { person, target, name, memberIds, actor: actor ?? person };
  }

  async function tell(
    cause: "added" | "removed",
    target: InstallTarget,
    person: Person,
    actor: Person,
  ): Promise<void> {
    emit({ kind: "members", cause, target, people: [person], actor });
    await whenTold();
  }

  function demandOrganisation(idOrName: string): Organisation {
    const found = directory.customers.find(({ id, name }) => id === idOrName || name === idOrName);
    if (found) return found;
    throw new ApiFault(404, "NotFound", `There is no organisation "${idOrName}".`);
  }

  function setBlocked(name: string, isBlocked: boolean): void {
    const person = directory.resolvePerson(name);
    const chat = directory
      .findPerson(person.id)
      ?.organisation.chats.find(
        ({ kind, memberIds }) => kind === "personal" && memberIds.includes(person.id),
      );
    if (!chat) throw new ApiFault(404, "NotFound", `${person.name} has no talk with the bot.`);
    blocks.setBlocked(chat.id, isBlocked);
  }

  return {
    async addMember(request) {
      const { person, target, name, memberIds, actor } = resolve(request);
      if (memberIds.includes(person.id)) refuse(`${person.name} is in "${name}" already.`);
      setMemberIds(target, [...memberIds, person.id]);
      await tell("added", target, person, actor);
    },
    async removeMember(request) {
      const { person, target, name, memberIds, actor } = resolve(request);
      if (!memberIds.includes(person.id)) refuse(`${person.name} is not in "${name}".`);
      if (memberIds.length === 1) refuse(`${person.name} is the last in "${name}".`);
      setMemberIds(
        target,
        memberIds.filter((id) => id !== person.id),
      );
      await tell("removed", target, person, actor);
    },
    blockBot: (person) => setBlocked(person, true),
    unblockBot: (person) => setBlocked(person, false),
    disableBot: (organisation) => blocks.setDisabled(demandOrganisation(organisation), true),
    enableBot: (organisation) => blocks.setDisabled(demandOrganisation(organisation), false),
  };
}

function readMemberIds(target: InstallTarget): readonly string[] {
  return target.kind === "team" ? target.team.memberIds : target.chat.memberIds;
}

/** Who leaves a team leaves its channels with members of their own as well. */
function setMemberIds(target: InstallTarget, memberIds: readonly string[]): void {
  if (target.kind === "chat") {
    target.chat.memberIds = memberIds;
    return;
  }
  target.team.memberIds = memberIds;
  for (const channel of target.team.channels) {
    if (channel.memberIds) channel.memberIds = channel.memberIds.filter((id) => memberIds.includes(id));
  }
}
