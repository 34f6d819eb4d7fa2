import { useRouteError } from 'react-router';
import { ErrorBox } from '../kit/feedback/error-box.tsx';

/**
 * Shown instead of a page that failed; the frame of the console stays. After an update of the platform, the files of
 * old pages no longer exist. A reload then loads the new files.
 */
export function PageFailed() {
  return <ErrorBox error={useRouteError()} onRetry={() => window.location.reload()} isPage />;
}
