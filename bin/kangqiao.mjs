#!/usr/bin/env node
/*
 * Starts the `kangqiao` command on the Node that comes with it (npm dependency `node`), if the machine's Node is 20 or
 * newer. This file is plain JavaScript that any Node of the last ten years can read, so that an old Node prints a
 * sentence instead of a syntax error.
 */
import * as childProcess from 'node:child_process';
import * as fs from 'node:fs';
import * as modules from 'node:module';
import * as url from 'node:url';

var OLDEST_TO_START = 20;
var NEEDED = 24;
var ECHO_MS = 500;
var LAST_WORDS_MS = 1000;
var MODULE_NOT_FOUND = 'The packages are not installed yet. Run `npm ci` in the folder of kangqiao first, then try again.';

var major = Number(process.versions.node.split('.')[0]);
if (major < OLDEST_TO_START) {
  stopWith(
    'Kangqiao needs Node ' +
      OLDEST_TO_START +
      ' or newer to start; this is Node ' +
      process.versions.node +
      '. Install a newer one from https://nodejs.org and try again.',
  );
}

var sources = url.fileURLToPath(new URL('../cli/main.ts', import.meta.url));
var compiled = url.fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
// In a checkout the sources are run directly. Below node_modules Node runs only compiled JavaScript, and only that is
// in the package.
var entry = fs.existsSync(sources) ? sources : compiled;

// Use no `await` at the top level: Node 12 cannot read this syntax.
if (major >= NEEDED) runHere();
else runOn(findRuntime());

async function runHere() {
  if (process.channel) liveWithLauncher();
  keepCompiled();
  silenceExperiments();
  var main = await import(url.pathToFileURL(entry).href);
  process.exitCode = await main.main(process.argv.slice(2));
  if (process.exitCode !== 0) endSoon();
}

/**
 * Ends the process soon after a failure. The failed part may have left something open that would keep the process
 * running.
 */
function endSoon() {
  setTimeout(function () {
    process.exit();
  }, LAST_WORDS_MS).unref();
}

/**
 * Handles the signals of a process that `runOn` started. A signal to the whole process group (Ctrl-C, systemd) arrives
 * twice: from its sender and from the parent process. It is handled once. If the parent process is killed, this process
 * stops in an orderly way too.
 */
function liveWithLauncher() {
  var emit = process.emit;
  var lastAt = {};
  process.emit = function (event) {
    if (event === 'SIGINT' || event === 'SIGTERM') {
      var isEcho = performance.now() - (lastAt[event] || -ECHO_MS) < ECHO_MS;
      if (isEcho) return true;
      lastAt[event] = performance.now();
    }
    return emit.apply(process, arguments);
  };
  process.on('disconnect', function () {
    process.kill(process.pid, 'SIGTERM');
  });
  process.channel.unref();
}

/**
 * Stores compiled code in the program's folder if this user may write there, so that the next start takes half the
 * time. Worker threads read the folder from the variable. This process has already read the variable at its start, so
 * it also needs the call.
 */
function keepCompiled() {
  process.env.NODE_COMPILE_CACHE = process.env.NODE_COMPILE_CACHE || url.fileURLToPath(new URL('../.cache/compile', import.meta.url));
  modules.enableCompileCache(process.env.NODE_COMPILE_CACHE);
}

/** Hides experimental warnings. `node:sqlite` prints one at every start, and users of the command cannot prevent it. */
function silenceExperiments() {
  var emitWarning = process.emitWarning;
  process.emitWarning = function (warning, options) {
    var type = typeof options === 'string' ? options : options && options.type;
    if (type !== 'ExperimentalWarning') emitWarning.apply(process, arguments);
  };
}

function runOn(binary) {
  var args = [url.fileURLToPath(import.meta.url)].concat(process.argv.slice(2));
  var child = childProcess.spawn(binary, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'].forEach(function (signal) {
    process.on(signal, function () {
      child.kill(signal);
    });
  });
  child.on('error', function (error) {
    stopWith('The Node that comes with kangqiao could not be started: ' + error.message);
  });
  child.on('exit', function (code, signal) {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function findRuntime() {
  try {
    var require = modules.createRequire(import.meta.url);
    var binary = require.resolve('node/bin/node');
    if (fs.existsSync(binary)) return binary;
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
  }
  stopWith(MODULE_NOT_FOUND);
}

function stopWith(sentence) {
  console.error(sentence);
  process.exit(1);
}
