/** What hangs on a message beside its words: quotes, forwarded messages, files and code. Only ever shown as text. */
import { html } from "/vendor/preact.js";
import { Icon } from "./icons.js";

export const Attachments = ({ attachments }) =>
  attachments.map((attachment) => {
    const View = VIEWS[attachment.kind] ?? Unknown;
    return html`<${View} key=${attachment.id} ...${attachment} />`;
  });

const VIEWS = {
  quote: ({ sender, preview }) => html`
    <blockquote class="quote" data-testid="quote">
      <p class="quote__who">${sender.name}</p>
      <p class="quote__words" dir="auto">${preview}</p>
    </blockquote>
  `,
  forward: ({ sender, html: source }) => html`
    <blockquote class="quote quote--forward" data-testid="forward">
      <p class="quote__who">Forwarded from ${sender.name}</p>
      <p class="quote__words" dir="auto">${readText(source)}</p>
    </blockquote>
  `,
  file: ({ name, url }) => html`
    <p class="file" data-testid="file" title=${url}><${Icon} name="file" size=${18} /><span>${name}</span></p>
  `,
  code: ({ language, lineCount }) => html`
    <p class="file" data-testid="code">
      <${Icon} name="code" size=${18} /><span
        >${language}, ${lineCount} ${lineCount === 1 ? "line" : "lines"}</span
      >
    </p>
  `,
};

const Unknown = ({ kind }) => html`<p class="file">${kind}</p>`;

/** A parsed document of its own runs no script and loads nothing. */
const readText = (source) => new DOMParser().parseFromString(source, "text/html").body.textContent.trim();
