/** Paths of file nodes: relative to the folder of the adapter, never out of it. */
import { AppError } from '../../../engine/contract/values/errors.ts';

const MAX_PATH = 1000;
const MAX_NAME_BYTES = 255;
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Returns the path without slashes at its end. Throws FILE_PATH_WRONG (input), also for a name of a file that is none. */
export function checkPath(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  if (trimmed === '' && path === '') return '';
  if (trimmed.length > MAX_PATH || !trimmed.split('/').every(isName)) throw wrongPath();
  return trimmed;
}

/** Returns whether a text can be the name of one file or folder. */
export function isName(name: string): boolean {
  return (
    name !== '' && name !== '.' && name !== '..' && !/[/\\]/.test(name) && !CONTROL.test(name) && Buffer.byteLength(name) <= MAX_NAME_BYTES
  );
}

export function joinPath(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Returns the name with a text before its extension: `a.csv` and `.2` give `a.2.csv`. */
export function withSuffix(name: string, suffix: string): string {
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? `${name}${suffix}` : `${name.slice(0, dot)}${suffix}${name.slice(dot)}`;
}

export function wrongPath(): AppError {
  return new AppError('FILE_PATH_WRONG', 'input', 'A path must be relative to the folder of the adapter and stay in it.', {
    fix: 'Write it as folder/name, without / at its begin, without .. and without \\.',
  });
}

/** A value would add or leave a folder (`separator`), or cannot be part of a name. */
export function wrongValue(placeholder: string, problem: 'separator' | 'name'): AppError {
  const why = problem === 'separator' ? 'contains / or \\' : 'is empty, too long, or has control characters';
  return new AppError('FILE_PATH_WRONG', 'input', `The value of {${placeholder}} ${why}, so it cannot be part of a path.`, {
    values: { problem, placeholder },
    fix: 'A placeholder stands for one name. Write folders before it, each with a placeholder of its own: {data.folder}/{data.name}.',
  });
}
