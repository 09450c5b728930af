/** One Adaptive Card. The renderer makes real DOM; its text stays text and its links open safely elsewhere. */
import { html, useEffect, useRef, useState } from "/vendor/preact.js";
import { CARD_HOST_CONFIG } from "./card-host-config.js";
import { useWindow } from "./window-context.js";

const { AdaptiveCard, HostConfig } = globalThis.AdaptiveCards;

// Processed markdown would be set as HTML. A card may quote what people wrote, so its text is left as it is.
AdaptiveCard.onProcessMarkdown = (text, result) => {
  result.didProcess = false;
};

const hostConfig = new HostConfig(CARD_HOST_CONFIG);

const isWebAddress = (url) => {
  try {
    return ["http:", "https:"].includes(new URL(url).protocol);
  } catch {
    return false;
  }
};

/** `press(button, inputs)`: tells the bot. */
function onAction(drawing, action, { setNote, press }) {
  switch (action.getJsonTypeName()) {
    case "Action.OpenUrl":
      if (isWebAddress(action.url)) open(action.url, "_blank", "noopener,noreferrer");
      else setNote("This link is not a web address, so it was not opened.");
      return;
    // These two happen inside the card; the renderer has done them already.
    case "Action.ShowCard":
    case "Action.ToggleVisibility":
      return;
    default:
      press(action.id ?? action.title, readInputs(drawing));
  }
}

const readInputs = (drawing) =>
  Object.fromEntries(
    drawing
      .getAllInputs()
      .filter(({ id, value }) => id && value !== undefined && value !== null && value !== "")
      .map(({ id, value }) => [id, String(value)]),
  );

function draw(card, acts) {
  const drawing = new AdaptiveCard();
  drawing.hostConfig = hostConfig;
  drawing.onExecuteAction = (action) => onAction(drawing, action, acts);
  drawing.parse(card);
  const element = drawing.render();
  // The renderer's anchors also follow a middle click, which asks no handler.
  for (const anchor of element.querySelectorAll("a")) {
    anchor.rel = "noopener noreferrer";
    if (!isWebAddress(anchor.href)) anchor.removeAttribute("href");
  }
  return element;
}

/** What the person is told of a pressed button; another card takes the place of this one. */
const NOTES = { sent: () => "Sent.", text: ({ text }) => text, failed: ({ message }) => message };

export function CardView({ message, card }) {
  const { pressButton } = useWindow();
  const place = useRef(null);
  const [note, setNote] = useState(null);
  const [answer, setAnswer] = useState(null);
  const content = JSON.stringify(card);
  const shown = answer?.insteadOf === content ? answer.card : card;

  const press = async (button, inputs) => {
    setNote("…");
    try {
      const pressed = await pressButton(message.key, button, inputs);
      if (pressed.kind === "card") setAnswer({ insteadOf: content, card: pressed.card });
      setNote(NOTES[pressed.kind]?.(pressed) ?? null);
    } catch (error) {
      setNote(error.message);
    }
  };

  useEffect(() => {
    try {
      place.current.replaceChildren(draw(shown, { setNote, press }));
    } catch {
      place.current.replaceChildren();
      setNote("This card cannot be shown.");
    }
  }, [shown === card ? content : shown]);

  return html`
    <div class="card" data-testid="card">
      <div ref=${place}></div>
      <p class="card__note" role="status">${note}</p>
    </div>
  `;
}
