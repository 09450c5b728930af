import assert from "node:assert/strict";
import fc from "fast-check";
import { findButton, listActions, readInputs } from "../../src/emulator/find-button.ts";

const CARD = {
  type: "AdaptiveCard",
  selectAction: { type: "Action.Submit", id: "whole" },
  body: [
    { type: "ActionSet", actions: [{ type: "Action.Execute", title: "In a set" }] },
    { type: "ColumnSet", columns: [{ items: [{ type: "Input.Text", id: "name", isRequired: true }] }] },
    { type: "Input.ChoiceSet", id: "colour", value: "red", choices: [{ title: "Red", value: "red" }] },
    { type: "Input.Toggle", id: "loud", valueOn: "yes", valueOff: "no" },
    { type: "Input.Toggle", id: "late", value: "true" },
    { type: "Input.Text", id: "note" },
  ],
  actions: [
    {
      type: "Action.ShowCard",
      title: "More",
      card: { type: "AdaptiveCard", actions: [{ type: "Action.Submit", title: "Below" }] },
    },
    {
      type: "Action.Submit",
      title: "Send",
      data: { action: { type: "Action.Submit", title: "Hidden" } },
      fallback: { type: "Action.Submit", title: "Instead" },
    },
  ],
  refresh: { action: { type: "Action.Execute", title: "By itself" } },
};

describe("emulated tenant: what is on a card", () => {
  it("are the buttons that a person can see, wherever they are", () => {
    assert.deepEqual(
      listActions(CARD).map(({ title, id }) => title ?? id),
      ["whole", "In a set", "More", "Below", "Send"],
    );
    assert.deepEqual(findButton([{}, CARD], "Below").cardIndex, 1);
    assert.equal(findButton([CARD], "whole").action.type, "Action.Submit");
    for (const hidden of ["Hidden", "Instead", "By itself"]) {
      assert.throws(() => findButton([CARD], hidden), { status: 404, message: /"whole", "In a set"/ });
    }
    assert.throws(() => findButton([CARD, CARD], "Send"), { status: 400 });
    assert.throws(() => findButton([], "Send"), { status: 404, message: /it has: none/ });
  });

  it("are inputs with what stands in them at first, or what was filled in", () => {
    assert.deepEqual(readInputs(CARD, { name: "Mira" }), {
      ...{ name: "Mira", colour: "red", loud: "no", late: "true" },
    });
    assert.deepEqual(readInputs(CARD, { name: "", colour: "blue", loud: "yes", late: "false", note: "x" }), {
      ...{ name: "", colour: "blue", loud: "yes", late: "false", note: "x" },
    });
    assert.throws(() => readInputs(CARD, {}), { status: 400, message: /"name"/ });
    assert.throws(() => readInputs(CARD, { name: "Mira", colours: "red" }), {
      status: 400,
      message: /"colours"/,
    });
  });

  it("is read whatever is on it", () => {
    fc.assert(
      fc.property(fc.object({ withNullPrototype: false, maxDepth: 4 }), (card) => {
        assert.ok(Array.isArray(listActions(card)));
        assert.equal(typeof readInputs(card, {}), "object");
      }),
    );
  });
});
