/** Everything that can be done in the tenant over the control API: a name, what it takes, what it does. */
import { z } from "zod";
import type { AdminActs } from "./admin-acts.ts";
import { ApiFault } from "./api-fault.ts";
import type { BotFrameworkActs } from "./bot-framework-parts.ts";
import { parseControl, readWords, word, words } from "./control-shapes.ts";
import type { Courier } from "./courier.ts";
import { APP_ROLES, RSC_PERMISSIONS } from "./known-permissions.ts";
import type { Notifier } from "./notifier.ts";
import { app, extras, policy, readSaid, systemEvent } from "./payload-shapes.ts";
import type { PlayActs } from "./play-acts.ts";
import type { TenantActs } from "./tenant-acts.ts";
import { FORGERIES } from "./forger.ts";
import type { TroubleActs } from "./trouble-acts.ts";

/** What the acts call: what a test calls too. */
export type ControlNeeds = TenantActs &
  AdminActs &
  BotFrameworkActs &
  TroubleActs &
  PlayActs &
  Pick<Courier, "deliverAgain"> &
  Pick<Notifier, "sendLifecycle">;

export interface ControlActs {
  /** In the order of the table. */
  readonly names: readonly string[];
  /** Throws 404 naming the known acts, 400 naming the field that is wrong, and what the act itself throws. */
  run(name: string, json: unknown): Promise<unknown>;
}

interface ControlAct {
  readonly shape: z.ZodType;
  readonly run: (args: unknown) => unknown;
}

/** A row: `run` gets what the shape read, and nothing that it did not. */
function act<Fields extends z.ZodRawShape>(
  fields: Fields,
  run: (args: z.infer<z.ZodObject<Fields>>) => unknown,
): ControlAct {
  return { shape: z.strictObject(fields), run: (args) => run(args as z.infer<z.ZodObject<Fields>>) };
}

const YEAR_MS = 366 * 24 * 60 * 60_000;
const said = { conversation: word, ...words, ...extras, inThreadOf: word.optional() };
const viewpoint = { person: word, chat: word };
const place = { place: word };
const team = { team: word };
const membership = { person: word, place: word, by: word.optional() };
const channel = { channel: word };
const inOrganisation = { organisation: word, role: z.enum(APP_ROLES) };
const permission = z.enum(RSC_PERMISSIONS);
const seed = z.number().int().optional();
const traffic = {
  seed,
  perMinute: z.number().positive().max(100_000).optional(),
  minutes: z.number().positive().max(10_080).optional(),
  timesFaster: z.number().positive().max(100_000).optional(),
  organisation: word.optional(),
};
const lifecycleEvent = z.enum(["reauthorizationRequired", "subscriptionRemoved", "missed"]);

/** Places, people and organisations by id or name; messages by the `key` that `say` answers. */
export function createControlActs(tenant: ControlNeeds): ControlActs {
  const acts: Readonly<Record<string, ControlAct>> = {
    // people talk
    say: act({ person: word, ...said }, (args) => {
      const { person, conversation, inThreadOf } = args;
      return tenant.say({ ...readSaid(args), person, conversation, inThreadOf });
    }),
    sayAsApp: act({ app, ...said }, (args) => {
      const { conversation, inThreadOf } = args;
      return tenant.sayAsApp({ ...readSaid(args), app: args.app, conversation, inThreadOf });
    }),
    postSystemEvent: act(systemEvent, tenant.postSystemEvent),
    blockByPolicy: act({ message: word, ...policy }, ({ message, ...violation }) =>
      tenant.blockByPolicy(message, violation),
    ),
    undelete: act({ message: word }, ({ message }) => tenant.undelete(message)),
    edit: act({ message: word, ...words }, (args) => tenant.edit(args.message, readWords(args))),
    remove: act({ message: word }, ({ message }) => tenant.remove(message)),
    react: act({ person: word, message: word, type: word, on: z.boolean().optional() }, tenant.react),
    readMessages: act({ conversation: word }, ({ conversation }) => tenant.readMessages(conversation)),
    pressButton: act(
      {
        person: word,
        message: word,
        button: word,
        inputs: z.record(word, z.string().max(28_000)).optional(),
      },
      tenant.pressButton,
    ),
    readCards: act({ person: word, message: word }, tenant.readCards),
    startTraffic: act(traffic, tenant.startTraffic),
    stopTraffic: act({}, () => tenant.stopTraffic()),
    busyDay: act({ seed }, tenant.busyDay),
    replay: act(
      { payload: z.looseObject({}), to: z.url({ protocol: /^https?$/ }).optional() },
      tenant.replay,
    ),
    // the app comes and goes
    install: act(place, (args) => tenant.install(args.place)),
    uninstall: act(place, (args) => tenant.uninstall(args.place)),
    installEverywhere: act({}, () => tenant.installEverywhere()),
    upgrade: act({ ...place, rscPermissions: z.array(permission).optional() }, (args) =>
      tenant.upgrade(args.place, args.rscPermissions),
    ),
    blockBot: act({ person: word }, ({ person }) => tenant.blockBot(person)),
    unblockBot: act({ person: word }, ({ person }) => tenant.unblockBot(person)),
    disableBot: act({ organisation: word }, ({ organisation }) => tenant.disableBot(organisation)),
    enableBot: act({ organisation: word }, ({ organisation }) => tenant.enableBot(organisation)),
    // chats, and who has read them
    renameChat: act({ chat: word, name: word }, (args) => tenant.renameChat(args.chat, args.name)),
    markChatRead: act(viewpoint, tenant.markChatRead),
    markChatUnread: act(viewpoint, tenant.markChatUnread),
    hideChat: act(viewpoint, tenant.hideChat),
    unhideChat: act(viewpoint, tenant.unhideChat),
    // teams and channels
    addMember: act(membership, tenant.addMember),
    removeMember: act(membership, tenant.removeMember),
    addChannel: act(
      { ...team, name: word, kind: z.enum(["standard", "private", "shared"]).optional() },
      (args) => tenant.addChannel(args.team, args.name, args.kind),
    ),
    renameChannel: act({ ...channel, name: word }, (args) => tenant.renameChannel(args.channel, args.name)),
    deleteChannel: act(channel, (args) => tenant.deleteChannel(args.channel)),
    restoreChannel: act(channel, (args) => tenant.restoreChannel(args.channel)),
    shareChannel: act({ ...channel, withTeam: word }, (args) =>
      tenant.shareChannel(args.channel, args.withTeam),
    ),
    unshareChannel: act({ ...channel, withTeam: word }, (args) =>
      tenant.unshareChannel(args.channel, args.withTeam),
    ),
    addTeam: act({ organisation: word, name: word }, (args) => tenant.addTeam(args.organisation, args.name)),
    renameTeam: act({ ...team, name: word }, (args) => tenant.renameTeam(args.team, args.name)),
    archiveTeam: act(team, (args) => tenant.archiveTeam(args.team)),
    unarchiveTeam: act(team, (args) => tenant.unarchiveTeam(args.team)),
    deleteTeam: act(team, (args) => tenant.deleteTeam(args.team)),
    restoreTeam: act(team, (args) => tenant.restoreTeam(args.team)),
    // consents, and what Graph does by itself
    consent: act(inOrganisation, (args) => tenant.consent(args.organisation, args.role)),
    withdrawConsent: act(inOrganisation, (args) => tenant.withdrawConsent(args.organisation, args.role)),
    withdrawGrant: act({ ...place, permission }, (args) => tenant.withdrawGrant(args.place, args.permission)),
    restoreGrant: act({ ...place, permission }, (args) => tenant.restoreGrant(args.place, args.permission)),
    removeSubscription: act({ subscriptionId: word, isSilent: z.boolean().optional() }, (args) =>
      tenant.removeSubscription(args.subscriptionId, { isSilent: args.isSilent ?? false }),
    ),
    sendLifecycle: act({ subscriptionId: word, event: lifecycleEvent }, (args) =>
      tenant.sendLifecycle(args.subscriptionId, args.event),
    ),
    deliverAgain: act({ index: z.number().int().min(0) }, (args) => tenant.deliverAgain(args.index)),
    // what goes wrong
    rotateSigningKeys: act({ of: z.enum(["entra", "botFramework"]), drop: z.boolean().optional() }, (args) =>
      tenant.rotateSigningKeys(args.of, args.drop),
    ),
    setTokenForm: act({ form: z.enum(["v1", "v2"]) }, ({ form }) => tenant.setTokenForm(form)),
    expireTokens: act({}, () => tenant.expireTokens()),
    jumpClock: act({ ms: z.number().int().min(0).max(YEAR_MS) }, ({ ms }) => tenant.jumpClock(ms)),
    moveBot: act({ url: word }, ({ url }) => tenant.moveBot(url)),
    forge: act(
      { kind: z.enum(FORGERIES), conversation: word.optional(), text: word.optional() },
      tenant.forge,
    ),
  };
  const names = Object.keys(acts);

  return {
    names,
    async run(name, json) {
      const found = Object.hasOwn(acts, name) ? acts[name] : undefined;
      if (!found) {
        const message = `There is no act "${name}"; there are: ${names.join(", ")}.`;
        throw new ApiFault(404, "NotFound", message);
      }
      return found.run(parseControl(found.shape, json));
    },
  };
}
