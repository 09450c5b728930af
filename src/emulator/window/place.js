/**
 * Who is looking and where, kept in the address after `#`: a reload stays in place, two windows can be two people,
 * and the browser's own way back leads from a thread to its conversation and from there to the list.
 */
import { useEffect, useState } from "/vendor/preact.js";

const NAMES = {
  personId: "person",
  conversationId: "in",
  threadId: "thread",
  /** What the side shows: thread, steps, subscriptions or faults. */
  panel: "panel",
  /** What shows where there is room for one: list, conversation or side. */
  page: "page",
};

function read() {
  const said = new URLSearchParams(location.hash.slice(1));
  const place = Object.fromEntries(Object.entries(NAMES).map(([key, name]) => [key, said.get(name)]));
  return { ...place, page: place.page ?? (place.conversationId ? "conversation" : "list") };
}

export function usePlace() {
  const [place, setPlace] = useState(read);

  useEffect(() => {
    const reread = () => setPlace(read());
    addEventListener("hashchange", reread);
    addEventListener("popstate", reread);
    return () => {
      removeEventListener("hashchange", reread);
      removeEventListener("popstate", reread);
    };
  }, []);

  const go = (change) => {
    const next = { ...place, ...change };
    const said = new URLSearchParams();
    for (const [key, name] of Object.entries(NAMES)) if (next[key]) said.set(name, next[key]);
    const isOnward = next.page !== place.page && next.page !== "list";
    history[isOnward ? "pushState" : "replaceState"](null, "", `#${said}`);
    setPlace(next);
  };

  return [place, go];
}
