// Small line drawings of things, each beside its word; never alone on the bar.

const PATHS = {
  desk: "M2.5 10.5v-2a5.5 5.5 0 0 1 11 0v2M2.5 9h2v4h-2zM11.5 9h2v4h-2zM12.5 13c0 1-1.2 1.5-3 1.5",
  floor: "M2.5 2.5h11v8h-11zM8 10.5v3M5 13.5h6M5 8V6.5M8 8V4.8M11 8V5.8",
  contacts: "M2.5 3.5h11v8H7l-3 2.3v-2.3H2.5zM5 6.2h6M5 8.7h4",
  reports: "M2.5 13.5h11M4 11V7M7 11V3.5M10 11V6M13 11V8.5",
  flows: "M2.5 3h4v3h-4zM9.5 10h4v3h-4zM4.5 6v5.5h5M9.5 3h4v3h-4zM6.5 4.5h3",
  print: "M4.5 6V2.5h7V6M4.5 11.5h-2V6h11v5.5h-2M4.5 9h7v4.5h-7z",
  play: "M5 3.2v9.6L12.5 8z",
  pause: "M5 3.5v9M11 3.5v9",
  down: "m4.5 6.5 3.5 3.5 3.5-3.5",
  left: "m9.5 4.5-3.5 3.5 3.5 3.5",
  right: "m6.5 4.5 3.5 3.5-3.5 3.5",
  close: "m4 4 8 8m0-8-8 8",
  save: "M8 2.5v7m-3-3 3 3 3-3M3 12.5h10",
  refresh: "M13 8a5 5 0 1 1-1.5-3.5M13 2.5v3h-3",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zm3.3-1.2 3.2 3.2",
  warning: "M8 2.5 14 13H2zM8 6.5v3M8 11.3v.2",
  hand: "M5.2 8.6V4.2a.9.9 0 0 1 1.8 0v3.3-4.6a.9.9 0 0 1 1.8 0v4.6-4a.9.9 0 0 1 1.8 0v4.6-2.6a.9.9 0 0 1 1.8 0v4a4 4 0 0 1-4 4c-1.7 0-2.6-.7-3.4-1.9L3 8.9c-.4-.8.6-1.5 1.3-.8z",
  eye: "M1.8 8S4.2 4 8 4s6.2 4 6.2 4-2.4 4-6.2 4-6.2-4-6.2-4zM8 9.6a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2z",
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round">
      <path d={PATHS[name]} fill={name === "play" ? "currentColor" : "none"} />
    </svg>
  );
}
