/** Loaded into the process of each test file: ends it when it runs too long, and says what it was still waiting for. */
const FILE_LIMIT_MS = 300_000;

setTimeout(() => {
  const open = [...new Set(process.getActiveResourcesInfo())].join(', ');
  process.stderr.write(`This file ran longer than ${FILE_LIMIT_MS / 1000} s; still open: ${open}. A test file closes what it opens.\n`);
  process.exit(1);
}, FILE_LIMIT_MS).unref();
