/** Where a person writes: Enter sends, Shift+Enter breaks the line, `@` or the button mentions somebody. */
import { html, useEffect, useLayoutEffect, useRef, useState } from "/vendor/preact.js";
import { useWindow } from "./window-context.js";
import { membersOf } from "./conversations.js";
import { Icon } from "./icons.js";
import { MentionMenu } from "./mention-menu.js";
import {
  draftFrom,
  emptyDraft,
  matching,
  mentionQuery,
  partsOf,
  withMention,
  withText,
} from "./mention-draft.js";

/** Unsent drafts, so that looking into another conversation loses none. */
const drafts = new Map();

let composerCount = 0;

/**
 * `onSend(parts)` answers whether it went well; the draft comes back if it did not. `draftKey` must come with a
 * matching `key` where one composer may follow another.
 */
export function Composer(props) {
  const { draftKey, initialParts, label, placeholder, testId, sendTestId, isEdit, hasFocus } = props;
  const { tenant, conversation, me } = useWindow();
  const [draft, keepDraft] = useState(
    () => drafts.get(draftKey) ?? (initialParts ? draftFrom(initialParts) : emptyDraft),
  );
  const [query, setQuery] = useState(null);
  const [picked, setPicked] = useState(0);
  const [menuId] = useState(() => `mentions-${++composerCount}`);
  const area = useRef(null);
  const caretToSet = useRef(null);

  const setDraft = (next) => {
    keepDraft(next);
    if (draftKey) drafts.set(draftKey, next);
  };

  useEffect(() => {
    if (!hasFocus) return;
    area.current.focus();
    area.current.setSelectionRange(draft.text.length, draft.text.length);
  }, []);

  // The textarea grows with its text; the style sheet sets where it stops.
  useLayoutEffect(() => {
    const { style } = area.current;
    style.height = "auto";
    style.height = `${area.current.scrollHeight}px`;
  }, [draft.text]);

  useLayoutEffect(() => {
    if (caretToSet.current === null) return;
    area.current.focus();
    area.current.setSelectionRange(caretToSet.current, caretToSet.current);
    caretToSet.current = null;
  });

  const others = membersOf(tenant, conversation).filter(({ id }) => id !== me.id);
  const candidates = conversation.botIsHere ? [tenant.bot, ...others] : others;
  const choices = query ? matching(candidates, query) : [];
  const isOpen = choices.length > 0;

  const lookForQuery = (next) => {
    const { selectionStart, selectionEnd } = area.current;
    setQuery(selectionStart === selectionEnd ? mentionQuery(next, selectionStart) : null);
    setPicked(0);
  };

  const onInput = (event) => {
    const next = withText(draft, event.target.value);
    setDraft(next);
    lookForQuery(next);
  };

  const mention = (who, from, to) => {
    const next = withMention(draft, from, to, who);
    caretToSet.current = next.caret;
    setDraft(next.draft);
    setQuery(null);
  };

  const mentionBot = () => {
    const { selectionStart: from, selectionEnd: to } = area.current;
    mention(tenant.bot, from, to);
  };

  const parts = partsOf(draft);

  const send = async () => {
    if (parts.length === 0) return;
    setQuery(null);
    if (isEdit) return props.onSend(parts);
    setDraft(emptyDraft);
    const went = await props.onSend(parts);
    // Whatever was typed meanwhile is worth more than what failed.
    if (went) return;
    if (!drafts.get(draftKey)?.text) drafts.set(draftKey, draft);
    keepDraft((now) => (now.text === "" ? draft : now));
  };

  const onKeyDown = (event) => {
    if (event.isComposing) return;
    const { key } = event;
    const take = () => event.preventDefault();
    if (isOpen) {
      const step = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0;
      if (step) return (take(), setPicked((picked + step + choices.length) % choices.length));
      if (key === "Enter" || key === "Tab") return (take(), mention(choices[picked], query.from, query.to));
      if (key === "Escape") return (take(), setQuery(null));
    }
    if (key === "Enter" && !event.shiftKey) return (take(), send());
    if (key === "Escape" && props.onCancel) return (take(), props.onCancel());
    if (key === "Backspace") {
      // A mention goes as a whole: half a name would be nobody.
      const { selectionStart, selectionEnd } = area.current;
      const behind = draft.mentions.find(({ end }) => end === selectionStart && end === selectionEnd);
      if (!behind) return;
      take();
      caretToSet.current = behind.start;
      setDraft(withText(draft, draft.text.slice(0, behind.start) + draft.text.slice(behind.end)));
    }
  };

  return html`
    <div class="composer">
      ${
        isOpen &&
        html`<${MentionMenu}
          id=${menuId}
          choices=${choices}
          picked=${picked}
          botId=${tenant.bot.id}
          onPick=${(who) => mention(who, query.from, query.to)}
        />`
      }
      <div class="composer__field">
        <${Backdrop} draft=${draft} />
        <textarea
          ref=${area}
          rows="1"
          dir="auto"
          class="composer__area"
          data-testid=${testId}
          aria-label=${label}
          placeholder=${placeholder}
          aria-autocomplete="list"
          aria-controls=${isOpen ? menuId : null}
          aria-activedescendant=${isOpen ? `${menuId}-${picked}` : null}
          value=${draft.text}
          onInput=${onInput}
          onKeyDown=${onKeyDown}
          onClick=${() => lookForQuery(draft)}
          onBlur=${() => setQuery(null)}
        ></textarea>
      </div>
      <div class="composer__bar">
        ${
          conversation.botIsHere &&
          html`<button
            type="button"
            class="composer__mention"
            data-testid="mention-bot"
            title=${`Mention ${tenant.bot.name}`}
            onClick=${mentionBot}
          >
            @${tenant.bot.name}
          </button>`
        }
        <span class="composer__hint"
          >${isEdit ? "Enter to save, Esc to cancel" : "Enter to send, Shift+Enter for a new line"}</span
        >
        ${
          props.onCancel &&
          html`<button
            type="button"
            class="composer__icon"
            aria-label="Cancel"
            title="Cancel"
            onClick=${props.onCancel}
          >
            <${Icon} name="close" />
          </button>`
        }
        <button
          type="button"
          class="composer__icon composer__icon--send"
          data-testid=${sendTestId}
          aria-label=${isEdit ? "Save" : "Send"}
          title=${isEdit ? "Save" : "Send"}
          disabled=${parts.length === 0}
          onClick=${send}
        >
          <${Icon} name=${isEdit ? "check" : "send"} />
        </button>
      </div>
    </div>
  `;
}

/** The same text under the textarea, unseen, so that the mentions in it can be tinted. */
function Backdrop({ draft: { text, mentions } }) {
  const stretches = [];
  let at = 0;
  for (const { start, end } of mentions) {
    stretches.push(text.slice(at, start), html`<mark>${text.slice(start, end)}</mark>`);
    at = end;
  }
  return html`<div class="composer__backdrop" dir="auto" aria-hidden="true">
    ${stretches}${text.slice(at)}
  </div>`;
}
