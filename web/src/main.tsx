// The way into the web client.
import "./ui/tokens.css";
import "./ui/base.css";
import "./ui/controls.css";
import "./ui/table.css";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { readSession } from "./api/session";
import { App } from "./app";
import { startLanguages } from "./i18n";
import { startAppearance } from "./ui/appearance";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
startAppearance();
startLanguages();
void readSession();
const queries = new QueryClient({ defaultOptions: { queries: { retry: 1, staleTime: 2_000, refetchOnWindowFocus: false } } });
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
