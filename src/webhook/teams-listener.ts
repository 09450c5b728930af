/** What Bot Framework tells us: where the app is installed, and messages as the other ear hears them. */
import { TeamsActivityHandler, type TurnContext } from "botbuilder";
import type { EncryptedContent } from "../wire/change-notification.ts";
import type { Edges } from "../edges.ts";
import type { Inbox } from "../inbox/inbox.ts";
import type { PlaceActivity, Places } from "../replies/places.ts";
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
  const kind = readInstallation(activity);
  const place = readPlace(activity, needs.edges.now());
  if (!place || !(await take({ place, kind, activity }, needs))) return;
  needs.edges.log.info(
    { tenantId: place.tenantId, kind: place.kind },
    kind === "left" ? "uninstalled" : "installed",
  );
  reconcileSoon(place, needs);
}

/** Anything that changes in a team or chat may change what is to be heard; the keeper reads the facts from Graph. */
async function noteChange(activity: TeamsActivity, needs: ListenerNeeds): Promise<void> {
  const place = readPlace(activity, needs.edges.now());
  if (!place || !(await take({ place, kind: readChange(activity), activity }, needs))) return;
  reconcileSoon(place, needs);
}

/** False: it was overtaken by what happened later there. */
async function take(
  { place, kind, activity }: Omit<PlaceActivity, "saidAt"> & { readonly activity: TeamsActivity },
  { places, erase, edges }: ListenerNeeds,
): Promise<boolean> {
  const also = kind === "left" ? () => erase(place) : undefined;
  const answer = await places.take({ place, kind, saidAt: readInstant(activity) }, also);
  if (answer === "overtaken") noteOvertaken(place, kind, edges);
  return answer !== "overtaken";
}

function noteOvertaken({ tenantId, kind }: InstalledPlace, told: PlaceActivity["kind"], edges: Edges): void {
  edges.log.debug(
    { tenantId, kind },
    told === "left"
      ? "a farewell from before the app came in again: not obeyed"
      : "told of a place from before the app was taken out of it: not heard",
  );
}

function readInstallation({ action }: TeamsActivity): PlaceActivity["kind"] {
  if (action?.startsWith("remove")) return "left";
  return action?.endsWith("upgrade") ? "updated" : "came";
}

/** The farewell and the coming are said beside the installationUpdate, before or after it; a deleted team has none. */
function readChange(activity: TeamsActivity): PlaceActivity["kind"] {
  const { channelData, membersAdded, membersRemoved, recipient } = activity;
  const eventType = channelData?.eventType ?? "";
  const hasBot = (members: TeamsActivity["membersAdded"]) =>
    (members ?? []).some(({ id }) => id === recipient?.id);
  if (["teamDeleted", "teamHardDeleted"].includes(eventType) || hasBot(membersRemoved)) return "left";
  return eventType === "teamRestored" || hasBot(membersAdded) ? "came" : "heard";
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
  if (!place) return;
  const store = () =>
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
    ]);
  const answer = await needs.places.take({ place, kind: "heard", saidAt: readInstant(activity) }, store);
  if (answer === "overtaken") noteOvertaken(place, "heard", edges);
  if (answer === "news") reconcileSoon(place, needs);
}

/** The activity's place, or null where it names no tenant. Told of it late, we still know since when. */
function readPlace(activity: TeamsActivity, seenAt: number): InstalledPlace | null {
  const tenantId = activity.conversation.tenantId ?? activity.channelData?.tenant?.id;
  if (!tenantId) return null;
  const { serviceUrl, conversation } = activity;
  const team = activity.channelData?.team;
  const installedAt = Math.min(readInstant(activity) ?? seenAt, seenAt);
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

/** By Teams' clock; null where the activity does not say. */
function readInstant({ timestamp }: TeamsActivity): number | null {
  const saidAt = new Date(timestamp ?? NaN).getTime();
  return Number.isNaN(saidAt) ? null : saidAt;
}

/** Bot Framework wants its answer; the keeper calls Graph, and Graph calls us, while it may be waiting. */
function reconcileSoon({ tenantId, teamId, kind }: InstalledPlace, { keeper, edges }: ListenerNeeds): void {
  // An administrator may install the app for every user at once; none of these talks needs a subscription.
  if (kind === "personal") return;
  keeper.reconcile({ tenantId, teamId }).catch((error: unknown) => {
    edges.log.error({ tenantId, reason: String(error) }, "the keeper failed");
  });
}
