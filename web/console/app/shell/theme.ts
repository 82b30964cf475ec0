import { effect, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';
const KEY = 'tsalt-theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

const kept = (): Theme => {
  const value = localStorage.getItem(KEY);
  return value === 'light' || value === 'dark' ? value : 'system';
};

export const theme = signal<Theme>(kept());

/** What is shown now. */
export const shownTheme = signal<'light' | 'dark'>('light');

export function startTheme(): void {
  const apply = (): void => {
    shownTheme.value = theme.value === 'system' ? (dark.matches ? 'dark' : 'light') : theme.value;
    document.documentElement.dataset['theme'] = shownTheme.value;
  };
  effect(() => {
    localStorage.setItem(KEY, theme.value);
    apply();
  });
  dark.addEventListener('change', apply);
}

/** System, light, dark, system ... */
export const nextTheme = (): void => {
  theme.value = theme.value === 'system' ? (dark.matches ? 'light' : 'dark') : theme.value === 'light' ? 'dark' : 'light';
};
