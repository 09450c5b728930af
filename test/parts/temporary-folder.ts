import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of its own for each test of the surrounding `describe`, or one for all of them; gone after. Answers paths in it. */
export function useTemporaryFolder(lifetime: "test" | "block" = "test"): (name: string) => string {
  let folder = "";
  const make = async () => {
    folder = await mkdtemp(join(tmpdir(), "earshot-test-"));
  };
  // It goes before what the block stops after each test, which may still be writing there.
  const drop = () => rm(folder, { recursive: true, force: true, maxRetries: 10 });
  if (lifetime === "test") {
    beforeEach(make);
    afterEach(drop);
  } else {
    before(make);
    after(drop);
  }
  return (name) => join(folder, name);
}
