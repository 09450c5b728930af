/**
 * What can be made to happen once, in words. A row shows where the tenant has its act. Fields are choices that the
 * control API's state gives; `args` makes of the picked ones what the act takes,
 * `tell` of its result what is said of it. `about`: what it is done to, where nothing is picked.
 */
import { FORGERIES } from "./forgeries.js";
import { describeResource, namesOf } from "./resource-words.js";

const HOUR_MS = 3_600_000;

/** Application permissions that Earshot can use; others show once the tenant has them. */
const KNOWN_ROLES = [
  "Chat.Read.WhereInstalled",
  "ChannelMessage.Read.All",
  "Chat.Read.All",
  "Channel.ReadBasic.All",
  "Team.ReadBasic.All",
];

const choice = (value, label = value) => ({ value, label });

const rolesThat = (isConsented) => (tenant, state) => {
  const roles = readOrganisation(tenant, state)?.appRoles ?? [];
  const all = isConsented ? roles : KNOWN_ROLES.filter((role) => !roles.includes(role));
  return all.map((role) => choice(role));
};

const placesThat = (isInstalled) => (tenant, state) => {
  const { teams = [], chats = [] } = readOrganisation(tenant, state) ?? {};
  return [...teams, ...chats]
    .filter((place) => place.isInstalled === isInstalled)
    .map(({ id, name }) => choice(id, name));
};

const listSubscriptions = (tenant, state) => {
  const names = namesOf(tenant, state);
  return state.subscriptions.map(({ id, resource }) => {
    const { what, where } = describeResource(resource, { names, bot: tenant.bot.name });
    return choice(id, where ? `${what}, ${where}` : what);
  });
};

const readOrganisation = (tenant, state) =>
  state.organisations.find(({ id }) => id === tenant.organisation.id) ?? state.organisations[0];

const withOrganisation = ({ role }, tenant) => ({ organisation: tenant.organisation.id, role });

export const ACT_KINDS = [
  {
    ...{ act: "withdrawConsent", label: "Withdraw a consent", button: "Withdraw" },
    ...{ fields: { role: rolesThat(true) }, args: withOrganisation },
    nothing: "No consent is left.",
  },
  {
    ...{ act: "consent", label: "Consent", button: "Consent" },
    ...{ fields: { role: rolesThat(false) }, args: withOrganisation },
    nothing: "Everything is consented to.",
  },
  {
    ...{ act: "removeSubscription", label: "Remove a subscription", button: "Remove" },
    ...{ fields: { subscriptionId: listSubscriptions }, nothing: "There is none." },
  },
  {
    ...{ act: "sendLifecycle", label: "Tell of a subscription", button: "Tell" },
    fields: {
      subscriptionId: listSubscriptions,
      event: () => [
        choice("reauthorizationRequired", "authorize again"),
        choice("missed", "some were missed"),
        choice("subscriptionRemoved", "it is removed"),
      ],
    },
    nothing: "There is none.",
  },
  {
    ...{ act: "rotateSigningKeys", label: "Rotate the signing keys", button: "Rotate" },
    fields: {
      of: () => [choice("entra", "Entra"), choice("botFramework", "Bot Framework")],
      drop: () => [choice("", "old ones stay"), choice("drop", "old ones go")],
    },
    args: ({ of, drop }) => ({ of, drop: drop === "drop" }),
  },
  {
    ...{ act: "setTokenForm", label: "Tokens in notifications", button: "Set" },
    fields: {
      form: (_tenant, { signing }) => orderFrom(["v1", "v2"], signing?.form).map((form) => choice(form)),
    },
  },
  {
    act: "expireTokens",
    label: "Access tokens",
    button: "Expire",
    fields: {},
    about: "All that were given up to now",
  },
  {
    ...{ act: "forge", label: "Forge a delivery", button: "Forge" },
    fields: { kind: () => FORGERIES.map((kind) => choice(kind, kind.replaceAll("-", " "))) },
    tell: ({ status }) => (status === null ? "No answer" : `Answered ${status}`),
  },
  {
    ...{
      act: "jumpClock",
      label: "The tenant's clock (the bot's stays: it takes what comes from the future for forged)",
      button: "Jump",
    },
    fields: {
      ms: () => [
        choice(HOUR_MS, "1 hour ahead"),
        choice(12 * HOUR_MS, "12 hours ahead"),
        choice(72 * HOUR_MS, "3 days ahead"),
        choice(HOUR_MS / 4, "15 minutes ahead"),
      ],
    },
    args: ({ ms }) => ({ ms: Number(ms) }),
  },
  {
    ...{ act: "uninstall", label: "Remove the app from", button: "Remove" },
    ...{ fields: { place: placesThat(true) }, nothing: "It is installed nowhere." },
  },
  {
    ...{ act: "install", label: "Install the app in", button: "Install" },
    ...{ fields: { place: placesThat(false) }, nothing: "It is installed everywhere." },
  },
];

/** The other one first: it is what one comes to set. */
const orderFrom = (all, current) => [...all].sort((a, b) => (a === current) - (b === current));
