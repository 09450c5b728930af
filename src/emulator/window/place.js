/**
 * Who is looking and where, kept in the address after `#`: a reload stays in place, and two windows can be two
 * people.
 */
import { useEffect, useState } from "/vendor/preact.js";

const read = () => {
  const said = new URLSearchParams(location.hash.slice(1));
  return { personId: said.get("person"), conversationId: said.get("in") };
};

export function usePlace() {
  const [place, setPlace] = useState(read);

  useEffect(() => {
    const reread = () => setPlace(read());
    addEventListener("hashchange", reread);
    return () => removeEventListener("hashchange", reread);
  }, []);

  const go = (change) => {
    const next = { ...place, ...change };
    const said = new URLSearchParams();
    if (next.personId) said.set("person", next.personId);
    if (next.conversationId) said.set("in", next.conversationId);
    history.replaceState(null, "", `#${said}`);
    setPlace(next);
  };

  return [place, go];
}
