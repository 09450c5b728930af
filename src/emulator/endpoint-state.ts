/**
 * What Graph thinks of the hosts that it posts to: who answers slowly is told late, who hardly answers is not told.
 * Pure: it is asked before each notification and told of each answer.
 * Source: https://learn.microsoft.com/graph/change-notifications-delivery-webhooks (section "Throttling")
 */
import { formatInstant } from "./posted-message.ts";

/** How answers are judged; Graph's own numbers where a test does not say otherwise. */
export interface EndpointRule {
  /**
   * Answers of a window that are judged at all. Default: 100, as an earlier version of the page has it; the newest
   * names no number, and one slow answer is no state of affairs.
   */
  readonly fewestAnswers?: number;
}

/** `slow`: what is new waits ten minutes. `drop`: what is new is lost. */
export type EndpointMark = "slow" | "drop";

export interface EndpointState {
  /** Name and port: all subscriptions of one service stand and fall together. */
  readonly host: string;
  readonly mark: EndpointMark | null;
  /** ISO 8601, of the last change of the mark; null: there was none. */
  readonly since: string | null;
  /** Until then nothing is tried; null where nothing is marked. */
  readonly until: string | null;
  /** Of the last ten minutes; while it is marked, of those that it is tried with. */
  readonly answers: AnswerCounts;
  /** Notifications since the start. */
  readonly delayed: number;
  readonly dropped: number;
}

export interface AnswerCounts {
  readonly all: number;
  /** Not within three seconds. */
  readonly late: number;
  /** Not within the ten seconds that a repetition has. */
  readonly overdue: number;
}

export interface EndpointAnswer {
  readonly tookMs: number;
  /** It was given up. */
  readonly isTimeout: boolean;
  /** A second or later attempt, which has ten seconds. */
  readonly isRepeated: boolean;
}

/** What is to become of a notification: it goes, waits, or is lost. Who lets it go tells of every answer to it. */
export type Admission =
  | { readonly kind: "go"; readonly note: (answer: EndpointAnswer) => void }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "drop" };

export interface EndpointStates {
  /** `hasWaited`: it was put off once, and is not again. */
  admit(url: string, hasWaited: boolean): Admission;
  /** Of the host of the URL. */
  readMark(url: string): EndpointMark | null;
  /** Every host that was ever posted to. */
  list(): EndpointState[];
}

const WINDOW_MS = 10 * 60_000;
const MINUTE_MS = 60_000;
const LATE_MS = 3_000;
const OVERDUE_MS = 10_000;
const MOST_LATE_SHARE = 0.1;
const MOST_OVERDUE_SHARE = 0.15;
const FEWEST_ANSWERS = 100;
/** "A small number of notifications", says the page. */
const PROBES = 5;

type Counts = { -readonly [K in keyof AnswerCounts]: AnswerCounts[K] };

interface Trial {
  readonly counts: Counts;
  /** Sent, and still without an answer that says something. */
  open: number;
  sent: number;
}

interface Host {
  readonly name: string;
  mark: EndpointMark | null;
  markedAtMs: number | null;
  /** By the minute: thousands come in a second. */
  minutes: readonly (Counts & { readonly fromMs: number })[];
  trial: Trial;
  delayed: number;
  dropped: number;
}

/**
 * A host is marked as soon as its answers of ten minutes say so. Ten minutes later a few notifications are let through,
 * and their answers decide: it is as new, or marked for another ten minutes. What is on its way already is repeated by
 * the sender's own rule, and counts no more. Whatever answers at once, with an error too, and whoever refuses the
 * connection, is not slow.
 */
export function createEndpointStates(now: () => number, rule: EndpointRule = {}): EndpointStates {
  const fewest = rule.fewestAnswers ?? FEWEST_ANSWERS;
  const hosts = new Map<string, Host>();

  function findHost(url: string): Host {
    const name = new URL(url).host;
    const found = hosts.get(name);
    if (found) return found;
    const fresh = { mark: null, markedAtMs: null, minutes: [], trial: createTrial(), delayed: 0, dropped: 0 };
    const host: Host = { name, ...fresh };
    hosts.set(name, host);
    return host;
  }

  function sumWindow(host: Host): Counts {
    const sum = createCounts();
    for (const minute of host.minutes) {
      if (now() - minute.fromMs >= WINDOW_MS) continue;
      sum.all += minute.all;
      sum.late += minute.late;
      sum.overdue += minute.overdue;
    }
    return sum;
  }

  function noteUsual(host: Host, answer: EndpointAnswer): void {
    if (host.mark !== null) return;
    let minute = host.minutes.at(-1);
    if (!minute || now() - minute.fromMs >= MINUTE_MS) {
      minute = { fromMs: now(), ...createCounts() };
      host.minutes = [...host.minutes.filter(({ fromMs }) => now() - fromMs < WINDOW_MS), minute];
    }
    count(minute, answer);
    const sum = sumWindow(host);
    const mark = sum.all < fewest ? null : judge(sum);
    if (mark !== null) change(host, mark);
  }

  function noteProbe(host: Host, trial: Trial, answer: EndpointAnswer): void {
    count(trial.counts, answer);
    // A first attempt that was cut short does not say whether ten seconds would have done.
    if (answer.isTimeout && !answer.isRepeated) return;
    trial.open -= 1;
    if (trial.open === 0 && host.trial === trial) change(host, judge(trial.counts));
  }

  function change(host: Host, mark: EndpointMark | null): void {
    host.mark = mark;
    host.markedAtMs = now();
    host.minutes = [];
    host.trial = createTrial();
  }

  function probe(host: Host): Admission {
    const { trial } = host;
    trial.open += 1;
    trial.sent += 1;
    let isAnswered = false;
    return {
      kind: "go",
      note: (answer) => {
        if (isAnswered) return;
        isAnswered = !(answer.isTimeout && !answer.isRepeated);
        noteProbe(host, trial, answer);
      },
    };
  }

  return {
    admit(url, hasWaited) {
      const host = findHost(url);
      const { mark, markedAtMs, trial } = host;
      const usual: Admission = { kind: "go", note: (answer) => noteUsual(host, answer) };
      if (mark === null || markedAtMs === null) return usual;
      if (now() - markedAtMs >= WINDOW_MS && trial.sent < PROBES) return probe(host);
      if (mark === "drop") {
        host.dropped += 1;
        return { kind: "drop" };
      }
      if (hasWaited) return usual;
      host.delayed += 1;
      return { kind: "wait", ms: WINDOW_MS };
    },
    readMark: (url) => hosts.get(new URL(url).host)?.mark ?? null,
    list: () =>
      [...hosts.values()].map((host) => ({
        ...{ host: host.name, mark: host.mark, delayed: host.delayed, dropped: host.dropped },
        since: host.markedAtMs === null ? null : formatInstant(host.markedAtMs),
        until:
          host.mark === null || host.markedAtMs === null ? null : formatInstant(host.markedAtMs + WINDOW_MS),
        answers: host.mark === null ? sumWindow(host) : { ...host.trial.counts },
      })),
  };
}

function createCounts(): Counts {
  return { all: 0, late: 0, overdue: 0 };
}

function createTrial(): Trial {
  return { counts: createCounts(), open: 0, sent: 0 };
}

function count(counts: Counts, { tookMs, isTimeout, isRepeated }: EndpointAnswer): void {
  counts.all += 1;
  if (isTimeout || tookMs > LATE_MS) counts.late += 1;
  if ((isTimeout && isRepeated) || tookMs > OVERDUE_MS) counts.overdue += 1;
}

function judge({ all, late, overdue }: AnswerCounts): EndpointMark | null {
  if (overdue > MOST_OVERDUE_SHARE * all) return "drop";
  return late > MOST_LATE_SHARE * all ? "slow" : null;
}
