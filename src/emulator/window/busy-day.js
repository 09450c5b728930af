/** One button: a quarter of an hour of talk in about a minute, everywhere at once; and the way to end it. */
import { html, useState } from "/vendor/preact.js";
import { Icon } from "./icons.js";
import { useNow } from "./use-now.js";
import { formatRest } from "./format-rest.js";

export function BusyDay({ control }) {
  const { state, act, can, clockOffsetMs, notify } = control;
  const [isAsking, setAsking] = useState(false);
  const traffic = state?.traffic ?? null;
  const nowMs = useNow(traffic !== null) + clockOffsetMs;
  if (!can("busyDay")) return null;

  const press = async () => {
    setAsking(true);
    try {
      await act(traffic ? "stopTraffic" : "busyDay");
    } catch (error) {
      notify(error.message);
    }
    setAsking(false);
  };

  const rest = traffic?.until ? formatRest(Date.parse(traffic.until) - nowMs) : "";
  return html`
    <button
      type="button"
      class=${traffic ? "busy-day busy-day--on" : "busy-day"}
      data-testid="busy-day"
      aria-pressed=${traffic !== null}
      disabled=${isAsking}
      title=${traffic ? "Everybody falls silent" : "A quarter of an hour of talk in about a minute"}
      onClick=${press}
    >
      <${Icon} name=${traffic ? "stop" : "play"} size=${16} />
      ${traffic ? "Stop the busy day" : "Busy day"}
      ${rest && html`<span class="busy-day__rest">${rest}</span>`}
    </button>
  `;
}
