/** This page's clock, a second at a time, while somebody needs it. Epoch milliseconds. */
import { useEffect, useState } from "/vendor/preact.js";

const TICK_MS = 1000;

export function useNow(isNeeded = true) {
  const [nowMs, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!isNeeded) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [isNeeded]);
  return nowMs;
}
