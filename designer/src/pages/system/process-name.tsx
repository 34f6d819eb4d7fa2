/** Shows the host and process id of a process, so that the operator can find it. */
export function ProcessName({ host, pid }: { readonly host: string; readonly pid: number }) {
  return (
    <code>
      {host} · {pid}
    </code>
  );
}
