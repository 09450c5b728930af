/** The emulator's control API, as calls. Each throws with a message for a person. */

async function ask(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: { "content-type": "application/json", "x-earshot-control": "1" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new Error("The emulator cannot be reached.");
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Error(answer?.error?.message ?? `The emulator answered ${response.status}.`);
  return answer;
}

export const readControlState = () => ask("GET", "/control/state");

/** `null`: no more trouble. */
export const putFaults = (faults) => ask("PUT", "/control/faults", faults);

/** Answers the act's result. */
export const performAct = async (act, args = {}) => (await ask("POST", `/control/acts/${act}`, args)).result;
