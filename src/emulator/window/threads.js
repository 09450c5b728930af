/** A channel's messages, sorted into threads. */

/** The replies of each root that has some, in their order. */
export function repliesByRoot(messages) {
  const found = new Map();
  for (const message of messages) {
    if (message.rootId === null) continue;
    const replies = found.get(message.rootId);
    if (replies) replies.push(message);
    else found.set(message.rootId, [message]);
  }
  return found;
}

/** Root first, or null where the root is not there. */
export function threadOf(messages, rootId) {
  const root = messages.find(({ id, rootId: above }) => above === null && id === rootId);
  return root ? { root, replies: messages.filter((message) => message.rootId === rootId) } : null;
}
