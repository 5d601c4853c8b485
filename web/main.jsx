// GraphiQL with the explorer, its subscriptions over WebSocket, and the example operations as tabs.

// First: it tells Monaco where its workers are.
import 'graphiql/setup-workers/vite';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import '@graphiql/plugin-explorer/style.css';
import 'graphiql/graphiql.css';
import './main.css';

import { explorerPlugin } from '@graphiql/plugin-explorer';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { createRoot } from 'react-dom/client';

const container = document.getElementById('graphiql');
const { endpoint, examples } = container.dataset;

const socketUrl = new URL(endpoint, location.href);
socketUrl.protocol = socketUrl.protocol === 'https:' ? 'wss:' : 'ws:';

const fetcher = createGraphiQLFetcher({
  url: endpoint,
  subscriptionUrl: socketUrl.href,
  // The server has no @defer; without this GraphiQL asks for multipart answers first.
  enableIncrementalDelivery: false,
});

const explorer = explorerPlugin();

/** The example operations, or none when the server cannot give them: GraphiQL starts regardless. */
async function loadExamples() {
  try {
    const response = await fetch(examples);
    return response.ok ? await response.json() : [];
  } catch (error) {
    console.warn('No example operations', error);
    return [];
  }
}

/** What GraphiQL opens with: the examples on a first visit, afterwards the visitor's own tabs. */
function openingTabs(operations) {
  const isFirstVisit = localStorage.getItem('graphiql:tabState') === null;
  if (!isFirstVisit || operations.length === 0) return {};
  const defaultTabs = operations.map(({ query, variables }) => ({ query, variables: variables || null }));
  // GraphiQL takes the variables of the first tab from here and not from `defaultTabs`.
  return { defaultTabs, initialVariables: defaultTabs[0].variables ?? undefined };
}

createRoot(container).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={[HISTORY_PLUGIN, explorer]}
    visiblePlugin={explorer}
    defaultEditorToolsVisibility
    {...openingTabs(await loadExamples())}
  >
    <GraphiQL.Logo>Milepost</GraphiQL.Logo>
  </GraphiQL>,
);
