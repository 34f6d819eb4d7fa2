import { useRouteError } from 'react-router';
import { ErrorBox } from '../kit/feedback/error-box.tsx';

/** A page that broke leaves the frame standing. After an update of the platform a page's old parts are gone: a reload brings the new ones. */
export function PageFailed() {
  return <ErrorBox error={useRouteError()} onRetry={() => window.location.reload()} isPage />;
}
