/**
 * Loaded into the process of each test file. Ends a file that hangs, and prints which resources are still open. The
 * limit is high, because a file takes up to three times as long on a busy machine.
 */
const FILE_LIMIT_MS = 1_800_000;

setTimeout(() => {
  const open = [...new Set(process.getActiveResourcesInfo())].join(', ');
  process.stderr.write(`This file ran longer than ${FILE_LIMIT_MS / 1000} s; still open: ${open}. A test file closes what it opens.\n`);
  process.exit(1);
}, FILE_LIMIT_MS).unref();
