/** A subscription's `resource` as a person says it, with the names of the places. */

const SHORT_ID = 12;

/** What each form means: `what` listens, `where` in the second line. Keys of the path are ids. */
const FORMS = [
  [/^chats\/getAllMessages$/i, () => ["Messages of all chats"]],
  [/^teams\/getAllMessages$/i, () => ["Messages of all channels"]],
  [/^teams\/getAllChannels$/i, () => ["All channels that come and go"]],
  [/^teams$/i, () => ["All teams that come and go"]],
  [
    /^appCatalogs\/teamsApps\/[^/]+\/installedToChats\/getAllMessages$/i,
    (_names, { bot }) => [`Messages of all chats with ${bot}`],
  ],
  [/^users\/([^/]+)\/chats\/getAllMessages$/i, (names, _tenant, id) => [`Chats of ${names(id)}`]],
  [/^chats\/([^/]+)\/messages$/i, (names, _tenant, id) => [`Messages in ${names(id)}`]],
  [
    /^teams\/([^/]+)\/channels\/([^/]+)\/messages$/i,
    (names, _tenant, team, channel) => [`Messages in ${names(channel)}`, names(team)],
  ],
  [/^teams\/([^/]+)\/channels$/i, (names, _tenant, id) => [`Channels of ${names(id)}`]],
  [/^teams\/([^/]+)$/i, (names, _tenant, id) => [`The team ${names(id)}`]],
];

/** `names`: id → name, undefined where it is not known. */
export function describeResource(resource, { names, bot }) {
  const [path, query = ""] = resource.replace(/^\/+/, "").split("?");
  const plain = path.replace(/(\w+)\('([^']*)'\)/g, "$1/$2");
  const nameOf = (id) => {
    const known = decodeURIComponent(id);
    return names.get(known) ?? (known.length > SHORT_ID ? `${known.slice(0, SHORT_ID)}…` : known);
  };
  const only = query === "" || /^model=/i.test(query) ? null : `only ${decodeURIComponent(query)}`;
  for (const [form, say] of FORMS) {
    const match = form.exec(plain);
    if (!match) continue;
    const [what, where] = say(nameOf, { bot }, ...match.slice(1));
    return { what, where: [where, only].filter(Boolean).join(", ") };
  }
  return { what: resource, where: "" };
}

/** Names of all that a resource may be about: teams, channels, chats and people. */
export function namesOf(tenant, control) {
  const names = new Map();
  const take = ({ id, name }) => name && names.set(id, name);
  for (const { teams, chats } of control.organisations) [...teams, ...chats].forEach(take);
  for (const team of tenant.teams) team.channels.forEach(take);
  tenant.people.forEach(take);
  return names;
}
