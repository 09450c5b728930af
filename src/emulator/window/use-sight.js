/** What the picked person sees at the picked place. */
import { useMemo, useState } from "/vendor/preact.js";
import { byTime, conversationsFor } from "./conversations.js";
import { addressOfMessage, addressOfTrace } from "./steps-of-message.js";
import { threadOf } from "./threads.js";
import { useUnread } from "./unread.js";

/**
 * - `here`: the open conversation's messages in their order; `thread`: the open thread, or null
 * - `selected`: the message whose steps are shown, the newest where none is picked; `isPinned`: one is picked
 * - `newestOwn`: what the person said last here
 */
export function useSight(picture, place) {
  const { tenant, messages, arrivals, tracesByAddress } = picture;
  const [pinnedKey, select] = useState(null);

  const me = tenant.people.find(({ id }) => id === place.personId) ?? tenant.people[0];
  const conversations = useMemo(() => conversationsFor(tenant, me.id), [tenant, me.id]);
  const conversation =
    conversations.find(({ id }) => id === place.conversationId) ??
    conversations.find(({ botIsHere }) => botIsHere) ??
    conversations[0];

  const here = useMemo(
    () =>
      [...messages.values()].filter(({ conversationId }) => conversationId === conversation.id).sort(byTime),
    [messages, conversation.id],
  );
  const unread = useUnread(messages, arrivals, me.id, conversation.id);
  const thread = place.threadId ? threadOf(here, place.threadId) : null;

  const pinned = here.find(({ key }) => key === pinnedKey);
  const selected =
    pinned ?? here.findLast(({ sender, systemEvent }) => sender.id !== tenant.bot.id && !systemEvent);
  const newestOwn = here.findLast(({ sender }) => sender.id === me.id);
  const tracesOf = (message) => message && tracesByAddress.get(addressOfMessage(message));

  return {
    ...{ tenant, me, conversations, conversation, here, thread, unread, selected, select, newestOwn },
    isPinned: pinned !== undefined,
    selectedTraces: tracesOf(selected),
    newestOwnTraces: tracesOf(newestOwn),
    findMessage(trace) {
      const address = addressOfTrace(trace);
      return [...messages.values()].find((one) => addressOfMessage(one) === address);
    },
  };
}
