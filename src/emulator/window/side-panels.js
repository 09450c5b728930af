/** The tabs of the side, and what each shows. */
import { html } from "/vendor/preact.js";
import { FaultsPanel } from "./faults-panel.js";
import { StepsPanel } from "./steps-panel.js";
import { SubscriptionsPanel } from "./subscriptions-panel.js";
import { ThreadView } from "./thread-view.js";

const NO_TRACES = [];

export function listPanels({ sight, picture, control, acts }) {
  const { thread, selected } = sight;
  const selectedKey = selected?.key ?? null;
  const threadTab = thread && {
    ...{ id: "thread", label: "Thread", title: "Thread" },
    view: () => html`
      <${ThreadView}
        key=${thread.root.key}
        thread=${thread}
        tracesByAddress=${picture.tracesByAddress}
        selectedKey=${selectedKey}
        onClose=${acts.closeThread}
      />
    `,
  };
  return [
    ...(threadTab ? [threadTab] : []),
    {
      ...{ id: "steps", label: "Steps", title: `What ${sight.tenant.bot.name} did` },
      view: () => html`
        <${StepsPanel}
          message=${selected}
          messageTraces=${sight.selectedTraces ?? NO_TRACES}
          traces=${picture.traces}
          isPinned=${sight.isPinned}
          onOpenTrace=${acts.openTrace}
        />
      `,
    },
    {
      ...{ id: "subscriptions", label: "Subscriptions", title: "Subscriptions" },
      view: () => html`<${SubscriptionsPanel} control=${control} />`,
    },
    {
      ...{ id: "faults", label: "Faults", title: "Faults" },
      view: () => html`<${FaultsPanel} control=${control} />`,
    },
  ];
}
