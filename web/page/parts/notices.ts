// What the page says: what went wrong, and what a person sees to those who do not.

import { calm } from "../actions/tell.ts";
import { $, h, put } from "../lib/dom.ts";
import { state, subscribe } from "../store/store.ts";

export function startNotices(): void {
  subscribe(() => [state.problem], drawProblem);
  subscribe(() => [state.status], () => put($("status"), state.status));
}

function drawProblem(): void {
  const dismiss = (): void => {
    calm();
    $("main").focus();
  };
  $("alert").replaceChildren(...(state.problem ? [h("p", {}, state.problem), h("button", { type: "button", class: "quiet", onclick: dismiss }, "Dismiss")] : []));
}
