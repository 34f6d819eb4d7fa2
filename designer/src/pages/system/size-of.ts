/** Formats memory and disk sizes, in gigabytes if they are large enough. */
export function sizeOf(bytes: number): string {
  const megabytes = bytes / 1_048_576;
  return megabytes < 1024 ? `${megabytes.toFixed(0)} MB` : `${(megabytes / 1024).toFixed(1)} GB`;
}
