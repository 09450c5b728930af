/** What Bot Framework tells us: where the app is installed, and messages as the other ear hears them. */
import { TeamsActivityHandler, type TurnContext } from "botbuilder";
import type { EncryptedContent } from "../wire/change-notification.ts";
import type { Edges } from "../edges.ts";
import type { Inbox } from "../inbox/inbox.ts";
import type { Places } from "../replies/places.ts";
import type { InstalledPlace } from "../storage/storage.ts";
import type { Keeper } from "../subscriptions/keeper.ts";
import { parseTeamsActivity, splitConversationId, type TeamsActivity } from "../wire/activity.ts";
import { isSaid, readActivityAddress, readActivityVersion } from "../wire/read-message.ts";
import type { ChangeType } from "../model/trace.ts";

export interface ListenerNeeds {
  readonly places: Places;
  /** Deletes all that is kept of what was said in a place. */
  readonly erase: (place: InstalledPlace) => Promise<void>;
  readonly keeper: Pick<Keeper, "reconcile">;
  readonly inbox: Inbox;
  readonly seal: (text: string) => EncryptedContent;
  readonly edges: Edges;
}

/** botbuilder asks for a class; each event is handed on to a function below. */
export class TeamsListener extends TeamsActivityHandler {
  constructor(needs: ListenerNeeds) {
    super();
    this.onInstallationUpdate(async (context, next) => {
      await noteInstallation(parseTeamsActivity(context.activity), needs);
      await next();
    });
    this.onMessage(async (context, next) => {
      await storeMessage(parseTeamsActivity(context.activity), "created", needs);
      await next();
    });
    // Not handed on from here: the base class fails on a change without channelData.
    this.onMessageUpdate(async (context) => {
      await storeMessage(parseTeamsActivity(context.activity), "updated", needs);
    });
    this.onMessageDelete(async (context) => {
      await storeMessage(parseTeamsActivity(context.activity), "deleted", needs);
    });
    this.#noteChange = (activity) => noteChange(activity, needs);
  }

  readonly #noteChange: (activity: TeamsActivity) => Promise<void>;

  /** Not the base class's own: it looks up each new member at the connector before it says anything. */
  protected override async dispatchConversationUpdateActivity(context: TurnContext): Promise<void> {
    await this.#noteChange(parseTeamsActivity(context.activity));
  }
}

/** Installs come twice (this, and a conversationUpdate) in either order: both lead to the same state. */
async function noteInstallation(activity: TeamsActivity, needs: ListenerNeeds): Promise<void> {
  const place = readPlace(activity, needs.edges.now());
  if (!place) return;
  if (activity.action?.startsWith("remove")) {
    await forget(place, needs);
    needs.edges.log.info({ tenantId: place.tenantId, kind: place.kind }, "uninstalled");
  } else {
    await needs.places.remember(place);
    needs.edges.log.info({ tenantId: place.tenantId, kind: place.kind }, "installed");
  }
  reconcileSoon(place, needs);
}

/** Anything that changes in a team or chat may change what is to be heard; the keeper reads the facts from Graph. */
async function noteChange(activity: TeamsActivity, needs: ListenerNeeds): Promise<void> {
  const place = readPlace(activity, needs.edges.now());
  if (!place) return;
  if (isFarewell(activity)) await forget(place, needs);
  else await needs.places.remember(place);
  reconcileSoon(place, needs);
}

/** Erased first: which channels a team has is known by the place. */
async function forget(place: InstalledPlace, { places, erase }: ListenerNeeds): Promise<void> {
  await erase(place);
  await places.forget(place);
}

/** The team is gone, or the bot was taken out: said beside the installationUpdate, before or after it. */
function isFarewell({ channelData, membersRemoved, recipient }: TeamsActivity): boolean {
  const isTeamGone = ["teamDeleted", "teamHardDeleted"].includes(channelData?.eventType ?? "");
  return isTeamGone || (membersRemoved ?? []).some(({ id }) => id === recipient?.id);
}

async function storeMessage(
  activity: TeamsActivity,
  changeType: ChangeType,
  needs: ListenerNeeds,
): Promise<void> {
  const { edges } = needs;
  if (!isSaid(activity)) return;
  const message = readActivityAddress(activity);
  const place = readPlace(activity, edges.now());
  const [isNews] = await Promise.all([
    place ? needs.places.remember(place) : false,
    needs.inbox.store([
      {
        ear: "bot-framework",
        message,
        changeType,
        version: changeType === "updated" ? readActivityVersion(activity) : message.messageId,
        // Of a message that was taken back nothing is kept.
        sealed: changeType === "deleted" ? "" : JSON.stringify(needs.seal(JSON.stringify(activity))),
        receivedAt: edges.now(),
      },
    ]),
  ]);
  if (place && isNews) reconcileSoon(place, needs);
}

/** The activity's place, or null where it names no tenant. Told of it late, we still know since when. */
function readPlace(activity: TeamsActivity, seenAt: number): InstalledPlace | null {
  const tenantId = activity.conversation.tenantId ?? activity.channelData?.tenant?.id;
  if (!tenantId) return null;
  const { serviceUrl, conversation } = activity;
  const team = activity.channelData?.team;
  const saidAt = new Date(activity.timestamp ?? NaN).getTime();
  const installedAt = saidAt <= seenAt ? saidAt : seenAt;
  const common = { tenantId: tenantId.toLowerCase(), serviceUrl, seenAt, installedAt };
  if (team) {
    return {
      ...common,
      placeId: team.id,
      kind: "team",
      teamId: team.aadGroupId ?? null,
      name: team.name ?? "",
    };
  }
  const { id } = splitConversationId(conversation.id);
  const isPersonal = conversation.conversationType === "personal" || id.startsWith("a:");
  return {
    ...common,
    placeId: id,
    kind: isPersonal ? "personal" : "chat",
    teamId: null,
    name: conversation.name ?? "",
  };
}

/** Bot Framework wants its answer; the keeper calls Graph, and Graph calls us, while it may be waiting. */
function reconcileSoon({ tenantId, teamId, kind }: InstalledPlace, { keeper, edges }: ListenerNeeds): void {
  // An administrator may install the app for every user at once; none of these talks needs a subscription.
  if (kind === "personal") return;
  keeper.reconcile({ tenantId, teamId }).catch((error: unknown) => {
    edges.log.error({ tenantId, reason: String(error) }, "the keeper failed");
  });
}
