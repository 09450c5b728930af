/** Bot Framework's connector, as Teams serves it: what the bot may know of a team, its channels and its people. */
import { ApiFault } from "./api-fault.ts";
import { readParameter, type ApiAnswer, type ApiRequest, type ApiRoutes } from "./api-route.ts";
import { readGeneralId } from "./activity-envelope.ts";
import type { ConnectorAccess } from "./connector-access.ts";
import { findByAccount } from "./find-by-account.ts";
import { readRosterPage } from "./roster-page.ts";
import type { SendDesk } from "./send-desk.ts";
import type { BotIdentity, Organisation, Person, Place } from "./tenant-model.ts";
import { formatPersonAccountId } from "./thread-ids.ts";

const CONVERSATION = "/amer/:tenantId/v3/conversations/:conversationId";
const TEAM = "/amer/:tenantId/v3/teams/:teamId";

/** What Teams answers where all are asked for at once. */
const MOST_AT_ONCE = 10_000;

/** Sources: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/get-teams-context */
export function createTeamInfoRoutes(needs: {
  readonly access: ConnectorAccess;
  readonly desk: SendDesk;
  readonly bot: BotIdentity;
}): ApiRoutes {
  const { access, desk, bot } = needs;

  function formatMember({ id, name, mail }: Person, organisation: Organisation): object {
    const [givenName = name, ...rest] = name.split(" ");
    return {
      ...{ id: formatPersonAccountId(id, bot.id), objectId: id, aadObjectId: id, name, givenName },
      ...{ surname: rest.join(" "), email: mail, userPrincipalName: mail },
      ...{ tenantId: organisation.id, userRole: "user" },
    };
  }

  async function demandMembers(request: ApiRequest): Promise<{ people: Person[]; place: Place }> {
    const { place } = await access.demandConversation(request);
    return { people: listMembers(place), place };
  }

  function answerTeam(
    request: ApiRequest,
    format: (team: Awaited<ReturnType<ConnectorAccess["demandTeam"]>>) => object,
  ): Promise<ApiAnswer> {
    const thread = readParameter(request, "teamId");
    return desk.read("read-conversation", request, thread, async () => {
      return { status: 200, json: format(await access.demandTeam(request)) };
    });
  }

  function answerMembers(
    kind: "read-members" | "read-all-members",
    format: (request: ApiRequest, people: Person[], place: Place) => object,
  ): (request: ApiRequest) => Promise<ApiAnswer> {
    return (request) =>
      desk.read(kind, request, readParameter(request, "conversationId"), async () => {
        const { people, place } = await demandMembers(request);
        return { status: 200, json: format(request, people, place) };
      });
  }

  return {
    area: "connector",
    handlers: {
      [`GET ${CONVERSATION}/members`]: answerMembers("read-all-members", (_request, people, place) =>
        people.slice(0, MOST_AT_ONCE).map((one) => formatMember(one, place.organisation)),
      ),
      [`GET ${CONVERSATION}/pagedmembers`]: answerMembers("read-members", (request, people, place) => {
        const all = people.map((one) => formatMember(one, place.organisation));
        const id = place.kind === "chat" ? place.chat.botConversationId : place.channel.id;
        const { members, continuationToken } = readRosterPage(all, id, {
          pageSize: request.query.get("pageSize"),
          continuationToken: request.query.get("continuationToken"),
        });
        // A chat has no pages: everybody is on the one.
        if (place.kind === "chat") return { members: all };
        return { ...(continuationToken === null ? {} : { continuationToken }), members };
      }),
      [`GET ${CONVERSATION}/members/:memberId`]: answerMembers("read-members", (request, people, place) => {
        const person = findByAccount(people, readParameter(request, "memberId"), bot);
        if (!person) {
          throw new ApiFault(404, "MemberNotFoundInConversation", "Member not found in conversation.");
        }
        return formatMember(person, place.organisation);
      }),
      [`GET ${TEAM}`]: (request) =>
        answerTeam(request, ({ organisation, team }) => ({
          ...{ id: readGeneralId(team), name: team.name, aadGroupId: team.id, type: "standard" },
          ...{ channelCount: listChannels(team).length, memberCount: team.memberIds.length },
          tenantId: organisation.id,
        })),
      // The name of General is left to the client, which writes it in its own language.
      [`GET ${TEAM}/conversations`]: (request) =>
        answerTeam(request, ({ team }) => ({
          conversations: listChannels(team).map(({ id, name, kind }, index) => ({
            ...{ id, name: index === 0 ? null : name, type: kind },
          })),
        })),
    },
  };
}

/** What the bot is not added to it is not shown. */
function listChannels({ channels }: { readonly channels: Extract<Place, { kind: "channel" }>["channel"][] }) {
  return channels.filter(({ kind }) => kind !== "private");
}

function listMembers(place: Place): Person[] {
  const memberIds =
    place.kind === "channel" ? (place.channel.memberIds ?? place.team.memberIds) : place.chat.memberIds;
  return place.organisation.people.filter(({ id }) => memberIds.includes(id));
}
