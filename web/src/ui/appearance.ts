// Theme and density as attributes of the document, for the style sheets.
import { preference, subscribeToPreferences } from "./preferences";

export function startAppearance(): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = (): void => {
    const theme = preference("theme").get();
    const dark = theme === "dark" || (theme === "system" && system.matches);
    document.documentElement.dataset["theme"] = dark ? "dark" : "light";
    document.documentElement.dataset["density"] = preference("density").get();
  };
  apply();
  system.addEventListener("change", apply);
  subscribeToPreferences(apply);
}
