/**
 * Loaded into the process of each test file: ends one that hangs, and says what it was still waiting for. A loaded machine takes three times
 * as long as a free one.
 */
const FILE_LIMIT_MS = 1_800_000;

setTimeout(() => {
  const open = [...new Set(process.getActiveResourcesInfo())].join(', ');
  process.stderr.write(`This file ran longer than ${FILE_LIMIT_MS / 1000} s; still open: ${open}. A test file closes what it opens.\n`);
  process.exit(1);
}, FILE_LIMIT_MS).unref();
