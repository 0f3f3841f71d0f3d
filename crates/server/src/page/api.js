// Calls to the server: JSON, and server-sent events read by fetch. A key that is wanted is asked for,
// a busy server is asked again when it says so, and a server that is gone is told of once a call.

import { tell } from "./events.js";

/** What a call failed with, as the server says it. */
export class Failure extends Error {
  constructor(status, { code = "", message = "the server gave no reason", hint = "" } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.hint = hint;
  }

  /** Says whether a filter or a path was refused. */
  get ofFilter() {
    return this.status === 422 && /filter|field|path/.test(`${this.code} ${this.message}`);
  }

  /** Says whether no answer came at all. */
  get gone() {
    return this.status === 0;
  }
}

const KEY = "trommel.key";
let askForKey = async () => null;
let asking = null;

/** Sets what asks the person for the key; it gives `null` where none is given. */
export function keysComeFrom(ask) {
  askForKey = ask;
}

const storedKey = () => sessionStorage.getItem(KEY);

/** Returns the JSON that a route answers. */
export async function ask(method, path, { body, signal } = {}) {
  const response = await send(method, path, { body, signal, accept: "application/json" });
  return response.status === 204 ? null : read(response);
}

/** Yields the events of a route as `{event, data}`; a plain JSON answer counts as the event `answer`. */
export async function* stream(method, path, { body, signal } = {}) {
  const response = await send(method, path, { body, signal, accept: "text/event-stream" });
  const type = response.headers.get("content-type") ?? "";
  if (!type.includes("text/event-stream")) {
    yield { event: "answer", data: await read(response) };
    return;
  }
  for await (const block of blocks(response, signal)) {
    const event = parsed(block);
    if (event?.event === "error")
      throw new Failure(response.status, event.data.error ?? event.data);
    if (event) yield event;
  }
}

async function send(method, path, { body, signal, accept }) {
  for (;;) {
    const key = storedKey();
    const headers = { Accept: accept };
    if (key) headers.Authorization = `Bearer ${key}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const response = await reach(path, {
      method,
      headers,
      signal,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (response.status === 401) {
      if (storedKey() === key) await newKey(key !== null, await failure(response));
    } else if (response.status === 429) {
      const seconds = Math.min(60, Math.max(1, Number(response.headers.get("retry-after")) || 1));
      tell("busy", seconds);
      await pause(seconds * 1000, signal);
    } else if (response.ok) {
      return response;
    } else {
      throw await failure(response);
    }
  }
}

async function reach(path, request) {
  try {
    const response = await fetch(path, { ...request, cache: "no-store", redirect: "error" });
    tell("reached");
    return response;
  } catch (error) {
    throw lost(error, request.signal);
  }
}

// One dialog asks for all calls that wait for a key.
async function newKey(refused, failure) {
  asking ??= askForKey(refused).finally(() => {
    asking = null;
  });
  const key = await asking;
  if (key === null) throw failure;
  sessionStorage.setItem(KEY, key);
}

async function failure(response) {
  const said = await response.json().catch(() => null);
  return new Failure(
    response.status,
    said?.error ?? { message: `the server answered ${response.status}` },
  );
}

async function read(response) {
  return response.json().catch((error) => {
    throw lost(error);
  });
}

function lost(error, signal) {
  if (signal?.aborted || error.name === "AbortError") return error;
  tell("gone");
  return new Failure(0, { code: "gone", message: "the server does not answer" });
}

async function* blocks(response, signal) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text = (text + value).replace(/\r\n|\r(?!$)/g, "\n");
      const parts = text.split("\n\n");
      text = parts.pop();
      yield* parts;
    }
  } catch (error) {
    throw lost(error, signal);
  } finally {
    reader.cancel().catch(() => {});
  }
}

function parsed(block) {
  let event = "message";
  const data = [];
  for (const line of block.split("\n")) {
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (field === "event") event = value;
    if (field === "data") data.push(value);
  }
  return data.length === 0 ? null : { event, data: JSON.parse(data.join("\n")) };
}

export function pause(ms, signal) {
  return new Promise((done, fail) => {
    const timer = setTimeout(done, ms);
    signal?.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        fail(signal.reason);
      },
      { once: true },
    );
  });
}
