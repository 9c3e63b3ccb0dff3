// A query that runs, and what it has found so far; at its end, all of it.
import { ApiError, type CallOptions } from "../../api/client";
import { getQueryResults, type QueryResults, type QueryStatus } from "../../api/insights";
import { useAnswer, type Answer } from "../../api/use_answer";

const LOOK_MS = 400;
const SO_FAR_MAX = 1000; // rows shown while it runs

export const goesOn = (status: QueryStatus): boolean => status === "Scheduled" || status === "Running";

async function resultsOf(queryId: string, options: CallOptions): Promise<QueryResults> {
  const first = await getQueryResults({ queryId, maxItems: SO_FAR_MAX }, options);
  if (goesOn(first.status)) return first;
  const results = [...first.results];
  for (let token = first.nextToken; token !== undefined; ) {
    const page = await getQueryResults({ queryId, nextToken: token }, options);
    results.push(...page.results);
    token = page.nextToken;
  }
  return { ...first, results };
}

// One that the server does not know is as one whose results are gone.
async function known(queryId: string, options: CallOptions): Promise<QueryResults> {
  try {
    return await resultsOf(queryId, options);
  } catch (error) {
    if (!(error instanceof ApiError) || error.name !== "ResourceNotFoundException") throw error;
    return { status: "Unknown", statusReason: error.message, results: [], statistics: { recordsMatched: 0, recordsScanned: 0, bytesScanned: 0 } };
  }
}

export const useResults = (queryId: string): Answer<QueryResults> =>
  useAnswer((signal) => known(queryId, { signal }), [queryId], { everyMs: LOOK_MS, until: ({ status }) => !goesOn(status) });
