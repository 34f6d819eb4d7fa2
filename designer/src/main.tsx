import { createRoot } from 'react-dom/client';
import './kit/theme/base.css';
import { App } from './shell/app.tsx';
import { giveStylesTheNonce } from './kit/code/csp-nonce.ts';
import { usePreferences } from './kit/theme/preferences.ts';
import { setLanguage } from './i18n/texts.ts';

const place = document.getElementById('app');
if (place === null) throw new Error('the page has no place for the console');
giveStylesTheNonce();
setLanguage(usePreferences.getState().language);
createRoot(place).render(<App />);
