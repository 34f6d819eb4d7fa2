/** Where a process runs: as its operator finds it on the machine. */
export function ProcessName({ host, pid }: { readonly host: string; readonly pid: number }) {
  return (
    <code>
      {host} · {pid}
    </code>
  );
}
