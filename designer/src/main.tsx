import { createRoot } from 'react-dom/client';
import './app/base.css';
import { App } from './app/app.tsx';
import { giveStylesTheNonce } from './app/csp-nonce.ts';
import { usePreferences } from './app/preferences.ts';
import { setLanguage } from './i18n/texts.ts';

const place = document.getElementById('app');
if (place === null) throw new Error('the page has no place for the console');
giveStylesTheNonce();
setLanguage(usePreferences.getState().language);
createRoot(place).render(<App />);
