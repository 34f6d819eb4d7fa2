import { useRouteError } from 'react-router';
import { ErrorBox } from '../kit/feedback/error-box.tsx';

/**
 * Takes the place of a page that failed; the frame of the console stays. After an update of the platform the old
 * files of the page no longer exist, and a reload loads the new ones.
 */
export function PageFailed() {
  return <ErrorBox error={useRouteError()} onRetry={() => window.location.reload()} isPage />;
}
