// The page's entry: draws the views into the document and starts the live data.
import { render } from 'preact';
import { App } from './app.tsx';
import { startLive } from './live.ts';

render(<App />, document.getElementById('app')!);
startLive();
