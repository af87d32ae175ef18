// What is under way: requests, and changes that wait a moment for more of their
// kind. The body says so in data-busy, for whoever waits for the page to rest.

let works = 0;

/** begin counts a piece of work; what it returns is called once, at its end. */
export function begin(): () => void {
  works++;
  tell();
  return () => {
    works--;
    tell();
  };
}

/** during counts a promise until it is settled. */
export function during<T>(work: Promise<T>): Promise<T> {
  return work.finally(begin());
}

/** latest gives a signal for each question of a kind, and ends the one before: of several answers the last one counts. */
export function latest(): () => AbortSignal {
  let aborter = new AbortController();
  return () => {
    aborter.abort();
    aborter = new AbortController();
    return aborter.signal;
  };
}

/** later runs the last of several calls that come fast one after the other. */
export function later(ms: number, run: () => void): () => void {
  let timer = 0;
  let end: (() => void) | null = null;
  return () => {
    clearTimeout(timer);
    end ??= begin();
    timer = window.setTimeout(() => {
      try {
        run();
      } finally {
        end?.();
        end = null;
      }
    }, ms);
  };
}

/** steadily runs a task that is never twice under way: calls that come meanwhile are one more run at its end. */
export function steadily(run: () => Promise<void>): () => void {
  let running = false;
  let again = false;
  const go = async (): Promise<void> => {
    running = true;
    do {
      again = false;
      await run();
    } while (again);
    running = false;
  };
  return () => {
    if (running) again = true;
    else void during(go());
  };
}

function tell(): void {
  document.body.dataset["busy"] = String(works > 0);
}
