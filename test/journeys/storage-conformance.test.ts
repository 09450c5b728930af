/** Every engine does what `src/storage/storage.ts` says: one list of cases, run against each. */
import { failOnLeaks } from "../parts/leak-watch.ts";
import { usePostgresServer } from "../postgres-server.ts";
import { describeChanges } from "./storage-conformance-changes.ts";
import { describeConversations } from "./storage-conformance-conversations.ts";
import { describeHolds } from "./storage-conformance-holds.ts";
import { describeInbox } from "./storage-conformance-inbox.ts";
import { describeKeeping } from "./storage-conformance-keeping.ts";
import { describeKeys } from "./storage-conformance-keys.ts";
import { createPostgresEngine, SQLITE } from "./storage-conformance-stage.ts";

const server = usePostgresServer(after);

for (const engine of [SQLITE, createPostgresEngine(server)]) {
  describe(`storage in ${engine.name}`, () => {
    failOnLeaks();
    describe("the inbox", () => {
      describeInbox(engine);
    });
    describe("changes and both ears", () => {
      describeChanges(engine);
    });
    describe("conversations", () => {
      describeConversations(engine);
    });
    describe("what waits for what was said before", () => {
      describeHolds(engine);
    });
    describe("certificates that are needed", () => {
      describeKeys(engine);
    });
    describe("what is kept, and for how long", () => {
      describeKeeping(engine);
    });
  });
}
