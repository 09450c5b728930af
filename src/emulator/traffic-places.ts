import type { Organisation } from "./tenant-model.ts";
import type { TrafficPlace } from "./traffic-plan.ts";

/** Where the people of an organisation talk, as it is now: not in an archived team. */
export function listTrafficPlaces({ people, teams, chats }: Organisation): TrafficPlace[] {
  const listPeople = (memberIds: readonly string[]) => people.filter(({ id }) => memberIds.includes(id));
  return [
    ...teams
      .filter(({ isArchived }) => !isArchived)
      .flatMap((team) =>
        team.channels.map(({ id, memberIds }) => ({
          ...{ id, hasThreads: true, people: listPeople(memberIds ?? team.memberIds) },
        })),
      ),
    ...chats.map(({ id, memberIds }) => ({ id, hasThreads: false, people: listPeople(memberIds) })),
  ];
}
