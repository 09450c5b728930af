/** What a person does in the tenant, as calls to the emulator. Each answers the message as it then stands. */

async function write(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      // The own header keeps other sites' pages from writing here: they may not set it.
      headers: { "content-type": "application/json", "x-earshot-window": "1" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("The emulator cannot be reached.");
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Error(answer?.error?.message ?? `The emulator answered ${response.status}.`);
  return answer;
}

export const postMessage = (conversationId, rootId, senderId, parts) =>
  write("POST", "/window/messages", { conversationId, rootId, senderId, parts });

export const editMessage = (key, actorId, parts) =>
  write("PATCH", "/window/messages", { key, actorId, parts });

export const deleteMessage = (key, actorId) => write("POST", "/window/messages/delete", { key, actorId });

export const setReaction = (key, actorId, type, on) =>
  write("POST", "/window/reactions", { key, actorId, type, on });
