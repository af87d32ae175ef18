// The page of flb-anomaly serve. Its skeleton stands in index.html; each part of
// it has a file of its own, and this one starts them.

import * as api from "./api.ts";
import { planScan, showLog } from "./actions/logs.ts";
import { complain } from "./actions/tell.ts";
import { $, on } from "./lib/dom.ts";
import { during } from "./lib/pending.ts";
import { follow, startAddress } from "./parts/address.ts";
import { startChart } from "./parts/chart/chart.ts";
import { startCompare } from "./parts/compare.ts";
import { startDetail } from "./parts/detail.ts";
import { startFilters } from "./parts/filters.ts";
import { startFluentBit } from "./parts/fluentbit/panel.ts";
import { startIncidents } from "./parts/incidents/incidents.ts";
import { startLines } from "./parts/lines/lines.ts";
import { restoreLogs, showPage, startLogs } from "./parts/logs.ts";
import { startNotices } from "./parts/notices.ts";
import { startOptions } from "./parts/options.ts";
import { startPatterns } from "./parts/patterns/patterns.ts";
import { startProgress } from "./parts/progress.ts";
import { startSummary } from "./parts/summary.ts";
import { startTabs } from "./parts/tabs.ts";
import { startTheme } from "./parts/theme.ts";
import { startThreshold } from "./parts/threshold.ts";
import { startUpload } from "./parts/upload.ts";
import { startZone } from "./parts/zone.ts";
import { fresh } from "./store/filters.ts";
import { state, update } from "./store/store.ts";

async function main(): Promise<void> {
  startNotices();
  const start = await api.start();
  update({ start, filters: fresh(start.stop) });
  planScan(start.mode, start.given);
  // First what decides on what is in sight: the others may measure it, and the
  // focus leaves what is hidden.
  for (const part of [startZone, startProgress, startLogs, startTabs]) part();
  for (const part of [startTheme, startUpload, startOptions, startSummary, startThreshold, startChart, startFilters, startIncidents, startLines, startDetail, startPatterns, startCompare, startFluentBit, startAddress]) part();
  on("skip", "click", (e) => {
    e.preventDefault(); // what stands behind # is the link's
    $("main").focus();
  });
  await restoreLogs();
  if (!(await follow())) {
    if (state.logs[0]) showLog(state.logs[0]);
    else showPage();
  }
}

during(main()).catch(complain);
