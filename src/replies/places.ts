import type { Cloud } from "../cloud.ts";
import { EarshotError } from "../errors.ts";
import type { InstalledPlace, Storage } from "../storage/storage.ts";

/** What an activity tells of the place it comes from. */
export interface PlaceActivity {
  readonly place: InstalledPlace;
  /** `came`, `left`: the app; `updated`: it was here before, and is; `heard`: anything else that is told of the place. */
  readonly kind: "came" | "updated" | "left" | "heard";
  /** By Teams' clock, epoch ms; null: the activity does not say, and is taken as it comes. */
  readonly saidAt: number | null;
}

/** Where the app is installed, and so where a reply can be sent. */
export interface Places {
  /**
   * Writes what an activity tells, and does `also` with it: what is said there is stored, what was said is deleted.
   * Comings and goings of a place are taken one after the other, and none while something is being heard there.
   * Answers `overtaken` where what is known is younger (then nothing was done), or whether it is news to the keeper.
   */
  take(activity: PlaceActivity, also?: () => Promise<unknown>): Promise<"overtaken" | "news" | "known">;
  /**
   * The service URL for a conversation: the one its own place gave, else the newest of its tenant, else the cloud's.
   * Throws `send-refused` where there is none.
   */
  findServiceUrl(conversation: { tenantId: string; conversationId: string }): Promise<string>;
}

/** Of a place's comings and goings; each epoch ms, or null where nothing is known. */
export interface PlaceHistory {
  /** As it is stored; null: the place is not known. */
  readonly installedAt: number | null;
  /** By Teams' clock, as are the next: when the app was last put or kept in. */
  readonly cameAt: number | null;
  /** When it was last taken out. */
  readonly leftAt: number | null;
  /** `installedAt`, where no coming told of the place but something that was heard there. */
  readonly foundAt: number | null;
}

type RecentHistory = Omit<PlaceHistory, "installedAt">;

/** For as long as copies of what was delivered once may come; then a place's row is all that is known of it. */
const REMEMBERED_MS = 24 * 60 * 60_000;
const MOST_REMEMBERED = 10_000;

export function createPlaces({ storage, cloud }: { storage: Storage; cloud: Cloud }): Places {
  const memory = createMemory();
  const lines = createLines();

  async function remember({ place, kind, saidAt }: PlaceActivity): Promise<"news" | "known"> {
    const known = await storage.findPlace(place);
    // Only installs name a team's group id; a message must not unlearn it.
    const merged = {
      ...place,
      teamId: place.teamId ?? known?.teamId ?? null,
      name: place.name === "" ? (known?.name ?? "") : place.name,
      installedAt: chooseInstalledAt(place, kind, known),
    };
    const isSame =
      known?.serviceUrl === merged.serviceUrl &&
      known.name === merged.name &&
      known.teamId === merged.teamId &&
      known.installedAt === merged.installedAt;
    if (!isSame) await storage.savePlace(merged);
    if (kind !== "heard") memory.note(place, { cameAt: saidAt, foundAt: null });
    else if (!known) memory.note(place, { foundAt: merged.installedAt });
    return known?.teamId === merged.teamId ? "known" : "news";
  }

  async function forget({ place, saidAt }: PlaceActivity): Promise<"news"> {
    await storage.removePlace(place);
    memory.note(place, { leftAt: saidAt, foundAt: null });
    return "news";
  }

  async function isLate(activity: PlaceActivity): Promise<boolean> {
    const { place, kind } = activity;
    // Only a farewell is measured by the row: no need to read it for each message.
    const known = kind === "left" ? await storage.findPlace(place) : null;
    return isOvertaken(activity, { installedAt: known?.installedAt ?? null, ...memory.read(place) });
  }

  return {
    take: (activity, also = async () => undefined) =>
      lines.join(formatKey(activity.place), activity.kind === "heard" ? "beside" : "alone", async () => {
        if (await isLate(activity)) return "overtaken";
        if (activity.kind === "left") {
          // First: which channels a team has is known by the place.
          await also();
          return forget(activity);
        }
        const [answer] = await Promise.all([remember(activity), also()]);
        return answer;
      }),
    findServiceUrl: async ({ tenantId, conversationId }) => {
      const own = await storage.findPlace({ tenantId, placeId: conversationId });
      const place = own ?? (await storage.findNewestPlace({ tenantId }));
      const serviceUrl = place?.serviceUrl ?? cloud.defaultServiceUrl;
      if (serviceUrl === null) {
        throw new EarshotError("send-refused", `no service URL is known for tenant ${tenantId}`);
      }
      return serviceUrl;
    },
  };
}

/**
 * Whether an activity comes too late to count: Bot Framework promises no order, and may deliver anything once more.
 * A farewell is overtaken by a younger coming, everything else by a younger farewell. Who goes and comes within one
 * millisecond is here: nobody is put in and taken out again that fast, and to be deaf is the worse mistake.
 */
export function isOvertaken(
  { kind, saidAt }: Pick<PlaceActivity, "kind" | "saidAt">,
  { installedAt, cameAt, leftAt, foundAt }: PlaceHistory,
): boolean {
  if (saidAt === null) return false;
  if (kind === "left") {
    // What was heard in the millisecond of a farewell may be a part of it.
    const isOlder =
      installedAt !== null && (installedAt === foundAt ? saidAt < installedAt : saidAt <= installedAt);
    return isOlder || (cameAt !== null && saidAt <= cameAt);
  }
  if (leftAt === null) return false;
  const isBack = kind !== "heard" || (cameAt !== null && cameAt >= leftAt);
  return isBack ? saidAt < leftAt : saidAt <= leftAt;
}

/** Of one install two activities tell, in either order. A later one tells that the app was out meanwhile. */
function chooseInstalledAt(
  place: InstalledPlace,
  kind: PlaceActivity["kind"],
  known: InstalledPlace | null,
): number {
  if (!known) return place.installedAt;
  return kind === "came" ? Math.max(known.installedAt, place.installedAt) : known.installedAt;
}

type PlaceKey = Pick<InstalledPlace, "tenantId" | "placeId">;

function formatKey({ tenantId, placeId }: PlaceKey): string {
  return `${tenantId} ${placeId}`;
}

const NOTHING: RecentHistory = { cameAt: null, leftAt: null, foundAt: null };

/** Of the places where something happened of late. What is noted anew is the youngest; an earlier instant changes nothing. */
function createMemory() {
  const histories = new Map<string, RecentHistory & { readonly notedAt: number }>();
  const read = (place: PlaceKey): RecentHistory => histories.get(formatKey(place)) ?? NOTHING;
  return {
    read,
    note(place: InstalledPlace, { cameAt = null, leftAt = null, foundAt }: Partial<RecentHistory>): void {
      const before = read(place);
      const key = formatKey(place);
      histories.delete(key);
      histories.set(key, {
        cameAt: chooseLater(before.cameAt, cameAt),
        leftAt: chooseLater(before.leftAt, leftAt),
        foundAt: foundAt ?? null,
        notedAt: place.seenAt,
      });
      for (const [oldest, { notedAt }] of histories) {
        if (histories.size <= MOST_REMEMBERED && place.seenAt - notedAt < REMEMBERED_MS) break;
        histories.delete(oldest);
      }
    },
  };
}

function chooseLater(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}

interface Line {
  /** Settled when the last that wants to be alone is done. */
  alone: Promise<unknown>;
  /** Settled when all that came up to now is done. */
  all: Promise<unknown>;
  waiting: number;
}

/** A line for each key: who is to be `alone` waits for all before it, who may be `beside` others for the last alone. */
function createLines() {
  const lines = new Map<string, Line>();
  return {
    async join<T>(key: string, how: "alone" | "beside", act: () => Promise<T>): Promise<T> {
      const line = lines.get(key) ?? { alone: Promise.resolve(), all: Promise.resolve(), waiting: 0 };
      lines.set(key, line);
      line.waiting += 1;
      const acting = (how === "alone" ? line.all : line.alone).then(act);
      const before = line.all;
      line.all = Promise.allSettled([before, acting]);
      if (how === "alone") line.alone = line.all;
      try {
        return await acting;
      } finally {
        line.waiting -= 1;
        if (line.waiting === 0) lines.delete(key);
      }
    },
  };
}
