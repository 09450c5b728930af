/** Who says what, where and when: conversations made up from a seed, before anything is said. Pure. */
import type { Part } from "./tenant-model.ts";
import { createTrafficDice, type TrafficDice } from "./traffic-dice.ts";
import { planInstants } from "./traffic-pace.ts";
import type { Tongue, Topic } from "./traffic-tongue.ts";
import { TONGUES } from "./traffic-tongues.ts";
import {
  writeAfterthought,
  writeSnippet,
  writeSubject,
  writeWords,
  type Snippet,
  type TrafficForm,
} from "./traffic-words.ts";

export interface TrafficPerson {
  readonly id: string;
  readonly name: string;
}

export interface TrafficPlace {
  /** Graph's id of the channel or chat. */
  readonly id: string;
  /** A chat has no threads. */
  readonly hasThreads: boolean;
  /** Who may write there; nobody talks where it is empty. */
  readonly people: readonly TrafficPerson[];
}

export interface TrafficRequest {
  readonly seed: number;
  readonly minutes: number;
  /** New messages a minute, in all places together. */
  readonly perMinute: number;
  readonly places: readonly TrafficPlace[];
  readonly bot: TrafficPerson;
}

/** `line` numbers the new messages from 0; what is done to one names it by that. */
interface TrafficStepBase {
  /** From the start. */
  readonly atMs: number;
  readonly line: number;
  readonly personId: string;
}

export interface TrafficPost extends TrafficStepBase {
  readonly kind: "post";
  readonly placeId: string;
  /** The line that began the thread; null: it begins one, or the place has no threads. */
  readonly inThreadOf: number | null;
  readonly form: TrafficForm;
  /** BCP 47. */
  readonly language: string;
  readonly parts: readonly Part[];
  /** Over the thread that it begins. */
  readonly subject: string | null;
  readonly code: Snippet | null;
  /** In a chat: the line that is quoted beside the words. */
  readonly quoting: number | null;
}

export type TrafficStep =
  | TrafficPost
  | (TrafficStepBase & { readonly kind: "edit"; readonly parts: readonly Part[] })
  | (TrafficStepBase & { readonly kind: "delete" })
  | (TrafficStepBase & { readonly kind: "react"; readonly type: string; readonly on: boolean });

/** One of them for each message; the rest is plain. */
const FORMS: readonly { readonly form: TrafficForm; readonly weight: number }[] = [
  { form: "plain", weight: 61 },
  { form: "emoji", weight: 12 },
  { form: "mention", weight: 10 },
  { form: "quote", weight: 7 },
  { form: "code", weight: 5 },
  { form: "long", weight: 3 },
  { form: "bot-mention", weight: 2 },
];
const REPLIES_SHARE = 0.62;
/** Of what begins a thread. */
const SUBJECTS_SHARE = 0.15;
const EDITS_SHARE = 0.07;
const DELETIONS_SHARE = 0.02;
const REACTIONS_SHARE = 0.2;
const TAKEN_BACK_SHARE = 0.08;
/** Words of Teams' classic six, and two of the newer kind. */
const REACTIONS = ["like", "heart", "laugh", "surprised", "sad", "angry", "1f440_eyes", "1f389_partypopper"];
/** A thread is talked in while it is new. */
const LIVE_TALKS = 4;
const PRIVATE_TALK_WEIGHT = 0.1;
const SEQUEL_WITHIN_MS = 4 * 60_000;

interface Talk {
  /** Line that began it. */
  readonly root: number;
  readonly tongue: Tongue;
  readonly topic: Topic;
  /** Who spoke last, and what a quote would take up; null: nobody yet. */
  last: { readonly line: number; readonly personId: string; readonly text: string } | null;
}

interface Scene {
  readonly place: TrafficPlace;
  readonly weight: number;
  readonly tongue: Tongue;
  readonly talks: Talk[];
}

/**
 * The same request gives the same steps, in order of time. Nothing is done to a message before it is posted, or after
 * it is deleted.
 */
export function planTraffic(request: TrafficRequest): readonly TrafficStep[] {
  const dice = createTrafficDice(request.seed);
  const durationMs = request.minutes * 60_000;
  const scenes = openScenes(dice, request.places);
  if (scenes.length === 0) return [];
  const amount = Math.max(1, Math.round(request.perMinute * request.minutes));
  return planInstants(dice, amount, durationMs)
    .flatMap((atMs, line) => {
      const scene = dice.weigh(scenes, ({ weight }) => weight);
      const { post, tongue } = planPost(dice, scene, { atMs, line, bot: request.bot });
      return [post, ...planSequel(dice, post, { tongue, place: scene.place, durationMs })];
    })
    .toSorted((a, b) => a.atMs - b.atMs);
}

/** Few places are busy, most are quiet; each has a language that is mostly spoken there. */
function openScenes(dice: TrafficDice, places: readonly TrafficPlace[]): Scene[] {
  return places
    .filter(({ people }) => people.length > 0)
    .map((place) => ({
      place,
      weight: place.people.length === 1 ? PRIVATE_TALK_WEIGHT : dice.between(0.4, 2.5),
      tongue: pickTongue(dice),
      talks: [],
    }));
}

function pickTongue(dice: TrafficDice): Tongue {
  return dice.weigh(TONGUES, ({ weight }) => weight).tongue;
}

interface Moment {
  readonly atMs: number;
  readonly line: number;
  readonly bot: TrafficPerson;
}

function planPost(
  dice: TrafficDice,
  scene: Scene,
  { atMs, line, bot }: Moment,
): { readonly post: TrafficPost; readonly tongue: Tongue } {
  const { place, talks } = scene;
  const going = talks.length > 0 && dice.falls(REPLIES_SHARE) ? dice.weigh(talks, (_, age) => age + 1) : null;
  const talk = going ?? beginTalk(dice, scene, line);
  // Nobody answers himself, where there is somebody else.
  const free = place.people.filter(({ id }) => id !== talk.last?.personId);
  const author = dice.pick(free.length > 0 ? free : place.people);
  const others = place.people.filter(({ id }) => id !== author.id);
  const form = chooseForm(dice, talk.last !== null, others.length > 0);
  const { tongue } = talk;
  const quoting = form === "quote" && !place.hasThreads ? (talk.last?.line ?? null) : null;
  const parts = writeWords(dice, {
    ...{ form, tongue, quoted: quoting === null ? (talk.last?.text ?? "") : null },
    line: dice.pick(going ? talk.topic.replies : talk.topic.roots),
    mentioned: form === "mention" ? dice.pick(others) : bot,
  });
  talk.last = { line, personId: author.id, text: readText(parts) };
  const inThreadOf = going && place.hasThreads ? going.root : null;
  const { language } = tongue;
  const subject =
    !going && place.hasThreads && dice.falls(SUBJECTS_SHARE) ? writeSubject(dice, tongue) : null;
  const code = form === "code" ? writeSnippet(dice) : null;
  return {
    post: {
      kind: "post",
      ...{ atMs, line, personId: author.id, placeId: place.id, inThreadOf, form, language, parts },
      ...{ subject, code, quoting },
    },
    tongue,
  };
}

function beginTalk(dice: TrafficDice, { tongue: usual, talks }: Scene, root: number): Talk {
  const tongue = dice.falls(0.6) ? usual : pickTongue(dice);
  const talk: Talk = { root, tongue, topic: dice.pick(tongue.topics), last: null };
  talks.push(talk);
  if (talks.length > LIVE_TALKS) talks.shift();
  return talk;
}

/** A quote needs something to quote, a mention somebody to mention. */
function chooseForm(dice: TrafficDice, isReply: boolean, hasOthers: boolean): TrafficForm {
  const { form } = dice.weigh(FORMS, ({ weight }) => weight);
  const isOutOfPlace = (form === "quote" && !isReply) || (form === "mention" && !hasOthers);
  return isOutOfPlace ? "plain" : form;
}

/** What becomes of a message: most stay as they are, some get reactions, few are edited, fewer deleted and nothing else. */
function planSequel(
  dice: TrafficDice,
  { atMs, line, personId, parts }: TrafficPost,
  where: { readonly tongue: Tongue; readonly place: TrafficPlace; readonly durationMs: number },
): TrafficStep[] {
  const { tongue, place, durationMs } = where;
  const later = (fromMs: number) =>
    Math.min(
      durationMs,
      Math.floor(fromMs + dice.between(1, Math.min(SEQUEL_WITHIN_MS, durationMs - fromMs))),
    );
  if (dice.falls(DELETIONS_SHARE)) return [{ kind: "delete", atMs: later(atMs), line, personId }];
  const steps: TrafficStep[] = [];
  if (dice.falls(EDITS_SHARE)) {
    const edited = writeAfterthought(dice, tongue, parts);
    steps.push({ kind: "edit", atMs: later(atMs), line, personId, parts: edited });
  }
  if (!dice.falls(REACTIONS_SHARE)) return steps;
  const type = dice.pick(REACTIONS);
  for (const { id } of place.people.filter((one) => one.id !== personId && dice.falls(0.5))) {
    const reactedMs = later(atMs);
    steps.push({ kind: "react", atMs: reactedMs, line, personId: id, type, on: true });
    if (!dice.falls(TAKEN_BACK_SHARE)) continue;
    steps.push({ kind: "react", atMs: later(reactedMs), line, personId: id, type, on: false });
  }
  return steps;
}

function readText(parts: readonly Part[]): string {
  return parts.map((part) => ("text" in part ? part.text : part.mention.name)).join("");
}
