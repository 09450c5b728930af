/** Which conversations hold something new, for each person the page has been. */
import { useRef } from "/vendor/preact.js";

/** The ids of conversations where somebody else said something since this person last looked. */
export function useUnread(messages, arrivals, personId, openConversationId) {
  /** By person and conversation: the arrival number of what was last looked at. */
  const seen = useRef(new Map());
  const place = (conversationId) => `${personId} ${conversationId}`;

  const unread = new Set();
  for (const { key, conversationId, sender } of messages.values()) {
    const arrival = arrivals.get(key);
    if (conversationId === openConversationId) {
      const last = seen.current.get(place(conversationId)) ?? 0;
      seen.current.set(place(conversationId), Math.max(last, arrival));
    } else if (sender.id !== personId && arrival > (seen.current.get(place(conversationId)) ?? 0)) {
      unread.add(conversationId);
    }
  }
  return unread;
}
