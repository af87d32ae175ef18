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

function tell(): void {
  document.body.dataset["busy"] = String(works > 0);
}
