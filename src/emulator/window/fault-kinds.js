/** Every trouble that can be set, in words: where it stands among the faults, and what it does. */

/**
 * `path`: where the group's chances stand. Those of calls stand under a service and what is called there, or `all`;
 * each service can be out besides.
 */
export const FAULT_GROUPS = [
  {
    path: ["deliveries"],
    label: "Deliveries to the bot",
    kinds: [
      { id: "duplicate", label: "Twice", hint: "Posted twice, both at once" },
      {
        ...{ id: "delay", label: "Late", hint: "Held for up to the time beside it" },
        time: { name: "mostMs", usual: 5_000, choices: [1_000, 5_000, 30_000] },
      },
      { id: "reorder", label: "Overtaken", hint: "Held until the next one has gone" },
      { id: "loseGraph", label: "Lost", hint: "Graph's never comes, Bot Framework's does" },
      { id: "loseAnswer", label: "Answer lost", hint: "The bot takes it, and it is posted again" },
      { id: "poison", label: "Unreadable", hint: "Graph's content cannot be opened" },
    ],
  },
  {
    path: ["sends"],
    label: "Replies and reactions",
    kinds: [
      { id: "throttle", label: "429", hint: "Too many; nothing is posted" },
      { id: "refuse412", label: "412", hint: "Too much at once in one conversation; nothing is posted" },
      { id: "refuse500", label: "500", hint: "Nothing is posted" },
      { id: "takenBut500", label: "Posted, then 500", hint: "It is posted, and the answer says it is not" },
      { id: "hangUp", label: "Cut", hint: "No answer, nothing is posted" },
      { id: "takenButHangUp", label: "Posted, then cut", hint: "It is posted, and there is no answer" },
      {
        ...{ id: "slow", label: "Slow", hint: "All else happens so much later" },
        time: { name: "ms", usual: 1_000, choices: [500, 1_000, 5_000] },
      },
    ],
  },
  {
    label: "Calls by the bot",
    services: [
      { id: "graph", label: "Graph", areas: ["subscriptions", "messages", "channels"] },
      { id: "connector", label: "Bot Framework", areas: ["activities", "members", "conversations"] },
      { id: "entra", label: "Entra", areas: ["tokens", "metadata", "keys"] },
      { id: "botLogin", label: "Bot Framework login", areas: ["metadata", "keys"] },
    ],
    kinds: [
      { id: "throttleCall", label: "429", hint: "With Retry-After" },
      { id: "throttleCallBare", label: "429, bare", hint: "Does not say when to come back" },
      { id: "refuseCall500", label: "500", hint: "Nothing is done" },
      { id: "refuseCall502", label: "502", hint: "Nothing is done" },
      { id: "refuseCall503", label: "503", hint: "Nothing is done" },
      { id: "refuseCall504", label: "504", hint: "Nothing is done" },
      {
        ...{ id: "hangCall", label: "Hangs", hint: "No answer for the time beside it, then cut" },
        time: { name: "ms", usual: 5_000, choices: [1_000, 5_000, 30_000] },
      },
      { id: "cutCall", label: "Cut", hint: "No answer, nothing is done" },
      { id: "takeAndCutCall", label: "Done, then cut", hint: "It is done, and there is no answer" },
      { id: "redirectCall", label: "Redirected", hint: "307 to the same address, which then takes it" },
    ],
  },
];

/** The chance from 0 to 1 at the path. One that holds until an instant is certain. */
export function readChance(faults, path) {
  const found = path.reduce((at, name) => at?.[name], faults);
  if (typeof found === "number") return found;
  if (found?.chance !== undefined) return found.chance;
  return found?.untilAt === undefined ? 0 : 1;
}

/** The faults with another value at the path; without what is then empty. Null: no trouble is left. */
export function withValue(faults, seed, path, value) {
  const next = setAt(faults ?? {}, path, value) ?? {};
  const { seed: _, ...trouble } = next;
  return Object.keys(trouble).length === 0 ? null : { seed, ...trouble };
}

function setAt(record, [name, ...rest], value) {
  const { [name]: before, ...others } = record;
  const inner = rest.length === 0 ? value : setAt(before ?? {}, rest, value);
  const next = inner === undefined ? others : { ...others, [name]: inner };
  return Object.keys(next).length === 0 ? undefined : next;
}
