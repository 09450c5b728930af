/** Times as a person reads them. */

const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit" });
const exact = new Intl.DateTimeFormat([], { dateStyle: "full", timeStyle: "medium" });
const day = new Intl.DateTimeFormat([], { weekday: "long", day: "numeric", month: "long" });
const fineClock = new Intl.DateTimeFormat([], {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
});

export const clockTime = (iso) => clock.format(new Date(iso));
export const exactTime = (iso) => exact.format(new Date(iso));
export const fineTime = (iso) => fineClock.format(new Date(iso));

export function dayName(iso) {
  const then = new Date(iso).toDateString();
  const now = new Date();
  if (then === now.toDateString()) return "Today";
  now.setDate(now.getDate() - 1);
  return then === now.toDateString() ? "Yesterday" : day.format(new Date(iso));
}

export const isSameDay = (a, b) => new Date(a).toDateString() === new Date(b).toDateString();

/** How long after the one the other was: `+42 ms`, and seconds once milliseconds say nothing more. */
export function offsetBetween(fromIso, toIso) {
  const ms = Date.parse(toIso) - Date.parse(fromIso);
  const sign = ms < 0 ? "−" : "+";
  const size = Math.abs(ms);
  if (size < 10_000) return `${sign}${size} ms`;
  if (size < 600_000) return `${sign}${(size / 1000).toFixed(1)} s`;
  return `${sign}${Math.round(size / 60_000)} min`;
}
