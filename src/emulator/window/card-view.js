/** One Adaptive Card. The renderer makes real DOM; its text stays text and its links open safely elsewhere. */
import { html, useEffect, useRef, useState } from "/vendor/preact.js";
import { CARD_HOST_CONFIG } from "./card-host-config.js";

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

function onAction(action, setNote) {
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
      setNote("Card actions are not sent yet.");
  }
}

function draw(card, setNote) {
  const drawing = new AdaptiveCard();
  drawing.hostConfig = hostConfig;
  drawing.onExecuteAction = (action) => onAction(action, setNote);
  drawing.parse(card);
  const element = drawing.render();
  // The renderer's anchors also follow a middle click, which asks no handler.
  for (const anchor of element.querySelectorAll("a")) {
    anchor.rel = "noopener noreferrer";
    if (!isWebAddress(anchor.href)) anchor.removeAttribute("href");
  }
  return element;
}

export function CardView({ card }) {
  const place = useRef(null);
  const [note, setNote] = useState(null);
  const content = JSON.stringify(card);

  useEffect(() => {
    setNote(null);
    try {
      place.current.replaceChildren(draw(card, setNote));
    } catch {
      place.current.replaceChildren();
      setNote("This card cannot be shown.");
    }
  }, [content]);

  return html`
    <div class="card" data-testid="card">
      <div ref=${place}></div>
      ${note && html`<p class="card__note" role="status">${note}</p>`}
    </div>
  `;
}
