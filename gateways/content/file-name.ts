/** Extensions of programs and scripts, but `com`: addresses of sites stand in names. */
const EXECUTABLE = new Set(
  (
    'exe dll scr msi bat cmd ps1 psm1 vbs vbe js jse mjs wsf wsh hta cpl lnk reg sh bash py pl rb ' +
    'php php3 php5 phtml phar jsp jspx asp aspx ashx asmx cgi jar war ear class apk'
  ).split(' '),
);
/** Path separators, also percent-encoded; control characters; and signs that reverse the direction of writing. */
const NOT_PLAIN = /[/\\\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]|%(?:2f|5c|7f|[01][0-9a-f])/i;
const MAX_LENGTH = 255;

/**
 * Returns what is wrong with the name of a file: `path` if it could lead to another place or does not show what it is,
 * `executable` if an extension in it is that of a program.
 */
export function findNameProblem(name: string): 'path' | 'executable' | undefined {
  if (name.length > MAX_LENGTH || NOT_PLAIN.test(name) || /^\.+$|[. ]$/.test(name)) return 'path';
  return hasExecutableExtension(name) ? 'executable' : undefined;
}

export function hasExecutableExtension(name: string): boolean {
  return name
    .toLowerCase()
    .split('.')
    .slice(1)
    .some((part) => EXECUTABLE.has(part.trim()));
}

/** Returns the last extension of a name, in lower case. */
export function extensionOf(name: string): string | undefined {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? undefined : name.slice(dot + 1).toLowerCase();
}
