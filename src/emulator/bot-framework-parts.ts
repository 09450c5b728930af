/** Builds what Teams is to a bot, and joins it: its ear, its voice, and what people do that concerns it alone. No logic. */
import type { Edges } from "../edges.ts";
import type { ApiRoutes } from "./api-route.ts";
import { createBotBlocks } from "./bot-blocks.ts";
import { createBotChannel, type BotChannel } from "./bot-channel.ts";
import { createCardActs, type CardActs } from "./card-acts.ts";
import { createConnectorAccess } from "./connector-access.ts";
import { createConnectorRoutes } from "./connector-routes.ts";
import type { Courier } from "./courier.ts";
import type { Directory } from "./directory.ts";
import type { Installations } from "./installations.ts";
import { createMemberActs, type MemberActs } from "./member-acts.ts";
import { createPictureRoutes } from "./picture-routes.ts";
import type { SendDesk } from "./send-desk.ts";
import type { SigningKeys } from "./signing-keys.ts";
import type { Store } from "./store.ts";
import { createTeamInfoRoutes } from "./team-info-routes.ts";
import type { BotIdentity, ChangeListener } from "./tenant-model.ts";
import type { Tokens } from "./tokens.ts";

export interface BotFrameworkParts {
  readonly channel: BotChannel;
  readonly routes: readonly ApiRoutes[];
  readonly acts: BotFrameworkActs;
}

export type BotFrameworkActs = CardActs & MemberActs;

export function createBotFrameworkParts(needs: {
  readonly edges: Pick<Edges, "now" | "randomUuid">;
  readonly entraKeys: SigningKeys;
  readonly directory: Directory;
  readonly installations: Installations;
  readonly store: Store;
  readonly tokens: Tokens;
  readonly courier: Courier;
  readonly desk: SendDesk;
  readonly bot: BotIdentity;
  readonly readMessagesUrl: () => string;
  readonly readServiceUrl: () => string;
  readonly emit: ChangeListener;
}): BotFrameworkParts {
  const { edges, entraKeys, directory, installations, store, desk, bot, emit } = needs;
  const blocks = createBotBlocks();
  const channel = createBotChannel({ ...needs, blocks });
  const access = createConnectorAccess({ keys: entraKeys, directory, installations, blocks, bot });
  return {
    channel,
    routes: [
      createConnectorRoutes({ edges, access, desk, directory, store, bot }),
      createTeamInfoRoutes({ access, desk, bot }),
      createPictureRoutes({ access, directory, installations, store }),
    ],
    acts: {
      ...createCardActs({ directory, store, installations, blocks, post: channel.post, bot }),
      ...createMemberActs({ directory, blocks, emit, whenTold: channel.whenTold }),
    },
  };
}
