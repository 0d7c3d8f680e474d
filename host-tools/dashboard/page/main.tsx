// The page's entry: draws the views into the document and starts the live data.
import { render } from 'preact';
import { App } from './app.tsx';
import { startLive } from './live.ts';
import { startRoute } from './route.ts';
import { startTheme } from './theme-choice.ts';

startTheme();
startRoute();
render(<App />, document.getElementById('app')!);
startLive();
