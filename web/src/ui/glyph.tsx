// The shape of a state: the first of the three ways in which it is said (shape, word, colour).
import type { AgentState } from "@yingda/desk";

const RING = <circle cx="8" cy="8" r="5.25" fill="none" strokeWidth="2" />;

const SHAPES: Record<AgentState, React.ReactNode> = {
  idle: RING,
  ringing: (
    <>
      <path d="M4 11.2V7.4a4 4 0 0 1 8 0v3.8l1.2 1.3H2.8z" stroke="none" />
      <path d="M6.4 13.6a1.7 1.7 0 0 0 3.2 0z" stroke="none" />
    </>
  ),
  talking: (
    <>
      {RING}
      <circle cx="8" cy="8" r="2.7" stroke="none" />
    </>
  ),
  holding: <path d="M4.2 3h2.6v10H4.2zM9.2 3h2.6v10H9.2z" stroke="none" />,
  consulting: <path d="M2.5 5.4h9m-2.6-2.6 2.8 2.6-2.8 2.6M13.5 10.6h-9m2.6-2.6-2.8 2.6 2.8 2.6" fill="none" strokeWidth="1.7" />,
  assisting: <path d="M2.5 5.4h9m-2.6-2.6 2.8 2.6-2.8 2.6M13.5 10.6h-9m2.6-2.6-2.8 2.6 2.8 2.6" fill="none" strokeWidth="1.7" />,
  dialling: <path d="M4 12 12 4m-6 0h6v6" fill="none" strokeWidth="2" />,
  internal: <path d="M3 8h10M8 3v10" fill="none" strokeWidth="2" />,
  supervising: <path d="M1.8 8s2.4-4 6.2-4 6.2 4 6.2 4-2.4 4-6.2 4-6.2-4-6.2-4zM8 9.6a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2z" fill="none" strokeWidth="1.5" />,
  wrapup: <path d="m2.6 13.4.8-3.3 7-7 2.5 2.5-7 7zM9 4.5 11.5 7" fill="none" strokeWidth="1.6" strokeLinejoin="round" />,
  serving: <path d="M2.5 3.5h11v7.4H7.6L4.6 13v-2.1H2.5z" fill="none" strokeWidth="1.6" strokeLinejoin="round" />,
  busy: (
    <>
      {RING}
      <path d="m4.4 11.6 7.2-7.2" fill="none" strokeWidth="2" />
    </>
  ),
  unreachable: <path d="M1.5 8h3l1.6-3.6M14.5 8h-3l-1.6 3.6M7.2 2.2v2M8.8 11.8v2" fill="none" strokeWidth="1.9" strokeLinecap="round" />,
  offline: <path d="m4 4 8 8m0-8-8 8" fill="none" strokeWidth="2" />,
};

export function Glyph({ state }: { state: AgentState }) {
  return (
    <svg className="glyph" data-state={state} viewBox="0 0 16 16" aria-hidden="true" fill="currentColor" stroke="currentColor">
      {SHAPES[state]}
    </svg>
  );
}
