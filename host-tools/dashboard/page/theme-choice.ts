// Light or dark: what the system says unless the reader chose. The choice is kept in this browser. The style sheet
// reads the `data-theme` of the document, the canvases listen to `onTheme`.
import { effect, signal } from '@preact/signals';

export type ThemeChoice = 'auto' | 'light' | 'dark';
const CHOICES: readonly ThemeChoice[] = ['auto', 'light', 'dark'];
const KEY = 'fairhop-theme';

export const themeChoice = signal<ThemeChoice>(kept());
const listeners = new Set<() => void>();

function kept(): ThemeChoice {
  try {
    const value = localStorage.getItem(KEY) as ThemeChoice;
    return CHOICES.includes(value) ? value : 'auto';
  } catch {
    // A browser that keeps nothing for us still has a system theme.
    return 'auto';
  }
}

export function startTheme(): void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const show = (): void => {
    const theme = themeChoice.value === 'auto' ? (dark.matches ? 'dark' : 'light') : themeChoice.value;
    document.documentElement.dataset.theme = theme;
    for (const listener of listeners) listener();
  };
  dark.addEventListener('change', show);
  effect(show);
}

export function nextTheme(): void {
  themeChoice.value = CHOICES[(CHOICES.indexOf(themeChoice.value) + 1) % CHOICES.length]!;
  try {
    localStorage.setItem(KEY, themeChoice.value);
  } catch {
    // As above: it holds until the page is closed.
  }
}

export function onTheme(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
