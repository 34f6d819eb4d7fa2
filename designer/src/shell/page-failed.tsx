import { useRouteError } from 'react-router';
import { ErrorBox } from '../kit/feedback/error-box.tsx';

/**
 * If a page fails, the frame stays. After an update of the platform the page's old files are gone, and a reload loads
 * the new ones.
 */
export function PageFailed() {
  return <ErrorBox error={useRouteError()} onRetry={() => window.location.reload()} isPage />;
}
