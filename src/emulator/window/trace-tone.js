/** Whether a step went well, as a tone the style sheet has a colour for. */

const RESULT_TONES = {
  ok: "good",
  duplicate: "quiet",
  silent: "quiet",
  retry: "warn",
  refused: "bad",
  failed: "bad",
};

/** Being parked went well as a step, but is not where a message should end. */
export const toneOf = ({ step, result }) => (step === "parked" ? "warn" : (RESULT_TONES[result] ?? "quiet"));
